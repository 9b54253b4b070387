"""Absorption data and templates on the command line and in the store."""

import json
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.config.product import load_product
from experiments.datasets import (
    accept,
    measured_absorption,
    measured_curves,
    preview,
    preview_absorption,
    read_original,
    state_medium,
    version_ref,
)
from experiments.store import STORE_FILE, Store
from formulation.errors import DataError, InputError
from formulation.regimen import Regimen
from models.data.absorption_rows import AbsorptionRow
from models.data.templates import TEMPLATES, find_template, template_csv

PRODUCT = Path(__file__).resolve().parents[2] / "configs" / "products" / "citrate-tablet.yaml"
ROWS = (
    template_csv(find_template("absorption")).decode().replace("EXAMPLE, not measured", "trial 4")
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "home" / STORE_FILE) as opened:
        yield opened


def look(table, name="trial", products=PRODUCT, **options):
    return preview_absorption(table, products, name=name, **options)


def look_at(tmp_path, text):
    path = tmp_path / "as-it-was.csv"
    path.write_text(text)
    return look(path)


def test_accepted_rows_are_read_back_with_recipe_and_regimen(table, store, tmp_path):
    """As simple values, the version before the source."""
    record = accept(look(table), store, tmp_path / "home" / "data")
    assert (record.card["kind"], record.n_curves) == ("absorption", 0)
    assert record.systems == ("immediate_release",)
    serum, urine = sorted(measured_absorption(store), key=lambda row: row.endpoint)
    assert isinstance(urine, AbsorptionRow)
    assert (urine.endpoint, urine.value, urine.unit, urine.sd) == (
        "urine_change",
        0.9,
        "mmol/d",
        0.7,
    )
    assert (urine.n, urine.design_kind, urine.population) == (14, "crossover", "healthy_adults")
    assert urine.source == f"{version_ref(record)}: trial 4"
    assert urine.design.regimen == Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)
    assert urine.design.amounts_mg == load_product(PRODUCT).design.amounts_mg
    assert serum.sd == pytest.approx(0.0346410, rel=1e-4)


def test_absorption_data_are_no_release_curves(table, store, tmp_path):
    """Fitting of curves leaves them alone, though their product is of the same system."""
    accept(look(table), store, tmp_path / "home" / "data")
    assert measured_curves(store, "immediate_release") == ()


def test_rows_without_a_recipe_are_kept_and_not_learnt_from(table, store, tmp_path):
    """Their version holds them; what is read for learning does not."""
    table.write_text(ROWS + "mineral water,120,3,yes,healthy_adults,urine_change,0.4,mmol/d,,,,9,"
                     "parallel,book\n")  # fmt: skip
    record = accept(look(table), store, tmp_path / "home" / "data")
    assert len(measured_absorption(store)) == 2
    document = json.loads(Path(record.path).read_bytes())
    assert [row["form"] for row in document["rows"] if row["design"] is None] == ["mineral water"]
    assert record.card["n_without_recipe"] == 1


@pytest.mark.parametrize(
    ("source", "study", "role"),
    [
        ("Siener et al. 2011", "Siener 2011", "held_out"),
        ("PMC7281967", "PMC7281967", "held_out"),
        ("doi 10.1371/journal.pone.0174817", "Kass 2017", "negative_control"),
    ],
)
@pytest.mark.parametrize("product", ["citrate-tablet", "mineral water"])
def test_a_study_that_is_held_out_is_refused_at_its_cell(
    table, tmp_path, capsys, source, study, role, product
):
    """With a recipe or without; nothing is stored."""
    bad = f"{product},200,2,yes,healthy_adults,urine_change,0.4,mmol/d,,,,9,parallel,{source}\n"
    table.write_text(ROWS + bad)
    found = look(table)
    (problem,) = found.problems
    assert (problem.code, problem.line, problem.column) == ("held_out", ROWS.count("\n") + 1, 14)
    assert f"{study} has role {role} in the panel and is held out of training" in problem.message
    command = ["data", "import", str(table), "--kind", "absorption", "--products", str(PRODUCT)]
    command += ["--name", "trial", "--home", str(tmp_path / "home"), "--accept"]
    assert main(command) == 2
    assert "held out of training" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "home").exists()


def test_a_data_set_is_not_named_after_a_study_that_is_held_out(table):
    """Its rows may say no more than a page."""
    with pytest.raises(InputError, match="Siener 2011 has role held_out"):
        look(table, name="siener-2011")


def test_values_at_or_below_zero_are_taken_and_told(table, tmp_path):
    """A change may be negative; the preview says that such a row cannot speak."""
    table.write_text(ROWS.replace(",0.9,", ",-0.9,"))
    found = look(table)
    assert found.problems == ()
    assert any(note.startswith("Values at or below 0: 1.") for note in found.notes)
    assert not any("at or below 0" in note for note in look_at(tmp_path, ROWS).notes)


def test_the_same_rows_twice_change_nothing(table, store, tmp_path):
    """Neither record nor files; the original is there byte for byte."""
    folder = tmp_path / "home" / "data"
    record = accept(look(table), store, folder)
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    found = look(table, versions=store.datasets())
    assert found.standing == record
    assert accept(found, store, folder) == record
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == files
    assert read_original(record) == ROWS.encode()
    assert read_original(record, "products") == PRODUCT.read_bytes()


def test_one_name_is_one_kind_of_data(table, store, tmp_path):
    """Else an import of one kind would retire the other."""
    accept(look(table), store, tmp_path / "home" / "data")
    command = ["data", "import", str(table), "--products", str(PRODUCT), "--name", "trial"]
    assert main([*command, "--home", str(tmp_path / "home")]) == 2
    with pytest.raises(InputError, match="holds absorption data"):
        preview(table, PRODUCT, name="trial", stated=state_medium(), versions=store.datasets())


def test_a_version_that_was_changed_is_refused(table, store, tmp_path):
    """What is learnt from is what was accepted."""
    record = accept(look(table), store, tmp_path / "home" / "data")
    path = Path(record.path)
    path.write_bytes(path.read_bytes().replace(b"0.9", b"1.9"))
    with pytest.raises(DataError, match="changed after it was accepted"):
        measured_absorption(store)


def test_problems_keep_the_store_as_it_is(table, store, tmp_path):
    """Every problem is told; nothing is written."""
    table.write_text(ROWS.replace("14,", "none,").replace("healthy_adults,u", "martians,u"))
    found = look(table)
    assert [p.code for p in found.problems] == ["unknown_name", "not_a_number", "not_a_number"]
    with pytest.raises(InputError, match="martians"):
        accept(found, store, tmp_path / "home" / "data")
    assert store.datasets(state=None) == ()
    assert not (tmp_path / "home" / "data").exists()


def test_the_command_previews_accepts_and_lists_the_kind(table, tmp_path, capsys):
    """The preview makes no store."""
    home = tmp_path / "work"
    words = ["data", "import", str(table), "--kind", "absorption", "--products", str(PRODUCT)]
    words += ["--name", "trial", "--home", str(home)]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "Data set  trial (absorption data)" in shown
    assert "0.9 mmol/d" in shown
    assert not home.exists()
    assert main([*words, "--accept", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["accepted"]["kind"]) == ("absorption", "absorption")
    assert {row["endpoint"] for row in document["rows"]} == {"urine_change", "serum_change"}
    assert main(["data", "versions", "--home", str(home)]) == 0
    assert "absorption  accepted  2 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--kind", "absorbtion"], "Kind of data 'absorbtion' is not known"),
        ([], "Release curves need the recipes"),
        (["--kind", "absorption", "--rpm", "50", "--time-unit", "h"], "no --time-unit, --rpm"),
    ],
)
def test_options_of_another_kind_are_refused(table, tmp_path, capsys, words, message):
    """With exit code 2 and one clear line."""
    command = ["data", "import", str(table), "--name", "x", "--home", str(tmp_path / "h")]
    assert main([*command, *words]) == 2
    assert message in capsys.readouterr().err


def importing(path, kind, home):
    words = ["data", "import", str(path), "--kind", kind, "--products", str(PRODUCT)]
    return [*words, "--name", "try", "--home", str(home)]


@pytest.mark.parametrize("kind", [template.kind for template in TEMPLATES])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_template_imports_as_it_is(tmp_path, capsys, kind, ending):
    """And the preview says that its rows are examples."""
    path, home = tmp_path / f"filled.{ending}", tmp_path / "home"
    assert main(["data", "template", kind, "-o", str(path)]) == 0
    assert "data import" in capsys.readouterr().out
    assert main([*importing(path, kind, home), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["sha256"]
    assert document["notes"][0].startswith("Examples of the template are in the file")


@pytest.mark.parametrize("kind", [template.kind for template in TEMPLATES])
def test_examples_of_a_template_are_not_accepted(tmp_path, capsys, kind):
    """Nobody measured them, so they must not be learnt from."""
    path = tmp_path / "filled.csv"
    assert main(["data", "template", kind, "-o", str(path)]) == 0
    capsys.readouterr()
    assert main([*importing(path, kind, tmp_path / "home"), "--accept"]) == 2
    assert "which nobody measured" in capsys.readouterr().err
    assert main(["data", "versions", "--json", "--home", str(tmp_path / "home")]) == 0
    assert json.loads(capsys.readouterr().out)["versions"] == []


def test_a_template_goes_to_stdout_without_a_file(capsys):
    """The same text as in the file."""
    assert main(["data", "template", "absorption"]) == 0
    assert capsys.readouterr().out == template_csv(find_template("absorption")).decode()


def test_a_template_replaces_nothing(tmp_path, capsys):
    """Somebody may have filled it in; another ending is refused too."""
    path = tmp_path / "mine.csv"
    path.write_text("filled in")
    assert main(["data", "template", "release", "-o", str(path)]) == 2
    assert "there already" in capsys.readouterr().err
    assert path.read_text() == "filled in"
    assert main(["data", "template", "release", "-o", str(tmp_path / "x.ods")]) == 2
    assert "none of .csv, .xlsx" in capsys.readouterr().err
    assert main(["data", "template", "stability"]) == 2
