"""Who binds whom: the species and solids of the gut, from the table and from `_constants`.

Each complex holds one metal and one ligand, with protons or without. That is all the solver needs
to know of the chemistry, and it makes every equilibrium one of a kind: given the free metals, each
ligand shares itself out in closed form.
"""

from functools import cache, lru_cache

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import DataError, UnknownNameError
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity
from models.absorption.speciation import _constants as given
from models.absorption.speciation.thermodynamics import Conditions, Reaction, charge_of

METALS = {"Mg": "Mg+2", "Ca": "Ca+2"}
"""Metals and their ions."""

LIGANDS = {
    "acetate": "Acetate-",
    "aspartate": "Aspartate-2",
    "butyrate": "Butyrate-",
    "carbonate": "CO3-2",
    "citrate": "Citrate-3",
    "gluconate": "Gluconate-",
    "glutamate": "Glutamate-2",
    "glycinate": "Glycine-",
    "lactate": "Lactate-",
    "malate": "Malate-2",
    "oxalate": "Oxalate-2",
    "phosphate": "PO4-3",
    "phytate_sites": "PhytateSite-2",
    "propionate": "Propionate-",
    "soap_sites": "SoapSite-2",
    "sulfate": "SO4-2",
}
"""Ligands and their bare anions; sites of phytate and soaps stand for a share of a molecule."""

COMPONENTS = (*METALS, *LIGANDS)
"""Names a composition may use."""

MINERALS = {
    "active_hydroxide": "Mg(OH)2(active)",
    "brucite": "Mg(OH)2(brucite)",
    "glushinskite": "MgC2O4:2H2O(glushinskite)",
    "hydromagnesite": "Mg5(CO3)4(OH)2:4H2O",
    "magnesite": "MgCO3(magnesite)",
    "nesquehonite": "MgCO3:3H2O(nesquehonite)",
    "newberyite": "MgHPO4:3H2O(newberyite)",
    "trimagnesium_phosphate": "Mg3(PO4)2",
    "whewellite": "CaC2O4:H2O(whewellite)",
}
"""Solids and how their reactions write them."""

_METAL_OF = {formula: name for name, formula in METALS.items()}
_LIGAND_OF = {formula: name for name, formula in LIGANDS.items()}
_SOLVENT = ("H+", "H2O", "OH-")


@frozen(kw_only=True)
class Species:
    """A dissolved species made of a metal, a ligand or both, and of protons."""

    metal: str
    """Its metal; empty for a protonated ligand."""

    ligand: str
    """Its ligand; empty for a hydroxide."""

    protons: int
    """Protons taken up, negative where water gave one away, [-]."""

    reaction: Reaction
    """How it forms from its components."""


@frozen(kw_only=True)
class Mineral:
    """A solid that dissolves into a metal and perhaps a ligand."""

    name: str
    """Name, one of `MINERALS`."""

    metal: str
    """Its metal."""

    n_metal: int
    """Metal ions per formula, [-]."""

    ligand: str
    """Its ligand; empty for a hydroxide."""

    n_ligand: int
    """Ligands per formula, [-]."""

    protons: int
    """Protons given off when it dissolves, negative when it takes them, [-]."""

    reaction: Reaction
    """How it dissolves."""


@cache
def all_species() -> tuple[Species, ...]:
    """Return every dissolved species but the bare ions.

    Returns
    -------
    tuple of Species
        In the order of the table, then of the constants of our own, [-].

    Raises
    ------
    DataError
        A reaction of the table forms something else than one metal with one ligand.
    """
    solids = set(MINERALS.values())
    return tuple(
        _species(reaction)
        for reaction in _reactions()
        if not solids & reaction.coefficients.keys()
        and reaction.coefficients.keys() - set(_SOLVENT)
    )


@cache
def get_mineral(name: str) -> Mineral:
    """Return the solid of that name.

    Parameters
    ----------
    name : str
        Such as ``"brucite"``, [-].

    Returns
    -------
    Mineral
        The solid, [-].

    Raises
    ------
    UnknownNameError
        No solid has that name; the message lists the nearest.

    Examples
    --------
    >>> get_mineral("newberyite").ligand
    'phosphate'
    """
    if name not in MINERALS:
        raise UnknownNameError("Mineral", name, MINERALS)
    found = [r for r in _reactions() if MINERALS[name] in r.coefficients]
    if len(found) != 1:
        raise DataError(f"Mineral {name!r} has {len(found)} reactions; it needs one.")
    terms = found[0].coefficients
    (metal,) = terms.keys() & _METAL_OF.keys()
    ligand = next(iter(terms.keys() & _LIGAND_OF.keys()), "")
    return Mineral(
        name=name,
        metal=_METAL_OF[metal],
        n_metal=terms[metal],
        ligand=_LIGAND_OF.get(ligand, ""),
        n_ligand=terms.get(ligand, 0),
        protons=terms.get("H+", 0),
        reaction=found[0],
    )


@cache
def water_log_k(conditions: Conditions) -> float:
    """Return the ion product of water among activities.

    Parameters
    ----------
    conditions : Conditions
        Its temperature counts, [-].

    Returns
    -------
    float
        Decadic logarithm, [-].
    """
    (water,) = (r for r in _reactions() if r.coefficients.keys() == set(_SOLVENT))
    return water.log_k_ideal(conditions)


def binding(metal: str, ligand: str, ph: FloatArray, conditions: Conditions) -> FloatArray:
    """Return how strongly a metal, a ligand or both together take protons and each other.

    The sum of all species of that metal and ligand per product of their bare concentrations. For a
    ligand alone it counts the protonated forms, for a metal alone the hydroxides, without the bare
    ion in either case.

    Parameters
    ----------
    metal : str
        A metal; empty for a ligand alone, [-].
    ligand : str
        A ligand; empty for a metal alone, [-].
    ph : ndarray of shape (...)
        pH, [-].
    conditions : Conditions
        Temperature and ionic strength, [-].

    Returns
    -------
    ndarray of shape (...)
        Sum, [L/mol] for a pair and [-] for one alone.
    """
    total = np.zeros_like(ph)
    for log_k, protons in _log_constants(metal, ligand, conditions):
        total = total + 10 ** (log_k - protons * ph)
    return total


@lru_cache(maxsize=1024)
def _log_constants(
    metal: str, ligand: str, conditions: Conditions
) -> tuple[tuple[float, int], ...]:
    return tuple(
        (species.reaction.log_k_in(conditions), species.protons)
        for species in all_species()
        if (species.metal, species.ligand) == (metal, ligand)
    )


@cache
def _reactions() -> tuple[Reaction, ...]:
    rows = read_rows(find_table("thermodynamics", TABLES))
    tabulated = (
        _reaction(row)
        for row in rows
        if not any(name in row["reaction"] for name in given.NOT_IN_THE_GUT)
    )
    return (*tabulated, *given.READ, *given.RECALLED)


def _reaction(row: dict[str, str]) -> Reaction:
    equation = given.REWRITTEN.get(row["reaction"], row["reaction"])
    known = float(row["delta_H_kJ_mol"]) if row["delta_H_kJ_mol"] else None
    enthalpy = given.ENTHALPIES_KJ_PER_MOL.get(equation, 0.0) if known is None else known
    return Reaction(
        equation=equation,
        log_k=Quantity(
            value=float(row["logK_25C"]),
            unit="1",
            basis=EVIDENCE_TO_BASIS[row["evidence"]],
            source=row["source"],
            note=row["note"],
        ),
        enthalpy_kj_per_mol=enthalpy,
        ionic_strength=float(row["ionic_strength"]),
    )


def _species(reaction: Reaction) -> Species:
    terms = reaction.coefficients
    parts = {formula: n for formula, n in terms.items() if n < 0 and formula not in _SOLVENT}
    metals = [_METAL_OF[formula] for formula in parts if formula in _METAL_OF]
    ligands = [_LIGAND_OF[formula] for formula in parts if formula in _LIGAND_OF]
    if len(metals) > 1 or len(ligands) > 1 or len(parts) != len(metals) + len(ligands):
        raise DataError(f"Reaction {reaction.equation!r} does not join one metal and one ligand.")
    charge = sum(n * charge_of(formula) for formula, n in terms.items())
    if charge or set(parts.values()) != {-1}:
        raise DataError(f"Reaction {reaction.equation!r} is not balanced, or takes several.")
    return Species(
        metal="".join(metals),
        ligand="".join(ligands),
        protons=-terms.get("H+", 0),
        reaction=reaction,
    )
