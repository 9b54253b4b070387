"""To whom no candidate is offered, and why: the one home of refusals on medical grounds.

A refusal is an answer of its own, with an exit code of its own: nothing is wrong with what was
written, and a clinician has to decide for these people. Pregnancy and children are out of scope.
"""

from collections.abc import Iterable, Mapping

from formulation.errors import Problem, RefusedError, UnknownNameError

MIN_EGFR = 30.0
"""Below this filtration rate no candidate is offered, [mL/min/1.73m2] (safety table)."""

MIN_AGE = 18.0
"""Below this age a person is a child, [year]."""

REFUSED_CONDITIONS: Mapping[str, str] = {
    "dialysis": "the kidney cannot remove what is absorbed",
    "acute_kidney_injury": "the kidney cannot remove what is absorbed",
    "bowel_obstruction": "an osmotic load on a closed bowel is dangerous",
    "myasthenia_gravis": "magnesium weakens neuromuscular transmission",
    "heart_block": "magnesium slows conduction",
    "pregnancy": "out of scope of this product",
    "child": "out of scope of this product",
}
"""Conditions for which no candidate is offered, and why."""

HINT = "A clinician has to decide for these patients."


def check_condition(condition: str, who: str) -> None:
    """Refuse people with a condition that forbids supplements.

    Parameters
    ----------
    condition : str
        One of `REFUSED_CONDITIONS`, [-].
    who : str
        Whom it is true of, for the message, [-].

    Raises
    ------
    UnknownNameError
        No such condition is known.
    RefusedError
        It is known, and so no candidate is offered.
    """
    if condition not in REFUSED_CONDITIONS:
        raise UnknownNameError("Condition", condition, REFUSED_CONDITIONS)
    raise RefusedError(
        f"{who}: no candidate is offered with {condition}, because"
        f" {REFUSED_CONDITIONS[condition]}.",
        hint=HINT,
    )


def check_egfr(lowest: float, who: str) -> None:
    """Refuse people whose kidney may filter too little.

    Parameters
    ----------
    lowest : float
        Lowest filtration rate that is possible among them, [mL/min/1.73m2].
    who : str
        Whom it is true of, for the message, [-].

    Raises
    ------
    RefusedError
        It lies below `MIN_EGFR`.
    """
    if lowest < MIN_EGFR:
        raise RefusedError(
            f"{who}: an eGFR of {lowest:g} mL/min/1.73m2 is possible in it; below {MIN_EGFR:g} no"
            " candidate is offered, because the kidney cannot remove what is absorbed.",
            hint=HINT,
        )


def check_age(age: float, what: str) -> None:
    """Refuse children.

    Parameters
    ----------
    age : float
        Age, [year].
    what : str
        What states it, for the message, [-].

    Raises
    ------
    RefusedError
        It is the age of a child.
    """
    if 0 <= age < MIN_AGE:
        raise RefusedError(
            f"{what} {age:g} year is below {MIN_AGE:g}: no candidate is offered to a child,"
            f" because this is {REFUSED_CONDITIONS['child']}.",
            hint=HINT,
        )


def check_people(conditions: Iterable[str], lowest_egfr: float | None, who: str) -> None:
    """Refuse people, with every reason at once.

    Parameters
    ----------
    conditions : iterable of str
        Conditions all share, [-].
    lowest_egfr : float or None
        Lowest filtration rate that is possible among them; None where none is stated,
        [mL/min/1.73m2].
    who : str
        Who they are, for the message, [-].

    Raises
    ------
    UnknownNameError
        A condition is not known.
    RefusedError
        No candidate is offered; it holds one problem a reason.
    """
    found: list[Problem] = []
    for condition in conditions:
        try:
            check_condition(condition, who)
        except RefusedError as error:
            found += error.problems
    try:
        if lowest_egfr is not None:
            check_egfr(lowest_egfr, who)
    except RefusedError as error:
        found += error.problems
    if found:
        raise RefusedError.of(found)
