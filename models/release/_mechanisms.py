"""Liberation: the fraction of a dose that a dosage form has let go, in closed form.

Each function takes the parameters of a law and times since the form opened, and returns fractions
that rise from 0 and never exceed 1. Whether what is let go dissolves is another question.
"""

from collections.abc import Callable, Mapping

import numpy as np

from formulation.arrays import FloatArray

Parameters = Mapping[str, float]

N_TERMS = 6
"""Terms of the series for diffusion out of a sphere, [-]."""


def _disintegration(p: Parameters, t: FloatArray, in_body: bool) -> FloatArray:
    """Return what falls apart after a lag, and coarse pieces that erode slowly."""
    since = np.maximum(t - p["lag_h"], 0.0)
    quick = -np.expm1(-p["k_liberation_per_h"] * since)
    residue = -np.expm1(-p["k_residue_per_h"] * since)
    return p["plateau"] * quick + (1 - p["plateau"]) * residue


def _swelling_matrix(p: Parameters, t: FloatArray, in_body: bool) -> FloatArray:
    """Return diffusion through a gel plus relaxation and erosion (Peppas and Sahlin)."""
    root = t ** p["exponent"]
    return p["plateau"] * np.minimum(p["k_diffusion"] * root + p["k_relaxation"] * root**2, 1.0)


def _dispersed(p: Parameters, t: FloatArray, in_body: bool) -> FloatArray:
    """Return what is poured out: a solution, or a tablet dissolved in a glass."""
    return -np.expm1(-p["k_pour_per_h"] * t)


def _nanoparticle(p: Parameters, t: FloatArray, in_body: bool) -> FloatArray:
    """Return free salt at once, then of the entrapped a burst, diffusion and lipolysis."""
    free = -np.expm1(-p["k_pour_per_h"] * t)
    burst = -np.expm1(-p["k_burst_per_h"] * t)
    n = np.arange(1, N_TERMS + 1)[:, None]
    inside = (np.exp(-(n**2) * p["k_diffusion_per_h"] * t[None]) / n**2).sum(axis=0)
    inside /= (1.0 / n**2).sum()
    if in_body:
        inside = inside * np.exp(-p["k_lipolysis_per_h"] * t)
    entrapped = p["burst"] * burst + (1 - p["burst"]) * (1 - inside)
    total: FloatArray = p["free"] * free + (1 - p["free"]) * entrapped
    return total


def _gel(p: Parameters, t: FloatArray, in_body: bool) -> FloatArray:
    """Return what a gel lets go, in proportion to its swelling and to what is left."""
    swollen_h = t - -np.expm1(-p["k_swelling_per_h"] * t) / p["k_swelling_per_h"]
    return -np.expm1(-p["k_release_per_h"] * swollen_h)


def _membrane(p: Parameters, t: FloatArray, in_body: bool) -> FloatArray:
    """Return what passed the skin: after a lag, through pores that close, by a current."""
    lag = p["lag_h"]
    passive_h = t + lag * np.expm1(-t / lag)
    pores_h = -np.expm1(-p["k_close_per_h"] * t) / p["k_close_per_h"]
    driven_h = np.minimum(t, p["current_h"])
    passed = p["k_skin_per_h"] * passive_h + p["k_pore_per_h"] * pores_h
    return -np.expm1(-(passed + p["k_current_per_h"] * driven_h))


LIBERATION: Mapping[str, Callable[[Parameters, FloatArray, bool], FloatArray]] = {
    "disintegration": _disintegration,
    "swelling_matrix": _swelling_matrix,
    "dispersed": _dispersed,
    "nanoparticle": _nanoparticle,
    "gel": _gel,
    "membrane": _membrane,
}
"""Liberated fraction by mechanism."""
