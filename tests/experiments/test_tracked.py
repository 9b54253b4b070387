"""What the tracking is told, before MLflow is asked: courses, curves, choices, cells and links."""

import json
import zlib
from base64 import b64decode
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from experiments.search.front import hypervolume, normalised
from experiments.store import CurveRecord, TrialRecord
from experiments.tracked import course
from experiments.tracked.candidates import curve_metrics
from experiments.tracked.facts import StudyFacts
from experiments.tracking.address import refuse_silent, told
from experiments.tracking.view import view_state
from experiments.tracking_links import (
    MOST_COMPARED,
    TITLES,
    pages_address,
    pair_link,
    study_links,
    view_title,
)
from experiments.tracking_messages import MOST_CHILDREN, ShownNames, metric_name
from experiments.workspace import ALL, FRONT
from formulation.errors import DataError
from formulation.targets import Goal, Objective

UP = Objective(endpoint="absorbed_increment.p50", goal=Goal.MAXIMISE, worst=0.0, ideal=40.0)
DOWN = Objective(endpoint="swallowed_mass", goal=Goal.MINIMISE, worst=6.0, ideal=0.5)
OBJECTIVES = (UP, DOWN)


def trial(number: int, up: float, down: float, *, slack: float = 1.0) -> TrialRecord:
    """Return a finished trial."""
    return TrialRecord(
        number=number,
        state="complete",
        design={},
        values={UP.endpoint: up, DOWN.endpoint: down},
        slacks={"limit": slack},
        seed=1,
    )


TRIALS = [
    trial(0, 30.0, 1.0, slack=-1.0),
    trial(1, 10.0, 2.0),
    trial(2, 20.0, 4.0),
    trial(4, 20.0, 1.5),
    trial(5, 5.0, 5.0),
    trial(9, 38.0, 5.5),
]


def series(name: str) -> dict[int, float]:
    """Return one metric of the course by its step."""
    return {step: x for found, x, step in course(OBJECTIVES, TRIALS) if found == name}


def test_the_hypervolume_is_that_of_all_feasible_trials_so_far():
    """The front that is kept on the way gives what all trials give."""
    found = series("hypervolume")
    assert list(found) == [t.number for t in TRIALS]
    for k, t in enumerate(TRIALS):
        values = [x.values for x in TRIALS[: k + 1] if x.is_feasible]
        assert found[t.number] == pytest.approx(hypervolume(normalised(OBJECTIVES, values)))


def test_the_best_of_each_objective_is_of_feasible_trials_in_its_own_unit():
    """None before the first; an infeasible trial that is better counts for nothing."""
    assert series(f"best_{metric_name(UP.endpoint)}") == {1: 10.0, 2: 20.0, 4: 20.0, 5: 20.0, 9: 38}
    assert series(f"best_{metric_name(DOWN.endpoint)}") == {1: 2.0, 2: 2.0, 4: 1.5, 5: 1.5, 9: 1.5}
    assert series("feasible_fraction")[9] == pytest.approx(5 / 6)


@pytest.mark.parametrize("n", [1, 319, 320, 321, 640, 2000, 5001])
def test_of_a_long_search_as_many_trials_are_told_as_are_drawn(n):
    """Evenly, with the first and the last; what is told of one knows all before it."""
    trials = [trial(k, 40.0 * k / n, 3.0) for k in range(n)]
    found = {step: x for name, x, step in course(OBJECTIVES, trials) if name.startswith("best_abs")}
    steps = list(found)
    assert len(steps) == n if n <= 320 else 160 < len(steps) <= 320
    assert (steps[0], steps[-1]) == (0, n - 1)
    assert len({b - a for a, b in pairwise(steps[:-1])}) <= 1
    assert found == {k: 40.0 * k / n for k in steps}


def curve(x: list[float], unit: str) -> CurveRecord:
    """Return a curve without an interval."""
    return CurveRecord(
        number=0,
        name="serum",
        x_unit=unit,
        x=x,
        y_unit="mmol/L",
        y=[0.8] * len(x),
        origin="simulated",
        kind="",
    )


@pytest.mark.parametrize(
    ("x", "unit", "name", "steps"),
    [
        ([0.0, 4.0, 24.0], "h", "serum_mmol_per_L_by_h", [0, 4, 24]),
        ([0.0, 0.5, 2.0], "h", "serum_mmol_per_L_by_min", [0, 30, 120]),
        ([15.0, 960.0], "min", "serum_mmol_per_L_by_min", [15, 960]),
    ],
)
def test_the_step_of_a_curve_is_its_time(x, unit, name, steps):
    """Whole hours where all times are, else minutes; the name says which."""
    found = list(curve_metrics(curve(x, unit)))
    assert {m[0] for m in found} == {name}
    assert [m[2] for m in found] == steps


class Chosen(StudyFacts):
    """A study of which only is known who is on the front, confirmed and measured."""

    def __init__(self, front: list[int], confirmed: list[int], measured: set[int], n: int) -> None:
        super().__init__(store=None, study_id="")  # type: ignore[arg-type]
        trials = [trial(k, 40 * k / n, 6 * k / n) for k in range(n)]
        self.__dict__.update(
            trials=trials,
            front=[trials[k] for k in front],
            confirmations=dict.fromkeys(confirmed),
            measured_numbers=measured,
            spec=SimpleNamespace(objectives=OBJECTIVES),
        )


def numbers(facts: Any, which: str) -> list[int]:
    """Return the trials that get a run."""
    return [t.number for t in facts.children(which)]


def test_front_confirmed_and_measured_candidates_get_a_run():
    """Nobody else, unless all are asked for."""
    facts = Chosen(front=[3, 1], confirmed=[1, 5], measured={8}, n=10)
    assert numbers(facts, FRONT) == [1, 3, 5, 8]
    assert numbers(facts, ALL) == list(range(10))


@pytest.mark.parametrize("which", [FRONT, ALL])
def test_there_are_never_more_runs_than_may_be(which):
    """What was confirmed or measured comes first, then the front, then the rest."""
    facts = Chosen(front=list(range(300)), confirmed=[350], measured={1400}, n=1500)
    found = numbers(facts, which)
    assert len(found) == MOST_CHILDREN[which]
    assert {350, 1400} <= set(found)
    assert len(set(range(300)) & set(found)) == (198 if which == FRONT else 300)


def _long_front(recommended: int) -> Chosen:
    """Return a study whose front holds one system only at its end."""
    facts = Chosen(front=list(range(33)), confirmed=[], measured=set(), n=33)
    for t in facts.trials:
        t.design["system"] = "transdermal" if t.number == 32 else "immediate_release"
    facts.__dict__["recommended"] = recommended
    return facts


def test_runs_side_by_side_hold_the_recommended_and_every_delivery_system():
    """The recommended first; the rest is spread over the front, and nobody is told twice."""
    facts = _long_front(recommended=27)
    found = [t.number for t in facts.in_order(facts.children(FRONT))]
    assert found[0] == 27
    assert sorted(found) == list(range(33))
    shown = sorted(found[:MOST_COMPARED])
    assert 32 in shown
    assert shown[0] <= 1
    assert max(b - a for a, b in pairwise(shown)) <= 4
    assert [t.number for t in facts.in_order(facts.trials[3:5])] == [3, 4]


def test_a_link_says_of_how_many_runs_it_shows_some():
    """Without a number where it has all."""
    tracking = {"uri": "https://a", "run_id": "r", "experiment_id": "1", "order_by": "m"}
    for n, said in ((33, "; 20 of 33, the recommended and"), (20, "parallel coordinates")):
        runs = [f"run{k}" for k in range(n)]
        link = study_links({**tracking, "front_runs": runs}, "uuid")["compare"]
        assert said in view_title("compare", link)
        assert (" of " in view_title("compare", link)) == (n > MOST_COMPARED)
    front = study_links({**tracking, "front_runs": ["run0"]}, "uuid")["front"]
    assert view_title("front", front) == TITLES["front"]


def test_the_view_of_a_front_says_what_the_steps_of_its_curves_are():
    """MLflow names that axis Step."""
    shown = [["dissolved_pct_by_min"], ["serum_mmol_per_L_by_h"]]
    names = ShownNames(objectives=["m"], curves=shown, params=[])
    packed = view_state("uuid", names).partition(";")[2]
    state = json.loads(zlib.decompress(b64decode(packed)))
    title = state["compareRunSections"][0]["name"]
    assert title == "The front (step of a curve: minutes in _by_min, hours in _by_h)"


def test_links_of_a_server_elsewhere_are_its_own():
    """Without user and password, and not those of pages that are started here."""
    tracking = {
        "uri": "https://ana:***@mlflow.example/lab",
        "run_id": "r1",
        "experiment_id": "7",
        "order_by": "m",
        "front_runs": ["a", "b"],
    }
    links = study_links(tracking, "uuid")
    assert set(links) == {"front", "charts", "compare"}
    assert all(link.startswith("https://mlflow.example/lab/#/") for link in links.values())
    assert study_links({**tracking, "run_id": None}, "uuid") == {}
    assert pages_address("postgresql+psycopg://ana@db/mlflow", 5123) == "http://127.0.0.1:5123"


def test_a_study_without_candidates_links_to_its_own_run():
    """The pages of a front would be empty; in the mode of model training, not of prompts."""
    tracking = {
        "uri": "https://mlflow.example",
        "run_id": "r1",
        "experiment_id": "7",
        "order_by": "m",
        "front_runs": [],
    }
    links = study_links(tracking, "uuid")
    page = "https://mlflow.example/#/experiments/7/runs/r1?workflowType=machine_learning"
    assert links == {"run": page}


def test_studies_of_two_trackings_cannot_be_set_side_by_side():
    """There is no page that has both."""
    one = {"uri": "https://a", "run_id": "r1", "experiment_id": "1"}
    assert pair_link(one, {**one, "run_id": "r2", "experiment_id": "2"}) is not None
    assert pair_link(one, {**one, "uri": "https://b"}) is None
    assert pair_link(one, {**one, "run_id": None}) is None


def test_a_file_is_not_asked_and_nonsense_is_refused(tmp_path: Path):
    """Only a server can be silent; a port that is none is told in our words."""
    refuse_silent(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(DataError, match="does not answer"):
        refuse_silent("http://127.0.0.1:99999")


def test_what_a_foreign_error_says_holds_no_password():
    """One line, with the kind of the error."""
    words = "no route to http://ana:canary@db/x\nsecond line"
    assert told(ConnectionError(words)) == "ConnectionError: no route to http://ana:***@db/x"
    assert told(TimeoutError()) == "TimeoutError"


class Refused(Exception):
    """What MLflow raises where a server answered with a status."""

    def __init__(self, status: int, words: str = "Response body: 'no'") -> None:
        super().__init__(words)
        self.status = status

    def get_http_status_code(self) -> int:
        """Return the status."""
        return self.status


@pytest.mark.parametrize(
    ("status", "rule"), [(401, "does not let in who asks (401)"), (403, "not write there (403)")]
)
def test_a_server_that_refuses_is_named_with_the_rule_and_what_to_do(status, rule):
    """One line without a user or a password; other words where it is not about who asks."""
    said = told(Refused(status), "https://ana:canary@mlflow.example/lab")
    assert said.startswith("Tracking server https://mlflow.example/lab ")
    assert rule in said
    assert "`formulation track sync`" in said
    assert "canary" not in said
    assert "ana:" not in said
    assert "\n" not in said
    host = "Invalid Host header - possible DNS rebinding attack detected"
    assert told(Refused(403, host), "https://mlflow.example") == f"Refused: {host}"
    assert told(Refused(500), "https://mlflow.example") == "Refused: Response body: 'no'"
    assert told(Refused(status), "sqlite:///mlflow.db") == "Refused: Response body: 'no'"
