"""The bench medium of each kind of product, and curves in it."""

from collections.abc import Sequence

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.profiles import ACID_THEN_BUFFER, FRANZ_CELL, HCL_01M, Medium, ReleaseProfile
from models.release._base import ReleaseLaw
from models.release.vessel import dissolve_all


def bench_medium(law: ReleaseLaw) -> Medium:
    """Return the medium in which a product's bench endpoints are read.

    Parameters
    ----------
    law : ReleaseLaw
        Law of the product, [-].

    Returns
    -------
    Medium
        A Franz cell for the skin, acid and then buffer for films that open by pH, else 0.1 M HCl,
        [-].
    """
    if law.route is Route.SKIN:
        return FRANZ_CELL
    if law.coat is not None and law.coat.threshold_ph:
        return ACID_THEN_BUFFER
    return HCL_01M


def bench_curves(laws: Sequence[ReleaseLaw], times_h: FloatArray) -> list[ReleaseProfile]:
    """Return the release profile of several units, each in its own bench medium.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Laws of the units, [-].
    times_h : ndarray of shape (n_times,)
        Increasing times from the start, [h].

    Returns
    -------
    list of ReleaseProfile
        Simulated profiles in the order of the laws, [-].
    """
    media = [bench_medium(law) for law in laws]
    found: dict[int, ReleaseProfile] = {}
    for medium in dict.fromkeys(media):
        rows = [k for k, m in enumerate(media) if m == medium]
        curves = dissolve_all([laws[k] for k in rows], medium, times_h)
        found.update(zip(rows, curves, strict=True))
    return [found[k] for k in range(len(laws))]
