"""The reference tables: sourced, parsed, complete, and equal to what they were taken from."""

import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

import formulation.data
import models.data
from formulation.data import Table, find_table, load_sources, read_rows
from formulation.data.bibliography import parse_sources
from formulation.errors import DataError, UnknownNameError
from formulation.provenance import EVIDENCE_TO_BASIS
from formulation.units import MG_PER_MMOL

TABLES = (*formulation.data.TABLES, *models.data.TABLES)

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
"""The tables the figures were carried over from; they lie beside the repository, if at all."""

CARRIED = {
    "salts": ("magnesium_salts.csv", 24),
    "delivery_ranges": ("delivery_systems.csv", 61),
    "thermodynamics": ("magnesium_thermodynamics.csv", 41),
    "safety": ("safety.csv", 32),
    "dissolution": ("magnesium_dissolution.csv", 24),
    "absorption": ("magnesium_absorption.csv", 53),
    "kinetics": ("magnesium_kinetics.csv", 85),
    "modifiers": ("modifiers.csv", 46),
    "trials": ("observed_trials.csv", 26),
    "contrasts": ("validation_contrasts.csv", 30),
}
"""Table to the reference file and its number of rows."""

NUMERIC = {
    "salts": (
        "n_Mg molar_mass_g_mol elemental_Mg_pct salt_mg_per_100_mg_Mg solubility_25C_g_per_100mL"
        " solubility_Mg_mmol_per_L relative_cost_rank_1_cheap_7_dear"
    ),
    "delivery_ranges": "low high typical",
    "thermodynamics": "logK_25C delta_H_kJ_mol ionic_strength",
    "safety": "value low high",
    "dissolution": (
        "rpm volume_mL acid_mEq pH temp_C dose_Mg_mmol time_min pct_dissolved pct_sd"
        " rate_constant_per_min group_n"
    ),
    "absorption": (
        "dose_Mg_mg dose_Mg_mmol n value sd range_low range_high ci_low ci_high comparator_value"
        " comparator_sd derived_flag"
    ),
    "kinetics": "value low high sd n",
    "modifiers": (
        "effect_size effect_low effect_high control_value control_sd exposed_value exposed_sd"
    ),
    "trials": "n value value_sd ci_low ci_high baseline comparator_baseline comparator_value",
    "contrasts": "observed accept_low accept_high kernel_low kernel_high",
}
"""Columns that hold one number or nothing, besides those of `SPANS`."""

SPANS = {"trials": ("dose_Mg_mg", "time_h"), "modifiers": ("n",)}
"""Columns that may hold a span such as 0-6 or a list such as 1;4;6."""

VERBATIM = "evidence doi_pmid p_value observed_qualifier population species role id".split()
"""Words that decide how a figure may be used; a bracket after one became part of the note."""

CITED_IN_CODE = {
    "Akaike1974",
    "Costa2001",
    "DerringerSuich1980",
    "EfronTibshirani1993",
    "EMABioequivalence2010",
    "EMAExcipients2019",
    "FDADissolution1997",
    "FDAIVIVC1997",
    "Higuchi1961",
    "HixsonCrowell1931",
    "HurvichTsai1989",
    "ICHQ8",
    "Julious2004",
    "KeeferBodily1983",
    "Khan1975",
    "Kohler1967",
    "KorsmeyerPeppas1983",
    "Langenbucher1972",
    "MooreFlanner1996",
    "NoyesWhitney1897",
    "PeppasSahlin1989",
    "Shah1998",
    "Smith1984",
    "WagnerNelson1963",
    "Wilson1927",
}
"""Sources of equations, which no table cites."""

YEARS = {float(year) for year in range(1950, 2031)}
"""Years of publication in remarks of the reference, now part of the source key."""

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?")

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
every_carried = pytest.mark.parametrize("name", CARRIED)
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason=f"no reference tables at {REFERENCE}"
)


def keys_of(row):
    return [row["source"], *filter(None, row.get("also", "").split("; "))]


def rows_of(name):
    return read_rows(find_table(name, TABLES))


def reference_rows(name, monkeypatch):
    """Read a reference file with the product's own reader, as a table of a foreign package."""
    monkeypatch.setattr("formulation.data.files", lambda package: REFERENCE)
    return read_rows(
        Table(name=name, file=CARRIED[name][0], title="-", description="-", package=name)
    )


def number(cell):
    return float(cell) if cell else None


def numbers(cells):
    return {float(found) for found in NUMBER.findall(" | ".join(cells))}


@every_table
def test_every_source_of_a_table_is_registered(table):
    """Each key in source and also stands in sources.bib."""
    cited = {key for row in read_rows(table) for key in keys_of(row)}
    assert cited <= load_sources().keys()


def test_no_registered_source_is_idle():
    """A source is cited by a table, or listed above as a source of equations."""
    cited = set(chain.from_iterable(keys_of(row) for table in TABLES for row in read_rows(table)))
    assert load_sources().keys() - cited == CITED_IN_CODE


@every_table
def test_every_row_has_a_source_and_a_known_word_of_evidence(table):
    """No figure without its origin and how well it is known."""
    for row in read_rows(table):
        assert row["source"], row
        assert row["evidence"] in EVIDENCE_TO_BASIS, row


@every_table
def test_a_recalled_figure_says_why_it_may_be_used(table):
    """An assumed quantity needs a note, so its row has one."""
    for row in read_rows(table):
        assert row["evidence"] != "recalled" or row.get("note", "-"), row


@every_carried
def test_no_row_was_lost_on_the_way(name):
    """A table has as many rows as the reference it was carried over from."""
    assert len(rows_of(name)) == CARRIED[name][1]


@every_carried
def test_numeric_columns_hold_numbers_or_nothing(name):
    """Verdicts, spans and remarks stand in columns of their own."""
    for row in rows_of(name):
        for column in NUMERIC[name].split():
            number(row[column])
        for column in SPANS.get(name, ()):
            assert re.fullmatch(r"(\d+(\.\d+)?([-;]\d+(\.\d+)?)*)?", row[column]), row


@needs_reference
@every_carried
def test_figures_equal_the_reference_value_by_value(name, monkeypatch):
    """Every numeric column that kept its name holds the same number in the same row."""
    carried = rows_of(name)
    for row, reference in zip(carried, reference_rows(name, monkeypatch), strict=True):
        for column in NUMERIC[name].split():
            given = reference.get(column, "")
            if NUMBER.fullmatch(given.lstrip("-")) or (not given and column in reference):
                assert number(row[column]) == number(given), (column, row)
        for column in SPANS.get(name, ()):
            assert row[column] == reference[column], (column, row)


@needs_reference
@every_carried
def test_no_number_of_a_reference_row_is_missing(name, monkeypatch):
    """Figures that moved from a remark to a column, or the other way, are still there."""
    carried = rows_of(name)
    for row, reference in zip(carried, reference_rows(name, monkeypatch), strict=True):
        given = (reference[column] for column in reference if column not in ("source", "study"))
        assert numbers(given) - YEARS <= numbers(row.values()), row


@needs_reference
@every_carried
def test_words_that_qualify_a_figure_equal_the_reference(name, monkeypatch):
    """Evidence, identifiers, population and role were not reworded."""
    carried = rows_of(name)
    for row, reference in zip(carried, reference_rows(name, monkeypatch), strict=True):
        for column in set(VERBATIM) & row.keys() & reference.keys():
            given = reference[column]
            kept = given.split(" (")[0] if column == "role" else given
            assert row[column] == kept, (column, row)


@pytest.mark.parametrize("row", rows_of("salts"), ids=lambda row: row["key"])
def test_elemental_content_follows_from_the_formula(row):
    """Content and salt per 100 mg recompute within 1.5 %, the rounding of the printed tables."""
    share = int(row["n_Mg"]) * MG_PER_MMOL / float(row["molar_mass_g_mol"])
    assert float(row["elemental_Mg_pct"]) == pytest.approx(100 * share, rel=0.015)
    assert float(row["salt_mg_per_100_mg_Mg"]) == pytest.approx(100 / share, rel=0.015)


def test_salt_keys_are_unique_and_name_the_usual_hydrate():
    """The short key goes to the form a laboratory weighs; the anhydrous one says so."""
    formulas = {row["key"]: row["formula"] for row in rows_of("salts")}
    assert len(formulas) == len(rows_of("salts"))
    assert formulas["chloride"] == "MgCl2.6H2O"
    assert formulas["sulfate"] == "MgSO4.7H2O"
    assert formulas["citrate"] == "Mg3(C6H5O7)2"
    assert formulas["gluconate"] == "Mg(C6H11O7)2.2H2O"


@pytest.mark.parametrize("name", ["salts", "salt_uses", "excipients"])
def test_a_key_names_one_row(name):
    """No substance stands twice in its table."""
    keys = [row["key"] for row in rows_of(name)]
    assert len(set(keys)) == len(keys)


def test_each_salt_has_its_row_of_uses_and_no_other_substance_has():
    """In the same order."""
    assert [r["key"] for r in rows_of("salt_uses")] == [r["key"] for r in rows_of("salts")]


def test_a_quantity_of_a_salt_stands_once():
    """Three quantities a salt that studies may choose, each once."""
    found = [(row["key"], row["quantity"]) for row in rows_of("salt_chemistry")]
    assert len(set(found)) == len(found)
    assert {key for key, _ in found} <= {row["key"] for row in rows_of("salts")}
    assert {name for _, name in found} == {"solubility", "acid_demand", "osmoles"}


def test_panel_is_numbered_without_gaps():
    """The contrasts are C01 to C30."""
    assert [row["id"] for row in rows_of("contrasts")] == [f"C{n:02d}" for n in range(1, 31)]


def test_a_study_of_the_panel_has_one_role():
    """No study both calibrates and validates; only Fine 1991 also gives the kernel."""
    roles: dict[str, set[str]] = {}
    for row in rows_of("contrasts"):
        roles.setdefault(row["study"], set()).add(row["role"])
    assert roles.pop("Fine 1991") == {"kernel", "calibration"}
    assert {study: role for study, role in roles.items() if len(role) > 1} == {}


def test_only_calibration_studies_are_fitted_on():
    """A row used for fitting belongs to a study that calibrates."""
    for row in rows_of("contrasts"):
        if row["use"] in ("kernel", "fit"):
            assert row["role"] in ("kernel", "calibration"), row


def test_no_held_out_study_scales_a_modifier():
    """What the panel holds out may act through mechanism only, never as a factor."""
    held_out = {
        row["source"]
        for row in rows_of("contrasts")
        if row["role"] in ("held_out", "negative_control")
    }
    factors = {row["source"] for row in rows_of("modifiers") if row["use"] == "modifier"}
    assert held_out & factors == set()


def test_rows_are_copies():
    """What a caller does to a row does not reach the next caller."""
    rows_of("salts")[0]["formula"] = "gold"
    assert rows_of("salts")[0]["formula"] == "MgO"


def test_every_file_of_the_folders_is_a_table():
    """No CSV file lies in the packages that nobody can ask for."""
    folders = [Path(package.__file__).parent for package in (formulation.data, models.data)]
    lying = {path.name for folder in folders for path in folder.glob("*.csv")}
    assert lying == {table.file for table in TABLES}


def test_table_names_are_unique():
    """A name finds one table over both packages."""
    assert len({table.name for table in TABLES}) == len(TABLES)


def test_an_unknown_table_names_the_nearest():
    """A misspelt table is an error of the user with a proposal."""
    with pytest.raises(UnknownNameError, match=r"table 'salt' is not known.*'salts'"):
        find_table("salt", TABLES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@book{A1,\n  note = {x},\n}\n", "line 1: '@book{A1,' opens no entry"),
        ("@misc{A1,\n}\n", "line 2: entry 'A1' says nothing"),
        ("@misc{A1,\n  note = {x},\n", "entry 'A1' is not closed"),
        ("@misc{A1,\n  note = x,\n}\n", "line 2: '  note = x,' in 'A1' is no field"),
        ("@misc{A1,\n  isbn = {1},\n}\n", "field 'isbn' of 'A1' is not known"),
        (
            "@misc{A1,\n  note = {x},\n  note = {y},\n}\n",
            "line 3: field 'note' of 'A1' stands twice",
        ),
        ("@misc{A1,\n  note = {x},\n}\n@misc{A1,\n", "line 4: key 'A1' stands twice"),
    ],
)
def test_a_register_outside_the_subset_is_refused(text, message):
    """The line and the rule are named; nothing is half read."""
    with pytest.raises(DataError, match=re.escape(message)):
        parse_sources(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1\n", "row 1: 1 cells under 2 columns"),
        ("a,a\n1,2\n", "each column once"),
        ("a,b\n", "has 0 rows"),
        ("", "no CSV file"),
        ('a,b\n"1"x,2\n', "no CSV file"),
    ],
)
def test_a_damaged_table_is_refused(text, message, tmp_path, monkeypatch):
    """A broken file is an error that names it, never a shorter table."""
    (tmp_path / "broken.csv").write_text(text)
    monkeypatch.setattr("formulation.data.files", lambda package: tmp_path)
    with pytest.raises(DataError, match=message):
        read_rows(
            Table(name="x", file="broken.csv", title="x", description="x", package=str(tmp_path))
        )


def test_a_missing_table_is_refused(tmp_path, monkeypatch):
    """The message names the file and what to do."""
    monkeypatch.setattr("formulation.data.files", lambda package: tmp_path)
    with pytest.raises(DataError, match=r"gone\.csv is missing"):
        read_rows(Table(name="x", file="gone.csv", title="x", description="x", package="x"))


def test_reading_tables_loads_no_numerical_library():
    """The tables are cheap to import: neither pandas nor numpy comes along."""
    code = (
        "import sys, models.data; from formulation.data import load_sources, read_rows;"
        "[read_rows(t) for t in models.data.TABLES]; load_sources();"
        "sys.exit(bool({'numpy', 'pandas', 'scipy', 'pint'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
