"""The same trials on Ray, and with fitted surrogates, live and after a kill on any executor."""

import os
import signal
from pathlib import Path

import pytest

from experiments.executors.inline import InlineExecutor
from experiments.executors.limits import Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.process import ProcessWorkers
from experiments.executors.ray_local import RayWorkers
from experiments.objective import StudyEvaluator
from experiments.search.loop import CHUNK
from experiments.store import Store
from tests.experiments.reproducing import BUDGETS, EVALUATOR, SPEC, killed_at, searched
from tests.experiments.small_study import small_chain

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def fitted() -> StudyEvaluator:
    """Evaluate by surrogates, whose last digit depends on how designs are cut into chunks."""
    return StudyEvaluator(
        chain=small_chain(SPEC),
        population=SPEC.population,
        objectives=SPEC.objectives,
        limits=SPEC.limits,
    )


def in_this_process(folder: Path, evaluator) -> dict[str, list]:
    """Return what each strategy finds without any worker."""
    return {
        name: searched(folder / f"{name}.sqlite", name, InlineExecutor(), evaluator)[0]
        for name in BUDGETS
    }


@pytest.fixture(scope="module")
def expected(tmp_path_factory, fitted) -> dict[str, list]:
    """Return what surrogates give in this process."""
    return in_this_process(tmp_path_factory.mktemp("fitted"), fitted)


@pytest.fixture(scope="module")
def expected_cheap(tmp_path_factory) -> dict[str, list]:
    """Return what the chain that costs nothing gives in this process."""
    return in_this_process(tmp_path_factory.mktemp("cheap"), EVALUATOR)


@pytest.mark.parametrize("n_workers", [1, 2, 4])
@pytest.mark.parametrize("kind", ["process", "ray"])
def test_fitted_surrogates_give_the_same_trials_on_any_number_of_workers(
    kind: str, n_workers: int, fitted, expected, tmp_path: Path
) -> None:
    """For every strategy, to the last digit of every value."""
    transport = RayWorkers() if kind == "ray" else ProcessWorkers()
    with PoolExecutor(kind, transport, n_workers, Limits(), ()) as executor:
        for name, whole in expected.items():
            found, _ = searched(tmp_path / f"{name}.sqlite", name, executor, fitted)
            assert found == whole, name


@pytest.mark.parametrize("strategy", BUDGETS)
@pytest.mark.parametrize("kind", ["process", "ray"])
def test_a_search_killed_on_workers_is_resumed_to_the_same_trials(
    kind: str, strategy: str, expected_cheap, tmp_path: Path
) -> None:
    """Results had come back in whatever order; another process goes on without workers."""
    path = tmp_path / "s.sqlite"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    last_chunk = BUDGETS[strategy] // CHUNK
    driver = killed_at(f"flight:{last_chunk}", path, strategy, kind, kept)
    assert driver.returncode == -signal.SIGKILL, driver.stderr
    with Store.open(path) as store:
        states = {t.state for t in store.trials(store.study("S001").id)}
    assert states == {"complete", "running"}
    found, acks = searched(path, strategy, InlineExecutor())
    assert found == expected_cheap[strategy]
    assert 0 < len(acks) < BUDGETS[strategy]
