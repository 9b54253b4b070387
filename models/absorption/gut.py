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
from attrs import evolve, frozen

from formulation.arrays import FloatArray
from formulation.regimen import Regimen
from formulation.units import MG_PER_MMOL
from models.absorption import _parameters as gut
from models.population import Subjects
from models.release import ReleaseLaw
from models.release.vessel import dissolve_step

N_STEPS = round(gut.HORIZON_H / gut.STEP_H)


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


def intake_times_h(regimen: Regimen) -> tuple[float, ...]:
    """Return when the day's intakes happen.

    Parameters
    ----------
    regimen : Regimen
        How the product is taken, [-].

    Returns
    -------
    tuple of float
        Times within the simulated day, [h].
    """
    slots = gut.MEAL_TIMES_H if regimen.with_meals else gut.BETWEEN_MEALS_H
    chosen = {1: (0,), 2: (0, 2), 3: (0, 1, 2)}[regimen.intakes_per_day]
    return tuple(slots[k] for k in chosen)


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
    p = {name: _column(laws, name) for name in _LAW_NAMES}
    p["dose_mmol"] = p["dose_mmol"] * np.array([[r.units_per_intake] for r in regimens])
    exposed, fraction_out = _exposed(laws, regimens, p["dose_mmol"], rates, step_h)
    state = _integrate(exposed, p, rates, step_h)
    intakes = np.array([[r.intakes_per_day] for r in regimens])
    eaten = p["dose_mmol"] * intakes + rates.meal * len(rates.meal_steps)
    return evolve(
        state,
        solid_mmol=state.solid_mmol + fraction_out * p["dose_mmol"],
        eaten_mmol=eaten + 0 * state.absorbed_mmol,
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
        route="oral",
        mechanism="disintegration",
        parameters={
            **dict.fromkeys(_LAW_NAMES, 0.0),
            "solubility_mmol_per_l": 1.0,
            "lag_h": 0.0,
            "k_liberation_per_h": 0.0,
            "plateau": 0.0,
        },
    )
    never = Regimen(units_per_intake=1, intakes_per_day=1, with_meals=True)
    return simulate_day([nothing], [never], subjects, day=day, transport=transport, step_h=step_h)


_LAW_NAMES = (
    "dose_mmol",
    "k_water_per_h",
    "k_acid_l_per_mmol_h",
    "solubility_mmol_per_l",
    "acid_demand_meq_per_mmol",
    "osmoles_per_mmol",
)


def _column(laws: Sequence[ReleaseLaw], name: str) -> FloatArray:
    return np.array([[law.parameters[name]] for law in laws])


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
    fraction = np.ones_like(transit)
    fraction[gut.SMALL_BOWEL] = v["small_bowel_fraction"]
    diet = v["diet_mg_per_day"] / MG_PER_MMOL / max(len(day.meal_times_h), 1)
    if day.dissolved_meal_mmol is not None:
        diet = np.full_like(diet, day.dissolved_meal_mmol)
    return _Rates(
        emptying=-np.expm1(-per_h * v["gastric_emptying_factor"] * step_h),
        transit=transit,
        acid_secretion=secretion * v["acid_output_factor"] * step_h,
        meal=diet,
        meal_steps=tuple(round(t / step_h) for t in day.meal_times_h),
        vmax=transport.vmax_mmol_per_h * weights * v["trpm6_activity"] * fraction,
        paracellular=transport.paracellular_per_h * gut.PARACELLULAR_WEIGHTS[:, None, None],
        km=transport.km_mmol_per_l,
        colon_rate=colon_rate,
        acid_factor=v["acid_output_factor"],
    )


def _exposed(
    laws: Sequence[ReleaseLaw],
    regimens: Sequence[Regimen],
    dose: FloatArray,
    rates: _Rates,
    step_h: float,
) -> tuple["_Exposure", FloatArray]:
    """Return where particles appear, and the fraction of a day's doses that never does."""
    n_steps = len(rates.emptying)
    starts = [[round(t / step_h) for t in intake_times_h(r)] for r in regimens]
    whereabouts = {s: _whereabouts(s, rates) for s in sorted({s for row in starts for s in row})}
    times = np.arange(n_steps + 1, dtype=float) * step_h
    curve = np.array([law.liberated(times) for law in laws])
    steps = np.diff(curve, axis=1)
    out = np.zeros((len(laws), rates.meal.shape[1]))
    for row, chosen in enumerate(starts):
        for start in chosen:
            inside = whereabouts[start].sum(axis=1)
            released = np.einsum("t,tn->n", steps[row, : n_steps - start], inside[start:])
            out[row] += 1.0 - released
    return _Exposure(starts=starts, whereabouts=whereabouts, steps=steps * dose), out


@frozen(kw_only=True, eq=False)
class _Exposure:
    """Particles exposed per step and where the dosage form is meanwhile."""

    starts: list[list[int]]
    whereabouts: dict[int, FloatArray]
    """By start step: probability of each segment, shape (n_steps, 7, n_subjects)."""
    steps: FloatArray
    """Exposed in each step after an intake, shape (n_products, n_steps), [mmol]."""

    def at(self, step: int, shape: tuple[int, int, int]) -> FloatArray:
        """Return what is exposed in a step, of shape (7, n_products, n_subjects), [mmol]."""
        found = np.zeros(shape)
        for start, place in self.whereabouts.items():
            if step < start:
                continue
            rows = [k for k, chosen in enumerate(self.starts) if start in chosen]
            found[:, rows] += self.steps[rows, step - start][None, :, None] * place[step][:, None]
        return found


def _whereabouts(start: int, rates: _Rates) -> FloatArray:
    """Return the probability of the dosage form being in each segment at each step."""
    n_steps, n = len(rates.emptying), rates.meal.shape[1]
    place = np.zeros((n_steps, gut.N_SEGMENTS, n))
    place[start, gut.STOMACH] = 1.0
    for step in range(start, n_steps - 1):
        moved = place[step] * rates.transit[:, 0]
        moved[gut.STOMACH] = place[step, gut.STOMACH] * rates.emptying[step, 0]
        place[step + 1] = place[step] - moved
        place[step + 1, 1:] += moved[:-1]
    return place


def _integrate(
    exposure: _Exposure, p: dict[str, FloatArray], rates: _Rates, step_h: float
) -> GutDay:
    n_products, n = len(p["dose_mmol"]), rates.meal.shape[1]
    shape = (gut.N_SEGMENTS, n_products, n)
    solid, dissolved = np.zeros(shape), np.zeros(shape)
    acid = float(gut.ACID_AT_REST) * rates.acid_factor + np.zeros((n_products, n))
    exposed_so_far = np.zeros((n_products, n))
    absorbed, peak, excreted, stool_solid = (np.zeros((n_products, n)) for _ in range(4))
    transit = rates.transit.copy()
    resting = gut.RESTING_VOLUME_L[:, None, None]
    bowel_acid = np.zeros((gut.N_SEGMENTS, 1, 1))
    bowel_acid[gut.SMALL_BOWEL] = float(gut.ACID_SMALL_BOWEL) * step_h
    bowel_acid[gut.COLON] = float(gut.ACID_COLON) * step_h
    for step in range(len(rates.emptying)):
        if step in rates.meal_steps:
            dissolved[gut.STOMACH] += rates.meal
        fresh = exposure.at(step, shape)
        solid += fresh
        exposed_so_far += fresh.sum(axis=0)
        supply = bowel_acid + np.zeros(shape)
        supply[gut.STOMACH] = acid
        by_water, by_acid = dissolve_step(
            solid=solid,
            dissolved=dissolved,
            acid=supply,
            volume=resting + dissolved * p["osmoles_per_mmol"] / float(gut.ISOTONIC),
            growth=np.cbrt(exposed_so_far / np.maximum(solid.sum(axis=0), 1e-12)),
            p=p,
            step_h=step_h,
        )
        fresh = by_water + by_acid
        solid -= fresh
        dissolved += fresh
        taken = p["acid_demand_meq_per_mmol"] * fresh[gut.STOMACH]
        acid = np.maximum(acid - taken, 0.0)
        q = step_h * (rates.vmax / (rates.km * resting + dissolved) + rates.paracellular)
        gone = dissolved * q / (1 + q)
        dissolved -= gone
        absorbed += gone.sum(axis=0)
        peak = np.maximum(peak, dissolved[gut.UPPER_GUT].sum(axis=0))
        transit[gut.STOMACH] = rates.emptying[step]
        for state, left in ((solid, stool_solid), (dissolved, excreted)):
            moved = state * transit
            state -= moved
            state[1:] += moved[:-1]
            left += moved[gut.COLON]
        room = np.maximum(1 - acid / float(gut.ACID_CAP), 0.0)
        acid = acid * (1 - rates.emptying[step]) + rates.acid_secretion[step] * room
    later = _close_colon(solid, dissolved, rates, resting)
    return GutDay(
        absorbed_mmol=absorbed + later,
        soluble_unabsorbed_mmol=excreted + dissolved.sum(axis=0) - later,
        solid_mmol=stool_solid + solid.sum(axis=0),
        peak_gut_load_mmol=peak,
        eaten_mmol=np.zeros((n_products, n)),
    )


def _close_colon(
    solid: FloatArray, dissolved: FloatArray, rates: _Rates, resting: FloatArray
) -> FloatArray:
    """Return what the colon will still absorb of the dissolved rest, to first order, [mmol]."""
    rest = dissolved[gut.COLON]
    per_h = rates.vmax[gut.COLON] / (rates.km * resting[gut.COLON] + rest)
    per_h = per_h + rates.paracellular[gut.COLON]
    absorbed: FloatArray = rest * per_h / (per_h + rates.colon_rate)
    return absorbed
