"""The model-based strategy: pure, valid, told of everything, in any space and batch."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve, frozen

from experiments.config import load_study
from experiments.executors import make_executor
from experiments.objective import Outcome, Task
from experiments.search.model_based import belief as belief_module
from experiments.search.model_based.belief import Belief, belief_of
from experiments.search.model_based.candidates import random_candidate, scaler_of
from experiments.search.model_based.outcomes import (
    MADE,
    Seen,
    calm_losses,
    calm_slacks,
    limits_of,
    reference_point,
)
from experiments.search.model_based.proposer import (
    GP,
    GP_SUBSET,
    MOST_MODELLED,
    START,
    TPE,
    Proposer,
    Settings,
    rung_of,
)
from experiments.search.model_based.spaces import ProductSpace
from experiments.search.strategies import make_strategy
from experiments.search.strategy import Observation
from experiments.store import Store
from formulation.design import Design
from tests.bench.search_spaces import BoxSpace
from tests.experiments.small_study import TEXT, small_study
from tests.experiments.test_search import Stopping, facts, run_search

ROOT = Path(__file__).parents[2]

SPEC = small_study()
ABSORBED, MASS = (o.endpoint for o in SPEC.objectives)
LIMIT = SPEC.limits[0].name


def evaluated(design: Design, number: int) -> Observation:
    """Return a made-up trial: endpoints of the recipe alone."""
    dose = design.elemental_mg_per_day
    grams = design.unit_mass_mg * design.regimen.units_per_day / 1000
    values = {ABSORBED: 0.15 * dose * (design.system == "timed_release") + 5, MASS: grams}
    slacks = {LIMIT: 8.0 - 1.5 * design.mmol_per_intake}
    return Observation(number=number, design=design, values=values, slacks=slacks)


def history_of(n: int, seed: int = 0) -> list[Observation]:
    """Return n evaluated random designs of the small study."""
    designs = SPEC.space.sample(n, np.random.default_rng(seed))
    return [evaluated(d, k) for k, d in enumerate(designs)]


def strategy():
    """Return a new strategy of the small study."""
    return make_strategy("model_based", SPEC.space, SPEC.objectives)


def keys(proposals) -> list[str]:
    """Return what was proposed, in order."""
    return [p.design.key for p in proposals]


@pytest.mark.parametrize("n", [0, 4, 16, 24])
def test_the_same_arguments_give_the_same_designs(n) -> None:
    """On every rung, from a strategy that has answered before and from a new one."""
    used = strategy()
    used.propose(history_of(20, seed=9), (), 2, 1)
    rebuilt = [evolve(o, design=Design.from_dict(o.design.as_dict())) for o in history_of(n)]
    first = used.propose(history_of(n), (), 3, 5)
    assert first == strategy().propose(rebuilt, (), 3, 5)
    assert keys(first) != keys(used.propose(history_of(n), (), 3, 6))


def test_one_more_imported_row_changes_the_next_proposal() -> None:
    """On the spread start as with the processes; a design of another space teaches them too."""
    foreign = evolve(SPEC.space.sample(1, np.random.default_rng(77))[0], salt="malate")
    assert not ProductSpace(space=SPEC.space).holds(foreign)
    for n in (3, 24):
        history = history_of(n)
        own = [*history, history_of(1, seed=31)[0]]
        other = [*history, evaluated(foreign, 99)]
        asked = [keys(strategy().propose(h, (), 1, 5)) for h in (history, own, other)]
        assert asked[0] != asked[1]
        assert asked[0] != asked[2]


@pytest.mark.parametrize("batch", [8, 24, 96])
def test_a_batch_holds_no_design_twice_and_none_that_is_known(batch) -> None:
    """And every one of them obeys the input rules after rounding to the balance."""
    history = history_of(30)
    pending = list(enumerate(SPEC.space.sample(4, np.random.default_rng(3)), start=30))
    found = strategy().propose(history, pending, batch, 5)
    assert len(set(keys(found))) == batch
    assert not set(keys(found)) & {o.design.key for o in history}
    assert not set(keys(found)) & {d.key for _, d in pending}
    assert all(not SPEC.space.violations(p.design) for p in found)
    assert {p.rung for p in found} == {GP}


def test_designs_under_way_are_believed_in(monkeypatch) -> None:
    """Each counts before a candidate is scored, and promises little afterwards."""
    history = history_of(24)
    (alone,) = strategy().propose(history, (), 1, 5)
    belief, row = believed([seen_of(o) for o in history], alone.design)
    assert belief.having(row).score(row[None])[0] < 0.2 * belief.score(row[None])[0]
    told, inner = [], Belief.having
    monkeypatch.setattr(Belief, "having", lambda self, x: told.append(x) or inner(self, x))
    (beside,) = strategy().propose(history, [(24, alone.design)], 1, 5)
    assert [x.tolist() for x in told] == [row.tolist()]
    assert alone.design.key != beside.design.key


class GridSpace(BoxSpace):
    """Three numbers, five settings each: 125 points."""

    def draw(self, pick):
        """Round every number to its nearest setting."""
        return {name: round(4 * value) / 4 for name, value in super().draw(pick).items()}


def test_of_few_points_none_is_asked_twice_while_others_are_left() -> None:
    """Eighty known of 125, and forty more: all different, on every rung."""
    space = GridSpace(low=np.zeros(3), high=np.ones(3))
    for n_start in (10, 200):
        settings = Settings(n_start=n_start)
        proposer = Proposer(space=space, scaler=scaler_of(space), settings=settings)
        seen: list[Seen] = []
        rng = np.random.default_rng(1)
        while len(seen) < 80:
            point = random_candidate(space, rng).point
            if space.key(point) not in {space.key(s.point) for s in seen}:
                seen.append(Seen(point=point, losses=losses_of(point, 2)))
        found = [point for point, _ in proposer.propose(seen, [], 40, 1)]
        every = {space.key(p) for p in (*(s.point for s in seen), *found)}
        assert len(every) == 120


def seen_of(observed: Observation) -> Seen:
    """Return an observation as the processes see it."""
    losses = tuple(-o.normalise(observed.values[o.endpoint]) for o in SPEC.objectives)
    return Seen(point=observed.design, losses=losses, slacks=observed.slacks)


def believed(seen: Sequence[Seen], design: Design):
    """Return the belief, and the features of a design."""
    space = ProductSpace(space=SPEC.space)
    scaler = scaler_of(space)
    features = scaler(space.features([s.point for s in seen]))
    belief = belief_of(seen, features, space.layout.groups, scaler.dimension, (0.0, 0.0))
    return belief, scaler(space.features([design]))[0]


def test_only_limits_and_failures_have_a_probability_of_feasibility() -> None:
    """Input rules hold by construction, and objectives are no limits."""
    history = [seen_of(o) for o in history_of(24)]
    assert len(believed(history, history[0].point)[0].limits) == 1
    free = [evolve(s, slacks={}) for s in history]
    assert believed(free, history[0].point)[0].limits == ()
    failed = [*free, Seen(point=SPEC.space.sample(1, np.random.default_rng(8))[0])]
    assert len(believed(failed, history[0].point)[0].limits) == 1
    assert len(limits_of(failed)) == 1
    assert MADE


def test_a_candidate_that_surely_misses_a_limit_promises_next_to_nothing() -> None:
    """However good its objectives are."""
    history = [seen_of(o) for o in history_of(60)]
    tight = [evolve(s, slacks={LIMIT: s.slacks[LIMIT] - 4.0}) for s in history]
    belief, _ = believed(tight, history[0].point)
    designs = SPEC.space.sample(60, np.random.default_rng(12))
    space = ProductSpace(space=SPEC.space)
    features = scaler_of(space)(space.features(designs))
    with_limit = belief.score(features)
    without = evolve(belief, limits=()).score(features)
    assert (with_limit <= without + 1e-12).all()
    misses = np.array([evaluated(d, 0).slacks[LIMIT] - 4.0 for d in designs]) < -1.5
    assert misses.any()
    assert with_limit[misses].sum() < 0.2 * without[misses].sum()


def test_the_search_goes_where_it_is_better() -> None:
    """Only one system absorbs here, and most proposals belong to it."""
    history, strategy_ = history_of(16), strategy()
    for k in range(16, 28):
        (proposal,) = strategy_.propose(history, (), 1, 5)
        history.append(evaluated(proposal.design, k))
    asked = Counter(o.design.system for o in history[16:])
    assert asked["timed_release"] >= 9


def test_a_rung_follows_from_counts_alone() -> None:
    """Start, Parzen, processes of all rows, of some rows, Parzen again."""
    settings = Settings(n_start=10, n_parzen=4)
    asked = [(0, 9), (3, 12), (10, 13), (10, 14), (150, 150), (151, 151), (2001, 2001)]
    found = [rung_of(rows, trials, settings) for rows, trials in asked]
    assert found == [START, TPE, TPE, GP, GP, GP_SUBSET, TPE]
    assert MOST_MODELLED == 2000


def test_every_proposal_says_which_rung_found_it() -> None:
    """A batch may pass from one rung to the next."""
    proposer = box(2)
    found = proposer.propose([], [], 12, 1)
    assert [rung for _, rung in found] == [START] * 10 + [TPE] * 2


def box(n_objectives: int, **given) -> Proposer:
    """Return a proposer over three numbers."""
    space = BoxSpace(low=np.zeros(3), high=np.ones(3))
    return Proposer(space=space, scaler=scaler_of(space), **given)


def losses_of(point, n_objectives: int) -> tuple[float, ...]:
    """Return distances from so many corners: a trade-off in any number of objectives."""
    x = np.array(list(point.values()))
    corners = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
    return tuple(((x - corner) ** 2).sum() for corner in corners[:n_objectives])


def box_history(proposer: Proposer, n: int, n_objectives: int, noise: float = 0.0):
    """Return n evaluated random points."""
    rng = np.random.default_rng(4)
    points = [random_candidate(proposer.space, rng).point for _ in range(n)]
    shake = noise * rng.standard_normal((n, n_objectives))
    return [
        Seen(point=p, losses=tuple(np.array(losses_of(p, n_objectives)) + e))
        for p, e in zip(points, shake, strict=True)
    ]


@pytest.mark.parametrize("n_objectives", [1, 2, 3, 4, 5])
def test_any_number_of_objectives_is_searched(n_objectives) -> None:
    """Six proposals add more than six random points do."""
    from moocore import hypervolume

    proposer = box(n_objectives)
    seen = box_history(proposer, 24, n_objectives)
    blind = box_history(proposer, 30, n_objectives)
    for _ in range(6):
        ((point, rung),) = proposer.propose(seen, [], 1, 2)
        assert rung == GP
        seen.append(Seen(point=point, losses=losses_of(point, n_objectives)))
    reference = np.full(n_objectives, 2.0)
    ours, theirs = (
        hypervolume(np.array([s.losses for s in rows]), ref=reference) for rows in (seen, blind)
    )
    assert ours > theirs


def test_the_front_of_noisy_outcomes_is_what_the_processes_believe() -> None:
    """A lucky reading is not what is to be beaten."""
    proposer = box(2)
    noisy = box_history(proposer, 120, 2, noise=0.3)
    features = proposer.scaler(proposer.space.features([s.point for s in noisy]))
    belief = belief_of(noisy, features, proposer.space.layout.groups, 3.0, None)
    assert all(process.is_noisy for process in belief.objectives)
    read = np.array([s.losses for s in noisy])
    assert not (belief.front[:, None] == read[None]).all(axis=2).any()
    exact = box_history(proposer, 60, 2)
    features = features[:60]
    belief = belief_of(exact, features, proposer.space.layout.groups, 3.0, None)
    read = np.array([s.losses for s in exact])
    assert (belief.front[:, None] == read[None]).all(axis=2).any(axis=1).all()


def test_without_anything_feasible_the_search_asks_for_feasibility_alone(monkeypatch) -> None:
    """Improvement is not even computed."""
    monkeypatch.setattr(belief_module, "expected_improvement", None)
    history = [evolve(o, slacks={LIMIT: -1.0 - o.design.mmol_per_intake}) for o in history_of(24)]
    (proposal,) = strategy().propose(history, (), 1, 5)
    least = sorted(o.design.mmol_per_intake for o in history)
    assert proposal.design.mmol_per_intake < least[6]


def test_worst_acceptable_values_are_offered_and_not_forced() -> None:
    """They count once a feasible design beats them all; until then the front decides."""
    losses = np.array([[0.2, 0.9], [0.6, 0.4], [0.1, 0.1]])
    feasible = np.array([True, True, False])
    assert reference_point(losses, feasible, (1.0, 1.0)).tolist() == [1.0, 1.0]
    own = reference_point(losses, feasible, (0.5, 0.5))
    assert (own > losses[:2].max(axis=0)).all()
    assert own.tolist() == reference_point(losses, feasible, None).tolist()


def test_hopeless_values_are_drawn_together_and_the_front_is_left_alone() -> None:
    """The order stays, and so does the sign of a slack."""
    losses = np.array([0.0, 1.0, 2.0, 50.0, 1e4])
    calmed = calm_losses(losses, 2.0, 0.0)
    assert calmed[:3].tolist() == losses[:3].tolist()
    assert (np.diff(calmed) > 0).all()
    assert calmed[-1] < 25
    slacks = np.array([-1e6, -1.0, 0.0, 1.0, 3.0])
    assert (np.sign(calm_slacks(slacks)) == np.sign(slacks)).all()
    assert (np.diff(calm_slacks(slacks)) > 0).all()


def test_a_space_that_is_used_up_is_asked_again_rather_than_for_ever() -> None:
    """Of a single point, the one point comes back."""
    space = BoxSpace(low=np.zeros(3), high=np.zeros(3) + 1e-15)
    proposer = Proposer(space=space, scaler=scaler_of(space))
    seen = [Seen(point=space.draw(lambda *_: 0.5), losses=(1.0, 2.0)) for _ in range(30)]
    assert len(proposer.propose(seen, [], 2, 1)) == 2


def test_features_are_of_one_width_over_all_systems() -> None:
    """A design differs from another in its features unless it is the same recipe."""
    space = ProductSpace(space=SPEC.space)
    designs = SPEC.space.sample(60, np.random.default_rng(2))
    features = space.features(designs)
    assert features.shape == (60, len(space.layout.names))
    assert len(space.layout.groups) == len(space.layout.names)
    assert np.isfinite(features).all()
    assert len(np.unique(features, axis=0)) == len({d.key for d in designs})
    shares = [k for k, name in enumerate(space.layout.names) if name.startswith("share.")]
    assert features[:, shares].sum(axis=1) == pytest.approx(100.0)


def test_every_design_of_five_systems_can_be_weighed() -> None:
    """The quickstart, outcomes at random: valid after rounding, and several systems are tried."""
    space = load_study(ROOT / "configs" / "studies" / "quickstart.yaml").space
    asking = make_strategy("model_based", space, SPEC.objectives)
    rng = np.random.default_rng(6)

    def lottery(design: Design, number: int) -> Observation:
        values = {ABSORBED: rng.uniform(0, 40), MASS: rng.uniform(0.5, 6)}
        return evolve(evaluated(design, number), values=values)

    history = [lottery(d, k) for k, d in enumerate(space.sample(16, rng))]
    for _ in range(8):
        for proposal in asking.propose(history, (), 2, 3):
            assert not space.violations(proposal.design)
            history.append(lottery(proposal.design, len(history)))
    assert len({o.design.system for o in history[16:]}) > 1


@frozen
class RecipeEvaluator:
    """Evaluates tasks by the made-up endpoints."""

    def __call__(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Return an outcome for each task."""
        return [
            Outcome(
                number=t.number,
                values=o.values,
                lo90={},
                hi90={},
                slacks=o.slacks,
                reasons=(),
                origin="simulated",
            )
            for t in tasks
            for o in [evaluated(t.design, t.number)]
        ]


def test_a_study_that_names_it_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    """The store keeps the rung of every trial, and a resumed search ends with the same trials."""
    spec = load_study(TEXT.replace("seed: 5}", "seed: 5, strategy: model_based}"))
    assert spec.budget.strategy == "model_based"
    assert spec.sha256 != SPEC.sha256
    with Store.open(tmp_path / "a.sqlite") as store:
        given = (store, spec, RecipeEvaluator())
        _, whole, _ = run_search(*given, make_executor("inline"), strategy=strategy())
    with Store.open(tmp_path / "b.sqlite") as store:
        given = (store, spec, RecipeEvaluator())
        study, _, _ = run_search(*given, Stopping(after=1), strategy=strategy())
        _, rest, _ = run_search(*given, make_executor("inline"), study, strategy=strategy())
    assert facts(rest) == facts(whole)
    assert [t.rung for t in whole] == [START] * 10 + [GP] * 10
