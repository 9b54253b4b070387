"""Tables written for people: no text of theirs is a formula, and what is written is read again."""

import csv
from io import BytesIO, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from models.data import absorption_columns, curve_columns
from models.data.column_names import name_and_unit, role_of
from models.data.escaping import escaped, unescaped
from models.data.lab_tables import read_lab_table
from models.data.table_files import csv_bytes, workbook_bytes
from models.data.templates import EXAMPLE, TEMPLATES, template_csv, template_workbook

FORMULA = ("=", "+", "-", "@")
SIGNS = st.sampled_from([*FORMULA, "'", "'=", "''@", "-1", "=1+1", "x", ""])
LETTERS = st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f")
TEXT = st.builds(str.__add__, SIGNS, st.text(LETTERS, max_size=12)).map(str.strip)


@given(TEXT)
def test_escaping_is_undone(text):
    """Whatever the text, and however often it is done."""
    assert unescaped(escaped(text)) == text
    assert unescaped(unescaped(escaped(escaped(text)))) == text
    assert not escaped(text).startswith(FORMULA)


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_no_text_of_a_csv_file_is_a_formula_and_all_is_read_again(texts):
    """Cells as a spreadsheet sees them, and as the import does."""
    data = csv_bytes([["name", *(f"c{i}" for i in range(len(texts)))], ["row", *texts]])
    cells = [cell for row in csv.reader(StringIO(data.decode())) for cell in row]
    assert not any(cell.startswith(FORMULA) for cell in cells)
    table = read_lab_table(data, file="t.csv")
    row = [*table.rows[0].cells, *[""] * len(texts)]
    assert row[1 : len(texts) + 1] == texts


@settings(max_examples=8, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=20))
def test_no_text_of_a_workbook_is_a_formula_and_all_is_read_again(texts):
    """A formula would have the data type f."""
    data = workbook_bytes("t", [["name", *(["c"] * len(texts))], ["row", *texts]])
    page = load_workbook(BytesIO(data)).active
    cells = [cell for row in page.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(str(cell.value or "").startswith(FORMULA) for cell in cells)
    row = [*read_lab_table(data, file="t.xlsx").rows[0].cells, *[""] * len(texts)]
    assert row[1 : len(texts) + 1] == texts


def test_numbers_stay_numbers():
    """A negative number is no formula, in either kind of file."""
    rows = [["a", "b"], [-1.5, 2]]
    assert csv_bytes(rows) == b"a,b\n-1.5,2\n"
    page = load_workbook(BytesIO(workbook_bytes("t", rows))).active
    assert [cell.value for cell in page[2]] == [-1.5, 2]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.kind)
@pytest.mark.parametrize("make", [template_csv, template_workbook])
def test_a_template_has_the_columns_that_are_read_and_explains_each(template, make):
    """One column for every role; the explanations are passed over on import."""
    table = read_lab_table(make(template), file="t")
    assert table.header.cells == tuple(column.name for column in template.columns)
    assert len(table.rows) == len(template.examples) in (2, 3)
    module = curve_columns if template.kind == "release" else absorption_columns
    roles = [role_of(name_and_unit(c.name)[0], module.ROLES) for c in template.columns]
    assert sorted(roles) == sorted(module.ROLES)
    assert all(column.meaning.endswith(".") for column in template.columns)
    assert all(row[-1] == EXAMPLE for row in template.examples)


def test_a_workbook_explains_its_columns_on_a_second_sheet():
    """The header stays in sight."""
    book = load_workbook(BytesIO(template_workbook(TEMPLATES[0])))
    assert book.sheetnames == ["release", "about the columns"]
    assert book["release"].freeze_panes == "A2"
    assert [c.value for c in book["about the columns"]["A"]][1] == "product"
