"""What the engine keeps whatever is taken: mass, signs, order of the lanes, the diet's balance."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from formulation.errors import InputError
from formulation.patients import named_population
from formulation.regimen import Regimen
from models.population import alike, draw_subjects
from models.release import release_law
from models.simulator import run
from models.simulator.arms import MODEL, NOTHING_TAKEN, Taken, taken_daily
from models.simulator.run import follow
from models.simulator.settle import settle
from tests.families import gel, liposome, matrix, patch, product, solution, tablet


def salt_tablet(salt, mg):
    """Return a quick tablet of another salt."""
    amounts = {"salt": mg, "povidone": 30.0, "croscarmellose": 30.0, "magnesium_stearate": 10.0}
    process = {"form": "tablet", "compression_force_kn": 8.0}
    return product("immediate_release", amounts, process, salt=salt, balance="mcc", mass=mg + 150.0)


LAWS = {
    "tablet": release_law(tablet(15.0)),
    "lactate tablet": release_law(salt_tablet("lactate", 900.0)),
    "oxide tablet": release_law(salt_tablet("oxide", 415.0)),
    "carbonate tablet": release_law(salt_tablet("carbonate", 880.0)),
    "solution": release_law(solution()),
    "slow matrix": release_law(matrix(40.0)),
    "coated matrix": release_law(matrix(30.0, coat=("pulsatile_coat",), lag_h=3.0)),
    "liposomes": release_law(liposome(6.0)),
    "gel": release_law(gel(2.0)),
    "microneedles": release_law(patch("microneedle")),
}
TWICE = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)
GUT = [n for n in MODEL.state_names if n[0] in "PDS" and n[-1].isdigit()]


@pytest.fixture(scope="module")
def subjects():
    """Adults enough for two blocks, the second not full."""
    return draw_subjects(named_population("healthy_adults", size=24))


@pytest.fixture(scope="module")
def start(subjects):
    """Where they stand."""
    return settle(subjects)


def weeks(law, start, subjects, *, days=14, regimen=TWICE, **how):
    """Return a product taken by a regimen for days."""
    return follow([taken_daily(law, regimen, days)], start, subjects, days=days, **how)


extreme = st.fixed_dictionaries(
    {
        "law": st.sampled_from(sorted(LAWS)),
        "units": st.sampled_from([0.0, 1e-3, 1.0, 6.0, 20.0]),
        "water": st.sampled_from([1.0, 1e-3, 1e3]),
        "acid": st.sampled_from([0.0, 1.0, 3.0]),
        "solubility": st.sampled_from([1.0, 1e-2, 1e2]),
        "days": st.integers(1, 6),
    }
)


def extreme_law(case):
    """Return a law whose salts dissolve much faster, slower or less than they do."""
    law = LAWS[case["law"]]
    solids = [
        evolve(
            solid,
            k_water_per_h=solid.k_water_per_h * case["water"],
            k_acid_l_per_mmol_h=solid.k_acid_l_per_mmol_h * case["acid"],
            solubility_mmol_per_l=solid.solubility_mmol_per_l * case["solubility"],
        )
        for solid in law.solids
    ]
    return evolve(law, solids=tuple(solids))


@settings(max_examples=25, deadline=None)
@given(case=extreme)
def test_nothing_is_lost_or_negative_in_extreme_products(case):
    """Magnesium closes to 1e-12 and no amount falls below -1e-12 of what was taken."""
    subjects = draw_subjects(named_population("ppi_users", size=16))
    start = settled("ppi_users")
    units = np.full((case["days"], 2), case["units"])
    taken = Taken(law=extreme_law(case), times_h=(0.0, 10.5), units=units)
    course = follow([taken], start, subjects, days=case["days"], keep_path=True)
    dose = max(taken.law.dose_mmol * case["units"], 1.0)
    assert course.mass_error < 1e-12
    assert np.isfinite(course.path).all()
    assert course.path.min() > -1e-12 * dose


@settings(max_examples=50, deadline=None)
@given(case=extreme)
def test_no_amount_exceeds_what_there_is(case):
    """No step makes more magnesium in a place than came in, or more acid than the stomach holds."""
    subjects = draw_subjects(named_population("ppi_users", size=16))
    start = settled("ppi_users")
    units = np.full((case["days"], 2), case["units"])
    taken = Taken(law=extreme_law(case), times_h=(0.0, 10.5), units=units)
    course = follow([taken], start, subjects, days=case["days"], keep_path=True)
    before = start.state[MODEL.index(*GUT)].sum(axis=0)
    eaten = start.numbers["meal"] * len(start.meal_times_h) + 24 * start.numbers["secretion"]
    brought = before + case["days"] * (eaten + 2 * case["units"] * taken.law.dose_mmol)
    inside = course.path[0][:, :, MODEL.index(*GUT)].sum(axis=2)
    assert (inside < brought * (1 + 1e-9)).all()
    assert (course.path[0][:, :, 0] < MODEL.constants["acid_cap"]).all()


_SETTLED = {}


def settled(name):
    """Return the start of sixteen subjects of a population, computed once."""
    if name not in _SETTLED:
        _SETTLED[name] = settle(draw_subjects(named_population(name, size=16)))
    return _SETTLED[name]


@pytest.mark.parametrize("name", LAWS)
def test_mass_closes_on_replayed_days(name, subjects, start):
    """Six weeks that are replayed account for all magnesium to 1e-12."""
    course = weeks(LAWS[name], start, subjects, days=42)
    assert 0 < course.replay_error <= run.REPLAY_TOLERANCE
    assert course.mass_error < 1e-12


@pytest.mark.parametrize("replay", [True, False])
def test_a_product_without_dose_changes_nothing(replay, subjects, start):
    """Zero units give the course of the diet alone at the same clock times, to the last bit."""
    times = (0.0, 10.5)
    none = Taken(law=LAWS["tablet"], times_h=times, units=np.zeros((7, 2)))
    empty = Taken(law=LAWS["gel"], times_h=times, units=np.zeros((7, 2)))
    course = follow([none, empty], start, subjects, days=7, replay=replay)
    assert (course.daily[0] == course.daily[1]).all()
    assert (course.end[0] == course.end[1]).all()


def test_nothing_taken_leaves_the_gut_as_it_was(subjects, start):
    """A day of the diet alone ends where it began, to 1e-4 of what the gut holds."""
    course = follow([NOTHING_TAKEN], start, subjects, days=1)
    rows = MODEL.index(*GUT)
    total = start.state[rows].sum(axis=0)
    assert (np.abs(course.end[0][rows] - start.state[rows]) < 1e-4 * total).all()


def test_serum_stays_where_it_is_on_the_diet_alone(subjects, start):
    """A year of the diet alone moves nobody's mean serum by 0.5 %."""
    course = follow([NOTHING_TAKEN], start, subjects, days=365)
    serum = course.day("serum_mean")[0]
    assert np.abs(serum / start.serum - 1).max() < 0.005


LAST_DAY = ("absorbed", "urine", "serum_mean", "extracellular", "red_cells", "muscle", "bone")


@pytest.mark.parametrize("name", LAWS)
def test_replayed_days_are_those_that_are_integrated(name, subjects, start):
    """After six weeks replay is within 1e-4 of a run in which every step is integrated."""
    replayed = weeks(LAWS[name], start, subjects, days=42)
    whole = weeks(LAWS[name], start, subjects, days=42, replay=False)
    for column in LAST_DAY:
        ratio = replayed.day(column)[0, -1] / whole.day(column)[0, -1]
        assert np.abs(ratio - 1).max() < 1e-4, column
    stool = [sum(c.day(f"stool_{k}") for k in ("dissolved", "solid")) for c in (replayed, whole)]
    assert np.abs(stool[0][0, -1] / stool[1][0, -1] - 1).max() < 2e-4


def test_replay_gives_way_when_it_misses_too_much(subjects, start, monkeypatch):
    """With a tolerance no replay can meet, the course is the integrated one, to the last bit."""
    whole = weeks(LAWS["tablet"], start, subjects, replay=False)
    monkeypatch.setattr(run, "REPLAY_TOLERANCE", 0.0)
    course = weeks(LAWS["tablet"], start, subjects)
    assert course.replay_error == 0.0
    assert (course.daily == whole.daily).all()


@pytest.mark.parametrize("replay", [True, False])
def test_threads_change_nothing(replay, subjects):
    """One thread and two give the same bits, in the start and in the course."""
    start = settle(subjects)
    again = settle(subjects, threads=2)
    assert (start.state == again.state).all()
    one = weeks(LAWS["tablet"], start, subjects, days=5, replay=replay)
    two = weeks(LAWS["tablet"], start, subjects, days=5, replay=replay, threads=2)
    assert (one.daily == two.daily).all()
    assert (one.end == two.end).all()


def test_company_changes_nothing():
    """Sixteen subjects alone are the same sixteen among sixty-four, to the last bit."""
    many = draw_subjects(named_population("healthy_adults", size=64))
    few = evolve(many, values={name: x[:16] for name, x in many.values.items()})
    few = evolve(few, population=evolve(few.population, size=16))
    among = weeks(LAWS["tablet"], settle(many), many, days=5)
    alone = weeks(LAWS["tablet"], settle(few), few, days=5)
    assert (among.daily[..., :16] == alone.daily).all()


def test_products_together_are_the_products_alone(subjects, start):
    """Several products in one call give what each gives by itself."""
    both = [taken_daily(LAWS[name], TWICE, 5) for name in ("tablet", "gel")]
    together = follow(both, start, subjects, days=5)
    for k, taken in enumerate(both):
        assert (together.daily[k] == follow([taken], start, subjects, days=5).daily[0]).all()


def test_missed_doses_are_missed(subjects, start):
    """Days before a missed dose are as without it; the days after absorb less."""
    full = taken_daily(LAWS["tablet"], TWICE, 8)
    units = full.units.copy()
    units[3:5] = 0.0
    course = follow([full, evolve(full, units=units)], start, subjects, days=8, replay=False)
    absorbed = course.day("absorbed")
    assert (absorbed[0, :3] == absorbed[1, :3]).all()
    assert (absorbed[0, 3:5] > absorbed[1, 3:5]).all()
    assert course.mass_error < 1e-12


def test_an_irregular_schedule_is_never_replayed(subjects, start):
    """Days that differ are integrated, even where replay is allowed."""
    full = taken_daily(LAWS["tablet"], TWICE, 6)
    units = full.units.copy()
    units[2, 1] = 0.0
    course = follow([evolve(full, units=units)], start, subjects, days=6)
    assert course.replay_error == 0.0


@pytest.mark.parametrize("egfr", [35.0, 95.0])
def test_what_is_absorbed_more_is_excreted_more(egfr):
    """After three years urine has risen by the net uptake, at any filtration, within 2 %."""
    subjects = alike(16, egfr_ml_min=egfr)
    start = settle(subjects)
    days = 3 * 365
    with_product = weeks(LAWS["tablet"], start, subjects, days=days)
    diet = follow([NOTHING_TAKEN], start, subjects, days=days)

    def more(column):
        return (with_product.day(column)[0, -1] - diet.day(column)[0, -1])[0]

    assert more("absorbed") > 0.1
    assert more("urine") == pytest.approx(more("absorbed"), rel=0.02)


# What is refused before anything is integrated.


def checked(start, subjects, *, units=None, times=(0.0, 10.5), days=3):
    """Follow a tablet with one thing changed."""
    units = np.ones((days, len(times))) if units is None else units
    follow([Taken(law=LAWS["tablet"], times_h=times, units=units)], start, subjects, days=days)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_impossible_units_are_refused(value, subjects, start):
    """Units that are not finite or below zero are not integrated."""
    units = np.ones((3, 2))
    units[1, 1] = value
    with pytest.raises(InputError, match="units taken must be finite"):
        checked(start, subjects, units=units)


@pytest.mark.parametrize("times", [(10.5, 0.0), (4.0, 4.0)])
def test_overlapping_times_are_refused(times, subjects, start):
    """Clock times must increase."""
    with pytest.raises(InputError, match="overlap or are not in order"):
        checked(start, subjects, times=times)


@pytest.mark.parametrize("time_h", [-1.0, 24.0, float("nan")])
def test_times_outside_the_day_are_refused(time_h, subjects, start):
    """A clock time lies between 0 and 24 hours."""
    with pytest.raises(InputError, match=r"time|0 to below 24"):
        checked(start, subjects, times=(time_h,))


@pytest.mark.parametrize("days", [0, -3, 100_000, 2.5])
def test_impossible_days_are_refused(days, subjects, start):
    """Neither no days nor centuries are followed."""
    with pytest.raises(InputError, match="days are impossible"):
        follow([NOTHING_TAKEN], start, subjects, days=days)


def test_no_product_is_refused(subjects, start):
    """An empty list names what to use for the diet alone."""
    with pytest.raises(InputError, match="NOTHING_TAKEN"):
        follow([], start, subjects, days=3)


def test_a_schedule_of_another_length_is_refused(subjects, start):
    """Units for five days are not followed for three."""
    with pytest.raises(InputError, match="units for 5 days"):
        checked(start, subjects, units=np.ones((5, 2)))


def test_products_at_different_times_are_refused_together(subjects, start):
    """Products share their clock times within a call."""
    pair = [Taken(law=LAWS["tablet"], times_h=(t,), units=np.ones((3, 1))) for t in (0.0, 8.0)]
    with pytest.raises(InputError, match="different clock times"):
        follow(pair, start, subjects, days=3)


def test_mass_closes_where_replay_gives_up(start, subjects, monkeypatch):
    """A product that is integrated again in full is not counted twice."""
    monkeypatch.setattr(run, "REPLAY_TOLERANCE", -1.0)
    course = weeks(LAWS["oxide tablet"], start, subjects)
    assert course.replay_error == 0.0
    assert course.mass_error < 1e-12
