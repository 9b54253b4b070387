"""The design space: valid by construction, reversible, and able to say why a recipe is not."""

import json
import pickle
from io import StringIO

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.limits import get_limits
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace

SALTS = ("oxide", "citrate", "bisglycinate", "chloride")
REGIMENS = tuple(
    Regimen(units_per_intake=units, intakes_per_day=intakes, with_meals=meals)
    for units in (1, 2, 3, 6)
    for intakes in (1, 2, 3)
    for meals in (True, False)
)
TWICE = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)

every_system = pytest.mark.parametrize("system", DELIVERY_SYSTEMS, ids=lambda s: s.name)


def make_space(system, *, where="EU", salts=SALTS, low=50, high=None, regimens=REGIMENS):
    limits = get_limits(where)
    most = limits.daily_supplemental.value
    space = SystemSpace(
        system=system,
        sources=tuple(make_lot(salt) for salt in salts),
        regimens=regimens,
        limits=limits,
        dose=DoseRange(low_mg_per_day=low, high_mg_per_day=most if high is None else high),
    )
    return DesignSpace(spaces=(space,))


def tablet(**amounts):
    """Return 100 mg of magnesium as citrate in a tablet of 1 g, twice a day."""
    recipe = {"salt": 617.3, "povidone": 30.0, "croscarmellose": 20.0, "magnesium_stearate": 10.0}
    return Design(
        system="immediate_release",
        salt="citrate",
        salt_mg_pct=make_lot("citrate").mg_pct,
        amounts_mg={**recipe, "mcc": 322.7, **amounts},
        process={"form": "tablet", "compression_force_kn": 20.0},
        regimen=TWICE,
    )


@every_system
@pytest.mark.parametrize("where", ["EU", "US"])
def test_no_sample_breaks_a_rule(system, where):
    """50,000 samples a jurisdiction and system, over all salts, and not one violation."""
    space, rng = make_space(system, where=where), np.random.default_rng(20)
    seen = set()
    for _ in range(50):
        for design in space.sample(1000, rng):
            assert space.violations(design) == ()
            seen.add(design.salt)
    assert seen == set(space.spaces[0].options)


@st.composite
def narrowed_systems(draw):
    """Draw a study that leaves each share and the unit mass a few balance steps of room."""
    system = draw(st.sampled_from(DELIVERY_SYSTEMS))
    form = draw(st.sampled_from(system.forms))
    system = system.restricted("form", (form.name,))
    lightest, heaviest = form.range_of("unit_mass")
    mass = draw(st.floats(lightest, heaviest - 60))
    system = system.narrowed("unit_mass", mass, mass + draw(st.floats(0.3, 60)))
    for component in form.components[:-1]:
        if draw(st.booleans()):
            low = draw(st.floats(component.low_pct, component.high_pct))
            high = min(component.high_pct, low + draw(st.floats(0.05, 2)))
            system = system.narrowed(component.name, low, high)
    return system


@settings(max_examples=60, deadline=None)
@given(narrowed_systems(), st.sampled_from(["EU", "US"]), st.integers(0, 2**32 - 1))
def test_narrow_studies_are_sampled_without_violations_and_reversed(system, where, seed):
    """Where rounding to 0.1 mg bites, designs are still valid and still come back exactly."""
    try:
        space = make_space(system, where=where)
    except InputError:
        reject()  # the draw left nothing to make; other tests say how that is told
    for design in space.sample(60, np.random.default_rng(seed)):
        assert space.violations(design) == ()
        assert space.decode(space.encode(design)) == design


@every_system
def test_corners_of_the_cube_are_valid_designs(system):
    """A search may ask for the ends of every range at once."""
    space, rng = make_space(system), np.random.default_rng(4)
    for _ in range(500):
        design = space.draw(
            lambda _, choices: (
                float(rng.integers(2)) if choices is None else choices[rng.integers(len(choices))]
            )
        )
        assert space.violations(design) == ()
        assert space.decode(space.encode(design)) == design


@every_system
def test_decoding_an_encoded_design_gives_it_back(system):
    """Exactly, amount by amount and setting by setting."""
    space = make_space(system, where="US")
    for design in space.sample(2000, np.random.default_rng(5)):
        assert space.decode(space.encode(design)) == design


def test_a_valid_design_at_the_very_edge_is_reversed_too():
    """The richest and heaviest tablet is valid, so the space can draw it."""
    edge = {"salt": 1360.0, "povidone": 16.0, "croscarmellose": 16.0, "magnesium_stearate": 4.0}
    once = Regimen(units_per_intake=1, intakes_per_day=1, with_meals=True)
    design = evolve(tablet(**edge, mcc=204.0), regimen=once)
    space = make_space(get_system("immediate_release"), where="US")
    assert space.violations(design) == ()
    assert space.decode(space.encode(design)) == design


@every_system
def test_a_seed_gives_the_same_designs(system):
    """And another seed gives others."""
    space = make_space(system)
    first, again, other = (space.sample(20, np.random.default_rng(s)) for s in (1, 1, 2))
    assert first == again
    assert first != other


@every_system
def test_yaml_and_json_keep_a_design_and_its_key(system):
    """What is stored is the design, on every machine."""
    yaml = YAML(typ="safe")
    for design in make_space(system).sample(20, np.random.default_rng(6)):
        text = StringIO()
        yaml.dump(design.as_dict(), text)
        for back in (yaml.load(text.getvalue()), json.loads(json.dumps(design.as_dict()))):
            assert Design.from_dict(back) == design
            assert Design.from_dict(back).key == design.key


def test_a_space_survives_pickling():
    """Workers get it by pickle, and draw the same designs."""
    space = make_space(get_system("timed_release"))
    copy = pickle.loads(pickle.dumps(space))
    assert copy.sample(5, np.random.default_rng(1)) == space.sample(5, np.random.default_rng(1))


def test_a_composition_that_cannot_sum_is_refused():
    """The message names the system and what the components can give."""
    system = get_system("immediate_release").restricted("fillers", ("mcc",))
    system = system.restricted("form", ("tablet",)).restricted("coat", ("none",))
    system = system.narrowed("salt", 40, 41).narrowed("mcc", 10, 12)
    message = r"release.tablet: the composition cannot sum to 100 % .* 52.25 to 67.5 %.*Widen"
    with pytest.raises(InputError, match=message):
        make_space(system)


def test_a_composition_no_balance_can_meet_is_refused():
    """A share fixed to a point is narrower than 0.1 mg; the message says so."""
    system = get_system("timed_release").narrowed("hpmc", 33.333, 33.333)
    system = system.restricted("form", ("hpmc_matrix",))
    message = r"hpmc_matrix: the ranges are so narrow that no recipe weighed to 0.1 mg.*Widen"
    with pytest.raises(InputError, match=message):
        make_space(system)


def test_an_empty_space_says_why_for_each_salt():
    """Too little room for the dose is told in mg of salt."""
    system = get_system("immediate_release").restricted("form", ("tablet",))
    system = system.narrowed("unit_mass", 300, 400)
    message = r"design space is empty: immediate_release: chloride would need .* Widen the dose"
    with pytest.raises(InputError, match=message):
        make_space(system, salts=("chloride",), low=200, regimens=(TWICE,))


def test_an_impossible_regimen_for_the_jurisdiction_empties_the_space():
    """The EU asks for two intakes; once a day leaves nothing."""
    once = Regimen(units_per_intake=1, intakes_per_day=1, with_meals=True)
    with pytest.raises(InputError, match="design space is empty"):
        make_space(get_system("immediate_release"), regimens=(once,))


@pytest.mark.parametrize("options", [{"salts": ()}, {"regimens": ()}])
def test_a_study_without_salt_or_regimen_is_refused(options):
    """There has to be something to choose from."""
    with pytest.raises(InputError, match=r"no (salt|regimen) is given; .* at least one"):
        make_space(get_system("immediate_release"), **options)


@pytest.mark.parametrize(
    ("name", "low", "high", "message"),
    [
        ("salt", 60, 50, "immediate_release.tablet.salt: low 60 % lies above high 50 %"),
        ("salt", 30, 50, "salt: 30 to 50 % reaches outside 40 to 85 %"),
        ("unit_mass", 300, 2000, "300 to 2000 mg reaches outside 300 to 1600 mg.*may only narrow"),
        ("compression_force_kn", 10, 12.25, "not a whole number of steps of 0.5 kN"),
        ("compression_force_kn", float("nan"), 12, "low nan kN lies above high 12 kN"),
    ],
)
def test_a_study_may_only_narrow_a_range(name, low, high, message):
    """Reversed, wider and off the machine's steps are refused by name."""
    with pytest.raises(InputError, match=message):
        get_system("immediate_release").restricted("form", ("tablet",)).narrowed(name, low, high)


def test_what_a_study_leaves_out_is_in_no_recipe():
    """A filler or a polymer that may not be chosen is gone, with the settings it alone had."""
    tablets = get_system("immediate_release").restricted("form", ("tablet",))
    space = make_space(tablets.restricted("fillers", ("mcc",)))
    recipes = [set(d.amounts_mg) for d in space.sample(50, np.random.default_rng(0))]
    assert all("mcc" in recipe and "lactose" not in recipe for recipe in recipes)
    gels = get_system("mucoadhesive_gel").restricted("polymers", ("hec", "chitosan"))
    with pytest.raises(InputError, match=r"leaves nothing of 4.5 to 6, .* polymers .*chitosan"):
        gels.narrowed("ph", 6.2, 7)
    neutral = gels.restricted("polymers", ("hec",)).narrowed("ph", 6.2, 7)
    for design in make_space(neutral).sample(50, np.random.default_rng(0)):
        assert 6.2 <= design.process["ph"] <= 7
        assert "chitosan" not in design.amounts_mg


def test_a_range_that_does_not_fit_every_form_asks_for_one():
    """A solution is not 40 % salt; the message says how to name one form."""
    with pytest.raises(InputError, match=r"40 to 60 % reaches outside .*'tablet.salt'"):
        get_system("immediate_release").narrowed("salt", 40, 60)
    system = get_system("immediate_release").narrowed("tablet.salt", 45, 60)
    assert system.form("tablet").range_of("salt") == (45, 60)
    assert system.form("capsule").range_of("salt") == (40, 85)


def test_narrowing_and_restricting_are_kept():
    """Every kind of range, and the choices."""
    system = get_system("timed_release")
    for name, low, high in (
        ("hpmc", 30, 40),
        ("unit_mass", 700, 900),
        ("elemental_mg_per_unit", 60, 80),
        ("compression_force_kn", 10, 12.5),
    ):
        system = system.narrowed(name, low, high)
        assert system.forms[0].range_of(name) == (low, high)
    system = system.restricted("hpmc_grade", ("K4M",)).restricted("form", ("hpmc_matrix",))
    space = make_space(system)
    for design in space.sample(50, np.random.default_rng(0)):
        assert 30 <= design.share_pct("hpmc") <= 40
        assert 700 <= design.unit_mass_mg <= 900
        assert 60 <= design.elemental_mg_per_unit <= 80
        assert design.process["hpmc_grade"] == "K4M"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.narrowed("hpcm", 1, 2), "timed_release: range 'hpcm' is not known.*'hpmc'"),
        (lambda s: s.narrowed("hpmc_grade", 1, 2), "hpmc_grade is a choice; list its settings"),
        (lambda s: s.restricted("hpmc_grade", ("K5M",)), "hpmc_grade setting 'K5M'.*'K15M'"),
        (lambda s: s.restricted("hpmc_grade", ()), "'hpmc_grade' has no choices"),
        (lambda s: s.restricted("compression_force_kn", ("5",)), "is a number; give it low and"),
    ],
)
def test_a_wrong_name_or_setting_is_refused(call, message):
    """With the nearest names, or what to write instead."""
    with pytest.raises(InputError, match=message):
        call(get_system("timed_release"))


@pytest.mark.parametrize(("low", "high"), [(200, 100), (0, 100), (-5, 5), (float("nan"), 5)])
def test_an_impossible_dose_is_refused(low, high):
    """Reversed or not above zero."""
    with pytest.raises(InputError, match=r"mg/d of elemental magnesium is impossible; 0 < low"):
        DoseRange(low_mg_per_day=low, high_mg_per_day=high)


def test_unknown_names_of_a_space_list_the_nearest():
    """Systems and salts outside the study."""
    space = make_space(get_system("immediate_release"))
    with pytest.raises(UnknownNameError, match="Delivery system 'immediate' is not known"):
        space.space_of("immediate")
    with pytest.raises(UnknownNameError, match=r"salt 'oxyde' is not known.*'oxide'"):
        space.space_of("immediate_release").source("oxyde")
