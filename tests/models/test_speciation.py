"""The equilibrium of gut fluid: constants, published numbers, what is labile, refusals."""

import numpy as np
import pytest

import models.data
from formulation.data import find_table, load_sources, read_rows
from formulation.errors import DataError, InputError, UnknownNameError
from models.absorption.speciation import Conditions, speciate
from models.absorption.speciation.network import (
    LIGANDS,
    METALS,
    all_species,
    get_mineral,
    water_log_k,
)
from models.absorption.speciation.thermodynamics import Reaction

GUT = Conditions()
BENCH = Conditions(ionic_strength=0.0, temperature_c=25.0)

PHREEQC = (
    ({"Mg": 10, "citrate": 20 / 3}, 6.5, 0.112865, 37, 3.84223, 0.0),
    ({"Mg": 10, "Ca": 5, "phosphate": 8, "citrate": 5}, 7.2, 0.127719, 37, 4.87430, 2.81199),
    (
        {"Mg": 20, "Ca": 2, "carbonate": 30, "sulfate": 10, "glycinate": 20},
        *(7.8, 0.160648, 37, 15.5497, 1.32853),
    ),
    ({"Mg": 5, "Ca": 5, "acetate": 80, "phosphate": 5}, 6.5, 0.123259, 37, 3.01560, 3.26595),
    ({"Mg": 5, "Ca": 5, "propionate": 25}, 6.5, 0.128580, 37, 4.62738, 4.66253),
    (
        {"Mg": 20, "Ca": 10, "phosphate": 10, "glutamate": 20},
        *(5.0, 0.181731, 37, 17.6102, 8.28250),
    ),
    ({"Mg": 45.8, "citrate": 30.5}, 7.0, 0.149967, 25, 15.9913, 0.0),
)
"""Free magnesium and calcium by PHREEQC 3 with minteq.v4, all ions by Davies and without the
complexes of sodium: totals, pH, ionic strength, temperature, both results [mmol/L]."""


def log_k(equation, conditions=GUT):
    (found,) = (s.reaction for s in all_species() if s.reaction.equation == equation)
    return found.log_k_in(conditions)


def test_citrate_holds_magnesium_less_in_the_gut_than_in_the_table():
    """4.89 at infinite dilution and 25 degC becomes about 3.5 at 0.15 mol/L and 37 degC."""
    assert log_k("Mg+2 + Citrate-3 = MgCit-", BENCH) == pytest.approx(4.89, abs=1e-12)
    assert log_k("Mg+2 + Citrate-3 = MgCit-") == pytest.approx(3.5, abs=0.05)


def test_a_constant_comes_back_at_the_ionic_strength_it_was_measured_at():
    """Phytate's is tabulated at 0.15 mol/L; only the slope of Davies at 37 degC moves it."""
    found = log_k("Mg+2 + PhytateSite-2 = MgPhytateSite")
    assert found == pytest.approx(4.0, abs=0.03)


def test_water_dissociates_more_when_warm():
    """PKw is 14.0 at 25 degC and 13.62 at 37 degC."""
    assert water_log_k(BENCH) == pytest.approx(-13.997, abs=1e-12)
    assert water_log_k(GUT) == pytest.approx(-13.62, abs=0.01)


@pytest.mark.parametrize(("totals", "ph", "strength", "celsius", "mg", "ca"), PHREEQC)
def test_free_metals_agree_with_phreeqc(totals, ph, strength, celsius, mg, ca):
    """Within 0.5 %: it lets uncharged species and water deviate from 1, we do not."""
    fluid = speciate(totals, ph, ionic_strength=strength, temperature_c=celsius)
    assert float(fluid.free_mg_mmol_per_l) == pytest.approx(mg, rel=5e-3)
    assert float(fluid.free_mmol_per_l["Ca"]) == pytest.approx(ca, rel=5e-3)


@pytest.mark.parametrize("ph", [6.0, 6.5, 7.0, 7.5, 8.0])
def test_citrate_binds_two_thirds_of_its_own_magnesium(ph):
    """Panel row C17: 55 % of 25 mmol in 300 mL, 0.65 bound under the 1:1 ceiling of 0.667.

    The pH was not given. Trimagnesium dicitrate in water takes protons and lies above the third
    pKa of citric acid (5.8 here), where the answer hardly depends on it.
    """
    row = next(
        r for r in read_rows(find_table("contrasts", models.data.TABLES)) if r["id"] == "C17"
    )
    dissolved = 0.55 * 25 / 0.3
    fluid = speciate({"Mg": dissolved, "citrate": dissolved * 2 / 3}, ph, temperature_c=25.0)
    share = float(fluid.complexes_mmol_per_l["citrate"]) / dissolved
    assert float(row["accept_low"]) < share < float(row["accept_high"])
    assert share == pytest.approx(float(row["observed"]), abs=0.02)


@pytest.mark.parametrize(("ph", "most"), [(1.5, 1e-6), (6.5, 0.002), (7.4, 0.01), (9.0, 0.2)])
def test_bisglycinate_is_dissociated_at_gut_ph(ph, most):
    """Protons hold glycine: under 1 % bound in the gut, and under a fifth even at pH 9."""
    fluid = speciate({"Mg": 10.0, "glycinate": 20.0}, ph)
    assert float(fluid.complexes_mmol_per_l["glycinate"]) / 10 < most


@pytest.mark.parametrize(("acid", "most"), [("acetate", 6), ("propionate", 3.2), ("butyrate", 3.0)])
def test_short_chain_fatty_acids_bind_little_magnesium(acid, most):
    """By the table 3 to 6 % per 10 mmol/L at most, all of it labile."""
    fluid = speciate({"Mg": 1.0, acid: 10.0}, 7.4)
    assert 100 * float(fluid.complexes_mmol_per_l[acid]) < most
    assert float(fluid.labile_mmol_per_l()) == pytest.approx(1.0, rel=1e-12)


def test_citrate_is_not_ranked_below_chloride():
    """Its complexes count as labile, though only part of its magnesium is free."""
    citrate = speciate({"Mg": 10.0, "citrate": 20 / 3}, 6.5)
    chloride = speciate({"Mg": 10.0}, 6.5)
    assert citrate.free_mg_mmol_per_l < 0.5 * chloride.free_mg_mmol_per_l
    assert citrate.labile_mmol_per_l() == pytest.approx(chloride.labile_mmol_per_l(), rel=1e-12)
    assert citrate.labile_mmol_per_l(0.0) == pytest.approx(citrate.free_mg_mmol_per_l, rel=1e-4)


@pytest.mark.parametrize("ligand", ["phytate_sites", "soap_sites", "oxalate"])
def test_magnesium_held_back_is_not_labile(ligand):
    """Phytate, soaps and oxalate take it out of reach."""
    fluid = speciate({"Mg": 10.0, ligand: 5.0}, 7.0)
    left = 10.0 - fluid.complexes_mmol_per_l[ligand]
    assert fluid.labile_mmol_per_l() == pytest.approx(left, rel=1e-12)
    assert left < 9.0


def test_a_fluid_without_magnesium_has_none():
    """Neither free nor bound, and no activity."""
    fluid = speciate({"Ca": 2.0, "citrate": 5.0}, 7.0)
    assert float(fluid.free_mg_mmol_per_l) == 0
    assert float(fluid.activity("Mg")) == 0
    assert float(fluid.complexes_mmol_per_l["citrate"]) == 0
    assert float(fluid.saturation_index("brucite")) == -np.inf


@pytest.mark.parametrize(
    ("totals", "ph", "message"),
    [
        ({"magnesum": 1.0}, 7.0, "Component 'magnesum' is not known"),
        ({"Mg": -1.0}, 7.0, "total of 'Mg' is -1; it must be 0 mmol/L or more"),
        ({"Mg": [1.0, np.nan]}, 7.0, r"total of 'Mg' is nan at point \(1,\)"),
        ({"citrate": np.inf}, 7.0, "total of 'citrate' is inf"),
        ({"Mg": 1.0}, 14.5, "pH is 14.5; it must lie between 0 and 14"),
        ({"Mg": 1.0}, np.nan, "pH is nan"),
        ({"Mg": np.ones(2)}, np.ones(3), "do not fit together"),
    ],
)
def test_a_fluid_that_makes_no_sense_is_refused(totals, ph, message):
    """The component, its value and the point are named."""
    with pytest.raises(InputError, match=message):
        speciate(totals, ph)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"ionic_strength": 0.7}, "ionic strength of 0.7 mol/L is outside 0 to 0.5"),
        ({"ionic_strength": np.nan}, "ionic strength of nan"),
        ({"temperature_c": 310.0}, "temperature of 310 degC is outside 0 to 60"),
    ],
)
def test_conditions_beyond_the_equations_are_refused(conditions, message):
    """Davies and van 't Hoff have their limits."""
    with pytest.raises(InputError, match=message):
        speciate({"Mg": 1.0}, 7.0, **conditions)


def test_names_that_are_not_known_name_the_nearest():
    """Of metals and of solids."""
    fluid = speciate({"Mg": 1.0}, 7.0)
    with pytest.raises(UnknownNameError, match="Metal 'Zn' is not known"):
        fluid.activity("Zn")
    with pytest.raises(UnknownNameError, match=r"Mineral 'brucit' is not known.*'brucite'"):
        get_mineral("brucit")
    with pytest.raises(InputError, match=r"weight of 1\.2 is outside 0 to 1"):
        fluid.labile_mmol_per_l(1.2)


@pytest.mark.parametrize("equation", ["Mg+2 + Citrate-3", "Mg+2 +  = MgCit-"])
def test_a_reaction_that_cannot_be_read_is_refused(equation):
    """Both sides must be there, and every term a species."""
    log = all_species()[0].reaction.log_k
    with pytest.raises(DataError, match=r"has no right side|is no species"):
        _ = Reaction(equation=equation, log_k=log).coefficients


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Mg+2 + Ca+2 + Citrate-3 = MgCaCit+", "does not join one metal and one ligand"),
        ("Mg+2 + 2Citrate-3 = MgCit2-4", "is not balanced, or takes several"),
        ("Mg+2 + Citrate-3 = MgCit+", "is not balanced, or takes several"),
        ("Mg+2 + Ascorbate- = MgAsc+", "does not join one metal and one ligand"),
    ],
)
def test_a_row_the_solver_could_not_use_is_refused(row, message, monkeypatch):
    """A new row of the table must be of the one kind, or the table is unusable."""
    cells = {"reaction": row, "logK_25C": "1", "delta_H_kJ_mol": "", "ionic_strength": "0"}
    rows = [cells | {"evidence": "computed", "source": "MinteqV4", "note": ""}]
    monkeypatch.setattr("models.absorption.speciation.network.read_rows", lambda table: rows)
    monkeypatch.setattr("models.absorption.speciation.network._reactions", _uncached("_reactions"))
    with pytest.raises(DataError, match=message):
        all_species.__wrapped__()


def _uncached(name):
    from models.absorption.speciation import network

    return getattr(network, name).__wrapped__


def test_every_ligand_has_a_constant_and_every_constant_a_source():
    """With both metals, protonated but for the strongest acids' anions, and registered."""
    pairs = {(s.metal, s.ligand) for s in all_species()}
    assert pairs >= {(metal, ligand) for metal in METALS for ligand in LIGANDS}
    assert pairs >= {("", ligand) for ligand in LIGANDS}
    assert {s.reaction.log_k.source for s in all_species()} <= load_sources().keys()


def test_no_reaction_stands_twice():
    """The table's rows and our own complement each other."""
    equations = [s.reaction.equation for s in all_species()]
    kinds = [(s.metal, s.ligand, s.protons) for s in all_species()]
    assert len(set(equations)) == len(equations)
    assert len(set(kinds)) == len(kinds)
