"""Studies of the panel that saw what is absorbed more in the urine."""

import numpy as np

from formulation.arrays import FloatArray
from formulation.provenance import Basis, Quantity, assumed
from formulation.units import MG_PER_MMOL
from models.absorption.calibration import fine_fraction
from models.panel._assumptions import (
    SERUM_NOISE,
    URINE_4H_NOISE,
    URINE_NOISE,
    people_assumed,
    people_of,
)
from models.panel.experiment import Arms, Experiment, Statistic, Values
from models.panel.people import MEALS_H, People, people, study_day, take
from models.panel.products import (
    capsule,
    effervescent,
    enteric,
    late,
    powder,
    slow,
    solution,
    tablet,
    two_phase,
)
from models.release import ReleaseLaw

BREAKFAST_H = MEALS_H[0]


def _increment_curve(dose_mg: float, meal_mg: float) -> float:
    """Return what Fine's curve adds for a dose on top of a meal, as a fraction of the dose, [-]."""
    meal, both = meal_mg / MG_PER_MMOL, (meal_mg + dose_mg) / MG_PER_MMOL
    first, second = (x * fine_fraction(np.array([x]))[0] for x in (meal, both))
    return float((second - first) / (both - meal))


def _intake_times(values: Values) -> tuple[float, ...]:
    return {1: MEALS_H[:1], 2: MEALS_H[::2], 3: MEALS_H}[round(values["intakes"])]


_DAILY_MG = 255.2
"""21 mEq of magnesium, [mg/d]."""

_RUN_IN = 4
_STUDY_DAYS = slice(_RUN_IN, 7)
_FIROZ = {
    "film_ph": assumed(6.0, "1", "pH above which the film of the chloride opens", 5.5, 6.8),
}
_FIROZ_NOISE = assumed(
    0.08, "1", "mean of three days over one, each with 1 mmol of scatter, over 10.5"
)
_FIROZ_PEOPLE = people_assumed(4, "people of each preparation; 16 in all, recalled")


def _firoz(values: Values, size: int) -> tuple[FloatArray, ...]:
    """Return the urinary increment over the dose of chloride, lactate and oxide."""
    group = people(size)
    laws = (
        (enteric("chloride", 64.0, threshold_ph=values["film_ph"]), _DAILY_MG / 64.0),
        (slow("lactate", 84.0), _DAILY_MG / 84.0),
        (tablet("oxide", 240.0), _DAILY_MG / 240.0),
    )
    return tuple(_daily_share(group, law, units) for law, units in laws)


def _daily_share(group: People, law: ReleaseLaw, units: float) -> FloatArray:
    found = take(group, [law], times_h=(BREAKFAST_H,), units=units, days=7)
    urine = found.over_control("urine")[0, _STUDY_DAYS].mean(axis=0)
    return np.asarray(urine / (law.dose_mmol * units))


def _firoz_soluble(values: Values, size: int) -> Arms:
    chloride, lactate, _ = _firoz(values, size)
    return ((chloride + lactate) / 2,)


def _firoz_oxide(values: Values, size: int) -> Arms:
    chloride, lactate, oxide = _firoz(values, size)
    return oxide, (chloride + lactate) / 2


_ZHANG_DAYS = 84
_ZHANG = {
    "dose_mg": assumed(400.0, "mg/d", "near the middle of 197 to 994", 300.0, 500.0),
    "intakes": assumed(1.0, "1/d", "with a meal; the trials differ", 1.0, 3.0),
    "share_oxide": assumed(0.3, "1", "share of trials with oxide, the others soluble", 0.0, 1.0),
}


def _zhang(values: Values, size: int, column: str) -> FloatArray:
    """Return a column of the last day over control, averaged over the salts of the trials."""
    times = _intake_times(values)
    each = values["dose_mg"] / len(times)
    laws = [tablet(salt, each) for salt in ("oxide", "citrate")]
    found = take(people(size), laws, times_h=times, days=_ZHANG_DAYS)
    oxide, soluble = found.over_control(column)[:, -1]
    share = values["share_oxide"]
    return np.asarray(share * oxide + (1 - share) * soluble)


def _zhang_urine(values: Values, size: int) -> Arms:
    return (_zhang(values, size, "urine") / (values["dose_mg"] / MG_PER_MMOL),)


def _zhang_serum(values: Values, size: int) -> Arms:
    serum = _zhang(values, size, "serum_mean")
    return serum, 0 * serum


_PILOT_NOISE = Quantity(
    value=0.62,
    unit="1",
    basis=Basis.ESTIMATED,
    source="ReMagPilot2020",
    note="printed SD of 161.63 and 92.84 mg of the two arms, as independent, over 300 mg",
)
_LOW_BREAKFAST = {
    "meal_mmol": assumed(1.5, "mmol", "each meal of a day low in magnesium", 0.5, 3.0),
}


def _pilot(values: Values, size: int) -> Arms:
    group = study_day(people(size), meal_times_h=MEALS_H, meal_mmol=values["meal_mmol"])
    law = solution("chloride", 300.0)
    found = take(group, [law], times_h=(BREAKFAST_H,), days=1)
    return (found.over_control("urine")[0, 0] / law.dose_mmol,)


_SIENER = {"intakes": assumed(1.0, "1/d", "450 mg at once, or spread over the day", 1.0, 3.0)}


def _siener(values: Values, size: int) -> Arms:
    times = _intake_times(values)
    laws = [form("oxide", 150.0) for form in (effervescent, capsule)]
    found = take(people(size), laws, times_h=times, units=3 / len(times), days=1)
    foamed, shut = found.over_control("urine")[:, 0]
    return foamed, shut


LOAD_MG = 25.0 * MG_PER_MMOL
_LOAD = {
    "hours_until_meal": assumed(4.0, "h", "an oral load after a night's fast", 4.0, 6.0),
}


def _lindberg(values: Values, size: int) -> Arms:
    meals = (values["hours_until_meal"], values["hours_until_meal"] + 6.0)
    group = study_day(people(size), meal_times_h=(*meals, 22.0))
    laws = [powder(salt, LOAD_MG) for salt in ("citrate", "oxide")]
    found = take(group, laws, times_h=(0.0, 4.0), days=1, keep_path=True)
    citrate, oxide = found.state_over_control("urine", 4.0)
    return citrate, oxide


_KAPPELER_DAYS = 6
_KAPPELER = {
    "dose_mg": assumed(300.0, "mg", "recalled", 250.0, 350.0),
    "hours_until_meal": assumed(3.0, "h", "taken fasted, then a meal", 0.0, 5.0),
}


def _kappeler(values: Values, size: int) -> Arms:
    """Return the day's urine after five days of filling the stores with citrate."""
    group = people(size)
    fill = tablet("citrate", values["dose_mg"])
    filled = take(group, [fill], times_h=(BREAKFAST_H,), days=_KAPPELER_DAYS - 1)
    meal = BREAKFAST_H + values["hours_until_meal"]
    ready = study_day(filled.after(group), meal_times_h=(meal, meal + 6.0))
    laws = [tablet(salt, values["dose_mg"]) for salt in ("citrate", "oxide")]
    found = take(ready, laws, times_h=(BREAKFAST_H,), days=1)
    citrate, oxide = found.over_control("urine")[:, 0]
    return citrate, oxide


GREUPNER = {
    "delay_h": assumed(3.0, "h", "mean time of the second phase", 1.5, 5.0),
    "share_oxide": assumed(0.5, "1", "the salts are not told", 0.0, 1.0),
}
_DELAYED_SHARE = 0.5
_LATE_H = assumed(12.0, "h", "long after the small bowel: the colon alone takes it up")


def fasted_500(values: Values, size: int, *, is_late: bool = False) -> Arms:
    """Return the 24 h urine after 500 mg, in two phases or late, and at once.

    Parameters
    ----------
    values : mapping of str to float
        Assumptions of the row, [-].
    size : int
        Subjects, [-].
    is_late : bool, optional
        Whether the first arm opens in the colon only instead of in two phases, [-].

    Returns
    -------
    tuple of ndarray of shape (n_subjects,)
        Urinary increment of the delayed and of the direct product, [mmol/d].
    """
    group = study_day(people(size), meal_times_h=(BREAKFAST_H + 4.0, BREAKFAST_H + 10.0))
    arms = []
    for salt in ("oxide", "citrate"):
        delayed = (
            late(salt, 500.0, lag_h=float(_LATE_H))
            if is_late
            else two_phase(salt, 500.0, delayed_share=_DELAYED_SHARE, delay_h=values["delay_h"])
        )
        found = take(group, [delayed, tablet(salt, 500.0)], times_h=(BREAKFAST_H,), days=1)
        arms.append(found.over_control("urine")[:, 0])
    oxide, citrate = arms
    share = values["share_oxide"]
    first, second = share * oxide + (1 - share) * citrate
    return first, second


def _greupner(values: Values, size: int) -> Arms:
    return fasted_500(values, size)


_SHARE = "24 h urine over that without the product, as a share of the dose"
_RISE = "24 h urine over that without the product, mmol"

EXPERIMENTS = (
    Experiment(
        row="C07",
        statistic=Statistic.MEAN,
        outcome=_SHARE,
        arms=("mean of enteric chloride and slow-release lactate, 21 mEq with breakfast",),
        n_people=_FIROZ_PEOPLE,
        simulate=_firoz_soluble,
        noise=_FIROZ_NOISE,
        assumptions=_FIROZ,
        dose_curve=_increment_curve(_DAILY_MG, 100.0),
        remark="aspartate is not simulated: its product is not known",
    ),
    Experiment(
        row="C08",
        statistic=Statistic.MEAN,
        outcome=_SHARE,
        arms=("tablets of oxide and citrate for 12 weeks",),
        n_people=people_of(2131, "Zhang2016"),
        simulate=_zhang_urine,
        noise=assumed(0.09, "1", "the difference of two days' urine, 1 mmol each, over 16.5"),
        assumptions=_ZHANG,
        dose_curve=_increment_curve(400.0, 100.0),
    ),
    Experiment(
        row="C09",
        statistic=Statistic.MEAN,
        outcome=_SHARE,
        arms=("300 mg of chloride in solution with a breakfast low in magnesium",),
        n_people=people_of(17, "ReMagPilot2020"),
        simulate=_pilot,
        noise=_PILOT_NOISE,
        assumptions=_LOW_BREAKFAST,
        dose_curve=_increment_curve(300.0, 12.0),
        remark="all meals of the day are low in magnesium, not breakfast alone",
    ),
    Experiment(
        row="C13",
        statistic=Statistic.RATIO,
        outcome=_RISE,
        arms=("450 mg of oxide, effervescent", "450 mg of oxide in capsules"),
        n_people=people_of(13, "Siener2011"),
        simulate=_siener,
        noise=URINE_NOISE,
        assumptions=_SIENER,
        dose_curve=1.0,
    ),
    Experiment(
        row="C18",
        statistic=Statistic.RATIO,
        outcome="urine of 4 h over that without the load, mmol",
        arms=("25 mmol of citrate powder in water", "25 mmol of oxide powder in water"),
        n_people=people_assumed(8, "not in the abstract"),
        simulate=_lindberg,
        noise=URINE_4H_NOISE,
        assumptions=_LOAD,
        dose_curve=1.0,
    ),
    Experiment(
        row="C19",
        statistic=Statistic.DIFFERENCE,
        outcome=_RISE,
        arms=("citrate tablets after five days of citrate", "oxide tablets after the same days"),
        n_people=people_of(20, "Kappeler2017"),
        simulate=_kappeler,
        noise=URINE_NOISE,
        assumptions=_KAPPELER,
        dose_curve=0.0,
    ),
    Experiment(
        row="C22",
        statistic=Statistic.RATIO,
        outcome=_RISE,
        arms=("500 mg, half of it delayed", "500 mg at once"),
        n_people=people_assumed(20, "not in the abstract"),
        simulate=_greupner,
        noise=URINE_NOISE,
        assumptions=GREUPNER,
        dose_curve=1.0,
        remark="increments are compared, which is stricter than the published totals",
    ),
    Experiment(
        row="C25",
        statistic=Statistic.RATIO,
        outcome=_SHARE,
        arms=(
            "oxide tablets, 21 mEq with breakfast",
            "mean of enteric chloride and slow-release lactate",
        ),
        n_people=_FIROZ_PEOPLE,
        simulate=_firoz_oxide,
        is_crossover=False,
        noise=_FIROZ_NOISE,
        assumptions=_FIROZ,
        dose_curve=1.0,
        remark="aspartate is not simulated: its product is not known",
    ),
    Experiment(
        row="C30",
        statistic=Statistic.DIFFERENCE,
        outcome="mean serum of the last day over that without the product, mmol/L",
        arms=("tablets of oxide and citrate for 12 weeks", "nothing"),
        n_people=people_of(2131, "Zhang2016"),
        simulate=_zhang_serum,
        noise=SERUM_NOISE,
        assumptions=_ZHANG,
        dose_curve=0.0,
    ),
)
"""Rows whose endpoint is urine, or serum of the same trials."""
