"""Two products in the same people: how often one is ahead, and the trial that would show it."""

from math import sqrt
from typing import Any

from attrs import asdict

from experiments.account.arms import Arm
from formulation.arrays import FloatArray
from formulation.provenance import assumed
from models.comparison import compare
from models.measurement import Measurement, get_measurement

COMPARED = ("absorbed_increment", "serum_change")
"""Endpoints with a measurement of their own; urine stands for what is absorbed."""

LEAST_NOISE = 0.5
"""Least scatter of loose stools, where hardly anybody has any, [percent]."""


def versus(first: Arm, second: Arm) -> list[dict[str, Any]]:
    """Compare two products in the same people.

    Parameters
    ----------
    first : Arm
        The product, [-].
    second : Arm
        What it is compared with, in the same subjects, [-].

    Returns
    -------
    list of dict
        One comparison an endpoint, as plain values, [-].
    """
    names = (first.product.name, second.product.name)
    found = []
    for name in (*COMPARED, "laxation_risk"):
        a, b = first.values[name], second.values[name]
        how = loose_stools(a, b) if name == "laxation_risk" else get_measurement(name)
        told = asdict(compare(a, b, how, names=names))
        found.append({"name": name, **told, "noise": how.noise.value, "noise_note": how.noise.note})
    return found


def loose_stools(a: FloatArray, b: FloatArray) -> Measurement:
    """Return how a trial would measure loose stools: each person has them or has not.

    Parameters
    ----------
    a, b : ndarray of shape (n_subjects,)
        Chance of loose stools with each product, [percent].

    Returns
    -------
    Measurement
        With the scatter of yes or no at the mean of both, [-].
    """
    share = float((a.mean() + b.mean()) / 2) / 100
    noise = max(100 * sqrt(share * (1 - share)), LEAST_NOISE)
    note = "yes or no at the mean chance of both products, as if it were normally distributed"
    return Measurement(title="Chance of loose stools", noise=assumed(noise, "percent", note))
