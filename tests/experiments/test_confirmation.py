"""Confirmation: other people, enough of them, the same for every candidate."""

import numpy as np
import pytest
from attrs import evolve

from experiments import confirmation
from experiments.confirmation import (
    MIN_SUBJECTS,
    RELEASE,
    RELEASE_MECHANISTIC,
    against_plain,
    confirm,
    make_accountant,
    release_curves,
)
from experiments.objective import REPORTED
from experiments.search.stratified import stratified
from experiments.store import TrialRecord
from formulation.design import Design
from formulation.errors import FormulationError
from formulation.targets import OutcomeLimit
from models.chain import CURVE_TIMES_H, MechanisticChain
from models.population import draw_subjects
from models.responses import simulate_responses
from tests.experiments.small_study import small_chain, small_study

SPEC = small_study()
LIMITS = (
    OutcomeLimit(endpoint="peak_gut_load.p95", high=10.7),
    OutcomeLimit(endpoint="absorbed_increment.p05", low=13.5),
)
TRIALS = [
    TrialRecord(
        number=10 + k,
        state="complete",
        design=stratified(SPEC.space, k, 3).as_dict(),
        origin="simulated",
        seed=5,
    )
    for k in range(6)
]


def confirmed(trials, n_subjects=MIN_SUBJECTS, population=SPEC.population):
    return confirm(trials, population, SPEC.objectives, LIMITS, n_subjects)


@pytest.fixture(scope="module")
def records():
    return confirmed(TRIALS)


class Spy(MechanisticChain):
    """A mechanistic chain that keeps whom it was asked about, and can lose one number."""

    asked: list = []  # noqa: RUF012
    spoil = False

    def evaluate(self, designs, population, outputs):
        """Answer, remember the population, and spoil the first number when told to."""
        self.asked.append(population)
        table = super().evaluate(designs, population, outputs)
        if self.spoil:
            table.value[0, 0] = np.nan
        return table


@pytest.mark.parametrize(("wanted", "used"), [(8, MIN_SUBJECTS), (300, 300)])
def test_at_least_256_other_subjects_confirm(monkeypatch, wanted, used) -> None:
    """Never fewer; the same spreads, drawn with another seed than the search's."""
    monkeypatch.setattr(Spy, "asked", [])
    monkeypatch.setattr(confirmation, "MechanisticChain", Spy)
    (record,) = confirmed(TRIALS[:1], wanted)
    (people,) = Spy.asked
    assert MIN_SUBJECTS >= 256
    assert record.n_subjects == people.size == used
    assert people.seed != SPEC.population.seed
    assert evolve(people, size=8, seed=SPEC.population.seed) == SPEC.population
    assert f"sampling error of the percentile with {used} virtual subjects" in record.kind


def test_confirmation_does_not_depend_on_order_or_company(records) -> None:
    """Reversed, or alone: the same numbers."""
    backwards = confirmed(TRIALS[::-1])
    assert [r.number for r in backwards] == [r.number for r in records][::-1]
    for record, other in zip(records, backwards[::-1], strict=True):
        assert record.values == pytest.approx(other.values, rel=1e-12)
        assert (record.slacks.keys(), record.reasons) == (other.slacks.keys(), other.reasons)
    (alone,) = confirmed(TRIALS[2:3])
    assert alone.values == pytest.approx(records[2].values, rel=1e-12)


def test_values_are_those_of_the_mechanistic_chain(records) -> None:
    """Every reported endpoint with its interval, origin simulated."""
    people = evolve(SPEC.population, size=MIN_SUBJECTS, seed=SPEC.population.seed + 1)
    designs = [Design.from_dict(t.design) for t in TRIALS]
    table = MechanisticChain().evaluate(designs, people, REPORTED)
    for k, record in enumerate(records):
        assert record.values == table.row(k)
        assert set(record.values) == set(REPORTED)
        assert record.origin == "simulated"
        assert all(record.lo90[n] <= v <= record.hi90[n] for n, v in record.values.items())


def test_slacks_and_reasons_follow_from_the_confirmed_values(records) -> None:
    """Recomputed for these people, not carried over from the search."""
    missed = 0
    for record in records:
        assert set(record.slacks) == {limit.name for limit in LIMITS}
        reasons = []
        for limit in LIMITS:
            value = record.values[limit.endpoint]
            expected = value - limit.low if limit.high is None else limit.high - value
            assert record.slacks[limit.name] == pytest.approx(expected)
            reasons += [limit.reason(value)] * (expected < 0)
        assert list(record.reasons) == reasons
        missed += bool(reasons)
    assert 0 < missed < len(records)  # else the claim would be empty


def test_an_empty_front_confirms_nothing() -> None:
    """And asks nobody."""
    assert confirmed([]) == ()
    assert release_curves([], None) == ()


def test_a_candidate_without_a_number_is_not_passed_as_confirmed(monkeypatch) -> None:
    """A record without values would have no missed limit; it is an error that names it."""
    monkeypatch.setattr(Spy, "asked", [])
    monkeypatch.setattr(Spy, "spoil", True)
    monkeypatch.setattr(confirmation, "MechanisticChain", Spy)
    with pytest.raises(FormulationError, match=r"Candidate C010 cannot be confirmed: .*unit_mass"):
        confirmed(TRIALS[:2])


def test_each_candidate_gets_the_surrogates_curve_and_the_laws() -> None:
    """In % of label against minutes; only the surrogate's has a band."""
    chain = small_chain(SPEC)
    curves = release_curves(TRIALS, chain)
    pairs = [(c.number, c.name) for c in curves]
    assert pairs == [(t.number, n) for t in TRIALS for n in (RELEASE, RELEASE_MECHANISTIC)]
    for curve in curves:
        assert curve.x == pytest.approx((60 * CURVE_TIMES_H).tolist())
        assert (np.diff(curve.y) >= -1e-9).all()
        assert 0 <= min(curve.y) <= max(curve.y) <= 100
        assert curve.origin == "simulated"
        assert bool(curve.lo90) == (curve.name == RELEASE)
    first = next(c for c in curves if c.name == RELEASE)
    mean, low, high = chain.curve(Design.from_dict(TRIALS[0].design))
    assert first.y == pytest.approx((100 * mean).tolist())
    assert first.lo90 == pytest.approx((100 * low).tolist())
    assert first.hi90 == pytest.approx((100 * high).tolist())
    assert "stated model error" in first.kind


def test_candidates_are_compared_with_a_plain_tablet_in_the_same_subjects() -> None:
    """As the simulator alone says; the tablet has nothing to be compared with."""
    trials = TRIALS[:2]
    accountant = make_accountant(trials, "EU")
    confirm(trials, SPEC.population, SPEC.objectives, LIMITS, MIN_SUBJECTS, watch=accountant)
    found = against_plain(accountant, ["C010", "C011"], "C011")
    assert found.keys() == {"C010"}
    people = draw_subjects(
        evolve(SPEC.population, size=MIN_SUBJECTS, seed=SPEC.population.seed + 1)
    )
    mg = simulate_responses([Design.from_dict(t.design) for t in trials], people).values
    first, second = mg["absorbed_increment"]
    assert found["C010"]["label"] == "C011"
    assert found["C010"]["mean_difference"] == pytest.approx(float((first - second).mean()))
    assert found["C010"]["n_subjects"] == MIN_SUBJECTS
    assert found["C010"]["sentence"].startswith("Absorbed Mg by 24 h urine: C010 minus C011 is")
