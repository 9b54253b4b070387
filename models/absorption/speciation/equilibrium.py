"""Where magnesium and calcium are in a fluid of a given pH, among the ligands it holds.

What is dissolved is shared out by `balance`; from that follow the labile part, activities and the
distance from saturation with a solid.

Not described: solids that form by themselves (see `solids`), mixed complexes, two ligands on one
magnesium, bases other than hydroxide, and the binding of sodium and potassium.
"""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from formulation.arrays import FloatArray
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import Quantity
from models.absorption.speciation._constants import HELD_BACK, LABILE_WEIGHT
from models.absorption.speciation.balance import Balance, ligand_shares, solve_free_metals
from models.absorption.speciation.network import (
    COMPONENTS,
    LIGANDS,
    METALS,
    binding,
    get_mineral,
)
from models.absorption.speciation.thermodynamics import (
    BODY_C,
    GUT_IONIC_STRENGTH,
    Conditions,
    charge_of,
)

MMOL_PER_MOL = 1000.0
"""Millimoles in a mole, [mmol/mol]."""


@frozen(kw_only=True, eq=False)
class Speciation:
    """Where the metals and ligands of a fluid are at equilibrium; arrays share one shape."""

    ph: FloatArray
    """pH, [-]."""

    conditions: Conditions
    """Temperature and ionic strength."""

    totals_mmol_per_l: Mapping[str, FloatArray]
    """What was put in, by component, [mmol/L]."""

    free_mmol_per_l: Mapping[str, FloatArray]
    """Bare metal ions, by metal, [mmol/L]."""

    bare_mmol_per_l: Mapping[str, FloatArray]
    """Ligands without proton or metal, by ligand, [mmol/L]."""

    unbound_mmol_per_l: Mapping[str, FloatArray]
    """Ligands without metal, protonated or bare, by ligand, [mmol/L]."""

    bound_mmol_per_l: Mapping[tuple[str, str], FloatArray]
    """Complexes by metal and ligand, the ligand "hydroxide" among them, [mmol/L]."""

    @property
    def free_mg_mmol_per_l(self) -> FloatArray:
        """Free magnesium, [mmol/L]."""
        return self.free_mmol_per_l["Mg"]

    @property
    def complexes_mmol_per_l(self) -> dict[str, FloatArray]:
        """Magnesium in complexes, by ligand, [mmol/L]."""
        return {ligand: x for (metal, ligand), x in self.bound_mmol_per_l.items() if metal == "Mg"}

    def activity(self, metal: str) -> FloatArray:
        """Return the activity of a free metal.

        Parameters
        ----------
        metal : str
            ``Mg`` or ``Ca``, [-].

        Returns
        -------
        ndarray of shape (...)
            Activity on the molar scale, [mol/L].

        Raises
        ------
        UnknownNameError
            It is no metal of these fluids.
        """
        if metal not in METALS:
            raise UnknownNameError("Metal", metal, METALS)
        coefficient = self.conditions.activity_coefficient(charge_of(METALS[metal]))
        return self.free_mmol_per_l[metal] * (coefficient / MMOL_PER_MOL)

    def labile_mmol_per_l(self, weight: Quantity | float = LABILE_WEIGHT) -> FloatArray:
        """Return the dissolved magnesium that an absorbing surface can draw on.

        Free magnesium and its hydroxide count in full, complexes by a weight, and what oxalate,
        phytate and soaps hold not at all.

        Parameters
        ----------
        weight : Quantity or float, optional
            How much of a weak complex counts, [-].

        Returns
        -------
        ndarray of shape (...)
            Labile magnesium, [mmol/L].

        Raises
        ------
        InputError
            The weight is outside 0 to 1.
        """
        share = float(weight)
        if not 0 <= share <= 1:
            raise InputError(
                f"Labile magnesium: a weight of {share:g} is outside 0 to 1.",
                hint="Give the share of a weak complex that counts as labile.",
            )
        labile = self.free_mg_mmol_per_l + self.complexes_mmol_per_l["hydroxide"]
        for ligand, held in self.complexes_mmol_per_l.items():
            if ligand != "hydroxide" and ligand not in HELD_BACK:
                labile = labile + share * held
        return labile

    def saturation_index(self, mineral: str) -> FloatArray:
        """Return how far the fluid is from saturation with a solid.

        Parameters
        ----------
        mineral : str
            Such as ``"brucite"``, [-].

        Returns
        -------
        ndarray of shape (...)
            Decadic logarithm of ion product over solubility product: 0 at saturation, above 0 the
            solid may form, minus infinity where one of its parts is missing, [-].

        Raises
        ------
        UnknownNameError
            No solid has that name.
        """
        solid = get_mineral(mineral)
        index = solid.n_metal * _log10(self.activity(solid.metal)) - solid.protons * self.ph
        if solid.ligand:
            bare = self.bare_mmol_per_l.get(solid.ligand, np.zeros_like(self.ph)) / MMOL_PER_MOL
            coefficient = self.conditions.activity_coefficient(charge_of(LIGANDS[solid.ligand]))
            index = index + solid.n_ligand * _log10(bare * coefficient)
        return index - solid.reaction.log_k_ideal(self.conditions)


def speciate(
    totals_mmol_per_l: Mapping[str, ArrayLike],
    ph: ArrayLike,
    *,
    ionic_strength: float = float(GUT_IONIC_STRENGTH),
    temperature_c: float = BODY_C,
) -> Speciation:
    """Return the equilibrium of a fluid at a fixed pH.

    Parameters
    ----------
    totals_mmol_per_l : mapping of str to ndarray of shape (...)
        Total of each component that is there, in solution; names of `network.COMPONENTS`,
        shapes broadcast, [mmol/L].
    ph : ndarray of shape (...)
        pH, minus the logarithm of the proton's activity, [-].
    ionic_strength : float, optional
        Of the whole fluid, [mol/L].
    temperature_c : float, optional
        Temperature, [degC].

    Returns
    -------
    Speciation
        All species, [mmol/L].

    Raises
    ------
    InputError
        A component is unknown, a total negative or not finite, the pH outside 0 to 14, shapes do
        not fit together, or temperature or ionic strength are outside the equations' range.
    FormulationError
        The iteration did not converge; the message names the point.

    Examples
    --------
    >>> fluid = speciate({"Mg": 10.0, "citrate": 10.0 * 2 / 3}, 6.5)
    >>> round(float(fluid.complexes_mmol_per_l["citrate"]), 1)
    6.1
    """
    conditions = Conditions(ionic_strength=ionic_strength, temperature_c=temperature_c)
    totals, acidity = _checked(totals_mmol_per_l, ph)
    names = [name for name in LIGANDS if name in totals]
    balance = _balance(totals, names, acidity, conditions)
    m, c = solve_free_metals(balance)
    return _speciation(balance, names, (m, c), totals, acidity, conditions)


def _checked(
    totals: Mapping[str, ArrayLike], ph: ArrayLike
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Return totals and pH as arrays of one shape, refused where they make no sense."""
    for name in totals:
        if name not in COMPONENTS:
            raise UnknownNameError("Component", name, COMPONENTS)
    arrays = [np.asarray(x, dtype=float) for x in (ph, *totals.values())]
    try:
        acidity, *amounts = (np.array(x) for x in np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = {"ph": arrays[0].shape} | {
            name: x.shape for name, x in zip(totals, arrays[1:], strict=True)
        }
        raise InputError(f"Speciation: the shapes {shapes} do not fit together.") from None
    _refuse("pH", acidity, (acidity >= 0) & (acidity <= 14), "must lie between 0 and 14")
    for name, amount in zip(totals, amounts, strict=True):
        fine = np.isfinite(amount) & (amount >= 0)
        _refuse(f"total of {name!r}", amount, fine, "must be 0 mmol/L or more and finite")
    return dict(zip(totals, amounts, strict=True)), acidity


def _refuse(what: str, values: FloatArray, fine: np.ndarray, rule: str) -> None:
    if not fine.all():
        index = tuple(int(i) for i in np.argwhere(~fine)[0])
        place = f" at point {index}" if index else ""
        raise InputError(f"Speciation: {what} is {values[index]:g}{place}; it {rule}.")


def _balance(
    totals: Mapping[str, FloatArray], names: list[str], ph: FloatArray, conditions: Conditions
) -> Balance:
    nothing = np.zeros_like(ph)

    def stacked(arrays: list[FloatArray]) -> FloatArray:
        return np.array(arrays) if arrays else np.zeros((0, *ph.shape))

    return Balance(
        ph=ph,
        mg=totals.get("Mg", nothing) / MMOL_PER_MOL,
        ca=totals.get("Ca", nothing) / MMOL_PER_MOL,
        ligands=stacked([totals[name] / MMOL_PER_MOL for name in names]),
        p=stacked([1 + binding("", name, ph, conditions) for name in names]),
        a=stacked([binding("Mg", name, ph, conditions) for name in names]),
        b=stacked([binding("Ca", name, ph, conditions) for name in names]),
        mg_with_hydroxide=1 + binding("Mg", "", ph, conditions),
        ca_with_hydroxide=1 + binding("Ca", "", ph, conditions),
    )


def _speciation(
    balance: Balance,
    names: list[str],
    free: tuple[FloatArray, FloatArray],
    totals: Mapping[str, FloatArray],
    ph: FloatArray,
    conditions: Conditions,
) -> Speciation:
    """Return the state of the fluid from its free metals."""
    m, c = (x * MMOL_PER_MOL for x in free)
    share_m, share_c, share_p = ligand_shares(balance, *free)
    bound = {
        ("Mg", "hydroxide"): m * (balance.mg_with_hydroxide - 1),
        ("Ca", "hydroxide"): c * (balance.ca_with_hydroxide - 1),
    }
    unbound, bare = {}, {}
    for k, name in enumerate(names):
        bound["Mg", name] = totals[name] * share_m[k]
        bound["Ca", name] = totals[name] * share_c[k]
        unbound[name] = totals[name] * share_p[k]
        bare[name] = unbound[name] / balance.p[k]
    return Speciation(
        ph=ph,
        conditions=conditions,
        totals_mmol_per_l=totals,
        free_mmol_per_l={"Mg": m, "Ca": c},
        bare_mmol_per_l=bare,
        unbound_mmol_per_l=unbound,
        bound_mmol_per_l=bound,
    )


def _log10(x: FloatArray) -> FloatArray:
    """Return the decadic logarithm, minus infinity where there is nothing."""
    return np.log10(x, out=np.full_like(x, -np.inf), where=x > 0)
