"""Patients and populations: the fields a formulation scientist can state.

Not every field acts on the body; `PatientField.acts` says which do, and reports name the ones that
were stated without effect. A field acts directly (a model reads it) or through a modulator
(`formulation.modulators`), never both ways on one thing. Who is refused: `formulation.refusals`.
"""

from collections.abc import Mapping
from functools import cache
from math import isfinite

from attrs import field, frozen

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.medicines import medication_flag
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity
from formulation.refusals import check_age, check_people
from formulation.units import with_unit

EGFR = "egfr_ml_min"
"""Field of the filtration rate, which decides whether anything is offered."""

AGE = "age_years"
"""Field of the age."""

MAX_POPULATION = 100_000
"""Most subjects of one population, [-]."""

MIN_ACID_WITH_PPI = 0.5
"""Least mean acid output that may stand beside the flag of the inhibitor, [-]."""


@frozen(kw_only=True)
class PatientField:
    """One thing that may be stated of a patient."""

    name: str
    """Name with its unit as suffix."""

    title: str
    """Name for people."""

    default: Quantity
    """Value taken when nothing is stated; its range is what is physically possible."""

    acts: bool
    """Whether a model uses it, directly or through a modulator that is not neutral."""

    is_flag: bool = False
    """Whether it is a yes or no: 1 or 0, and nothing between."""

    def check(self, value: float, what: str = "value") -> None:
        """Refuse a value no patient can have.

        Parameters
        ----------
        value : float
            Value stated, in the field's unit, [-].
        what : str, optional
            What the value is, for the message, [-].

        Raises
        ------
        InputError
            It is not finite or lies outside the possible range, or a flag is neither 0 nor 1.
        RefusedError
            It is the age of a child.
        """
        if self.name == AGE:
            check_age(value, f"{self.name}: {what}")
        low, high = self.default.low, self.default.high
        if not isfinite(value) or not (low or 0.0) <= value <= (high or 0.0):
            raise InputError(
                f"{self.name}: {what} {with_unit(value, self.default.unit)} is not possible;"
                f" it must lie between {low:g} and {high:g}."
            )
        if self.is_flag and value not in (0.0, 1.0):
            raise InputError(f"{self.name}: {what} {value:g} is not possible; give 0 or 1.")

    def check_spread(self, spread: "Spread") -> None:
        """Refuse a spread that no group of patients can have.

        Parameters
        ----------
        spread : Spread
            How the field is distributed, in its unit, [-].

        Raises
        ------
        InputError
            An end is impossible, or a flag has a standard deviation.
        """
        self.check(spread.low, "low")
        self.check(spread.high, "high")
        if self.is_flag and spread.sd != 0:
            raise InputError(
                f"{self.name}: sd {spread.sd:g} is not possible; it follows from the mean, which"
                " is the share of those who have it.",
                hint="Give 'sd: 0'.",
            )


@frozen(kw_only=True)
class Spread:
    """How one field is distributed: a normal truncated to its range.

    Of a flag the mean is the share of subjects who have it, and the standard deviation is 0.

    Raises
    ------
    InputError
        The range is reversed, the mean lies outside it, or the spread is negative.
    """

    mean: float
    """Centre of the untruncated normal, in the field's unit."""

    sd: float
    """Standard deviation of the untruncated normal, in the field's unit."""

    low: float
    """Smallest value, in the field's unit."""

    high: float
    """Largest value, in the field's unit."""

    def __attrs_post_init__(self) -> None:
        if not self.low <= self.mean <= self.high:
            raise InputError(
                f"A spread with mean {self.mean:g} and range {self.low:g} to {self.high:g} is"
                " impossible; the mean must lie inside the range."
            )
        if not (isfinite(self.sd) and self.sd >= 0):
            raise InputError(f"A standard deviation of {self.sd:g} is impossible.")


@frozen(kw_only=True)
class Population:
    """A named virtual population: so many subjects, drawn from stated spreads.

    Raises
    ------
    InputError
        The size is not between 1 and 100,000, the seed negative, a spread impossible, a medicine
        not known, or the loss of acid under a proton pump inhibitor stated twice.
    RefusedError
        Somebody in it may have an eGFR below 30, or a condition that forbids supplements.
    """

    name: str
    """Name shown in every result."""

    size: int
    """Subjects, [-]."""

    seed: int = 0
    """Seed of the draw; equal seeds give the same people, whatever the design, [-]."""

    spreads: Mapping[str, Spread] = field(factory=dict)
    """Spread by field name; fields not named keep their default for everybody."""

    conditions: tuple[str, ...] = ()
    """Conditions all share, from `refusals.REFUSED_CONDITIONS`; stating one is a refusal."""

    medication: tuple[str, ...] = ()
    """Medicines all take; those that act on the body are flags in `spreads` too."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.size, int) or not 1 <= self.size <= MAX_POPULATION:
            raise InputError(
                f"Population {self.name!r} has {self.size} subjects;"
                f" it must have between 1 and {MAX_POPULATION:,}."
            )
        if not isinstance(self.seed, int) or self.seed < 0:
            raise InputError(
                f"Population {self.name!r}: seed {self.seed} is impossible; it must be a whole"
                " number, zero or more."
            )
        for name, spread in self.spreads.items():
            get_patient_field(name).check_spread(spread)
        self._check_medication()
        egfr = self.spreads.get(EGFR)
        who = f"Population {self.name!r}"
        check_people(self.conditions, None if egfr is None else egfr.low, who)

    def _check_medication(self) -> None:
        for medicine in self.medication:
            flag = medication_flag(medicine)
            if flag is not None and (flag not in self.spreads or self.spreads[flag].mean != 1):
                raise InputError(
                    f"Population {self.name!r} takes {medicine}, but its field {flag} is not 1.",
                    hint=f"State {flag} as 1 for all, or leave {medicine} out.",
                )
        ppi, acid = self.spreads.get("ppi"), self.spreads.get("acid_output_factor")
        if ppi is not None and ppi.mean > 0 and acid and acid.mean < MIN_ACID_WITH_PPI:
            raise InputError(
                f"Population {self.name!r}: acid_output_factor {acid.mean:g} beside the flag ppi"
                " counts the loss of acid twice.",
                hint="State the measured acid output or the flag, not both.",
            )

    @property
    def is_alike(self) -> bool:
        """Whether nothing varies, so that everybody is one person and percentiles are theirs."""
        return all(
            spread.mean in (0.0, 1.0) if get_patient_field(name).is_flag else spread.sd == 0
            for name, spread in self.spreads.items()
        )

    @property
    def idle_fields(self) -> tuple[str, ...]:
        """Fields that were stated and act on nothing."""
        return tuple(name for name in self.spreads if not get_patient_field(name).acts)


@cache
def patient_fields() -> dict[str, PatientField]:
    """Return every field that may be stated of a patient.

    Returns
    -------
    dict of str to PatientField
        By name, [-].
    """
    return {
        row["field"]: PatientField(
            name=row["field"],
            title=row["title"],
            default=Quantity(
                value=float(row["default"]),
                low=float(row["low"]),
                high=float(row["high"]),
                unit=row["unit"],
                basis=EVIDENCE_TO_BASIS[row["evidence"]],
                source=row["source"],
                note=row["note"],
            ),
            acts=row["acts"] == "1",
            is_flag=row["flag"] == "1",
        )
        for row in read_rows(find_table("patient_fields", TABLES))
    }


def get_patient_field(name: str) -> PatientField:
    """Return the field of that name.

    Parameters
    ----------
    name : str
        Name with unit suffix, such as ``egfr_ml_min``, [-].

    Returns
    -------
    PatientField
        The field, [-].

    Raises
    ------
    UnknownNameError
        No field has that name; the message lists the nearest.
    """
    try:
        return patient_fields()[name]
    except KeyError:
        longer = [known for known in patient_fields() if name in known]
        raise UnknownNameError("Patient field", name, longer or patient_fields()) from None


@cache
def named_spreads() -> dict[str, dict[str, Spread]]:
    """Return the spreads of the populations that come with the product.

    Returns
    -------
    dict of str to dict
        By population, then by field, [-].
    """
    found: dict[str, dict[str, Spread]] = {}
    for row in read_rows(find_table("populations", TABLES)):
        found.setdefault(row["population"], {})[row["field"]] = Spread(
            mean=float(row["mean"]),
            sd=float(row["sd"]),
            low=float(row["low"]),
            high=float(row["high"]),
        )
    return found


def named_population(name: str, *, size: int = 256, seed: int = 0) -> Population:
    """Return a population that comes with the product.

    Parameters
    ----------
    name : str
        One of the table of populations, such as ``healthy_adults``, [-].
    size : int, optional
        Subjects, [-].
    seed : int, optional
        Seed of the draw, [-].

    Returns
    -------
    Population
        The population, [-].

    Raises
    ------
    UnknownNameError
        No population has that name.
    """
    try:
        spreads = named_spreads()[name]
    except KeyError:
        raise UnknownNameError("Population", name, named_spreads()) from None
    return Population(name=name, size=size, seed=seed, spreads=spreads)
