"""What the simulator takes from the equilibria as tables is what they give."""

import numpy as np
import pytest

from models.absorption import _parameters as gut
from models.absorption.speciation import segment_binding, solubility_mmol_per_l


def test_phytate_that_meets_no_calcium_binds_as_the_table_says():
    """Constants of each segment beyond the stomach, to the digits given."""
    found = segment_binding("phytate", gut.BOWEL_PH).uncontested_l_per_mmol
    np.testing.assert_allclose(gut.PHYTATE_CONSTANT[1:], found[1:], rtol=2e-3)


@pytest.mark.parametrize(
    ("ligand", "constant"),
    [("oxalate", gut.OXALATE_CONSTANT), ("fatty_acids", gut.SOAP_CONSTANT)],
)
def test_weak_ligands_bind_as_the_table_says(ligand, constant):
    """One number for the bowel, beside 1 mmol/L of free calcium: within the spread of segments."""
    found = segment_binding(ligand, gut.BOWEL_PH, calcium_mmol_per_l=1.0).constant_l_per_mmol
    assert found[1:].min() <= constant <= found[1:].max()


def test_nothing_precipitates_below_the_cap_of_a_segment():
    """Magnesium beside newberyite at the phosphate stated, cut at 500 mmol/L."""
    phosphate = {"phosphate": float(gut.GUT_PHOSPHATE)}
    found = solubility_mmol_per_l("newberyite", gut.BOWEL_PH, totals_mmol_per_l=phosphate)
    np.testing.assert_allclose(gut.PHOSPHATE_CAP, np.minimum(found, 500.0), rtol=2e-3)
