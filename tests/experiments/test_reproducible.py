"""One seed, one list of trials: on any number of workers, live or after a kill, by any strategy."""

import os
import signal
from pathlib import Path

import pytest

from experiments.executors.inline import InlineExecutor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.process import ProcessWorkers
from experiments.search.loop import CHUNK, observation
from experiments.store import Store
from tests.experiments.reproducing import (
    BUDGETS,
    LAST_RUNG,
    Recording,
    fresh,
    killed_at,
    searched,
)


@pytest.fixture(scope="module")
def inline(tmp_path_factory) -> dict[str, list]:
    """Return what each strategy finds in this process."""
    folder = tmp_path_factory.mktemp("inline")
    return {
        name: searched(folder / f"{name}.sqlite", name, InlineExecutor())[0] for name in LAST_RUNG
    }


@pytest.fixture(scope="module", params=[1, 2, 4])
def processes(request):
    """So many processes, for all strategies."""
    with PoolExecutor("process", ProcessWorkers(), request.param, Limits(), ()) as executor:
        yield executor


@pytest.mark.parametrize("strategy", LAST_RUNG)
def test_each_strategy_is_seen_past_its_start(strategy: str, inline) -> None:
    """Otherwise the tests below would compare stratified starts."""
    found = inline[strategy]
    assert [fact[0] for fact in found] == list(range(BUDGETS[strategy]))
    assert found[-1][-1] == LAST_RUNG[strategy]


@pytest.mark.parametrize("strategy", LAST_RUNG)
def test_trials_are_the_same_on_any_number_of_processes(
    strategy: str, inline, processes, tmp_path: Path
) -> None:
    """Design, values, slacks and rung of every number, to the last digit."""
    assert searched(tmp_path / "s.sqlite", strategy, processes)[0] == inline[strategy]


@pytest.mark.parametrize("strategy", LAST_RUNG)
def test_trials_are_the_same_after_a_kill(strategy: str, inline, tmp_path: Path) -> None:
    """SIGKILL within the last batch, with results on their way; another process goes on."""
    path = tmp_path / "s.sqlite"
    last_chunk = BUDGETS[strategy] // CHUNK
    driver = killed_at(f"flight:{last_chunk}", path, strategy, "inline", dict(os.environ))
    assert driver.returncode == -signal.SIGKILL, driver.stderr
    with Store.open(path) as store:
        states = [t.state for t in store.trials(store.study("S001").id)]
    assert "complete" in states
    assert "running" in states
    found, acks = searched(path, strategy, InlineExecutor())
    assert found == inline[strategy]
    assert 0 < len(acks) < BUDGETS[strategy]


@pytest.mark.parametrize("strategy", LAST_RUNG)
def test_a_rebuilt_history_is_the_one_that_was_shown_row_by_row(
    strategy: str, tmp_path: Path
) -> None:
    """What a strategy saw while it searched, and what the store gives back afterwards."""
    recording = Recording(fresh(strategy))
    path = tmp_path / "s.sqlite"
    searched(path, strategy, InlineExecutor(), watched=recording)
    with Store.open(path) as store:
        rebuilt = [observation(t) for t in store.trials(store.study("S001").id)]
    assert [len(shown) for shown in recording.shown] == list(range(0, BUDGETS[strategy], 8))
    for shown in recording.shown:
        for seen, stored in zip(shown, rebuilt, strict=False):
            assert seen == stored
            assert seen.design.key == stored.design.key
