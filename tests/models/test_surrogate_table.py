"""Training rows: designs spread over the space, and only a laboratory's curves beside them."""

from collections import Counter

import numpy as np
import pytest
from attrs import evolve

from formulation.delivery import get_system
from formulation.errors import DataError
from formulation.profiles import HCL_01M, WATER, Medium, ReleaseProfile
from formulation.provenance import Origin
from formulation.unabsorbed import unabsorbed_mosm_per_day
from models.chain import CURVE_TIMES_H, MechanisticChain
from models.release import release_law
from models.surrogates.law_features import body_row
from models.surrogates.table import (
    ENDPOINT_KEYS,
    LAW_TIMES_H,
    MeasuredCurve,
    build_table,
    feature_row,
    space_filling,
)
from tests.experiments.small_study import small_study

SPEC = small_study()
SYSTEMS = SPEC.space.systems


def profile(fraction, times_h=CURVE_TIMES_H, *, origin=Origin.MEASURED, medium=HCL_01M):
    return ReleaseProfile(times_h=times_h, fraction=fraction, medium=medium, origin=origin)


def measured(design, times_h, fraction, *, medium=HCL_01M, source="lab/1"):
    """Return a laboratory's curve of a design."""
    return MeasuredCurve(
        design=design, profile=profile(fraction, times_h, medium=medium), source=source
    )


def table(system, curves=(), n_designs=8):
    return build_table(
        SPEC.space.space_of(system), SPEC.population, n_designs=n_designs, seed=1, measured=curves
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_space_filling_designs_are_valid_and_distinct(system) -> None:
    """As many as asked for, none breaks an input rule, no two alike."""
    designs = space_filling(SPEC.space.space_of(system), 64, seed=3)
    assert len({d.key for d in designs}) == len(designs) == 64
    assert [v for d in designs for v in SPEC.space.violations(d)] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_space_filling_covers_every_salt_and_every_regimen(system) -> None:
    """Salts alike to a tenth, and no regimen that fits a salt is missed."""
    part = SPEC.space.space_of(system)
    designs = space_filling(part, 128, seed=3)
    salts = Counter(d.salt_name for d in designs)
    assert set(salts) == set(part.options)
    assert min(salts.values()) >= 0.9 * len(designs) / len(part.options)
    fitting = {text for salt in part.options for text in part.regimens_for(salt)}
    assert {str(d.regimen) for d in designs} == fitting


@pytest.mark.parametrize("system", SYSTEMS)
def test_space_filling_spans_the_range_of_every_component_and_setting(system) -> None:
    """Each share and each numeric setting varies over more than half of what can be reached."""
    part = SPEC.space.space_of(system)
    designs, reachable = space_filling(part, 128, seed=3), space_filling(part, 1024, seed=8)
    for name in feature_row(designs[0]):
        reached = np.ptp([feature_row(d)[name] for d in reachable])
        assert np.ptp([feature_row(d)[name] for d in designs]) >= 0.5 * reached, name


def test_space_filling_depends_on_its_seed_alone() -> None:
    """Same seed, same designs; another seed, others."""
    part = SPEC.space.space_of(SYSTEMS[0])
    first, again, other = (space_filling(part, 16, seed=s) for s in (3, 3, 4))
    assert first == again
    assert {d.key for d in first} != {d.key for d in other}


def test_a_simulated_row_holds_what_the_chain_says() -> None:
    """Endpoints are the percentiles of the mechanistic chain, in the order of their keys."""
    rows = table("timed_release")
    designs = space_filling(SPEC.space.space_of("timed_release"), 8, seed=1)
    truth = MechanisticChain().evaluate(designs, SPEC.population, ENDPOINT_KEYS).value
    assert rows.groups == tuple(d.key for d in designs)
    np.testing.assert_array_equal(rows.endpoints, truth)
    np.testing.assert_array_equal(
        rows.features, [list(feature_row(design).values()) for design in designs]
    )


def test_features_hold_what_loosens_stools_beside_magnesium() -> None:
    """An emulator that did not see it predicted half of the variance of loose stools."""
    designs = space_filling(SPEC.space.space_of("immediate_release"), 20, seed=1)
    seen = [feature_row(design)["unabsorbed_mosm_per_day"] for design in designs]
    assert seen == [unabsorbed_mosm_per_day(design) for design in designs]
    assert len(set(seen)) > 5


def test_features_hold_the_liberated_fractions_of_the_law() -> None:
    """Beside the system's own features, rising with time."""
    (design,) = space_filling(SPEC.space.space_of("timed_release"), 1, seed=1)
    row = feature_row(design)
    own = get_system("timed_release").features(design)
    liberated = [row[f"law_liberated_{t:g}h"] for t in LAW_TIMES_H]
    law = {f"law_liberated_{t:g}h" for t in LAW_TIMES_H}
    body = set(body_row(design, release_law(design)))
    assert set(row) - set(own) == law | body | {"unabsorbed_mosm_per_day"}
    assert liberated == sorted(liberated)


def test_measured_rows_stand_after_the_simulated_and_are_counted_apart() -> None:
    """Two curves of one formulation and one of another: three rows, two formulations."""
    one, two = space_filling(SPEC.space.space_of("timed_release"), 2, seed=9)
    times, rising = [0.0, 1.0, 24.0], [0.0, 0.3, 0.9]
    curves = [
        measured(one, times, rising, source="lab/2"),
        measured(one, times, rising),
        measured(two, times, rising),
    ]
    rows = table("timed_release", curves)
    assert (rows.n_simulated, rows.n_measured, rows.n_measured_groups) == (8, 3, 2)
    assert rows.groups[8:] == (one.key, one.key, two.key)
    assert rows.sources == ("lab/1", "lab/2")
    assert rows.endpoints.shape == (8, len(ENDPOINT_KEYS))
    assert rows.curves.shape == (11, len(CURVE_TIMES_H))


def test_a_curve_first_read_after_1_h_starts_from_nothing_released() -> None:
    """Before the first reading the curve rises from zero; it is not held at that reading."""
    (design,) = space_filling(SPEC.space.space_of("timed_release"), 1, seed=9)
    row = table("timed_release", [measured(design, [1.0, 24.0], [0.4, 0.9])]).curves[-1]
    before = CURVE_TIMES_H <= 1.0
    np.testing.assert_allclose(row[before], 0.4 * CURVE_TIMES_H[before])


@pytest.mark.parametrize("origin", [o for o in Origin if o is not Origin.MEASURED])
def test_a_curve_that_nobody_measured_is_refused(origin) -> None:
    """Simulated, published or assumed curves never count as a laboratory's."""
    (design,) = space_filling(SPEC.space.space_of("timed_release"), 1, seed=9)
    with pytest.raises(DataError, match=f"'lab/1' says {origin.value}; only a laboratory's"):
        MeasuredCurve(
            design=design, profile=profile([0.1, 0.9], [1.0, 8.0], origin=origin), source="lab/1"
        )


def test_a_measured_curve_of_another_system_is_refused() -> None:
    """A tablet's curve teaches nothing about a matrix."""
    (tablet,) = space_filling(SPEC.space.space_of("immediate_release"), 1, seed=9)
    with pytest.raises(DataError, match="is of immediate_release, asked for timed_release"):
        table("timed_release", [measured(tablet, [1.0, 24.0], [0.4, 0.9])])


def test_a_measured_curve_in_another_medium_is_refused() -> None:
    """Curves in water do not stand beside curves in acid."""
    (design,) = space_filling(SPEC.space.space_of("timed_release"), 1, seed=9)
    with pytest.raises(
        DataError, match=r"in 'water, 900 mL'; curves of such a form are learnt in '0\.1 M"
    ):
        table("timed_release", [measured(design, [1.0, 24.0], [0.4, 0.9], medium=WATER)])


def test_the_same_medium_under_another_name_is_accepted() -> None:
    """Volume and acid decide, not the label or the object."""
    (design,) = space_filling(SPEC.space.space_of("timed_release"), 1, seed=9)
    same = Medium(name="HCl 0.1 N", volume_l=HCL_01M.volume_l, acid_meq=HCL_01M.acid_meq)
    assert table("timed_release", [measured(design, [1.0, 24.0], [0.4, 0.9], medium=same)])


def test_other_subjects_change_the_endpoints_and_not_the_curves() -> None:
    """The bench knows no patient."""
    part = SPEC.space.space_of("timed_release")
    here = table("timed_release")
    there = build_table(part, evolve(SPEC.population, seed=4), n_designs=8, seed=1)
    np.testing.assert_array_equal(here.curves, there.curves)
    assert (here.endpoints != there.endpoints).any()
