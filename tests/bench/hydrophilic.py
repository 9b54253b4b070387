"""A mechanistic prior for any drug in a hydrophilic matrix, for the public table of such tablets.

The equations and constants are those of `models.release.matrix`: Peppas and Sahlin with the
reference matrix of a soluble drug, moved by polymer level, viscosity grade, soluble filler and the
percolation of a soluble drug. What can diffuse follows Higuchi from solubility over load. No
constant is fitted to the table, but the form is not blind to it: Higuchi and the rule for salts
replaced the share that `models.release.matrix` uses after the error on all recipes had been seen.

Assumed beside them: the listed solubility (g/mL) holds in the medium, except that of a drug named
as a salt, which the table lists for its free form; the gel holds as much water as the dry matrix
had volume; a blend of grades has the mass-weighted mean of their logarithmic viscosities; polymers
that are no hypromellose count as filler; tablets of all sizes are alike.
"""

from math import exp, log, log10

import numpy as np
import pandas as pd

from formulation.arrays import FloatArray
from formulation.provenance import assumed
from models.release._mechanisms import LIBERATION
from models.release.matrix import (
    DIFFUSION_ON_HPMC,
    DIFFUSION_ON_VISCOSITY,
    EXPONENT,
    K_DIFFUSION,
    K_RELAXATION,
    LACTOSE_EFFECT,
    PERCOLATION_GAIN,
    PERCOLATION_PCT,
    PERCOLATION_WIDTH_PCT,
    PLATEAU,
    REFERENCE_HPMC,
    REFERENCE_VISCOSITY,
    RELAXATION_ON_HPMC,
    RELAXATION_ON_VISCOSITY,
)

MATRIX_DENSITY = assumed(1.35, "g/mL", "of the dry matrix")
SALT_SOLUBILITY = assumed(0.1, "g/mL", "of a drug as its salt; freely soluble")
SALTS = ("hcl", "hbr", "sodium", "maleate", "tartrate", "sulfate")
"""Words in a drug's name that make it a salt."""

TIMES_H = np.array([2.0, 4.0, 6.0, 8.0])
"""Times of the table, [h]."""

NUMBERS = (
    *("drug_pct", "mw", "xlogp3", "hbd", "hba", "rotb", "tpsa", "pka", "logs"),
    *("polymer1_pct", "logvisc", "polymer2_pct", "glidant_pct", "lubricant_pct"),
)
"""Columns that a model sees as they are."""

FILLERS = {"lactose_pct": "Lactose", "mcc_pct": "MCC"}


def recipes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a recipe, in the order of the rows' ``fid``."""
    found = rows.sort_values(["fid", "time"]).groupby("fid").first()
    for column, filler in FILLERS.items():
        found[column] = sum(
            found[f"filler{k}_pct"].where(found[f"filler{k}"] == filler, 0.0) for k in (1, 2)
        )
    return found


def curves(rows: pd.DataFrame) -> FloatArray:
    """Return the released fractions, of shape (n_recipes, n_times), NaN where not read."""
    wide = rows.pivot_table(index="fid", columns="time", values="rel")
    return wide.reindex(columns=TIMES_H).to_numpy()


def features(table: pd.DataFrame) -> FloatArray:
    """Return what a model sees of recipes, of shape (n_recipes, n_features)."""
    return table[[*NUMBERS, *FILLERS]].to_numpy(dtype=float)


def prior(recipe: pd.Series, times_h: FloatArray) -> FloatArray:
    """Return the released fraction that the equations give a recipe, of shape (n_times,)."""
    diffusible = _diffusible(recipe)
    second = recipe["polymer2_pct"] if recipe["logvisc2"] > 0 else 0.0
    polymer = recipe["polymer1_pct"] + second
    grade = (recipe["polymer1_pct"] * recipe["logvisc"] + second * recipe["logvisc2"]) / polymer
    level = log(polymer / float(REFERENCE_HPMC))
    viscosity = (grade - log10(float(REFERENCE_VISCOSITY))) * log(10)
    beyond = (recipe["drug_pct"] * diffusible - float(PERCOLATION_PCT)) / float(
        PERCOLATION_WIDTH_PCT
    )
    cliff = 1 + float(PERCOLATION_GAIN) / (1 + exp(-beyond))
    diffusion = (
        float(K_DIFFUSION)
        * diffusible
        * exp(float(DIFFUSION_ON_HPMC) * level + float(DIFFUSION_ON_VISCOSITY) * viscosity)
        * (1 + float(LACTOSE_EFFECT) * recipe["lactose_pct"] / 100)
    )
    relaxation = float(K_RELAXATION) * exp(
        float(RELAXATION_ON_HPMC) * level + float(RELAXATION_ON_VISCOSITY) * viscosity
    )
    parameters = {
        "exponent": float(EXPONENT),
        "k_diffusion": diffusion * cliff,
        "k_relaxation": relaxation * cliff,
        "plateau": float(PLATEAU),
    }
    return LIBERATION["swelling_matrix"](parameters, times_h, False)


def _diffusible(recipe: pd.Series) -> float:
    """Return the diffusion of a drug over that of one that dissolves at once (Higuchi)."""
    is_salt = any(word in recipe["drug"] for word in SALTS)
    solubility = float(SALT_SOLUBILITY) if is_salt else recipe["solubility"]
    load = recipe["drug_pct"] / 100 * float(MATRIX_DENSITY)
    dissolved = min(solubility / load, 1.0)
    return float((dissolved * (2 - dissolved)) ** 0.5)
