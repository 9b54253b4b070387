"""`track sync` ends with an exit code that says whether something still waits, and why."""

import json
from pathlib import Path

import pytest

from experiments import publishing
from experiments.cli import main
from experiments.config import load_study
from experiments.publishing import enqueue_study
from experiments.results import study_document
from experiments.store import Store
from experiments.workspace import FRONT, open_workspace
from tests.experiments.small_study import TEXT, add_study

DEAD = "http://127.0.0.1:9"


@pytest.fixture
def home(tmp_path) -> Path:
    """Return a workspace with one study that waits for the tracking."""
    spec = load_study(TEXT)
    with Store.open(tmp_path / "store.sqlite") as store:
        study = add_study(store, spec)
        with store.own(study.id) as lease:
            enqueue_study(store, lease, FRONT)
    return tmp_path


def test_where_tracking_is_off_the_setting_is_named(home, monkeypatch, capsys) -> None:
    """Exit code 6: nothing could be delivered, and nobody tries again by itself."""
    monkeypatch.setenv("FORMULATION_TRACKING_URI", "off")
    assert main(["track", "sync", "--home", str(home)]) == 6
    out, err = capsys.readouterr()
    assert out == "0 delivered, 2 waiting\n"
    said = " ".join(err.split())
    assert "tracking_uri" in said
    assert "FORMULATION_TRACKING_URI" in said


def test_where_a_server_does_not_answer_the_document_is_whole_and_the_exit_code_6(
    home, monkeypatch, capsys
) -> None:
    """The reason stands in it and beside it; everything waits."""
    monkeypatch.setenv("FORMULATION_TRACKING_URI", DEAD)
    assert main(["track", "sync", "--json", "--home", str(home)]) == 6
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["delivered"], told["waiting"]) == (0, 2)
    assert "does not answer" in told["error"]
    assert "does not answer" in err


@pytest.mark.parametrize("address", ["off", DEAD])
def test_where_nothing_waits_the_exit_code_is_0(tmp_path, address, monkeypatch) -> None:
    """Whether tracking is off or does not answer: nobody is asked."""
    Store.open(tmp_path / "store.sqlite").close()
    monkeypatch.setenv("FORMULATION_TRACKING_URI", address)
    assert main(["track", "sync", "--home", str(tmp_path)]) == 0


def test_the_end_of_a_study_makes_its_document_once(home, monkeypatch) -> None:
    """What is handed on is the document that would be made then."""
    made = []

    def counted(*given):
        made.append(given)
        return study_document(*given)

    monkeypatch.setattr(publishing, "study_document", counted)
    monkeypatch.setattr(publishing, "write_report", lambda *_: None)
    workspace = open_workspace(home=str(home), environment={"FORMULATION_TRACKING_URI": "off"})
    with Store.open(workspace.store_place) as store:
        study = store.study("S001")
        with store.own(study.id) as lease:
            document = publishing.publish(store, lease, study, workspace)
        assert document == study_document(store, store.study("S001"))
        assert document["tracking"]["uri"] == "off"
        said: list[str] = []
        assert publishing.hand_over(store, document, workspace, said.append) == document
    assert len(made) == 1
    assert "tracking_uri" in said[0]
