"""From subjects and products to the numbers of the flux list."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.claims import Claim
from formulation.modulators import Target, targets_of
from formulation.modulators import Target as T
from formulation.patients import get_patient_field
from formulation.units import MG_PER_MMOL
from models.absorption import _parameters as gut
from models.disposition import _parameters as body
from models.disposition.kidney import TUBULAR_MAXIMUM, ULTRAFILTERABLE
from models.population import Subjects
from models.release import ReleaseLaw
from models.release.vessel import solid_columns
from models.simulator.equations import ABSORBING, SALTS, flux_model


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


def subject_numbers(
    subjects: Subjects,
    meals_per_day: int,
    transport: Transport = CALIBRATED,
    claims: Sequence[Claim] = (),
) -> dict[str, FloatArray]:
    """Return the numbers that a subject brings.

    Parameters
    ----------
    subjects : Subjects
        The people, [-].
    meals_per_day : int
        Meals over which a day's ligands are spread, [1/d].
    transport : Transport, optional
        Transport constants, [-].
    claims : sequence of Claim, optional
        Claims that are switched on, [-].

    Returns
    -------
    dict of str to ndarray of shape (n_subjects,)
        By name in the flux list, each in its unit there, [-].
    """
    v = subjects.values
    of = targets_of(v, claims)
    meals = max(meals_per_day, 1)
    bowel_h = v["small_bowel_transit_h"] * v["small_bowel_fraction"] * of[T.SMALL_BOWEL_TRANSIT]
    acid = v["acid_output_factor"] * of[T.ACID_OUTPUT]
    emptying = v["gastric_emptying_factor"] * of[T.GASTRIC_EMPTYING]
    filtration = float(ULTRAFILTERABLE) * v["egfr_ml_min"] * body.L_PER_H
    maximum = float(TUBULAR_MAXIMUM) * v["egfr_ml_min"] * body.L_PER_H
    found = {
        "empty_fasted": float(gut.EMPTYING_FASTED) * emptying,
        "empty_solid": float(gut.EMPTYING_SOLID) * emptying,
        "empty_fed": float(gut.EMPTYING_FED) * emptying,
        "transit": gut.N_SMALL_BOWEL / bowel_h,
        "colon_transit": 1 / (v["colon_transit_h"] * of[T.COLON_TRANSIT]),
        "acid_at_rest": float(gut.ACID_AT_REST) * acid,
        "acid_fasted": float(gut.ACID_FASTED) * acid,
        "renewal": _renewal(acid),
        "acid_fed": float(gut.ACID_FED) * acid,
        "colon_acid": float(gut.ACID_COLON) * of[T.COLON_ACID] * _protons(of[T.COLON_PH]),
        "osmotic_agent": _in_colon(of[T.OSMOTIC_LOAD], v["colon_transit_h"]),
        "meal": v["diet_mg_per_day"] / MG_PER_MMOL / meals,
        "sites": v["dietary_phytate_mmol_per_day"] * float(gut.PHYTATE_HELD) / meals,
        "weak": _weak_ligands(v) / meals,
        "secretion": float(body.SECRETION) * of[T.ENDOGENOUS_SECRETION] * _plasma(v),
        "volume": float(body.VOLUME) * v["weight_kg"],
        "filtration": filtration,
        "tubular": maximum * of[T.TUBULAR_MAXIMUM],
        "into_red": np.full(len(subjects), float(body.RED_CELLS_OVER_FLUID) / body.RED_CELL_HOURS),
    }
    return found | _transport(v, of, transport) | _pools(of)


def _plasma(v: Mapping[str, FloatArray]) -> FloatArray:
    """Return the magnesium of the plasma that juices are made of, over the usual one, [-]."""
    usual = get_patient_field("baseline_serum_mmol_per_l").default.value
    found: FloatArray = v["baseline_serum_mmol_per_l"] / usual
    return found


def _renewal(acid: FloatArray) -> FloatArray:
    """Return how fast a fasted stomach empties juice that holds its resting acid, [1/h]."""
    usual = float(gut.ACID_FASTED) / float(gut.ACID_AT_REST)
    found: FloatArray = usual - float(gut.ACID_FASTED) / float(gut.ACID_CAP) * acid
    return found


def _protons(ph_shift: FloatArray) -> FloatArray:
    """Return the protons of a colon less acid by so much, against the usual one."""
    protons: FloatArray = np.clip(10.0**-ph_shift, 1 / MOST_PROTONS, MOST_PROTONS)
    return protons


MOST_PROTONS = 3.0
"""A colon gives a solid at most so many times the usual protons, however acid, [-]."""


def _in_colon(osmoles_per_day: FloatArray, transit_h: FloatArray) -> FloatArray:
    """Return an osmotic agent in the colon as the magnesium that would draw as much water."""
    found: FloatArray = osmoles_per_day / float(gut.OSMOLES_OF_MAGNESIUM) * transit_h / 24
    return found


def _weak_ligands(v: Mapping[str, FloatArray]) -> FloatArray:
    """Return constant times amount of the weak ligands of a day's meals, [L]."""
    oxalate = v["dietary_oxalate_mmol_per_day"] * float(gut.OXALATE_LEFT)
    fat = np.maximum(v["fat_g_per_day"] - float(gut.ORDINARY_FAT), 0.0)
    found: FloatArray = (
        gut.OXALATE_CONSTANT * oxalate + gut.SOAP_CONSTANT * float(gut.SOAP_SITES) * fat
    )
    return found


def _transport(
    v: Mapping[str, FloatArray], of: Mapping[Target, FloatArray], transport: Transport
) -> dict[str, FloatArray]:
    """Return capacity, half-saturation and leak of each segment."""
    found: dict[str, FloatArray] = {}
    for i in ABSORBING:
        here = np.ones_like(v["trpm6_activity"])
        if i in ILEUM:
            here = of[T.ILEAL_UPTAKE]
        elif i == gut.COLON:
            here = of[T.COLONIC_UPTAKE]
        capacity = transport.vmax_mmol_per_h * gut.TRANSPORT_WEIGHTS[i] * v["trpm6_activity"]
        half = transport.km_mmol_per_l * gut.RESTING_VOLUME_L[i]
        leak = transport.paracellular_per_h * gut.PARACELLULAR_WEIGHTS[i]
        found[f"vmax{i}"] = capacity * of[T.SATURABLE_UPTAKE] * here
        found[f"half{i}"] = half * of[T.SATURABLE_KM]
        found[f"leak{i}"] = leak * of[T.PARACELLULAR_UPTAKE] * here
    return found


ILEUM = (4, 5)


def _pools(of: Mapping[Target, FloatArray]) -> dict[str, FloatArray]:
    """Return how fast magnesium goes into and out of each pool."""
    found: dict[str, FloatArray] = {}
    for pool, (into, over_fluid) in body.POOLS.items():
        faster = of[T.BONE_UPTAKE] if pool == "bone" else of[T.CELL_UPTAKE]
        found[f"into_{pool}"] = float(into) * faster
        found[f"from_{pool}"] = np.full_like(faster, float(into) / float(over_fluid))
    return found


def product_numbers(laws: Sequence[ReleaseLaw]) -> dict[str, FloatArray]:
    """Return the numbers that a unit of each product brings.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Law of one unit of each product, [-].

    Returns
    -------
    dict of str to ndarray of shape (n_products,)
        By name in the flux list, each in its unit there, [-].
    """
    columns = solid_columns(laws)
    while len(columns) < len(SALTS):
        columns.append({name: np.zeros_like(x) for name, x in columns[0].items()})
    found: dict[str, FloatArray] = {}
    liquid, osmoles, dose = (np.zeros(len(laws)) for _ in range(3))
    for k, p in zip(SALTS, columns, strict=True):
        demand = p["acid_demand_meq_per_mmol"]
        found[f"water{k}"] = np.minimum(p["k_water_per_h"], float(gut.FASTEST))
        found[f"proton{k}"] = p["k_acid_l_per_mmol_h"]
        found[f"solubility{k}"] = np.where(p["dose_mmol"] > 0, p["solubility_mmol_per_l"], 1.0)
        found[f"demand{k}"] = demand
        found[f"per_acid{k}"] = np.where(demand > 0, 1 / np.maximum(demand, 1e-9), 0.0)
        found[f"solid{k}"] = p["dose_mmol"] * (1 - p["predissolved"])
        liquid += p["dose_mmol"] * p["predissolved"]
        osmoles += p["dose_mmol"] * p["osmoles_per_mmol"]
        dose += p["dose_mmol"]
    found["liquid"] = liquid
    found["osmoles"] = osmoles / np.maximum(dose, 1e-12)
    found["suspended"] = np.array([float(law.is_suspended) for law in laws])
    return found


PARAMETERS = tuple(p.name for p in flux_model().parameters)
"""Names of the numbers of a lane, in order."""
