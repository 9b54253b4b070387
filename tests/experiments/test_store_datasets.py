"""Data sets of a laboratory in the store: accepted once by content, retired with a reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from experiments.store import DatasetRecord, Store
from formulation.errors import DataError, InputError, UnknownNameError
from tests.experiments.databases import rows, sql

A, B, C = "aaaaaa" + "1" * 58, "aaaaaa" + "2" * 58, "c" * 64


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    with Store.open(place, actor="ana") as opened:
        yield opened


def accept(store: Store, sha256: str, name: str = "bench", **changed: Any) -> DatasetRecord:
    given = {"path": "data/x.csv", "card": {"rows": 3}, "systems": ["timed_release"], "n_curves": 3}
    return store.put_dataset(name=name, sha256=sha256, **(given | changed))


def trail(place: Path | str) -> list[tuple]:
    query = "SELECT actor, action, object, old_hash, new_hash, reason FROM audit ORDER BY seq"
    return rows(place, query)


def test_a_data_set_is_read_back_as_it_was_accepted(place: Path | str, store: Store) -> None:
    """A second store sees the same record."""
    made = accept(store, A, systems=("timed_release", "immediate_release"))
    with Store.open(place, create=False) as other:
        assert other.datasets() == (made,)
    assert (made.name, made.state, made.n_curves) == ("bench", "accepted", 3)
    assert made.card == {"rows": 3}
    assert made.systems == ("timed_release", "immediate_release")
    assert made.created_utc == made.updated_utc


def test_the_same_content_is_accepted_once(place: Path | str, store: Store) -> None:
    """Another name, place or card for the same bytes changes nothing."""
    made = accept(store, A)
    assert accept(store, A, name="copy", path="data/y.csv", card={}) == made
    assert store.datasets(state=None) == (made,)
    assert len(trail(place)) == 1


def test_data_sets_stand_in_order_of_acceptance(store: Store) -> None:
    """Also within one millisecond; one that is accepted again goes to the end."""
    for sha256 in (C, B, A):
        accept(store, sha256)
    assert [record.sha256 for record in store.datasets()] == [C, B, A]
    store.retire_dataset(C, "wrong scale")
    accept(store, C)
    assert [record.sha256 for record in store.datasets()] == [B, A, C]


def test_a_retired_data_set_is_kept_and_told_apart(store: Store) -> None:
    """Models are no longer fitted on it; its record stays."""
    made = accept(store, A)
    retired = store.retire_dataset("bench", "wrong scale")
    assert (retired.id, retired.state) == (made.id, "retired")
    assert retired.created_utc == made.created_utc
    assert store.datasets() == ()
    assert store.datasets(state="retired") == (retired,)


def test_a_retired_data_set_is_accepted_again_by_its_content(store: Store) -> None:
    """It is the same version, not a second one."""
    made = accept(store, A)
    store.retire_dataset(A[:8].upper(), "wrong scale")
    again = accept(store, A, name="other")
    assert (again.id, again.name, again.state) == (made.id, "bench", "accepted")
    assert store.datasets(state=None) == (again,)


def test_each_change_of_a_data_set_is_in_the_audit_trail(place: Path | str, store: Store) -> None:
    """Each new hash is the old one of the next row, and being back is being as before."""
    made = accept(store, A)
    store.retire_dataset("bench", "wrong scale")
    accept(store, A)
    first, second, third = trail(place)
    assert first[:4] == ("ana", "dataset.accept", f"dataset:{made.id}", "")
    assert second[1:4] == ("dataset.retire", f"dataset:{made.id}", first[4])
    assert (second[5], third[5]) == ("wrong scale", "accepted again")
    assert third[1:5] == ("dataset.accept", f"dataset:{made.id}", second[4], first[4])
    assert store.verify_audit().rows == 3


def test_a_name_means_the_version_that_is_accepted(store: Store) -> None:
    """Retired ones of the name do not stand in its way."""
    accept(store, A)
    store.retire_dataset("bench", "superseded")
    accept(store, B)
    assert store.retire_dataset("bench", "superseded").sha256 == B


def test_an_unknown_data_set_lists_the_nearest(store: Store) -> None:
    """A slip of the pen is answered with what was meant; five digits are no start of a hash."""
    with pytest.raises(UnknownNameError, match="this store holds no data set yet"):
        store.retire_dataset("bench", "gone")
    accept(store, A)
    with pytest.raises(UnknownNameError, match=r"'bensh' is not known.*Did you mean 'bench'"):
        store.retire_dataset("bensh", "gone")
    with pytest.raises(UnknownNameError, match="is not known"):
        store.retire_dataset(A[:5], "gone")


@pytest.mark.parametrize("ref", ["bench", "aaaaaa"])
def test_a_data_set_that_could_be_two_is_refused(place: Path | str, store: Store, ref: str) -> None:
    """Neither is guessed; the message lists both hashes."""
    accept(store, A)
    accept(store, B)
    with pytest.raises(InputError, match=r"several accepted.*aaaaaa111111.*or aaaaaa222222"):
        store.retire_dataset(ref, "gone")
    assert len(store.datasets()) == 2
    assert len(trail(place)) == 2


def test_a_data_set_is_retired_once_and_with_a_reason(place: Path | str, store: Store) -> None:
    """The first reason stands."""
    accept(store, A)
    with pytest.raises(InputError, match="cannot be retired without a reason"):
        store.retire_dataset("bench", " ")
    store.retire_dataset("bench", "wrong scale")
    with pytest.raises(InputError, match=r"'bench' was retired already, on 20.*\+00:00"):
        store.retire_dataset("bench", "again")
    assert len(trail(place)) == 2


@pytest.mark.parametrize("sha256", ["", "abc", C.upper(), C + "0"])
def test_what_is_no_hash_is_refused(store: Store, sha256: str) -> None:
    """Content could not be told by it."""
    with pytest.raises(DataError, match="is not a hash of 64 hexadecimal digits"):
        accept(store, sha256)


def test_a_count_below_zero_is_refused(store: Store) -> None:
    """Nothing is stored."""
    with pytest.raises(DataError, match="n_curves -1 cannot be stored"):
        accept(store, A, n_curves=-1)
    assert store.datasets() == ()


def test_a_state_that_is_none_is_refused_by_the_database(place: Path | str, store: Store) -> None:
    """Whatever the program does."""
    accept(store, A)
    with pytest.raises(DBAPIError, match="known_state"):
        sql(place, "UPDATE dataset_version SET state = 'lost'")
