"""``formulation dissolution fit``: kinetic models of release curves of a bench."""

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
from experiments.cli.output import emit_json, emit_lines, note, table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.bench_curves import CurveAccount
    from models.data.unit_curves import UnitCurves
    from models.dissolution.fits import Estimate, Fit

SCHEMA, VERSION = "formulation/dissolution-fit", 1


def fit(
    table: Annotated[Path, typer.Argument(help="Curves of a bench, CSV or .xlsx.")],
    formulation: Annotated[
        list[str] | None, typer.Option("--formulation", help="Which one; may be repeated.")
    ] = None,
    weighted: Annotated[
        bool, typer.Option("--weighted", help="Weigh each mean by its count over its variance.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the fits as CSV.")
    ] = None,
    sheet: Sheet = "",
    encoding: Encoding = "",
    time_unit: TimeUnit = "",
    released_unit: ReleasedUnit = "",
    as_json: AsJson = False,
) -> None:
    """Fit kinetic models to release curves of a bench, with and without a lag."""
    from experiments import bench_curves
    from experiments.bench_curves.fitting import COLUMNS, NO_PROOF
    from experiments.reports.files import check_ending, check_file, write_file
    from models.data.table_files import csv_bytes

    if output is not None:
        check_ending(output, "Table of fits", (".csv",), "It is written as CSV.")
        check_file(output, "Table of fits", "--output")
    options = bench_curves.ReadOptions(
        sheet=sheet, encoding=encoding, time_unit=time_unit, released_unit=released_unit
    )
    read = bench_curves.read_curves(table, options)
    found = bench_curves.fit_curves(read, names=formulation or (), weighted=weighted)
    if output is not None:
        rows = [COLUMNS, *bench_curves.fit_rows(found)]
        write_file(output, csv_bytes(rows), "Table of fits", "--output")
        note(f"Wrote {output}.")
    if as_json:
        emit_json({"schema": SCHEMA, "version": VERSION, **bench_curves.fit_dict(read, found)})
        return
    width = terminal_width()
    emit_lines(file_lines(read, width))
    for account in found:
        emit_lines(account_lines(account, width))
    emit_lines(["", *labelled("Note", NO_PROOF, width)])


def account_lines(account: "CurveAccount", width: int) -> Iterator[str]:
    """Yield what was found of one curve.

    Parameters
    ----------
    account : CurveAccount
        What was found, [-].
    width : int
        Characters of a line, [-].

    Yields
    ------
    str
        One line, [-].
    """
    from experiments.bench_curves.reading import origin_text, unit_of_release, units_text
    from models.dissolution.kinetics import ALL_TIMES, EARLY_TIMES

    product = account.product
    last = time_text(float(product.times_h[-1]))
    yield ""
    text = f"{product.name}{origin_text(product.origin)}: {units_text(product)}"
    yield from labelled("Curve", text, width)
    heads = ["time", f"of label {unit_of_release(product.origin)}", "sd [%]", "n"]
    yield from table_lines(heads, _points(product), width)
    text = f"{time_text(account.mdt_h)}, of what is released by {last}"
    yield from labelled("MDT", f"{text} ({product.mean_pct[-1]:.3g} % of label)", width)
    yield from labelled("DE", f"{account.efficiency_pct:.1f} % up to {last}", width)
    how = "weighted by count over variance" if account.fits.weighted else "not weighted"
    for times in (ALL_TIMES, EARLY_TIMES):
        told = (*account.fits.exact(times), *account.fits.ranked(times))
        n = told[0].n_points if told else 0
        yield ""
        yield f"Fitted to {times}" + (f" (n = {n}, {how})" if n else "")
        if told:
            yield from _table(told, width)
        yield from labelled("Preferred", account.words(times), width)
        refused = [r for r in account.fits.refused if r.times == times]
        if refused:
            text = "; ".join(f"{r.title}: {r.reason}" for r in refused)
            yield from labelled("Not fitted", text, width)


def _points(product: "UnitCurves") -> list[list[str]]:
    columns = (product.times_h, product.mean_pct, product.sd_pct, product.n_units)
    return [
        [time_text(t), f"{mean:.1f}", "" if sd != sd else f"{sd:.2g}", f"{n:.0f}" if n else ""]
        for t, mean, sd, n in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _table(told: tuple["Fit", ...], width: int) -> list[str]:
    columns = ["model", "parameters ± standard error", "R²", "adj. R²", "AIC", "AICc", "above best"]
    best = next((fit.aicc for fit in told if fit.aicc is not None), 0.0)
    cells = [
        [
            fit.title,
            ", ".join(_estimate(e) for e in fit.estimates),
            _share(fit.r2),
            _share(fit.r2_adjusted),
            *(
                ["exact", "exact", ""]
                if fit.aic is None or fit.aicc is None
                else [f"{fit.aic:.1f}", f"{fit.aicc:.1f}", f"{fit.aicc - best:.1f}"]
            ),
        ]
        for fit in told
    ]
    return table_lines(columns, cells, width)


def _estimate(estimate: "Estimate") -> str:
    from models.dissolution.fits import WITHOUT_ERROR

    unit = "" if estimate.unit == "-" else f" {estimate.unit}"
    error = estimate.standard_error
    if error is None:
        why = WITHOUT_ERROR[estimate.without_error]
        return f"{estimate.name} {estimate.value:.4g}{unit} ({why})"
    return f"{estimate.name} {estimate.value:.4g} ± {error:.2g}{unit}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
