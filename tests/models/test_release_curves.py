"""Release curves: long and wide, CSV and Excel, units, averages, and every problem at its cell."""

import csv
from io import BytesIO, StringIO
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl import Workbook

from models.data.cell_reader import MAX_PROBLEMS
from models.data.curve_columns import read_columns
from models.data.curve_reader import LIKE_A_SHARE
from models.data.lab_tables import LabTable, Row
from models.data.release_curves import read_release_curves

LABELS = {"A": 100.0, "B": 50.0}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

LONG = "product,time [min],released [%]\n"
GOOD = LONG + "A,15,10\nA,30,40\nA,60,80\n"
RISING = st.lists(
    st.integers(min_value=0, max_value=1000), min_size=3, max_size=8, unique=True
).map(sorted)


def read(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return read_release_curves(data, file="curves.csv", labels_mg=LABELS, **options)


def book(rows, title="curves", more=()):
    workbook = Workbook()
    workbook.active.title = title
    for row in rows:
        workbook.active.append(row)
    for name in more:
        workbook.create_sheet(name)
    kept = BytesIO()
    workbook.save(kept)
    return kept.getvalue()


def only(found):
    assert len(found.problems) == 1, found.problems
    problem = found.problems[0]
    assert problem.file == "curves.csv"
    return problem


@pytest.mark.parametrize("origin", ["measured", "literature", ""])
def test_a_curve_that_says_it_was_measured_is_learnt(origin):
    """As one that says nothing is."""
    text = GOOD.replace("[%]\n", "[%],origin\n").replace("0\n", f"0,{origin}\n")
    assert read(text).curves == read(GOOD).curves
    assert not read(text).problems


def test_a_curve_that_says_it_was_simulated_is_not_learnt():
    """It would be called measured from then on."""
    text = GOOD.replace("[%]\n", "[%],origin\n").replace("0\n", "0,simulated\n")
    problems = read(text).problems
    assert {(p.code, p.column) for p in problems} == {("not_measured", 4)}
    assert [p.line for p in problems] == [2, 3, 4]


@given(a=RISING, b=RISING)
def test_long_and_wide_of_the_same_numbers_give_the_same_curves(a, b):
    """The layout of a table is no part of its content."""
    n = min(len(a), len(b))
    assume(max(a[n - 1], b[n - 1]) > 1000 * LIKE_A_SHARE)
    rows = [(t * 7, x / 10, y / 10) for t, x, y in zip(range(n), a, b, strict=False)]
    wide = "time [min],A [%],B [%]\n" + "".join(f"{t},{x},{y}\n" for t, x, y in rows)
    long = LONG + "".join(f"A,{t},{x}\n" for t, x, _ in rows)
    long += "".join(f"B,{t},{y}\n" for t, _, y in rows)
    assert read(long).curves == read(wide).curves
    assert not read(long).problems
    assert len(read(wide).curves) == 2


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("product,time [h],released [%]", ["0.25,10", "0.5,40", "1,80"]),
        ("product,time (Hrs),release_percent", ["0.25,10", "0.5,40", "1,80"]),
        ("product,time_s,fraction_released", ["900,0.1", "1800,0.4", "3600,0.8"]),
        ("Product,Time [min],Released [mg]", ["15,10", "30,40", "60,80"]),
        ("product,time_min,released [g]", ["15,0.01", "30,0.04", "60,0.08"]),
        ("product\ttime [min]\treleased [%]", ["15\t10,0", "30\t4,0e1", "60\t80"]),
        ("product;time [min];released [%]", ["15;10,0", "30;40,0", "60;80,0"]),
    ],
)
def test_units_and_marks_are_converted(header, rows):
    """Hours and fractions of label come out, whatever was written."""
    mark = next(m for m in "\t;," if m in header)
    found = read(header + "\n" + "".join(f"A{mark}{row}\n" for row in rows))
    assert not found.problems
    assert found.curves == read(GOOD).curves
    assert found.curves[0].times_h == (0.25, 0.5, 1.0)
    assert found.curves[0].fraction == (0.1, 0.4, 0.8)


def test_units_may_be_given_for_the_whole_file():
    """As the options --time-unit and --released-unit do."""
    text = GOOD.replace(" [min]", "").replace(" [%]", "")
    assert read(text, time_unit="min", released_unit="%").curves == read(GOOD).curves


def test_a_mass_is_divided_by_the_label_of_its_product():
    """25 mg are half of B's 50 mg."""
    found = read("time [h],B [mg]\n1,5\n2,25\n3,50\n")
    assert found.curves[0].fraction == (0.1, 0.5, 1.0)
    assert any("elemental magnesium" in note for note in found.notes)


def test_replicates_are_averaged_and_their_spread_is_kept():
    """Mean, standard deviation and count at each time, in both forms."""
    wide = "time [h],A/1 [%],A/2 [%]\n1,10,14\n2,30,30\n3,50,\n"
    long = "product,replicate,time [h],released [%]\n"
    long += "A,1,1,10\nA,1,2,30\nA,1,3,50\nA,2,1,14\nA,2,2,30\nA,2,3,\n"
    curve = read(wide).curves[0]
    assert curve == read(long).curves[0]
    assert curve.fraction == (0.12, 0.3, 0.5)
    assert curve.sd[0] == pytest.approx(0.0282842712)
    assert curve.sd[2] is None
    assert curve.n == (2, 2, 1)


def test_a_stated_spread_is_kept():
    """Means that come with sd and n."""
    found = read("product,time [h],released [%],sd,n\nA,1,10,2,6\nA,2,20,1,6\nA,3,30,,6\n")
    assert found.curves[0].sd == (0.02, 0.01, None)
    assert found.curves[0].n == (6, 6, 6)


def test_a_row_is_a_replicate_or_a_mean():
    """The columns may both be there; one row fills one of them."""
    header = "product,time [h],released [%],replicate,sd,n\n"
    good = "A,1,10,,2,6\nA,2,20,,1,6\nA,3,30,,1,6\nB,1,10,1,,\nB,2,20,1,,\nB,3,30,1,,\n"
    assert read(header + good).problems == ()
    problem = only(read(header + good.replace("B,2,20,1,", "B,2,20,1,3")))
    assert (problem.code, problem.line, problem.column) == ("mixed_rows", 6, 5)


def test_a_small_fall_is_made_monotone_and_said():
    """1.5 points are noise; the notes name the product."""
    found = read(LONG + "A,15,10\nA,30,41.5\nA,60,40\nA,90,80\n")
    assert not found.problems
    assert found.curves[0].fraction == pytest.approx((0.1, 0.4075, 0.4075, 0.8))
    assert found.curves[0].largest_fall == pytest.approx(1.5)
    assert any(note.startswith("A: falls of up to 1.5") for note in found.notes)


def test_encodings_with_a_mark_are_read():
    """UTF-8 and UTF-16 with a byte order mark are the same text."""
    for encoding in ("utf-8-sig", "utf-16"):
        assert read(GOOD.encode(encoding)).curves == read(GOOD).curves


def test_a_workbook_is_read_like_a_text():
    """Numbers of cells, blank rows left out."""
    rows = [["product", "time [min]", "released [%]"], [], ["A", 15, 10.0], ["A", 30, 40]]
    found = read(book([*rows, ["A", 60, 80]]))
    assert found.curves == read(GOOD).curves
    assert "Excel" in found.form


CELLS = [
    ("A,15,ten\nA,30,40\nA,60,80\nA,90,90\n", "not_a_number", 2, 3, "'ten' is no number"),
    ('A,15,"1,5"\nA,30,4\nA,60,8\nA,90,9\n', "not_a_number", 2, 3, "'1,5' is no number"),
    ("A,15,nan\nA,30,40\nA,60,80\nA,90,90\n", "not_a_number", 2, 3, "'nan' is no number"),
    ("A,15,1e999\nA,30,40\nA,60,80\nA,90,90\n", "not_a_number", 2, 3, "is no number"),
    ("A,,10\nA,30,40\nA,60,80\nA,90,90\n", "not_a_number", 2, 2, "the time is missing"),
    ("A,15,10\nA,-30,40\nA,60,80\nA,90,90\n", "negative_time", 3, 2, "-30 min is negative"),
    ("A,15,10\nA,30,40\nA,30,41\nA,60,80\n", "duplicate_time", 4, 3, r"\(30 min\)"),
    ("A,15,10\nA,30,43\nA,60,40\n", "falling_curve", 4, 3, "falls by 3 percentage points"),
    ("A,15,10\nA,30,40\nA,60,80\nA,90,111\n", "above_label", 5, 3, "111 % of label"),
    ("A,15,-3\nA,30,40\nA,60,80\nA,90,90\n", "negative_release", 2, 3, "-3 % of label"),
    ("A,15,10\nA,30,40\nA,60,80\nAa,90,90\n", "unknown_product", 5, 1, "Did you mean 'A'"),
    ("A,15,10\nA,30,40\n", "too_few_points", 2, 3, "2 times; at least 3"),
    ("A,15 min,10\nA,30,40\nA,60,80\nA,90,90\n", "mixed_units", 2, 2, "'15 min'"),
    ("A,15,10,x\nA,30,40\nA,60,80\nA,90,90\n", "extra_cells", 2, 4, "4 cells under 3"),
]


@pytest.mark.parametrize(("rows", "code", "line", "column", "message"), CELLS)
def test_a_bad_value_is_named_by_row_and_column(rows, code, line, column, message):
    """One problem, at its cell, with its rule's name."""
    import re

    problem = only(read(LONG + rows))
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert re.search(message, f"{problem.message} {problem.hint}")


HEADERS = [
    ("product,time,released [%]", "unit_missing", 2),
    ("product,time [min],released", "unit_missing", 3),
    ("time [min],A,A/2 [%]", "unit_missing", 2),
    ("product,time [parsec],released [%]", "unknown_unit", 2),
    ("product,time [min],released [mol]", "unknown_unit", 3),
    ("product,time [min],released [%],sd [fraction]", "mixed_units", 4),
    ("time [min],A [%],B [mg]", "mixed_units", 3),
    ("product,time [min],time [h],released [%]", "duplicate", 3),
    ("product,time [min],wrong", "missing_column", 1),
    ("product,time [min],released [%],replicat", "unknown_column", 4),
    ("time [min],A [%],A [%]", "duplicate", 3),
    ("dose,A [%]", "missing_column", 1),
]


@pytest.mark.parametrize(("header", "code", "column"), HEADERS)
def test_a_bad_header_is_named_by_column(header, code, column):
    """Nothing is guessed: a missing, unknown or contradicted unit is refused."""
    problem = only(read(f"{header}\nA,1,2\n"))
    assert (problem.code, problem.line, problem.column) == (code, 1, column)


def test_a_header_and_an_option_may_not_differ():
    """Minutes in the file and hours on the command line."""
    problem = only(read(GOOD, time_unit="h"))
    assert problem.code == "mixed_units"
    assert "--time-unit" in problem.message


def test_decimal_marks_may_not_be_mixed():
    """1,5 after 0.5 could be a thousand."""
    found = read("product;time [min];released [%]\nA;15;0.5\nA;30;1,5\nA;60;9\n")
    problem = only(found)
    assert (problem.code, problem.line, problem.column) == ("mixed_marks", 3, 3)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n \n,,\n", "empty_file"),
        (LONG.encode(), "header_only"),
        (GOOD.replace("A", "é").encode("latin-1"), "not_text"),
        (GOOD.encode("utf-16-le"), "not_text"),
        (b"PK\x03\x04 broken", "unreadable_file"),
        (b"x," * 600 + b"\n1\n", "too_many_columns"),
        (b"product,time\n" + b"x" * 150_000 + b",1\n", "not_text"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data, code):
    """One problem for the file, and no curve."""
    found = read(data)
    assert only(found).code == code
    assert found.curves == ()


def test_problems_of_a_workbook_name_the_cell():
    """A formula that was never calculated has no value."""
    rows = [["product", "time [min]", "released [%]"], ["A", 15, 1], ["A", 30, "=C2*2"]]
    problem = only(read(book([*rows, ["A", 60, 50], ["A", 90, 60]])))
    assert problem.pointer == "curves!C3"
    assert "formula" in problem.message


def test_a_sheet_is_chosen_by_name():
    """Several sheets need a name, and an unknown one lists the nearest."""
    rows = [["product", "time [min]", "released [%]"], ["A", 15, 1], ["A", 30, 2], ["A", 60, 3]]
    data = book(rows, more=["notes"])
    assert only(read(data)).code == "sheet_missing"
    assert "'curves'" in only(read(data, sheet="curve")).hint
    assert len(read(data, sheet="curves").curves) == 1
    assert only(read(GOOD, sheet="curves")).code == "no_workbook"


SHARES = "A,15,0.1\nA,30,0.4\nA,60,0.98\n"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (LONG + SHARES, 3),
        ("time [min],A [%]\n15,0.1\n30,0.4\n60,1.02\n", 2),
        (LONG + "A,15,1.0\nA,30,1.2\nA,60,1.5\n", 3),
    ],
)
def test_shares_under_a_header_of_percent_are_refused(text, column):
    """A hundredth of the release would go on as if it had been measured."""
    problem = only(read(text))
    assert (problem.code, problem.line, problem.column) == ("looks_like_shares", 1, column)
    assert "these look like shares from 0 to 1" in problem.message
    assert "[-]" in problem.hint
    assert not read(text.replace("[%]", "[-]").replace("1.2", "1.0").replace("1.5", "1")).problems


@pytest.mark.parametrize("last", ["1.6", "0"])
def test_a_release_that_is_little_or_nothing_is_no_share(last):
    """Above 1.5 % it is a percentage, and nothing is nothing in either unit."""
    assert not read(LONG + f"A,15,0\nA,30,0\nA,60,{last}\n").problems


def test_a_curve_of_shares_beside_percentages_is_said():
    """Only one of them may be meant otherwise, which nobody here knows."""
    found = read(LONG + SHARES + "B,15,10\nB,30,40\nB,60,80\n")
    assert found.notes == ("A: no value is above 0.98 %; is the unit really %?",)


FOLLOWS = [
    ("A,1,45,n.d.", "not_a_number", 5),
    ("A,1,45,-20", "negative_release", 5),
    ("A,1,soon,50", "not_a_number", 4),
    ("A,1,45,50,6", "extra_cells", 6),
]


@pytest.mark.parametrize(("row", "code", "column"), FOLLOWS)
def test_a_row_that_was_refused_is_no_missing_row(row, code, column):
    """One mistake is told once, though another vessel has a value at that time."""
    rows = "".join(f"A,{v},{t},{t}\n" for v in (1, 2) for t in (15, 30, 60))
    text = f"batch,product,replicate,time [min],released [%]\n,{row}\n,A,2,45,50\n"
    problem = only(read(text + "".join(f",{line}\n" for line in rows.splitlines())))
    assert (problem.code, problem.line, problem.column) == (code, 2, column)


def test_a_refused_value_does_not_make_a_curve_too_short():
    """Three times were written, though one of them has no number."""
    assert only(read(LONG + "A,15,10\nA,30,n.d.\nA,60,80\n")).code == "not_a_number"


@pytest.mark.parametrize("unit", ["m", "mins.", "mg"])
def test_a_unit_that_is_no_time_is_told_with_those_there_are(unit):
    """Metres are no time; minutes were meant."""
    problem = only(read(GOOD.replace("[min]", f"[{unit}]")))
    assert (problem.code, problem.line, problem.column) == ("unknown_unit", 1, 2)
    assert problem.message == f"{unit!r} is no unit of time."
    assert "min (minutes), h (hours)" in problem.hint


def test_columns_that_mean_nothing_are_named():
    """They are left unread, not guessed at."""
    found = read("product,time [h],released [%],operator\nA,1,1,x\nA,2,2,x\nA,3,3,x\n")
    assert found.notes == ("Columns that were not read: operator.",)


@pytest.mark.parametrize("column", [1, 2, 3, 4])
@pytest.mark.parametrize("unit", ["%", "g"])
@pytest.mark.parametrize("text", ["1e308", "-1e308", "1e-308", "0", "0.5", "-0"])
def test_a_number_of_any_size_is_a_value_or_a_problem(column, unit, text):
    """Also in a curve that falls a little, whose counts are weights."""
    share = 1 if unit == "%" else 0.001
    rows = [["A", t, f * share, share, 6] for t, f in ((1, 10), (2, 41), (3, 40))]
    rows[2][column] = text
    header = f"product,time [d],released [{unit}],sd,n\n"
    found = read(header + "".join(",".join(map(str, row)) + "\n" for row in rows))
    assert found.problems or isfinite(sum(found.curves[0].times_h + found.curves[0].fraction))
    assert all(sd is None or isfinite(sd) for curve in found.curves for sd in curve.sd)


CELLS_OF_MEANS = [
    ("sd", "200", "out_of_range"),
    ("sd", "-1", "negative_sd"),
    ("n", "0", "wrong_count"),
    ("n", "1.5", "wrong_count"),
    ("n", "1001", "wrong_count"),
    ("time [h]", "100001", "out_of_range"),
]


@pytest.mark.parametrize(("name", "text", "code"), CELLS_OF_MEANS)
def test_a_bad_mean_is_named_by_row_and_column(name, text, code):
    """What stands beside the value of a row."""
    names = ["product", "time [h]", "released [%]", "sd", "n"]
    rows = [["A", t, 10 * t, 1, 6] for t in (1, 2, 3, 4)]
    rows[3][names.index(name)] = text
    problem = only(read("\n".join(",".join(map(str, row)) for row in [names, *rows])))
    assert (problem.code, problem.line, problem.column) == (code, 5, names.index(name) + 1)


def test_very_many_problems_are_counted():
    """The list stays readable."""
    found = read(LONG + "A,15,ten\n" * 300)
    assert len(found.problems) == MAX_PROBLEMS + 1
    assert found.problems[-1].message == "200 more problems are not listed."


def test_columns_are_read_without_rows():
    """The header alone decides form and units."""
    header = Row(number=1, cells=("time_min", "A/1 [%]", "A/2 [%]"))
    columns, problems = read_columns(LabTable(file="f", form="CSV", header=header, rows=()))
    assert problems == ()
    assert columns is not None
    assert columns.curves == {1: ("A", "1"), 2: ("A", "2")}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public data sets are not on this machine")
def test_a_public_table_of_liposomes_is_read_or_refused_by_cell():
    """Thousands of digitised rows with 25 columns: real falls and repeats are found, not hidden."""
    path = SHARED / "nanomed_ivr_liposome" / "ivr_long.csv"
    rows = list(csv.reader(StringIO(path.read_text(encoding="utf-8-sig"))))
    names = {"IVR_ID": "product", "formulation_ID": "recipe_number"}
    header = [names.get(name, name) for name in rows[0]]
    text = StringIO()
    csv.writer(text).writerows([header, *rows[1:]])
    labels = {row[header.index("product")]: 1.0 for row in rows[1:]}
    found = read_release_curves(text.getvalue().encode(), file="curves.csv", labels_mg=labels)
    assert (found.time_unit, found.released_unit) == ("h", "%")
    assert found.n_rows == len(rows) - 1
    assert len(found.curves) > 150
    assert {p.code for p in found.problems} >= {"falling_curve"}
