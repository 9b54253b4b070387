"""Release of lipid nanoparticles and mucoadhesive gels."""

from functools import cache
from math import pi

import numpy as np
import pytest
from attrs import evolve

from formulation.delivery import FORM, Route
from formulation.delivery.lipid_nanoparticle import LIPID_NANOPARTICLE, entrapment_efficiency
from formulation.delivery.mucoadhesive_gel import MUCOADHESIVE_GEL, residence_h, viscosity_pa_s
from formulation.limits import get_limits
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace
from models.release.gel import gel_law
from models.release.nanoparticle import (
    LIPOLYSIS_RATE,
    burst_share,
    lipolysis_rate_per_h,
    nanoparticle_law,
)

TIMES_H = np.array([0.0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 24, 48])
LAWS = {"lipid_nanoparticle": nanoparticle_law, "mucoadhesive_gel": gel_law}
SYSTEMS = (LIPID_NANOPARTICLE, MUCOADHESIVE_GEL)

every_system = pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.name)
every_salt = pytest.mark.parametrize("salt", ["chloride", "citrate", "bisglycinate", "lactate"])


def sample(system, salt, n=100):
    return space_of(system.name, salt).sample(n, np.random.default_rng(3))


@cache
def space_of(name, salt):
    """Return a space by name, once, since its polytopes take seconds."""
    space = SystemSpace(
        system=next(system for system in SYSTEMS if system.name == name),
        sources=(make_lot(salt),),
        regimens=tuple(
            Regimen(units_per_intake=units, intakes_per_day=3, with_meals=True)
            for units in (1, 2, 6)
        ),
        limits=get_limits("US"),
        dose=DoseRange(low_mg_per_day=10, high_mg_per_day=350),
    )
    return DesignSpace(spaces=(space,))


def first(system, form, salt="chloride", holding=()):
    designs = sample(system, salt, 300)
    return next(d for d in designs if d.process[FORM] == form and set(holding) <= set(d.amounts_mg))


def with_setting(design, **settings):
    return evolve(design, process={**design.process, **settings})


def with_amount(design, **amounts):
    return evolve(design, amounts_mg={**design.amounts_mg, **amounts})


@every_system
@every_salt
@pytest.mark.parametrize("in_body", [False, True])
def test_release_rises_from_nothing_to_at_most_the_label(system, salt, in_body):
    """On the bench and in the body."""
    for design in sample(system, salt):
        fraction = LAWS[system.name](design).liberated(TIMES_H, in_body=in_body)
        assert fraction[0] == pytest.approx(0, abs=1e-12)
        assert (np.diff(fraction) >= -1e-12).all()
        assert fraction[-1] <= 1 + 1e-12


@every_system
@every_salt
def test_a_law_holds_the_magnesium_of_its_unit(system, salt):
    """Nothing is lost between recipe and law."""
    for design in sample(system, salt, 20):
        dose = LAWS[system.name](design).dose_mmol
        assert dose == pytest.approx(design.elemental_mg_per_unit / 24.305)


def test_most_magnesium_of_a_dispersion_is_free_at_once():
    """What is not entrapped is a solution: out within minutes, and dissolved already."""
    for design in sample(LIPID_NANOPARTICLE, "chloride", 50):
        law = nanoparticle_law(design)
        assert law.route is Route.ORAL
        assert {solid.predissolved for solid in law.solids} == {1.0}
        assert law.parameters["free"] == 1 - entrapment_efficiency(design)
        assert law.liberated(np.array([0.1]))[0] > 0.99 * law.parameters["free"]


def test_lipolysis_decides_release_in_the_body():
    """The share held back after 8 h is far smaller with bile and lipase than on the bench."""
    for design in sample(LIPID_NANOPARTICLE, "chloride", 50):
        law = nanoparticle_law(design)
        bench, body = (law.liberated(np.array([8.0]), in_body=b)[0] for b in (False, True))
        assert body >= bench
        if "medium_chain_triglycerides" in design.amounts_mg:
            assert 1 - body < 0.3 * (1 - bench)


def test_particles_are_diffusion_limited_as_spheres():
    """The rate is pi^2 D/R^2: half the size, four times as fast."""
    design = first(LIPID_NANOPARTICLE, "sln")
    coarse = nanoparticle_law(with_setting(design, size_nm=200.0)).parameters
    fine = nanoparticle_law(with_setting(design, size_nm=100.0)).parameters
    assert coarse["k_diffusion_per_h"] == pytest.approx(pi**2 * 3e-22 * 3600 / 1e-7**2)
    assert fine["k_diffusion_per_h"] == pytest.approx(4 * coarse["k_diffusion_per_h"])


@pytest.mark.parametrize("form", ["sln", "nlc", "liposome"])
@pytest.mark.parametrize("name", ["k_burst_per_h", "k_diffusion_per_h", "k_lipolysis_per_h"])
def test_smaller_particles_let_go_faster(form, name):
    """By every way out."""
    design = first(LIPID_NANOPARTICLE, form)
    fine, coarse = (
        nanoparticle_law(with_setting(design, size_nm=size)).parameters for size in (100.0, 250.0)
    )
    assert fine[name] > coarse[name]


def test_the_burst_rises_with_the_magnesium_outside():
    """A strong solution makes particles leak."""
    design = first(LIPID_NANOPARTICLE, "liposome")
    strong = with_amount(design, salt=2 * design.amounts_mg["salt"])
    assert 0.1 < burst_share(design) < burst_share(strong) < 0.6


def test_a_wax_is_split_more_slowly_than_a_liquid_triglyceride():
    """And cholesterol protects a bilayer."""
    wax = first(LIPID_NANOPARTICLE, "sln", holding=("cetyl_palmitate",))
    assert lipolysis_rate_per_h(wax) == pytest.approx(float(LIPOLYSIS_RATE["cetyl_palmitate"]))
    oily = first(
        LIPID_NANOPARTICLE, "nlc", holding=("cetyl_palmitate", "medium_chain_triglycerides")
    )
    assert lipolysis_rate_per_h(oily) > lipolysis_rate_per_h(wax)
    stiff = first(LIPID_NANOPARTICLE, "liposome", holding=("cholesterol",))
    assert lipolysis_rate_per_h(with_amount(stiff, cholesterol=0.0)) > lipolysis_rate_per_h(stiff)


def test_lecithin_that_only_covers_solid_lipid_is_not_counted_as_lipid():
    """A surfactant does not speed lipolysis of the core."""
    design = first(LIPID_NANOPARTICLE, "sln", holding=("soy_lecithin",))
    more = with_amount(design, soy_lecithin=2 * design.amounts_mg["soy_lecithin"])
    assert lipolysis_rate_per_h(more) == lipolysis_rate_per_h(design)


@pytest.mark.parametrize(
    ("form", "route"),
    [("swallowed", Route.ORAL), ("buccal", Route.BUCCAL), ("rectal", Route.RECTAL)],
)
def test_a_gel_goes_the_way_of_its_form_and_stays_a_while(form, route):
    """Route and residence travel with the law."""
    design = first(MUCOADHESIVE_GEL, form)
    law = gel_law(design)
    assert law.route is route
    assert law.residence_h == residence_h(design)


def test_a_thicker_gel_lets_go_more_slowly():
    """More polymer, higher viscosity, lower rate."""
    design = first(MUCOADHESIVE_GEL, "swallowed", holding=("hpmc_k4m",))
    thick = with_amount(design, hpmc_k4m=2 * design.amounts_mg["hpmc_k4m"])
    assert viscosity_pa_s(thick) > viscosity_pa_s(design)
    slow, quick = (gel_law(d).parameters["k_release_per_h"] for d in (thick, design))
    assert slow < quick


def test_alginate_swells_faster_than_its_neutral_neighbours():
    """With magnesium in it, at the same mass."""
    alginate = first(MUCOADHESIVE_GEL, "swallowed", holding=("sodium_alginate",))
    share = alginate.amounts_mg["sodium_alginate"]
    rest = {k: v for k, v in alginate.amounts_mg.items() if k != "sodium_alginate"}
    neutral = evolve(alginate, amounts_mg={**rest, "hec": rest.get("hec", 0.0) + share})
    fast, slow = (gel_law(d).parameters["k_swelling_per_h"] for d in (alginate, neutral))
    assert fast > slow


def test_salt_beyond_saturation_leaves_a_gel_as_particles():
    """Citrate is suspended for the most part, the chloride dissolved."""
    suspended = min(
        gel_law(d).solids[0].predissolved for d in sample(MUCOADHESIVE_GEL, "citrate", 50)
    )
    dissolved = {
        solid.predissolved
        for d in sample(MUCOADHESIVE_GEL, "chloride", 50)
        for solid in gel_law(d).solids
    }
    assert suspended < 0.3
    assert dissolved == {1.0}
