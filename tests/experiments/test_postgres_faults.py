"""A PostgreSQL server that is cut off under a running study, as by a power cut, and comes back.

The server keeps its disk synchronised here, so what it has committed must survive. The lines of the
drivers are the witness: a trial is written out there only after its commit.
"""

import time
from collections import Counter
from collections.abc import Iterator

import pytest
from attrs import evolve

from experiments.store import Store, TrialRecord
from formulation.errors import StoreError
from tests.experiments.databases import rows
from tests.experiments.driven_study import Driver
from tests.experiments.postgres_server import PASSWORD, Server, server

BUDGET = 96


@pytest.fixture(scope="module")
def lasting() -> Iterator[Server]:
    """Run a server whose commits survive a power cut."""
    with server(synchronised=True) as running:
        yield running


@pytest.fixture
def address(lasting: Server) -> Iterator[str]:
    with lasting.database() as made:
        yield made


def complete(address: str) -> Counter:
    """Return how often each number is complete."""
    found = rows(address, "SELECT number FROM trial WHERE state = 'complete'")
    return Counter(number for (number,) in found)


def test_a_study_goes_on_when_its_server_was_cut_off_and_comes_back(
    lasting: Server, address: str
) -> None:
    """Twice in one study: nothing acknowledged is lost, nothing is done twice, no error is seen."""
    driver = Driver(address, trials=BUDGET, pause_s=0.05)
    for n in (16, 48):
        driver.until_acknowledged(n)
        lasting.stop_at_once()
        time.sleep(0.5)
        lasting.start()
        assert set(driver.acks) <= set(complete(address))
    assert (driver.end(), driver.errors) == (0, "")
    assert Counter(driver.acks) == complete(address) == Counter(range(BUDGET))
    assert rows(address, "SELECT DISTINCT attempt, epoch FROM trial") == [(1, 1)]


def test_a_study_whose_server_stays_away_ends_with_the_next_step(
    lasting: Server, address: str
) -> None:
    """It waits for as long as it was told, keeps what was acknowledged, and can be resumed."""
    driver = Driver(address, trials=BUDGET, pause_s=1.0, timeout_s=1.0)
    driver.until_acknowledged(8)
    lasting.stop_at_once()
    try:
        assert driver.end() == 6
    finally:
        lasting.start()
    assert "cannot be reached" in driver.errors
    assert "then run the command again or resume; nothing acknowledged is lost" in driver.errors
    assert PASSWORD not in driver.errors
    assert "Traceback" not in driver.errors
    assert set(driver.acks) <= set(complete(address))
    second = Driver(address, "S001")
    assert (second.end(), second.errors) == (0, "")
    assert complete(address) == Counter(range(BUDGET))
    assert max(Counter([*driver.acks, *second.acks]).values()) == 1


def test_a_driver_that_lost_its_study_while_the_server_was_away_is_refused(
    lasting: Server, address: str
) -> None:
    """Whoever took it first after the restart has it; the epoch tells the other."""
    trial = TrialRecord(number=0, state="running", design={}, seed=0)
    with Store.open(address) as first:
        lease = first.own(first.create_study("citrate", {}, "", "", 0, 10).id)
        first.add_running(lease, [trial])
        lasting.stop_at_once()
        lasting.start()
        with Store.open(address) as second, second.own(lease.study_id) as taken:
            assert taken.epoch == 2
            with pytest.raises(StoreError, match=r"S001 was taken over by pid .*\(epoch 2, this"):
                first.finish(lease, [evolve(trial, state="complete")])
            assert second.owner(lease.study_id).is_at_work
    assert complete(address) == {}


def test_a_wait_that_was_in_vain_is_not_repeated(
    lasting: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letting go of a study tries once; a later wait is as long as ever."""
    sleep, tries = time.sleep, []
    monkeypatch.setattr(time, "sleep", lambda seconds: (tries.append(seconds), sleep(seconds)))
    with Store.open(address, timeout_s=1.0) as store:
        lease = store.own(store.create_study("citrate", {}, "", "", 0, 10).id)
        waits = []
        for steps in ((store.studies, lease.close, store.studies), (store.studies,)):
            lasting.stop_at_once()
            try:
                for step in steps:
                    tries.clear()
                    with pytest.raises(StoreError, match="cannot be reached"):
                        step()
                    waits.append(len(tries))
            finally:
                lasting.start()
            assert [s.label for s in store.studies()] == ["S001"]
        assert waits[1:3] == [0, 0]
        assert min(waits[0], waits[3]) > 1


def test_whoever_is_interrupted_while_waiting_does_not_wait_again(
    lasting: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C what is left to do is tried once."""
    with Store.open(address) as store:
        lease = store.own(store.create_study("citrate", {}, "", "", 0, 10).id)
        looks: list[float] = []

        def interrupt(seconds: float) -> None:
            looks.append(seconds)
            if len(looks) == 3:
                raise KeyboardInterrupt

        lasting.stop_at_once()
        try:
            monkeypatch.setattr("experiments.store._database.time.sleep", interrupt)
            with pytest.raises(KeyboardInterrupt):
                store.set_study(lease, info={"a": 1})
            with pytest.raises(StoreError, match="cannot be reached"):
                store.set_study(lease, state="interrupted")
            assert len(looks) == 3
        finally:
            monkeypatch.undo()
            lasting.start()
