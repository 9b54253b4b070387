"""Which study a name on the command line is taken for."""

import pytest

from experiments.cli import main
from experiments.config import load_study
from experiments.store import Store
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
