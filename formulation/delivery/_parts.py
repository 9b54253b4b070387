"""The parts a form is described with: routes, components, selections, dimensions, ratios."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from itertools import combinations

from attrs import frozen

from formulation.errors import InputError


class Route(StrEnum):
    """Way into the body."""

    ORAL = "oral"
    BUCCAL = "buccal"
    RECTAL = "rectal"
    SKIN = "skin"

    @property
    def is_supplement(self) -> bool:
        """Whether the limits on oral supplements hold for it."""
        return self is not Route.SKIN

    @property
    def knows_meals(self) -> bool:
        """Whether it matters if it is taken with a meal."""
        return self is Route.ORAL


@frozen(kw_only=True)
class Component:
    """One component of a unit with its role and its bounds where it is present.

    Raises
    ------
    InputError
        The bounds are reversed or outside 0 to 100 %.
    """

    name: str
    """Name in recipes; ``salt`` for the magnesium salt."""

    role: str
    """What it does."""

    low_pct: float
    """Smallest share of the unit mass, [% w/w]."""

    high_pct: float
    """Largest share of the unit mass, [% w/w]."""

    source: str
    """Key in ``formulation/sources.bib`` for the bounds."""

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.low_pct <= self.high_pct <= 100:
            raise InputError(
                f"Component {self.name!r}: bounds {self.low_pct:g} to {self.high_pct:g} % w/w"
                " are impossible; 0 <= low <= high <= 100."
            )


@frozen(kw_only=True)
class Selection:
    """A role that is filled by some of several components."""

    name: str
    """Name of the role."""

    choices: tuple[tuple[str, ...], ...]
    """Which components may stand together; an empty tuple means none."""

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The choices as words: names joined by a plus, or ``none``."""
        return tuple(selection_text(chosen) for chosen in self.choices)

    @cached_property
    def members(self) -> frozenset[str]:
        """Every component it can choose."""
        return frozenset(name for chosen in self.choices for name in chosen)

    def made_in(self, amounts_mg: Mapping[str, float]) -> tuple[str, ...]:
        """Return which of its components a recipe holds.

        Parameters
        ----------
        amounts_mg : mapping of str to float
            A recipe, [mg].

        Returns
        -------
        tuple of str
            In the order of the choice it equals, else sorted, [-].
        """
        found = {name for name in amounts_mg if name in self.members}
        same = (chosen for chosen in self.choices if set(chosen) == found)
        return next(same, tuple(sorted(found)))


def selection_text(chosen: Iterable[str]) -> str:
    """Return the words for what was chosen.

    Parameters
    ----------
    chosen : iterable of str
        Components, [-].

    Returns
    -------
    str
        Names joined by a plus, or ``none``, [-].

    Examples
    --------
    >>> selection_text(("mcc", "lactose")), selection_text(())
    ('mcc+lactose', 'none')
    """
    return "+".join(chosen) or "none"


def some_of(names: tuple[str, ...], least: int, most: int) -> tuple[tuple[str, ...], ...]:
    """Return every way to take between so many of several components.

    Parameters
    ----------
    names : tuple of str
        Components, [-].
    least, most : int
        Fewest and most of them, [-].

    Returns
    -------
    tuple of tuple of str
        Choices of a `Selection`, small ones first, [-].

    Examples
    --------
    >>> some_of(("mcc", "lactose"), 1, 2)
    (('mcc',), ('lactose',), ('mcc', 'lactose'))
    """
    return tuple(chosen for n in range(least, most + 1) for chosen in combinations(names, n))


@frozen(kw_only=True)
class Dimension:
    """A size of a unit that is no mass, such as the area of a patch; set in steps of 0.1."""

    name: str
    """Name with its unit as suffix; it stands among the process settings."""

    unit: str
    """Unit of the values."""

    low: float
    """Smallest value, in `unit`."""

    high: float
    """Largest value, in `unit`."""

    source: str
    """Key in ``formulation/sources.bib``."""


@frozen(kw_only=True)
class Relation:
    """A ratio of amounts or dimensions that must stay within bounds."""

    name: str
    """Name of the rule."""

    title: str
    """The ratio in words, for messages."""

    part: tuple[str, ...]
    """Components and dimensions that are summed above the line."""

    whole: tuple[str, ...]
    """Components and dimensions that are summed below it."""

    unit: str
    """Unit of the ratio."""

    source: str
    """Key in ``formulation/sources.bib``."""

    low: float | None = None
    """Smallest ratio, in `unit`."""

    high: float | None = None
    """Largest ratio, in `unit`."""

    per: float = 1.0
    """What the bare ratio is multiplied by to be in `unit`, [-]."""

    def is_about(self, present: Iterable[str]) -> bool:
        """Tell whether a recipe of these components and dimensions has the ratio.

        Parameters
        ----------
        present : iterable of str
            Components and dimensions of a unit, [-].

        Returns
        -------
        bool
            True when something stands on both sides of the line, [-].
        """
        names = set(present)
        return not names.isdisjoint(self.part) and not names.isdisjoint(self.whole)
