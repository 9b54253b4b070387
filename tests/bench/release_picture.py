"""Draw the release curves of each delivery system over its main parameter, as the laws have them.

Each panel changes one thing of one product and keeps the rest; the bench medium is the product's
own. `tests/models/test_release_order.py` asserts what the panels show.
"""

import argparse
from pathlib import Path

import numpy as np

from experiments.reports.plots import new_figure, png
from models.release import release_law
from models.release.bench import bench_medium
from models.release.vessel import dissolve
from tests.families import FAMILIES, Family

N_TIMES = 145


def draw(family: Family, axes) -> None:  # type: ignore[no-untyped-def]
    """Draw one family of curves."""
    times = np.linspace(0, family.hours, N_TIMES)
    shades = np.linspace(0.25, 0.95, len(family.designs))
    for (label, design), shade in zip(family.designs.items(), shades, strict=True):
        law = release_law(design)
        curve = dissolve(law, bench_medium(law), times)
        axes.plot(times, 100 * curve.fraction, label=label, color=(0.1, 0.35, 0.6), alpha=shade)
    law = release_law(next(iter(family.designs.values())))
    axes.set_title(f"{family.title}\n{bench_medium(law).name}", fontsize=8)
    axes.set_xlabel("time [h]", fontsize=8)
    axes.set_ylabel("released [% of label]", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=7, frameon=False)


def main() -> None:
    """Draw every family and write the PNG."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    figure, panels = new_figure(6, 11, 6.6, n_rows=2)
    for family, axes in zip(FAMILIES, panels, strict=True):
        draw(family, axes)
    arguments.picture.write_bytes(png(figure))


if __name__ == "__main__":
    main()
