"""The front as a table: every candidate, units in the headers, texts that are no formulas."""

import csv
import json
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from experiments import tabulating
from experiments.cli import main
from experiments.reports.front_table import front_columns
from experiments.tabulating import FORMATS, META_SHEET, front_bytes, write_front
from formulation.errors import InputError
from models.data.escaping import holdable, unescaped
from models.data.table_files import sheet_title
from tests.experiments.example_document import ABSORBED, LOAD_LIMIT, empty_front_document
from tests.experiments.example_document import example_document as bare_document
from tests.experiments.golden_databases import unpacked

near = partial(pytest.approx, rel=1e-15, abs=0)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
TEXT = st.builds(str.__add__, st.sampled_from([*FORMULA, "'=", "", "x"]), st.text(max_size=12))
ABSORBED_HEADER = f"{ABSORBED} [mg/d]"


def example_document(name="citrate-or-matrix"):
    document = bare_document()
    document["study"]["name"] = name
    return document


def read(content, ending):
    """Return a table as pandas reads it."""
    reader = {
        ".csv": lambda b: pd.read_csv(b, encoding="utf-8-sig"),
        ".xlsx": pd.read_excel,
        ".parquet": pd.read_parquet,
        ".json": lambda b: pd.DataFrame(json.load(b)["rows"]),
    }
    return reader[ending](BytesIO(content))


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_has_every_candidate_with_its_numbers(ending):
    """To the digits a workbook keeps, and what a candidate has not is empty."""
    document = example_document()
    table = read(front_bytes(document, ending), ending)
    front = document["front"]
    assert table["candidate [-]"].tolist() == [c["label"] for c in front]
    assert table[ABSORBED_HEADER].tolist() == near([c["values"][ABSORBED] for c in front])
    ends = table[[f"{ABSORBED} {end} [mg/d]" for end in ("lo90", "hi90")]].to_numpy(float)
    assert ends.ravel().tolist() == near([e for c in front for e in c["intervals"][ABSORBED]])
    found = table[f"{ABSORBED} confirmed [mg/d]"].tolist()
    assert found == near([c["confirmation"]["values"][ABSORBED] for c in front])
    for candidate, (_, row) in zip(front, table.iterrows(), strict=True):
        recipe = {k: row.get(f"{k} [mg]") for k in ("salt", "hpmc", "mcc", "povidone")}
        kept = {k: v for k, v in recipe.items() if not pd.isna(v)}
        assert kept == {k: v for k, v in candidate["recipe_mg"].items() if k in recipe}
    assert set(table["config sha256 [-]"]) == {document["study"]["config_sha256"]}
    assert set(table["study id [-]"]) == {document["study"]["id"]}


def test_every_header_has_a_unit_and_none_comes_twice():
    """Name, blank, unit in brackets."""
    for document in (example_document(), empty_front_document()):
        headers = [column.header for column in front_columns(document)]
        assert all(h.endswith("]") and " [" in h and "[]" not in h for h in headers)
        assert len(set(headers)) == len(headers)


def test_a_limit_has_value_interval_and_both_verdicts():
    """C026 keeps to it as predicted, and misses it with every subject integrated."""
    table = read(front_bytes(example_document(), ".csv"), ".csv").set_index("candidate [-]")
    row = table.loc["C026"]
    of = f"limit {LOAD_LIMIT}"
    assert (row[f"{of} verdict [-]"], row[f"{of} confirmed verdict [-]"]) == ("holds", "missed")
    assert row[f"{of} lo90 [mmol/d]"] < row[f"{of} [mmol/d]"] < 8
    assert row[f"{of} confirmed [mmol/d]"] > 8
    assert "at confirmation: Soluble" in row["remarks [-]"]
    assert row["confirmed [-]"] == "no"


def test_a_candidate_refused_on_its_risk_is_told_as_such():
    """It may keep to every limit and still not be offered."""
    document = example_document()
    document["front"][1]["account"]["risk"]["class"] = "refused"
    document["front"][2]["account"] = None
    table = read(front_bytes(document, ".parquet"), ".parquet")
    assert table.loc[1, "risk [-]"] == "refused"
    assert pd.isna(table.loc[2, "risk [-]"])


def test_what_was_not_confirmed_is_empty():
    """Neither a verdict nor a number."""
    document = example_document()
    document["front"][0]["confirmation"] = None
    document["front"][0]["desirability"]["confirmed"] = None
    table = read(front_bytes(document, ".parquet"), ".parquet")
    confirmed = [h for h in table.columns if "confirmed" in h] + ["subjects [-]"]
    assert table.loc[0, confirmed].isna().all()
    assert table.loc[1, confirmed].notna().all()


@settings(max_examples=40)
@given(TEXT)
def test_no_text_of_a_csv_file_is_a_formula(text):
    """Whatever the study is called; undone, it is the name again."""
    content = front_bytes(example_document(text), ".csv")
    assert content.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""))
    for row in rows:
        assert not any(c.startswith(FORMULA) and not is_number(c) for c in row)
        assert unescaped(row[header.index("study name [-]")]) == holdable(text.strip())


@settings(max_examples=15)
@given(TEXT)
def test_no_text_of_a_workbook_is_a_formula(text):
    """On either sheet; a formula would have the data type f."""
    book = load_workbook(BytesIO(front_bytes(example_document(text), ".xlsx")))
    for page in book:
        cells = [cell for row in page.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        texts = [cell.value for cell in cells if cell.data_type == "s"]
        assert not any(value.startswith(FORMULA) for value in texts)


@settings(max_examples=10)
@given(TEXT.map(lambda text: text.encode("utf-8", "replace").decode()))
def test_json_and_parquet_keep_texts_as_they_are(text):
    """No spreadsheet opens them by a click."""
    for ending in (".json", ".parquet"):
        table = read(front_bytes(example_document(text), ending), ending)
        assert set(table["study name [-]"]) == {text}


@given(st.text(max_size=60))
def test_the_name_of_a_sheet_is_one_that_excel_accepts(title):
    """Short, not empty, without the marks it refuses."""
    found = sheet_title(title)
    assert 1 <= len(found) <= 31
    assert not set(found) & set(r":\/?*[]")
    assert not found.startswith("'")
    assert not found.endswith("'")


def test_a_negative_number_stays_a_number():
    """An apostrophe would make it a text."""
    document = example_document()
    document["front"][0]["values"][ABSORBED] = -1.5
    for ending in (".csv", ".xlsx"):
        assert read(front_bytes(document, ending), ending).loc[0, ABSORBED_HEADER] == -1.5


def test_the_workbook_holds_its_header_in_sight_and_says_where_it_is_from():
    """Study, hash and the meaning of every column stand on a sheet of their own."""
    document = example_document()
    book = load_workbook(BytesIO(front_bytes(document, ".xlsx")))
    assert book.sheetnames == ["Front S014", META_SHEET]
    assert [page.freeze_panes for page in book] == ["A2", "A2"]
    widths = [d.width for d in book["Front S014"].column_dimensions.values()]
    assert min(widths) > 2
    assert max(widths) <= 60
    meta = [[cell.value for cell in row] for row in book[META_SHEET].iter_rows()]
    facts = {name: value for name, value, *_ in meta}
    assert facts["study_id"] == document["study"]["id"]
    assert facts["config_sha256"] == document["study"]["config_sha256"]
    columns = [row[1] for row in meta if row[0] == "column"]
    assert columns == [cell.value for cell in book["Front S014"][1]]


def test_the_workbook_shows_as_many_decimals_as_the_report():
    """The cell still holds them all."""
    book = load_workbook(BytesIO(front_bytes(example_document(), ".xlsx")))
    page = book["Front S014"]
    (at,) = (cell.column for cell in page[1] if cell.value == ABSORBED_HEADER)
    assert page.cell(2, at).number_format == "0.0"


def test_parquet_has_a_type_for_each_kind_of_cell():
    """Numbers, counts, yes or no, text; each with a place for nothing."""
    table = read(front_bytes(example_document(), ".parquet"), ".parquet")
    kinds = {h: str(table[h].dtype) for h in table.columns}
    assert kinds["salt [mg]"] == kinds["povidone [mg]"] == "Float64"
    assert kinds["units per intake [-]"] == kinds["subjects [-]"] == "Int64"
    assert kinds["with meals [-]"] == kinds["confirmed [-]"] == "boolean"
    assert kinds["candidate [-]"] == "string"
    assert table.attrs["config_sha256"] == "3f" * 32


def test_the_json_table_is_one_document_with_schema_and_version():
    """Its columns name unit and meaning."""
    document = json.loads(front_bytes(example_document(), ".json"))
    assert (document["schema"], document["version"]) == ("formulation/front-table", 1)
    heads = {c["header"]: c for c in document["columns"]}
    assert list(document["rows"][0]) == list(heads)
    assert heads[ABSORBED_HEADER]["unit"] == "mg/d"


@pytest.mark.parametrize("ending", FORMATS)
def test_a_front_without_candidates_is_a_table_without_rows(ending):
    """Every format is still one that can be read."""
    assert read(front_bytes(empty_front_document(), ending), ending).shape[0] == 0


@pytest.mark.parametrize(
    ("name", "why"), [("front.txt", "'.txt'"), ("front", "nothing"), ("", "replace a folder")]
)
def test_another_ending_and_a_folder_are_refused_with_what_is_possible(name, why, tmp_path):
    """Before anything is read."""
    with pytest.raises(InputError, match=why) as refused:
        write_front("S014", SimpleNamespace(), tmp_path / name)
    assert ".csv, .xlsx, .json or .parquet" in str(refused.value)


def test_a_table_is_written_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    """What stood there stays when the new one cannot be made, and nothing half lies beside it."""
    path = tmp_path / "front.csv"
    path.write_text("older")
    monkeypatch.setattr(tabulating, "read_study", lambda *_: example_document())
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", refuse)
        with pytest.raises(InputError, match="cannot be written"):
            write_front("S014", SimpleNamespace(), path)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]
    assert write_front("S014", SimpleNamespace(), path) == path
    assert path.read_bytes() == front_bytes(example_document(), ".csv")


def test_printing_and_writing_at_once_is_refused(capsys, tmp_path):
    """One JSON document on stdout says so."""
    words = ["front", "S014", "--home", str(tmp_path), "--json", "-o", str(tmp_path / "f.json")]
    assert main(words) == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert "--json prints and --output writes" in error["message"]


def test_a_study_of_the_first_version_gives_a_table_and_pictures(tmp_path, capsys):
    """Its document lacks much of what is told today."""
    home = unpacked(tmp_path / "store.sqlite").parent
    assert main(["front", "S001", "--home", str(home), "-o", str(tmp_path / "f.csv")]) == 0
    table = pd.read_csv(tmp_path / "f.csv", encoding="utf-8-sig")
    assert set(table["study [-]"]) == {"S001"}
    for kind in ("front", "parallel", "calibration"):
        assert main(["plot", "S001", kind, "--home", str(home), "--json"]) == 0
    assert "Traceback" not in capsys.readouterr().err


def refuse(*_):
    raise OSError(28, "no space left")


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
