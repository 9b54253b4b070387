"""``formulation doctor``: tells what stands in the way, and changes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.diagnosis import Finding, Status, diagnose, exit_code, machine
from experiments.diagnosis import workplace as workplace_checks
from experiments.store import Store
from experiments.workspace import VARIABLES, Workspace, open_workspace

ALWAYS = [
    *("python", "requirements", "packages", "tables", "compiled code"),
    *("processors", "memory", "shared memory", "terminal", "leftovers"),
    *("workspace", "disk", "database", "executor", "tracking"),
]
STORED = ["store", "studies", "outbox", "models"]


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """Keep the settings and the temporary folders of whoever runs the tests out of them."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "here").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(machine, "TEMP_ROOT", tmp_path / "tmp")


def at(home: Path, **settings) -> Workspace:
    """Return a workspace there; inline unless said otherwise."""
    return open_workspace(home=str(home), **{"executor": "inline", **settings})


def with_study(home: Path) -> tuple[Store, str]:
    """Return an open store and the uuid of its one study, which nobody ever owned."""
    store = Store.open(at(home).store_place)
    study = store.create_study(
        name="small", config={}, config_text="", config_sha256="", seed=1, budget=8
    )
    return store, study.id


def asked(home: Path, capsys, *words: str) -> tuple[int, dict]:
    """Return exit code and JSON document of the command."""
    code = main(["doctor", "--home", str(home), "--executor", "inline", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file with its content."""
    return {str(p): p.read_bytes() if p.is_file() else b"" for p in folder.rglob("*")}


def test_all_is_well_in_a_new_folder_and_nothing_is_made(tmp_path, capsys):
    """A workspace that does not exist yet is a plain fact."""
    code, document = asked(tmp_path / "home", capsys)
    assert (document["schema"], document["version"]) == ("formulation/doctor", 1)
    assert [check["name"] for check in document["checks"]] == ALWAYS
    found = {check["name"]: check for check in document["checks"]}
    assert "does not exist yet; the first run makes it" in found["workspace"]["message"]
    assert {check["status"] for check in found.values()} <= {"ok", "warning"}
    assert code == document["exit_code"] == 0
    assert sorted(os.listdir(tmp_path)) == ["here", "tmp"]


def test_looking_changes_nothing(tmp_path, capsys):
    """Neither a file nor its content, in a workspace with a study and a tracking database."""
    store, _ = with_study(tmp_path / "home")
    store.close()
    before = snapshot(tmp_path)
    _, document = asked(tmp_path / "home", capsys)
    assert [check["name"] for check in document["checks"]] == [*ALWAYS, *STORED]
    assert snapshot(tmp_path) == before


def test_looking_is_cheap_and_loads_no_tool(tmp_path):
    """Less than 3 s of processor time; neither Ray, MLflow nor Optuna is imported."""
    program = (
        "import json, sys, time; from experiments.cli import main; code = main(['doctor']);"
        "heavy = {'ray', 'mlflow', 'optuna'} & set(sys.modules);"
        "print(json.dumps([code, sorted(heavy), time.process_time()]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    code, heavy, seconds = json.loads(done.stdout.splitlines()[-1])
    assert (code, heavy) == (0, [])
    assert seconds < 3


def test_people_get_a_line_for_each_check_and_a_hint_where_one_helps(tmp_path, capsys):
    """The last line counts."""
    store, _ = with_study(tmp_path / "home")
    store.close()
    assert main(["doctor", "--home", str(tmp_path / "home"), "--executor", "inline"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line[0] not in " 1"] != []
    at_study = next(i for i, line in enumerate(lines) if line.split()[1] == "studies")
    assert lines[at_study].startswith("warning")
    hint = f"Go on with: formulation resume S001 --home {tmp_path / 'home'}"
    assert lines[at_study + 1].strip() == hint
    assert lines[-1].startswith(f"{len(ALWAYS) + len(STORED)} checks: 0 failed, ")


def test_a_study_that_was_never_driven_to_its_end_is_told(tmp_path):
    """At work while its owner lives; interrupted when it was given back or its owner died."""
    home = tmp_path / "home"
    store, study = with_study(home)
    with store:
        with store.own(study) as lease:
            assert diagnose(at(home))["studies"].message == "At work: S001 small."
            store.set_study(lease, state="interrupted")
        found = diagnose(at(home))["studies"]
        assert found.status is Status.WARNING
        assert "S001 small" in found.message
        with store.own(study) as lease:
            store.set_study(lease, state="complete")
        assert diagnose(at(home))["studies"].status is Status.OK


def test_a_study_owned_by_a_dead_process_is_told(tmp_path):
    """As after SIGKILL or a power cut."""
    home = tmp_path / "home"
    store, study = with_study(home)
    store.close()
    program = (
        "import os, sys; from experiments.store import Store;"
        "Store.open(sys.argv[1]).own(sys.argv[2]); os._exit(0)"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(at(home).store_place), study], check=True, timeout=60
    )
    found = diagnose(at(home))["studies"]
    assert found.status is Status.WARNING
    assert found.hint == "Go on with: formulation resume S001"


def test_waiting_messages_and_lost_models_are_warnings(tmp_path):
    """Neither stops a study; each says what to do."""
    home = tmp_path / "home"
    store, study = with_study(home)
    with store:
        with store.own(study) as lease:
            message = store.enqueue(lease, "study", f"{study}/study", {})
        store.mark_outbox(message.seq, error="no answer")
        store.put_model(name="kept", sha256="1", path=str(tmp_path), card={})
        assert diagnose(at(home))["models"].status is Status.OK
        store.put_model(name="lost", sha256="2", path=str(tmp_path / "lost"), card={})
    found = diagnose(at(home))
    assert found["outbox"].status is found["models"].status is Status.WARNING
    assert found["outbox"].message.endswith("because of no answer.")
    assert found["outbox"].hint.endswith("formulation track")
    assert str(tmp_path / "lost") in found["models"].message
    assert "1 of 2 fitted models" in found["models"].message
    assert exit_code(found) == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [("store.sqlite", b"no database"), ("store.sqlite", b""), ("store.sqlite-wal", b"log")],
    ids=["foreign", "empty", "log without its file"],
)
def test_a_store_that_cannot_be_used_ends_with_6(tmp_path, capsys, name, content):
    """The file is named and left as it is; the other checks are made all the same."""
    home = tmp_path / "home"
    home.mkdir()
    (home / name).write_bytes(content)
    code, document = asked(home, capsys)
    assert code == 6
    last = document["checks"][-1]
    assert (last["name"], last["status"]) == ("store", "failed")
    assert str(home / "store.sqlite") in last["message"]
    assert last["hint"]
    assert (home / name).read_bytes() == content
    assert len(document["checks"]) == len(ALWAYS) + 1


def test_a_copy_beside_a_missing_store_is_no_store(tmp_path):
    """Only the database itself and its log count."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "store.sqlite.backup").touch()
    assert "store" not in diagnose(at(home))


def test_a_tracking_database_that_cannot_be_used_ends_with_3(tmp_path, capsys):
    """Unless the store cannot be used either, which stands more in the way."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "mlflow.db").write_bytes(b"no database at all")
    code, document = asked(home, capsys)
    assert code == 3
    (tracking,) = (c for c in document["checks"] if c["name"] == "tracking")
    assert tracking["status"] == "failed"
    assert str(home / "mlflow.db") in tracking["message"]
    (home / "store.sqlite").touch()
    assert asked(home, capsys)[0] == 6


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("off", "Tracking is off"),
        ("https://me:secret@tracker.example/x", "https://tracker.example, which was not asked"),
    ],
)
def test_tracking_elsewhere_is_not_asked_and_no_secret_is_shown(tmp_path, monkeypatch, uri, said):
    """Only scheme and host of the address are told."""
    monkeypatch.setenv("FORMULATION_TRACKING_URI", uri)
    found = diagnose(at(tmp_path / "home"))["tracking"]
    assert said in found.message
    assert "secret" not in str(found)


def test_a_tracking_database_that_is_whole_is_said_to_be(tmp_path, monkeypatch):
    """Also under a name with blanks, as the address spells it."""
    import sqlite3

    place = tmp_path / "my runs.db"
    with sqlite3.connect(place) as connection:
        connection.execute("CREATE TABLE runs (id)")
    connection.close()
    monkeypatch.setenv("FORMULATION_TRACKING_URI", f"sqlite:///{place}")
    assert "opens and is whole" in diagnose(at(tmp_path / "home"))["tracking"].message


def test_a_workspace_below_a_file_ends_with_6(tmp_path, capsys):
    """It can never become a folder."""
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "deeper"):
        code, document = asked(home, capsys)
        assert code == 6
        (check,) = (c for c in document["checks"] if c["name"] == "workspace")
        assert f"{tmp_path / 'file'} is not a folder" in check["message"]


def test_a_workspace_that_may_not_be_written_ends_with_6(tmp_path, monkeypatch):
    """The folder in the way is named."""
    monkeypatch.setattr(workplace_checks.os, "access", lambda *_: False)
    found = diagnose(at(tmp_path / "home"))
    assert f"may not write to {tmp_path}" in found["workspace"].message
    assert found["workspace"].exit_code == exit_code(found) == 6


def test_settings_of_an_executor_that_cannot_be_used_end_with_2(tmp_path, monkeypatch):
    """They are the user's own, as in every other command."""
    found = diagnose(at(tmp_path / "home", workers=3))
    assert found["executor"].exit_code == exit_code(found) == 2
    monkeypatch.setenv("FORMULATION_RAY_START_DEADLINE_S", "soon")
    found = diagnose(at(tmp_path / "home", executor="ray"))
    assert "'soon'" in found["executor"].message


def test_the_gravest_finding_decides_the_exit_code():
    """The store stands more in the way than a data set; warnings count for nothing."""
    codes = (0, 3, 6, 0)
    found = {
        str(i): Finding(
            status=Status.FAILED if code else Status.WARNING, message="", exit_code=code
        )
        for i, code in enumerate(codes)
    }
    assert exit_code(found) == 6
    assert exit_code({}) == 0


@pytest.mark.ray
def test_ray_is_tried_when_asked_for(tmp_path, monkeypatch, capsys):
    """It starts, answers and stops; with a deadline it cannot meet, the command ends with 6."""
    code, document = asked(tmp_path / "home", capsys, "--start-ray")
    last = document["checks"][-1]
    assert (code, last["name"], last["status"]) == (0, "ray start", "ok")
    monkeypatch.setenv("FORMULATION_RAY_START_DEADLINE_S", "0.01")
    code, document = asked(tmp_path / "home", capsys, "--start-ray")
    assert code == 6
    assert "did not start in time" in document["checks"][-1]["message"]
