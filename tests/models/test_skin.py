"""Patches: the published flux in its three readings, Faraday's limit, and what a day delivers."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from formulation.blends import SaltSource
from formulation.delivery import Route
from formulation.delivery.transdermal import TRANSDERMAL
from formulation.design import Design
from formulation.errors import InputError
from formulation.limits import get_limits
from formulation.patients import named_population
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace
from formulation.units import MG_PER_MMOL
from models.absorption.skin import passed_in_steps
from models.population import draw_subjects
from models.release.membrane import (
    ANCHOR_DONOR,
    CONTACT,
    ENHANCEMENT_PER_PCT,
    FARADAY_LIMIT,
    PUBLISHED_INTACT,
    PUBLISHED_NEEDLES,
    SKIN_LAG,
    TRANSFERENCE,
    barrier,
    film,
    magnesium_flux,
    membrane_law,
)
from models.simulator.arms import taken_daily
from models.simulator.run import follow
from models.simulator.settle import settle

ONCE = Regimen(units_per_intake=1, intakes_per_day=1, with_meals=False)
TIMES_H = np.array([0.0, 0.1, 0.5, 1, 2, 4, 8, 12, 24, 48, 240])
DAY_H = np.linspace(0.0, 24.0, 49)
FARADAY_C_PER_MOL = 96485.33212
"""Exact since 2019, [C/mol]."""


def patch(form="passive", *, amounts=(), **settings):
    """Return 400 mg of chloride in 2 g of gel on 100 cm2, changed in parts."""
    own = {
        "passive": {"membrane_um": 50.0},
        "microneedle": {"needle_length_um": 500.0, "needles_per_cm2": 200.0},
        "iontophoresis": {"current_ma": 4.0, "charge_ma_min": 80.0},
    }[form]
    matrix = {"hyaluronic_acid": 600.0} if form == "microneedle" else {"hec": 40.0}
    recipe = {"salt": 400.0, **matrix, "glycerol": 60.0, **dict(amounts)}
    return Design(
        system="transdermal",
        salt="chloride",
        salt_mg_pct=make_lot("chloride").mg_pct,
        amounts_mg={"water": 2000.0 - sum(recipe.values()), **recipe},
        process={"form": form, "area_cm2": 100.0, **own, **settings},
        regimen=ONCE,
    )


def rate(design, name="k_skin_per_h"):
    return membrane_law(design).parameters[name]


def delivered(law, regimen, permeability):
    """Return what all patches of a day bring, of shape (n_subjects,), [mmol/d]."""
    passed = passed_in_steps(law, regimen.intakes_per_day, DAY_H, permeability)
    return regimen.units_per_intake * passed.sum(axis=0)


def delivered_mg(design, permeability=1.0, regimen=ONCE):
    day = delivered(membrane_law(design), regimen, np.array([permeability]))
    return float(day[0]) * MG_PER_MMOL


@pytest.fixture(scope="module")
def sampled():
    """Patches of a mixture of chloride and sulfate, changed twice a day."""
    space = SystemSpace(
        system=TRANSDERMAL,
        sources=(
            SaltSource(lots=(make_lot("chloride"), make_lot("sulfate")), low_pct=10, high_pct=60),
        ),
        regimens=(Regimen(units_per_intake=2, intakes_per_day=2, with_meals=False),),
        limits=get_limits("US"),
        dose=DoseRange(low_mg_per_day=20, high_mg_per_day=350),
    )
    return DesignSpace(spaces=(space,)).sample(300, np.random.default_rng(3))


def test_the_published_flux_has_three_readings():
    """100 cm2 in 24 h pass 11.1, 2.2 or 1.1 mg: as magnesium, MgSO4 or its heptahydrate."""
    flux = magnesium_flux(PUBLISHED_INTACT)
    per_day = [x * 100 * 24 / 1000 for x in (flux.high, flux.value, flux.low)]
    assert per_day == pytest.approx([11.1, 2.2, 1.1], abs=0.05)


def test_a_gel_like_the_published_donor_passes_the_published_flux():
    """Without enhancer or membrane, once the lag is over and before the patch empties."""
    design = patch("iontophoresis")
    flux = rate(design) * design.elemental_mg_per_unit * 1000 / 100
    mmol_per_l = design.elemental_mg_per_unit / MG_PER_MMOL / 2e-3
    expected = float(magnesium_flux(PUBLISHED_INTACT)) * mmol_per_l / float(ANCHOR_DONOR)
    assert flux == pytest.approx(expected)


def test_microneedles_raise_the_flux_as_published():
    """Panel row C29: 28.9 times with 500 um needles, accepted between 20 and 40."""
    law = membrane_law(patch("microneedle")).parameters
    ratio = (law["k_skin_per_h"] + law["k_pore_per_h"]) / law["k_skin_per_h"]
    published = float(PUBLISHED_NEEDLES) / float(PUBLISHED_INTACT)
    assert ratio == pytest.approx(published)
    assert 20 <= ratio <= 40


def test_flux_follows_the_concentration_in_the_patch():
    """Twice the salt passes twice as much at first, up to what the published donor held."""
    flux = [
        rate(d) * d.elemental_mg_per_unit
        for d in (patch(amounts={"salt": mg}) for mg in (150.0, 300.0, 600.0, 900.0))
    ]
    assert flux[1] == pytest.approx(2 * flux[0])
    assert flux[3] == pytest.approx(flux[2])
    assert flux[1] < flux[2] < 2 * flux[1]


@pytest.mark.parametrize("enhancer", ENHANCEMENT_PER_PCT)
def test_an_enhancer_helps_a_little(enhancer):
    """The flux rises, and by less than a third for 15 %."""
    gain = rate(patch("iontophoresis", amounts={enhancer: 300.0})) / rate(patch("iontophoresis"))
    assert 1 < gain < 4 / 3


@pytest.mark.parametrize("adhesive", CONTACT)
def test_an_adhesive_lets_through_less_than_a_gel(adhesive):
    """Droplets that are shut in reach the skin in part only."""
    shut_in = patch(amounts={"hec": 0.0, adhesive: 1100.0})
    assert rate(shut_in) == pytest.approx(float(CONTACT[adhesive]) * rate(patch()))


@given(st.floats(20, 100))
def test_twice_the_membrane_has_half_the_flux_and_four_times_the_lag(thickness_um):
    """For the membrane itself; the skin stands in series with it."""
    thin, thick = film(thickness_um), film(2 * thickness_um)
    assert thick.permeability_cm_per_h == pytest.approx(thin.permeability_cm_per_h / 2)
    assert thick.lag_h == pytest.approx(4 * thin.lag_h)


def test_membrane_and_skin_stand_in_series():
    """Resistances and lags add, so a thicker membrane always slows."""
    skin = barrier(patch("iontophoresis"))
    for thickness_um in (20.0, 200.0):
        both, alone = barrier(patch(membrane_um=thickness_um)), film(thickness_um)
        resistance = 1 / skin.permeability_cm_per_h + 1 / alone.permeability_cm_per_h
        assert 1 / both.permeability_cm_per_h == pytest.approx(resistance)
        assert both.lag_h == pytest.approx(float(SKIN_LAG) + alone.lag_h)
    assert delivered_mg(patch(membrane_um=200.0)) < delivered_mg(patch(membrane_um=20.0))


def test_the_limit_of_a_current_is_faradays():
    """Two charges an ion: 0.453 mg/h for one mA if magnesium carried all of it."""
    mg_per_h = 1e-3 * 3600 / (2 * FARADAY_C_PER_MOL) * MG_PER_MMOL * 1000
    assert float(FARADAY_LIMIT) == pytest.approx(mg_per_h, rel=1e-4)
    assert float(FARADAY_LIMIT) == pytest.approx(0.453, abs=5e-4)


@pytest.mark.parametrize("current_ma", [0.5, 4.0])
def test_a_current_carries_no_more_than_its_charge(current_ma):
    """80 mA min bring at most 0.12 mg through skin that carries nothing else, at any current."""
    design = patch("iontophoresis", current_ma=current_ma)
    by_charge = 80 / 60 * float(FARADAY_LIMIT) * float(TRANSFERENCE)
    carried = delivered_mg(design, permeability=0.0)
    assert carried == pytest.approx(by_charge, rel=0.01)
    assert carried <= by_charge
    assert rate(design, "current_h") == pytest.approx(80 / 60 / current_ma)


def test_no_law_passes_more_than_the_load(sampled):
    """The passed share starts at nothing, rises, and stays below one."""
    for design in sampled:
        law = membrane_law(design)
        passed = law.liberated(TIMES_H)
        assert law.route is Route.SKIN
        assert passed[0] == 0
        assert (np.diff(passed) >= 0).all()
        assert passed[-1] <= 1
        assert law.dose_mmol == pytest.approx(design.elemental_mg_per_unit / MG_PER_MMOL)


def test_a_day_delivers_at_most_the_load_even_through_open_skin(sampled):
    """Every patch of the day counts, with a skin a thousand times as permeable as well."""
    people = np.array([0.0, 0.5, 1.0, 3.0, 1000.0])
    day = np.array([delivered(membrane_law(d), d.regimen, people) for d in sampled])
    load = np.array([[design.elemental_mg_per_day / MG_PER_MMOL] for design in sampled])
    assert day.shape == (len(sampled), 5)
    assert (np.diff(day, axis=1) > 0).all()
    assert (day <= load * (1 + 1e-12)).all()


@pytest.mark.parametrize("changes", [1, 2, 3])
def test_finer_steps_bring_the_same(changes):
    """Steps are read off one closed curve, so their number changes nothing."""
    law, people = membrane_law(patch("microneedle")), np.array([0.5, 2.0])
    coarse, fine = (
        passed_in_steps(law, changes, np.linspace(0, 24, n), people).sum(axis=0) for n in (2, 97)
    )
    np.testing.assert_allclose(fine, coarse, rtol=1e-12)


def test_every_change_of_the_patch_begins_anew():
    """The steps after a change are those after the first, however the day is cut."""
    law = membrane_law(patch("microneedle"))
    passed = passed_in_steps(law, 2, DAY_H, np.ones(1))
    assert (passed >= 0).all()
    np.testing.assert_allclose(passed[24:], passed[:24], rtol=1e-9, atol=1e-15)


def test_what_passes_the_skin_is_absorbed_and_the_stool_knows_nothing_of_it():
    """The patch of each day raises what is absorbed by just that much, in every subject."""
    people = draw_subjects(named_population("healthy_adults", size=16))
    law, start = membrane_law(patch("microneedle")), settle(people)
    taken = taken_daily(law, ONCE, 4)
    worn, bare = (
        follow([t], start, people, days=4, adapts=False) for t in (taken, taken.emptied())
    )
    brought = delivered(law, ONCE, people.values["skin_permeability_factor"])
    gained = worn.day("absorbed") - bare.day("absorbed")
    np.testing.assert_allclose(gained[0, -1], brought, rtol=1e-6)
    assert worn.mass_error < 1e-10
    for name in ("stool_dissolved", "stool_solid", "upper_load"):
        np.testing.assert_allclose(worn.day(name), bare.day(name), rtol=1e-9, atol=1e-12)
    assert (worn.day("urine")[0, -1] > bare.day("urine")[0, -1]).all()


def test_a_passive_patch_brings_a_few_milligrams_a_day(sampled):
    """Two patches at once, twice a day: below the most that the published flux may mean."""
    passive = [design for design in sampled if design.process["form"] == "passive"]
    brought = [delivered_mg(design, regimen=design.regimen) for design in passive]
    assert 0 < np.median(brought) < 11.1
    assert max(brought) < 30


def test_permeability_scales_neither_pores_nor_current():
    """With tight skin a passive patch brings nothing, needles and current still do."""
    assert delivered_mg(patch(), permeability=0.0) == 0
    needles = patch("microneedle")
    gain = delivered_mg(needles, permeability=2.0) / delivered_mg(needles)
    assert 1 < gain < 1.1
    tight = delivered_mg(patch("iontophoresis"), permeability=0.0)
    assert tight > 0


def test_pores_close():
    """A second day of wearing brings much less through needles than the first."""
    first, second = np.diff(membrane_law(patch("microneedle")).liberated(np.array([0.0, 24, 48])))
    assert second < 0.2 * first


def test_every_patch_pays_the_lag_again():
    """A patch worn 12 h brings less than half of what it brings in 24 h."""
    halved = evolve(ONCE, intakes_per_day=2)
    per_patch = delivered_mg(patch(membrane_um=200.0), regimen=halved) / 2
    whole = delivered_mg(patch(membrane_um=200.0))
    assert per_patch < 0.5 * whole


def test_two_patches_bring_twice_as_much_as_one():
    """Patches at once lie side by side."""
    double = delivered_mg(patch(), regimen=evolve(ONCE, units_per_intake=2))
    assert double == pytest.approx(2 * delivered_mg(patch()))


def test_what_does_not_fit_together_is_refused():
    """Finite factors, laws of the skin only, and patches worn every day alike."""
    law = membrane_law(patch())
    for wrong in (np.array([np.nan]), np.array([-1.0]), np.ones((2, 2))):
        with pytest.raises(InputError, match="give each subject one finite factor"):
            passed_in_steps(law, 1, DAY_H, wrong)
    with pytest.raises(InputError, match="law of route 'oral' and mechanism 'membrane'"):
        passed_in_steps(evolve(law, route=Route.ORAL), 1, DAY_H, np.ones(1))
    people = draw_subjects(named_population("healthy_adults", size=1))
    now_and_then = evolve(taken_daily(law, ONCE, 2), units=np.array([[1.0], [0.0]]))
    with pytest.raises(InputError, match="patches are only followed when worn every day alike"):
        follow([now_and_then], settle(people), people, days=2)
