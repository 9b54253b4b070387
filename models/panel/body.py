"""Studies of the panel on balance, on perfused bowel and on skin."""

import numpy as np

from formulation.arrays import FloatArray
from formulation.provenance import assumed
from formulation.units import MG_PER_MMOL
from models.absorption.calibration import MEAL, fine_fraction, simulated_fraction
from models.panel._assumptions import SERUM_NOISE, people_assumed, people_of
from models.panel.experiment import Arms, Experiment, Statistic, Values
from models.panel.people import HOURS_PER_DAY, MEALS_H, People, people, study_day, take
from models.panel.products import enteric, patch, solution
from models.simulator.arms import MODEL, NOTHING_TAKEN
from models.simulator.run import follow

SUPPLEMENT_MMOL = 40.0
"""Greatest supplement of the kernel's study, 80 mEq of acetate, [mmol]."""


def kernel_intakes() -> FloatArray:
    """Return the two intakes whose fractions the kernel row compares.

    Returns
    -------
    ndarray of shape (2,)
        Meal alone, and with the greatest supplement, [mmol].
    """
    return np.array([float(MEAL), float(MEAL) + SUPPLEMENT_MMOL])


def _kernel(values: Values, size: int) -> Arms:
    alone, both = simulated_fraction(kernel_intakes())
    return np.array([alone]), np.array([both])


KERNEL_MEAL = {"dietary_phytate_mmol_per_day": 0.0, "dietary_oxalate_mmol_per_day": 0.0}
"""The kernel's meal is taken as one without ligands, as in its calibration, [mmol]."""

_ENTERIC = {
    "dose_mmol": assumed(10.0, "mmol", "inside the doses of the study; not in the abstract", 5, 20),
    "film_ph": assumed(6.0, "1", "pH above which the film opens", 5.5, 6.8),
}
_FOUR_DAYS = 4


def _enteric(values: Values, size: int) -> Arms:
    group = study_day(people(size), meal_times_h=(1.0,), meal_mmol=float(MEAL), fields=KERNEL_MEAL)
    mg = values["dose_mmol"] * MG_PER_MMOL
    laws = [enteric("chloride", mg, threshold_ph=values["film_ph"]), solution("acetate", mg)]
    found = take(group, laws, times_h=(1.0,), days=_FOUR_DAYS, dosed_days=1, adapts=False)
    coated, acetate = found.over_control("absorbed").sum(axis=1)
    return coated, acetate


_FAILURE = {
    "egfr_ml_min": assumed(8.0, "mL/min/1.73m2", "end-stage, before dialysis", 5.0, 12.0),
    "calcitriol_pmol_per_l": assumed(20.0, "pmol/L", "what failing kidneys leave", 15.0, 30.0),
}


def _net_fraction(group: People) -> FloatArray:
    """Return what is taken up less what is secreted, over the diet, of shape (n_subjects,)."""
    course = follow([NOTHING_TAKEN], group.start, group.subjects, days=1, adapts=False)
    numbers = group.start.numbers
    net = course.day("absorbed")[0, 0] - HOURS_PER_DAY * numbers["secretion"]
    return np.asarray(net / (numbers["meal"] * len(MEALS_H)))


def _failing(values: Values, size: int) -> Arms:
    return _net_fraction(people(size, fields=values)), _net_fraction(people(size))


_PERFUSION = {
    "mmol_per_l": assumed(2.0, "mmol/L", "magnesium of the fluid; not in the abstract", 1.0, 5.0),
    **_FAILURE,
    "after_pmol_per_l": assumed(100.0, "pmol/L", "usual again after a week of calcitriol"),
}
_JEJUNUM = 2


def _jejunum(values: Values, size: int) -> Arms:
    arms = []
    for calcitriol in (values["after_pmol_per_l"], values["calcitriol_pmol_per_l"]):
        fields = {"egfr_ml_min": values["egfr_ml_min"], "calcitriol_pmol_per_l": calcitriol}
        arms.append(_jejunal_rate(people(size, fields=fields), values["mmol_per_l"]))
    after, before = arms
    return after, before


def _jejunal_rate(group: People, mmol_per_l: float) -> FloatArray:
    """Return what a perfused jejunum takes up, of shape (n_subjects,), [mmol/h]."""
    ones = np.ones(len(group))
    state = np.zeros((len(MODEL.state_names), len(group)))
    here = MODEL.constants[f"rest{_JEJUNUM}"] * mmol_per_l
    state[MODEL.index(f"D{_JEJUNUM}")] = here
    state[MODEL.index("E")] = group.start.numbers["volume"] * group.start.serum
    # No product is there: its solubility only has to be a number above 0.
    known = {"adaptation": ones, "solubility1": ones, "solubility2": ones}
    numbers = [
        group.start.numbers.get(name, known.get(name, 0 * ones)) for name in MODEL.number_names
    ]
    rates = MODEL.rates(state, np.array(numbers))
    return np.asarray(rates[f"active{_JEJUNUM}"] + rates[f"passive{_JEJUNUM}"])


CREAM = {
    "area_cm2": assumed(500.0, "cm^2", "two spoons of cream on arms or legs", 200.0, 1000.0),
    "layer_mg": assumed(4000.0, "mg", "of cream", 2000.0, 8000.0),
}
_CREAM_MG, CREAM_DAYS = 56.0, 14


def rubbed_in(group: People, values: Values) -> FloatArray:
    """Return the serum after two weeks of a cream over that without it.

    Parameters
    ----------
    group : People
        Who rubs it in, [-].
    values : mapping of str to float
        Assumptions of the row, [-].

    Returns
    -------
    ndarray of shape (n_subjects,)
        Difference of the last day's mean, [mmol/L].
    """
    law = patch("chloride", _CREAM_MG, area_cm2=values["area_cm2"], mass_mg=values["layer_mg"])
    found = take(group, [law], times_h=(MEALS_H[0],), days=CREAM_DAYS)
    return np.asarray(found.over_control("serum_mean")[0, -1])


def _cream(values: Values, size: int) -> Arms:
    more = rubbed_in(people(size), values)
    return more, 0 * more


def _needles(values: Values, size: int) -> Arms:
    """Return the first flux through skin after needles, and through intact skin, over the load."""
    laws = [
        patch("sulfate_anhydrous", 50.0, area_cm2=10.0, mass_mg=2000.0, needles=needles)
        for needles in (True, False)
    ]
    rates = [law.parameters["k_skin_per_h"] + law.parameters["k_pore_per_h"] for law in laws]
    opened, intact = (np.array([rate]) for rate in rates)
    return opened, intact


def _whole_curve() -> float:
    alone, both = fine_fraction(kernel_intakes())
    return float(alone / both)


EXPERIMENTS = (
    Experiment(
        row="C01",
        statistic=Statistic.RATIO,
        outcome="net fraction taken up of a meal and its supplement",
        arms=("meal alone", "meal with 40 mmol of acetate"),
        n_people=people_assumed(1, "the calibration's typical subject stands for all"),
        simulate=_kernel,
        dose_curve=_whole_curve(),
        remark="one typical subject, without interval: true by construction",
    ),
    Experiment(
        row="C23",
        statistic=Statistic.RATIO,
        outcome="taken up over that without the product, mmol",
        arms=("enteric chloride with a meal", "acetate in solution with the same meal"),
        n_people=people_assumed(8, "not in the abstract"),
        simulate=_enteric,
        noise=assumed(0.5, "mmol", "net balance by lavage"),
        assumptions=_ENTERIC,
        dose_curve=1.0,
    ),
    Experiment(
        row="C26",
        statistic=Statistic.RATIO,
        outcome="net fraction of the diet taken up",
        arms=("eGFR 8 with low calcitriol", "healthy adults"),
        n_people=people_assumed(6, "not in the abstract"),
        simulate=_failing,
        is_crossover=False,
        noise=assumed(0.05, "1", "a balance of some days"),
        assumptions=_FAILURE,
        dose_curve=1.0,
        remark="products are refused below an eGFR of 30; here the fields are set and the diet"
        " alone is followed",
    ),
    Experiment(
        row="C27",
        statistic=Statistic.RATIO,
        outcome="uptake of the perfused jejunum, mmol/h",
        arms=("kidney failure after calcitriol", "the same people before"),
        n_people=people_of(7, "Schmulen1980"),
        simulate=_jejunum,
        assumptions=_PERFUSION,
        dose_curve=1.0,
    ),
    Experiment(
        row="C28",
        statistic=Statistic.DIFFERENCE,
        outcome="mean serum of day 14 over that without the cream, mmol/L",
        arms=("56 mg a day as chloride in a cream", "nothing"),
        n_people=people_of(25, "Kass2017"),
        simulate=_cream,
        is_crossover=False,
        noise=SERUM_NOISE,
        assumptions=CREAM,
        dose_curve=0.0,
        remark="the cream is a watery layer that stays on all day, as a patch does",
    ),
    Experiment(
        row="C29",
        statistic=Statistic.RATIO,
        outcome="first flux through the skin over the load, 1/h",
        arms=("after a roller of 500 um needles", "intact skin"),
        n_people=people_assumed(1, "a law, not a person"),
        simulate=_needles,
        remark="the law's two fluxes are the published ones: true by construction",
    ),
)
"""Rows of balance, perfusion and skin."""
