"""The chain at surrogate fidelity: one table for mixed systems, consistent with itself."""

import numpy as np
import pytest
from attrs import evolve

from experiments.objective import REPORTED, unpriced_keys
from formulation.errors import InputError, UnknownNameError
from formulation.feature_words import feature_words
from formulation.patients import named_population
from formulation.provenance import Origin
from formulation.targets import BENCH_TIMES_H
from formulation.units import MG_PER_MMOL
from models.chain import CURVE_TIMES_H, PERCENTILES, MechanisticChain
from models.exact import recipe_values
from models.learning.applicability import FAR_PCT
from models.population import draw_subjects
from models.responses import simulate_responses
from models.surrogates.chain import OF_THE_MEAN, SurrogateChain
from models.surrogates.law_features import body_columns
from models.surrogates.table import space_filling
from tests.experiments.small_study import small_chain, small_study

SPEC = small_study()
ABSORBED = "absorbed_increment.p50"
PARTS = ("value", "lo90", "hi90")


@pytest.fixture(scope="module")
def chain() -> SurrogateChain:
    return small_chain(SPEC)


@pytest.fixture(scope="module")
def designs():
    """Designs of both systems, in turn."""
    found = [space_filling(SPEC.space.space_of(s), 12, seed=55) for s in SPEC.space.systems]
    return [design for pair in zip(*found, strict=True) for design in pair]


@pytest.fixture(scope="module")
def table(chain, designs):
    return chain.evaluate(designs, SPEC.population, REPORTED)


def columns(table, key):
    """Return value, lower and upper end of one endpoint."""
    return [getattr(table, part)[:, table.keys.index(key)] for part in PARTS]


def test_every_reported_endpoint_is_answered(table, designs) -> None:
    """One row a design, one column an endpoint, low below high, finite but for unknown prices."""
    assert table.value.shape == (len(designs), len(REPORTED))
    dear = np.array([[k in unpriced_keys(d) for k in REPORTED] for d in designs])
    assert 0 < dear.sum() < dear.size
    assert all((np.isfinite(getattr(table, part)) == ~dear).all() for part in PARTS)
    assert (table.lo90 <= table.value)[~dear].all()
    assert (table.value <= table.hi90)[~dear].all()
    assert table.origin is Origin.SIMULATED
    assert table.kind == "90 %: 24 simulated designs held out by group, plus a stated model error"


def test_a_mixed_table_has_the_rows_of_each_system_alone(chain, table, designs) -> None:
    """Neither the company nor the order of designs moves an answer."""
    order = np.random.default_rng(1).permutation(len(designs))
    shuffled = chain.evaluate([designs[k] for k in order], SPEC.population, REPORTED)
    np.testing.assert_allclose(shuffled.value, table.value[order], rtol=1e-9, atol=1e-12)
    assert [shuffled.reasons[k] for k in np.argsort(order)] == list(table.reasons)


@pytest.mark.parametrize("statistic", PERCENTILES)
def test_derived_endpoints_follow_from_the_absorbed_increment(table, designs, statistic) -> None:
    """Share of the dose is the same magnesium in other units, ends included."""
    dose = np.array([d.elemental_mg_per_day for d in designs])
    absorbed = columns(table, f"absorbed_increment.{statistic}")
    shares = columns(table, f"fraction_absorbed.{statistic}")
    for mg, share in zip(absorbed, shares, strict=True):
        np.testing.assert_allclose(share * dose / 100, mg, rtol=1e-12)


def test_urine_is_learnt_and_stays_below_what_is_absorbed(table) -> None:
    """After six weeks pools still take a part, which no arithmetic on the increment knows."""
    urine, absorbed = (columns(table, f"{name}.p50")[0] for name in ("urine_change", ABSORBED[:-4]))
    assert (urine * MG_PER_MMOL < absorbed).all()
    assert (urine * MG_PER_MMOL > 0.5 * absorbed).all()


def test_recipe_endpoints_are_exact(table, designs) -> None:
    """Arithmetic on the recipe has no interval."""
    rows = [recipe_values(design) for design in designs]
    for key in recipe_values(designs[0]):
        exact = [row.get(key, np.nan) for row in rows]
        for column in columns(table, key):
            np.testing.assert_array_equal(column, exact)


def test_dumping_and_costs_are_those_of_the_mechanistic_chain(chain, table, designs) -> None:
    """The risk is exact in both; what an absorbed mg costs follows from each one's increment."""
    truth = MechanisticChain().evaluate(designs, SPEC.population, ["dose_dumping_risk"])
    for column in columns(table, "dose_dumping_risk"):
        np.testing.assert_array_equal(column, truth.value[:, 0])
    (daily, _, _), (mg, _, _) = columns(table, "cost_eur_per_day"), columns(table, ABSORBED)
    cost, low, high = columns(table, "cost_per_absorbed_mg.p50")
    np.testing.assert_allclose(cost, daily / np.maximum(mg, 0.1))
    priced = np.isfinite(cost)
    assert (low[priced] <= high[priced]).all()


def test_bench_endpoints_are_read_from_the_curve(chain, table, designs) -> None:
    """At their times, in per cent, with the curve's band."""
    for name, time in BENCH_TIMES_H.items():
        for part, column in enumerate(columns(table, name)):
            read = [100 * np.interp(time, CURVE_TIMES_H, chain.curve(d)[part]) for d in designs]
            np.testing.assert_allclose(column, read, rtol=1e-9, atol=1e-9)


def test_release_at_any_time_is_read_from_the_curve_and_its_band(chain, designs) -> None:
    """Nothing before the start; between the learnt times on lines."""
    times = np.array([0.0, 0.125, 1.0, 5.0])
    found = chain.release(designs, times)
    for part, rows in enumerate(found):
        known = np.array([np.concatenate([[0.0], chain.curve(d)[part]]) for d in designs])
        assert (rows[:, 0] == 0).all()
        np.testing.assert_allclose(rows[:, 1], known[:, 1] / 2, atol=1e-9)
        np.testing.assert_allclose(rows[:, 2], known[:, 3], atol=1e-9)
    law = MechanisticChain().release(designs, times[1:])
    assert all((part == law[0]).all() for part in law)
    assert np.median(np.abs(found[0][:, 1:] - law[0])) < 0.05


MEANS = tuple(f"{name}.mean" for name in ("absorbed_increment", "fraction_absorbed", "serum"))


def test_three_percentiles_of_the_people_give_nearly_their_mean(designs) -> None:
    """Without a surrogate's error, in 256 people: within a tenth of their standard deviation."""
    people = draw_subjects(named_population("healthy_adults", size=256))
    for values in simulate_responses(designs[:2], people).values.values():
        ends = np.percentile(values, list(PERCENTILES.values()), axis=1)
        found = np.tensordot([OF_THE_MEAN[p] for p in PERCENTILES], ends, axes=1)
        assert (np.abs(found - values.mean(axis=1)) < 0.1 * values.std(axis=1)).all()


def test_means_are_those_of_the_people_and_lie_inside_their_percentiles(chain, designs) -> None:
    """Exact by the mechanistic chain, from percentiles by the surrogates, ends in order."""
    found = chain.evaluate(designs, SPEC.population, (*MEANS, ABSORBED))
    truth = MechanisticChain().evaluate(designs, SPEC.population, MEANS)
    for table in (found, truth):
        for key in MEANS:
            value, low, high = columns(table, key)
            assert (low <= value).all()
            assert (value <= high).all()
    ratio = columns(found, MEANS[0])[0] / columns(truth, MEANS[0])[0]
    assert np.median(np.abs(np.log(ratio))) < 0.1
    dose = np.array([d.elemental_mg_per_day for d in designs])
    for table in (found, truth):
        mg, share = columns(table, MEANS[0])[0], columns(table, MEANS[1])[0]
        np.testing.assert_allclose(share * dose / 100, mg, rtol=1e-9)


def test_surrogate_and_mechanistic_chain_agree_on_what_is_better(table, designs) -> None:
    """The search may trust the order of designs: rank correlation of the absorbed increment."""
    from scipy.stats import spearmanr

    key = "absorbed_increment.p50"
    truth = MechanisticChain().evaluate(designs, SPEC.population, [key]).value[:, 0]
    assert spearmanr(truth, columns(table, key)[0]).statistic > 0.9


def test_an_extrapolated_design_says_so_and_others_do_not(chain, designs) -> None:
    """The remark stands beside the row, in words."""
    system = "timed_release"
    surrogate = chain.surrogates[system]
    member = next(d for d in designs if d.system == system)
    row = chain.features([member])[0]
    inside = surrogate.applicability
    recipe = row[~body_columns(surrogate.feature_names)]
    values = np.vstack([recipe, inside.rows.values[1:]])
    values[:, 0] = np.minimum(values[:, 0], row[0] - 0.5)
    capped = evolve(inside, rows=evolve(inside.rows, values=values))
    narrow = evolve(surrogate, applicability=capped)
    told = evolve(chain, surrogates={**chain.surrogates, system: narrow})
    other = next(d for d in designs if d.system != system)
    first, second = told.evaluate([other, member], SPEC.population, ["unit_mass"]).reasons
    assert first == chain.evaluate([other], SPEC.population, ["unit_mass"]).reasons[0]
    assert [r.split(" (")[0] for r in second[:-1]] == [
        f"extrapolating in {feature_words(system, surrogate.feature_names[0]).text}"
    ]
    assert second[-1].startswith("nearest simulated design: ")


def test_training_designs_are_not_said_to_be_extrapolated(chain) -> None:
    """A design that the surrogate has seen is inside."""
    for system in SPEC.space.systems:
        seen = space_filling(SPEC.space.space_of(system), 24, seed=1)
        reasons = chain.evaluate(seen, SPEC.population, ["unit_mass"]).reasons
        assert set(reasons) == {()}


def test_how_far_a_design_lies_is_a_column_that_its_remarks_follow(chain, table, designs) -> None:
    """Above the limit and only there something is said; the chain alone says the same."""
    assert [reach > FAR_PCT for reach in table.reach_pct] == [bool(r) for r in table.reasons]
    np.testing.assert_array_equal(chain.reach_pct(designs), table.reach_pct)
    assert any(table.reasons)
    assert not all(table.reasons)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "others"}, r"asked for 'others' \(8 subjects, seed 3\)"),
        ({"size": 9}, r"asked for 'healthy_adults' \(9 subjects"),
        ({"seed": 4}, r"asked for 'healthy_adults' \(8 subjects, seed 4\)"),
        ({"spreads": {}}, "asked for 'healthy_adults'"),
    ],
)
def test_another_population_is_refused(chain, designs, change, named) -> None:
    """By name, size, seed or spread: the surrogate knows these people only."""
    with pytest.raises(InputError, match=f"fitted for population 'healthy_adults'.*{named}"):
        chain.evaluate(designs, evolve(SPEC.population, **change), REPORTED)


def test_a_system_without_a_surrogate_is_refused(chain, designs) -> None:
    """By name; also where only a curve is asked for."""
    tablets = evolve(chain, surrogates={"immediate_release": chain.surrogates["immediate_release"]})
    matrix = next(d for d in designs if d.system == "timed_release")
    message = "no surrogate of 'timed_release' was fitted"
    with pytest.raises(InputError, match=message):
        tablets.evaluate(designs, SPEC.population, REPORTED)
    with pytest.raises(InputError, match=message):
        tablets.curve(matrix)


def test_no_design_is_refused(chain) -> None:
    """An empty table would be silently wrong further on."""
    with pytest.raises(InputError, match="no design to evaluate"):
        chain.evaluate([], SPEC.population, REPORTED)


def test_an_unknown_output_lists_the_nearest(chain, designs) -> None:
    """As the mechanistic chain does."""
    with pytest.raises(UnknownNameError, match="Did you mean 'absorbed_increment'"):
        chain.evaluate(designs, SPEC.population, ["absorbed_incremnt.p50"])
