"""Rows of absorption data read one by one: units, people, dose and interval, and what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from math import sqrt
from typing import TypeVar

from attrs import Factory, asdict, define, field

from formulation.design import Design
from formulation.errors import InputError, UnknownNameError, did_you_mean
from formulation.patients import named_spreads
from formulation.regimen import MAX_INTAKES_PER_DAY
from models.data.absorption_columns import AbsorptionColumns
from models.data.absorption_types import (
    DESIGN_KINDS,
    AbsorptionReading,
    AbsorptionRow,
    taken_as,
)
from models.data.absorption_units import MEASURABLE, measured_endpoint, unit_factor
from models.data.cell_reader import CellReader
from models.data.column_names import MISSPELT
from models.data.lab_tables import LabTable
from models.data.studies import held_out_study
from models.data.table_limits import Row

MAX_PEOPLE = 100_000
"""Most people behind a mean, [-]."""

MAX_DOSE_MG = 3000.0
"""Most elemental magnesium a day that is believed, [mg/d]."""

CONFIDENCE = 0.95
"""Share that an interval is of, [-]."""

_YES_NO = {
    **dict.fromkeys(("yes", "true", "1", "fed"), True),
    **dict.fromkeys(("no", "false", "0", "fasted"), False),
}
_KINDS = {kind: kind for kind in DESIGN_KINDS} | {"cross-over": "crossover"}

T = TypeVar("T")


@define(kw_only=True)
class AbsorptionReader:
    """Reads the rows of one table."""

    table: LabTable
    columns: AbsorptionColumns
    products: Mapping[str, Design]
    cells: CellReader = field(init=False)
    seen: dict[tuple[object, ...], int] = Factory(dict)
    n_from_interval: int = 0

    def __attrs_post_init__(self) -> None:
        self.cells = CellReader(table=self.table, roles=self.columns.roles)

    def reading(self, row: Row) -> AbsorptionReading | None:
        """Return what a row says, or note what is wrong with it.

        Parameters
        ----------
        row : Row
            A row, [-].

        Returns
        -------
        AbsorptionReading or None
            An `AbsorptionRow` when its product has a recipe; None after a problem, [-].
        """
        before = len(self.cells.problems)
        if self.cells.is_misshapen(row):
            return None
        form = self._form(row)
        dose = self._dose(row)
        intakes = self._whole(row, "intakes", MAX_INTAKES_PER_DAY)
        meals = self._word(row, "meals", _YES_NO, "yes or no")
        population = self._population(row)
        kind = self._word(row, "design", _KINDS, " or ".join(DESIGN_KINDS))
        n = self._whole(row, "n", MAX_PEOPLE)
        source = self._source(row)
        measured = self._measured(row, n)
        if len(self.cells.problems) > before or measured is None or intakes is None or n is None:
            return None
        endpoint, unit, value, sd = measured
        reading = AbsorptionReading(
            form=form,
            dose_mg_per_day=dose,
            intakes_per_day=intakes,
            with_meals=bool(meals),
            population=population,
            endpoint=endpoint,
            value=value,
            unit=unit,
            sd=sd,
            n=n,
            design_kind=str(kind),
            source=source,
        )
        self._check(row, reading)
        recipe = self.products.get(form)
        made = reading if recipe is None else self._with_recipe(row, reading, recipe)
        return None if len(self.cells.problems) > before else made

    def notes(self, found: Sequence[AbsorptionReading]) -> Iterator[str]:
        """Yield what was done to the rows.

        Parameters
        ----------
        found : sequence of AbsorptionReading
            What was read, [-].

        Yields
        ------
        str
            One sentence, [-].
        """
        if self.columns.unread:
            yield f"Columns that were not read: {', '.join(self.columns.unread)}."
        if "," in self.cells.marks:
            yield "Decimal commas were read as decimal points."
        if self.n_from_interval:
            yield (
                "Standard deviations that follow from a 95 % interval of the mean:"
                f" {self.n_from_interval}."
            )
        n_silent = sum(reading.value <= 0 for reading in found)
        if n_silent:
            yield (
                f"Values at or below 0: {n_silent}. Their rows are kept, and cannot speak where"
                " measured is divided by simulated."
            )
        free = sorted({r.form for r in found if not isinstance(r, AbsorptionRow)})
        if free:
            yield (
                f"Forms without a recipe: {', '.join(free)}. Their rows are kept; nothing learns"
                " from them until --products names their recipe."
            )

    def _form(self, row: Row) -> str:
        form = self._required(row, "product")
        near = get_close_matches(form, self.products, n=1, cutoff=MISSPELT)
        if form and near and form not in self.products:
            message = f"{form!r} stands in no product file given, but {near[0]!r} does."
            hint = "Write that, or give a form without a recipe another name."
            self._refuse(row, "product", "unknown_product", message, hint)
        return form

    def _dose(self, row: Row) -> float:
        number = self.cells.number(row, self.columns.roles["dose"], "dose")
        if number is None:
            return 0.0
        dose = round(number * self.columns.dose_factor, 9)
        if not 0 < dose <= MAX_DOSE_MG:
            message = f"{dose:.4g} mg/d is impossible; 0 < dose <= {MAX_DOSE_MG:g} mg/d."
            self._refuse(row, "dose", "out_of_range", message, "Give elemental magnesium a day.")
        return dose

    def _population(self, row: Row) -> str:
        name = self._required(row, "population")
        known = named_spreads()
        if name and name not in known:
            message = UnknownNameError("population", name, known).message
            self._refuse(row, "population", "unknown_name", message, did_you_mean(name, known))
        return name

    def _source(self, row: Row) -> str:
        source = self._required(row, "source")
        study = held_out_study(source)
        if study is not None:
            hint = (
                "Take its rows out; `formulation data show contrasts` lists the roles of studies."
            )
            self._refuse(row, "source", "held_out", f"{study.reason}.", hint)
        return source

    def _measured(self, row: Row, n: int | None) -> tuple[str, str, float, float | None] | None:
        """Return endpoint, its unit, mean and standard deviation; None after a problem."""
        written = self._required(row, "endpoint")
        try:
            endpoint, unit = measured_endpoint(written)
        except InputError as error:
            if written:
                hint = error.problems[0].hint
                self._refuse(row, "endpoint", "unknown_name", error.message, hint)
            return None
        at = "unit" if "unit" in self.columns.roles else "value"
        stated = self.columns.value_unit or self._required(row, "unit")
        try:
            factor = unit_factor(stated, unit)
        except InputError as error:
            if stated:
                hint = error.problems[0].hint
                self._refuse(row, at, "unknown_unit", f"{endpoint}: {error.message}", hint)
            return None
        number = self.cells.number(row, self.columns.roles["value"], "value")
        if number is None:
            return None
        value, bounds = round(number * factor, 9), MEASURABLE[endpoint]
        if not bounds.low <= value <= bounds.high:
            message = (
                f"{endpoint} {value:.4g} {unit} is impossible for a mean of people; it must lie"
                f" between {bounds.low:g} and {bounds.high:g}."
            )
            self._refuse(row, "value", "out_of_range", message, "Check the number and its unit.")
        sd = self._spread(row, number, factor, n)
        if sd is not None and sd > bounds.high - bounds.low:
            message = f"a standard deviation of {sd:.4g} {unit} is impossible for {endpoint}."
            at = "sd" if self.cells.role_text(row, "sd") else "ci_low"
            self._refuse(row, at, "out_of_range", message, "Check the number and its unit.")
        return endpoint, unit, value, sd

    def _spread(self, row: Row, mean: float, factor: float, n: int | None) -> float | None:
        """Return the standard deviation that a row states, or that its interval implies."""
        given = [role for role in ("sd", "ci_low", "ci_high") if self.cells.role_text(row, role)]
        if not given:
            return None
        if "sd" in given and len(given) > 1:
            message, hint = "a row has a standard deviation or an interval, not both.", "Keep one."
            self._refuse(row, given[1], "mixed_rows", message, hint)
            return None
        values = [self.cells.number(row, self.columns.roles[r], "number") for r in given]
        if None in values:
            return None
        numbers = [value for value in values if value is not None]
        if given == ["sd"]:
            if numbers[0] < 0:
                self._refuse(row, "sd", "negative_sd", f"standard deviation {numbers[0]:g} < 0.")
            return round(numbers[0] * factor, 9)
        return self._from_interval(row, given, numbers, mean, factor, n)

    def _from_interval(
        self,
        row: Row,
        given: Sequence[str],
        ends: Sequence[float],
        mean: float,
        factor: float,
        n: int | None,
    ) -> float | None:
        if len(ends) < 2:
            message = "the other end of the interval is missing."
            self._refuse(row, given[0], "missing", message, "Give both ends, or neither.")
        elif not ends[0] <= mean <= ends[1]:
            message = f"the mean {mean:g} does not lie between {ends[0]:g} and {ends[1]:g}."
            self._refuse(row, "ci_low", "out_of_range", message, "Check value and interval.")
        elif n is not None and n < 2:
            message = "an interval of one person says nothing of a spread."
            self._refuse(row, "ci_low", "wrong_count", message, "Check n.")
        elif n is not None:
            self.n_from_interval += 1
            return round((ends[1] - ends[0]) / 2 * factor * sqrt(n) / _quantile(n), 9)
        return None

    def _check(self, row: Row, reading: AbsorptionReading) -> None:
        """Note an increment above the dose, and a row that stands twice."""
        if reading.endpoint == "absorbed_increment" and reading.value > reading.dose_mg_per_day:
            message = (
                f"{reading.value:.4g} mg/d absorbed of a dose of {reading.dose_mg_per_day:.4g} mg/d"
                " is impossible."
            )
            self._refuse(row, "value", "out_of_range", message, "Check value, dose and units.")
        said = asdict(reading)
        key = tuple(said[name] for name in said if name not in ("value", "sd", "n"))
        first = self.seen.setdefault(key, row.number)
        if first != row.number:
            message = f"row {first} has the same product, people, endpoint and source."
            self._refuse(row, "endpoint", "duplicate", message, "Keep one, or tell them apart.")

    def _with_recipe(
        self, row: Row, reading: AbsorptionReading, recipe: Design
    ) -> AbsorptionReading:
        try:
            design = taken_as(
                recipe, reading.intakes_per_day, reading.with_meals, reading.dose_mg_per_day
            )
        except InputError as error:
            hint = error.problems[0].hint
            self._refuse(row, "dose", "dose_mismatch", error.message, hint)
            return reading
        return AbsorptionRow(**asdict(reading), design=design)

    def _whole(self, row: Row, role: str, most: int) -> int | None:
        number = self.cells.number(row, self.columns.roles[role], "whole number")
        if number is not None and not (1 <= number <= most and number == int(number)):
            message = f"{role} {number:g}: a whole number from 1 to {most:,} is wanted."
            self._refuse(row, role, "wrong_count", message)
            return None
        return None if number is None else int(number)

    def _word(self, row: Row, role: str, known: Mapping[str, T], rule: str) -> T | None:
        text = self._required(row, role)
        if text and text.casefold() not in known:
            message = f"{text[:80]!r} is not known; {rule} is wanted."
            self._refuse(row, role, "unknown_name", message)
        return known.get(text.casefold())

    def _required(self, row: Row, role: str) -> str:
        text = self.cells.role_text(row, role)
        if not text:
            self._refuse(row, role, "missing", f"the {role} is missing.")
        return text

    def _refuse(self, row: Row, role: str, code: str, message: str, hint: str = "") -> None:
        self.cells.refuse(row, self.columns.roles[role], code, message, hint)


def _quantile(n: int) -> float:
    """Return how many standard errors half an interval of a mean of `n` people is."""
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, n - 1))
