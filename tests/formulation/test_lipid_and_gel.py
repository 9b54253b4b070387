"""Lipid nanoparticles and mucoadhesive gels: what can be made of them, and what is predicted."""

from functools import cache

import numpy as np
import pytest
from attrs import evolve

from formulation.attributes import osmolality_mosm_per_kg
from formulation.blends import SaltSource
from formulation.data import load_sources
from formulation.delivery import FORM, Route
from formulation.delivery import lipid_nanoparticle as lipid
from formulation.delivery import mucoadhesive_gel as gel
from formulation.delivery.lipid_nanoparticle import LIPID_NANOPARTICLE
from formulation.delivery.mucoadhesive_gel import MUCOADHESIVE_GEL
from formulation.design import Design
from formulation.excipients import excipients
from formulation.limits import get_limits
from formulation.regimen import Regimen
from formulation.rules import invalid_pairs
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace

SYSTEMS = (LIPID_NANOPARTICLE, MUCOADHESIVE_GEL)
SOURCES = {
    **{salt: make_lot(salt) for salt in ("chloride", "citrate", "bisglycinate", "lactate")},
    "chloride+lactate": SaltSource(
        lots=(make_lot("chloride"), make_lot("lactate")), low_pct=10, high_pct=60
    ),
}
ONCE = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)

every_system = pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.name)
every_source = pytest.mark.parametrize("source", SOURCES)


def space_of(system, source):
    """Return the space of one salt, from weak buccal gels to strong sachets."""
    return named_space(system.name, source)


@cache
def named_space(name, source):
    """Return the same, by name and once, since its polytopes take seconds."""
    space = SystemSpace(
        system=next(system for system in SYSTEMS if system.name == name),
        sources=(SOURCES[source],),
        regimens=tuple(
            Regimen(units_per_intake=units, intakes_per_day=intakes, with_meals=meals)
            for units in (1, 2, 6)
            for intakes in (2, 3)
            for meals in (True, False)
        ),
        limits=get_limits("US"),
        dose=DoseRange(low_mg_per_day=10, high_mg_per_day=350),
    )
    return DesignSpace(spaces=(space,))


def sample(system, source, n, seed=0):
    space = space_of(system, source)
    return space, space.sample(n, np.random.default_rng(seed))


def dispersion(form, process, **amounts):
    """Return a hand-written dispersion with the chloride; water in mg, the rest too."""
    return Design(
        system="lipid_nanoparticle",
        salt="chloride",
        salt_mg_pct=make_lot("chloride").mg_pct,
        amounts_mg=amounts,
        process={FORM: form, **process},
        regimen=ONCE,
    )


def liposome(mmol_per_l, **settings):
    """Return liposomes with that much magnesium in 10 mL of water, inside and outside."""
    salt = mmol_per_l * 0.01 * 24.305 / make_lot("chloride").mg_pct * 100
    process = {"size_nm": 150.0, "extrusion_passes": 11.0, **settings}
    return dispersion("liposome", process, salt=salt, sunflower_lecithin=500.0, water=10_000.0)


def particles(**settings):
    process = {"size_nm": 150.0, "homogenisation_bar": 800.0, "homogenisation_cycles": 4.0}
    amounts = {
        "salt": 840.0, "cetyl_palmitate": 500.0, "polysorbate_80": 200.0, "water": 8460.0
    }  # fmt: skip
    return dispersion("sln", {**process, **settings}, **amounts)


def gel_of(salt_mg=836.0, salt="chloride", ph=6.0, form="swallowed", **amounts):
    return Design(
        system="mucoadhesive_gel",
        salt=salt,
        salt_mg_pct=make_lot(salt).mg_pct,
        amounts_mg={"salt": salt_mg, **amounts},
        process={FORM: form, "ph": ph},
        regimen=ONCE,
    )


@every_system
@every_source
def test_random_designs_break_no_rule_and_come_back(system, source):
    """10,000 over all salts, a mixture included: none has a violation, all decode to themselves."""
    space, designs = sample(system, source, 1000)
    for design in designs:
        assert space.violations(design) == ()
        assert space.decode(space.encode(design)) == design
        assert Design.from_dict(design.as_dict()).key == design.key


@every_system
def test_every_form_is_reached_with_the_chloride(system):
    """No form is on paper only."""
    found = {design.process[FORM] for design in sample(system, "chloride", 300)[1]}
    assert found == {form.name for form in system.forms}


@every_system
def test_forms_start_with_salt_and_end_with_water_and_cite_sources(system):
    """Components are excipients of the table; every range has a registered source."""
    for form in system.forms:
        names = [c.name for c in form.components]
        assert (names[0], names[-1]) == ("salt", "water")
        assert set(names[1:]) <= excipients().keys()
        parts = (*form.components, *form.process, *form.relations)
        assert {p.source for p in parts} <= load_sources().keys()


@every_system
def test_features_tell_any_two_recipes_apart(system):
    """One set of names for all forms and salts; no two recipes look alike."""
    designs = [d for source in SOURCES for d in sample(system, source, 300, seed=5)[1]]
    rows = [system.features(d) for d in designs]
    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    assert all(isinstance(x, float) and np.isfinite(x) for row in rows for x in row.values())
    recipes = {str((d.salt_name, d.amounts_mg, d.process, d.regimen)) for d in designs}
    assert len({tuple(row.values()) for row in rows}) == len(recipes)


@pytest.mark.parametrize(
    ("mmol_per_l", "grams"), [pytest.param(100, 15, id="isotonic"), pytest.param(1000, 1.5)]
)
def test_lipid_needed_for_100_mg_matches_the_computed_figures(mmol_per_l, grams):
    """15 g when filled with isotonic chloride, 1.5 g when filled with a molar one."""
    assert lipid.lipid_g_per_100_mg_mg(liposome(mmol_per_l)) == pytest.approx(grams, rel=0.05)


def test_entrapment_stays_in_its_published_range():
    """Between 0.05 and 0.40, near 0.15 in the middle."""
    designs = sample(LIPID_NANOPARTICLE, "chloride", 1000)[1]
    found = np.array([lipid.entrapment_efficiency(d) for d in designs])
    assert found.min() > 0.05
    assert found.max() <= 0.40
    assert np.median(found) == pytest.approx(0.15, abs=0.03)


def test_solid_particles_hold_more_when_finer_and_richer_in_lipid():
    """And 15 % at 5 % lipid and 150 nm."""
    richer = evolve(particles(), amounts_mg={**particles().amounts_mg, "cetyl_palmitate": 900.0})
    assert lipid.entrapment_efficiency(particles()) == pytest.approx(0.15)
    assert lipid.entrapment_efficiency(particles(size_nm=80.0)) > 0.15
    assert lipid.entrapment_efficiency(richer) > 0.15


def test_entrapment_is_capped():
    """However much lecithin there is, an ion is not held better than 40 %."""
    crowded = evolve(liposome(100), amounts_mg={**liposome(100).amounts_mg, "soy_lecithin": 5e3})
    assert lipid.entrapment_efficiency(crowded) == 0.40


def test_magnesium_screens_the_zeta_potential():
    """It falls as concentration rises, and a charged lecithin has more to lose."""
    found = [lipid.zeta_mv(liposome(c)) for c in (1, 10, 100, 1000)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 30
    assert found[-1] < 5


def test_polydispersity_grows_when_particles_are_asked_to_be_finer_than_reached():
    """More pressure, cycles or passes narrow it."""
    typical = lipid.pdi(particles())
    assert typical == pytest.approx(0.2)
    assert lipid.pdi(particles(size_nm=80.0)) > typical
    assert lipid.pdi(particles(homogenisation_bar=1500.0)) < typical
    assert lipid.pdi(particles(homogenisation_cycles=5.0)) < typical
    assert lipid.pdi(liposome(100, extrusion_passes=21.0)) < lipid.pdi(liposome(100))


def test_liquid_lipid_of_a_carrier_keeps_its_share():
    """10 to 40 % of the lipid; more is refused by name."""
    designs = sample(LIPID_NANOPARTICLE, "chloride", 600)[1]
    carriers = [d for d in designs if d.process[FORM] == "nlc"]
    shares = [
        sum(d.amounts_mg.get(name, 0) for name in lipid.LIQUID_LIPIDS) / lipid.lipid_mg(d)
        for d in carriers
    ]
    assert 0.0999 < min(shares) < max(shares) < 0.4001
    liquid = next(name for name in lipid.LIQUID_LIPIDS if name in carriers[0].amounts_mg)
    oily = {**carriers[0].amounts_mg, liquid: lipid.lipid_mg(carriers[0])}
    found = space_of(LIPID_NANOPARTICLE, "chloride").violations(
        evolve(carriers[0], amounts_mg=oily)
    )
    assert "liquid_in_lipid" in {violation.rule for violation in found}


def test_the_form_of_a_gel_is_its_route():
    """Meals matter to what is swallowed only."""
    routes = {form.name: form.route for form in MUCOADHESIVE_GEL.forms}
    assert routes == {"swallowed": Route.ORAL, "buccal": Route.BUCCAL, "rectal": Route.RECTAL}
    placed = [
        d for d in sample(MUCOADHESIVE_GEL, "chloride", 300)[1] if d.process[FORM] == "buccal"
    ]
    assert {design.regimen.with_meals for design in placed} == {False}


@pytest.mark.parametrize("polymer", ["carbomer", "gellan"])
def test_a_polymer_that_magnesium_destroys_is_on_offer_and_refused_with_the_reason(polymer):
    """So nobody wonders why it is missing."""
    form = MUCOADHESIVE_GEL.form("swallowed")
    assert polymer in form.choices()["polymers"]
    assert all(polymer not in d.amounts_mg for d in sample(MUCOADHESIVE_GEL, "citrate", 300)[1])
    rules = list(invalid_pairs(frozenset({"chloride"}), frozenset({polymer}), {}))
    assert [rule.hint[:11] for rule in rules] == ["Use HEC, HP"]


def test_chitosan_keeps_its_gel_acid():
    """4.5 to 6.0 with chitosan, alone or beside another polymer; 5.5 to 7.0 without."""
    designs = sample(MUCOADHESIVE_GEL, "chloride", 1500)[1]
    acid = [d.process["ph"] for d in designs if "chitosan" in d.amounts_mg]
    mild = [d.process["ph"] for d in designs if "chitosan" not in d.amounts_mg]
    assert (min(acid), max(acid)) == (4.5, 6.0)
    assert (min(mild), max(mild)) == (5.5, 7.0)
    assert any(len(set(gel.POLYMERS) & d.amounts_mg.keys()) == 2 for d in designs)


def test_chitosan_above_its_ph_is_refused():
    """By the range and by the table of incompatibilities."""
    design = next(
        d for d in sample(MUCOADHESIVE_GEL, "chloride", 300)[1] if "chitosan" in d.amounts_mg
    )
    high = evolve(design, process={**design.process, "ph": 6.5})
    rules = [v.rule for v in space_of(MUCOADHESIVE_GEL, "chloride").violations(high)]
    assert rules == ["process", "incompatibility"]


def test_concentration_of_a_gel_matches_the_computed_figure():
    """100 mg of magnesium in 5 g are about 820 mmol/L."""
    design = gel_of(hec=100.0, water=4064.0)
    assert gel.magnesium_mmol_per_l(design) == pytest.approx(820, rel=0.01)


def test_osmolality_of_a_gel_matches_the_computed_figure():
    """100 mg as chloride in 5 mL of water: 2.3 Osm/kg with its crystal water, 2.5 without."""
    design = gel_of(hec=100.0, water=5000.0)
    assert 2250 < osmolality_mosm_per_kg(design) < 2500


def test_every_solute_adds_to_osmolality_and_suspended_salt_does_not():
    """Glycerol counts, the sodium of a polymer counts, undissolved citrate does not."""
    plain = osmolality_mosm_per_kg(gel_of(hec=100.0, water=4000.0))
    for solute in ("glycerol", "sorbitol", "potassium_sorbate", "sodium_cmc"):
        more = gel_of(hec=100.0, water=4000.0, **{solute: 100.0})
        assert osmolality_mosm_per_kg(more) > plain
    some = gel_of(salt="citrate", salt_mg=300.0, hec=100.0, water=4000.0)
    most = gel_of(salt="citrate", salt_mg=600.0, hec=100.0, water=4000.0)
    assert gel.dissolved_share(most) == pytest.approx(gel.dissolved_share(some) / 2)
    assert osmolality_mosm_per_kg(most) == pytest.approx(osmolality_mosm_per_kg(some))


def test_viscosity_is_that_of_the_grade_at_two_per_cent_and_rises_steeply():
    """A 2 % gel of K4M stands at 4 Pa.s, one of twice the share above the window's middle."""
    thin = gel_of(hpmc_k4m=100.0, water=4064.0)
    thick = gel_of(hpmc_k4m=200.0, water=3964.0)
    assert gel.viscosity_pa_s(thin) == pytest.approx(4.0)
    assert 30 < gel.viscosity_pa_s(thick) < 60


def test_two_polymers_thicken_more_than_either():
    """And not less than the sum of both."""
    hec, hpmc = gel_of(hec=100.0, water=4064.0), gel_of(hpmc_k4m=100.0, water=4064.0)
    both = gel_of(hec=100.0, hpmc_k4m=100.0, water=3964.0)
    alone = gel.viscosity_pa_s(hec) + gel.viscosity_pa_s(hpmc)
    assert gel.viscosity_pa_s(both) > alone


def test_chitosan_sticks_better_the_more_acid_it_is():
    """Its amines hold mucin while they are charged."""
    gels = [gel_of(ph=ph, chitosan=100.0, water=4064.0) for ph in (4.5, 5.5, 6.0)]
    found = [gel.adhesion_n_per_cm2(g) for g in gels]
    assert found == sorted(found, reverse=True)


def test_adhesion_and_residence_stay_in_their_published_ranges():
    """0.1 to 1.0 N/cm2, 1 to 8 h, and never longer than mucus lasts."""
    designs = sample(MUCOADHESIVE_GEL, "chloride", 1000)[1]
    assert all(0.1 < gel.adhesion_n_per_cm2(d) < 1.0 for d in designs)
    assert all(gel.swelling_ratio(d) >= 1 for d in designs)
    assert all(1 < gel.residence_h(d) < 6 for d in designs)


def test_a_gel_that_swells_more_comes_off_sooner():
    """Where both stick alike; and a gel in the rectum stays longest."""
    calm = gel_of(hec=100.0, water=4064.0)
    lush = gel_of(hec=200.0, water=3964.0)
    lost = [1 / gel.residence_h(g) - 1 / float(gel.MUCUS_TURNOVER) for g in (calm, lush)]
    at_same_hold = [x * gel.adhesion_n_per_cm2(g) for x, g in zip(lost, (calm, lush), strict=True)]
    assert gel.swelling_ratio(lush) > gel.swelling_ratio(calm)
    assert at_same_hold[1] > at_same_hold[0]
    placed = [gel.residence_h(gel_of(form=f, hec=100.0, water=4064.0)) for f in gel.DETACHMENT]
    assert placed == sorted(placed)


def test_salt_may_be_suspended_in_a_sachet_but_not_in_the_cheek():
    """Grit is felt; a buccal gel holds a solution."""
    designs = [d for s in SOURCES for d in sample(MUCOADHESIVE_GEL, s, 400)[1]]
    buccal = [gel.dissolved_share(d) for d in designs if d.process[FORM] == "buccal"]
    assert buccal
    assert min(buccal) > 0.999
    assert min(gel.dissolved_share(d) for d in designs) < 0.5
