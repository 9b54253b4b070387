"""When a search ends: by its budget, its front, the clock; and what an ask may take."""

from pathlib import Path

import pytest
from attrs import evolve, field, frozen

from experiments.cli.studies_text import studies_lines
from experiments.config import load_study, study_from_config, with_budget
from experiments.config.spec import Stagnation
from experiments.executors import make_executor
from experiments.reports.choices_made import how_it_ended
from experiments.search import asking as asking_module
from experiments.search.asking import Asking, Ladder
from experiments.search.ends import BUDGET, STAGNATION, WALL_TIME, Ends
from experiments.search.model_based.proposer import GP, START, TPE
from experiments.search.strategies import make_strategy
from experiments.store import Store, TrialRecord
from tests.experiments.small_study import TEXT, small_study
from tests.experiments.test_config import problems_of
from tests.experiments.test_model_based import ABSORBED, MASS, RecipeEvaluator, history_of
from tests.experiments.test_search import Stopping, facts, run_search

SPEC = small_study()
RULE = Stagnation(trials=16, gain_pct=2.0)


def stating(text: str) -> str:
    """Return the small study with more in its budget."""
    return TEXT.replace("seed: 5}", f"seed: 5, {text}}}")


def trial(number: int, absorbed: float, *, is_feasible: bool = True) -> TrialRecord:
    """Return a finished trial that is worth this much of one objective."""
    return TrialRecord(
        number=number,
        state="complete",
        design={},
        values={ABSORBED: absorbed, MASS: 2.0},
        slacks={"limit": 1.0 if is_feasible else -1.0},
        seed=1,
    )


def grown(*absorbed: float) -> list[TrialRecord]:
    return [trial(k, x) for k, x in enumerate(absorbed)]


def ends(**given) -> Ends:
    return Ends(**{"budget": 240, "objectives": SPEC.objectives, "stagnation": RULE, **given})


def test_a_front_that_no_longer_grows_ends_a_search_with_the_numbers() -> None:
    """Counted over the last trials, against what the hypervolume is now."""
    stuck = grown(*[20.0] * 10, *[20.2] * 16)
    end = ends().reached(stuck, 0.0)
    assert end is not None
    assert (end.kind, end.trials) == (STAGNATION, 26)
    assert end.hypervolume == pytest.approx(20.2 / 40 * 4 / 5.5)
    assert end.before == pytest.approx(20.0 / 40 * 4 / 5.5)
    assert "over the last 16 trials, by 0.99 %, less than 2 %" in end.because
    assert ends().reached(grown(*[20.0] * 10, *[21.0] * 16), 0.0) is None


def test_a_search_without_an_acceptable_design_has_not_stagnated() -> None:
    """Nor one that has fewer trials than are looked at."""
    nothing = [trial(k, 20.0, is_feasible=False) for k in range(60)]
    assert ends().reached(nothing, 0.0) is None
    assert ends().reached(grown(*[20.0] * 16), 0.0) is None
    late = [*nothing, trial(60, 20.0)]
    assert ends().reached(late, 0.0) is None


def test_the_budget_comes_before_the_other_reasons() -> None:
    """Whoever met it has nothing left to do."""
    end = ends(budget=40, wall_time_s=1.0).reached(grown(*[20.0] * 40), 5.0)
    assert end is not None
    assert end.kind == BUDGET
    assert end.because == "its budget of 40 trials is met"


def test_time_that_is_up_ends_a_run_and_says_how_long_it_was() -> None:
    """Asked with the seconds that this run has searched."""
    given = ends(stagnation=None, wall_time_s=60.0)
    assert given.reached(grown(20.0), 59.0) is None
    end = given.reached(grown(20.0), 61.0)
    assert end is not None
    assert (end.kind, end.wall_time_s) == (WALL_TIME, 61.0)
    assert "61 s, of 60 s allowed, after 1 of 240 trials" in end.because
    long = ends(stagnation=None, wall_time_s=7200.0).reached(grown(20.0), 7300.0)
    assert long is not None
    assert "2.03 h, of 2 h allowed" in long.because


def test_a_stagnated_search_ends_at_the_same_trial_when_it_was_interrupted(tmp_path: Path) -> None:
    """And does not go on when it is asked to again."""
    text = stating("stagnation: {trials: 16, gain: 90 %}").replace("trials: 20", "trials: 120")
    spec = load_study(text)
    with Store.open(tmp_path / "a.sqlite") as store:
        study, whole, _ = run_search(store, spec, RecipeEvaluator(), make_executor("inline"))
        assert 16 < len(whole) < 120
        assert len(whole) % 8 == 0
        _, again, acks = run_search(store, spec, RecipeEvaluator(), make_executor("inline"), study)
        assert (len(again), acks) == (len(whole), [])
    with Store.open(tmp_path / "b.sqlite") as store:
        study, _, _ = run_search(store, spec, RecipeEvaluator(), Stopping(after=1))
        _, rest, _ = run_search(store, spec, RecipeEvaluator(), make_executor("inline"), study)
    assert facts(rest) == facts(whole)


def test_a_search_whose_time_is_up_goes_on_when_it_is_resumed(tmp_path: Path) -> None:
    """One batch a run here; it ends with the trials of a search without a clock."""
    hurried = evolve(SPEC, budget=evolve(SPEC.budget, wall_time_s=1e-6))
    with Store.open(tmp_path / "a.sqlite") as store:
        _, whole, _ = run_search(store, SPEC, RecipeEvaluator(), make_executor("inline"))
    study, counts = None, []
    with Store.open(tmp_path / "b.sqlite") as store:
        for _ in range(4):
            given = (store, hurried, RecipeEvaluator(), make_executor("inline"))
            study, trials, _ = run_search(*given, study)
            counts.append(len(trials))
    assert counts == [8, 16, 20, 20]
    assert facts(trials) == facts(whole)


def test_the_keys_survive_the_config_and_leave_older_hashes_alone() -> None:
    """Times in any unit of time; absent keys stand nowhere."""
    text = stating("wall_time: 2 h, stagnation: {trials: 200, gain: 0.1 %}")
    text = text.replace("trials: 20,", "trials: 400,")
    spec = load_study(text)
    assert spec.budget.wall_time_s == 7200
    assert spec.budget.stagnation == Stagnation(trials=200, gain_pct=0.1)
    assert study_from_config(spec.config) == spec
    assert with_budget(spec, trials=30).budget.stagnation == spec.budget.stagnation
    assert study_from_config(with_budget(spec, trials=30).config).budget.trials == 30
    assert set(SPEC.config["budget"]) == {
        "trials", "batch", "seed", "strategy", "confirm_subjects"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "pointer", "message"),
    [
        ("wall_time: 2", "budget.wall_time", "'2' has no unit"),
        ("wall_time: 0 s", "budget.wall_time", "more than 0"),
        ("wall_time: 2 mg", "budget.wall_time", "s"),
        ("stagnation: 200", "budget.stagnation", "a mapping"),
        ("stagnation: {trials: 200}", "budget.stagnation.gain", "the key is missing"),
        ("stagnation: {trials: 0, gain: 1 %}", "budget.stagnation.trials", "from 1"),
        ("stagnation: {trials: 9, gain: 0 %}", "budget.stagnation.gain", "a gain above 0"),
        ("stagnation: {trials: 20, gain: 1 %}", "budget.stagnation.trials", "can never end it"),
        ("stagnation: {trials: 900, gain: 1 %}", "budget.stagnation.trials", "than 20, raise"),
        ("ask_seconds: 2 s", "budget", "tpe has no cheaper rung"),
    ],
)
def test_a_budget_that_cannot_be_is_refused_where_it_stands(text, pointer, message) -> None:
    """With what is wanted."""
    (found,) = problems_of(stating(text))
    assert found.pointer == pointer
    assert message in str(found)


@frozen
class Clock:
    """A clock that runs so many seconds between two looks."""

    step_s: float
    looks: list[float] = field(factory=list)

    def monotonic(self) -> float:
        """Return the time."""
        self.looks.append(0.0)
        return self.step_s * len(self.looks)


def ladder(**given) -> tuple[Asking, int]:
    dear = make_strategy("model_based", SPEC.space, SPEC.objectives)
    climbing = Ladder(cheaper=dear.cheaper(), seconds=2.0, cheap_rung=TPE, **given)
    return Asking(strategy=dear, ladder=climbing), 24


def rungs_of(asking: Asking, n: int, times: int = 2) -> list[str]:
    return [asking.propose(history_of(n), (), 1, 5, n + k)[0].rung for k in range(times)]


@pytest.mark.parametrize(("step_s", "wanted"), [(1.0, [GP, GP]), (3.0, [GP, TPE])])
def test_an_ask_that_took_too_long_is_followed_by_the_cheaper_rung(
    monkeypatch, step_s, wanted
) -> None:
    """The rung that answered stands with each proposal."""
    monkeypatch.setattr(asking_module, "time", Clock(step_s))
    assert rungs_of(*ladder()) == wanted


def test_a_rerun_follows_the_recorded_rungs_and_not_the_clock(monkeypatch) -> None:
    """Also on a machine that is faster, or slower."""
    monkeypatch.setattr(asking_module, "time", Clock(9.0))
    assert rungs_of(*ladder(rungs={24: TPE, 25: GP})) == [TPE, GP]


def test_a_rerun_of_a_batch_that_straddles_the_start_follows_its_later_rung() -> None:
    """Its first trials belong to the start, whoever was asked."""
    asking, _ = ladder(rungs={8: START, 9: START, 10: TPE, 11: TPE})
    assert [p.rung for p in asking.propose(history_of(8), (), 4, 5, 8)] == [START, START, TPE, TPE]


def test_without_a_time_for_asks_no_clock_is_read(monkeypatch) -> None:
    """Proposals follow from the history alone."""
    monkeypatch.setattr(asking_module, "time", None)
    dear = make_strategy("model_based", SPEC.space, SPEC.objectives)
    assert rungs_of(Asking(strategy=dear), 24, 1) == [GP]


def test_people_are_told_why_a_search_stopped() -> None:
    """In the report, and below the list of studies."""
    end = ends().reached(grown(*[20.0] * 10, *[20.2] * 16), 0.0)
    assert end is not None
    study = {"stopped": end.as_dict(), "depends_on_speed": True}
    said = how_it_ended(study)
    assert said[0].startswith("The search stopped because the hypervolume rose from 0.3636 to")
    assert "the seed alone does not repeat them" in said[1]
    listed = {
        "label": "S001",
        "name": "small",
        "state": "complete",
        "done": 26,
        "budget": 240,
        "feasible": 26,
        "updated_utc": "2026-01-01T00:00:00+00:00",
        "is_owned": False,
        "stopped": end.as_dict(),
    }
    assert studies_lines([listed], 100)[-1].startswith("S001 stopped because the hypervolume rose")
    met = {**listed, "done": 240}
    assert "stopped because" not in studies_lines([met], 100)[-1]
    assert how_it_ended({}) == []
