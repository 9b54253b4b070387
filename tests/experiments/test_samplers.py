"""Every strategy as a sampler of Optuna: valid, the same designs, told of all trials."""

import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest
from attrs import evolve

from experiments.config import load_study
from experiments.config.spec import STRATEGIES
from experiments.search import evolutionary
from experiments.search.samplers import (
    ANSWERS,
    StrategySampler,
    design_of,
    directions_of,
    make_sampler,
)
from experiments.search.strategies import make_strategy
from experiments.search.strategy import Observation
from formulation.errors import InputError
from tests.experiments.small_study import TEXT, small_study
from tests.experiments.test_model_based import ABSORBED, MASS, evaluated

SPEC = small_study()
N = 16

every_strategy = pytest.mark.parametrize("name", STRATEGIES)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Let evolution come to its second generation, and Optuna say nothing."""
    monkeypatch.setattr(evolutionary, "GENERATION", 8)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def study_of(name, space=SPEC.space, seed=3):
    return optuna.create_study(
        directions=directions_of(SPEC.objectives),
        sampler=make_sampler(name, space, SPEC.objectives, seed),
    )


def outcome(trial, space=SPEC.space):
    """Return the made-up values of a trial's design, and set its limit."""
    design = design_of(trial, space)
    assert not space.violations(design)
    seen = evaluated(design, trial.number)
    for limit, slack in seen.slacks.items():
        trial.set_constraint(limit, -slack)
    return [seen.values[o.endpoint] for o in SPEC.objectives]


def designs_in(study, space=SPEC.space):
    return [space.decode(trial.params) for trial in study.trials]


def direct(name, n, seed=3):
    """Return the designs of the strategy itself, told one by one."""
    asking = make_strategy(name, SPEC.space, SPEC.objectives)
    history: list[Observation] = []
    for number in range(n):
        (proposal,) = asking.propose(history, (), 1, seed)
        history.append(evaluated(proposal.design, number))
    return [o.design for o in history]


@every_strategy
def test_optimise_and_ask_and_tell_give_the_designs_of_the_strategy_itself(name):
    """The same seed, the same trials, on every way."""
    wanted = direct(name, N)
    optimised = study_of(name)
    optimised.optimize(outcome, n_trials=N)
    assert designs_in(optimised) == wanted
    asked = study_of(name)
    for _ in range(N):
        trial = asked.ask()
        asked.tell(trial, outcome(trial))
    assert designs_in(asked) == wanted


@every_strategy
def test_trials_under_way_are_pending_also_before_they_are_suggested(name):
    """Eight asked at once are eight designs, as the strategy gives them."""
    study = study_of(name)
    study.optimize(outcome, n_trials=12)
    history = [evaluated(d, k) for k, d in enumerate(designs_in(study))]
    trials = [study.ask() for _ in range(4)]
    asking, pending = make_strategy(name, SPEC.space, SPEC.objectives), []
    for trial in trials:
        (proposal,) = asking.propose(history, pending, 1, 3)
        pending.append((trial.number, proposal.design))
    found = [design_of(trial, SPEC.space) for trial in trials]
    assert found == [design for _, design in pending]
    assert len({design.key for design in found}) == 4


@every_strategy
def test_a_new_sampler_goes_on_where_another_stopped(name):
    """It keeps nothing: the study is all there is."""
    whole, half = study_of(name), study_of(name)
    whole.optimize(outcome, n_trials=N)
    half.optimize(outcome, n_trials=N // 2)
    half.sampler = make_sampler(name, SPEC.space, SPEC.objectives, 3)
    half.optimize(outcome, n_trials=N // 2)
    assert designs_in(half) == designs_in(whole)


def test_a_failed_trial_is_what_could_not_be_evaluated():
    """It changes what is proposed next."""
    found = []
    for fails in (False, True):
        study = study_of("model_based")
        study.optimize(outcome, n_trials=12)
        trial = study.ask()
        values = outcome(trial)
        if fails:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, values)
        found.append(design_of(study.ask(), SPEC.space))
    assert found[0] != found[1]


def test_trials_of_other_studies_are_told_and_foreign_ones_passed_over():
    """Added trials count when their answers make a design of this space."""
    with_added, without = study_of("tpe"), study_of("tpe")
    for study in (with_added, without):
        study.optimize(outcome, n_trials=N)
    other = study_of("random", seed=9)
    other.optimize(outcome, n_trials=4)
    with_added.add_trials(other.trials)
    foreign = optuna.trial.create_trial(
        params={"x": 0.5},
        distributions={"x": optuna.distributions.FloatDistribution(0, 1)},
        values=[1.0, 1.0],
    )
    without.add_trial(foreign)
    told, untold = (design_of(s.ask(), SPEC.space) for s in (with_added, without))
    assert told != untold
    assert untold == direct("tpe", N + 1)[-1]


@every_strategy
def test_a_space_with_fixed_and_excluded_parts_is_kept_to(name):
    """As by the strategy itself."""
    text = TEXT.replace(
        "systems: [immediate_release, timed_release]",
        "systems: [{name: timed_release, fixed: {hpmc: 30 %}}]\n"
        "exclude: [{system: timed_release, when: {compression_force_kn: {low: 12 kN}},"
        " because: it caps}]",
    )
    space = load_study(text).space
    study = study_of(name, space)
    study.optimize(lambda trial: outcome(trial, space), n_trials=N)
    assert len(study.trials) == N


def test_a_parameter_of_nobody_is_refused_in_words():
    """A sampler of a whole design cannot answer for another number."""
    study = study_of("random")
    trial = study.ask()
    with pytest.raises(InputError, match=r"'speed' of trial 0 is no question"):
        trial.suggest_float("speed", 0, 1)
    assert ANSWERS in study.trials[0].system_attrs


def test_natural_values_go_in_their_own_directions():
    """Absorbed magnesium is maximised, mass minimised."""
    assert dict(zip((ABSORBED, MASS), directions_of(SPEC.objectives), strict=True)) == {
        ABSORBED: "maximize",
        MASS: "minimize",
    }
    turned = evolve(SPEC.objectives[0], goal=SPEC.objectives[1].goal, worst=40.0, ideal=0.0)
    assert directions_of([turned]) == ["minimize"]


class Meeting:
    """A strategy whose asks wait for one another, if they can come together."""

    def __init__(self):
        self.name, self.inner = "meeting", make_strategy("random", SPEC.space, SPEC.objectives)
        self.barrier = threading.Barrier(2)

    def propose(self, history, pending, n, seed):
        """Wait for a second ask, in vain where asks take turns."""
        try:
            self.barrier.wait(timeout=0.3)
        except threading.BrokenBarrierError:
            self.barrier.reset()
        return self.inner.propose(history, pending, n, seed)


def test_threads_that_ask_at_once_are_given_different_designs():
    """As by `optimize(n_jobs=2)`: whoever asks next knows what the other was given."""
    sampler = StrategySampler(Meeting(), SPEC.space, SPEC.objectives, 3)
    study = optuna.create_study(directions=directions_of(SPEC.objectives), sampler=sampler)
    with ThreadPoolExecutor(2) as threads:
        asked = list(threads.map(lambda _: study.ask(), range(2)))
        given = list(threads.map(lambda trial: design_of(trial, SPEC.space), asked))
    assert {d.key for d in given} == {d.key for d in direct("random", 2)}


def test_a_sampler_goes_to_another_process():
    """Whose turn it is stays behind."""
    sampler = pickle.loads(pickle.dumps(make_sampler("random", SPEC.space, SPEC.objectives, 3)))
    study = optuna.create_study(directions=directions_of(SPEC.objectives), sampler=sampler)
    assert [design_of(study.ask(), SPEC.space)] == direct("random", 1)
