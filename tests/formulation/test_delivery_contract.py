"""What every delivery system promises, run over the whole tuple and every salt."""

from functools import cache
from itertools import pairwise
from math import isfinite
from pathlib import Path

import numpy as np
import pytest

import formulation.delivery
from formulation.blends import SaltSource
from formulation.choices import chosen_in
from formulation.data import load_sources
from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.excipients import excipient_of
from formulation.limits import get_limits
from formulation.profiles import HCL_01M, WATER
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace
from models.release import RELEASE_MODELS, release_law
from models.release.vessel import dissolve_all

SALTS = ("oxide", "citrate", "bisglycinate", "chloride", "sulfate", "citrate+oxide")
TIMES_H = np.array([0.0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 24, 48])

every_system = pytest.mark.parametrize("system", DELIVERY_SYSTEMS, ids=lambda s: s.name)
every_salt = pytest.mark.parametrize("salt", SALTS)


@cache
def space_of(system_name, salt):
    """Return the space of one system and salt; None where the salt cannot be made into it."""
    lots = tuple(make_lot(name) for name in salt.split("+"))
    source = lots[0] if len(lots) == 1 else SaltSource(lots=lots, low_pct=10, high_pct=60)
    space = SystemSpace(
        system=get_system(system_name),
        sources=(source,),
        regimens=tuple(
            Regimen(units_per_intake=units, intakes_per_day=2, with_meals=True)
            for units in (1, 2, 3)
        ),
        limits=get_limits("US"),
        dose=DoseRange(low_mg_per_day=100, high_mg_per_day=350),
    )
    return DesignSpace(spaces=(space,)) if space.options else None


def sample(system, salt, n):
    whole = space_of(system.name, salt)
    if whole is None:
        pytest.skip(f"{salt} does not dissolve enough for any form of {system.name}")
    return whole, whole.sample(n, np.random.default_rng(SALTS.index(salt)))


def undeclared(files, systems):
    """Return files of delivery systems that the tuple does not list, and the other way round."""
    return {f for f in files if not f.startswith("_")} ^ {s.name for s in systems}


def folder_of_systems():
    return {path.stem for path in Path(formulation.delivery.__file__).parent.glob("*.py")}


def test_every_file_of_the_folder_is_in_the_tuple():
    """A system that was written and not listed would never be offered."""
    assert undeclared(folder_of_systems(), DELIVERY_SYSTEMS) == set()


def test_a_forgotten_file_would_be_noticed():
    """The check above fails for a file without entry, and for an entry without file."""
    assert undeclared({*folder_of_systems(), "sublingual"}, DELIVERY_SYSTEMS) == {"sublingual"}
    assert undeclared(folder_of_systems(), DELIVERY_SYSTEMS[:-1]) == {DELIVERY_SYSTEMS[-1].name}


def test_every_system_has_a_release_model():
    """And no release model is left without its system."""
    assert {s.name for s in DELIVERY_SYSTEMS} == set(RELEASE_MODELS)


@every_system
def test_a_system_says_where_its_ranges_come_from(system):
    """Components, process parameters and limits cite registered sources; salt comes first."""
    for form in system.forms:
        parts = (*form.components, *form.process, *form.dimensions, *form.relations)
        cited = {part.source for part in parts}
        cited |= {form.unit_mass_mg.source, form.elemental_mg_per_unit.source}
        assert cited <= load_sources().keys()
        assert form.components[0].name == "salt"
    assert get_system(system.name) is system


@every_system
def test_every_component_is_an_excipient_of_the_table(system):
    """Each grade of it too, so that cost, sodium and allergens are known or said to be unknown."""
    for form in system.forms:
        choices = form.choices()
        for component in form.components[1:]:
            for grade in choices.get(f"{component.name}_grade", (None,)):
                process = {} if grade is None else {f"{component.name}_grade": grade}
                assert excipient_of(component.name, process).label


@every_system
@every_salt
def test_every_form_and_choice_is_drawn(system, salt):
    """No form, grade, coat or excipient is on offer that a search would never see."""
    space, designs = sample(system, salt, 3000)
    part = space.spaces[0]
    for name, makes in part.options[part.sources[0].name].items():
        form = system.form(name)
        mine = [d for d in designs if d.process["form"] == name]
        drawn = {chosen_in(form, d) for d in mine}
        for k, selection in enumerate(form.selections):
            possible = {chosen[k] for some in makes.values() for chosen in some}
            assert {chosen[k] for chosen in drawn} == possible, selection.name


@every_system
@every_salt
def test_samples_are_valid_and_come_back(system, salt):
    """From the space, and from plain values with the same key."""
    space, designs = sample(system, salt, 200)
    for design in designs:
        assert space.violations(design) == ()
        assert space.decode(space.encode(design)) == design
        assert Design.from_dict(design.as_dict()).key == design.key


@every_system
@every_salt
def test_the_release_law_rises_from_nothing_to_at_most_the_label(system, salt):
    """Liberated fractions never fall and never exceed one."""
    for design in sample(system, salt, 100)[1]:
        fraction = release_law(design).liberated(TIMES_H)
        assert fraction[0] == 0
        assert (np.diff(fraction) >= 0).all()
        assert fraction[-1] <= 1


@every_system
@every_salt
@pytest.mark.parametrize("medium", [HCL_01M, WATER], ids=lambda m: m.name)
def test_a_vessel_never_dissolves_more_than_was_liberated(system, salt, medium):
    """Nor more than its fluid and acid can hold; the curve rises."""
    laws = [release_law(design) for design in sample(system, salt, 10)[1]]
    for law, curve in zip(laws, dissolve_all(laws, medium, TIMES_H), strict=True):
        assert (np.diff(curve.fraction) >= -1e-12).all()
        if law.coat is None:
            assert (curve.fraction <= law.liberated(TIMES_H) + 1e-9).all()
        most = 0.0
        for solid in law.solids:
            capacity = solid.solubility_mmol_per_l * medium.volume_l
            if solid.acid_demand_meq_per_mmol:
                capacity += medium.acid_meq / solid.acid_demand_meq_per_mmol
            most += max(min(capacity, solid.dose_mmol), solid.dose_mmol * solid.predissolved)
        assert curve.fraction[-1] * law.dose_mmol <= most * (1 + 1e-9)


@every_system
def test_features_have_the_same_names_for_every_design_and_are_finite(system):
    """A surrogate sees one table, whatever the salt, and never the name of a population."""
    salts = [salt for salt in SALTS if space_of(system.name, salt) is not None]
    rows = [system.features(d) for salt in salts for d in sample(system, salt, 50)[1]]
    for row in rows:
        assert tuple(row) == tuple(rows[0])
        assert all(isinstance(x, float) and isfinite(x) for x in row.values()), row


@every_system
def test_features_tell_recipes_apart(system):
    """Two different recipes of one salt never look the same to a surrogate."""
    designs = sample(system, "sulfate", 400)[1]
    seen = {tuple(system.features(d).values()): (d.amounts_mg, d.process) for d in designs}
    distinct = {str((sorted(d.amounts_mg.items()), sorted(d.process.items()))) for d in designs}
    assert len(seen) >= len(distinct)


@every_system
def test_components_can_be_ordered_by_name_only_once(system):
    """Names are unique over components and process parameters."""
    for form in system.forms:
        names = [c.name for c in form.components] + [d.name for d in form.dimensions]
        names += [s.name for s in form.selections]
        # A parameter may stand twice, under conditions that exclude each other.
        names += sorted({p.name for p in form.process})
        assert all(a != b for a, b in pairwise(sorted(names))), form.name


def test_an_unknown_system_lists_the_nearest():
    """In the domain and in the release models alike."""
    with pytest.raises(UnknownNameError, match=r"'timed' is not known.*timed_release"):
        get_system("timed")
    design = sample(DELIVERY_SYSTEMS[0], "citrate", 1)[1][0]
    foreign = Design.from_dict({**design.as_dict(), "system": "timed_releas"})
    with pytest.raises(UnknownNameError, match=r"'timed_releas' is not known.*'timed_release'"):
        release_law(foreign)


@pytest.mark.parametrize(("low", "high"), [(50, 40), (-1, 5), (90, 101), (float("nan"), 5)])
def test_impossible_bounds_of_a_component_are_refused(low, high):
    """Shares lie between 0 and 100 %, low before high."""
    with pytest.raises(InputError, match=r"Component 'salt': bounds .* are impossible"):
        formulation.delivery.Component(
            name="salt", role="-", low_pct=low, high_pct=high, source="EFSA2016"
        )
