"""Products followed through the gut, beside the same days without them: what its tests share.

Each is followed from the steady state of the diet with channels that do not adapt; amounts are
those of the last day.
"""

from functools import partial

import numpy as np
from attrs import evolve, frozen

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.patients import named_population
from formulation.regimen import Regimen
from formulation.units import MG_PER_MMOL
from models.population import draw_subjects
from models.release import ReleaseLaw, Solid
from models.simulator.arms import MODEL, taken_daily
from models.simulator.run import follow
from models.simulator.settle import settle

CHLORIDE = {"k_water": 3e3, "k_acid": 0.0, "solubility": 5672.0, "demand": 0.0, "osmoles": 3.0}
CITRATE = {"k_water": 20.0, "k_acid": 2.8, "solubility": 45.8, "demand": 2.0, "osmoles": 1.67}
OXIDE = {"k_water": 0.014, "k_acid": 0.75, "solubility": 0.12, "demand": 2.0, "osmoles": 3.0}
GLYCINATE = {"k_water": 50.0, "k_acid": 4.2, "solubility": 78.9, "demand": 2.0, "osmoles": 3.0}
SALTS = {"chloride": CHLORIDE, "citrate": CITRATE, "oxide": OXIDE, "bisglycinate": GLYCINATE}

ADULTS = draw_subjects(named_population("healthy_adults", size=64))

MAGNESIUM = MODEL.index(*(state.name for state in MODEL.states if state.counts))
DAYS = 4
"""Long enough for a day to be like the last one in everything but the colon, [d]."""

MANY_DAYS = 15
"""Long enough for the colon too, [d]."""


@frozen(kw_only=True, eq=False)
class Followed:
    """Last day of products and of the same days without them, each (n_products, n_subjects)."""

    product: dict[str, FloatArray]
    control: dict[str, FloatArray]
    brought: FloatArray
    """Magnesium that came with the product in all days, [mmol]."""
    mass_error: float
    least: float
    """The least amount of anything, [mmol] or [mEq]."""

    def more(self, name):
        """Return what the product adds to an amount of the day."""
        return self.product[name] - self.control[name]


READ = ("absorbed", "stool_dissolved", "stool_solid", "upper_load")


def followed(laws, regimens, subjects=ADULTS, *, days=DAYS, adapts=False):
    """Follow products with their regimens, each beside nothing at the same clock times."""
    start, shape = settle(subjects), (len(laws), len(subjects))
    product, control = ({name: np.empty(shape) for name in READ} for _ in range(2))
    brought, errors, least = np.empty(shape), [], []
    products = [taken_daily(law, how, days) for law, how in zip(laws, regimens, strict=True)]
    run = partial(follow, start=start, subjects=subjects, days=days, adapts=adapts)
    for times in {p.times_h for p in products}:
        rows = [k for k, p in enumerate(products) if p.times_h == times]
        mine = [products[k] for k in rows]
        course, without = run(mine), run([mine[0].emptied()])
        for name in READ:
            product[name][rows] = course.day(name)[:, -1]
            control[name][rows] = without.day(name)[:, -1]
        brought[rows] = (course.end - without.end)[:, MAGNESIUM].sum(axis=1)
        errors += [course.mass_error, without.mass_error]
        least.append(min(course.end.min(), course.daily.min()))
    return Followed(
        product=product,
        control=control,
        brought=brought,
        mass_error=max(errors),
        least=min(least),
    )


def regimen(units=1, intakes=1, *, with_meals=True):
    return Regimen(units_per_intake=units, intakes_per_day=intakes, with_meals=with_meals)


def law(salt, mg=100.0, *, k_per_h=1.5, plateau=0.97, lag_h=0.1):
    """Return a tablet: the salt's particles appear by first order after a lag."""
    return ReleaseLaw(
        route=Route.ORAL,
        mechanism="disintegration",
        parameters={
            "lag_h": lag_h,
            "k_liberation_per_h": k_per_h,
            "k_residue_per_h": 0.0,
            "plateau": plateau,
        },
        solids=(solid(salt, mg),),
    )


def solid(salt, mg=100.0, *, predissolved=0.0):
    return Solid(
        dose_mmol=mg / MG_PER_MMOL,
        predissolved=predissolved,
        k_water_per_h=salt["k_water"],
        k_acid_l_per_mmol_h=salt["k_acid"],
        solubility_mmol_per_l=salt["solubility"],
        acid_demand_meq_per_mmol=salt["demand"],
        osmoles_per_mmol=salt["osmoles"],
    )


def slow(salt, mg=100.0, *, k_diffusion=0.2, k_relaxation=0.02):
    """Return a matrix: the same particles over about twelve hours."""
    tablet = law(salt, mg)
    matrix = {"exponent": 0.45, "k_diffusion": k_diffusion, "k_relaxation": k_relaxation}
    return evolve(tablet, mechanism="swelling_matrix", parameters={**tablet.parameters, **matrix})


def increments(laws, regimens, subjects=ADULTS, **options):
    """Return absorbed less what the diet alone gives, of shape (n_products, n_subjects)."""
    return followed(laws, regimens, subjects, **options).more("absorbed")


def medians(laws, regimens, subjects=ADULTS, **options):
    return np.median(increments(laws, regimens, subjects, **options), axis=1)
