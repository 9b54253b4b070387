"""Isotope studies of the panel: the share of a labelled dose that is taken up."""

import numpy as np

from formulation.provenance import assumed
from formulation.units import MG_PER_MMOL
from models.absorption.calibration import fine_fraction
from models.panel._assumptions import ISOTOPE_NOISE, people_of
from models.panel.experiment import Arms, Experiment, Statistic, Values
from models.panel.people import MEALS_H, People, people, study_day
from models.panel.products import powder, solution
from models.panel.tracer import traced_fraction, traced_meal_fraction

WATER_SALT = "sulfate"
"""Stands for the magnesium of a mineral water: ions with an anion that binds little."""

WAKING_H = (1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0)
"""Seven servings over the day, every two hours from breakfast on, [h]."""

DOSE_H = 1.0
"""When a fasted person takes a test dose, [h]."""


def _curve(mmol: float) -> float:
    return float(fine_fraction(np.array([mmol]))[0])


_SERVING_MG, _LARGE_MG = 18.0, 63.0
_SERVINGS = {
    "hours_after_meal": assumed(
        2.5, "h", "when the two large servings are drunk after breakfast and lunch", 0.0, 4.5
    ),
}


def _seven(values: Values, size: int) -> Arms:
    return (traced_fraction(people(size), solution(WATER_SALT, _SERVING_MG), WAKING_H),)


def _two(values: Values, size: int) -> Arms:
    times = tuple(meal + values["hours_after_meal"] for meal in MEALS_H[:2])
    return (traced_fraction(people(size), solution(WATER_SALT, _LARGE_MG), times),)


def _seven_and_two(values: Values, size: int) -> Arms:
    return (*_seven(values, size), *_two(values, size))


_UNTIL_MEAL = "hours_until_meal"
_TRACER = {
    _UNTIL_MEAL: assumed(
        4.0, "h", "taken fasted, next meal after; 0 is taken with a meal (not stated)", 0.0, 5.0
    ),
}


def _fasted(group: People, values: Values) -> People:
    first = DOSE_H + values[_UNTIL_MEAL]
    return study_day(group, meal_times_h=(first, first + 5.0, first + 11.0))


def _tracer_2003(values: Values, size: int) -> Arms:
    return (traced_fraction(_fasted(people(size), values), solution("chloride", 70.0), (DOSE_H,)),)


NO_OXALATE = {"dietary_oxalate_mmol_per_day": 0.0}
"""White bread holds hardly any, [mmol]."""

BREAD_MMOL = 3.6
"""Magnesium of the test meal, [mmol]."""


def bread(phytate_mmol: float, size: int) -> Arms:
    """Return the share taken up of the magnesium of a bread meal.

    Parameters
    ----------
    phytate_mmol : float
        Phytate added to the meal, [mmol].
    size : int
        Subjects, [-].

    Returns
    -------
    tuple of ndarray of shape (n_subjects,)
        One arm: fraction absorbed, [-].
    """
    fields = {"dietary_phytate_mmol_per_day": phytate_mmol, **NO_OXALATE}
    group = study_day(people(size), meal_times_h=(DOSE_H,), meal_mmol=BREAD_MMOL, fields=fields)
    return (traced_meal_fraction(group),)


def _bread_plain(values: Values, size: int) -> Arms:
    return bread(0.0, size)


def _bread_much(values: Values, size: int) -> Arms:
    return (*bread(1.49, size), *bread(0.0, size))


def _bread_some(values: Values, size: int) -> Arms:
    return (*bread(0.75, size), *bread(0.0, size))


_WATER_AND_MEAL = {
    "water_mg": assumed(
        55.0, "mg", "half a litre at 110 mg/L; the volume is not printed", 27.5, 110.0
    ),
    "meal_mmol": assumed(1.0, "mmol", "a light meal", 0.5, 2.0),
    "phytate_mmol": assumed(0.1, "mmol", "of a light meal of white bread", 0.0, 0.3),
}


def _water_with_meal(values: Values, size: int) -> Arms:
    law, group = solution(WATER_SALT, values["water_mg"]), people(size)
    fields = {"dietary_phytate_mmol_per_day": values["phytate_mmol"], **NO_OXALATE}
    with_meal, fasted = (
        study_day(group, meal_times_h=(meal_h,), meal_mmol=values["meal_mmol"], fields=fields)
        for meal_h in (DOSE_H, DOSE_H + 4.0)
    )
    return traced_fraction(with_meal, law, (DOSE_H,)), traced_fraction(fasted, law, (DOSE_H,))


_RESECTION = {
    _UNTIL_MEAL: assumed(4.0, "h", "taken fasted, next meal after (not stated)", 0.0, 5.0)
}


def resected(salts: tuple[str, str], values: Values, size: int, acid: float | None = None) -> Arms:
    """Return the share taken up of 100 mg as powders of salts, after resection of ileum.

    Parameters
    ----------
    salts : tuple of str
        Salt keys, [-].
    values : mapping of str to float
        Assumptions of the row, [-].
    size : int
        Subjects, [-].
    acid : float, optional
        Gastric acid of everybody, over normal; their own when left out, [-].

    Returns
    -------
    tuple of ndarray of shape (n_subjects,)
        One arm for each salt: fraction absorbed, [-].
    """
    fields = {} if acid is None else {"acid_output_factor": acid}
    group = _fasted(people(size, population="ileal_resection", fields=fields), values)
    return tuple(
        traced_fraction(group, powder(salt, 100.0, water_l=0.0), (DOSE_H,)) for salt in salts
    )


def _resection(values: Values, size: int) -> Arms:
    return resected(("bisglycinate", "oxide"), values, size)


_SMALL, _LARGE = _SERVING_MG / MG_PER_MMOL, _LARGE_MG / MG_PER_MMOL
_WATER, _LIGHT = float(_WATER_AND_MEAL["water_mg"]) / MG_PER_MMOL, 1.0
_FRACTION = "share of the label taken up"

EXPERIMENTS = (
    Experiment(
        row="C02",
        statistic=Statistic.RATIO,
        outcome=_FRACTION,
        arms=("7 servings of 18 mg every two hours", "2 servings of 63 mg between meals"),
        n_people=people_of(12, "Sabatier2011"),
        simulate=_seven_and_two,
        noise=ISOTOPE_NOISE,
        assumptions=_SERVINGS,
        dose_curve=_curve(_SMALL) / _curve(_LARGE),
    ),
    Experiment(
        row="C03",
        statistic=Statistic.MEAN,
        outcome=_FRACTION,
        arms=("7 servings of 18 mg every two hours",),
        n_people=people_of(12, "Sabatier2011"),
        simulate=_seven,
        noise=ISOTOPE_NOISE,
        dose_curve=_curve(_SMALL),
    ),
    Experiment(
        row="C04",
        statistic=Statistic.MEAN,
        outcome=_FRACTION,
        arms=("2 servings of 63 mg between meals",),
        n_people=people_of(12, "Sabatier2011"),
        simulate=_two,
        noise=ISOTOPE_NOISE,
        assumptions=_SERVINGS,
        dose_curve=_curve(_LARGE),
    ),
    Experiment(
        row="C05",
        statistic=Statistic.MEAN,
        outcome=_FRACTION,
        arms=("70 mg of label in solution",),
        n_people=people_of(6, "Sabatier2003"),
        simulate=_tracer_2003,
        noise=ISOTOPE_NOISE,
        assumptions=_TRACER,
        dose_curve=_curve(70.0 / MG_PER_MMOL),
    ),
    Experiment(
        row="C06",
        statistic=Statistic.MEAN,
        outcome=_FRACTION,
        arms=("one bread meal of 3.6 mmol",),
        n_people=people_of(9, "Bohn2004"),
        simulate=_bread_plain,
        noise=ISOTOPE_NOISE,
        dose_curve=_curve(BREAD_MMOL),
    ),
    Experiment(
        row="C10",
        statistic=Statistic.RATIO,
        outcome=_FRACTION,
        arms=("bread with 1.49 mmol of phytate", "bread without"),
        n_people=people_of(9, "Bohn2004"),
        simulate=_bread_much,
        noise=ISOTOPE_NOISE,
        dose_curve=1.0,
    ),
    Experiment(
        row="C11",
        statistic=Statistic.RATIO,
        outcome=_FRACTION,
        arms=("bread with 0.75 mmol of phytate", "bread without"),
        n_people=people_of(8, "Bohn2004"),
        simulate=_bread_some,
        noise=ISOTOPE_NOISE,
        dose_curve=1.0,
    ),
    Experiment(
        row="C12",
        statistic=Statistic.RATIO,
        outcome=_FRACTION,
        arms=("mineral water with a light meal", "the same water fasted, meal 4 h later"),
        n_people=people_of(10, "Sabatier2002"),
        simulate=_water_with_meal,
        noise=ISOTOPE_NOISE,
        assumptions=_WATER_AND_MEAL,
        dose_curve=_curve(_WATER + _LIGHT) / _curve(_WATER),
    ),
    Experiment(
        row="C24",
        statistic=Statistic.RATIO,
        outcome=_FRACTION,
        arms=("100 mg as bisglycinate powder", "100 mg as oxide powder"),
        n_people=people_of(12, "Schuette1994"),
        simulate=_resection,
        noise=ISOTOPE_NOISE,
        assumptions=_RESECTION,
        dose_curve=1.0,
    ),
)
"""Rows whose endpoint is a fraction of label."""
