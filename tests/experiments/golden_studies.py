"""A study of each strategy as a release stored it, and the versions that made it.

``python -m tests.experiments.golden_studies`` writes them anew; do so when a strategy was changed
on purpose, or a pin was raised and the changelog says what that moves.
"""

import gzip
import json
from pathlib import Path

from threadpoolctl import threadpool_info

from experiments.conditions import DECIDING, installed
from experiments.executors.inline import InlineExecutor
from experiments.search.strategy import Observation
from experiments.store import Store
from formulation.design import Design
from tests.experiments.reproducing import LAST_RUNG, SPEC, searched

FILE = Path(__file__).parent / "golden" / "studies.json.gz"


def conditions() -> dict[str, str]:
    """Return the versions of what decides trials, and the kind of processor."""
    import numpy as np

    np.dot(np.ones(2), np.ones(2))  # the library of linear algebra is then loaded
    kinds = sorted({str(info.get("architecture", "")) for info in threadpool_info()} - {""})
    return {**{n: v for n, v in installed().items() if n in DECIDING}, "processor": " ".join(kinds)}


def stored() -> dict:
    """Return the stored studies with their conditions."""
    return json.loads(gzip.decompress(FILE.read_bytes()))


def history_of(rows: list[dict]) -> list[Observation]:
    """Return stored trials as a strategy sees them."""
    return [
        Observation(
            number=row["number"],
            design=Design.from_dict(row["design"]),
            values=row["values"],
            slacks=row["slacks"],
        )
        for row in rows
    ]


def write(folder: Path) -> None:
    """Search with each strategy, and keep designs, values and slacks."""
    studies = {}
    for name in LAST_RUNG:
        path = folder / f"{name}.sqlite"
        searched(path, name, InlineExecutor())
        with Store.open(path) as store:
            trials = store.trials(store.study("S001").id)
        wanted = {o.endpoint for o in SPEC.objectives}
        studies[name] = [
            {
                "number": t.number,
                "design": t.design,
                "values": {k: v for k, v in t.values.items() if k in wanted},
                "slacks": t.slacks,
                "rung": t.rung,
            }
            for t in trials
        ]
    text = json.dumps({"conditions": conditions(), "studies": studies}, sort_keys=True, indent=0)
    FILE.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
