"""Every published contrast, predicted and judged: what `formulation panel --json` prints, kept.

Writes that document beside commit, versions and the seed of the people; a minute of CPU or so. The
README's tables are made from it by `tests/bench/readme.py`.
"""

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path

from experiments.qualification import qualify
from formulation.patients import named_population
from tests.bench.record import commit

PEOPLE = "healthy_adults"
"""Population whose seed every contrast starts from."""


def main() -> None:
    """Predict the panel and write the document; a row outside is said, not an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/panel.json"))
    arguments = parser.parse_args()
    found = qualify()
    document = {
        "schema": "panel-bench",
        "version": 1,
        "commit": commit(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "numba", "scipy")},
        },
        "seed": named_population(PEOPLE).seed,
        "panel": found,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, allow_nan=False)
    arguments.out.write_text(text + "\n", encoding="utf-8")
    for role, verdicts in found["summary"]["by_role"].items():
        print(role, ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items()))


if __name__ == "__main__":
    main()
