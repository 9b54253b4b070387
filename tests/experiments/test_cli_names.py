"""What a name on the command line is taken for: a study, a candidate, a tracking server."""

from pathlib import Path

import pytest

from experiments.cli import main
from experiments.cli.study_text import product_lines
from experiments.config import load_study
from experiments.listing import list_studies, read_study
from experiments.standing import state_of
from experiments.store import Store, StudyRecord
from experiments.workspace import open_workspace
from formulation.errors import InputError
from tests.experiments.example_document import example_document
from tests.experiments.small_study import TEXT


@pytest.mark.parametrize("words", ["report", "plot {} history -o h.png", "cancel", "export-optuna"])
def test_a_name_of_several_studies_is_said_to_be_taken_for_the_newest(
    words, tmp_path, capsys, monkeypatch
):
    """On stderr, with the others; a label is never ambiguous."""
    monkeypatch.setenv("FORMULATION_TRACKING_URI", "off")
    monkeypatch.chdir(tmp_path)
    spec = load_study(TEXT)
    with Store.open(tmp_path / "store.sqlite") as store:
        for _ in range(3):
            store.create_study(
                name="alike",
                config=spec.config,
                config_text="",
                config_sha256="x",
                seed=1,
                budget=4,
            )
    command, *rest = words.split()
    for ref, is_told in (("alike", True), ("S002", False)):
        arguments = [word.format(ref) for word in rest] or [ref]
        if command == "export-optuna":
            arguments.append(f"sqlite:///{tmp_path}/optuna.db")
        main([command, *arguments, "--home", str(tmp_path)])
        told = "S003 is taken, the newest of 3 studies named alike; others: S001, S002."
        assert (told in capsys.readouterr().err) is is_told


def test_the_plain_tablet_of_the_answer_can_be_printed_also_off_the_front():
    """The first line names it; whoever wants to make it needs its recipe."""
    document = example_document()
    plain = document["front"].pop()
    document["plain"] = [plain]
    lines = product_lines(document, plain["label"])
    assert lines[0].startswith(f"# {plain['label']} of ")
    assert "amounts:" in lines


def states_told(study: StudyRecord, home: Path) -> set[str]:
    """Return what the list, the document and whoever asks say of a study."""
    workspace = open_workspace(home=str(home), environment={})
    with Store.open(workspace.store_place, create=False) as store:
        asked = state_of(store, study.id)
    listed, told = list_studies(workspace)[0], read_study(study.label, workspace)
    return {asked, listed["state"], told["study"]["state"]}


@pytest.mark.parametrize(
    ("state", "info", "at_work", "left"),
    [
        ("running", {}, "running", "interrupted"),
        ("interrupted", {}, "interrupted", "interrupted"),
        ("failed", {}, "failed", "failed"),
        ("complete", {"models": {}}, "complete", "interrupted"),
        ("complete", {"models": {}, "tracking": {}}, "complete", "complete"),
        ("complete", {}, "complete", "complete"),
    ],
)
def test_a_study_whose_driver_is_gone_is_told_as_interrupted(tmp_path, state, info, at_work, left):
    """Whoever was killed could not write so, also before the results were handed out."""
    spec = load_study(TEXT)
    with Store.open(tmp_path / "store.sqlite") as store:
        study = store.create_study("killed", spec.config, "", "x", 1, 4)
        with store.own(study.id) as lease:
            store.set_study(lease, state=state, info=info)
            assert states_told(study, tmp_path) == {at_work}
        assert store.study(study.id).state == state
        assert states_told(study, tmp_path) == {left}


def test_what_another_server_was_told_is_not_told_as_delivered_here(tmp_path, capsys, monkeypatch):
    """After a change of the server the older studies stand elsewhere."""
    spec = load_study(TEXT)
    with Store.open(tmp_path / "store.sqlite") as store:
        study = store.create_study("told", spec.config, "", "x", 1, 4)
        with store.own(study.id) as lease:
            store.set_study(lease, info={"tracking": {"uri": "http://old:5000"}})
    for uri, told in (("http://new:5000", " to http://old:5000"), ("http://old:5000", "")):
        monkeypatch.setenv("FORMULATION_TRACKING_URI", uri)
        assert main(["track", "status", "--home", str(tmp_path)]) == 0
        assert capsys.readouterr().out.splitlines()[1] == f"S001 told: delivered{told}"


@pytest.mark.parametrize("address", ["bananas", "./mlruns", "localhost:5000"])
def test_a_tracking_address_that_is_none_is_refused(address):
    """Before anything is run, with what one looks like."""
    with pytest.raises(InputError, match="neither 'off' nor of a server or a database"):
        open_workspace(environment={"FORMULATION_TRACKING_URI": address})
