"""Importing release curves: preview, acceptance, versions, and what fitting reads back."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
import typer
from attrs import evolve
from typer.testing import CliRunner

from experiments.cli.data_versions import list_versions, retire_version
from experiments.cli.import_data import import_data
from experiments.datasets import (
    accept,
    measured_curves,
    preview,
    read_original,
    state_medium,
    version_ref,
)
from experiments.store import STORE_FILE, Store
from formulation.errors import DataError, InputError, UnknownNameError
from formulation.profiles import HCL_01M, WATER
from formulation.provenance import Origin

PRODUCTS = """\
products:
  - product: P1
    system: immediate_release
    salt: citrate
    amounts:
      {salt: 600 mg, povidone: 20 mg, croscarmellose: 25 mg, magnesium_stearate: 7 mg, mcc: 200 mg}
    process: {form: tablet, compression_force_kn: 15 kN}
  - product: P2
    system: immediate_release
    salt: citrate
    amounts:
      {salt: 600 mg, povidone: 25 mg, croscarmellose: 25 mg, magnesium_stearate: 7 mg, mcc: 200 mg}
    process: {form: tablet, compression_force_kn: 20 kN}
"""
CURVES = "product,time [min],released [%]\nP1,5,20\nP1,15,60\nP1,30,95\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "products.yaml").write_text(PRODUCTS)
    (tmp_path / "curves.csv").write_text(CURVES)
    return tmp_path


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "home" / STORE_FILE) as opened:
        yield opened


@pytest.fixture
def run():
    app = typer.Typer()
    app.command("import")(import_data)
    app.command("versions")(list_versions)
    app.command("retire")(retire_version)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def look(files, name="bench", versions=(), **options):
    return preview(
        files / "curves.csv",
        files / "products.yaml",
        name=name,
        stated=state_medium(),
        versions=versions,
        **options,
    )


def test_a_version_keeps_what_was_planned_and_learns_from_what_was_executed(files, store):
    """The curve belongs to what was weighed; the plan stands on the card, and a note says both."""
    planned = look(files)
    executed = (
        "    executed: {salt: 606 mg, povidone: 20 mg, croscarmellose: 25 mg,"
        " magnesium_stearate: 7 mg, mcc: 195 mg}\n"
    )
    process = "    process: {form: tablet, compression_force_kn: 15 kN}\n"
    (files / "products.yaml").write_text(PRODUCTS.replace(process, executed + process))
    found = look(files)
    assert found.sha256 != planned.sha256
    assert found.card["planned"]["P1"]["mcc"] == 200
    assert "planned" not in planned.card
    assert any("up to -2.5 % of what was planned (mcc)" in note for note in found.notes)
    record = accept(found, store, files / "home" / "data")
    assert record.card["planned"]["P1"]["salt"] == 600
    (curve,) = measured_curves(store, "immediate_release")
    assert curve.design.amounts_mg["salt"] == 606


def test_a_preview_says_what_was_read_and_what_was_assumed(files):
    """Products with a curve, units, the medium nobody stated, and the product without one."""
    found = look(files)
    assert [p.name for p in found.products] == ["P1"]
    assert found.systems == ("immediate_release",)
    assert (found.curves.time_unit, found.curves.released_unit) == ("min", "%")
    assert found.stated.medium == HCL_01M
    assert "Assumed, because nobody stated it: 0.1 M HCl, 900 mL" in found.notes[0]
    assert "left out: P2" in found.notes[1]
    assert len(found.sha256) == 64
    assert look(files).sha256 == found.sha256


def test_what_is_stated_is_not_assumed():
    """By name or by title, the apparatus by the start of its name."""
    stated = state_medium("0.1 M HCl 900 mL", "usp 1", 100)
    assert stated.assumed == ()
    assert (stated.medium.apparatus, stated.medium.rpm) == ("USP 1 (basket)", 100)
    later = state_medium("acid-then-buffer", None, 75).medium.then
    assert later is not None
    assert later.rpm == 75
    with pytest.raises(UnknownNameError, match="Medium 'hc' is not known"):
        state_medium("hc")
    with pytest.raises(UnknownNameError, match="Apparatus 'usp' is not known"):
        state_medium(None, "usp")


def test_an_accepted_curve_is_read_back_for_fitting(files, store):
    """Design, fractions, hours and medium as they were, with the version as source."""
    record = accept(look(files), store, files / "home" / "data")
    (curve,) = measured_curves(store, "immediate_release")
    assert curve.source == version_ref(record) == f"bench@{record.sha256[:16]}"
    assert curve.profile.origin is Origin.MEASURED
    assert curve.profile.fraction.tolist() == [0.2, 0.6, 0.95]
    assert curve.profile.times_h.tolist() == [0.083333333, 0.25, 0.5]
    assert curve.profile.medium == HCL_01M
    assert curve.design.key == look(files).products[0].design.key
    assert measured_curves(store, "timed_release") == ()
    assert (record.systems, record.n_curves) == (("immediate_release",), 1)


def test_the_same_content_twice_changes_nothing(files, store):
    """The second preview knows the first version."""
    first = accept(look(files), store, files / "home" / "data")
    found = look(files, versions=store.datasets())
    assert found.standing == first
    assert accept(found, store, files / "home" / "data") == first
    assert store.datasets(state=None) == (first,)


def test_the_same_content_has_one_name(files, store):
    """Under two names the same curves would count twice."""
    accept(look(files), store, files / "home" / "data")
    with pytest.raises(InputError, match="must not count twice"):
        accept(look(files, name="again"), store, files / "home" / "data")


def test_the_files_themselves_are_kept_byte_for_byte(files, store):
    """Under their hash, with name, size and time in the card; so are the recipes."""
    data = CURVES.replace("\n", "\r\n").encode("utf-16")
    (files / "curves.csv").write_bytes(data)
    record = accept(look(files), store, files / "home" / "data")
    digest = sha256(data).hexdigest()
    assert (files / "home" / "data" / "originals" / digest).read_bytes() == data
    assert read_original(record) == data
    assert read_original(record, "products") == PRODUCTS.encode()
    assert record.card["kind"] == "release"
    stated = record.card["originals"]
    assert stated["file"] == {"name": "curves.csv", "sha256": digest, "bytes": len(data)}
    assert stated["products"]["sha256"] == sha256(PRODUCTS.encode()).hexdigest()
    assert record.card["imported_utc"].endswith("+00:00")


def test_a_second_import_leaves_everything_as_it_is(files, store):
    """The record, with the time of the first one, and every file."""
    folder = files / "home" / "data"

    def everything():
        kept = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}
        return store.datasets(state=None), kept

    accept(look(files), store, folder)
    before = everything()
    assert len(before[1]) == 3
    accept(look(files, versions=store.datasets()), store, folder)
    assert everything() == before


@pytest.mark.parametrize("damage", ["changed", "missing", "not kept"])
def test_an_original_that_is_not_what_was_imported_is_refused(files, store, damage):
    """Importing again mends it; a version of before originals were kept says so."""
    folder = files / "home" / "data"
    record = accept(look(files), store, folder)
    path = folder / "originals" / record.card["originals"]["file"]["sha256"]
    if damage == "changed":
        path.write_bytes(b"x")
    elif damage == "missing":
        path.unlink()
    else:
        record = evolve(record, card={"form": "CSV"})
    with pytest.raises(DataError, match=damage):
        read_original(record)
    again = accept(look(files), store, folder)
    assert read_original(again) == CURVES.encode()


def test_a_version_of_before_curves_had_their_own_medium_is_still_read(files, store):
    """Version 1 of its file had one medium for all curves."""
    record = accept(look(files), store, files / "home" / "data")
    old = json.loads(Path(record.path).read_bytes())
    for curve in old["curves"]:
        medium = curve.pop("medium")
        assert curve.pop("assumed") == ["medium", "apparatus", "rpm"]
        del curve["batch"], curve["conditions"]
    old |= {"version": 1, "medium": medium, "assumed": ["medium", "apparatus", "rpm"]}
    content = json.dumps(old).encode()
    path = files / "old.json"
    path.write_bytes(content)
    store.put_dataset(
        name="old",
        sha256=sha256(content).hexdigest(),
        path=str(path),
        card={},
        systems=["immediate_release"],
        n_curves=1,
    )
    (_, curve) = measured_curves(store, "immediate_release")
    assert curve.profile.medium == HCL_01M
    assert curve.profile.fraction.tolist() == [0.2, 0.6, 0.95]


def test_each_curve_keeps_the_medium_its_rows_state(files, store):
    """The file beats what is assumed; another medium than the learnt one is told of."""
    rows = [f"P{p},{t},{f},{m}" for p, m in ((1, "hcl"), (2, "water"))
            for t, f in ((5, 20), (15, 60), (30, 95))]  # fmt: skip
    text = "\n".join(["product,time [min],released [%],medium", *rows])
    (files / "curves.csv").write_text(text)
    found = look(files)
    assert [v.assumed for v in found.vessels] == [("apparatus", "rpm")] * 2
    assert any(note.startswith("P2 was measured in water, 900 mL; studies") for note in found.notes)
    accept(found, store, files / "home" / "data")
    curves = measured_curves(store, "immediate_release")
    assert [curve.profile.medium for curve in curves] == [HCL_01M, WATER]


def test_a_medium_stated_twice_and_differently_is_refused(files):
    """In the file and on the command line."""
    text = CURVES.replace("]\n", "],medium\n").replace("20\n", "20,water\n")
    (files / "curves.csv").write_text(text)
    found = preview(
        files / "curves.csv", files / "products.yaml", name="x", stated=state_medium("hcl")
    )
    (problem,) = found.problems
    assert (problem.code, problem.line, problem.column) == ("mixed_conditions", 2, 4)


def test_a_later_version_takes_the_place_of_the_earlier(files, store):
    """The preview says so first; going back accepts the old one again."""
    folder = files / "home" / "data"
    first = accept(look(files), store, folder)
    (files / "curves.csv").write_text(CURVES.replace("95", "96"))
    found = look(files, versions=store.datasets())
    assert found.replaces == (first,)
    second = accept(found, store, folder)
    assert store.datasets() == (second,)
    assert measured_curves(store, "immediate_release")[0].profile.fraction[-1] == 0.96
    (files / "curves.csv").write_text(CURVES)
    accept(look(files), store, folder)
    assert [record.sha256 for record in store.datasets()] == [first.sha256]


def test_bad_input_never_changes_the_store(files, store):
    """Problems of either file are all there, and nothing is written."""
    (files / "curves.csv").write_text(CURVES.replace("60", "sixty").replace("P1,30", "P9,30"))
    found = look(files)
    assert [p.code for p in found.problems] == ["not_a_number", "unknown_product"]
    assert found.sha256 == ""
    with pytest.raises(InputError, match="sixty"):
        accept(found, store, files / "home" / "data")
    assert store.datasets(state=None) == ()
    assert not (files / "home" / "data").exists()


def test_a_bad_product_file_is_told_with_a_missing_table(files):
    """Both files are looked at before anything is said."""
    (files / "products.yaml").write_text(PRODUCTS.replace("salt: citrate", "salt: citrat", 1))
    (files / "curves.csv").unlink()
    assert [p.code for p in look(files).problems] == ["unknown_name", "unreadable_file"]
    with pytest.raises(InputError, match="name of up to 100 letters"):
        look(files, name="../x")


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_version_is_refused_until_it_is_imported_again(files, store, damage):
    """Fitting never reads what was not accepted."""
    record = accept(look(files), store, files / "home" / "data")
    path = Path(record.path)
    if damage == "changed":
        path.write_bytes(path.read_bytes().replace(b"0.95", b"0.96"))
    else:
        path.unlink()
    with pytest.raises(DataError, match=rf"bench@{record.sha256[:16]}: .*{damage}"):
        measured_curves(store, "immediate_release")
    accept(look(files), store, files / "home" / "data")
    assert len(measured_curves(store, "immediate_release")) == 1


def test_the_commands_preview_accept_list_and_retire(files, run):
    """A preview makes no store; each step says what it did."""
    home = files / "home"
    words = ["import", files / "curves.csv", "--products", files / "products.yaml"]
    words += ["--name", "bench", "--home", home]
    shown = run(*words)
    assert shown.exit_code == 0, shown.output
    assert "0.1 M HCl, 900 mL (assumed)" in shown.output
    assert "Give --accept" in shown.output
    assert not home.exists()
    document = json.loads(run(*words, "--accept", "--json").output)
    assert document["accepted"]["state"] == "accepted"
    assert "nothing changed" in run(*words, "--accept").output
    ref = document["accepted"]["ref"]
    assert ref in run("versions", "--home", home).output
    assert "Retired" in run("retire", ref, "--reason", "wrong lot", "--home", home).output
    listed = json.loads(run("versions", "--home", home, "--json").output)
    assert [v["state"] for v in listed["versions"]] == ["retired"]


def test_the_command_refuses_a_bad_file_with_every_problem(files, run):
    """An input error leaves the command, which then ends with code 2."""
    (files / "curves.csv").write_text(CURVES.replace("60", "sixty"))
    home = files / "home"
    words = ["import", files / "curves.csv", "--products", files / "products.yaml"]
    done = run(*words, "--name", "bench", "--home", home, "--accept")
    assert isinstance(done.exception, InputError)
    assert done.exception.exit_code == 2
    assert not home.exists()
