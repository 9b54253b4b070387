"""What the body model takes from the chemistry before it integrates anything.

Beside a given free calcium, all forms of a complex rise in proportion to free magnesium and to the
ligand that no magnesium holds. Magnesium and the sites of one ligand are therefore an equilibrium
of one to one, with an effective constant that depends on pH and calcium only, and bound magnesium
is the smaller root of a quadratic. With one ligand that is exact.

Calcium that binds is no longer free, so with a total of calcium the quadratic takes each calcium
for so much magnesium as its constant is larger: exact where both bind alike (phytate), within 0.06
of the magnesium elsewhere up to 10 mmol/L of calcium. Taking the total for free instead would miss
by up to 0.35. Several ligands on one magnesium are not described; ask `speciate` for them.

Sources of the capacities: see `_constants`. The amount of phytate's sites follows Bohn2004.
"""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from formulation.arrays import FloatArray
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import Quantity
from models.absorption._parameters import N_SEGMENTS, PHYTATE_HELD
from models.absorption.speciation import _constants as given
from models.absorption.speciation.equilibrium import MMOL_PER_MOL
from models.absorption.speciation.network import binding, get_mineral
from models.absorption.speciation.thermodynamics import BODY_C, GUT_IONIC_STRENGTH, Conditions

BINDERS: Mapping[str, tuple[str, Quantity]] = {
    "phytate": ("phytate_sites", PHYTATE_HELD),
    "oxalate": ("oxalate", given.OXALATE_CAPACITY),
    "fatty_acids": ("soap_sites", given.SOAP_CAPACITY),
    "phosphate": ("phosphate", given.PHOSPHATE_CAPACITY),
}
"""What in food binds magnesium: component of the solver, and sites per mole."""


@frozen(kw_only=True, eq=False)
class Binding:
    """How one binder holds magnesium in the segments of the gut."""

    ligand: str
    """Name, one of `BINDERS`."""

    constant_l_per_mmol: FloatArray
    """Effective constant per site beside stated free calcium, of shape (7,) or (7, n), [L/mmol]."""

    uncontested_l_per_mmol: FloatArray
    """The same without calcium, of shape (7,) or (7, n), [L/mmol]."""

    calcium_ratio: FloatArray
    """Calcium's constant over magnesium's, of shape (7,) or (7, n), [-]."""

    capacity: Quantity
    """Magnesium that one binder can hold, [mmol/mmol]."""

    def bound_mmol_per_l(
        self, magnesium_mmol_per_l: ArrayLike, ligand_mmol_per_l: ArrayLike
    ) -> FloatArray:
        """Return the magnesium that is held beside the stated free calcium.

        Parameters
        ----------
        magnesium_mmol_per_l : ndarray of shape (7,) or (7, n)
            Magnesium, held or not, [mmol/L].
        ligand_mmol_per_l : ndarray of shape (7,) or (7, n)
            Binder, holding or not, [mmol/L].

        Returns
        -------
        ndarray of shape (7,) or (7, n)
            Held magnesium, [mmol/L].
        """
        magnesium = np.asarray(magnesium_mmol_per_l, dtype=float)
        return smaller_root(magnesium, self._sites(ligand_mmol_per_l), 1 / self.constant_l_per_mmol)

    def bound_beside_total_calcium(
        self,
        magnesium_mmol_per_l: ArrayLike,
        ligand_mmol_per_l: ArrayLike,
        calcium_mmol_per_l: ArrayLike,
    ) -> FloatArray:
        """Return the magnesium that is held beside a total of calcium, some of it held as well.

        Parameters
        ----------
        magnesium_mmol_per_l : ndarray of shape (7,) or (7, n)
            Magnesium, held or not, [mmol/L].
        ligand_mmol_per_l : ndarray of shape (7,) or (7, n)
            Binder, holding or not, [mmol/L].
        calcium_mmol_per_l : ndarray of shape (7,) or (7, n)
            Calcium, held or not, [mmol/L].

        Returns
        -------
        ndarray of shape (7,) or (7, n)
            Held magnesium, [mmol/L].
        """
        magnesium = np.asarray(magnesium_mmol_per_l, dtype=float)
        calcium = np.asarray(calcium_mmol_per_l, dtype=float)
        both = magnesium + self.calcium_ratio * calcium
        sites = self._sites(ligand_mmol_per_l)
        return 2 * magnesium * sites / _whole(both, sites, 1 / self.uncontested_l_per_mmol)

    def _sites(self, ligand_mmol_per_l: ArrayLike) -> FloatArray:
        return np.asarray(ligand_mmol_per_l, dtype=float) * float(self.capacity)


def smaller_root(first: FloatArray, second: FloatArray, dissociation: FloatArray) -> FloatArray:
    """Return how much of two partners is joined one to one.

    Parameters
    ----------
    first, second : ndarray of shape (...)
        Totals of the partners, [mmol/L].
    dissociation : ndarray of shape (...)
        Product of the free partners per pair, above 0, [mmol/L].

    Returns
    -------
    ndarray of shape (...)
        Pairs: the smaller root of (first - x)(second - x) = dissociation x, [mmol/L].

    Examples
    --------
    >>> float(smaller_root(np.array(2.0), np.array(2.0), np.array(1.0)))
    1.0
    """
    return 2 * first * second / _whole(first, second, dissociation)


def segment_binding(
    ligand: str,
    ph: FloatArray,
    *,
    calcium_mmol_per_l: ArrayLike = 0.0,
    ionic_strength: float = float(GUT_IONIC_STRENGTH),
    temperature_c: float = BODY_C,
) -> Binding:
    """Return how a binder of food holds magnesium in each segment.

    Parameters
    ----------
    ligand : str
        One of `BINDERS`, [-].
    ph : ndarray of shape (7,) or (7, n)
        pH of the segments, stomach first, [-].
    calcium_mmol_per_l : ndarray of shape (), (7,) or (7, n), optional
        Free calcium that competes, [mmol/L].
    ionic_strength : float, optional
        Of the fluid, [mol/L].
    temperature_c : float, optional
        Temperature, [degC].

    Returns
    -------
    Binding
        Constants of the shape of `ph`, [L/mmol].

    Raises
    ------
    InputError
        The binder is unknown, the pH has no seven segments or is outside 0 to 14, or calcium is
        negative or does not fit.
    """
    if ligand not in BINDERS:
        raise UnknownNameError("Binder", ligand, BINDERS)
    acidity = _segments(ph)
    conditions = Conditions(ionic_strength=ionic_strength, temperature_c=temperature_c)
    calcium = _competitor(calcium_mmol_per_l, acidity)
    component, capacity = BINDERS[ligand]
    alone = 1 + binding("", component, acidity, conditions)
    of_ca = binding("Ca", component, acidity, conditions) / MMOL_PER_MOL
    of_mg = binding("Mg", component, acidity, conditions) / MMOL_PER_MOL
    mg_with_hydroxide = 1 + binding("Mg", "", acidity, conditions)
    ca_with_hydroxide = 1 + binding("Ca", "", acidity, conditions)
    return Binding(
        ligand=ligand,
        constant_l_per_mmol=of_mg / (mg_with_hydroxide * (alone + of_ca * calcium)),
        uncontested_l_per_mmol=of_mg / (mg_with_hydroxide * alone),
        calcium_ratio=of_ca / of_mg * (mg_with_hydroxide / ca_with_hydroxide),
        capacity=capacity,
    )


def oxalate_left_mmol_per_l(
    oxalate_mmol_per_l: ArrayLike,
    calcium_mmol_per_l: ArrayLike,
    ph: ArrayLike,
    *,
    ionic_strength: float = float(GUT_IONIC_STRENGTH),
    temperature_c: float = BODY_C,
) -> FloatArray:
    """Return the oxalate that calcium leaves in solution, where it may bind magnesium.

    Calcium oxalate is a thousand times less soluble than the magnesium salt, so only oxalate in
    excess of calcium matters. Dissolved calcium oxalate is neglected.

    Parameters
    ----------
    oxalate_mmol_per_l, calcium_mmol_per_l : ndarray of shape (...)
        Totals per volume of fluid, [mmol/L].
    ph : ndarray of shape (...)
        pH, [-].
    ionic_strength : float, optional
        Of the fluid, [mol/L].
    temperature_c : float, optional
        Temperature, [degC].

    Returns
    -------
    ndarray of shape (...)
        Oxalate beside whewellite, or all of it below saturation, [mmol/L].

    Raises
    ------
    InputError
        Temperature or ionic strength are outside the equations' range.
    """
    conditions = Conditions(ionic_strength=ionic_strength, temperature_c=temperature_c)
    acidity = np.asarray(ph, dtype=float)
    oxalate = np.asarray(oxalate_mmol_per_l, dtype=float)
    calcium = np.asarray(calcium_mmol_per_l, dtype=float)
    unbound = 1 + binding("", "oxalate", acidity, conditions)
    log_product = get_mineral("whewellite").reaction.log_k_in(conditions)
    product = 10**log_product * MMOL_PER_MOL**2 * unbound
    excess = oxalate - calcium
    left = (excess + np.sqrt(excess**2 + 4 * product)) / 2
    kept: FloatArray = np.minimum(left, oxalate)
    return kept


def _whole(first: FloatArray, second: FloatArray, dissociation: FloatArray) -> FloatArray:
    """Return twice the larger root of the pairs' quadratic, as a sum in which nothing cancels."""
    both = first + second
    spread = np.sqrt((first - second) ** 2 + dissociation * (2 * both + dissociation))
    whole: FloatArray = both + dissociation + spread
    return whole


def _segments(ph: FloatArray) -> FloatArray:
    acidity = np.asarray(ph, dtype=float)
    if acidity.ndim not in (1, 2) or acidity.shape[0] != N_SEGMENTS:
        raise InputError(
            f"Binding by segment: a pH of shape {acidity.shape}; it must be ({N_SEGMENTS},) or"
            f" ({N_SEGMENTS}, n).",
            hint="Give one pH a segment, stomach first.",
        )
    if not ((acidity >= 0) & (acidity <= 14)).all():
        raise InputError(f"Binding by segment: the pH {acidity} must lie between 0 and 14.")
    return acidity


def _competitor(calcium_mmol_per_l: ArrayLike, ph: FloatArray) -> FloatArray:
    calcium = np.asarray(calcium_mmol_per_l, dtype=float)
    if calcium.ndim == 1 and ph.ndim == 2:
        calcium = calcium[:, np.newaxis]
    if not (np.isfinite(calcium) & (calcium >= 0)).all():
        raise InputError(
            f"Binding by segment: free calcium of {calcium} mmol/L must be 0 or more and finite."
        )
    try:
        return np.broadcast_to(calcium, ph.shape)
    except ValueError:
        raise InputError(
            f"Binding by segment: calcium of shape {calcium.shape} does not fit a pH of shape"
            f" {ph.shape}."
        ) from None
