"""Tables that would cost too much: each is refused with its rule and what to do, and costs little.

Every file is built here from a few kilobytes. The reader of workbooks is a process of its own.
"""

import errno
import struct
import tracemalloc
import zipfile
from io import BytesIO

import pytest
from attrs import evolve
from openpyxl import Workbook

from formulation.errors import DataError, InputError
from models.data import csv_text, lab_tables, table_limits, workbooks
from models.data.lab_tables import read_lab_table

HEADER = "product,time [min],released [%]\n"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def refused(data, file="curves.xlsx", **options):
    """Return the one problem of a table that is refused."""
    with pytest.raises(InputError) as caught:
        read_lab_table(data, file=file, **options)
    (problem,) = caught.value.problems
    assert problem.rule or problem.code in ("unreadable_file", "not_text", "wrong_encoding")
    assert problem.hint, problem
    assert "Traceback" not in problem.message
    return problem


def parts_of_a_workbook(**cells):
    """Return the parts of a small workbook by name."""
    book = Workbook()
    for name, value in ({"A1": "product", "A2": "P"} | cells).items():
        book.active[name] = value
    kept = BytesIO()
    book.save(kept)
    with zipfile.ZipFile(kept) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts, *more):
    """Return the bytes of an archive of these parts, and of more that may bear a name again."""
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (*parts.items(), *more):
            archive.writestr(name, content)
    return kept.getvalue()


def with_sheet(xml):
    """Return a workbook whose only sheet is this XML."""
    return packed(parts_of_a_workbook() | {SHEET: xml})


def sheet(rows):
    return f"{XML}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"


def varied_rows(n_rows, n_columns):
    """Return rows whose numbers differ, so that they pack no better than a laboratory's."""
    columns = range(n_columns)
    rows = (
        "".join(f"<c><v>{r * 7919 + c * 104729}</v></c>" for c in columns) for r in range(n_rows)
    )
    return "".join(f"<row>{cells}</row>" for cells in rows)


def test_a_lone_cell_at_the_far_corner_is_refused():
    """A file of a few kilobytes that would else cost gigabytes."""
    data = packed(parts_of_a_workbook(XFD1048576=1))
    assert len(data) < 10_000
    problem = refused(data)
    assert problem.code == "too_many_columns"
    assert "16,384 columns" in problem.message


def test_a_lone_cell_far_below_the_table_is_refused():
    """What the sheet says of its own size is not believed: this one says A1:A2."""
    parts = parts_of_a_workbook(A1048576=1)
    parts[SHEET] = parts[SHEET].replace(b"A1:A1048576", b"A1:A2")
    assert refused(packed(parts)).code == "too_many_rows"


def test_a_cell_in_a_column_no_spreadsheet_has_is_refused():
    """Its row would have 300 million cells."""
    problem = refused(with_sheet(sheet('<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>')))
    assert problem.code == "unreadable_file"


def test_a_row_no_spreadsheet_has_is_refused():
    """Its number alone would keep a reader busy for days."""
    rows = '<row r="1"><c><v>1</v></c></row><row r="999999999999"><c><v>1</v></c></row>'
    assert refused(with_sheet(sheet(rows))).code == "too_many_rows"


def test_a_sheet_of_sixty_megabytes_in_a_small_file_is_refused_by_its_ratio():
    """Three million equal cells pack into some hundred kilobytes."""
    rows = ("<row>" + "<c><v>1</v></c>" * 100 + "</row>") * 38_000
    data = with_sheet(sheet(rows))
    assert len(data) < 300_000
    assert len(rows) > 57_000_000
    problem = refused(data)
    assert problem.code == "too_dense"
    assert problem.rule == "at most 100 bytes out of one"


def test_parts_that_unpack_to_too_much_together_are_refused(monkeypatch):
    """Each alone would pass: they are added up while they are inflated."""
    monkeypatch.setattr(workbooks, "FENCE", evolve(workbooks.FENCE, unpacked_bytes=3_000_000))
    parts = parts_of_a_workbook()
    data = packed(parts, *((f"xl/media/{i}.bin", bytes(900_000)) for i in range(4)))
    problem = refused(data)
    assert (problem.code, problem.rule) == ("too_large", "at most 3,000,000 bytes unpacked")


def test_a_header_that_states_less_than_a_part_holds_is_not_believed():
    """Bytes are counted while inflating; the size in the header is only compared with them."""
    data = bytearray(with_sheet(sheet("<row>" + "<c><v>1</v></c>" * 50_000 + "</row>")))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        true = archive.getinfo(SHEET).file_size
    data = data.replace(struct.pack("<I", true), struct.pack("<I", 120))
    problem = refused(bytes(data))
    assert problem.code == "unreadable_file"
    assert f"states 120 bytes and unpacks to {true:,}" in problem.message


def test_a_lying_header_hides_no_bomb():
    """It states 120 bytes and unpacks to more than is read."""
    data = with_sheet(sheet(" " * 20_000_000))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        true = archive.getinfo(SHEET).file_size
    lying = data.replace(struct.pack("<I", true), struct.pack("<I", 120))
    assert lying != data
    assert refused(lying).code == "too_dense"


def test_a_part_that_stands_twice_is_refused():
    """Two readers would take different ones."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(parts_of_a_workbook(), (SHEET, sheet("")))
    problem = refused(data)
    assert problem.code == "unreadable_file"
    assert "stands 2 times" in problem.message


def test_an_archive_in_the_archive_is_refused():
    """A workbook within the workbook is not what was measured."""
    inner = packed(parts_of_a_workbook())
    problem = refused(packed(parts_of_a_workbook(), ("xl/embeddings/a.xlsx", inner)))
    assert problem.code == "nested_archive"


def test_too_many_parts_are_refused():
    """Thousands of empty parts."""
    more = ((f"xl/{i}", b"") for i in range(workbooks.FENCE.parts))
    assert refused(packed(parts_of_a_workbook(), *more)).code == "too_large"


def test_an_encrypted_part_is_refused():
    """Its flag alone is enough."""
    data = bytearray(packed(parts_of_a_workbook()))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "is encrypted, or packed in a way" in refused(bytes(data)).message


def test_entities_that_multiply_are_refused():
    """A thousand million laughs."""
    entities = '<!ENTITY l0 "laugh">' + "".join(
        f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10)
    )
    xml = f'{XML}<!DOCTYPE x [{entities}]><worksheet {MAIN}><sheetData><row r="1"><c t="str"><v>'
    xml += "&l9;</v></c></row></sheetData></worksheet>"
    assert refused(with_sheet(xml)).code in ("unreadable_file", "too_much_memory")


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c><v>1</v></c></row><row r="2"><c><v>2</v></c></row>',
        '<row r="2"><c><v>1</v></c></row><row r="1"><c><v>2</v></c></row>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
    ],
)
def test_rows_and_cells_that_would_be_dropped_are_refused(rows):
    """The library leaves out what stands twice or out of its place, without a word."""
    problem = refused(with_sheet(sheet(rows)))
    assert problem.code == "unreadable_file"
    assert "stands twice, or not in its place" in problem.message


def test_an_answer_that_is_none_is_a_problem_of_the_file(monkeypatch, tmp_path):
    """The reader ended well, and said nothing that can be read."""
    child = tmp_path / "child.py"
    child.write_text("print('{')\n")
    monkeypatch.setattr(workbooks, "CHILD", child)
    assert refused(packed(parts_of_a_workbook())).code == "unreadable_file"


def test_a_machine_without_room_is_told_apart_from_a_bad_file(monkeypatch):
    """The file is not at fault, and there is no traceback."""

    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(workbooks, "TemporaryFile", full)
    with pytest.raises(DataError, match="No space left on device"):
        read_lab_table(packed(parts_of_a_workbook()), file="f")


def test_reading_ends_at_its_memory(monkeypatch):
    """A sheet that is fine in a gigabyte is refused in less."""
    data = with_sheet(sheet(varied_rows(2000, 100)))
    assert len(read_lab_table(data, file="f").rows) == 1999
    monkeypatch.setattr(workbooks, "FENCE", evolve(workbooks.FENCE, memory_bytes=50_000_000))
    problem = refused(data)
    assert (problem.code, problem.rule) == ("too_much_memory", "at most 50,000,000 bytes of memory")


def test_reading_ends_at_its_cpu_time(monkeypatch):
    """The system ends the process; what is left is a sentence."""
    monkeypatch.setattr(workbooks, "FENCE", evolve(workbooks.FENCE, cpu_s=1))
    problem = refused(with_sheet(sheet(varied_rows(8000, 100))))
    assert (problem.code, problem.rule) == ("too_slow", "at most 1 s of CPU time")


def test_reading_ends_at_its_wall_time(monkeypatch):
    """We end the process ourselves."""
    monkeypatch.setattr(workbooks, "FENCE", evolve(workbooks.FENCE, wall_s=0.01))
    problem = refused(packed(parts_of_a_workbook()))
    assert (problem.code, problem.rule) == ("too_slow", "at most 0.01 s")


def test_an_answer_that_is_too_long_is_not_taken(monkeypatch):
    """The reader cannot write more than it may."""
    monkeypatch.setattr(workbooks, "FENCE", evolve(workbooks.FENCE, answer_bytes=1000))
    data = with_sheet(sheet(varied_rows(500, 2)))
    assert refused(data).code == "unreadable_file"


def test_a_reader_that_dies_is_a_problem_of_the_file(monkeypatch, tmp_path):
    """As a library does that ends its process."""
    child = tmp_path / "child.py"
    child.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGABRT)\n")
    monkeypatch.setattr(workbooks, "CHILD", child)
    problem = refused(packed(parts_of_a_workbook()))
    assert problem.code == "unreadable_file"
    assert "ended with -6" in problem.message


def test_the_reader_knows_nothing_of_ours_and_little_else(tmp_path, monkeypatch):
    """It reads cells without arrays, pictures or other parsers of XML."""
    probe = tmp_path / "child.py"
    source = workbooks.CHILD.read_text(encoding="utf-8")
    probe.write_text(
        source.replace(
            "        answer = _read(",
            "        found = _read(",
        ).replace(
            "    except _RefusedError as error:\n        answer",
            "        heavy = {'formulation', 'models', 'numpy', 'lxml', 'PIL', 'pandas', 'scipy'}\n"
            "        held = sorted(heavy & {k for k, v in sys.modules.items() if v is not None})\n"
            "        answer = {'sheet': ' '.join(held), 'rows': found['rows']}\n"
            "    except _RefusedError as error:\n        answer",
            1,
        )
    )
    monkeypatch.setattr(workbooks, "CHILD", probe)
    assert read_lab_table(packed(parts_of_a_workbook()), file="f").sheet == ""


@pytest.mark.parametrize("kind", ["corner", "dense"])
def test_a_bomb_costs_this_process_little(kind):
    """Whatever it would unpack to is unpacked elsewhere."""
    data = packed(parts_of_a_workbook(XFD1048576=1))
    if kind == "dense":
        data = with_sheet(sheet(("<row>" + "<c><v>1</v></c>" * 100 + "</row>") * 10_000))
    tracemalloc.start()
    try:
        refused(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


def test_a_workbook_that_is_no_bomb_is_read_as_it_is():
    """Formulas with their stored value, gaps, numbers and text; the sheet by its name."""
    rows = '<row r="1"><c t="str"><v>product</v></c></row>'
    rows += '<row r="4"><c r="A4"><f>1+1</f><v>2</v></c><c r="C4"><v>0.5</v></c></row>'
    table = read_lab_table(with_sheet(sheet(rows)), file="f")
    assert table.sheet == "Sheet"
    assert table.rows == (table_limits.Row(number=4, cells=("2", "", "0.5")),)


def test_an_archive_that_is_no_workbook_is_refused():
    """Any zip file begins alike."""
    assert "no .xlsx workbook" in refused(packed({"a.txt": b"a"})).message


TOO_MUCH = {
    "rows": ("a\n" + "1\n" * (table_limits.MAX_ROWS + 1), "too_many_rows"),
    "columns": ("a,b\n" + "," * table_limits.MAX_COLUMNS + "1\n", "too_many_columns"),
    "cells": ("a,b\n" + ("," * 499 + "1\n") * 4001, "too_many_cells"),
    "line": (HEADER + "P," + "1," * 500_000 + "\n", "line_too_long"),
    "last line": (HEADER + "P," + "1" * 1_000_000, "line_too_long"),
    "old line ends": ("a\r1\r" + "1" * 1_000_000 + "\r", "line_too_long"),
    "nul": (HEADER + "P,1,\0\n", "not_text"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_text_that_would_cost_too_much_is_refused(what):
    """By the first limit it breaks."""
    text, code = TOO_MUCH[what]
    problem = refused(text.encode(), "curves.csv")
    assert problem.code == code


def test_a_long_line_is_named_by_its_number():
    """The third one."""
    problem = refused((HEADER + "P,1,1\n" + "x" * 300_000 + "\n").encode(), "curves.csv")
    assert (problem.code, problem.line) == ("line_too_long", 3)


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    """Before anything is parsed."""
    monkeypatch.setattr(lab_tables, "MAX_FILE_BYTES", 10)
    assert refused(HEADER.encode(), "curves.csv").code == "too_large"


def test_an_encoding_is_read_when_it_is_named():
    """The same byte is another letter in another encoding, so nobody guesses."""
    text = HEADER + "Café,15,10\n"
    assert refused(text.encode("cp1252"), "c.csv").hint.endswith("if that is what it is.")
    for name, encoding in (("cp1252", "cp1252"), ("ISO-8859-1", "latin-1"), ("utf8", "utf-8")):
        table = read_lab_table(text.encode(encoding), file="c.csv", encoding=name)
        assert table.rows[0].cells[0] == "Café"
        assert table.form == f"CSV, comma, {encoding}"


@pytest.mark.parametrize(
    ("data", "named", "code"),
    [
        ((HEADER + "Café,1,1\n").encode(), "cp1252", "wrong_encoding"),
        ((HEADER + "P,1,1\n").encode("utf-16"), "utf-8", "wrong_encoding"),
        ((HEADER + "P,1,1\n").encode("utf-16-le"), "utf-16", "not_text"),
        (HEADER.encode() + b"\x81,1,1\n", "cp1252", "not_text"),
        (packed(parts_of_a_workbook()), "cp1252", "wrong_encoding"),
        (HEADER.encode(), "klingon", "unknown_name"),
    ],
)
def test_an_encoding_that_the_bytes_speak_against_is_refused(data, named, code):
    """A stated encoding is checked, not believed."""
    with pytest.raises(InputError) as caught:
        read_lab_table(data, file="c.csv", encoding=named)
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize("header", ["#,product", "#1;product", "#\tproduct", '"#","product"'])
def test_a_column_may_begin_with_the_mark_of_a_comment(header):
    """A comment has a blank behind its mark; a bare one is an empty comment."""
    mark = next(m for m in "\t;," if m in header)
    table = read_lab_table(f"#\n# a comment\n{header}\n1{mark}P\n".encode(), file="c.csv")
    assert (table.header.number, table.header.cells[1]) == (3, "product")


def test_the_line_that_names_the_separator_is_passed_over():
    """Spreadsheets write it on request; the header says as much."""
    table = read_lab_table(b"sep=;\nproduct;x\nP;1,5\n", file="c.csv")
    assert (table.header.cells, table.rows[0].number) == (("product", "x"), 3)


def test_lines_above_the_header_may_explain_it():
    """They begin with a number sign, quoted or not; lines below are counted past them."""
    text = '# Times in minutes.\n\n"# Released, in %"\n' + HEADER + "P,15,10\n"
    table = read_lab_table(text.encode(), file="c.csv")
    assert (table.header.number, table.rows[0].number) == (4, 5)
    assert table.header.cells[0] == "product"
    assert set(csv_text.DELIMITERS.values()) == {"tab", "semicolon", "comma"}
