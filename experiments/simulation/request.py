"""What is asked for: the product, the people, the days; checked before anything is integrated."""

from pathlib import Path

from attrs import evolve, frozen

from experiments.config.beside import FILE_ENDINGS
from experiments.config.patient import read_patient, read_population_file
from experiments.config.product import Product
from formulation.claims import Claim
from formulation.errors import InputError
from formulation.limits import get_limits
from formulation.patients import Population, named_population, named_spreads
from formulation.profiles import Medium
from models.responses import DAYS

DEFAULT_POPULATION = "healthy_adults"
"""Who takes a product when nobody says who; every result names them."""

MAX_DAYS = 365
"""Longest use that is simulated, [d]."""

MAX_SUBJECT_DAYS = 500_000
"""Most subjects times days of one request, so that it fits into memory, [d]."""


@frozen(kw_only=True)
class People:
    """Who takes the product."""

    population: Population
    """Spreads, size and seed; one subject for a patient."""

    is_patient: bool = False
    """Whether it is one person from a patient file."""

    is_default: bool = False
    """Whether nobody said who."""


@frozen(kw_only=True)
class Request:
    """Everything a simulation needs.

    Raises
    ------
    InputError
        Days are impossible, there are too many subjects for so many days, or both products have
        one name.
    UnknownNameError
        The jurisdiction is not known.
    """

    product: Product
    """What is taken."""

    people: People
    """Who takes it."""

    other: Product | None = None
    """What it is compared with, in the same people."""

    days: int = DAYS
    """Days it is taken, [d]."""

    jurisdiction: str = "EU"
    """Whose limits it is held against."""

    claims: tuple[Claim, ...] = ()
    """Claims that are switched on."""

    medium: Medium | None = None
    """Bench vessel that is shown beside the body."""

    def __attrs_post_init__(self) -> None:
        get_limits(self.jurisdiction)
        if not isinstance(self.days, int) or not 1 <= self.days <= MAX_DAYS:
            raise InputError(
                f"Simulation: {self.days} days are impossible; 1 <= days <= {MAX_DAYS}.",
                hint=f"Give --days, such as --days {DAYS}.",
            )
        check_subject_days(self.people.population.size, self.days)
        if self.other is not None and self.other.name == self.product.name:
            raise InputError(
                f"Comparison: both products are called {self.product.name!r}; nobody could tell"
                " them apart.",
                hint="Give one of them another name in its file.",
            )

    @property
    def products(self) -> tuple[Product, ...]:
        """What is simulated, the product first."""
        return (self.product,) if self.other is None else (self.product, self.other)


def check_subject_days(size: int, days: int) -> None:
    """Refuse more subjects for so many days than fit into memory.

    Parameters
    ----------
    size : int
        Subjects, [-].
    days : int
        Days they are followed, [d].

    Raises
    ------
    InputError
        There are too many.
    """
    if size * days > MAX_SUBJECT_DAYS:
        raise InputError(
            f"Simulation: {size:,} subjects for {days} days are too many; subjects times days may"
            f" be {MAX_SUBJECT_DAYS:,}.",
            hint=f"Give --size {MAX_SUBJECT_DAYS // days} or fewer days.",
        )


def choose_people(
    population: str | None = None,
    patient: Path | None = None,
    *,
    size: int | None = None,
    seed: int | None = None,
) -> People:
    """Return who takes the product.

    Parameters
    ----------
    population : str or None, optional
        Name of a population that comes with the product, or of a file, [-].
    patient : Path or None, optional
        Patient file, [-].
    size : int or None, optional
        Subjects; that of the population when left out, [-].
    seed : int or None, optional
        Seed of the draw; that of the population when left out, [-].

    Returns
    -------
    People
        The people; healthy adults when neither is given, which they say, [-].

    Raises
    ------
    InputError
        Both are given, a file is wrong, or a size or seed is impossible.
    RefusedError
        No candidate is offered to these people.
    UnknownNameError
        No population has that name.
    """
    if population is not None and patient is not None:
        raise InputError(
            f"Both --population {population} and --patient {patient} are given; one is wanted.",
            hint="Leave one of them out.",
        )
    if patient is not None:
        if size is not None or seed is not None:
            raise InputError(
                f"Patient {patient} is one person, drawn from nothing; --size and --seed do not"
                " apply.",
                hint="Leave them out.",
            )
        return People(population=read_patient(patient), is_patient=True)
    found = _population(population or DEFAULT_POPULATION)
    found = evolve(
        found,
        size=found.size if size is None else size,
        seed=found.seed if seed is None else seed,
    )
    return People(population=found, is_default=population is None)


def _population(name: str) -> Population:
    is_known = name in named_spreads()
    if not is_known and (name.endswith(FILE_ENDINGS) or Path(name).is_file()):
        return read_population_file(Path(name))
    return named_population(name)
