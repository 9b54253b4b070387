"""Two Ray nodes on this machine, one killed while it works: nothing is lost, or nothing fits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.executors.inline import InlineExecutor
from experiments.store import Store
from tests.experiments.cheap_chain import cheap_evaluator
from tests.experiments.driving import ROOT
from tests.experiments.small_study import small_study
from tests.experiments.test_search import facts, run_search

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

SPEC = small_study()
BUDGET = SPEC.budget.trials
PROGRAM = "from tests.experiments.ray_nodes import main; main()"


def search_on_nodes(*words: object) -> dict:
    """Search with store, processors of the head, and workers; in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        env={**kept, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["was_inside"], f"the node was never at work: {found['error']} {found['said']}"
    return found


def test_the_work_of_a_killed_node_goes_to_another(tmp_path: Path) -> None:
    """The budget is met with the trials of an undisturbed search, one row for each number."""
    found = search_on_nodes(tmp_path / "nodes.sqlite", 1, 2)
    assert found["error"] == ""
    assert found["requeued"] >= 1
    assert any("goes to another" in words for words in found["said"])
    with Store.open(tmp_path / "s.sqlite") as store:
        whole = facts(run_search(store, SPEC, cheap_evaluator(SPEC), InlineExecutor())[1])
    assert found["states"] == ["complete"] * BUDGET
    assert found["facts"] == json.loads(json.dumps(whole))


def test_without_a_node_that_fits_the_study_ends_and_says_so(tmp_path: Path) -> None:
    """Ray itself would wait for ever; the driver names cause and next step, and can be resumed."""
    path = tmp_path / "s.sqlite"
    found = search_on_nodes(path, 0, 1)
    assert "no node fits another" in found["error"]
    assert "none came up in its place within 5 s" in found["error"]
    assert "formulation resume" in found["error"]
    assert set(found["states"]) == {"running"}
    with Store.open(path) as store:
        (study,) = store.studies()
        _, trials, acks = run_search(store, SPEC, cheap_evaluator(SPEC), InlineExecutor(), study)
    assert [t.state for t in trials] == ["complete"] * BUDGET
    assert sorted(acks) == list(range(BUDGET))
