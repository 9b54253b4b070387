"""The parts of a simulation: ledgers that balance, and assumptions that move what they should."""

from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.account.arms import first_start, first_subjects, run_arm
from experiments.account.detail import detail_of
from experiments.account.ledger import LOSSES, losses, uptake
from experiments.account.levers import LEVERS
from experiments.account.tornado import Tornado, resettled
from experiments.config.product import load_product
from experiments.simulation.endpoints import endpoints
from experiments.simulation.lumen import lumen
from experiments.simulation.request import MAX_SUBJECT_DAYS, People, Request, choose_people
from experiments.simulation.versus import loose_stools, versus
from formulation.errors import InputError, UnknownNameError
from formulation.patients import named_population
from formulation.units import MG_PER_MMOL
from models.population import alike, draw_subjects
from models.simulator.numbers import PARAMETERS
from models.simulator.settle import settle

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "products"
NAMES = ("citrate-tablet", "coated-matrix", "chloride-patch")
TABLET = FOLDER / "citrate-tablet.yaml"


@pytest.fixture(scope="module")
def people():
    subjects = draw_subjects(named_population("healthy_adults", size=17))
    return subjects, settle(subjects)


@pytest.fixture(scope="module")
def told(people):
    """Return arm and detail of every example product."""
    subjects, start = people
    arms = {n: run_arm(load_product(FOLDER / f"{n}.yaml"), start, subjects, 14) for n in NAMES}
    return {n: (arm, detail_of(arm, start, subjects)) for n, arm in arms.items()}


def oxide():
    text = TABLET.read_text(encoding="utf-8").replace("salt: citrate", "salt: oxide", 1)
    return load_product(text.replace("620 mg", "400 mg").replace("citrate-tablet", "oxide-tablet"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_lost_and_what_is_absorbed_is_the_dose(name, told):
    """In every subject; no loss is negative."""
    arm, detail = told[name]
    lost = losses(detail, arm.taken)
    assert list(lost) == list(LOSSES)
    assert min(amount.min() for amount in lost.values()) >= 0
    gained = detail.product.gained("absorbed") - detail.control.gained("absorbed")
    dose = arm.product.design.elemental_mg_per_day
    np.testing.assert_allclose(sum(lost.values()) + MG_PER_MMOL * gained, dose, rtol=1e-9)


@pytest.mark.parametrize(("name", "within"), [(NAMES[0], 0.03), (NAMES[1], 0.06), (NAMES[2], 0.03)])
def test_segments_and_routes_sum_to_the_absorbed_increment(name, within, told):
    """The detailed day is like the last one of the course."""
    arm, detail = told[name]
    whole = sum(u.mg_per_day for u in uptake(detail))
    np.testing.assert_allclose(whole, arm.values["absorbed_increment"], rtol=within)


def test_each_product_is_limited_by_what_it_is_made_of(told):
    """A patch by its skin, a coat that opens late by its form, a soluble salt by transport."""
    worst = {}
    for name, (arm, detail) in told.items():
        lost = losses(detail, arm.taken)
        worst[name] = max(lost, key=lambda part: lost[part].mean())
    assert worst == dict(zip(NAMES, ("transport", "not_released", "not_released"), strict=True))


def test_oxide_lacks_acid_where_citrate_does_not(people, told):
    """More so in people who make a tenth of the acid."""
    subjects, start = people
    arm = run_arm(oxide(), start, subjects, 7)
    acid = losses(detail_of(arm, start, subjects), arm.taken)["acid"].mean()
    few = alike(16, ppi=1.0)
    weak = run_arm(oxide(), settle(few), few, 7)
    lacking = losses(detail_of(weak, settle(few), few), weak.taken)["acid"].mean()
    citrate, detail = told[NAMES[0]]
    assert losses(detail, citrate.taken)["acid"].max() == 0
    assert 0 < acid < lacking


def test_phytate_of_the_diet_binds_more_of_the_product():
    """The share that goes to ligands rises with them."""
    found = []
    for phytate in (0.0, 3.0):
        few = alike(16, dietary_phytate_mmol_per_day=phytate, dietary_oxalate_mmol_per_day=0.0)
        start = settle(few)
        arm = run_arm(load_product(TABLET), start, few, 7)
        found.append(losses(detail_of(arm, start, few), arm.taken)["bound"].mean())
    assert found[0] < 0.1 < found[1]


@pytest.mark.parametrize("days", [1, 3, 14])
def test_serum_through_the_day_has_the_mean_of_the_daily_column(days, people):
    """So that peak and area belong to the same day, however short the course."""
    subjects, start = people
    arm = run_arm(load_product(TABLET), start, subjects, days)
    detail = detail_of(arm, start, subjects)
    mean = np.diff(detail.hours) @ ((detail.serum[1:] + detail.serum[:-1]) / 2) / 24
    np.testing.assert_allclose(mean, arm.course.day("serum_mean")[0, -1], rtol=0.003)


@pytest.mark.parametrize("name", NAMES)
def test_no_more_dissolves_than_is_released_and_no_more_than_the_dose(name, people, told):
    """In every subject, and what is absorbed was dissolved; a patch gives what passes the skin."""
    arm, detail = told[name]
    found = {e.name: e.values for e in endpoints(arm, people[1], people[0], detail)}
    slack = 1e-9
    assert (found["dissolved"] <= found["released"] + slack).all()
    assert (found["released"] <= 100 + slack).all()
    assert (found["fraction_absorbed"] < found["dissolved"]).all()


def test_oxide_is_released_and_does_not_dissolve_where_citrate_does(people, told):
    """The form opens alike; without acid the particles stay."""
    few = alike(16, ppi=1.0)
    start = settle(few)
    arm = run_arm(oxide(), start, few, 14)
    weak = {e.name: e.values for e in endpoints(arm, start, few, detail_of(arm, start, few))}
    citrate = {
        e.name: e.values for e in endpoints(told[NAMES[0]][0], *people[::-1], told[NAMES[0]][1])
    }
    assert weak["released"].mean() == pytest.approx(citrate["released"].mean(), rel=0.03)
    assert weak["dissolved"].mean() < 0.8 * citrate["dissolved"].mean()


def test_what_is_released_leaves_with_the_stool_or_is_absorbed(people, told):
    """After two weeks the stool carries what is released and not taken up."""
    arm, detail = told[NAMES[0]]
    found = {e.name: e.values for e in endpoints(arm, people[1], people[0], detail)}
    whole = found["absorbed_increment"] + MG_PER_MMOL * found["stool_change"]
    np.testing.assert_allclose(whole, found["released_mg"], rtol=0.02)


def test_urine_fractional_excretion_and_clearance_belong_together(people, told):
    """Clearance over filtration of what is not bound is the share of it that is excreted."""
    subjects, start = people
    arm, detail = told[NAMES[0]]
    found = {e.name: e.values for e in endpoints(arm, start, subjects, detail)}
    filtration = start.numbers["filtration"] * 1000 / 60
    np.testing.assert_allclose(
        found["clearance"] / filtration, found["fractional_excretion"] / 100, rtol=1e-9
    )
    assert (found["serum_cmax_increment"] > 0).all()
    assert ((found["serum_tmax"] >= 0) & (found["serum_tmax"] < 24)).all()


def test_free_magnesium_is_part_of_the_dissolved_and_calcium_adds_to_the_sensor(told):
    """In every segment and subject."""
    arm, detail = told[NAMES[0]]
    found = lumen(detail, arm.product.design)
    assert (found.free <= found.total * (1 + 1e-9)).all()
    assert (found.sensor > found.free).all()
    assert (np.argsort(found.potential, axis=0) == np.argsort(found.sensor, axis=0)).all()


def test_assumptions_are_sorted_and_the_passive_rate_moves_uptake_upwards(people, told):
    """The one that moves most stands first; every one has a source."""
    subjects, start = people
    found = Tornado(start, subjects).of(told[NAMES[0]][0].taken)
    base, moved = found["base"], found["quantities"]

    def swing(q):
        ends = [e for e in (q["with_low"], q["with_high"]) if e]
        return sum(max(abs(e[k] - base[k]) for e in ends) / abs(base[k]) for k in base)

    swings = [swing(q) for q in moved]
    assert swings == sorted(swings, reverse=True)
    passive = next(q for q in moved if q["title"].startswith("Passive"))
    low, high = (passive[end]["absorbed_increment"] for end in ("with_low", "with_high"))
    assert low < base["absorbed_increment"] < high
    assert all(q["source"] and q["basis"] in ("assumed", "estimated") for q in moved)


def test_people_with_unmoved_numbers_stand_where_they_stood(people):
    """Bringing them to steady state again changes the serum by less than a hundredth."""
    subjects, start = people
    again = resettled(start, subjects, start.numbers)
    assert again is not None
    np.testing.assert_allclose(again.serum, start.serum, rtol=0.01)


def test_a_body_that_secretes_more_than_it_absorbs_has_no_steady_state(people):
    """It is told as such, not integrated."""
    subjects, start = people
    numbers = {**start.numbers, "secretion": start.numbers["secretion"] * 100}
    assert resettled(start, subjects, numbers) is None


def test_every_lever_moves_a_number_that_exists_over_a_range_around_its_value():
    """A quantity that was renamed would be noticed here."""
    for lever in LEVERS:
        assert set(lever.numbers) <= set(PARAMETERS)
        assert bool(lever.numbers) != (lever.changed is not None)
        assert lever.ends[0] < lever.quantity.value < lever.ends[1]


def test_a_product_against_itself_is_no_difference(told):
    """Nobody is ahead and no trial would show anything."""
    arm, _ = told[NAMES[0]]
    twin = evolve(arm, product=evolve(arm.product, name="twin"))
    for c in versus(arm, twin):
        assert c["median_difference"] == 0
        assert c["probability_of_superiority"] == 0.5
        assert (c["trial_size_crossover"], c["worth_a_trial"]) == (None, False)


def test_loose_stools_scatter_as_yes_or_no():
    """Most at one half, never without scatter."""
    half, none = (loose_stools(np.full(4, x), np.full(4, x)) for x in (50.0, 0.0))
    assert half.noise.value == pytest.approx(50.0)
    assert none.noise.value > 0


def test_the_first_subjects_are_the_same_people(people):
    """Fewer of them, in the same order, standing where they stood."""
    subjects, start = people
    few, here = first_subjects(subjects, 5), first_start(start, 5)
    assert len(few) == 5 == here.state.shape[1]
    assert (few.values["weight_kg"] == subjects.values["weight_kg"][:5]).all()
    assert len(first_subjects(subjects, 500)) == 17


def test_people_are_named_drawn_or_read_and_say_when_nobody_was_named():
    """Healthy adults by default, with size and seed as asked for."""
    drawn = choose_people("elderly", size=9, seed=4)
    assert (drawn.population.name, drawn.population.size, drawn.population.seed) == (
        "elderly",
        9,
        4,
    )
    assert choose_people().is_default
    assert not drawn.is_default
    file = FOLDER.parent / "populations" / "cramp_cohort.yaml"
    assert choose_people(str(file)).population.size == 1200
    with pytest.raises(UnknownNameError, match="Did you mean 'elderly'"):
        choose_people("elderli")


def test_too_many_subjects_for_so_many_days_are_refused_with_what_would_do():
    """The message names a size that is accepted."""
    product, whole = load_product(TABLET), named_population("elderly", size=50_000)
    with pytest.raises(InputError, match=f"--size {MAX_SUBJECT_DAYS // 42}") as refused:
        Request(product=product, people=People(population=whole))
    assert "too many" in str(refused.value)
    fine = evolve(whole, size=MAX_SUBJECT_DAYS // 42)
    assert Request(product=product, people=People(population=fine)).products == (product,)


def test_total_uptake_is_that_of_the_diet_and_the_increment(people, told):
    """In every subject of every product, so that none of the three misleads alone."""
    subjects, start = people
    for arm, detail in told.values():
        found = {e.name: e.values for e in endpoints(arm, start, subjects, detail)}
        both = found["absorbed_diet"] + found["absorbed_increment"]
        np.testing.assert_allclose(found["absorbed_total"], both, rtol=1e-12)
        assert (found["absorbed_diet"] > 0).all()
