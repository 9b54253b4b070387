"""Reproduce an exported case with libroadrunner from its files: ``python reproduce.py FOLDER``.

Nothing of the product is imported, so that it runs in any Python with libroadrunner. Prints one
JSON document: for every column of each trajectory the worst difference, relative to the largest
value of that column, and each endpoint of the last day beside ours.
"""

import csv
import json
import sys
from pathlib import Path

import roadrunner

ARMS = ("with_product", "without_product")
RELATIVE, ABSOLUTE = 1e-9, 1e-11
"""Tolerances of CVODE."""

SMALLEST = 1e-3
"""A column that never rises above this is compared with it, in its unit."""

KEPT = (
    *("absorbed", "serum_hours", "urine", "stool_dissolved", "stool_solid"),
    *("E", "R", "T", "W", "B", "K"),
)
"""What the body holds and what has left it; all other columns pass through the gut."""

MG_PER_MMOL = 24.305


def rows_of(file: Path) -> list[dict[str, str]]:
    """Return a table as dictionaries."""
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def reproduce(arm: Path) -> dict[str, object]:
    """Return the last day of an arm by CVODE, and how far each column is off."""
    ours = rows_of(arm / "trajectory.csv")
    names = [name for name in ours[0] if name != "time_h"]
    times = [float(row["time_h"]) for row in ours]
    model = roadrunner.RoadRunner((arm / "model.xml").read_text(encoding="utf-8"))
    model.integrator.relative_tolerance = RELATIVE
    model.integrator.absolute_tolerance = ABSOLUTE
    model.selections = names
    theirs = [list(map(float, row)) for row in model.simulate(times=times)]
    worst = {}
    for k, name in enumerate(names):
        largest = max(SMALLEST, *(abs(row[k]) for row in theirs))
        off = (abs(float(a[name]) - b[k]) for a, b in zip(ours, theirs, strict=True))
        worst[name] = max(off) / largest
    begins = min(range(len(times)), key=lambda k: abs(times[k] - (times[-1] - 24.0)))
    day = {name: theirs[-1][k] - theirs[begins][k] for k, name in enumerate(names)}
    return {"days": round(times[-1] / 24.0, 6), "worst": worst, "day": day}


def endpoints(found: dict[str, dict[str, float]], folder: Path) -> dict[str, dict[str, float]]:
    """Return the endpoints of the last day, ours beside those made of CVODE's trajectories."""
    first, second = (found[arm] for arm in ARMS)
    serum, control = (day["serum_hours"] / 24.0 for day in (first, second))
    theirs = {
        "absorbed_increment": MG_PER_MMOL * (first["absorbed"] - second["absorbed"]),
        "urine": first["urine"],
        "urine_change": first["urine"] - second["urine"],
        "serum": serum,
        "serum_change": serum - control,
    }
    ours = {row["name"]: float(row["value"]) for row in rows_of(folder / "endpoints.csv")}
    return {
        name: {"ours": ours[name], "theirs": value, "relative": abs(ours[name] / value - 1)}
        for name, value in theirs.items()
    }


def main() -> None:
    """Reproduce both arms of the folder and print what was found."""
    folder = Path(sys.argv[1])
    arms = {arm: reproduce(folder / arm) for arm in ARMS}
    document = {
        "libroadrunner": roadrunner.__version__,
        "tolerance": RELATIVE,
        "days": arms[ARMS[0]]["days"],
        "worst_kept": max(a["worst"][name] for a in arms.values() for name in KEPT),
        "worst_passing": max(max(a["worst"].values()) for a in arms.values()),
        "columns": {name: a["worst"] for name, a in arms.items()},
        "endpoints": endpoints({name: a["day"] for name, a in arms.items()}, folder),
    }
    # CVODE's warnings may stand on the same stream, before this line.
    print()
    print(json.dumps(document))


if __name__ == "__main__":
    main()
