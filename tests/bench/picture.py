"""Draw the README's picture from a study's document (`formulation run … --json`)."""

import argparse
import json
from pathlib import Path

from experiments.reports.plots import new_figure, png
from experiments.reports.trade_off import draw_trade_off, trade_off_data


def main() -> None:
    """Read the document, draw the trade-off, write the PNG."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("document", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    figure, (axes,) = new_figure(1, 8.2, 4.6)
    draw_trade_off(trade_off_data(json.loads(arguments.document.read_text())), axes)
    arguments.picture.write_bytes(png(figure))


if __name__ == "__main__":
    main()
