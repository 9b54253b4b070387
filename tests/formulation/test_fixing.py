"""Fixed factors: every design has them, weighed; what cannot be is refused in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulation.choices import every_choice
from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.errors import InputError, UnknownNameError
from formulation.fixing import fixed
from tests.formulation.test_space import make_space

TIMED = get_system("timed_release")


def designs_of(system, n=60):
    space = make_space(system)
    found = space.sample(n, np.random.default_rng(3))
    assert not any(space.violations(design) for design in found)
    assert all(space.decode(space.encode(design)) == design for design in found)
    return found


def test_a_fixed_share_is_held_to_what_the_balance_can_weigh():
    """Hypromellose at 30 %: as near as the lightest tablet allows, in the form that knows it."""
    for value in (20.0, 30.0):
        for design in designs_of(fixed(TIMED, "hpmc", value)):
            assert design.process["form"] == "hpmc_matrix"
            assert design.share_pct("hpmc") == pytest.approx(value, abs=0.06)


@pytest.mark.parametrize("mass", [300.0, 1000.0, 1600.0])
def test_a_fixed_unit_mass_is_met_exactly_also_at_the_ends_of_its_range(mass):
    """Every unit weighs it to a step of the balance."""
    system = fixed(TIMED, "unit_mass", mass)
    system = system.narrowed("elemental_mg_per_unit", None, 60) if mass == 300 else system
    assert all(abs(d.unit_mass_mg - mass) <= 0.11 for d in designs_of(system))


def test_fixing_an_optional_component_puts_it_into_every_recipe():
    """And zero leaves it out of each."""
    assert all("lactose" in d.amounts_mg for d in designs_of(fixed(TIMED, "lactose", 15.0)))
    assert not any("lactose" in d.amounts_mg for d in designs_of(fixed(TIMED, "lactose", 0.0)))


def test_fixing_a_conditional_setting_keeps_the_choice_under_which_it_exists():
    """A lag has only the coat that ruptures after one."""
    for design in designs_of(fixed(TIMED, "coat_lag_h", 2.0)):
        assert "pulsatile_coat" in design.amounts_mg
        assert design.process["coat_lag_h"] == 2.0


def test_a_name_with_its_form_keeps_that_form_alone():
    """Both matrices are compressed."""
    system = fixed(TIMED, "ethylcellulose_matrix.compression_force_kn", 12.5)
    assert [form.name for form in system.forms] == ["ethylcellulose_matrix"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("hpmc", 60.0, "60 % w/w lies outside 20 to 50 % w/w"),
        ("hpmc_grade", "K5M", "'K5M' is no setting of it. Known: K100LV"),
        ("hpmc", "K4M", "is a number; 'K4M' is none"),
        ("hpmc_grade", 3.0, "is a choice; 3.0 is none"),
        ("compression_force_kn", 20.3, "steps of 0.5 from 5 kN"),
        ("unit_mass", 9000.0, "9000 mg lies outside 300 to 1600 mg"),
        ("form", "sachet", "'sachet' is not known"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_rule(name, value, message):
    """Which object, what was given, which rule."""
    with pytest.raises(InputError, match=message):
        fixed(TIMED, name, value)


def test_an_unknown_name_lists_the_nearest():
    """Of this system."""
    with pytest.raises(UnknownNameError, match="Did you mean 'hpmc'"):
        fixed(TIMED, "hpcm", 20.0)


def test_what_every_choice_holds_cannot_be_left_out():
    """After a restriction to recipes with it."""
    with pytest.raises(InputError, match="lactose is in every choice of fillers"):
        fixed(TIMED.restricted("fillers", ("lactose",)), "lactose", 0.0)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_number_of_any_system_can_be_fixed_and_is_held(data):
    """A share in the middle of its range; what is sampled is valid and comes back."""
    system = data.draw(st.sampled_from(DELIVERY_SYSTEMS))
    form = data.draw(st.sampled_from(system.forms))
    component = data.draw(st.sampled_from(form.components))
    low, high = component.low_pct, component.high_pct
    value = round(low + data.draw(st.floats(0, 1)) * (high - low), 2)
    value = min(max(value, low), high) or low
    narrower = fixed(system, f"{form.name}.{component.name}", value)
    (form,) = narrower.forms
    recipes = [form.names_of(chosen) for chosen in every_choice(form)]
    assert all(component.name in names for names in recipes)
    try:
        found = designs_of(narrower, 20)
    except InputError:
        return  # the dose and that share exclude each other; other tests say how that is told
    # At an end of its range all the room lies on one side.
    room = 2 * 0.06 * (1 + max(map(len, recipes))) / form.range_of("unit_mass")[0]
    assert all(abs(d.share_pct(component.name) - value) <= 100 * room for d in found)
