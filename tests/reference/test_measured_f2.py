"""f2 of measured tablets, by the rules of the EMA, against the figure that another package prints.

The data are disprofas' example dip1 (six units of reference and test), the user's own file and no
part of this product; its manual gives f2 = 40.83405 over the times from 5 to 90 minutes.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from formulation.similarity import f2
from models.dissolution.eligibility import EMA, ProductMeans, check_eligibility

TABLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "dissolution_similarity"
FILE = TABLE / "dip1.csv"


@pytest.mark.skipif(not FILE.is_file(), reason=f"no measured profiles at {FILE}")
def test_f2_and_its_times_of_measured_tablets_are_those_of_disprofas():
    """Both the choice of times and the value."""
    with FILE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in rows[0] if name.startswith("t.")]
    products = []
    for kind in "RT":
        values = np.array([[float(r[c]) for c in columns] for r in rows if r["type"] == kind])
        products.append(
            ProductMeans(
                name=kind,
                times_h=[float(c[2:]) / 60 for c in columns],
                mean_pct=values.mean(axis=0),
                sd_pct=values.std(axis=0, ddof=1),
                n_units=np.full(len(columns), float(len(values))),
            )
        )
    found = check_eligibility(*products, guideline=EMA)
    assert [round(60 * time) for time in found.times_h] == [5, 10, 15, 20, 30, 60, 90]
    n = len(found.times_h)
    assert f2(products[0].mean_pct[:n], products[1].mean_pct[:n]) == pytest.approx(
        40.83405, abs=5e-6
    )
