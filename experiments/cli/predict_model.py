"""``formulation models predict``: what a kept surrogate foretells of one product."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.output import emit_json, emit_lines, table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.surrogates import Foretold

SCHEMA, VERSION = "formulation/models-predict", 1


def predict(
    product: Annotated[Path, typer.Argument(help="Product file (YAML).", show_default=False)],
    model: Annotated[
        str | None,
        typer.Option("--model", help="Name, system or start of the sha256; default: its system."),
    ] = None,
    early: Annotated[
        str | None,
        typer.Option("--early", help="Its first readings, such as '1 h 12 %, 2 h 21 %'."),
    ] = None,
    home: Annotated[
        str | None, typer.Option("--home", help="Workspace folder; default ./.formulation.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Foretell the curve and the endpoints of a product with 90 % intervals."""
    from experiments import surrogates
    from experiments.config.product import load_product
    from experiments.workspace import open_workspace

    found = surrogates.foretell(
        load_product(product), open_workspace(home=home), model=model, early=early
    )
    if as_json:
        emit_json({"schema": SCHEMA, "version": VERSION, **surrogates.foretold_dict(found)})
    else:
        emit_lines(_lines(found, terminal_width()))


def _lines(found: "Foretold", width: int) -> Iterator[str]:
    from experiments.surrogates import SHORT, foretold_dict

    told = foretold_dict(found)
    model = told["model"]
    yield f"{told['product']}: predicted by {model['name']} {model['sha256'][:SHORT]}"
    yield from wrap(f"The curve rests on {told['rests_on']}.", width)
    for sentence in told["outside_training_data"]:
        yield from wrap(f"Outside the training data: {sentence}", width)
    yield ""
    curve = told["curve"]
    rows = [
        [f"{time:g} h", *(f"{100 * end:.1f}" for end in ends)]
        for time, *ends in zip(
            curve["time_h"], curve["value"], curve["lo90"], curve["hi90"], strict=True
        )
    ]
    yield from table_lines(["time", "% of label, predicted", "from", "to (90 %)"], rows, width)
    yield ""
    ends = [
        [e["title"], e["unit"], *(f"{e[key]:.3g}" for key in ("value", "lo90", "hi90"))]
        for e in told["endpoints"]
    ]
    columns = ["in " + str(told["population"]), "unit", "predicted", "from", "to (90 %)"]
    yield from table_lines(columns, ends, width)
    if told["early"]:
        yield from ("", *wrap(f"Endpoints follow {told['endpoints_follow']}.", width))
