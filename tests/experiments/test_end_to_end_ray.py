"""The same study on Ray: two workers, none of them the driver, the same front to the last digit."""

import json
from pathlib import Path

import pytest

from experiments.store import Store
from tests.experiments.test_end_to_end import (
    RUN,
    TRIALS,
    Finished,
    drive,
    facts,
    run_small_study,
)

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def inline(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run the small study inline once."""
    return run_small_study(tmp_path_factory.mktemp("inline"))


def test_twenty_trials_on_two_ray_workers_find_the_front_of_the_driver(
    inline: Finished, tmp_path: Path
) -> None:
    """At least two workers evaluated something, the driver nothing, and every value is the same."""
    words = ("--trials", str(TRIALS), "--seed", "1", "--executor", "ray", "--workers", "2")
    home = inline.copy(tmp_path)
    done = drive("run", str(inline.file), *words, "--json", home=home)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    executor = document["executor"]
    assert executor["kind"] == "ray"
    assert len(set(executor["worker_pids"])) >= 2
    assert executor["driver_pid"] not in executor["worker_pids"]
    assert (document["trials"], document["invalid_asked"]) == (TRIALS, 0)
    assert facts(document) == facts(inline.document)


def test_a_blocked_ray_ends_the_run_and_is_never_replaced(inline: Finished, tmp_path: Path) -> None:
    """Exit code 6 with a hint; stored trials stay, and the study goes on when asked to."""
    home = inline.copy(tmp_path)
    words = ("run", str(inline.file), "--trials", str(TRIALS), "--seed", "1")
    blocked = drive(*words, "--executor", "ray", home=home, FORMULATION_RAY_START_DEADLINE_S="0.01")
    assert (blocked.returncode, blocked.stdout) == (6, "")
    assert "Ray did not start in time" in blocked.stderr
    assert "--executor process" in blocked.stderr
    with Store.open(home / "store.sqlite") as store:
        assert len(store.trials(store.study("S001").id)) == TRIALS
        assert {t.state for t in store.trials(store.study("S002").id)} <= {"running"}
        assert store.study("S002").info.get("executor", {}) == {}
    resumed = drive("resume", "S002", *RUN[4:], "--json", home=home)
    assert resumed.returncode == 0, resumed.stderr
    assert facts(json.loads(resumed.stdout)) == facts(inline.document)
