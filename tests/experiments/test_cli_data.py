"""The reference tables on the command line."""

import json
import subprocess
import sys

import pytest

from experiments.cli import main
from experiments.cli.output import table_lines
from formulation.data import TABLES as DOMAIN_TABLES
from formulation.data import load_sources, read_rows
from models.data import TABLES as MODEL_TABLES

TABLES = {table.name: table for table in (*DOMAIN_TABLES, *MODEL_TABLES)}


def test_every_table_is_listed_once(capsys):
    """The tables of the domain come first, then those of the models."""
    assert main(["data", "ls", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["version"]) == ("formulation/data-tables", 1)
    assert [table["name"] for table in document["tables"]] == list(TABLES)
    assert main(["data", "ls"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["salts", "24"]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_shown_with_every_source_it_cites(name, capsys):
    """All cells arrive, and each key of a row is resolved to its citation."""
    assert main(["data", "show", name, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = read_rows(TABLES[name])
    assert (document["schema"], document["version"]) == ("formulation/data-table", 1)
    assert document["rows"] == rows
    assert document["columns"] == list(rows[0])
    assert {row["source"] for row in rows if row["source"]} <= set(document["sources"])
    assert all(load_sources()[key] == text for key, text in document["sources"].items())


def test_a_table_for_people_ends_with_its_sources(capsys, monkeypatch):
    """The citations stand under the rows, in wide and in narrow windows."""
    for columns in ("200", "40"):
        monkeypatch.setenv("COLUMNS", columns)
        assert main(["data", "show", "limits"]) == 0
        head, _, sources = capsys.readouterr().out.partition("\nSources\n")
        assert "daily_supplemental" in head
        assert f"  SCF2001: {load_sources()['SCF2001']}" in sources.splitlines()


def test_an_unknown_table_is_refused_with_the_nearest(capsys):
    """A misspelt name ends with 2 and says which was meant."""
    assert main(["data", "show", "exipients"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error table 'exipients' is not known. Did you mean 'excipients'?\n"


def test_cells_are_wrapped_or_stacked_when_the_window_is_narrow():
    """Empty columns go; the widest wraps; where even that is too wide, a row becomes a block."""
    columns, rows = ["a", "b", "note"], [["1", "", "word " * 12], ["2", "", "x"]]
    wide = table_lines(columns, rows, 40)
    assert wide[0] == "a  note"
    assert max(map(len, wide)) <= 40
    assert wide[-1] == "2  x"
    narrow = table_lines(columns, rows, 20)
    assert narrow[-3:] == ["a     2", "note  x", ""]


def test_a_reader_that_leaves_early_is_no_error():
    """A pipe closed after one line ends quietly with 0."""
    program = [sys.executable, "-m", "experiments.cli", "data", "show", "contrasts"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0
