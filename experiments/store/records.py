"""What the store holds, as frozen values: one class per table that a person or a use case reads.

Every limit's slack is below zero when the limit is missed. Numbers are finite: a result that is not
is a failed trial with a reason, never a row with NaN.
"""

import re
from typing import Any, Literal

from attrs import Attribute, field, frozen, validators

from experiments.store._fields import json_object, numbers, points, storable, words
from formulation.errors import DataError

StudyState = Literal["running", "complete", "interrupted", "failed"]
TrialState = Literal["running", "complete", "failed"]
OutboxState = Literal["pending", "done"]

STUDY_STATES: tuple[StudyState, ...] = ("running", "complete", "interrupted", "failed")
TRIAL_STATES: tuple[TrialState, ...] = ("running", "complete", "failed")
OUTBOX_STATES: tuple[OutboxState, ...] = ("pending", "done")


GIVEN_UP = "its evaluation was given up"
"""Begins the reason of a trial that was lost with its workers; of its design nothing is known."""


def study_label(number: int) -> str:
    """Return what people call a study of this store.

    Parameters
    ----------
    number : int
        Number of the study in this store, from 1, [-].

    Returns
    -------
    str
        Such as ``"S014"``, [-].

    Examples
    --------
    >>> study_label(14)
    'S014'
    """
    return f"S{number:03d}"


def as_candidate_label(text: str) -> str:
    """Return what a person wrote as candidates are called here.

    Parameters
    ----------
    text : str
        Such as ``"c42"`` or ``" C042 "``, [-].

    Returns
    -------
    str
        The label it means; any other text unchanged, [-].

    Examples
    --------
    >>> as_candidate_label("c42"), as_candidate_label("best")
    ('C042', 'best')
    """
    found = re.fullmatch(r"[cC](\d{1,9})", text.strip(), re.ASCII)
    return candidate_label(int(found[1])) if found else text


def candidate_label(number: int) -> str:
    """Return what people call a design that is shown to them.

    Parameters
    ----------
    number : int
        Number of the trial in its study, [-].

    Returns
    -------
    str
        Such as ``"C042"``, [-].

    Examples
    --------
    >>> candidate_label(42)
    'C042'
    """
    return f"C{number:03d}"


@frozen(kw_only=True)
class StudyRecord:
    """One optimisation run."""

    id: str
    """Uuid, used in links and by other tools."""

    number: int
    """Number in this store, from 1."""

    name: str
    """Name in the study file; several runs may share it."""

    config: dict[str, Any] = field(converter=json_object)
    """The study file, parsed."""

    config_text: str
    """The study file as its author wrote it."""

    config_sha256: str
    """Hash that names the study file."""

    seed: int = field(validator=storable)
    """Seed of the search."""

    budget: int = field(validator=storable)
    """Trials asked for."""

    state: StudyState = field(validator=validators.in_(STUDY_STATES))
    """Where the run stands."""

    created_utc: str
    """When it was created, ISO-8601 in UTC."""

    updated_utc: str
    """When it or one of its results last changed, ISO-8601 in UTC."""

    info: dict[str, Any] = field(converter=json_object)
    """What the run records about itself: frozen scales, executor, tracking."""

    @property
    def label(self) -> str:
        """Name for people, such as S014."""
        return study_label(self.number)


@frozen(kw_only=True)
class TrialRecord:
    """One attempt at evaluating one design of a study."""

    number: int = field(validator=storable)
    """Number in its study."""

    attempt: int = field(default=1, validator=storable)
    """Which try this is, from 1."""

    state: TrialState = field(validator=validators.in_(TRIAL_STATES))
    """In flight, evaluated, or failed with a reason."""

    design: dict[str, Any] = field(converter=json_object)
    """The design in natural amounts."""

    values: dict[str, float] = field(factory=dict, converter=numbers)
    """Endpoint values by name."""

    lo90: dict[str, float] = field(factory=dict, converter=numbers)
    """Lower ends of the 90 % intervals by endpoint."""

    hi90: dict[str, float] = field(factory=dict, converter=numbers)
    """Upper ends of the 90 % intervals by endpoint."""

    slacks: dict[str, float] = field(factory=dict, converter=numbers)
    """Distance to each limit by its name; below zero is a miss."""

    reasons: tuple[str, ...] = field(default=(), converter=words)
    """Why it is infeasible or failed, in words."""

    origin: str = ""
    """Where the values come from; empty while in flight."""

    seed: int = field(validator=storable)
    """Seed of this trial."""

    rung: str = ""
    """Rung of the search's ladder that proposed it."""

    epoch: int = 0
    """Epoch of the lease it was last written under; the store fills it in."""

    at_utc: str = ""
    """When it was last written, ISO-8601 in UTC; the store fills it in."""

    @property
    def was_lost(self) -> bool:
        """Whether it failed for want of a worker, which says nothing of its design."""
        return self.state == "failed" and any(r.startswith(GIVEN_UP) for r in self.reasons)

    @property
    def is_feasible(self) -> bool:
        """Whether it was evaluated and meets every limit."""
        return self.state == "complete" and all(slack >= 0 for slack in self.slacks.values())


@frozen(kw_only=True)
class ConfirmationRecord:
    """A candidate evaluated again at the fidelity that is reported."""

    number: int = field(validator=storable)
    """Number of the trial it confirms."""

    candidate: str = field()
    """Name for people, such as C042; follows from `number`."""

    n_subjects: int = field(validator=storable)
    """Virtual subjects integrated."""

    values: dict[str, float] = field(converter=numbers)
    """Endpoint values by name."""

    lo90: dict[str, float] = field(factory=dict, converter=numbers)
    """Lower ends of the 90 % intervals by endpoint."""

    hi90: dict[str, float] = field(factory=dict, converter=numbers)
    """Upper ends of the 90 % intervals by endpoint."""

    slacks: dict[str, float] = field(factory=dict, converter=numbers)
    """Distance to each limit by its name; below zero is a miss."""

    reasons: tuple[str, ...] = field(default=(), converter=words)
    """Which limits it misses, in words."""

    origin: str
    """Where the values come from."""

    kind: str
    """What the interval is, such as a spread between subjects."""

    @candidate.default
    def _label(self) -> str:
        return candidate_label(self.number)

    @candidate.validator
    def _label_fits(self, attribute: "Attribute[str]", value: str) -> None:
        if value != candidate_label(self.number):
            raise DataError(
                f"Confirmation of trial {self.number} is called {value!r}; "
                f"a candidate is called after its trial, {candidate_label(self.number)!r}."
            )


@frozen(kw_only=True)
class CurveRecord:
    """One curve of a candidate, such as its release against time."""

    number: int = field(validator=storable)
    """Number of the trial it belongs to."""

    name: str
    """Which curve, such as ``release``."""

    x_unit: str
    """Unit of `x`."""

    x: list[float] = field(converter=points)
    """Abscissa, shape (n_points,), in `x_unit`."""

    y_unit: str
    """Unit of `y`, `lo90` and `hi90`."""

    y: list[float] = field(converter=points)
    """Ordinate, shape (n_points,), in `y_unit`."""

    lo90: list[float] = field(factory=list, converter=points)
    """Lower ends of the 90 % interval, shape (n_points,), or empty without one."""

    hi90: list[float] = field(factory=list, converter=points)
    """Upper ends of the 90 % interval, shape (n_points,), or empty without one."""

    origin: str
    """Where the values come from."""

    kind: str
    """What the interval is."""

    def __attrs_post_init__(self) -> None:
        n = len(self.x)
        lengths = {"y": len(self.y), "lo90": len(self.lo90), "hi90": len(self.hi90)}
        wrong = [f"{k} has {v}" for k, v in lengths.items() if v != n and (k == "y" or v)]
        if wrong or bool(self.lo90) != bool(self.hi90):
            raise DataError(
                f"Curve {self.name!r} of {candidate_label(self.number)}: x has {n} points, "
                f"{', '.join(wrong) or 'one end of its interval is missing'}; "
                "all must have as many, or both ends of the interval be empty."
            )


@frozen(kw_only=True)
class OutboxRecord:
    """One message to another tool, kept until it was delivered."""

    seq: int
    """Order of writing."""

    study_id: str
    """Uuid of the study it is about."""

    kind: str
    """What is to be delivered."""

    key: str
    """Names the event, so that it is written once."""

    payload: dict[str, Any] = field(converter=json_object)
    """What is delivered."""

    state: OutboxState = field(validator=validators.in_(OUTBOX_STATES))
    """Whether it was delivered."""

    attempts: int
    """Deliveries tried."""

    last_error: str
    """What the last failed delivery said."""


@frozen(kw_only=True)
class AuditHead:
    """The end of the audit trail, to be kept outside the database as an anchor."""

    rows: int
    """Rows in the trail."""

    hash: str
    """Hash of the last row, which depends on all before it."""
