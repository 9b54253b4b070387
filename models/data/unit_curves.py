"""Release of single units: every value of a bench table by product, for statistics over units.

The same tables are read as for an import, by the same rules and with the same problems, but any
name is a product, and units are kept instead of averaged. What a unit is, the table tells: a
column for the vessel; or, where there is none, the batch, if there are several of them with one
value at a time (openpkflow writes its vessels so). A table of means keeps the standard deviation
and the count that it states, one included. Whether numbers were measured nobody here knows: what a
column ``origin`` says is kept, and without one they are what the file states. Masses need the
content of a product, which is not known here.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

import numpy as np
from attrs import Factory, define, evolve, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError, Problem
from models.data.cell_reader import listed
from models.data.curve_columns import read_columns
from models.data.curve_reader import CurveReader
from models.data.lab_tables import LabTable, read_lab_table
from models.data.mean_curves import Point, curve_name, mean_curve
from models.data.vessels import Conditions


@frozen(kw_only=True, eq=False)
class UnitCurves:
    """What was released of one product, by unit or as a mean."""

    name: str
    """Name of the product, with its batch where each batch has a mean of its own."""

    times_h: FloatArray
    """Times, rising, of shape (n_times,), [h]."""

    values_pct: FloatArray | None
    """Released by each unit, of shape (n_units, n_times), NaN where a sample was lost, [%]; None of
    means."""

    mean_pct: FloatArray
    """Mean over units as it is, of shape (n_times,), [%]."""

    sd_pct: FloatArray
    """Standard deviation between units, of shape (n_times,), [%]; NaN where it is not known."""

    n_units: FloatArray
    """Units behind each mean, of shape (n_times,), [-]; 0 where nothing is stated."""

    origin: str = ""
    """What the file says its numbers are, such as ``simulated``; empty where it does not."""

    rising_pct: FloatArray
    """The mean without the falls that are noise, of shape (n_times,), [%]."""

    largest_fall: float
    """Largest fall of the mean, [percentage points of label]."""

    conditions: tuple[Conditions, ...]
    """What is stated of its vessels, a batch each."""


@frozen(kw_only=True)
class UnitCurveFile:
    """What a table holds."""

    products: tuple[UnitCurves, ...] = ()
    """Products in the order of the file; all of them only when there is no problem."""

    problems: tuple[Problem, ...] = ()
    """Everything wrong, by row and column."""

    notes: tuple[str, ...] = ()
    """What was done to the numbers, in words."""

    form: str = ""
    """What the file is, such as ``CSV, comma, utf-8, long form``."""

    file: str = ""
    """Its name."""

    @property
    def stated(self) -> str:
        """Whose word the numbers are, in words: nothing here knows whether they were measured."""
        return f"as stated in {PurePath(self.file).name}"


def read_unit_curves(
    data: bytes,
    *,
    file: str,
    sheet: str = "",
    encoding: str = "",
    time_unit: str = "",
    released_unit: str = "",
) -> UnitCurveFile:
    """Return the release of every product in the bytes of a CSV file or an Excel workbook.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    sheet : str, optional
        Sheet of a workbook, [-].
    encoding : str, optional
        Encoding of a CSV file; empty for UTF-8, or UTF-16 with its mark, [-].
    time_unit, released_unit : str, optional
        Units given for the whole file, [-].

    Returns
    -------
    UnitCurveFile
        The products, or everything that is wrong, [-].
    """
    try:
        table = read_lab_table(data, file=file, sheet=sheet, encoding=encoding)
    except InputError as error:
        return UnitCurveFile(problems=tuple(evolve(p, file=file) for p in error.problems))
    columns, wrong = read_columns(table, time_unit=time_unit, released_unit=released_unit)
    if columns is None:
        return UnitCurveFile(problems=wrong, form=table.form)
    if columns.released_scale.is_mass:
        return UnitCurveFile(problems=(_mass(table, columns.released_scale.unit),))
    reader = CurveReader(table=table, columns=columns, labels_mg=None)
    points = [point for row in table.rows for point in reader.points(row)]
    reader.check_unit(points)
    grouping = _Grouping(reader=reader)
    products = tuple(grouping.products(points))
    return UnitCurveFile(
        products=products,
        problems=listed(reader.cells.problems, file),
        notes=(*reader.notes(points, ()), *grouping.notes),
        form=f"{table.form}, {'wide' if columns.is_wide else 'long'} form",
        file=file,
    )


def _mass(table: LabTable, unit: str) -> Problem:
    message = f"the release is in {unit}; a share of the label is wanted here."
    hint = "Write it in % or fraction of the label."
    return table.problem(table.header, 0, "mass_without_label", message, hint=hint)


@define(kw_only=True)
class _Grouping:
    """Puts the values of a table together by product and unit."""

    reader: CurveReader
    notes: list[str] = Factory(list)
    without_vessel: list[str] = Factory(list)

    def products(self, points: Sequence[Point]) -> Iterator[UnitCurves]:
        by_product: dict[str, list[Point]] = {}
        for point in points:
            by_product.setdefault(point.product, []).append(point)
        for product, own in by_product.items():
            yield from self._of_product(product, own)
        if self.without_vessel:
            self.notes.append(
                f"No column names the vessel: the batches of {', '.join(self.without_vessel)} are"
                " taken for units."
            )

    def _of_product(self, product: str, points: list[Point]) -> Iterator[UnitCurves]:
        batches = list(dict.fromkeys(point.batch for point in points))
        empty = [point for point in self.reader.blank if point.product == product]
        refused = [point for point in self.reader.refused if point.product == product]
        is_mean = [point.sd is not None or point.n > 1 for point in points]
        has_units = any(point.replicate for point in points)
        if has_units and any(is_mean):
            self._refuse_mixed(points[is_mean.index(True)])
        elif has_units or (len(batches) > 1 and not any(is_mean)):
            if has_units and len(batches) > 1:
                self.notes.append(f"{product}: the units of {len(batches)} batches are pooled.")
            elif not has_units:
                self.without_vessel.append(product)
            yield from self._curves(product, points, (empty, refused), batches, are_units=True)
        else:
            for batch in batches:
                own = [point for point in points if point.batch == batch]
                lost = tuple([p for p in some if p.batch == batch] for some in (empty, refused))
                name = curve_name(product, batch) if len(batches) > 1 else product
                yield from self._curves(name, own, lost, [batch], are_units=False)

    def _origin(self, points: Sequence[Point]) -> str:
        """Return what the rows of a curve say their numbers are, refusing two of that."""
        said = [point for point in points if point.origin]
        for point in said:
            if point.origin != said[0].origin:
                message = (
                    f"the row says {point.origin}, row {said[0].row.number} of the same curve"
                    f" {said[0].origin}."
                )
                hint = "Give what was measured and what was not a product each."
                column = self.reader.columns.roles["origin"]
                self.reader.cells.refuse(point.row, column, "mixed_origins", message, hint)
                break
        return said[0].origin if said else ""

    def _refuse_mixed(self, point: Point) -> None:
        message = f"{point.product} has a mean here and values of units elsewhere."
        hint = "Give one or the other."
        self.reader.cells.refuse(point.row, point.column, "mixed_rows", message, hint)

    def _curves(
        self,
        name: str,
        points: Sequence[Point],
        without: Sequence[Sequence[Point]],
        batches: Sequence[str],
        *,
        are_units: bool,
    ) -> Iterator[UnitCurves]:
        """Yield the curves of one name, noting what makes them none.

        Rows without a value are those that are empty, and those that were refused.
        """
        product = points[0].product
        units, *lost = (
            [evolve(p, batch="", replicate=_unit(p)) for p in some] for some in (points, *without)
        )
        mean, flaws = mean_curve(units, Conditions())
        self.reader.note_flaws(flaws, units, *lost)
        stated = tuple(self.reader.vessels.conditions((product, batch)) for batch in batches)
        origin = self._origin(points)
        if mean is None:
            return
        times = np.array(mean.times_h)
        if mean.largest_fall:
            self.notes.append(
                f"{name}: its mean falls by up to {mean.largest_fall:.2g} percentage points, which"
                " was taken for noise; it was made to rise for the mean dissolution time alone."
            )
        values = _matrix(units, times) if are_units else None
        means, sd, n = _of_means(units, times) if values is None else _of_units(values)
        yield UnitCurves(
            name=name,
            times_h=times,
            values_pct=values,
            mean_pct=means,
            sd_pct=sd,
            n_units=n,
            origin=origin,
            rising_pct=100 * np.array(mean.fraction),
            largest_fall=mean.largest_fall,
            conditions=stated,
        )


def _of_units(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean, standard deviation and count over units at each time."""
    n = np.isfinite(values).sum(axis=0).astype(float)
    sd = np.full(n.size, np.nan)
    sd[n > 1] = np.nanstd(values[:, n > 1], axis=0, ddof=1)
    return np.nanmean(values, axis=0), sd, n


def _of_means(
    points: Sequence[Point], times: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean, standard deviation and count as the table states them at each time."""
    ordered = [min(points, key=lambda p: abs(p.time_h - time)) for time in times.tolist()]
    means = np.array([100 * point.fraction for point in ordered])
    sd = np.array([np.nan if point.sd is None else 100 * point.sd for point in ordered])
    return means, sd, np.array([float(p.n) if p.states_n else 0.0 for p in ordered])


def _unit(point: Point) -> str:
    """Return the name of the unit of a value, which is one of its batch."""
    return " / ".join(part for part in (point.batch, point.replicate) if part)


def _matrix(points: Sequence[Point], times: FloatArray) -> FloatArray:
    """Return the values by unit and time, NaN where there is none."""
    names = list(dict.fromkeys(point.replicate for point in points))
    found = np.full((len(names), times.size), np.nan)
    for point in points:
        found[names.index(point.replicate), int(np.abs(times - point.time_h).argmin())] = (
            100 * point.fraction
        )
    return found
