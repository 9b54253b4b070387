"""Rows of a table of release curves, read one by one, with everything that is wrong at its cell."""

from collections.abc import Iterator, Mapping, Sequence

from attrs import Factory, define, evolve, field

from formulation.errors import did_you_mean
from formulation.profiles import MAX_FRACTION
from formulation.provenance import Origin
from models.data.cell_reader import CellReader
from models.data.curve_columns import Columns
from models.data.curve_conditions import ConditionReader
from models.data.lab_tables import LabTable
from models.data.mean_curves import (
    NOISE_POINTS,
    Flaw,
    MeanCurve,
    Point,
    curve_name,
    mean_curve,
    missing_rows,
)
from models.data.table_limits import Row
from models.data.vessels import Conditions

MAX_TIME_H = 100_000.0
"""Longest time of a curve, some eleven years, [h]."""

LIKE_A_SHARE = 0.015
"""A table in % of which nothing is above this looks like one of shares, [-]."""

MAX_COUNT = 1000
"""Most replicates behind a mean, [-]."""


@define(kw_only=True)
class CurveReader:
    """Reads the rows of one table, noting what is wrong and what is left out."""

    table: LabTable = field()
    columns: Columns
    labels_mg: Mapping[str, float] | None
    """Elemental magnesium of one unit of every known product, [mg]; None where any name is one."""
    stated: Conditions = field(factory=Conditions)
    unknown: set[str] = Factory(set)
    blank: list[Point] = Factory(list)
    refused: list[Point] = Factory(list)
    """Rows whose value or time is wrong; they are there all the same."""
    has_lost_rows: bool = False
    """Whether there were rows of which nothing could be read."""
    n_below_zero: int = 0
    cells: CellReader = field(init=False)
    vessels: ConditionReader = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.cells = CellReader(table=self.table, roles=self.columns.roles)
        self.vessels = ConditionReader(
            table=self.table,
            roles=self.columns.roles,
            units=self.columns.units,
            stated=self.stated,
            refuse=self.cells.refuse,
        )

    def points(self, row: Row) -> Iterator[Point]:
        """Yield every value of a row; what is wrong is noted instead.

        Parameters
        ----------
        row : Row
            A row, [-].

        Yields
        ------
        Point
            One value, [-].
        """
        if self.cells.is_misshapen(row):
            self.has_lost_rows = True
            return
        time_h = self._time(row)
        for column, product, replicate in self._curve_cells(row):
            batch = self.cells.role_text(row, "batch")
            point = Point(
                product=product,
                batch=batch,
                replicate=replicate,
                time_h=-1.0 if time_h is None else time_h,
                time_text=self._time_text(row),
                fraction=0.0,
                sd=None,
                n=1,
                row=row,
                column=column,
            )
            if not self.cells.text(row, column):
                self.blank.append(point)
                continue
            if not self._is_known(row, column, product):
                continue
            self.vessels.note(row, (product, batch))
            fraction = self._fraction(row, column, product)
            sd, n = self._spread(row, product)
            states_n, origin = bool(self.cells.role_text(row, "n")), self._origin(row)
            if time_h is not None and fraction is not None:
                yield evolve(point, fraction=fraction, sd=sd, n=n, states_n=states_n, origin=origin)
            else:
                self.refused.append(point)

    def curves(self, points: Sequence[Point]) -> tuple[MeanCurve, ...]:
        """Return the mean curve of every product and batch, noting what makes it none.

        Parameters
        ----------
        points : sequence of Point
            Every value of the table, [-].

        Returns
        -------
        tuple of MeanCurve
            In the order of the file, [-].
        """
        curves: dict[tuple[str, str], list[Point]] = {}
        for point in points:
            curves.setdefault((point.product, point.batch), []).append(point)
        found = []
        for (product, batch), own in curves.items():
            curve, flaws = mean_curve(own, self.vessels.conditions((product, batch)))
            blank, refused = (
                [point for point in others if (point.product, point.batch) == (product, batch)]
                for others in (self.blank, self.refused)
            )
            self.note_flaws(flaws, own, blank, refused)
            found += [curve] if curve else []
        return tuple(found)

    def note_flaws(
        self,
        flaws: Sequence[Flaw],
        points: Sequence[Point],
        blank: Sequence[Point],
        refused: Sequence[Point],
    ) -> None:
        """Note what makes values no curve, but not what follows from rows that were refused.

        Parameters
        ----------
        flaws : sequence of Flaw
            What is wrong with the mean, [-].
        points, blank, refused : sequence of Point
            Rows of the curve with a value, without one, and with one that is wrong, [-].
        """
        for flaw in (*flaws, *missing_rows(points, (*blank, *refused))):
            if flaw.code == "too_few_points" and (refused or self.has_lost_rows):
                continue
            if flaw.code == "missing_row" and self.has_lost_rows:
                continue
            row, column = flaw.point.row, flaw.point.column
            self.cells.refuse(row, column, flaw.code, flaw.message, flaw.hint)

    def check_unit(self, points: Sequence[Point]) -> None:
        """Refuse a table in % whose values look like shares, a hundredfold too small.

        Parameters
        ----------
        points : sequence of Point
            Every value of the table, [-].
        """
        highest = max((point.fraction for point in points), default=0.0)
        if self.columns.released_scale.unit != "%" or not 0 < highest <= LIKE_A_SHARE:
            return
        column = next(iter(self.columns.curves)) if self.columns.is_wide else None
        self.cells.refuse(
            self.table.header,
            self.columns.roles["released"] if column is None else column,
            "looks_like_shares",
            f"no value is above {100 * highest:.2g} %: these look like shares from 0 to 1.",
            "Write the unit as [-] (or 'fraction'); if it is so little, divide by 100 as well.",
        )

    def notes(self, points: Sequence[Point], curves: Sequence[MeanCurve]) -> Iterator[str]:
        """Yield what was done to the numbers.

        Parameters
        ----------
        points : sequence of Point
            Every value of the table, [-].
        curves : sequence of MeanCurve
            Their mean curves, [-].

        Yields
        ------
        str
            One note, [-].
        """
        if self.columns.unread:
            yield f"Columns that were not read: {', '.join(self.columns.unread)}."
        if "," in self.cells.marks:
            yield "Decimal commas were read as decimal points."
        if self.blank:
            yield f"Empty cells, taken as not measured: {len(self.blank)}."
        if self.n_below_zero:
            yield f"Values just below zero, set to zero: {self.n_below_zero}."
        if self.columns.released_scale.is_mass:
            yield "Masses were read as elemental magnesium and divided by the product's content."
        if self.columns.released_scale.unit == "%":
            yield from _low_curves(points)
        for curve in curves:
            if curve.largest_fall:
                yield (
                    f"{curve.name}: falls of up to {curve.largest_fall:.2g} percentage points"
                    " were taken for noise and made monotone (isotonic regression)."
                )

    def _curve_cells(self, row: Row) -> Iterator[tuple[int, str, str]]:
        """Yield the column, product and replicate of every value of a row."""
        if self.columns.is_wide:
            for column, (product, replicate) in self.columns.curves.items():
                yield column, product, replicate
            return
        column = self.columns.roles["released"]
        yield column, self.cells.role_text(row, "product"), self.cells.role_text(row, "replicate")

    def _is_known(self, row: Row, column: int, product: str) -> bool:
        if self.labels_mg is None:
            known, message, hint = bool(product), "the product is missing.", ""
        else:
            known, message = product in self.labels_mg, "the product is missing."
            hint = did_you_mean(product, self.labels_mg)
        if known:
            return True
        if product not in self.unknown:
            self.unknown.add(product)
            at = self.table.header if self.columns.is_wide else row
            index = column if self.columns.is_wide else self.columns.roles["product"]
            if product:
                message = f"product {product!r} stands in no product file given."
            self.cells.refuse(at, index, "unknown_product", message, hint)
        return False

    def _time(self, row: Row) -> float | None:
        value = self.cells.number(row, self.columns.time, "time")
        if value is None:
            return None
        scale = self.columns.time_scale
        if value < 0:
            message = f"time {value:g} {scale.unit} is negative."
            self.cells.refuse(row, self.columns.time, "negative_time", message)
            return None
        if value * scale.factor > MAX_TIME_H:
            message = f"time {value:g} {scale.unit} is above {MAX_TIME_H:g} h."
            hint = "Check the number and its unit."
            self.cells.refuse(row, self.columns.time, "out_of_range", message, hint)
            return None
        return round(value * scale.factor, 9)

    def _time_text(self, row: Row) -> str:
        return f"{self.cells.text(row, self.columns.time)} {self.columns.time_scale.unit}"

    def _fraction(self, row: Row, column: int, product: str) -> float | None:
        value = self.cells.number(row, column, "release")
        if value is None:
            return None
        fraction = round(self._of_label(value, product), 9)
        if fraction > MAX_FRACTION:
            message = f"{100 * fraction:.4g} % of label is above {100 * MAX_FRACTION:g} %."
            self.cells.refuse(row, column, "above_label", message, "Check the unit and the label.")
            return None
        if fraction < -NOISE_POINTS / 100:
            message = f"{100 * fraction:.4g} % of label is below zero."
            self.cells.refuse(row, column, "negative_release", message, "Check the blank.")
            return None
        self.n_below_zero += fraction < 0
        return max(fraction, 0.0)

    def _of_label(self, value: float, product: str) -> float:
        scale = self.columns.released_scale
        if scale.is_mass:
            assert self.labels_mg is not None, "a mass without the label is refused before"
            return value * scale.factor / self.labels_mg[product]
        return value * scale.factor

    def _spread(self, row: Row, product: str) -> tuple[float | None, int]:
        """Return the standard deviation and the count that a row states of its mean."""
        sd, n = None, 1
        if self.cells.role_text(row, "sd"):
            sd = self._deviation(row, self.columns.roles["sd"], product)
        if self.cells.role_text(row, "n"):
            column = self.columns.roles["n"]
            count = self.cells.number(row, column, "count")
            if count is not None and 1 <= count <= MAX_COUNT and count == int(count):
                n = int(count)
            elif count is not None:
                message = f"{count:g} replicates; a whole number from 1 to {MAX_COUNT} is wanted."
                self.cells.refuse(row, column, "wrong_count", message)
        return sd, n

    def _origin(self, row: Row) -> str:
        """Return what a row says its number is; a recipe learns from measured ones alone."""
        text = self.cells.role_text(row, "origin").casefold()
        if not text:
            return ""
        column = self.columns.roles["origin"]
        if text not in tuple(Origin):
            message = f"{text[:80]!r} is no origin of a number."
            hint = f"Write one of {', '.join(Origin)}, or leave it empty."
            self.cells.refuse(row, column, "unknown_origin", message, hint)
        elif self.labels_mg is not None and text not in (Origin.MEASURED, Origin.LITERATURE):
            message = f"the row says that its value is {text}; only measured curves are learnt."
            self.cells.refuse(row, column, "not_measured", message, "Leave the curve out.")
        return text

    def _deviation(self, row: Row, column: int, product: str) -> float | None:
        if self.cells.role_text(row, "replicate"):
            message = "a replicate has no standard deviation; a row is one or the other."
            hint = "Leave the replicate empty where the value is a mean."
            self.cells.refuse(row, column, "mixed_rows", message, hint)
        value = self.cells.number(row, column, "standard deviation")
        if value is None:
            return None
        sd = self._of_label(value, product)
        if value < 0:
            message = f"standard deviation {value:g} < 0."
            self.cells.refuse(row, column, "negative_sd", message)
        elif sd > MAX_FRACTION:
            message = f"a standard deviation of {100 * sd:.4g} % of label is impossible."
            self.cells.refuse(row, column, "out_of_range", message, "Check its unit.")
        else:
            return round(sd, 9)
        return None


def _low_curves(points: Sequence[Point]) -> Iterator[str]:
    """Yield the curves in % that hardly rise, which may be shares beside percentages."""
    highest: dict[str, float] = {}
    for point in points:
        name = curve_name(point.product, point.batch)
        highest[name] = max(highest.get(name, 0.0), point.fraction)
    for name, share in highest.items():
        if 0 < share <= LIKE_A_SHARE:
            yield f"{name}: no value is above {100 * share:.2g} %; is the unit really %?"
