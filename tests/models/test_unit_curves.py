"""Bench tables with their units kept: what a unit is, the numbers, and what is refused."""

import numpy as np
import pytest

from models.data.unit_curves import read_unit_curves

OPENPKFLOW = "formulation,batch,time,percent_released\n"
LONG = "product,batch,vessel,time [min],released [%]\n"
TIMES = ((5, 20.0), (15, 50.0), (30, 80.0))


def read(text, **options):
    return read_unit_curves(text.encode(), file="x.csv", **options)


def rows(product, batch, vessel, shift=0.0):
    return "".join(f"{product},{batch},{vessel},{m},{x + shift}\n" for m, x in TIMES)


def theirs(product, batch, shift=0.0):
    return "".join(f"{product},{batch},{m},{x + shift}\n" for m, x in TIMES)


def test_vessels_are_units_with_mean_and_scatter():
    """Over both batches, which is said."""
    text = LONG + rows("A", 1, "a") + rows("A", 1, "b", 2) + rows("A", 2, "a", 4)
    found = read(text)
    (product,) = found.products
    assert product.values_pct.tolist() == [[20, 50, 80], [22, 52, 82], [24, 54, 84]]
    assert product.mean_pct.tolist() == [22, 52, 82]
    assert product.sd_pct == pytest.approx([2, 2, 2])
    assert product.n_units.tolist() == [3, 3, 3]
    assert product.times_h == pytest.approx([1 / 12, 0.25, 0.5])
    assert found.notes == ("A: the units of 2 batches are pooled.",)


def test_openpkflows_table_has_its_vessels_as_batches():
    """Where nothing names a vessel; the unit of time is asked for."""
    text = OPENPKFLOW + theirs("A", "v1") + theirs("A", "v2", 1)
    (product,) = read(text, time_unit="min").products
    assert product.values_pct.shape == (2, 3)
    assert [p.code for p in read(text).problems] == ["unit_missing"]


def test_one_batch_without_vessels_is_a_mean_of_an_unknown_number():
    """No count and no scatter are made up."""
    (product,) = read(OPENPKFLOW + theirs("A", "1"), time_unit="min").products
    assert product.values_pct is None
    assert product.n_units.tolist() == [0, 0, 0]
    assert np.isnan(product.sd_pct).all()


def test_a_stated_count_of_one_is_known_and_a_blank_is_not():
    """One unit behind a mean is too few, which is more than not to know."""
    head = "product,time [min],released [%],n\n"
    body = "".join(f"{p},{m},{x},{n}\n" for p, n in (("A", 1), ("B", "")) for m, x in TIMES)
    first, second = read(head + body).products
    assert first.n_units.tolist() == [1, 1, 1]
    assert second.n_units.tolist() == [0, 0, 0]


def test_what_a_column_says_of_the_numbers_is_kept():
    """In any case of letters; an empty cell agrees with its curve."""
    head = "product,time [min],released [%],origin\n"
    body = "".join(
        f"A,{m},{x},{o}\n" for (m, x), o in zip(TIMES, ("Simulated", "", "simulated"), strict=True)
    )
    body += "".join(f"B,{m},{x},\n" for m, x in TIMES)
    found = read(head + body)
    assert [product.origin for product in found.products] == ["simulated", ""]
    assert not found.notes
    assert found.stated == "as stated in x.csv"


@pytest.mark.parametrize(
    ("origins", "code", "line"),
    [
        (("measured", "simulated", ""), "mixed_origins", 3),
        (("", "guessed", ""), "unknown_origin", 3),
    ],
)
def test_a_curve_has_one_origin_that_is_known(origins, code, line):
    """At the row that differs."""
    head = "product,time [min],released [%],origin\n"
    body = "".join(f"A,{m},{x},{o}\n" for (m, x), o in zip(TIMES, origins, strict=True))
    assert (code, line) in {(p.code, p.line) for p in read(head + body).problems}


def test_stated_means_keep_their_scatter_and_count_batch_by_batch():
    """Means of two batches are no units."""
    head = "product,batch,time [min],released [%],sd [%],n\n"
    body = "".join(f"A,{b},{m},{x + b},1.5,12\n" for b in (1, 2) for m, x in TIMES)
    first, second = read(head + body).products
    assert (first.name, second.name) == ("A, batch 1", "A, batch 2")
    assert first.mean_pct == pytest.approx([21, 51, 81])
    assert first.sd_pct == pytest.approx([1.5] * 3)
    assert second.n_units.tolist() == [12, 12, 12]


def test_a_lost_sample_leaves_a_gap_and_not_a_zero():
    """The mean is over the units that have one."""
    text = LONG + rows("A", 1, "a") + rows("A", 1, "b", 2).replace("15,52.0", "15,")
    (product,) = read(text).products
    assert np.isnan(product.values_pct[1, 1])
    assert product.mean_pct.tolist() == [21, 50, 81]
    assert product.n_units.tolist() == [2, 1, 2]
    assert np.isnan(product.sd_pct[1])


def test_a_small_fall_of_the_mean_is_kept_and_told():
    """Statistics use the mean as it is; what must rise has its own."""
    text = LONG + rows("A", 1, "a").replace("30,80.0", "30,49.0")
    found = read(text)
    (product,) = found.products
    assert product.mean_pct.tolist() == [20, 50, 49]
    assert (np.diff(product.rising_pct) >= 0).all()
    assert "falls by up to 1 percentage points" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (LONG + rows("A", 1, "a") + rows("A", 1, "a"), "duplicate_time", 5),
        (LONG + rows("A", 1, "a").replace("80.0", "40.0"), "falling_curve", 4),
        (LONG + rows("", 1, "a"), "unknown_product", 2),
        (LONG + rows("A", 1, "a").replace("80.0", "x"), "not_a_number", 4),
        (LONG + rows("A", 1, "a").replace("80.0", "180"), "above_label", 4),
        (LONG + "A,1,a,5,20\n", "too_few_points", 2),
        (LONG + rows("A", 1, "a") + rows("A", 1, "b").rsplit("A", 1)[0], "missing_row", 6),
        (LONG.replace("[%]", "[mg]") + rows("A", 1, "a"), "mass_without_label", 1),
    ],
)
def test_what_is_wrong_is_told_at_its_row(text, code, line):
    """As an import would, and masses besides."""
    problems = read(text).problems
    assert (code, line, "x.csv") in {(p.code, p.line, p.file) for p in problems}


def test_a_mean_beside_units_is_refused():
    """It would count as one of them."""
    head = "product,vessel,time [min],released [%],n\n"
    text = head + "".join(f"A,a,{m},{x},\n" for m, x in TIMES) + "A,,60,90,12\n"
    codes = {problem.code for problem in read(text).problems}
    assert "mixed_rows" in codes


def test_shares_under_a_header_of_percent_are_refused():
    """Two such curves would come out similar, a hundredth of themselves."""
    text = LONG + "A,1,a,5,0.2\nA,1,a,15,0.6\nA,1,a,30,0.98\n"
    assert [p.code for p in read(text).problems] == ["looks_like_shares"]
    assert not read(text.replace("[%]", "[-]")).problems


@pytest.mark.parametrize(("mark", "name"), [("\t", "tabs"), (";", "semicolons")])
def test_a_row_with_another_separator_is_told_at_its_first_cell(mark, name):
    """All of it stands in one cell, so that everything would be missing."""
    text = LONG + rows("A", 1, "a") + rows("A", 1, "b").replace(",", mark, 4)
    (problem,) = read(text).problems
    assert (problem.code, problem.line, problem.column) == ("mixed_separators", 5, 1)
    assert problem.message == f"the row is parted by {name}, the header is not."


@pytest.mark.parametrize("value", ["n.d.", "-20"])
def test_a_value_that_was_refused_is_no_missing_row(value):
    """The row is there, and what is wrong with it is told."""
    text = LONG + rows("A", 1, "a") + rows("A", 1, "b").replace("50.0", value)
    assert [(p.line, p.column) for p in read(text).problems] == [(6, 5)]
