"""What a run must reach, such as ``hypervolume >= 0.2``: read before it starts, held to its result.

A requirement names a number of the study's document, an operator and a limit; the numbers there are
stand in `experiments.requirements.measures`. One that cannot be told, since nothing was confirmed,
meets no requirement. Sums, ranges and single trials cannot be required.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Any, NoReturn

from attrs import frozen

from experiments.config import objectives_of_config
from experiments.config.quantities import MAX_QUANTITY_TEXT, parse_quantity, shown_unit
from experiments.requirements.measures import BEST, CONFIRMED, Measure, measures
from experiments.store import Store
from experiments.workspace import Workspace
from formulation.endpoint_keys import endpoint_key
from formulation.errors import InputError, Problem
from formulation.targets import Objective

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
"""What may stand between name and limit."""

EXACT = ("==", "!=")
"""Operators that only counts may have: two fractions agree to the last digit by accident."""

EXAMPLE = "Write it such as --require 'hypervolume >= 0.2' or --require 'invalid_asked == 0'."
SLIPS = {"=>": ">=", "=<": "<=", "=!": "!=", "<>": "!=", "≥": ">=", "≤": "<=", "≠": "!="}
"""What is written in place of an operator, and which was meant."""

MOST_CHARACTERS = 200
"""Longest requirement, [-] (characters)."""

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
_FORM = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)\s*(>=|<=|==|!=|>|<)\s*([^\s<>=!].*)", re.DOTALL)
_SLIP = re.compile(r"([\w.]+)\s*([<>=!≥≤≠]+)\s*(\S.*)")


@frozen(kw_only=True)
class Requirement:
    """A limit on a number of the study's document."""

    measure: Measure
    """The number."""

    operator: str
    """One of `OPERATORS`."""

    limit: float
    """What it is compared with, in the unit of the measure."""

    @property
    def text(self) -> str:
        """The requirement as it is shown."""
        return f"{self.measure.name} {self.operator} {_with_unit(self.limit, self.measure.unit)}"

    def judged(self, document: Mapping[str, Any]) -> "Outcome":
        """Return whether a study meets it.

        Parameters
        ----------
        document : mapping
            The document of the study, [-].

        Returns
        -------
        Outcome
            With the value; a value that is absent or not finite meets nothing, [-].
        """
        value = self.measure.read(document)
        if value is None or not isfinite(value):
            why = self.measure.absent if value is None else f"the value is {value}"
            return Outcome(requirement=self, value=None, is_met=False, reason=why)
        is_met = OPERATORS[self.operator](value, self.limit)
        return Outcome(requirement=self, value=value, is_met=is_met, reason="")


@frozen(kw_only=True)
class Outcome:
    """A requirement with what a study reached."""

    requirement: Requirement
    """What was required."""

    value: float | None
    """What was reached, in the unit of the measure; None where there is no such number."""

    is_met: bool
    """Whether it is enough."""

    reason: str
    """Why there is no value; empty where there is one."""

    @property
    def text(self) -> str:
        """One line: the requirement, whether it is met, and the value."""
        word = "met" if self.is_met else "failed"
        if self.value is None:
            return f"{word}: {self.requirement.text}, but {self.reason}"
        unit = self.requirement.measure.unit
        value = _told_apart(self.value, self.requirement.limit)
        return f"{word}: {self.requirement.text}, reached {_joined(value, unit)}"

    def as_dict(self) -> dict[str, Any]:
        """Return the member of ``requirements`` of a document, every field present."""
        return {
            "text": self.requirement.text,
            "name": self.requirement.measure.name,
            "title": self.requirement.measure.title,
            "operator": self.requirement.operator,
            "limit": self.requirement.limit,
            "unit": self.requirement.measure.unit,
            "value": self.value,
            "is_met": self.is_met,
            "reason": self.reason,
        }


def read_requirements(
    stated: Sequence[str], objectives: Sequence[Objective]
) -> tuple[Requirement, ...]:
    """Return what was required on the command line.

    Parameters
    ----------
    stated : sequence of str
        Each as ``NAME OPERATOR VALUE``, [-].
    objectives : sequence of Objective
        What the study wants, [-].

    Returns
    -------
    tuple of Requirement
        In the order stated, [-].

    Raises
    ------
    InputError
        Everything that is wrong with them, at once.
    """
    known = {measure.name: measure for measure in measures(objectives)}
    found: list[Requirement] = []
    problems: list[Problem] = []
    for text in stated:
        try:
            found.append(_read(text.strip(), known))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError.of(problems)
    return tuple(found)


def requirements_of_stored(
    stated: Sequence[str], ref: str, workspace: Workspace
) -> tuple[Requirement, ...]:
    """Return what was required of a stored study, before anything of it goes on.

    Parameters
    ----------
    stated : sequence of str
        Each as ``NAME OPERATOR VALUE``, [-].
    ref : str
        Label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where the study is kept, [-].

    Returns
    -------
    tuple of Requirement
        In the order stated, [-].

    Raises
    ------
    InputError
        Everything that is wrong with them, at once.
    """
    if not stated:
        return ()
    with Store.open(workspace.store_place, create=False) as store:
        objectives = objectives_of_config(store.study(ref).config)
    return read_requirements(stated, objectives or ())


def outcomes(required: Sequence[Requirement], document: Mapping[str, Any]) -> tuple[Outcome, ...]:
    """Return how a study did on each requirement, met or not.

    Parameters
    ----------
    required : sequence of Requirement
        What was required, [-].
    document : mapping
        The document of the study, [-].

    Returns
    -------
    tuple of Outcome
        One each, in the same order, [-].
    """
    return tuple(requirement.judged(document) for requirement in required)


def problems_of(found: Iterable[Outcome]) -> list[Problem]:
    """Return a problem for each requirement that failed.

    Parameters
    ----------
    found : iterable of Outcome
        How a study did, [-].

    Returns
    -------
    list of Problem
        With value and rule, [-].
    """
    return [
        Problem(
            code="requirement_failed",
            message=f"{outcome.text}.",
            pointer="--require",
            value=outcome.value,
            rule=outcome.requirement.text,
        )
        for outcome in found
        if not outcome.is_met
    ]


def _read(text: str, known: Mapping[str, Measure]) -> Requirement:
    match = _FORM.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if match is None:
        message = f"{text[:80]!r} is not written as NAME OPERATOR VALUE."
        _refuse("invalid_input", message, _meant(text) or EXAMPLE)
    name, sign, value = match[1], match[2], match[3].strip()
    measure = known.get(_full_name(name))
    if measure is None:
        near = ", ".join(get_close_matches(name, known, n=3, cutoff=0.0))
        hint = f"Nearest: {near}. Known: {', '.join(known)}."
        _refuse("unknown_name", f"{name[:80]!r} is no number of this study.", hint)
    if sign in EXACT and not measure.is_count:
        message = f"{text!r}: {name} is no count, so {sign} would be decided by its last digit."
        _refuse("invalid_input", message, "Use >= or <=.")
    return Requirement(measure=measure, operator=sign, limit=_limit(text, value, measure))


def _meant(text: str) -> str:
    """Return how a requirement was meant whose operator is none; empty where that is not known."""
    parts = _SLIP.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if parts is not None and parts[2] == "=":
        return "Equal is written ==."
    if parts is None or parts[2] not in SLIPS:
        return ""
    meant = f"{parts[1]} {SLIPS[parts[2]]} {parts[3]}"
    return f"Did you mean '{meant}'? Operators: {', '.join(OPERATORS)}."


def _limit(text: str, value: str, measure: Measure) -> float:
    """Return the limit in the unit of the measure, which may be left out."""
    is_bare = _NUMBER.fullmatch(value) and len(value) <= MAX_QUANTITY_TEXT
    try:
        limit = parse_quantity(value, "1" if is_bare else measure.unit)
    except InputError as error:
        shown = shown_unit(measure.unit)
        hint = f"Write a number, which is in {shown}." if measure.unit != "1" else EXAMPLE
        _refuse("invalid_input", f"{text!r}: {error.message}", hint)
    if not measure.possible.includes(limit):
        shown, wanted = _with_unit(limit, measure.unit), measure.possible.text(measure.unit)
        message = f"{text!r}: {measure.name} cannot be {shown}; it is {wanted}."
        _refuse("out_of_range", message, "Write a value in that range.")
    return limit


def _full_name(name: str) -> str:
    """Return a name with the full key of its endpoint, as objectives have it."""
    first, dot, endpoint = name.partition(".")
    if not dot or first not in (BEST, CONFIRMED):
        return name
    try:
        return f"{first}.{endpoint_key(endpoint)}"
    except InputError:
        return name


def _refuse(code: str, message: str, hint: str) -> NoReturn:
    problem = Problem(code=code, message=message, pointer="--require", hint=hint)
    raise InputError(message, problems=(problem,))


def _with_unit(value: float, unit: str) -> str:
    return _joined(f"{value:g}", unit)


def _joined(value: str, unit: str) -> str:
    return value if unit == "1" else f"{value} {shown_unit(unit)}"


def _told_apart(value: float, limit: float) -> str:
    """Return the value with as many digits as tell on which side of the limit it lies."""
    for digits in (4, 6, 9):
        shown = f"{value:.{digits}g}"
        if (float(shown) > limit) == (value > limit) and (float(shown) < limit) == (value < limit):
            return shown
    return repr(value)
