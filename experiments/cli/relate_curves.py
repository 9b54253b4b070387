"""``formulation dissolution ivivc``: what is dissolved against what is absorbed, level A."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.curve_text import (
    AsJson,
    Encoding,
    ReleasedUnit,
    Sheet,
    TimeUnit,
    labelled,
    time_text,
)
from experiments.cli.output import emit_json, emit_lines, table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.bench_curves.relating import Relation
    from models.dissolution.deconvolution import Absorbed

SCHEMA, VERSION = "formulation/dissolution-ivivc", 1

FIT_SCALE = "fit"
"""What is written for a time scale that is looked for."""


def ivivc(
    release: Annotated[Path, typer.Option("--release", help="Bench curves, CSV or .xlsx.")],
    absorption: Annotated[
        Path, typer.Option("--absorption", help="Courses in people: product, time, value.")
    ],
    sampled: Annotated[
        str, typer.Option("--sampled", help="tracer or urine; serum is refused, with the reason.")
    ],
    k: Annotated[
        float | None, typer.Option("--k", help="Elimination, 1/h; else fitted to the end.")
    ] = None,
    time_scale: Annotated[
        str, typer.Option("--time-scale", help="Time in people over time on the bench, or fit.")
    ] = "1",
    sheet: Sheet = "",
    encoding: Encoding = "",
    time_unit: TimeUnit = "",
    released_unit: ReleasedUnit = "",
    as_json: AsJson = False,
) -> None:
    """Relate the share dissolved to the share absorbed (Wagner-Nelson, level A)."""
    from experiments.bench_curves.reading import ReadOptions
    from experiments.bench_curves.relating import relate, relation_dict

    options = ReadOptions(
        sheet=sheet, encoding=encoding, time_unit=time_unit, released_unit=released_unit
    )
    found = relate(
        release,
        absorption,
        sampled=sampled,
        options=options,
        k_per_h=k,
        time_scale=_scale(time_scale),
    )
    if as_json:
        emit_json({"schema": SCHEMA, "version": VERSION, **relation_dict(found)})
    else:
        emit_lines(relation_lines(found, terminal_width()))


def _scale(text: str) -> float | None:
    from formulation.errors import InputError

    if text == FIT_SCALE:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"A time scale of {text!r}.", hint="Give a number above 0, or 'fit'."
        ) from None


def relation_lines(found: "Relation", width: int) -> Iterator[str]:
    """Yield what was found of a relation.

    Parameters
    ----------
    found : Relation
        What was found, [-].
    width : int
        Characters of a line, [-].

    Yields
    ------
    str
        One line, [-].
    """
    from experiments.bench_curves.relating import NOT_COVERED
    from models.dissolution.deconvolution import SAMPLED
    from models.dissolution.ivivc import SCALES

    line = found.line
    text = f"{SAMPLED[found.sampled]} [{found.unit}], {found.stated}"
    yield from labelled("Sampled", text, width)
    for name, absorbed in found.absorbed.items():
        yield ""
        yield from labelled("Absorbed", f"{name}: {_rate(absorbed)}", width)
        points = zip(absorbed.times_h.tolist(), absorbed.fraction.tolist(), strict=True)
        cells = [[time_text(time), f"{100 * share:.1f}"] for time, share in points]
        yield from table_lines(["time", "% of what is absorbed at all"], cells, width)
    yield ""
    manner = (
        f"looked for between {SCALES[0]:g} and {SCALES[1]:g}"
        if line.scale_is_fitted
        else "as given"
    )
    yield from labelled(
        "Level A",
        f"absorbed = {line.intercept:.3g} (± {line.intercept_error:.2g}) + {line.slope:.4g}"
        f" (± {line.slope_error:.2g}) x dissolved; R² {line.r2:.4f}, residuals"
        f" {100 * line.rmse:.2g} % (root mean square); {len(line.points)} points,"
        f" {line.n_left_out} below 5 or above 95 % or not sampled left out",
        width,
    )
    yield from labelled("Time scale", f"{line.time_scale:.4g}, {manner}", width)
    heads = [f"cmax observed [{found.unit}]", f"cmax predicted [{found.unit}]"]
    cells = [
        [e.name, f"{e.cmax_observed:.4g}", f"{e.cmax_predicted:.4g}", f"{e.cmax_pct:+.1f}",
         f"{e.auc_pct:+.1f}"]
        for e in line.errors
    ]  # fmt: skip
    yield from table_lines(["product", *heads, "error [%]", "AUC error [%]"], cells, width)
    yield from labelled("Verdict", f"{found.verdict}.", width)
    for text in (*found.notes, NOT_COVERED):
        yield from labelled("Note", text, width)


def _rate(absorbed: "Absorbed") -> str:
    text = f"k {absorbed.k_per_h:.4g} 1/h"
    end = absorbed.terminal
    if end is None:
        return f"{text}, as given"
    return (
        f"{text}, from {end.n_values} values from {time_text(end.from_h)} on (adjusted R²"
        f" {end.r2_adjusted:.4f})"
    )
