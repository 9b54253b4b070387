"""Every named moment on every executor: SIGKILL, look, resume; nothing is lost or done twice."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from experiments.executors import KINDS
from experiments.failpoints import POINTS
from experiments.store import Store
from tests.experiments.driving import NOTHING_FEASIBLE, copy_of, drive, rows_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

BUDGET = 24


@pytest.mark.parametrize("executor", KINDS)
@pytest.mark.parametrize("point", POINTS)
def test_a_driver_killed_at_any_moment_loses_nothing(
    point: str, executor: str, fitted_home: Path, tmp_path: Path
) -> None:
    """Killed in its second batch, resumed; every number is complete exactly once."""
    home = copy_of(fitted_home, tmp_path / "home")
    words = ("run", str(fitted_home / "fruitless.yaml"))
    killed = drive(home, *words, executor=executor, FORMULATION_FAILPOINT=f"{point}:2")
    assert killed.code == -signal.SIGKILL, f"{point} was not reached: {killed.err}"
    assert set(killed.acks) <= set(rows_of(home, "S002")), "an acknowledged trial is lost"
    resumed = drive(home, "resume", "S002", executor=executor)
    assert resumed.code == NOTHING_FEASIBLE, resumed.err
    assert rows_of(home, "S002") == Counter(range(BUDGET)), "budget not met, or a number twice"
    assert max(Counter(killed.acks + resumed.acks).values()) == 1, "acknowledged twice"
    with Store.open(home / "store.sqlite", create=False) as store:
        assert {t.state for t in store.trials(store.study("S002").id)} == {"complete"}
        assert store.verify_audit().rows > 0
