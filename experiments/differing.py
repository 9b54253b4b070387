"""In what a study and its repetition differ: trials, candidates on the front, confirmations.

What a reader sees of a trial is compared, to the last digit: design, state, values, intervals,
slacks and reasons. A trial that only one of the two has is a difference too, unless the first was
never complete. What of an asynchronous study is of another design, speed explains. The reason of a
trial that was given up with its worker tells of the worker, so it is not compared.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from experiments.store import ConfirmationRecord, TrialRecord, candidate_label

NUMBERS = {"values": "value", "slacks": "value", "lo90": "lower end", "hi90": "upper end"}
"""Numbers of a trial and of a confirmation that are compared, and what each is called."""

CONFIRMED = "confirmation"
"""How a difference is called that only the integration of every subject shows."""

_ALONE = ("missing", "beyond")
"""How a difference is called where one of the two has nothing."""


@frozen(kw_only=True)
class Evidence:
    """What is compared of one study."""

    trials: Mapping[int, TrialRecord]
    """Finished trials by number."""

    confirmations: Mapping[int, ConfirmationRecord]
    """Confirmations by number."""

    front: tuple[int, ...]
    """Numbers of the trials on the front."""

    is_complete: bool
    """Whether the study came to its end."""


def differences(before: Evidence, after: Evidence, *, is_asynchronous: bool) -> dict[str, Any]:
    """Return in what a study and its repetition differ.

    Parameters
    ----------
    before, after : Evidence
        The study, and its repetition, [-].
    is_asynchronous : bool
        Whether speed decides which designs are proposed, [-].

    Returns
    -------
    dict
        Trials and confirmations ``compared`` and ``equal``, how many trials are of other designs by
        speed, trials that one of the two lacks, candidates that stand on one front only, how many
        differences nothing explains, and the first of them, [-].
    """
    numbers = _numbers(before.trials, after.trials, before.is_complete)
    found = {n: _of_trials(n, before.trials.get(n), after.trials.get(n)) for n in numbers}
    different = {n: told for n, told in found.items() if told is not None}
    elsewhere = {n for n, told in different.items() if told["what"] in ("design", *_ALONE)}
    by_speed = elsewhere if is_asynchronous else set()
    confirmed = _numbers(before.confirmations, after.confirmations, before.is_complete)
    if not before.is_complete:
        confirmed = [n for n in confirmed if n in after.confirmations]
    if by_speed:
        # Whether a candidate was integrated depends on the others, which are of other designs.
        both = set(before.confirmations) & set(after.confirmations)
        confirmed = [n for n in confirmed if n in both - by_speed]
    refuted = {
        n: told
        for n in confirmed
        if (told := _of_confirmations(n, before.confirmations.get(n), after.confirmations.get(n)))
    }
    fronts = set(before.front), set(after.front)
    unlike = sorted(different, key=lambda n: (n in by_speed, n))
    # What speed explains is named only where there is nothing else to name.
    first = [different[n] for n in unlike if n not in by_speed] + [refuted[n] for n in refuted]
    return {
        "compared": len(found),
        "equal": len(found) - len(different),
        "other_by_speed": len(by_speed),
        "missing": sum(told["what"] == "missing" for told in different.values()),
        "beyond": sum(told["what"] == "beyond" for told in different.values()),
        "confirmations": {"compared": len(confirmed), "equal": len(confirmed) - len(refuted)},
        "front": {
            "only_before": _labels(fronts[0] - fronts[1]),
            "only_after": _labels(fronts[1] - fronts[0]),
        },
        "unexplained": len(different) - len(by_speed) + len(refuted),
        "first_difference": next(iter([*first, *(different[n] for n in unlike)]), None),
    }


def _numbers(before: Mapping[int, Any], after: Mapping[int, Any], is_complete: bool) -> list[int]:
    """Return what is compared; a study that was not complete says nothing of what comes after."""
    return sorted({*before, *(after if is_complete else ())})


def _of_trials(
    number: int, before: TrialRecord | None, after: TrialRecord | None
) -> dict[str, Any] | None:
    """Return in what a trial differs: whether it is there, its design, or what moved most."""
    if before is None or after is None:
        return _told(number, "beyond" if before is None else "missing")
    if before.design != after.design:
        return _told(number, "design")
    if before.state != after.state:
        return _told(number, "state", before=before.state, after=after.state)
    moved = _moved(number, before, after)
    if moved is None and before.reasons != after.reasons:
        if before.was_lost and after.was_lost:
            return None
        return _told(
            number, "reasons", before=_joined(before.reasons), after=_joined(after.reasons)
        )
    return moved


def _of_confirmations(
    number: int, before: ConfirmationRecord | None, after: ConfirmationRecord | None
) -> dict[str, Any] | None:
    if before is None or after is None:
        told = _told(number, "beyond" if before is None else "missing")
    elif before.n_subjects != after.n_subjects:
        told = _told(number, "subjects", before=before.n_subjects, after=after.n_subjects)
    elif moved := _moved(number, before, after):
        told = moved
    elif before.reasons != after.reasons:
        told = _told(
            number, "reasons", before=_joined(before.reasons), after=_joined(after.reasons)
        )
    else:
        return None
    return {**told, "what": f"{CONFIRMED}: {told['what']}"}


def _moved(
    number: int,
    before: TrialRecord | ConfirmationRecord,
    after: TrialRecord | ConfirmationRecord,
) -> dict[str, Any] | None:
    """Return the number that moved most, values before intervals; None where all are equal."""
    for part, what in NUMBERS.items():
        was, now = getattr(before, part), getattr(after, part)
        apart = {key: _moved_by(was.get(key), now.get(key)) for key in {**was, **now}}
        differing = {key: by for key, by in apart.items() if by > 0}
        if differing:
            key = max(differing, key=lambda name: differing[name])
            return _told(number, what, key=key, before=was.get(key), after=now.get(key))
    return None


def _moved_by(was: float | None, now: float | None) -> float:
    """Return by how much of itself a number moved; what only one of the two has moved most."""
    if was is None or now is None:
        return np.inf
    return abs(now - was) / max(abs(was), 1e-12)


def _told(
    number: int, what: str, *, key: str | None = None, before: Any = None, after: Any = None
) -> dict[str, Any]:
    return {"number": number, "what": what, "key": key, "before": before, "after": after}


def _joined(reasons: Iterable[str]) -> str | None:
    return "; ".join(reasons) or None


def _labels(numbers: Iterable[int]) -> list[str]:
    return [candidate_label(n) for n in sorted(numbers)]
