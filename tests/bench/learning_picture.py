"""Draw the learning curves of docs/learning_curves.json: error against measured formulations."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from experiments.reports.plots import new_figure, png

STYLES: dict[str, tuple[str, dict[str, Any]]] = {
    "with_prior.mae": ("law and\ndiscrepancy", {"color": "black", "lw": 2.2, "marker": "o"}),
    "gaussian_process": ("Gaussian\nprocess", {"color": "0.45", "ls": "--", "marker": "s"}),
    "extra_trees": ("extra trees", {"color": "0.45", "ls": "-.", "marker": "^"}),
    "boosted_trees": ("boosted trees", {"color": "0.45", "ls": ":", "marker": "D"}),
}
"""Label and line of each model; the thick black one has the prior."""

COVERED = {
    "with_prior.coverage90": ("whole curve", {"color": "black", "lw": 2.2, "marker": "o"}),
    "with_prior.coverage90_later_with_early": (
        "rest, from\nearly points",
        {"color": "0.45", "ls": "--", "marker": "s"},
    ),
}


def value(run: dict[str, Any], path: str) -> float:
    """Return a number of a run by its dotted name, in percent."""
    for part in path.split("."):
        run = run[part]  # type: ignore[assignment]
    return 100 * float(run)  # type: ignore[arg-type]


def draw(
    axes: Any,
    runs: list[dict[str, Any]],
    styles: dict[str, Any],
    line: tuple[float, str],
    top: float,
) -> None:
    """Draw median and range over seeds of each model, with its name at the end of its line."""
    sizes = sorted({run["n"] for run in runs})
    ends = [(*line, "black")]
    axes.axhline(line[0], color="black", lw=0.7, ls=(0, (1, 3)), xmax=0.66)
    for path, (label, style) in styles.items():
        by_size = [[value(run, path) for run in runs if run["n"] == n] for n in sizes]
        middle = [float(np.median(found)) for found in by_size]
        axes.plot(sizes, middle, ms=3.5, **style)
        axes.fill_between(
            sizes,
            *zip(*((min(x), max(x)) for x in by_size), strict=True),
            lw=0,
            alpha=0.12,
            color=style["color"],
        )
        ends.append((middle[-1], label, style["color"]))
    ends.sort()
    places, place = [], -np.inf
    for height, label, _ in ends:
        place = max(height, place + top * (0.075 + 0.03 * label.count("\n")))
        places.append(place)
    lower = float(np.mean([place - end[0] for place, end in zip(places, ends, strict=True)]))
    for (height, label, color), place in zip(ends, places, strict=True):
        axes.annotate(
            label,
            (sizes[-1], height),
            xytext=(1.3 * sizes[-1], place - lower),
            fontsize=6.5,
            color=color,
            va="center",
            arrowprops={"arrowstyle": "-", "lw": 0.4, "color": color},
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.set_xlim(sizes[0] * 0.85, sizes[-1] * 4.2)
    axes.set_ylim(0, top)
    axes.set_xlabel("measured formulations", fontsize=7.5)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def main() -> None:
    """Draw every case and the coverage, and write the PNG."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("document", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    document = json.loads(arguments.document.read_text())
    figure, panels = new_figure(6, 10.5, 6.2, n_rows=2)
    cases = document["titles"]
    for axes, (case, title) in zip(panels, cases.items(), strict=False):
        runs = [run for run in document["runs"] if run["case"] == case]
        alone = float(np.median([value(run, "law_alone") for run in runs]))
        draw(axes, runs, STYLES, (alone, "law alone"), top=38)
        axes.set_title(title, fontsize=8.5)
        axes.set_ylabel("mean absolute error [% of label]", fontsize=7.5)
    axes = panels[len(cases)]
    draw(axes, document["runs"], COVERED, (90.0, "wanted"), top=105)
    axes.set_title(
        "Readings inside the 90 % interval\nlaw and discrepancy, every case", fontsize=8.5
    )
    axes.set_ylabel("covered [% of readings]", fontsize=7.5)
    for unused in panels[len(cases) + 1 :]:
        unused.set_axis_off()
    arguments.picture.write_bytes(png(figure))


if __name__ == "__main__":
    main()
