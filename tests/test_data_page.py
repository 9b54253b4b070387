"""The page on data says what the program reads: columns, names, units and limits."""

import re
from pathlib import Path

import pytest

from models.data import absorption_columns, curve_columns, table_limits
from models.data.absorption_units import MEASURABLE
from models.data.csv_text import COMMENT, ENCODINGS
from models.data.curve_conditions import UNITS
from models.data.mean_curves import MIN_POINTS, NOISE_POINTS
from models.data.templates import TEMPLATES
from models.data.workbooks import FENCE, NOTES_SHEET

PAGE = (Path(__file__).parents[1] / "docs" / "data.md").read_text()
CODE = set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))
LIMITS = {
    "file": f"{table_limits.MAX_FILE_BYTES:,} bytes",
    "rows below the header": f"{table_limits.MAX_ROWS:,}",
    "columns": f"{table_limits.MAX_COLUMNS:,}",
    "cells": f"{table_limits.MAX_CELLS:,}",
    "a line of text": f"{table_limits.MAX_LINE_CHARS:,} characters",
    "all parts of a workbook, unpacked": f"{FENCE.unpacked_bytes:,} bytes",
    f"a part of more than {FENCE.free_bytes:,} bytes, over its packed size": f"{FENCE.ratio}",
    "parts of a workbook": f"{FENCE.parts:,}",
    "memory of the process that reads it": f"{FENCE.memory_bytes:,} bytes",
    "its CPU time, its time": f"{FENCE.cpu_s} s, {FENCE.wall_s:g} s",
}


@pytest.mark.parametrize("limit", LIMITS)
def test_every_limit_is_that_of_the_program(limit):
    """In the table at the end of the page."""
    assert f"| {limit} | {LIMITS[limit]} |" in PAGE


def test_the_table_of_limits_has_no_other_lines():
    """A limit that was taken out of the program leaves the page too."""
    table = PAGE[PAGE.index("| limit | value |") :]
    assert len(re.findall(r"^\|", table, flags=re.M)) == len(LIMITS) + 2


@pytest.mark.parametrize("kind", [template.kind for template in TEMPLATES])
def test_every_column_and_name_is_on_the_page(kind):
    """As the import knows it, but for case."""
    module = curve_columns if kind == "release" else absorption_columns
    shown = {text.casefold() for text in CODE}
    names = {name for names in module.ROLES.values() for name in names.split()}
    assert names <= shown
    template = next(template for template in TEMPLATES if template.kind == kind)
    assert {column.name.split(" [")[0].casefold() for column in template.columns} <= shown


def test_endpoints_units_and_encodings_are_on_the_page():
    """With the numbers that the text gives."""
    assert set(MEASURABLE) <= CODE
    assert {unit for units in UNITS.values() for unit in units.values()} - CODE <= {"cL", "dL"}
    assert all(any(name in text for text in CODE) for name in ("cp1252", "latin-1"))
    assert {"cp1252", "latin-1"} <= set(ENCODINGS.values())
    assert {COMMENT, NOTES_SHEET} <= CODE
    assert f"up to {NOISE_POINTS:g} percentage points" in PAGE
    assert MIN_POINTS == 3
    assert "Three times at least" in PAGE
