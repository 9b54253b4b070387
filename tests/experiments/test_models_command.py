"""``formulation models``: what was fitted is listed, shown, fitted again and compared."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from attrs import evolve, frozen

from experiments import fitting
from experiments.cli import main
from experiments.store import Store
from experiments.surrogates import file_state, find_model, training
from formulation.errors import DataError, InputError, UnknownNameError
from models.keeping.files import MODEL_FILE
from models.surrogates.absorption_gap import LogRatio, discrepancies
from models.surrogates.card_text import card_markdown
from tests.experiments.small_study import TEXT
from tests.models.model_files import command_file

TABLETS, MATRIX = "immediate_release@healthy_adults", "timed_release@healthy_adults"


@frozen
class Workplace:
    """A workspace with three versions: tablets, the same again, and matrices."""

    home: Path
    study: Path
    trained: dict
    again: dict


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Train the surrogates of the small study on few designs, and one of them again."""
    folder = tmp_path_factory.mktemp("models")
    study, home = folder / "study.yaml", folder / "home"
    study.write_text(TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "TRAINING_DESIGNS", 16)
        documents = [
            run_json(patch, "train", str(study), "--home", str(home)),
            run_json(
                *(patch, "train", str(study), "--home", str(home)),
                *("--system", "immediate_release", "--force"),
            ),
        ]
    return Workplace(home, study, *documents)


def run_json(patch: pytest.MonkeyPatch, *words: str) -> dict:
    """Return the document that a command prints."""
    printed: list[str] = []
    patch.setattr("experiments.cli.output.typer.echo", lambda text, **_k: printed.append(text))
    code = main(["models", *words, "--json"])
    document = json.loads(next(text for text in printed if text.startswith("{")))
    assert code == 0, document
    return document


@pytest.fixture
def ask(workplace, capsys, monkeypatch):
    """Return a function that runs a command in the workspace and gives code and output."""
    monkeypatch.setattr(fitting, "TRAINING_DESIGNS", 16)

    def run(*words: str, home: Path = workplace.home) -> tuple[int, str, str]:
        code = main(["models", *words, "--home", str(home)])
        done = capsys.readouterr()
        assert "Traceback" not in done.out + done.err
        return code, done.out, done.err

    return run


@pytest.fixture
def elsewhere(workplace, tmp_path) -> Path:
    """Return a copy of the workspace with files of its own."""
    home = Path(shutil.copytree(workplace.home, tmp_path / "home"))
    with sqlite3.connect(home / "store.sqlite") as database:
        database.execute(
            "UPDATE model_version SET path = replace(path, ?, ?)",
            (str(workplace.home), str(home)),
        )
    return home


def records(home: Path):
    """Return the versions of a workspace."""
    with Store.open(home / "store.sqlite", create=False) as store:
        return store.models()


def document(ask, *words: str, **settings) -> dict:
    """Return what a command prints as JSON."""
    code, out, err = ask(*words, "--json", **settings)
    assert code == 0, out + err
    return json.loads(out)


def problem(ask, *words: str, **settings) -> tuple[int, str]:
    """Return the code of a command that fails, and its words."""
    code, out, err = ask(*words, **settings)
    assert out == ""
    return code, " ".join(err.split())


# --- train ----------------------------------------------------------------------------------------


def test_training_fits_every_system_and_says_what_on(workplace) -> None:
    """Without a search: no study is stored."""
    told = workplace.trained
    assert (told["schema"], told["version"]) == ("formulation/models-train", 1)
    assert [(m["name"], m["fitted_now"]) for m in told["models"]] == [
        (TABLETS, True),
        (MATRIX, True),
    ]
    assert {m["rows_by_origin"]["simulated"] for m in told["models"]} == {16}
    with Store.open(workplace.home / "store.sqlite") as store:
        assert store.studies() == ()


def test_training_again_reuses_what_is_there(ask, workplace) -> None:
    """And says so."""
    code, out, err = ask("train", str(workplace.study))
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["reused", TABLETS],
        ["reused", MATRIX],
    ]


def test_force_fits_again_and_the_new_version_counts(ask, workplace) -> None:
    """Of the one system that was asked for; the older version stays."""
    (forced,) = workplace.again["models"]
    assert (forced["name"], forced["fitted_now"]) == (TABLETS, True)
    first = workplace.trained["models"][0]
    assert forced["id"] != first["id"]
    now = document(ask, "train", str(workplace.study))["models"]
    assert [m["id"] for m in now] == [forced["id"], workplace.trained["models"][1]["id"]]
    assert len(records(workplace.home)) == 3


def test_a_system_that_the_study_lacks_is_named_with_the_nearest(ask, workplace) -> None:
    """Exit code 2; nothing is fitted."""
    code, words = problem(ask, "train", str(workplace.study), "--system", "timed_relase")
    assert code == 2
    assert "'timed_relase' is not known. Did you mean 'timed_release'" in words


def test_a_study_file_with_a_mistake_is_told_with_its_place(ask, tmp_path) -> None:
    """As `check` does."""
    bad = tmp_path / "bad.yaml"
    bad.write_text(TEXT.replace("chloride", "cloride"))
    code, words = problem(ask, "train", str(bad))
    assert code == 2
    assert "bad.yaml:5:" in words
    assert "chloride" in words


# --- ls -------------------------------------------------------------------------------------------


def test_the_list_has_every_version_with_rows_errors_and_file(ask, workplace) -> None:
    """In the order in which they were stored, and nobody used them yet."""
    told = document(ask, "ls")
    assert (told["schema"], told["version"]) == ("formulation/models", 1)
    assert [m["name"] for m in told["models"]] == [TABLETS, MATRIX, TABLETS]
    for model, record in zip(told["models"], records(workplace.home), strict=True):
        head = model["headline"]
        assert (model["id"], model["sha256"]) == (record.id, record.sha256)
        assert head["curve_mae"] == record.card["metrics"]["curve"]["mae"]
        assert head["coverage90"] == record.card["metrics"]["absorbed_increment.p50"]["coverage90"]
        assert (model["file"], model["studies"], model["registry"]) == ("there", [], None)


def test_the_list_for_people_has_one_line_a_version(ask, workplace, monkeypatch) -> None:
    """Twelve digits of the checksum, rows by origin."""
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = ask("ls")
    for record in records(workplace.home):
        (line,) = [line for line in out.splitlines() if record.sha256[:12] in line]
        assert "16 simulated" in line
        assert " there" in line


def test_the_list_says_what_is_missing_and_what_was_changed(ask, elsewhere) -> None:
    """By the checksum, not by the date; a link is a change."""
    tablets, matrix, again = records(elsewhere)
    shutil.rmtree(tablets.path)
    with (Path(matrix.path) / MODEL_FILE).open("ab") as file:
        file.write(b"\0")
    file, kept = Path(again.path) / MODEL_FILE, elsewhere / "kept"
    file.rename(kept)
    file.symlink_to(kept)
    told = document(ask, "ls", home=elsewhere)
    assert [m["file"] for m in told["models"]] == ["missing", "changed", "changed"]


def test_an_empty_workspace_has_no_models(ask, tmp_path) -> None:
    """And is not made by looking."""
    home = tmp_path / "nowhere"
    assert document(ask, "ls", home=home)["models"] == []
    assert "No surrogate yet" in ask("ls", home=home)[1]
    assert not home.exists()


# --- card -----------------------------------------------------------------------------------------


def test_a_card_is_found_by_name_system_and_checksum(ask, workplace) -> None:
    """The newest of a name; a version by the start of its checksum, with its name or without."""
    first, matrix, newest = records(workplace.home)
    for ref, meant in (
        (TABLETS, newest),
        ("immediate_release", newest),
        ("timed_release", matrix),
        (first.sha256[:6], first),
        (f"{TABLETS}@{first.sha256[:12]}", first),
        (first.sha256.upper(), first),
    ):
        assert document(ask, "card", ref)["id"] == meant.id


def test_a_card_for_people_says_what_it_is_and_what_it_is_not_for(ask, tmp_path) -> None:
    """Rows, data, protocol, errors, ranges with units, what is assumed."""
    path = tmp_path / "card.md"
    code, out, _ = ask("card", MATRIX, "-o", str(path))
    assert (code, out) == (0, f"{path}\n")
    text = path.read_text()
    assert text.startswith(f"# {MATRIX}\n")
    for part in ("Learnt from", "How good", "Where it applies", "Assumed", "Not for", "Record"):
        assert f"\n## {part}\n" in text
    assert "emulator, no laboratory data" in text
    assert "16 simulated rows, 0 measured rows" in text
    assert "| unit_mass_mg |" in text
    assert "| mg |" in text
    assert "saw no laboratory's curve" in text
    assert ask("card", MATRIX, "--markdown")[1] == text


def test_a_card_replaces_a_card_and_nothing_else(ask, tmp_path) -> None:
    """Somebody's notes stay."""
    path = tmp_path / "card.md"
    for _ in range(2):
        assert ask("card", MATRIX, "-o", str(path))[0] == 0
    path.write_text("# My notes\n")
    code, words = problem(ask, "card", MATRIX, "-o", str(path))
    assert code == 2
    assert "is there already" in words
    assert path.read_text() == "# My notes\n"
    assert problem(ask, "card", MATRIX, "-o", str(tmp_path))[0] == 2


def test_text_of_a_card_is_no_markup(workplace) -> None:
    """Names of data and people come from files."""
    record = records(workplace.home)[0]
    card = {**record.card, "population": "a|b <img src=x> [x](y)\n# c"}
    text = card_markdown(card, name="x", sha256="0" * 64, created_utc="2026")
    assert "<img" not in text
    assert "\n# c" not in text
    assert r"a\|b &lt;img src=x&gt; \[x\](y)" in text


def test_a_card_tells_what_was_measured_in_people_and_not_the_error_it_replaced(workplace) -> None:
    """Nothing, told, or applied: each in its own words, in three places."""
    record = records(workplace.home)[0]
    gaps = {
        n: discrepancies(
            LogRatio(study=f"trial {k}", family="absorbed_increment", value=0.1, error=0.05)
            for k in range(n)
        )
        for n in (0, 2, 3)
    }
    texts = {}
    for n, found in gaps.items():
        card = {
            **record.card,
            "measured_absorption": [gap.as_dict() for gap in found],
            "measured_absorption_left_out": ["own: 1 row left out."] if n else [],
        }
        texts[n] = card_markdown(card, name="x", sha256="0" * 64, created_utc="2026")
    title, stated = "- Absorbed Mg, increment over diet: ", "25 % (relative;"
    nothing = "nothing here was measured in people"
    assert nothing in texts[0]
    assert "## Measured in people" not in texts[0]
    for n in (2, 3):
        assert nothing not in texts[n]
        assert f"held against people were only: {title[2:-2]} ({n} studies)" in texts[n]
        assert f"- {gaps[n][0].sentence()}" in texts[n]
        assert "- own: 1 row left out." in texts[n]
    assert f"{title}{stated}" in texts[2]
    assert f"{title}that of measured studies, in place of 25 %" in texts[3]
    assert f"{title}{stated}" not in texts[3]


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("timed_relase", f"Model 'timed_relase' is not known. Did you mean '{MATRIX}'"),
        ("0123456789", "Model '0123456789' is not known."),
        ("abc", "Model 'abc' is not known."),
    ],
)
def test_an_unknown_model_is_told_with_the_nearest(ref, words, ask) -> None:
    """Exit code 2."""
    code, told = problem(ask, "card", ref)
    assert code == 2
    assert words in told


def test_a_system_of_two_populations_must_be_named_in_full(workplace) -> None:
    """Neither is guessed at."""
    first, matrix, _ = records(workplace.home)
    other = evolve(first, name="immediate_release@ckd_3b")
    with pytest.raises(InputError, match=r"may be immediate_release@ckd_3b, immediate.*in full"):
        find_model((first, matrix, other), "immediate_release")
    with pytest.raises(UnknownNameError):
        find_model((), "immediate_release")


def test_json_and_markdown_are_not_both_given(ask, tmp_path) -> None:
    """One document on stdout."""
    code, out, _ = ask("card", MATRIX, "--json", "-o", str(tmp_path / "x.md"))
    assert code == 2
    assert "not both" in json.loads(out)["errors"][0]["message"]


# --- compare --------------------------------------------------------------------------------------


def test_two_versions_stand_side_by_side(ask, workplace) -> None:
    """Same rows, so it says that; every output with both errors."""
    first, _, newest = records(workplace.home)
    told = document(ask, "compare", first.sha256[:12], newest.sha256[:12])
    assert (told["schema"], told["version"]) == ("formulation/models-compare", 1)
    assert (told["a"]["id"], told["b"]["id"]) == (first.id, newest.id)
    assert told["notice"] == "Both were judged on the same rows, held out by formulation."
    assert told["changed"] == []
    for row in told["metrics"]:
        assert row["a"] == first.card["metrics"][row["output"]]
        assert row["b"] == newest.card["metrics"][row["output"]]
    code, out, _ = ask("compare", first.sha256[:12], newest.sha256[:12])
    assert code == 0
    assert "Changed: nothing it was made of" in out


def test_what_changed_between_two_versions_is_listed(ask, workplace, elsewhere, monkeypatch):
    """More rows, other data; and how far the errors may be compared."""
    monkeypatch.setattr(fitting, "TRAINING_DESIGNS", 17)
    words = ("train", str(workplace.study), "--system", "timed_release")
    (new,) = document(ask, *words, home=elsewhere)["models"]
    old = records(elsewhere)[1]
    told = document(ask, "compare", old.sha256, new["sha256"], home=elsewhere)
    changed = {c["what"]: (c["a"], c["b"]) for c in told["changed"]}
    assert changed["rows"][1]["simulated"] == 17
    assert changed["data"][0] != changed["data"][1]
    assert "population" not in changed
    assert "a small difference of errors may come from them alone" in told["notice"]


def test_unlike_systems_are_not_compared(ask) -> None:
    """Their errors are of different designs."""
    code, words = problem(ask, "compare", TABLETS, MATRIX)
    assert code == 2
    assert "cannot be compared. Name two versions of one system." in words


def test_a_version_is_not_compared_with_itself(ask) -> None:
    """Two names of one thing."""
    code, words = problem(ask, "compare", MATRIX, "timed_release")
    assert code == 2
    assert "are the same version" in words


# --- fetch ----------------------------------------------------------------------------------------


@pytest.fixture
def registry(workplace, monkeypatch):
    """Return what the registry would send: by default the true file."""
    sent = {"content": None, "asked": 0}
    true = {r.sha256: (Path(r.path) / MODEL_FILE).read_bytes() for r in records(workplace.home)}

    def send(_workspace, _name, checksum, folder):
        sent["asked"] += 1
        (folder / MODEL_FILE).write_bytes(sent["content"] or true[checksum])

    monkeypatch.setattr(training, "fetch_model", send)
    return sent


def test_a_missing_file_is_fetched_and_checked(ask, elsewhere, registry) -> None:
    """Into the place where it was; the next run loads it."""
    record = records(elsewhere)[1]
    shutil.rmtree(record.path)
    told = document(ask, "fetch", MATRIX, home=elsewhere)
    assert told["fetched"] is True
    assert file_state(record) == "there"
    assert not list((elsewhere / "models").glob(".fetched-*"))
    assert document(ask, "fetch", MATRIX, home=elsewhere)["fetched"] is False
    assert registry["asked"] == 1


def test_other_bytes_from_the_registry_are_refused(ask, elsewhere, registry, tmp_path) -> None:
    """Whoever can write to the registry cannot make us load it, nor run anything."""
    record, marker = records(elsewhere)[1], tmp_path / "was here"
    shutil.rmtree(record.path)
    registry["content"] = command_file(marker)
    code, words = problem(ask, "fetch", MATRIX, home=elsewhere)
    assert code == 3
    assert "its checksum differs" in words
    assert not marker.exists()
    assert file_state(record) == "missing"
    assert not list((elsewhere / "models").glob(".fetched-*"))


def test_bytes_that_the_trial_refuses_are_not_put_in_place(
    ask, elsewhere, registry, monkeypatch
) -> None:
    """Even with the right checksum."""
    record = records(elsewhere)[1]
    shutil.rmtree(record.path)

    def refuses(_folder, _checksum):
        raise DataError("Model file ended the process that tried to load it (signal 11).")

    monkeypatch.setattr(training, "try_in_process", refuses)
    assert problem(ask, "fetch", MATRIX, home=elsewhere)[0] == 3
    assert file_state(record) == "missing"


def test_a_changed_file_is_not_replaced_unasked(ask, elsewhere, registry) -> None:
    """Somebody changed it; that is looked at first."""
    record = records(elsewhere)[1]
    (Path(record.path) / MODEL_FILE).write_bytes(b"x")
    code, words = problem(ask, "fetch", MATRIX, home=elsewhere)
    assert code == 3
    assert "Move the folder away first" in words
    assert registry["asked"] == 0


def test_nothing_is_fetched_to_a_place_outside_of_the_workspace(
    ask, elsewhere, registry, tmp_path
) -> None:
    """Such as that of a workspace this one was copied from."""
    with sqlite3.connect(elsewhere / "store.sqlite") as database:
        outside = str(elsewhere / "models" / ".." / ".." / "outside")
        database.execute("UPDATE model_version SET path = ?", (outside,))
    code, words = problem(ask, "fetch", MATRIX, home=elsewhere)
    assert code == 3
    assert "is outside of this workspace" in words
    assert registry["asked"] == 0
    assert not (tmp_path / "outside").exists()


def test_without_tracking_there_is_nothing_to_fetch_from(ask, elsewhere, monkeypatch) -> None:
    """It says so."""
    monkeypatch.setenv("FORMULATION_TRACKING_URI", "off")
    shutil.rmtree(records(elsewhere)[1].path)
    code, words = problem(ask, "fetch", MATRIX, home=elsewhere)
    assert code == 3
    assert "there is no registry to fetch from" in words


# --- predict --------------------------------------------------------------------------------------


@pytest.fixture
def tablet(tmp_path) -> Path:
    """Return the file of a tablet within the small study's space."""
    path = tmp_path / "tablet.yaml"
    path.write_text(
        "product: P1\nsystem: immediate_release\nsalt: citrate\n"
        "amounts: {salt: 600 mg, povidone: 20 mg, croscarmellose: 25 mg,"
        " magnesium_stearate: 7 mg, mcc: 200 mg}\n"
        "process: {form: tablet, compression_force_kn: 15 kN}\n"
    )
    return path


def test_a_product_is_foretold_by_the_newest_model_of_its_system(ask, workplace, tablet) -> None:
    """With intervals around every value, units, and what the curve rests on."""
    told = document(ask, "predict", str(tablet))
    assert told["model"]["id"] == workplace.again["models"][0]["id"]
    assert (told["origin"], told["early"]) == ("predicted", None)
    curve = told["curve"]
    for low, value, high in zip(curve["lo90"], curve["value"], curve["hi90"], strict=True):
        assert low <= value <= high
    assert "the release law; no laboratory rows" in told["rests_on"]
    by_key = {e["key"]: e for e in told["endpoints"]}
    assert by_key["absorbed_increment.p50"]["unit"] == "mg/d"
    assert all(e["lo90"] <= e["value"] <= e["hi90"] for e in told["endpoints"])


def test_first_readings_lead_the_rest_of_the_curve(ask, tablet) -> None:
    """Slow first readings give a slower curve, which passes near them."""
    alone = document(ask, "predict", str(tablet))["curve"]
    led = document(ask, "predict", str(tablet), "--early", "1 h 20 %, 2h 0.35")
    assert led["early"] == {"time_h": [1.0, 2.0], "fraction": [0.2, 0.35]}
    at = led["curve"]["time_h"].index(2.0)
    assert led["curve"]["value"][at] == pytest.approx(0.35, abs=0.05)
    assert led["curve"]["value"][at] < alone["value"][at] - 0.1
    assert "its own first readings" in led["rests_on"]


def test_people_read_the_curve_and_the_endpoints(ask, tablet) -> None:
    """Each with its interval."""
    code, out, _ = ask("predict", str(tablet))
    assert code == 0
    assert f"P1: predicted by {TABLETS}" in out
    assert "% of label, predicted" in out
    assert "in healthy_adults" in out


@pytest.mark.parametrize(
    ("early", "told"),
    [
        ("1 h", "--early '1 h'"),
        ("12 %", "--early '12 %'"),
        ("1 h 12 %, 1 h 14 %", "times must rise"),
        ("1 h 180 %", "must be 0 to"),
        ("0 h 0 %", "after the start"),
        ("", "--early ''"),
    ],
)
def test_first_readings_that_are_none_are_refused(ask, tablet, early, told) -> None:
    """In words, with what was given."""
    code, text = problem(ask, "predict", str(tablet), "--early", early)
    assert code == 2
    assert told in text


def test_a_model_of_another_system_is_refused(ask, tablet) -> None:
    """Both are named."""
    code, text = problem(ask, "predict", str(tablet), "--model", MATRIX)
    assert code == 2
    assert "is of immediate_release" in text
    assert MATRIX in text
