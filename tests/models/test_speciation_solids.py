"""Solids beside gut fluid: solubility, saturation, and what phosphate takes out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulation.errors import InputError
from models.absorption._parameters import BOWEL_PH
from models.absorption.speciation import (
    MINERALS,
    beside_newberyite,
    solubility_mmol_per_l,
    speciate,
)

BENCH = {"ionic_strength": 0.0, "temperature_c": 25.0}

magnesium_solids = pytest.mark.parametrize("mineral", sorted(MINERALS.keys() - {"whewellite"}))
OTHERS = {"carbonate": 30.0, "phosphate": 5.0, "oxalate": 20.0, "citrate": 5.0, "Ca": 2.0}


def test_brucite_leaves_7_mmol_per_l_at_ph_9_5():
    """At 25 degC and infinite dilution, with log K 16.84; half of it in warm gut fluid."""
    assert float(solubility_mmol_per_l("brucite", 9.5, **BENCH)) == pytest.approx(7.0, abs=0.15)
    assert 3.0 < float(solubility_mmol_per_l("brucite", 9.5)) < 4.5


def test_brucite_is_no_limit_at_gut_ph():
    """Lindberg 1990 saw nothing come down again at pH 6 to 7: a mole per litre would stay."""
    assert (solubility_mmol_per_l("brucite", np.array([6.0, 7.0, 7.4])) > 1000).all()


def test_fresh_hydroxide_dissolves_better_than_brucite():
    """A hundred times at 25 degC, for a log K that is 1.95 higher."""
    ratio = solubility_mmol_per_l("active_hydroxide", 10.5, **BENCH) / solubility_mmol_per_l(
        "brucite", 10.5, **BENCH
    )
    assert float(ratio) == pytest.approx(10**1.95, rel=1e-6)


@magnesium_solids
def test_a_saturated_fluid_is_at_saturation(mineral):
    """What comes back as solubility has a saturation index of 0."""
    ph = np.array([7.5, 9.0, 10.5])
    dissolved = solubility_mmol_per_l(mineral, ph, totals_mmol_per_l=OTHERS)
    finite = np.isfinite(dissolved)
    fluid = speciate({**OTHERS, "Mg": np.where(finite, dissolved, 1e4)}, ph)
    index = fluid.saturation_index(mineral)
    assert finite.any()
    assert np.allclose(index[finite], 0.0, atol=1e-8)
    assert (index[~finite] < 0).all()


@magnesium_solids
@given(ph=st.floats(4.0, 11.0), low=st.floats(0.01, 50.0), factor=st.floats(1.0, 10.0))
@settings(deadline=None, max_examples=30)
def test_more_magnesium_is_nearer_to_saturation(mineral, ph, low, factor):
    """Which the search for the solubility rests on."""
    fluid = speciate({**OTHERS, "Mg": [low, low * factor]}, ph)
    index = fluid.saturation_index(mineral)
    assert index[1] >= index[0] - 1e-9


def test_magnesium_oxalate_dissolves_as_the_handbook_says():
    """0.38 g/L of the dihydrate, 2.6 mmol/L, most of it as a complex."""
    fluid = speciate({"Mg": 2.6, "oxalate": 2.6}, 7.0, ionic_strength=0.0032, temperature_c=25.0)
    assert float(fluid.saturation_index("glushinskite")) == pytest.approx(0.0, abs=0.05)
    assert float(fluid.complexes_mmol_per_l["oxalate"]) > 1.5


def test_a_solid_without_its_anion_never_forms():
    """The solubility of magnesite is infinite without carbonate."""
    assert float(solubility_mmol_per_l("magnesite", 8.0)) == np.inf


def test_citrate_keeps_more_magnesium_dissolved():
    """One more for nearly every citrate, beside brucite."""
    alone = solubility_mmol_per_l("brucite", 10.0)
    beside = solubility_mmol_per_l("brucite", 10.0, totals_mmol_per_l={"citrate": 5.0})
    assert 2.5 < float(beside - alone) < 5.0


@pytest.mark.parametrize(
    ("mineral", "totals", "message"),
    [
        ("whewellite", {}, "a solid of Ca"),
        ("brucite", {"Mg": 1.0}, r"beside \['Mg'\]"),
        ("brucite", {"citrate": -1.0}, "total of 'citrate' is -1"),
        ("bruzite", {}, "Mineral 'bruzite' is not known"),
    ],
)
def test_a_solubility_that_makes_no_sense_is_refused(mineral, totals, message):
    """The solid and what stands beside it are named."""
    with pytest.raises(InputError, match=message):
        solubility_mmol_per_l(mineral, 8.0, totals_mmol_per_l=totals)


def test_phosphate_caps_dissolved_magnesium():
    """Newberyite settles until the fluid is saturated, one phosphate with each magnesium."""
    ph = BOWEL_PH
    fluid = beside_newberyite(20.0, 30.0, ph)
    left = fluid.totals_mmol_per_l
    settled = 20.0 - left["Mg"]
    assert np.allclose(settled, 30.0 - left["phosphate"], atol=1e-12)
    assert settled[0] == 0
    assert (settled[3:6] > 5).all()
    index = fluid.saturation_index("newberyite")
    assert np.allclose(index[settled > 0], 0.0, atol=1e-8)
    assert (index[settled == 0] <= 0).all()


def test_a_fluid_below_saturation_keeps_its_phosphate():
    """Nothing settles from 1 mmol/L of each at pH 6.5."""
    fluid = beside_newberyite(1.0, 1.0, 6.5)
    assert float(fluid.totals_mmol_per_l["Mg"]) == 1.0
    assert float(fluid.saturation_index("newberyite")) < 0


def test_phosphate_named_twice_is_refused():
    """Once as an argument, once among the totals."""
    with pytest.raises(InputError, match=r"\['phosphate'\] name magnesium or phosphate a second"):
        beside_newberyite(1.0, 1.0, 7.0, totals_mmol_per_l={"phosphate": 1.0})
    with pytest.raises(InputError, match="total of 'Mg' is -1"):
        beside_newberyite(-1.0, 1.0, 7.0)
