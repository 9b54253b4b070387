"""Excluded regions: nothing is drawn inside, by whatever answers, and the reason is told."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulation import space as space_module
from formulation.delivery import get_system
from formulation.errors import InputError
from formulation.regions import Interval, Region
from formulation.space import DesignSpace
from tests.formulation.test_space import make_space

TIMED = make_space(get_system("timed_release"))
PERCENT = "percent"


def region(because="it sticks", **when):
    return Region(system="timed_release", when=when, because=because)


RICH = region(hpmc=Interval(low=35, unit=PERCENT), magnesium_stearate=Interval(high=0.5))
CITRATE = region("the lot is spent", salt=("citrate",))
SOLVENT = region("no solvent here", form=("ethylcellulose_matrix",))
HEAVY = region("too big", unit_mass=Interval(low=500, unit="mg"))


def excluding(*regions):
    return DesignSpace(spaces=TIMED.spaces, excluded=regions)


@pytest.mark.parametrize(
    "regions",
    [(RICH,), (CITRATE,), (SOLVENT, CITRATE), (HEAVY,), (RICH, CITRATE, SOLVENT, HEAVY)],
    ids=["rich", "citrate", "two choices", "heavy", "all"],
)
def test_no_sample_lies_in_what_is_excluded(regions):
    """Small regions and ones that are most of the system; designs come back from their answers."""
    space = excluding(*regions)
    for design in space.sample(300, np.random.default_rng(1)):
        assert not any(r.holds(design) for r in regions)
        assert space.violations(design) == ()
        assert space.decode(space.encode(design)) == design


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_answers_that_lead_inside_make_a_valid_design_and_always_the_same(seed):
    """Corners of the cube too: a search may ask for anything."""
    space = excluding(RICH, CITRATE, HEAVY)
    rng = np.random.default_rng(seed)
    answers = {}

    def pick(name, choices):
        answers[name] = float(rng.integers(2)) if choices is None else rng.choice(choices).item()
        return answers[name]

    design = space.draw(pick)
    assert space.violations(design) == ()
    assert space.decode(answers) == design


def test_what_was_not_excluded_is_drawn_as_before():
    """The same answers, the same design."""
    kept = [d for d in TIMED.sample(200, np.random.default_rng(2)) if not RICH.holds(d)]
    assert kept
    assert all(excluding(RICH).decode(TIMED.encode(d)) == d for d in kept)


def test_a_design_is_moved_in_what_the_region_is_about_and_keeps_the_rest():
    """A force that is too high becomes another; recipe, salt and regimen stay."""
    force = region("it caps", compression_force_kn=Interval(low=15))
    space = excluding(force)
    inside = [d for d in TIMED.sample(60, np.random.default_rng(9)) if force.holds(d)]
    assert len(inside) > 20
    for design in inside:
        moved = space.decode(TIMED.encode(design))
        assert moved.process["compression_force_kn"] < 15
        assert (moved.amounts_mg, moved.regimen) == (design.amounts_mg, design.regimen)


def test_samples_are_what_rejection_leaves_of_all_samples():
    """The share of a salt among them too."""
    n = 4000
    wanted = [d for d in TIMED.sample(n, np.random.default_rng(3)) if not RICH.holds(d)]
    found = excluding(RICH).sample(n, np.random.default_rng(4))
    for salt in TIMED.spaces[0].options:
        shares = [np.mean([d.salt == salt for d in designs]) for designs in (wanted, found)]
        assert abs(shares[0] - shares[1]) < 4 * np.sqrt(0.5 / n)


def test_a_design_inside_is_told_why_nobody_wants_it():
    """In the words of the study."""
    inside = next(d for d in TIMED.sample(500, np.random.default_rng(5)) if CITRATE.holds(d))
    (broken,) = excluding(CITRATE).violations(inside)
    assert broken.message == (
        "timed_release with salt citrate is excluded by the study: the lot is spent"
    )


def test_a_missing_component_has_no_share_and_a_missing_setting_meets_nothing():
    """A recipe with the other lubricant holds 0 % of this one; a plain tablet has no lag."""
    without = [d for d in TIMED.sample(300, np.random.default_rng(6))]
    little = region(magnesium_stearate=Interval(high=0.5))
    other = [d for d in without if "magnesium_stearate" not in d.amounts_mg]
    assert other
    assert all(little.holds(d) for d in other)
    late = region(coat_lag_h=Interval(low=1))
    assert {late.holds(d) for d in without} == {True, False}
    assert all(late.holds(d) == ("coat_lag_h" in d.process) for d in without)


def test_excluding_everything_is_refused_with_the_reasons():
    """Of the system, with what was tried."""
    everything = region("of a whim", salt=tuple(TIMED.spaces[0].options))
    with pytest.raises(InputError, match=r"leaves nothing: each of 2000 .*of a whim"):
        excluding(everything)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({}, "without a condition"),
        ({"hpmc": Interval(low=60, unit=PERCENT)}, "excludes nothing; it goes from 20 to 50 %"),
        ({"hpmc": ("K4M",)}, "is a number"),
        ({"hpmc_grade": Interval(low=1)}, "is a choice"),
        ({"hpmc_grade": ("K5M",)}, "'K5M' is not known"),
        ({"hpcm": Interval(low=1)}, "Did you mean 'hpmc'"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(when, message):
    """A misspelt name would else exclude nothing without a word."""
    with pytest.raises(InputError, match=message):
        region(**when)


def test_a_space_with_excluded_regions_survives_pickling():
    """Workers draw the same designs."""
    space = excluding(RICH)
    again = pickle.loads(pickle.dumps(space))
    rngs = (np.random.default_rng(7) for _ in range(2))
    first, second = (s.sample(30, rng) for s, rng in zip((space, again), rngs, strict=True))
    assert first == second


def test_without_moving_out_designs_would_lie_inside(monkeypatch):
    """The tests above see what protects them: without tries, one witness stands for all."""
    monkeypatch.setattr(space_module, "NEAR", 0)
    monkeypatch.setattr(space_module, "FAR", 0)
    space = excluding(HEAVY)
    inside = [d for d in TIMED.sample(40, np.random.default_rng(8)) if HEAVY.holds(d)]
    assert len({space.decode(TIMED.encode(d)).key for d in inside}) == 1
