"""The mechanistic chain: one table for any set of designs, the same people for all of them."""

import pickle

import numpy as np
import pytest

import models.responses
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.patients import named_population
from formulation.provenance import Origin
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.targets import ENDPOINTS, Scope, endpoint_key
from formulation.units import MG_PER_MMOL
from models.chain import MechanisticChain, percentile_interval
from models.exact import cost_per_absorbed, recipe_values
from models.population import draw_subjects
from models.responses import responses, settled, simulate_responses, without
from models.simulator.arms import NOTHING_TAKEN, taken_daily
from models.simulator.run import follow
from models.simulator.settle import settle

ADULTS = named_population("healthy_adults", size=64)
CHAIN = MechanisticChain()
COSTED = ("absorbed_increment", "cost_per_absorbed_mg")
EVERYTHING = tuple(endpoint_key(e.name) for e in ENDPOINTS if e.scope is not Scope.STUDY)


def design(system, salt, amounts, process, *, units=1, intakes=2, with_meals=True):
    how = Regimen(units_per_intake=units, intakes_per_day=intakes, with_meals=with_meals)
    return Design(
        system=system,
        salt=salt,
        salt_mg_pct=make_lot(salt).mg_pct,
        amounts_mg=amounts,
        process=process,
        regimen=how,
    )


def tablet(salt="chloride", mg=100.0, *, croscarmellose_mg=80.0, mass_mg=1600.0, **how):
    """Return a tablet of so much elemental magnesium that falls apart well."""
    amounts = {
        "salt": 100 * mg / make_lot(salt).mg_pct,
        "povidone": 16.0,
        "croscarmellose": croscarmellose_mg,
        "magnesium_stearate": 8.0,
    }
    amounts["mcc"] = mass_mg - sum(amounts.values())
    process = {"form": "tablet", "compression_force_kn": 12.0}
    return design("immediate_release", salt, amounts, process, **how)


def matrix(salt="chloride", mg=100.0, *, hpmc_mg=560.0, grade="K4M", **how):
    amounts = {
        "salt": 100 * mg / make_lot(salt).mg_pct,
        "hpmc": hpmc_mg,
        "lactose": 0.0,
        "magnesium_stearate": 8.0,
    }
    amounts["mcc"] = 1600.0 - sum(amounts.values())
    process = {"form": "hpmc_matrix", "hpmc_grade": grade, "compression_force_kn": 12.0}
    return design("timed_release", salt, amounts, process, **how)


MIXED = [
    tablet("chloride"),
    tablet("citrate", units=2),
    tablet("oxide", 200, intakes=1, with_meals=False),
    matrix("chloride"),
    matrix("bisglycinate", intakes=3),
    matrix("oxide", intakes=1),
]


def medians(designs, endpoint="absorbed_increment", population=ADULTS):
    return CHAIN.evaluate(designs, population, [f"{endpoint}.p50"]).value[:, 0]


def test_the_table_has_a_row_a_design_and_a_column_an_output():
    """Values are finite, and lie in their intervals."""
    table = CHAIN.evaluate(MIXED, ADULTS, EVERYTHING)
    assert table.keys == EVERYTHING
    assert table.value.shape == (len(MIXED), len(EVERYTHING))
    assert np.isfinite(table.value).all()
    assert (table.lo90 <= table.value).all()
    assert (table.value <= table.hi90).all()
    assert table.row(2)["elemental_dose"] == pytest.approx(200)


def test_the_table_says_that_it_is_simulated_and_of_how_many():
    """Nobody may take it for a measurement, nor its interval for a model's error."""
    table = CHAIN.evaluate(MIXED[:1], ADULTS, ["serum.p50"])
    assert table.origin is Origin.SIMULATED
    assert "with 64 virtual subjects" in table.kind
    assert "no model error" in table.kind


def test_order_and_company_of_designs_change_nothing():
    """Bitwise the same values, whoever else is in the chunk."""
    whole = CHAIN.evaluate(MIXED, ADULTS, EVERYTHING).value
    turned = CHAIN.evaluate(MIXED[::-1], ADULTS, EVERYTHING).value
    assert (turned[::-1] == whole).all()
    for k, one in enumerate(MIXED):
        assert (CHAIN.evaluate([one], ADULTS, EVERYTHING).value[0] == whole[k]).all()


@pytest.mark.parametrize("lanes", [1, 64, 130, 100_000])
def test_the_size_of_the_integrated_block_changes_nothing(lanes, monkeypatch):
    """One design at a time, several, or all together: the same bits."""
    whole = CHAIN.evaluate(MIXED, ADULTS, EVERYTHING).value
    monkeypatch.setattr(models.responses, "LANES", lanes)
    assert (CHAIN.evaluate(MIXED, ADULTS, EVERYTHING).value == whole).all()


def test_every_design_meets_the_same_people():
    """Twins get the same number in every subject, so contrasts carry no sampling noise."""
    responses = simulate_responses([MIXED[0], MIXED[3], MIXED[0]], draw_subjects(ADULTS)).values
    for values in responses.values():
        assert (values[0] == values[2]).all()


def test_a_chain_survives_pickling():
    """Workers get it by pickle."""
    copy = pickle.loads(pickle.dumps(CHAIN))
    there, here = (chain.evaluate(MIXED[:1], ADULTS, EVERYTHING).value for chain in (copy, CHAIN))
    assert (there == here).all()


def test_mass_is_accounted_for():
    """To 1e-10 of what was eaten and stored, in every subject."""
    assert simulate_responses(MIXED, draw_subjects(ADULTS)).mass_balance_error < 1e-10


def test_endpoints_agree_with_each_other():
    """Fraction, increment and dose are one number, and who absorbs more has more everywhere."""
    r = simulate_responses(MIXED, draw_subjects(ADULTS)).values
    dose = np.array([[d.elemental_mg_per_day] for d in MIXED])
    np.testing.assert_allclose(r["fraction_absorbed"], 100 * r["absorbed_increment"] / dose)
    for name in ("serum_change", "urine_change", "red_cell_change", "muscle_change"):
        assert ((r[name] > 0) == (r["absorbed_increment"] > 0)).all(), name
    assert (r["serum"] > r["serum_change"]).all()
    assert ((r["laxation_risk"] > 0) & (r["laxation_risk"] < 100)).all()


def test_most_of_what_is_absorbed_more_leaves_with_the_urine():
    """After six weeks at least half; what does not still fills pools."""
    r = simulate_responses(MIXED, draw_subjects(ADULTS)).values
    share = r["urine_change"] * MG_PER_MMOL / r["absorbed_increment"]
    assert (share < 1).all()
    assert np.median(share, axis=1).min() > 0.5


def test_the_longer_it_is_taken_the_more_of_it_leaves_with_the_urine():
    """Balance returns: one week, six weeks, half a year, nearer and nearer to all of it."""
    people = draw_subjects(named_population("healthy_adults", size=16))
    shares = []
    for days in (7, 42, 180):
        r = simulate_responses(MIXED[:1], people, days=days).values
        shares.append(np.median(r["urine_change"] * MG_PER_MMOL / r["absorbed_increment"]))
    assert shares[0] < shares[1] < shares[2] < 1.05
    assert shares[2] > 0.9


def test_more_days_fill_slow_pools_more():
    """Red cells and muscle follow in months, so six weeks show more of them than one."""
    people = draw_subjects(named_population("healthy_adults", size=16))
    one, six = (simulate_responses(MIXED[:1], people, days=d).values for d in (7, 42))
    for name in ("red_cell_change", "muscle_change"):
        assert (six[name] > one[name]).all()


def test_nothing_taken_changes_nothing():
    """The control arm against itself is zero everywhere, bit by bit."""
    people = draw_subjects(named_population("healthy_adults", size=16))
    start = settled(people)
    empty = taken_daily(NOTHING_TAKEN.law, MIXED[0].regimen, 7)
    control = without(empty, start, people)
    course = follow([empty], start, people, days=7)
    r = responses(course, control, np.array([[100.0]]), np.zeros((1, 1)))
    for name in ("absorbed_increment", "soluble_unabsorbed_load", "serum_change", "urine_change"):
        assert (r[name] == 0).all(), name


def test_starts_and_control_days_are_kept_and_are_those_of_their_people():
    """Asking again costs nothing, and other people never get somebody else's start."""
    first, others = (draw_subjects(named_population(n, size=16)) for n in ("elderly", "ibs_d"))
    assert settled(first) is settled(first)
    for people in (others, first):
        np.testing.assert_array_equal(settled(people).state, settle(people).state)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(threads):
    """The same bits, however blocks are spread."""
    people = draw_subjects(named_population("healthy_adults", size=40))
    alone, spread = (
        simulate_responses(MIXED[:2], people, days=7, threads=n).values for n in (1, threads)
    )
    assert all((alone[name] == spread[name]).all() for name in alone)


def test_recipe_endpoints_are_exact():
    """Arithmetic has no interval."""
    table = CHAIN.evaluate([MIXED[1]], ADULTS, ["unit_mass", "units_per_day", "swallowed_mass"])
    assert table.value[0].tolist() == [1600, 4, 6.4]
    assert (table.lo90 == table.hi90).all()
    assert recipe_values(MIXED[1])["elemental_dose"] == pytest.approx(400)


def test_bench_endpoints_rise_with_time():
    """1, 2 and 8 h in the acid medium; the matrix behind the tablet."""
    table = CHAIN.evaluate(
        [MIXED[0], MIXED[3]], ADULTS, ["released_1h", "released_2h", "released_8h"]
    )
    assert (np.diff(table.value, axis=1) > 0).all()
    assert (table.value[1, :2] < table.value[0, :2]).all()
    assert table.value.max() <= 100


def test_an_outcome_of_nobody_asked_for_is_not_simulated(monkeypatch):
    """Recipe endpoints alone cost no integration."""
    monkeypatch.setattr(models.responses, "simulate_responses", None)
    assert CHAIN.evaluate(MIXED[:1], ADULTS, ["unit_mass"]).value[0, 0] == 1600


def test_nothing_to_evaluate_is_an_error():
    """An empty list of designs is a mistake of the caller."""
    with pytest.raises(InputError, match="no design to evaluate"):
        CHAIN.evaluate([], ADULTS, EVERYTHING)


def test_an_unknown_output_lists_the_nearest():
    """Before anything is integrated."""
    with pytest.raises(UnknownNameError, match=r"'serun' is not known.*'serum'"):
        CHAIN.evaluate(MIXED, ADULTS, ["serun.p50"])


@pytest.mark.parametrize("percent", [5.0, 50.0, 95.0])
def test_the_interval_of_a_percentile_covers_nine_times_in_ten(percent):
    """Of a skew distribution, with 128 subjects: between 89 and 97 % of the time."""
    samples = np.random.default_rng(0).lognormal(size=(4000, 128))
    low, high = percentile_interval(samples, percent)
    true = np.percentile(np.random.default_rng(1).lognormal(size=2_000_000), percent)
    assert 0.89 <= np.mean((low <= true) & (true <= high)) <= 0.97


def test_more_people_give_a_narrower_interval():
    """Four times as many, about half as wide."""
    width = {}
    for size in (64, 256):
        people = named_population("healthy_adults", size=size)
        table = CHAIN.evaluate(MIXED[:1], people, ["absorbed_increment.p50"])
        width[size] = float((table.hi90 - table.lo90)[0, 0])
    assert width[256] < 0.75 * width[64]


def test_a_matrix_that_holds_is_absorbed_worse_than_a_good_tablet():
    """Of one chloride dose: timed release loses absorbed mg, its case is tolerability."""
    best = tablet(croscarmellose_mg=128.0)
    timed = [matrix(hpmc_mg=mg, grade=g) for mg in (480.0, 640.0) for g in ("K4M", "K100M")]
    assert medians([best])[0] > medians(timed).max()
    assert medians([best], "peak_gut_load")[0] > medians(timed, "peak_gut_load").max()


def test_a_slower_matrix_is_absorbed_worse():
    """The more a matrix holds back, the less of the same chloride dose is absorbed."""
    for grade in ("K100LV", "K4M", "K100M"):
        by_polymer = medians([matrix(hpmc_mg=mg, grade=grade) for mg in (320.0, 480.0, 640.0)])
        assert (np.diff(by_polymer) < 0).all()


def test_dissolved_salts_stand_above_oxide():
    """At the same dose and tablet, between meals, under a proton pump inhibitor."""
    users = named_population("ppi_users", size=64)
    salts = ("chloride", "citrate", "bisglycinate", "oxide")
    found = medians([tablet(salt, with_meals=False) for salt in salts], population=users)
    assert found[:3].min() > 1.1 * found[3]


def test_a_split_dose_is_absorbed_better_than_a_single_one():
    """Two units once against one unit twice."""
    once, twice = medians([tablet(units=2, intakes=1), tablet(units=1, intakes=2)])
    assert twice > once


def test_population_endpoints_all_come_from_the_simulation():
    """Every endpoint the domain lists for populations is computed; its cost is derived."""
    listed = {e.name for e in ENDPOINTS if e.scope is Scope.POPULATION}
    found = set(simulate_responses(MIXED[:1], draw_subjects(ADULTS)).values)
    assert found == listed - {"cost_per_absorbed_mg"}


def test_who_absorbs_least_pays_most_for_a_milligram():
    """Percentiles of the cost are those of the increment turned round, ends included."""
    keys = [f"{name}.{p}" for name in COSTED for p in ("p05", "p50", "p95")]
    table = CHAIN.evaluate(MIXED[:2], ADULTS, ["cost_eur_per_day", *keys])
    daily, (mg, cost) = table.value[:, :1], (table.value[:, 1:4], table.value[:, 4:])
    np.testing.assert_allclose(cost, daily / mg[:, ::-1])
    np.testing.assert_allclose(table.lo90[:, 4:], daily / table.hi90[:, 1:4][:, ::-1])


def test_a_product_that_brings_nothing_still_has_a_finite_cost():
    """Less than a tenth of a milligram a day counts as that much."""
    found = cost_per_absorbed(np.array([0.02, 0.02]), np.array([-3.0, 10.0]))
    assert found.tolist() == pytest.approx([0.2, 0.002])
