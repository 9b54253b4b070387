"""What every delivery system promises, run over the whole tuple and every salt."""

from itertools import pairwise
from math import isfinite
from pathlib import Path

import numpy as np
import pytest

import formulation.delivery
from formulation.data import load_sources
from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.limits import get_limits
from formulation.profiles import HCL_01M, WATER
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace
from models.release import RELEASE_MODELS, release_law
from models.release.vessel import dissolve_all

SALTS = ("oxide", "citrate", "bisglycinate", "chloride")
TIMES_H = np.array([0.0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 24, 48])

every_system = pytest.mark.parametrize("system", DELIVERY_SYSTEMS, ids=lambda s: s.name)
every_salt = pytest.mark.parametrize("salt", SALTS)


def sample(system, salt, n):
    space = SystemSpace(
        system=system,
        lots=(make_lot(salt),),
        regimens=tuple(
            Regimen(units_per_intake=units, intakes_per_day=2, with_meals=True)
            for units in (1, 2, 3)
        ),
        limits=get_limits("US"),
        dose=DoseRange(low_mg_per_day=100, high_mg_per_day=350),
    )
    whole = DesignSpace(spaces=(space,))
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
    cited = {part.source for part in (*system.components, *system.process)}
    cited |= {system.unit_mass_mg.source, system.elemental_mg_per_unit.source}
    assert cited <= load_sources().keys()
    assert system.components[0].name == "salt"
    assert get_system(system.name) is system


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
        p = law.parameters
        assert (np.diff(curve.fraction) >= -1e-12).all()
        assert (curve.fraction <= law.liberated(TIMES_H) + 1e-9).all()
        capacity = p["solubility_mmol_per_l"] * medium.volume_l
        if p["acid_demand_meq_per_mmol"]:
            capacity += medium.acid_meq / p["acid_demand_meq_per_mmol"]
        assert curve.fraction[-1] * p["dose_mmol"] <= capacity * (1 + 1e-9)


@every_system
def test_features_have_the_same_names_for_every_design_and_are_finite(system):
    """A surrogate sees one table, whatever the salt, and never the name of a population."""
    rows = [system.features(d) for salt in SALTS for d in sample(system, salt, 50)[1]]
    for row in rows:
        assert tuple(row) == tuple(rows[0])
        assert all(isinstance(x, float) and isfinite(x) for x in row.values()), row


@every_system
def test_features_tell_recipes_apart(system):
    """Two different recipes of one salt never look the same to a surrogate."""
    designs = sample(system, "citrate", 200)[1]
    seen = {tuple(system.features(d).values()): (d.amounts_mg, d.process) for d in designs}
    distinct = {str((sorted(d.amounts_mg.items()), sorted(d.process.items()))) for d in designs}
    assert len(seen) >= len(distinct)


@every_system
def test_components_can_be_ordered_by_name_only_once(system):
    """Names are unique over components and process parameters."""
    names = sorted([c.name for c in system.components] + [p.name for p in system.process])
    assert all(a != b for a, b in pairwise(names))


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
