"""The table of quality attributes, and target profiles that bound them.

Every attribute a product has to satisfy stands in the table, with the forms it applies to, how it
is known and what moves it. What nobody can predict here is listed as not predicted, never left out.
"""

from functools import cache
from math import isfinite

from attrs import field, frozen, validators

from formulation.data import TABLES, find_table, read_rows
from formulation.delivery import FORM
from formulation.design import Design
from formulation.endpoint_keys import get_endpoint, parse_key
from formulation.endpoints import ENDPOINTS, MEAN, Scope
from formulation.errors import InputError, UnknownNameError
from formulation.possible import Possible
from formulation.units import with_unit

STATUSES = ("computed", "assumed_relation", "not_predicted")
"""How an attribute is known."""

WORDS = "words"
"""Unit of an attribute that is told in words."""


@frozen(kw_only=True)
class Attribute:
    """One quality attribute of the table."""

    name: str
    """Name used in target profiles; that of an endpoint where it is one."""

    title: str
    """Name for people, without unit."""

    unit: str
    """Unit of its values, or `WORDS`."""

    applies_to: tuple[str, ...]
    """Systems, or forms as ``system.form``, that have it; ``all`` for every one."""

    usual_in: tuple[str, ...]
    """Where the usual range holds; empty for wherever it applies."""

    status: str = field(validator=validators.in_(STATUSES))
    """How it is known, one of `STATUSES`."""

    basis: str
    """What the number rests on, or why there is none."""

    moved_by: tuple[str, ...]
    """Materials and process parameters that move it, in words."""

    usual_low: float | None
    """Lower end of the usual range, in `unit`; None without one."""

    usual_high: float | None
    """Upper end of the usual range, in `unit`; None without one."""

    possible: Possible
    """Which values it can have, in `unit`; any of an endpoint, which has bounds of its own."""

    spread_pct: float
    """Assumed scatter of finished units around the computed value, [% of the value]."""

    note: str
    """Conditions, and what is assumed."""

    @property
    def is_words(self) -> bool:
        """Whether it is told in words."""
        return self.unit == WORDS

    def applies(self, design: Design) -> bool:
        """Tell whether the form of a design has this attribute.

        Parameters
        ----------
        design : Design
            Any design, [-].

        Returns
        -------
        bool
            True when it does, [-].
        """
        return _is_in(design, self.applies_to)

    def is_usual_for(self, design: Design) -> bool:
        """Tell whether the usual range holds for the form of a design.

        Parameters
        ----------
        design : Design
            Any design, [-].

        Returns
        -------
        bool
            True when there is such a range and it holds, [-].
        """
        has_range = (self.usual_low, self.usual_high) != (None, None)
        return has_range and self.applies(design) and _is_in(design, self.usual_in or ("all",))


@cache
def attributes() -> dict[str, Attribute]:
    """Return every quality attribute by name.

    Returns
    -------
    dict of str to Attribute
        In the order of the table, [-].
    """
    return {
        row["name"]: Attribute(
            name=row["name"],
            title=row["title"],
            unit=row["unit"],
            applies_to=_listed(row["applies_to"]),
            usual_in=_listed(row["usual_in"]),
            status=row["status"],
            basis=row["basis"],
            moved_by=_listed(row["material_or_process"]),
            usual_low=_number(row["usual_low"]),
            usual_high=_number(row["usual_high"]),
            possible=Possible(least=_number(row["least"]), most=_number(row["most"])),
            spread_pct=_number(row["spread_pct"]) or 0.0,
            note=row["note"],
        )
        for row in read_rows(find_table("quality_attributes", TABLES))
    }


def profile_key(name: str) -> str:
    """Return the full name of what a target profile may bound.

    Parameters
    ----------
    name : str
        An endpoint, with or without its statistic, or an attribute of the table, [-].

    Returns
    -------
    str
        Endpoint key, or the attribute's name, [-].

    Raises
    ------
    UnknownNameError
        Nothing has that name; the message lists the nearest.
    InputError
        The attribute is told in words, so no range can be asked of it.
    """
    endpoints = {endpoint.name for endpoint in ENDPOINTS}
    if name.partition(".")[0] in endpoints:
        key = parse_key(name)
        if not may_be_bounded(name):
            raise InputError(
                f"A profile cannot bound {name!r}; it judges values with their intervals.",
                hint="Name the endpoint itself or one of its percentiles, or set a limit.",
            )
        return key.text
    if name not in attributes():
        numbers = (a.name for a in attributes().values() if not a.is_words)
        raise UnknownNameError("Attribute", name, {*endpoints, *numbers})
    if attributes()[name].is_words:
        raise InputError(
            f"Attribute {name!r} is told in words; no low or high can be asked of it.",
            hint="Leave it out: the report shows it for every candidate.",
        )
    return name


def may_be_bounded(name: str) -> bool:
    """Tell whether a target profile may bound an endpoint as it is spelt.

    Parameters
    ----------
    name : str
        Text of an endpoint, [-].

    Returns
    -------
    bool
        Whether it is one that every candidate is predicted with, as predicted, [-].
    """
    key = parse_key(name)
    is_shown = key.statistic != MEAN and key.endpoint.scope is not Scope.STUDY
    return is_shown and not key.reading


def profile_unit(name: str) -> str:
    """Return the unit in which a target profile bounds an attribute.

    Parameters
    ----------
    name : str
        What `profile_key` returned, [-].

    Returns
    -------
    str
        Unit, [-].
    """
    found = attributes().get(name)
    return found.unit if found is not None else get_endpoint(name).unit


def profile_possible(name: str) -> Possible:
    """Return which values an attribute can have at all.

    Parameters
    ----------
    name : str
        What `profile_key` returned, [-].

    Returns
    -------
    Possible
        That of the endpoint where it is one, else of the table, in its unit, [-].
    """
    if name.partition(".")[0] in {endpoint.name for endpoint in ENDPOINTS}:
        return get_endpoint(name).possible
    return attributes()[name].possible


@frozen(kw_only=True)
class ProfileTarget:
    """What a target product profile asks of one attribute.

    Raises
    ------
    UnknownNameError
        No endpoint and no attribute has that name.
    InputError
        The attribute is told in words, no end is given, one is not finite, or they are reversed.
    """

    attribute: str = field(converter=profile_key)
    """Endpoint key, or name of an attribute of the table."""

    low: float | None = None
    """Smallest acceptable value, in the attribute's unit."""

    high: float | None = None
    """Largest acceptable value, in the attribute's unit."""

    def __attrs_post_init__(self) -> None:
        ends = [end for end in (self.low, self.high) if end is not None]
        if not ends or not all(isfinite(end) for end in ends):
            raise InputError(
                f"Profile of {self.attribute}: low and high bound nothing"
                f" ({self.low} and {self.high}).",
                hint="Give low, high or both as finite values.",
            )
        if len(ends) == 2 and ends[0] > ends[1]:
            unit = profile_unit(self.attribute)
            raise InputError(
                f"Profile of {self.attribute}: low {with_unit(ends[0], unit)} lies above high"
                f" {with_unit(ends[1], unit)}.",
                hint="Swap them, or drop one.",
            )


def form_key(design: Design) -> str:
    """Return system and form of a design.

    Parameters
    ----------
    design : Design
        Any design; the first version of the store named no form, [-].

    Returns
    -------
    str
        Such as ``"immediate_release.tablet"``; without a form only the system, [-].
    """
    return f"{design.system}.{design.process.get(FORM, '')}".rstrip(".")


def _is_in(design: Design, places: tuple[str, ...]) -> bool:
    return not {"all", design.system, form_key(design)}.isdisjoint(places)


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("; ")) if cell else ()


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
