"""Tables of somebody's own: what is read, what is left out and said, what is refused and where."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from models.learning.column_use import ColumnUse
from models.learning.reading import MAX_PROBLEMS, read_tidy

DATA = Path(__file__).parents[2].parent / "shared" / "data"
HEADER = ("batch", "hpmc", "coat", "hours", "out")


def rows(n_groups=4, times=(0, 1, 2, 4, 8, 12)):
    """Return cells of a small table of release curves."""
    return [
        [f"B{g}", str(20 + g / 2), ("none at all", "enteric")[g % 2], str(t), str(t * (g + 1) / 60)]
        for g in range(n_groups)
        for t in times
    ]


def text(cells, header=HEADER, delimiter=","):
    return "\n".join(delimiter.join(row) for row in [list(header), *cells]) + "\n"


def read(cells=None, header=HEADER, *, data=None, **options):
    options = {"target": "out", "group": "batch", "time": "hours"} | options
    data = text(rows() if cells is None else cells, header).encode() if data is None else data
    return read_tidy(data, file="mine.csv", **options)


def with_column(name, values):
    """Return header and cells with one more column."""
    cells = [[*row, value] for row, value in zip(rows(), values, strict=True)]
    return cells, (*HEADER, name)


def places(found):
    return [(p.code, p.line, p.column, p.pointer) for p in found.problems]


def test_every_other_column_is_a_feature_of_numbers_or_of_text():
    """Target, time and group are none; the file's order stays."""
    table = read().table
    assert list(table.features) == ["hpmc", "coat"]
    assert table.features["hpmc"].dtype == float
    assert set(table.features["coat"]) == {"none at all", "enteric"}
    assert (len(table), table.n_groups, table.n_curves) == (24, 4, 4)
    assert (table.target_name, table.time_name, table.group_name) == ("out", "hours", "batch")
    assert table.time[:6].tolist() == [0, 1, 2, 4, 8, 12]


@pytest.mark.parametrize(
    "data",
    [
        text([[c.replace(".", ",") for c in row] for row in rows()], delimiter=";").encode(),
        text(rows()).encode("utf-16"),
        text(rows(), delimiter="\t").encode("utf-8-sig"),
    ],
    ids=["semicolon and decimal comma", "UTF-16", "tab and byte order mark"],
)
def test_the_form_of_the_file_does_not_matter(data):
    """The same numbers come out of each."""
    table, plain = read(data=data).table, read().table
    assert np.array_equal(table.target, plain.target)
    assert table.features.equals(plain.features)


def test_a_sheet_of_a_workbook_is_read_and_a_problem_names_its_cell():
    """As Excel names it."""
    from openpyxl import Workbook

    def book(cells):
        workbook = Workbook()
        workbook.active.title = "curves"
        for row in [list(HEADER), *cells]:
            workbook.active.append([float(c) if c[0].isdigit() else c for c in row])
        stream = BytesIO()
        workbook.save(stream)
        return stream.getvalue()

    assert np.allclose(read(data=book(rows())).table.target, read().table.target)
    wrong = rows()
    wrong[3][1] = "lots"
    (problem,) = read(data=book(wrong)).problems
    assert (problem.pointer, problem.line) == ("curves!B5", 5)


def test_a_name_in_another_case_is_found_unless_two_fit():
    """Exact names come first."""
    assert read(target="OUT").table.target_name == "out"
    cells, header = with_column("OUT", [str(i % 7) for i in range(24)])
    assert read(cells, header).table.target_name == "out"
    (problem,) = read(cells, header, target="Out").problems
    assert problem.code == "unknown_name"


def test_an_unknown_name_is_answered_with_the_nearest():
    """In the words of every other unknown name."""
    (problem,) = read(target="outt").problems
    assert str(problem) == "mine.csv: Column 'outt' is not known. Did you mean 'out'?"


@pytest.mark.parametrize("mark", ["", "NA", "n/a", "NaN", "null", "None", "-", "?", "Unknown"])
def test_the_usual_marks_of_nothing_are_missing(mark):
    """In a column of numbers NaN, in one of text empty; counted, but for empty cells."""
    values = [mark if i in (2, 5) else str(i % 5) for i in range(24)]
    numbers = read(*with_column("size", values))
    assert np.flatnonzero(np.isnan(numbers.table.features["size"])).tolist() == [2, 5]
    words = [mark if i in (2, 5) else "ab"[i % 2] for i in range(24)]
    texts = read(*with_column("kind", words))
    assert texts.table.features["kind"][2] == ""
    said = [f"'{mark}' (2) read as missing" in " ".join(f.notes) for f in (numbers, texts)]
    assert said == [bool(mark)] * 2


def test_a_text_among_numbers_is_a_problem_where_it_stands():
    """It would otherwise turn the column into names, or vanish."""
    values = [str(i / 4) for i in range(24)]
    values[7] = "12 or so"
    cells, header = with_column("size", values)
    found = read(cells, header)
    assert found.table is None
    assert places(found) == [("not_a_number", 9, 6, "size")]


def test_the_mapping_says_whether_a_text_among_numbers_is_missing_or_a_name():
    """Missing is counted."""
    values = [str(i % 6) for i in range(24)]
    values[7] = "12 or so"
    cells, header = with_column("size", values)
    number = read(cells, header, mapping={"size": ColumnUse(read_as="number")})
    assert np.isnan(number.table.features["size"][7])
    assert any("'12 or so' (1) read as missing" in note for note in number.notes)
    named = read(cells, header, mapping={"size": ColumnUse(read_as="text")})
    assert named.table.features["size"][7] == "12 or so"


def test_a_column_of_texts_and_some_numbers_is_text():
    """Grades such as 4, 15, K100."""
    values = [("4", "15", "K100")[i % 3] for i in range(24)]
    assert set(read(*with_column("grade", values)).table.features["grade"]) == {"4", "15", "K100"}


def test_a_zero_beside_names_stands_for_none_of_them():
    """However few the names are."""
    values = ["talc" if i == 3 else "0" for i in range(24)]
    assert set(read(*with_column("glidant", values)).table.features["glidant"]) == {"0", "talc"}


@pytest.mark.parametrize("word", ["inf", "-Infinity", "1e999"])
@pytest.mark.parametrize("column", [1, 3, 4])
def test_a_number_without_end_is_refused(word, column):
    """In features, time and target alike, and never missing."""
    cells = rows()
    cells[4][column] = word
    found = read(cells, mapping={"hpmc": ColumnUse(read_as="number")})
    assert places(found) == [("not_a_number", 6, column + 1, HEADER[column])]


def test_a_number_outside_its_range_is_refused():
    """The range of the mapping, with its ends."""
    found = read(mapping={"hpmc": ColumnUse(low=20.0, high=21.0, unit="%")})
    assert {p.code for p in found.problems} == {"out_of_range"}
    assert [p.line for p in found.problems] == list(range(20, 26))
    assert "21.5 is outside 20 to 21 %" in found.problems[0].message


def test_rows_without_an_outcome_or_a_time_are_left_out_and_counted():
    """A text there is a problem, nothing is not."""
    cells = rows()
    cells[1][4] = ""
    cells[2][3] = "NA"
    cells[9][4] = "NA"
    found = read(cells)
    assert len(found.table) == 21
    assert "Left out, without target: 2 rows." in found.notes
    assert "Left out, without time: 1 row." in found.notes
    cells[1][4] = "spilt"
    assert places(read(cells)) == [("not_a_number", 3, 5, "out")]


def test_rows_that_stand_twice_count_once():
    """In every cell, ignored columns with it: a replicate's number makes it another row."""
    cells = rows()
    found = read([*cells, cells[0], cells[0]])
    assert len(found.table) == 24
    assert "Left out, that repeat an earlier row in every cell: 2 rows." in found.notes
    vessels = [[*row, v] for v in "12" for row in cells]
    assert len(read(vessels, (*HEADER, "vessel"), ignore=["vessel"]).table) == 48


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("site", ["A"] * 24, "the same in every row"),
        ("lot", [""] * 24, "empty"),
        ("row", [str(i) for i in range(24)], "numbers the rows"),
        ("row", [str(i + 1) for i in range(24)], "numbers the rows"),
        ("percent", [str(100 * float(row[4]) + 3) for row in rows()], "the target again"),
        ("label", [f"t{row[3]}h" for row in rows()], "the time again"),
    ],
)
def test_a_column_that_teaches_nothing_is_left_out_and_said(name, values, reason):
    """And the others stay."""
    found = read(*with_column(name, values))
    assert list(found.table.features) == ["hpmc", "coat"]
    assert f"Left out, {reason}: {name!r}." in found.notes


def test_a_constant_with_gaps_stays():
    """That it is missing may mean something."""
    values = ["5" if i % 2 else "" for i in range(24)]
    assert "size" in read(*with_column("size", values)).table.features


def test_text_of_very_many_levels_is_left_out():
    """Fifty are still kept."""
    header = (*HEADER, "reference")
    cells = [[*row, f"paper {i % 50}"] for i, row in enumerate(rows(n_groups=9))]
    assert "reference" in read(cells, header).table.features
    cells = [[*row, f"paper {i % 51}"] for i, row in enumerate(rows(n_groups=9))]
    found = read(cells, header)
    assert "Left out, text of more than 50 levels: 'reference'." in found.notes


def test_curves_are_told_by_group_and_features():
    """Two series of a batch that differ in a feature are two; a gap is a value like any other."""
    cells = [[*row, v] for v in ("", "7") for row in rows()]
    table = read(cells, (*HEADER, "pH")).table
    assert (table.n_groups, table.n_curves) == (4, 8)
    assert {len(set(table.features["pH"][table.curve == c].fillna(-1))) for c in table.curve} == {1}


def test_numbers_that_differ_in_the_last_bits_only_are_of_one_curve():
    """A mean computed twice is no second formulation."""
    values = [str(0.1 + 1e-16 * (i % 2) * 8) for i in range(24)]
    assert len(set(values)) == 2
    assert read(*with_column("size", values)).table.n_curves == 4


def test_a_column_of_curves_is_taken_at_its_word():
    """Labels that begin anew in each group are told apart."""
    cells = [[*row, v] for v in "12" for row in rows()]
    found = read(cells, (*HEADER, "vessel"), curve="vessel")
    assert found.table.n_curves == 8
    assert "vessel" not in found.table.features
    assert any("counted anew in each group" in note for note in found.notes)


def test_without_a_time_each_row_is_a_curve_of_its_own():
    """The hours are a feature then."""
    table = read(time="").table
    assert table.time is None
    assert table.n_curves == len(table) == 24
    assert "hours" in table.features


def test_several_columns_may_name_the_group_and_stay_features():
    """Such as the descriptors of a drug that has no name."""
    group = ColumnUse(role="group", is_known=True)
    table = read(group="", mapping={"hpmc": group, "coat": group}, ignore=["batch"]).table
    assert (table.n_groups, table.group_name) == (4, "hpmc + coat")
    assert list(table.features) == ["hpmc", "coat"]


def test_early_values_are_features_with_their_time_in_the_unit_of_the_table():
    """As stated, converted; never without a unit of the time."""
    values = [str(i // 6 / 10) for i in range(24)]
    mapping = {"first": ColumnUse(role="early", at="30 min"), "hours": ColumnUse(unit="h")}
    cells, header = with_column("first", values)
    assert read(cells, header, mapping=mapping).table.early == {"first": 0.5}
    del mapping["hours"]
    (problem,) = read(cells, header, mapping=mapping).problems
    assert (problem.code, problem.pointer) == ("unit_missing", "columns.first")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"target": "hpmc"}, "the target is 'hpmc' here, but 'out' in the mapping"),
        ({"group": "out"}, "'out' is the group here, but the target in the mapping"),
        ({"ignore": ["out"]}, "'out' is ignored here, but the target in the mapping"),
    ],
)
def test_a_name_that_contradicts_the_mapping_is_refused(named, message):
    """Neither is believed, and the place is that of the mapping."""
    mapping = {"out": ColumnUse(role="target", file="m.yaml", line=4, column=3)}
    (problem,) = read(mapping=mapping, **named).problems
    assert message in problem.message
    assert (problem.file, problem.line) == ("m.yaml", 4)


def test_a_name_that_agrees_with_the_mapping_is_fine():
    """And one the mapping is silent on."""
    assert read(mapping={"out": ColumnUse(role="target", unit="%")}).table.units == {"out": "%"}


def test_one_column_has_one_role_but_a_curve_may_be_the_group():
    """Every curve held out on its own."""
    (problem,) = read(target="hours").problems
    assert "'hours' is the target and the time at once" in problem.message
    assert read(curve="batch").table.n_curves == 4


@pytest.mark.parametrize("missing", ["target", "group"])
def test_target_and_group_must_be_named(missing):
    """By a flag or by the mapping."""
    (problem,) = read(**{missing: ""}).problems
    assert (problem.code, problem.message) == ("missing_column", f"no column is the {missing}.")


@pytest.mark.parametrize("mark", ["", "unknown"])
def test_a_row_without_its_group_is_refused(mark):
    """Held out by chance, it would leak."""
    cells = rows()
    cells[6][0] = mark
    assert places(read(cells)) == [("missing_value", 8, 1, "batch")]


def test_a_negative_time_is_refused_by_row():
    """Zero is not."""
    cells = rows()
    cells[6][3] = "-0.5"
    assert places(read(cells)) == [("negative_time", 8, 4, "hours")]


@pytest.mark.parametrize(
    ("cells", "code"), [(rows(2, range(10)), "too_few_groups"), (rows(4, range(4)), "too_few_rows")]
)
def test_too_little_to_hold_anything_out_is_refused(cells, code):
    """Fewer than three groups, or than twenty rows."""
    assert [p.code for p in read(cells).problems] == [code]


@pytest.mark.parametrize(
    ("header", "code", "column"),
    [(("batch", "hpmc", "hpmc", "hours", "out"), "duplicate", 3),
     (("batch", "", "coat", "hours", "out"), "missing_name", 2)],
)  # fmt: skip
def test_a_header_that_names_twice_or_not_at_all_is_refused(header, code, column):
    """The column is named."""
    (problem,) = read(header=header).problems
    assert (problem.code, problem.column) == (code, column)


def test_an_unnamed_count_of_the_rows_is_left_out():
    """As data frames write it."""
    cells = [[str(i), *row] for i, row in enumerate(rows())]
    found = read(cells, ("", *HEADER))
    assert list(found.table.features) == ["hpmc", "coat"]
    assert found.notes[0].endswith("column 1.")


def test_more_cells_than_names_are_refused():
    """A separator inside a text shifts everything behind it."""
    cells = rows()
    cells[2] = [*cells[2][:2], "a", *cells[2][2:]]
    assert ("missing_name", 4, 6, "column 6") in places(read(cells))


def test_of_very_many_problems_the_last_are_only_counted():
    """And the list is in the order of the file."""
    cells = rows(n_groups=30)
    for row in cells:
        row[4] = "x"
    problems = read(cells).problems
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].message == "80 more problems are not listed."
    assert [p.line for p in problems[:-1]] == list(range(2, 102))


PUBLIC = [
    ("lai_bannigan/lai_17feat.csv", "Release", "DP_Group", "Time", (3783, 34, 181)),
    ("lai_bannigan/lai_14feat.csv", "Release", "DP_Group", "Time", (3783, 34, 181)),
    ("nanomed_ivr_liposome/ivr_long.csv", "release_percent", "formulation_ID", "time (Hrs)",
     (3307, 123, 208)),
    ("nanomed_ivr_liposome/ivr_long.csv", "release_percent", "API_name", "time (Hrs)",
     (3307, 22, 208)),
    ("srmt_hpmc/srmt_long.csv", "rel", "fid", "time", (508, 140, 140)),
    ("srmt_hpmc/srmt_long.csv", "rel", "drug", "time", (508, 23, 140)),
    ("fdt_momeni/fdt.csv", "disintegration_time", "Molecular Weight", "", (1963, 124, 1963)),
    ("microneedle_yuan2023/df1.csv", "drug_perm_per", "drug_name", "permeation_time", (190, 6, 18)),
    ("microneedle_yuan2023/df1.csv", "drug_perm_per", "drug_name", "", (190, 6, 190)),
    ("skin_huskindb/huskinDB.csv", "logkp (cm/s)", "Compound name", "", (546, 251, 546)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "target", "group", "time", "sizes"), PUBLIC)
def test_published_tables_have_the_sizes_that_are_published(name, target, group, time, sizes):
    """Rows, groups and curves; without any mapping."""
    if not (DATA / name).is_file():
        pytest.skip(f"no {name} beside the project")
    options = {"target": target, "group": group, "time": time}
    options["ignore"] = ["drug_perm_amt"] if "microneedle" in name else []
    options["curve"] = "Experimental_index" if "lai" in name else ""
    found = read_tidy((DATA / name).read_bytes(), file=name, **options)
    assert found.problems == ()
    assert (len(found.table), found.table.n_groups, found.table.n_curves) == sizes
