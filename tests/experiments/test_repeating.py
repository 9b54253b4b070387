"""Two studies side by side, and a study repeated from its record."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from experiments import fitting, publishing, studies
from experiments.account import tornado
from experiments.cli import main
from experiments.reports.answers import answer
from experiments.results import study_document
from experiments.store import Store, TrialRecord
from tests.experiments.small_study import TEXT

ASK = ("--executor", "inline", "--progress", "none")


@pytest.fixture(autouse=True)
def brief(monkeypatch) -> None:
    """Let a study cost little beside its search."""
    shorten(monkeypatch)


def shorten(patch: pytest.MonkeyPatch) -> None:
    """Train on few designs, move one assumption, draw no report, and track nothing."""
    patch.setattr(fitting, "TRAINING_DESIGNS", 16)
    patch.setattr(tornado, "LEVERS", tornado.LEVERS[:1])
    patch.setattr(publishing, "write_report", lambda document, path: path)
    patch.setenv("FORMULATION_TRACKING_URI", "off")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """Return a workspace with two studies that differ in their seed."""
    folder = tmp_path_factory.mktemp("repeating")
    (folder / "study.yaml").write_text(TEXT)
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        for seed in ("5", "6"):
            words = ("run", str(folder / "study.yaml"), "--home", str(folder / "home"))
            assert main([*words, "--seed", seed, *ASK]) == 0
    return folder / "home"


def copied(workspace: Path, home: Path) -> Path:
    """Copy a workspace with its models."""
    shutil.copytree(workspace, home)
    with sqlite3.connect(home / "store.sqlite") as database:
        database.execute(
            "UPDATE model_version SET path = replace(path, ?, ?)", (str(workspace), str(home))
        )
    return home


@pytest.fixture
def home(workspace, tmp_path) -> Path:
    """Return a copy of the workspace."""
    return copied(workspace, tmp_path / "home")


def told(capsys, *words: str, code: int = 0) -> dict:
    """Return the document that a command prints."""
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_study_repeated_from_its_record_gives_the_same_trials(home, capsys) -> None:
    """As a study of its own."""
    found = told(capsys, "rerun", "S001", "--home", str(home), *ASK)
    assert (found["study"]["label"], found["again"]["label"]) == ("S001", "S003")
    assert found["compared"] == found["equal"] == 20
    assert (found["first_difference"], found["changed"], found["unexplained"]) == (None, [], 0)
    assert found["confirmations"]["compared"] == found["confirmations"]["equal"] > 0
    assert found["front"] == {"only_before": [], "only_after": []}
    assert found["unfinished"] is None
    listed = told(capsys, "status", "--home", str(home))["studies"]
    assert {s["label"]: s["repeats"] for s in listed} == {
        "S001": None,
        "S002": None,
        "S003": "S001",
    }
    assert main(["status", "--home", str(home)]) == 0
    assert "\nS003 repeats S001\n" in capsys.readouterr().out


def test_the_repetition_of_an_interrupted_study_says_so_first(home, capsys) -> None:
    """What came after its last trial is no difference, on the front as anywhere else."""
    with Store.open(home / "store.sqlite") as store:
        study = store.study("S001")
        front = {c["number"] for c in study_document(store, study)["front"]}
    with sqlite3.connect(home / "store.sqlite") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("UPDATE study SET state = 'interrupted' WHERE id = ?", (study.id,))
        for table in ("confirmation", "curve"):
            database.execute(f"DELETE FROM {table} WHERE study_id = ?", (study.id,))
        last = max(front) - 1
        database.execute("DELETE FROM trial WHERE study_id = ? AND number > ?", (study.id, last))
    words = ("rerun", "S001", "--home", str(home), *ASK)
    found = told(capsys, *words)
    assert found["unfinished"] == {
        "state": "interrupted", "trials": last + 1, "budget": 20, "trials_again": 20,
    }  # fmt: skip
    assert found["compared"] == found["equal"] == last + 1
    assert found["front"] == {"only_before": [], "only_after": []}
    assert main([*words]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(
        f"S001 was interrupted after {last + 1} of 20 trials; its repetition has 20. Only what both"
        " have is compared. S004 repeats S001:"
    )


def test_a_repetition_that_was_interrupted_goes_on_as_one(home, monkeypatch, capsys) -> None:
    """It follows the recorded rungs, has no clock, and is compared at its end."""
    with Store.open(home / "store.sqlite") as store:
        study = store.study("S001")
        rungs = {t.number: t.rung for t in store.trials(study.id)}
    config = {**study.config, "budget": {**study.config["budget"], "wall_time": "1 h"}}
    with sqlite3.connect(home / "store.sqlite") as database:
        database.execute("UPDATE study SET config = ? WHERE id = ?", (json.dumps(config), study.id))
    followed, search = [], studies.search_study

    def stopping(*given, **named):
        followed.append((given[3].budget.wall_time_s, dict(named["rungs"])))
        if len(followed) == 1:
            raise KeyboardInterrupt
        return search(*given, **named)

    monkeypatch.setattr(studies, "search_study", stopping)
    assert main(["rerun", "S001", "--home", str(home), *ASK]) == 130
    found = told(capsys, "resume", "S003", "--home", str(home), *ASK)
    assert followed == [(None, rungs)] * 2
    assert (found["schema"], found["study"]["label"]) == ("formulation/rerun", "S001")
    assert found["compared"] == found["equal"] == 20
    assert told(capsys, "resume", "S001", "--home", str(home), *ASK)["schema"] != found["schema"]


def test_a_value_that_differs_is_named_and_ends_with_5(home, capsys) -> None:
    """With what it was and what it is."""
    with Store.open(home / "store.sqlite") as store:
        study = store.study("S001")
        values = dict(store.trials(study.id)[7].values)
    key = "absorbed_increment.p50"
    changed = json.dumps({**values, key: values[key] * 1.5})
    with sqlite3.connect(home / "store.sqlite") as database:
        done = database.execute(
            'UPDATE trial SET "values" = ? WHERE study_id = ? AND number = 7', (changed, study.id)
        )
        assert done.rowcount == 1
    found = told(capsys, "rerun", "S001", "--home", str(home), *ASK, code=5)
    assert found["compared"] - found["equal"] == 1
    first = found["first_difference"]
    assert (first["number"], first["key"]) == (7, key)
    assert first["before"] == pytest.approx(1.5 * first["after"])


def test_a_confirmation_that_differs_is_named_and_ends_with_5(home, capsys) -> None:
    """Though every trial is equal."""
    key = "absorbed_increment.p50"
    with Store.open(home / "store.sqlite") as store:
        study = store.study("S001")
        confirmation = store.confirmations(study.id)[0]
    changed = json.dumps({**confirmation.hi90, key: confirmation.hi90[key] * 1.5})
    with sqlite3.connect(home / "store.sqlite") as database:
        done = database.execute(
            "UPDATE confirmation SET hi90 = ? WHERE study_id = ? AND number = ?",
            (changed, study.id, confirmation.number),
        )
        assert done.rowcount == 1
    words = ("rerun", "S001", "--home", str(home), *ASK)
    found = told(capsys, *words, code=5)
    assert found["compared"] == found["equal"] == 20
    told_of = found["confirmations"]
    assert told_of["compared"] - told_of["equal"] == found["unexplained"] == 1
    assert found["first_difference"]["what"] == "confirmation: upper end"
    assert main([*words]) == 5
    said = " ".join(capsys.readouterr().out.split())
    assert f"its confirmation: upper end of {key} was" in said


def test_trials_that_only_the_repetition_has_end_with_5(home, capsys) -> None:
    """The study ended before, though it says that it is complete."""
    with Store.open(home / "store.sqlite") as store:
        study = store.study("S001")
    with sqlite3.connect(home / "store.sqlite") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        for table in ("trial", "confirmation", "curve"):
            database.execute(f"DELETE FROM {table} WHERE study_id = ? AND number > 16", (study.id,))
    words = ("rerun", "S001", "--home", str(home), *ASK)
    found = told(capsys, *words, code=5)
    assert (found["compared"], found["equal"], found["beyond"]) == (20, 17, 3)


@pytest.fixture(scope="module")
def with_a_third(workspace, tmp_path_factory) -> Path:
    """Return a workspace whose third study was asynchronous."""
    folder = tmp_path_factory.mktemp("asynchronous")
    home = copied(workspace, folder / "home")
    (folder / "a.yaml").write_text(TEXT.replace("seed: 5}", "seed: 5, mode: asynchronous}"))
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        assert main(["run", str(folder / "a.yaml"), "--home", str(home), *ASK]) == 0
    return home


@pytest.fixture
def asynchronous(with_a_third, tmp_path) -> Path:
    """Return a copy of it."""
    return copied(with_a_third, tmp_path / "home")


def altered(home: Path, part: str, value: str) -> None:
    """Change what the store has of trial 7 of the third study."""
    with Store.open(home / "store.sqlite") as store:
        study = store.study("S003").id
    with sqlite3.connect(home / "store.sqlite") as database:
        changed = f'UPDATE trial SET "{part}" = ? WHERE study_id = ? AND number = 7'
        assert database.execute(changed, (value, study)).rowcount == 1


def trial_of(home: Path, number: int) -> TrialRecord:
    """Return a trial of the third study."""
    with Store.open(home / "store.sqlite") as store:
        return store.trials(store.study("S003").id)[number]


def test_another_design_of_an_asynchronous_study_is_explained_by_speed(
    asynchronous, capsys
) -> None:
    """In plain words, compared all the same, and no failure."""
    altered(asynchronous, "design", json.dumps(trial_of(asynchronous, 6).design))
    words = ("rerun", "S003", "--home", str(asynchronous), *ASK)
    found = told(capsys, *words)
    assert (found["mode"], found["compared"], found["equal"]) == ("asynchronous", 20, 19)
    assert found["other_by_speed"] == 1
    assert found["first_difference"]["what"] == "design"
    assert main(list(words)) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "of another design: 1, which is no fault" in said


def test_another_value_of_the_same_design_is_not_explained_by_speed(asynchronous, capsys) -> None:
    """So it ends with 5 in this mode too."""
    values = dict(trial_of(asynchronous, 7).values)
    key = "absorbed_increment.p50"
    altered(asynchronous, "values", json.dumps({**values, key: values[key] * 1.5}))
    found = told(capsys, "rerun", "S003", "--home", str(asynchronous), *ASK, code=5)
    assert (found["equal"], found["other_by_speed"]) == (19, 0)
    assert found["first_difference"]["key"] == key


def test_a_study_without_a_finished_trial_is_not_repeated(home, capsys) -> None:
    """In words."""
    with sqlite3.connect(home / "store.sqlite") as database:
        database.execute("UPDATE trial SET state = 'running'")
    assert main(["rerun", "S001", "--home", str(home), *ASK]) == 3
    assert "nothing to repeat" in capsys.readouterr().err


def test_two_studies_stand_side_by_side(home, capsys) -> None:
    """What was asked, what came out, and what differs."""
    found = told(capsys, "compare", "S001", "S002", "--home", str(home))
    assert (found["a"]["seed"], found["b"]["seed"]) == (5, 6)
    assert [c["what"] for c in found["changed"]] == ["budget.seed"]
    assert found["same_scale"]
    assert 0 < found["a"]["hypervolume"] < 1
    best = found["objectives"][0]["a"]
    assert best["lo90"] <= best["value"] <= best["hi90"]
    assert {"is_confirmed", "refuted_because"} <= set(best)
    for side in ("a", "b"):
        label = found[side]["label"]
        document = told(capsys, "front", label, "--home", str(home))
        said = answer(document)
        taken = [c["regimen"] for c in document["front"] if c["label"] == said.label]
        assert found[side]["answer"] == {
            "verdict": said.verdict,
            "sentence": said.sentence,
            "candidate": said.label,
            "taken": taken[0],
        }
    assert found["same_recipe"] is False
    assert main(["compare", "S001", "S002", "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert "budget.seed: 5 -> 6" in out
    out = " ".join(out.split())
    assert f"S001: {found['a']['answer']['sentence']} S002: " in out
    assert "They recommend different recipes: " in out


def test_hypervolumes_between_other_values_are_not_compared(home, tmp_path, capsys) -> None:
    """They would be of other boxes."""
    other = tmp_path / "other.yaml"
    other.write_text(TEXT.replace("ideal: 40 mg/d", "ideal: 60 mg/d"))
    assert main(["run", str(other), "--home", str(home), *ASK]) == 0
    found = told(capsys, "compare", "S001", "S003", "--home", str(home))
    assert not found["same_scale"]
    assert found["a"]["hypervolume"] is None


def test_a_study_is_not_compared_with_itself(home, capsys) -> None:
    """In words."""
    assert main(["compare", "S001", "S001", "--home", str(home)]) == 2
    assert "same study" in capsys.readouterr().err
