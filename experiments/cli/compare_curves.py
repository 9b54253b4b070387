"""``formulation dissolution compare``: release curves of a bench held against a reference."""

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
    file_lines,
    labelled,
    time_text,
)
from experiments.cli.output import emit_json, emit_lines, table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.bench_curves import Similarity

SCHEMA, VERSION = "formulation/dissolution-compare", 1


def compare(
    table: Annotated[Path, typer.Argument(help="Curves of a bench, CSV or .xlsx.")],
    reference: Annotated[str, typer.Option("--reference", help="Formulation to resemble.")],
    test: Annotated[
        str, typer.Option("--test", help="The other one; default: every other one.")
    ] = "",
    guideline: Annotated[str, typer.Option("--guideline", help="Whose rules: fda or ema.")] = "fda",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the resampling.")] = 1,
    draws: Annotated[int, typer.Option("--draws", help="Resampled pairs of means.")] = 5000,
    sheet: Sheet = "",
    encoding: Encoding = "",
    time_unit: TimeUnit = "",
    released_unit: ReleasedUnit = "",
    as_json: AsJson = False,
) -> None:
    """Compare release curves of a bench: f1, f2 with its rules and its interval over units."""
    from experiments import bench_curves

    options = bench_curves.ReadOptions(
        sheet=sheet, encoding=encoding, time_unit=time_unit, released_unit=released_unit
    )
    read = bench_curves.read_curves(table, options)
    found = bench_curves.compare_curves(
        read, reference=reference, test=test, guideline=guideline, seed=seed, n_draws=draws
    )
    if as_json:
        document = bench_curves.comparison_dict(read, found)
        emit_json({"schema": SCHEMA, "version": VERSION, **document})
        return
    width = terminal_width()
    emit_lines(file_lines(read, width))
    for one in found:
        emit_lines(similarity_lines(one, width))


def similarity_lines(one: "Similarity", width: int) -> Iterator[str]:
    """Yield what was found of two curves.

    Parameters
    ----------
    one : Similarity
        What was found, [-].
    width : int
        Characters of a line, [-].

    Yields
    ------
    str
        One line, [-].
    """
    from experiments.bench_curves.reading import unit_of_release

    rules = one.eligibility
    yield ""
    yield from labelled("Compared", f"{one.test.name} with {one.reference.name}", width)
    heads = [
        f"{which} {unit_of_release(product.origin)}"
        for which, product in (("reference", one.reference), ("test", one.test))
    ]
    yield from table_lines(["time", *heads, "counts"], _points(one), width)
    yield from labelled("Times", f"{rules.times_end}.", width)
    yield from labelled("f1", "none" if one.f1 is None else f"{one.f1:.2f} %", width)
    yield from labelled("f2", "none" if one.f2 is None else f"{one.f2:.2f}", width)
    yield from _interval_lines(one, width)
    yield ""
    yield f"Rules of the {rules.guideline.upper()}"
    outcome = {True: "met", False: "MISSED", None: "not known"}
    cells = [[outcome[rule.met], rule.found, rule.wanted] for rule in rules.rules]
    yield from table_lines(["", "found", "rule"], cells, width)
    yield from labelled("Verdict", f"{one.verdict}.", width)
    for text in one.notes:
        yield from labelled("Note", text, width)


def _points(one: "Similarity") -> list[list[str]]:
    counted = set(one.eligibility.times_h)
    curves = [
        dict(zip(p.times_h.tolist(), p.mean_pct.tolist(), strict=True))
        for p in (one.reference, one.test)
    ]
    return [
        [time_text(time), *(f"{c[time]:.1f}" if time in c else "" for c in curves),
         "yes" if time in counted else "no"]
        for time in sorted(set().union(*curves))
    ]  # fmt: skip


def _interval_lines(one: "Similarity", width: int) -> Iterator[str]:
    found = one.interval
    if found is None:
        yield from labelled("Interval", f"none: {one.no_interval}", width)
        return
    low, high = found.percentile
    yield from labelled(
        "Interval",
        f"{low:.2f} to {high:.2f} by percentiles, {100 * found.confidence:g} % over units"
        f" ({found.n_draws:,} draws, seed {found.seed}; {found.n_units[0]} and"
        f" {found.n_units[1]} units)",
        width,
    )
    if found.bca is None:
        yield from labelled("", f"no corrected one: {found.bca_reason}", width)
    else:
        low, high = found.bca
        yield from labelled("", f"{low:.2f} to {high:.2f} bias-corrected and accelerated", width)
