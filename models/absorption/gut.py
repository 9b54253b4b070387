"""One day of the gut: solid and dissolved magnesium along seven segments.

The product's particles appear where the dosage form is; they dissolve by saturation and acid, move
on with transit, and dissolved magnesium is absorbed by a saturable and a paracellular route. Diet
and product share the lumen, so a meal competes. Every step moves what it takes from one place to
another: mass is conserved exactly and nothing becomes negative, whatever the rates.

Not described: speciation, pH beyond an acid budget, faster transit under osmotic load, a stomach
that retains large tablets, irritation. The step is first order in time; halving it moves the
absorbed amount by less than 2 % (tested).
"""

from collections.abc import Sequence

import numpy as np
from attrs import define, frozen

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.regimen import Regimen
from formulation.units import MG_PER_MMOL
from models.absorption import _parameters as gut
from models.absorption.exposure import Exposure, expose
from models.population import Subjects
from models.release import ReleaseLaw
from models.release.vessel import NOTHING, Columns, dissolve_step, solid_columns

RESTING_L = gut.RESTING_VOLUME_L[:, None, None]
"""Resting fluid of a segment, of shape (7, 1, 1), [L]."""

BOWEL_ACID = np.zeros((gut.N_SEGMENTS, 1, 1))
"""Protons delivered to solids beyond the stomach, of shape (7, 1, 1), [mEq/h]."""
BOWEL_ACID[gut.SMALL_BOWEL] = float(gut.ACID_SMALL_BOWEL)
BOWEL_ACID[gut.COLON] = float(gut.ACID_COLON)


@frozen(kw_only=True)
class Transport:
    """The three calibrated constants of absorption."""

    vmax_mmol_per_h: float
    """Saturable capacity of the small bowel, [mmol/h]."""

    km_mmol_per_l: float
    """Half-saturation, [mmol/L]."""

    paracellular_per_h: float
    """Paracellular rate, [1/h]."""


CALIBRATED = Transport(
    vmax_mmol_per_h=float(gut.VMAX),
    km_mmol_per_l=float(gut.KM),
    paracellular_per_h=float(gut.PARACELLULAR),
)
"""Transport that reproduces Fine 1991."""


@frozen(kw_only=True)
class Day:
    """What enters the gut in a day besides the product."""

    meal_times_h: tuple[float, ...] = gut.MEAL_TIMES_H
    """When meals are eaten, [h]."""

    dissolved_meal_mmol: float | None = None
    """Dissolved magnesium of each meal; None for the subject's diet over the meals, [mmol]."""


ORDINARY_DAY = Day()


@frozen(kw_only=True, eq=False)
class GutDay:
    """What became of a day's magnesium, each array of shape (n_products, n_subjects)."""

    absorbed_mmol: FloatArray
    """Absorbed from diet and product, [mmol/d]."""

    soluble_unabsorbed_mmol: FloatArray
    """Dissolved and not absorbed, [mmol/d]."""

    solid_mmol: FloatArray
    """Never released or dissolved, [mmol/d]."""

    peak_gut_load_mmol: FloatArray
    """Most dissolved magnesium in stomach and small bowel at once, [mmol]."""

    eaten_mmol: FloatArray
    """Diet and product together, [mmol/d]."""


@frozen(kw_only=True, eq=False)
class _Rates:
    """What the subjects fix: transit, acid, transport; arrays of shape (..., 1, n_subjects)."""

    emptying: FloatArray
    """Per step, shape (n_steps, 1, n)."""
    transit: FloatArray
    """Share moved on in a step, shape (7, 1, n), stomach overwritten each step."""
    acid_secretion: FloatArray
    """Per step, shape (n_steps, 1, n), [mEq]."""
    meal: FloatArray
    """Dissolved magnesium of each meal, shape (1, n), [mmol]."""
    meal_steps: tuple[int, ...]
    vmax: FloatArray
    """Shape (7, 1, n), [mmol/h]."""
    paracellular: FloatArray
    """Shape (7, 1, 1), [1/h]."""
    km: float
    colon_rate: FloatArray
    """Shape (1, n), [1/h]."""
    acid_factor: FloatArray
    """Shape (1, n), [-]."""


@define(kw_only=True, eq=False)
class _Lumen:
    """Magnesium and acid on their way, arrays of shape (7, n_products, n_subjects) or without 7."""

    solids: list[FloatArray]
    """One for each salt of a product."""
    exposed: list[FloatArray]
    """Particles of each salt let go so far, without 7."""
    appeared: FloatArray
    """Intakes let go so far, [-]."""
    dissolved: FloatArray
    acid: FloatArray
    """Of the stomach, [mEq]."""
    absorbed: FloatArray
    peak: FloatArray
    excreted: FloatArray
    stool_solid: FloatArray

    def dissolve(self, fresh: FloatArray, salts: Sequence[Columns], step_h: float) -> None:
        """Add what a product lets go, and let water and acid take their share of all."""
        self.appeared += fresh.sum(axis=0)
        for k, p in enumerate(salts):
            dose = fresh * p["dose_mmol"]
            self.dissolved += dose * p["predissolved"]
            self.solids[k] += dose * (1 - p["predissolved"])
            self.exposed[k] += (dose * (1 - p["predissolved"])).sum(axis=0)
            self._dissolve_salt(k, p, step_h)

    def _dissolve_salt(self, k: int, p: Columns, step_h: float) -> None:
        solid = self.solids[k]
        allowance = BOWEL_ACID * step_h + np.zeros_like(solid)
        standing = BOWEL_ACID * float(gut.ACID_STANDS) + np.zeros_like(solid)
        standing[gut.STOMACH] = allowance[gut.STOMACH] = self.acid
        by_water, by_acid = dissolve_step(
            solid=solid,
            dissolved=self.dissolved,
            acid=standing,
            acid_allowance=allowance,
            volume=RESTING_L + self.dissolved * p["osmoles_per_mmol"] / float(gut.ISOTONIC),
            growth=np.cbrt(self.exposed[k] / np.maximum(solid.sum(axis=0), 1e-12)),
            p=p,
            step_h=step_h,
        )
        gone = by_water + by_acid
        self.solids[k] = solid - gone
        self.dissolved += gone
        taken = p["acid_demand_meq_per_mmol"] * gone[gut.STOMACH]
        self.acid = np.maximum(self.acid - taken, 0.0)

    def absorb(self, rates: _Rates, step_h: float) -> None:
        """Take up by the saturable and the paracellular route."""
        q = step_h * (rates.vmax / (rates.km * RESTING_L + self.dissolved) + rates.paracellular)
        gone = self.dissolved * q / (1 + q)
        self.dissolved -= gone
        self.absorbed += gone.sum(axis=0)
        self.peak = np.maximum(self.peak, self.dissolved[gut.UPPER_GUT].sum(axis=0))

    def move(self, transit: FloatArray) -> None:
        """Pass everything on towards the stool."""
        stool = ((solid, self.stool_solid) for solid in self.solids)
        for state, left in (*stool, (self.dissolved, self.excreted)):
            moved = state * transit
            state -= moved
            state[1:] += moved[:-1]
            left += moved[gut.COLON]

    def secrete(self, emptying: FloatArray, secretion: FloatArray) -> None:
        """Empty the acid of the stomach and let it be renewed."""
        room = np.maximum(1 - self.acid / float(gut.ACID_CAP), 0.0)
        self.acid = self.acid * (1 - emptying) + secretion * room


def simulate_day(
    laws: Sequence[ReleaseLaw],
    regimens: Sequence[Regimen],
    subjects: Subjects,
    *,
    day: Day = ORDINARY_DAY,
    transport: Transport = CALIBRATED,
    step_h: float = gut.STEP_H,
) -> GutDay:
    """Simulate one day of several products in the same subjects.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Law of one unit of each product, [-].
    regimens : sequence of Regimen
        How each product is taken, [-].
    subjects : Subjects
        The people, [-].
    day : Day, optional
        Meals, [-].
    transport : Transport, optional
        Transport constants, [-].
    step_h : float, optional
        Time step, [h].

    Returns
    -------
    GutDay
        Amounts of shape (n_products, n_subjects), [mmol/d].
    """
    rates = _rates(subjects, day, transport, step_h)
    units = np.array([[r.units_per_intake] for r in regimens], dtype=float)
    salts = [{name: x[:, None] for name, x in p.items()} for p in solid_columns(laws)]
    for p in salts:
        p["dose_mmol"] = p["dose_mmol"] * units
    exposure = expose(
        laws,
        regimens,
        emptying=rates.emptying,
        transit=rates.transit,
        ph_shift=subjects.values["bowel_ph_shift"],
        step_h=step_h,
    )
    end = _integrate(exposure, salts, rates, step_h)
    later = _close_colon(end.dissolved, rates)
    dose: FloatArray = sum((p["dose_mmol"] for p in salts), np.zeros_like(units))
    intakes = np.array([[r.intakes_per_day] for r in regimens])
    eaten = dose * intakes + rates.meal * len(rates.meal_steps)
    solid = sum((solid.sum(axis=0) for solid in end.solids), end.stool_solid)
    return GutDay(
        absorbed_mmol=end.absorbed + later,
        soluble_unabsorbed_mmol=end.excreted + end.dissolved.sum(axis=0) - later,
        solid_mmol=solid + (intakes - end.appeared) * dose,
        peak_gut_load_mmol=end.peak,
        eaten_mmol=eaten,
    )


def simulate_diet(
    subjects: Subjects,
    *,
    day: Day = ORDINARY_DAY,
    transport: Transport = CALIBRATED,
    step_h: float = gut.STEP_H,
) -> GutDay:
    """Simulate one day of the same subjects without a product.

    Parameters
    ----------
    subjects : Subjects
        The people, [-].
    day : Day, optional
        Meals, [-].
    transport : Transport, optional
        Transport constants, [-].
    step_h : float, optional
        Time step, [h].

    Returns
    -------
    GutDay
        Amounts of shape (1, n_subjects), [mmol/d].
    """
    nothing = ReleaseLaw(
        route=Route.ORAL, mechanism="dispersed", parameters={"k_pour_per_h": 0.0}, solids=(NOTHING,)
    )
    never = Regimen(units_per_intake=1, intakes_per_day=1, with_meals=True)
    return simulate_day([nothing], [never], subjects, day=day, transport=transport, step_h=step_h)


def _rates(subjects: Subjects, day: Day, transport: Transport, step_h: float) -> _Rates:
    v = {name: value[None, :] for name, value in subjects.values.items()}
    times = np.arange(round(gut.HORIZON_H / step_h)) * step_h
    fed = np.zeros(len(times), dtype=bool)
    for meal in day.meal_times_h:
        fed |= (times >= meal - 1e-9) & (times < meal + float(gut.FED_HOURS))
    per_h = np.where(fed, float(gut.EMPTYING_FED), float(gut.EMPTYING_FASTED))[:, None, None]
    secretion = np.where(fed, float(gut.ACID_FED), float(gut.ACID_FASTED))[:, None, None]
    bowel_h = v["small_bowel_transit_h"] * v["small_bowel_fraction"]
    transit = np.zeros((gut.N_SEGMENTS, 1, len(subjects)))
    transit[gut.SMALL_BOWEL] = -np.expm1(-gut.N_SMALL_BOWEL / bowel_h * step_h)
    colon_rate: FloatArray = 1 / v["colon_transit_h"]
    transit[gut.COLON] = -np.expm1(-colon_rate * step_h)
    weights = gut.TRANSPORT_WEIGHTS[:, None, None]
    diet = v["diet_mg_per_day"] / MG_PER_MMOL / max(len(day.meal_times_h), 1)
    if day.dissolved_meal_mmol is not None:
        diet = np.full_like(diet, day.dissolved_meal_mmol)
    return _Rates(
        emptying=-np.expm1(-per_h * v["gastric_emptying_factor"] * step_h),
        transit=transit,
        acid_secretion=secretion * v["acid_output_factor"] * step_h,
        meal=diet,
        meal_steps=tuple(round(t / step_h) for t in day.meal_times_h),
        vmax=transport.vmax_mmol_per_h * weights * v["trpm6_activity"],
        paracellular=transport.paracellular_per_h * gut.PARACELLULAR_WEIGHTS[:, None, None],
        km=transport.km_mmol_per_l,
        colon_rate=colon_rate,
        acid_factor=v["acid_output_factor"],
    )


def _integrate(
    exposure: Exposure, salts: Sequence[Columns], rates: _Rates, step_h: float
) -> _Lumen:
    """Return the lumen at the end of the simulated day."""
    n_products, n = len(salts[0]["dose_mmol"]), rates.meal.shape[1]
    shape = (gut.N_SEGMENTS, n_products, n)
    names = ("appeared", "absorbed", "peak", "excreted", "stool_solid")
    lumen = _Lumen(
        solids=[np.zeros(shape) for _ in salts],
        exposed=[np.zeros((n_products, n)) for _ in salts],
        dissolved=np.zeros(shape),
        acid=float(gut.ACID_AT_REST) * rates.acid_factor + np.zeros((n_products, n)),
        **{name: np.zeros((n_products, n)) for name in names},
    )
    transit = rates.transit.copy()
    for step in range(len(rates.emptying)):
        if step in rates.meal_steps:
            lumen.dissolved[gut.STOMACH] += rates.meal
        lumen.dissolve(exposure.at(step, shape), salts, step_h)
        lumen.absorb(rates, step_h)
        transit[gut.STOMACH] = rates.emptying[step]
        lumen.move(transit)
        lumen.secrete(rates.emptying[step], rates.acid_secretion[step])
    return lumen


def _close_colon(dissolved: FloatArray, rates: _Rates) -> FloatArray:
    """Return what the colon will still absorb of the dissolved rest, [mmol].

    Integral of the uptake while the rest A empties and is absorbed,
    ``dA/dt = -(p + k) A - v A / (K + A)``, with the share of uptake taken at each A.
    """
    rest = dissolved[gut.COLON]
    vmax, half = rates.vmax[gut.COLON], rates.km * RESTING_L[gut.COLON]
    passive, leaving = rates.paracellular[gut.COLON], rates.colon_rate
    first_order = passive + leaving
    saturable = vmax * leaving / first_order**2
    absorbed: FloatArray = passive / first_order * rest + saturable * np.log1p(
        first_order * rest / (vmax + first_order * half)
    )
    return absorbed
