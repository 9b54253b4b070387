"""Whatever a reader sees of a study is compared with its repetition."""

from typing import Any

import pytest
from attrs import evolve

from experiments.cli.repeating import _first
from experiments.differing import Evidence, differences
from experiments.store import ConfirmationRecord, TrialRecord

KEY = "absorbed_increment.p50"
TRIAL = TrialRecord(
    number=0,
    state="complete",
    design={"system": "x"},
    seed=1,
    values={KEY: 4.0, "unit_mass": 900.0},
    lo90={KEY: 3.0},
    hi90={KEY: 5.0},
    slacks={"unit_mass <= 1000 mg": 100.0},
    reasons=("it is heavy",),
)
CONFIRMATION = ConfirmationRecord(
    number=0,
    n_subjects=256,
    values={KEY: 4.1},
    lo90={KEY: 4.0},
    hi90={KEY: 4.2},
    slacks={"unit_mass <= 1000 mg": 100.0},
    reasons=(),
    origin="simulated",
    kind="percentile of 256 subjects",
)


def evidence(
    *trials: TrialRecord,
    confirmed: tuple[ConfirmationRecord, ...] = (CONFIRMATION,),
    front: tuple[int, ...] = (0,),
    is_complete: bool = True,
) -> Evidence:
    """Return a study of these trials, by default of one that is confirmed."""
    return Evidence(
        trials={t.number: t for t in trials or (TRIAL,)},
        confirmations={c.number: c for c in confirmed},
        front=front,
        is_complete=is_complete,
    )


def compared(before: Evidence, after: Evidence, *, is_asynchronous: bool = False) -> dict[str, Any]:
    """Return the differences, having checked that equal studies have none."""
    assert differences(before, before, is_asynchronous=is_asynchronous)["unexplained"] == 0
    return differences(before, after, is_asynchronous=is_asynchronous)


def changed(part: str) -> Any:
    """Return another value of a part of a trial or a confirmation."""
    if part == "reasons":
        return ("it is too heavy",)
    name = "unit_mass <= 1000 mg" if part == "slacks" else KEY
    return {**getattr(TRIAL, part), name: 7.0}


@pytest.mark.parametrize("part", ["values", "lo90", "hi90", "slacks", "reasons"])
def test_a_trial_that_differs_in_one_part_differs(part: str) -> None:
    """And the words name the part with both sides."""
    found = compared(evidence(), evidence(evolve(TRIAL, **{part: changed(part)})))
    assert (found["equal"], found["unexplained"]) == (0, 1)
    first = found["first_difference"]
    assert first["before"] != first["after"]
    assert repr(first["before"]) in _first(first)


@pytest.mark.parametrize("part", ["values", "lo90", "hi90", "slacks", "reasons"])
def test_a_confirmation_that_differs_in_one_part_differs(part: str) -> None:
    """Though the trials are equal."""
    other = evolve(CONFIRMATION, **{part: changed(part)})
    found = compared(evidence(), evidence(confirmed=(other,)))
    assert found["compared"] == found["equal"] == 1
    assert found["confirmations"] == {"compared": 1, "equal": 0}
    assert found["unexplained"] == 1
    assert found["first_difference"]["what"].startswith("confirmation: ")


def test_a_confirmation_with_other_people_differs() -> None:
    """By their number."""
    found = compared(evidence(), evidence(confirmed=(evolve(CONFIRMATION, n_subjects=64),)))
    assert found["first_difference"]["what"] == "confirmation: subjects"


@pytest.mark.parametrize("confirmed", [(CONFIRMATION,), ()])
def test_a_confirmation_that_one_of_the_two_lacks_is_a_difference(confirmed: tuple) -> None:
    """Either way."""
    others = () if confirmed else (CONFIRMATION,)
    found = compared(evidence(confirmed=confirmed), evidence(confirmed=others))
    assert found["unexplained"] == 1
    assert "confirmed it" in _first(found["first_difference"])


def test_fronts_that_differ_are_told_by_candidate() -> None:
    """What left it, and what came."""
    trials = tuple(evolve(TRIAL, number=n) for n in (0, 3, 4))
    found = compared(evidence(*trials, front=(0, 3)), evidence(*trials, front=(0, 4)))
    assert found["front"] == {"only_before": ["C003"], "only_after": ["C004"]}


def test_trials_beyond_those_of_a_complete_study_are_differences() -> None:
    """The repetition went on where the study had ended."""
    found = compared(evidence(), evidence(TRIAL, evolve(TRIAL, number=1)))
    assert (found["compared"], found["equal"], found["beyond"]) == (2, 1, 1)
    assert found["unexplained"] == 1
    assert _first(found["first_difference"]).endswith("only the repetition has one.")


def test_trials_beyond_those_of_an_interrupted_study_are_none() -> None:
    """It says nothing of what would have come."""
    found = compared(evidence(is_complete=False), evidence(TRIAL, evolve(TRIAL, number=1)))
    assert (found["compared"], found["equal"], found["unexplained"]) == (1, 1, 0)


def test_a_trial_that_the_repetition_lacks_is_a_difference() -> None:
    """In words."""
    found = compared(evidence(TRIAL, evolve(TRIAL, number=1)), evidence())
    assert (found["missing"], found["unexplained"]) == (1, 1)
    assert _first(found["first_difference"]).endswith("the repetition has none.")


def test_what_only_one_of_the_two_has_is_named() -> None:
    """A number that is new, and one that is gone."""
    more = evolve(TRIAL, values={**TRIAL.values, "new": 2.0})
    found = compared(evidence(), evidence(more))["first_difference"]
    assert (found["key"], found["before"], found["after"]) == ("new", None, 2.0)
    assert _first(found).endswith("its value of new was absent, now 2.0.")
    gone = compared(evidence(more), evidence())["first_difference"]
    assert (gone["key"], gone["before"], gone["after"]) == ("new", 2.0, None)


def test_the_difference_that_is_named_is_one() -> None:
    """A key that is equal on both sides is never named, wherever it stands in the order."""
    first = evolve(TRIAL, slacks={"a": 1.0, "b": 0.0}, values={})
    found = compared(evidence(first), evidence(evolve(first, slacks={"a": 1.0, "b": 1e-300})))
    assert found["first_difference"]["key"] == "b"


def test_why_a_worker_was_lost_is_not_compared() -> None:
    """It tells of the machine; that the trial was lost is compared."""
    lost = evolve(TRIAL, state="failed", values={}, reasons=("its evaluation was given up: a",))
    other = evolve(lost, reasons=("its evaluation was given up: b",))
    assert compared(evidence(lost), evidence(other))["unexplained"] == 0
    assert compared(evidence(lost), evidence())["first_difference"]["what"] == "state"


def test_another_design_and_its_confirmation_are_explained_by_speed() -> None:
    """In asynchronous mode only."""
    other = evidence(evolve(TRIAL, design={"system": "y"}), confirmed=(), front=())
    found = compared(evidence(), other, is_asynchronous=True)
    assert (found["other_by_speed"], found["unexplained"]) == (1, 0)
    assert compared(evidence(), other)["unexplained"] == 2
