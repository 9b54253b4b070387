"""A design that is no candidate of the front: it exists, why it is not there, what to do."""

import pytest

from experiments.reports.on_front import not_on_front
from experiments.store import as_candidate_label
from formulation.errors import UnknownNameError

UPTAKE, LOAD = "absorbed_increment.p50", "peak_gut_load.p95"


def point(number: int, uptake: float | None, load: float | None, *reasons: str) -> dict:
    """Return an evaluated design of a study."""
    return {
        "number": number,
        "is_feasible": uptake is not None and not reasons,
        "reasons": list(reasons),
        "objectives": {UPTAKE: uptake, LOAD: load},
    }


DOCUMENT = {
    "study": {"label": "S001"},
    "objectives": [{"key": UPTAKE, "goal": "maximise"}, {"key": LOAD, "goal": "minimise"}],
    "front": [{"label": "C001", **point(1, 20.0, 9.0)}, {"label": "C002", **point(2, 10.0, 3.0)}],
    "points": [
        point(1, 20.0, 9.0),
        point(2, 10.0, 3.0),
        point(3, 9.0, 4.0),
        point(4, 30.0, 2.0, "Mass taken 67 g/d is over the limit of 30 g/d by 37.", "b", "c"),
        point(5, None, None, "the worker was lost"),
    ],
}


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("C003", "not on its front: C002 does at least as well in every objective.*Take C002"),
        ("C004", "not on its front: Mass taken 67 g/d is over .*; b; and 1 more.*Relax"),
        ("C005", "not on its front: its evaluation failed: the worker was lost"),
    ],
)
def test_a_design_that_is_not_on_the_front_is_told_why(label, why):
    """Beaten by whom, or what it misses; a name that exists is never called unknown."""
    error = not_on_front(DOCUMENT, label)
    (problem,) = error.problems
    assert problem.code == "not_on_front"
    assert "`formulation front S001` lists the 2" in problem.hint
    with pytest.raises(type(error), match=f"Candidate {label} is a design of S001.*{why}"):
        raise error


def test_a_number_that_was_never_tried_is_unknown():
    """With the nearest names of the front."""
    assert isinstance(not_on_front(DOCUMENT, "C099"), UnknownNameError)


@pytest.mark.parametrize(
    ("written", "label"), [("c042", "C042"), ("C42", "C042"), (" c1234 ", "C1234"), ("x", "x")]
)
def test_a_candidate_may_be_written_in_small_letters(written, label):
    """And without leading zeros; what is no label stays as it is."""
    assert as_candidate_label(written) == label
