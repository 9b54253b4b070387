"""Constants that the table of equilibrium constants does not hold.

The first group was read in the database the table was made from, whose enthalpies also fill the
table's empty cells. The second was recalled or assumed; sites of phytate and of long-chain fatty
acids are a description of ours, without a claim on their true chemistry.
"""

from formulation.provenance import Basis, Quantity, assumed
from models.absorption.speciation.thermodynamics import Reaction

REWRITTEN = {"Mg+2 + Phytate (per site, first)": "Mg+2 + PhytateSite-2 = MgPhytateSite"}
"""Rows of the table whose first column is not an equation, by what they mean."""

NOT_IN_THE_GUT = ("Edta-4", "MgO(periclase)", "MgSO4:7H2O(epsomite)")
"""What the table describes besides the gut: titrants, and solids that never form there."""

ENTHALPIES_KJ_PER_MOL = {
    "H+ + Citrate-3 = HCit-2": 3.3472,
    "2H+ + Citrate-3 = H2Cit-": 1.297,
    "3H+ + Citrate-3 = H3Cit": -2.7614,
    "H+ + Glycine- = HGly": -44.3504,
    "H+ + Acetate- = HAc": 0.41,
    "H+ + Propionate- = HProp": 0.66,
    "H+ + Butyrate- = HBut": 2.8,
    "Ca+2 + Citrate-3 = CaCit-": -8.368,
    "Ca+2 + Glycine- = CaGly+": -4.184,
    "Ca+2 + Acetate- = CaAc+": 4.0,
}
"""Enthalpies of MinteqV4 where the table's cell is empty, [kJ/mol]."""


def _read(equation: str, log_k: float, enthalpy_kj_per_mol: float) -> Reaction:
    return Reaction(
        equation=equation,
        log_k=Quantity(
            value=log_k, unit="1", basis=Basis.MEASURED, source="MinteqV4", note="25 degC, I = 0"
        ),
        enthalpy_kj_per_mol=enthalpy_kj_per_mol,
    )


def _recalled(
    equation: str, log_k: float, note: str, *ends: float, at: float = 0.0, of: str = "MartellSmith"
) -> Reaction:
    return Reaction(
        equation=equation,
        log_k=assumed(log_k, "1", note, *ends, source=of),
        ionic_strength=at,
    )


READ = (
    _read("H2O = OH- + H+", -13.997, 55.81),
    _read("Ca+2 + H2O = CaOH+ + H+", -12.697, 64.11),
    _read("Ca+2 + Citrate-3 + H+ = CaHCit", 9.26, -0.8368),
    _read("Ca+2 + Citrate-3 + 2H+ = CaH2Cit+", 12.257, 0.0),
    _read("2H+ + Glycine- = H2Gly+", 12.128, -48.4507),
    _read("Ca+2 + Glycine- + H+ = CaHGly+2", 10.1, -35.9824),
    _read("Ca+2 + Propionate- = CaProp+", 0.9289, 3.3472),
    _read("Ca+2 + Butyrate- = CaBut+", 0.9389, 3.3472),
    _read("H+ + Glutamate-2 = HGlu-", 9.96, -41.0032),
    _read("2H+ + Glutamate-2 = H2Glu", 14.26, -43.5136),
    _read("3H+ + Glutamate-2 = H3Glu+", 16.42, -46.8608),
    _read("Ca+2 + Glutamate-2 = CaGlu", 2.06, 0.0),
    _read("Ca+2 + Glutamate-2 + H+ = CaHGlu+", 11.13, 0.0),
    _read("H+ + SO4-2 = HSO4-", 1.99, 22.0),
    _read("Ca+2 + SO4-2 = CaSO4", 2.36, 7.1),
    _read("H+ + CO3-2 = HCO3-", 10.329, -14.6),
    _read("2H+ + CO3-2 = H2CO3", 16.681, -23.76),
    _read("Ca+2 + CO3-2 = CaCO3", 3.2, 16.0),
    _read("Ca+2 + H+ + CO3-2 = CaHCO3+", 11.599, 5.4),
    _read("H+ + PO4-3 = HPO4-2", 12.375, -15.0),
    _read("2H+ + PO4-3 = H2PO4-", 19.573, -18.0),
    _read("3H+ + PO4-3 = H3PO4", 21.721, -10.1),
    _read("Ca+2 + PO4-3 = CaPO4-", 6.46, 12.9704),
    _read("Ca+2 + H+ + PO4-3 = CaHPO4", 15.035, -3.0),
    _read("Ca+2 + 2H+ + PO4-3 = CaH2PO4+", 20.923, -6.0),
)
"""Reactions read in MinteqV4, at 25 degC and an ionic strength of 0."""

RECALLED = (
    _recalled("H+ + Lactate- = HLac", 3.86, "pKa of lactic acid", 3.8, 3.9),
    _recalled("Ca+2 + Lactate- = CaLac+", 1.45, "value recalled", 1.3, 1.6),
    _recalled("H+ + Gluconate- = HGlcn", 3.7, "pKa of gluconic acid", 3.6, 3.9),
    _recalled("Ca+2 + Gluconate- = CaGlcn+", 1.21, "value recalled", 1.0, 1.4, at=0.2),
    _recalled("H+ + Malate-2 = HMal-", 5.10, "second pKa of malic acid", 5.0, 5.2),
    _recalled("2H+ + Malate-2 = H2Mal", 8.56, "sum of both pKa", 8.4, 8.7),
    _recalled("Ca+2 + Malate-2 = CaMal", 1.96, "value recalled", 1.8, 2.1, at=0.1),
    _recalled("H+ + Aspartate-2 = HAsp-", 9.60, "pKa of the amine", 9.5, 9.9, at=0.1),
    _recalled("2H+ + Aspartate-2 = H2Asp", 13.25, "with pKa 3.65", 13.1, 13.6, at=0.1),
    _recalled("3H+ + Aspartate-2 = H3Asp+", 15.13, "with pKa 1.88", 15.0, 15.6, at=0.1),
    _recalled("Ca+2 + Aspartate-2 = CaAsp", 1.6, "value recalled", 1.4, 1.8, at=0.1),
    _recalled("H+ + Oxalate-2 = HOx-", 4.27, "second pKa of oxalic acid", 4.2, 4.3),
    _recalled("2H+ + Oxalate-2 = H2Ox", 5.52, "sum of both pKa", 5.4, 5.7),
    _recalled("Ca+2 + Oxalate-2 = CaOx", 3.19, "value recalled", 3.0, 3.4),
    _recalled("H+ + PhytateSite-2 = HPhytateSite-", 6.5, "middle of 5.7 to 7.6", 5.7, 7.6, at=0.15),
    _recalled("2H+ + PhytateSite-2 = H2PhytateSite", 8.3, "and a pKa near 1.8", 7.2, 9.7, at=0.15),
    _recalled("Ca+2 + PhytateSite-2 = CaPhytateSite", 4.0, "as magnesium's", 3.0, 6.0, at=0.15),
    _recalled(
        *("H+ + SoapSite-2 = HSoapSite-", 6.5, "carboxylates in bile micelles", 5.5, 7.5),
        at=0.15,
        of="ProductAssumption",
    ),
    _recalled(
        *("2H+ + SoapSite-2 = H2SoapSite", 12.5, "both carboxylates of the pair", 10.5, 14.5),
        at=0.15,
        of="ProductAssumption",
    ),
    _recalled(
        *("Mg+2 + SoapSite-2 = MgSoapSite", 3.0, "order of magnitude of a soap", 2.0, 4.0),
        at=0.15,
        of="ProductAssumption",
    ),
    _recalled(
        *("Ca+2 + SoapSite-2 = CaSoapSite", 3.5, "calcium soaps are firmer", 2.5, 4.5),
        at=0.15,
        of="ProductAssumption",
    ),
    _recalled(
        *(
            "MgC2O4:2H2O(glushinskite) = Mg+2 + Oxalate-2 + 2H2O",
            -6.41,
            "0.38 g/L, with its complex",
        ),
        *(-6.8, -5.3),
        of="CRCHandbook",
    ),
    _recalled(
        *("CaC2O4:H2O(whewellite) = Ca+2 + Oxalate-2 + H2O", -8.64, "product 2.3e-9"),
        *(-8.9, -8.4),
        of="CRCHandbook",
    ),
)
"""Reactions recalled or assumed; their enthalpies are unknown and count as 0."""

LABILE_WEIGHT = assumed(
    1.0,
    "1",
    "complexes of small anions fall apart in milliseconds, long before they cross the unstirred"
    " layer; below 1, citrate would rank below chloride, against what people absorb",
    *(0.6, 1.0),
)
HELD_BACK = ("oxalate", "phytate_sites", "soap_sites")
"""Ligands whose magnesium is not labile: it goes with particles, or is seen to be lost."""

OXALATE_CAPACITY = assumed(1.0, "mmol/mmol", "one magnesium per oxalate")
SOAP_CAPACITY = assumed(0.5, "mmol/mmol", "two fatty acids per magnesium")
PHOSPHATE_CAPACITY = assumed(1.0, "mmol/mmol", "one magnesium per phosphate")
