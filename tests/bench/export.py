"""Export one case and let libroadrunner reproduce it, from the files alone.

``--roadrunner`` names the Python that has libroadrunner. Writes what `tests/bench/reproduce.py`
prints, with commit and versions; agreement is measured, not time.
"""

import argparse
import json
import platform
import subprocess
import sys
from contextlib import redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from experiments.cli import main as formulation
from tests.bench.record import commit

REPRODUCE = Path(__file__).with_name("reproduce.py")
"""The script that runs in the other Python."""

PRODUCT = Path("configs/products/citrate-tablet.yaml")


def main() -> int:
    """Export, reproduce, print the summary and write the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/export.json"))
    parser.add_argument("--roadrunner", type=Path, default=Path(sys.executable))
    parser.add_argument("--product", type=Path, default=PRODUCT)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--size", type=int, default=64)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        case = Path(folder) / "case"
        people = ("--size", str(arguments.size), "--days", str(arguments.days))
        words = ("simulate", str(arguments.product), *people, "--export", str(case))
        with redirect_stdout(StringIO()):
            code = formulation(words)
        if code:
            return code
        done = subprocess.run(
            [str(arguments.roadrunner), str(REPRODUCE), str(case)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    document = {
        "schema": "export-bench",
        "version": 1,
        "commit": commit(),
        "versions": {
            "python": platform.python_version(),
            "libroadrunner": found.pop("libroadrunner"),
            **{name: version(name) for name in ("numpy", "numba")},
        },
        "product": arguments.product.stem,
        "subjects": arguments.size,
        **found,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    endpoint = max(e["relative"] for e in found["endpoints"].values())
    print(f"Worst relative difference of what is kept: {found['worst_kept']:.1e}")
    print(f"Worst relative difference of what passes:  {found['worst_passing']:.1e}")
    print(f"Worst relative difference of an endpoint:  {endpoint:.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
