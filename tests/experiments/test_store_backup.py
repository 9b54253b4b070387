"""The copy of a database before its migration: whole, checked, on disk, or nothing is changed."""

import os
import resource
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from experiments.store import Store, _backup, _schema_v2
from formulation.errors import StoreError
from tests.experiments.golden_databases import dump, golden_bytes, names, unpacked, version

COUNTERS = (slice(24, 28), slice(40, 44), slice(92, 100))
"""What SQLite counts up in the header of a copy: changes of the file and tables, its release."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database of version 1 in a folder of its own."""
    return unpacked(tmp_path / "home" / "store.sqlite")


def without_counters(data: bytes) -> bytes:
    header = bytearray(data)
    for place in COUNTERS:
        header[place] = bytes(place.stop - place.start)
    return bytes(header)


@contextmanager
def largest_file(n_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_backup_of_version_1_stands_beside_the_migrated_database(path: Path) -> None:
    """Byte for byte what it was but for SQLite's counters, as private, and told to the user."""
    path.chmod(0o600)
    with Store.open(path) as store:
        assert store.migrated_from == 1
        backup = store.backup
    assert backup.parent == path.parent
    assert names(path) == ["store.sqlite", backup.name]
    assert backup.match("store.sqlite.v1.*Z.bak")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    golden = golden_bytes()
    assert without_counters(backup.read_bytes()) == without_counters(golden)
    assert (version(backup), version(path)) == ("1", "2")
    assert dump(backup) == dump(unpacked(path.with_name("again.sqlite")))


def test_a_backup_in_the_place_of_the_database_is_used_as_it_was(path: Path) -> None:
    """Going back works: the copy is a store like any other."""
    with Store.open(path) as store:
        backup = store.backup
    backup.replace(path)
    with Store.open(path) as store:
        assert (store.migrated_from, store.verify_audit().rows) == (1, 4)


def test_a_backup_holds_what_only_the_log_has(path: Path) -> None:
    """A row that was committed and has not reached the main file is in the copy."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("INSERT INTO meta VALUES ('note', 'in the log')")
        assert b"in the log" not in path.read_bytes()
        with Store.open(path) as store, closing(sqlite3.connect(store.backup)) as copy:
            assert copy.execute("SELECT value FROM meta WHERE key = 'note'").fetchone()


def test_files_and_folder_of_a_backup_are_synchronised(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy before it gets its name, its folder after."""
    done: list[tuple[str, bool]] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        place = Path(os.readlink(f"/proc/self/fd/{handle}"))
        done.append((place.name, any(".bak" in name for name in names(path))))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    Store.open(path).close()
    assert done == [("copy", False), ("home", True)]


def test_a_reader_migrates_too(path: Path) -> None:
    """Status and front open with ``create=False``, and leave the same copy behind."""
    with Store.open(path, create=False) as store:
        assert (store.migrated_from, version(store.backup)) == (1, "1")


def test_a_fresh_or_current_database_gets_no_backup(tmp_path: Path) -> None:
    """There is nothing to go back to."""
    fresh = tmp_path / "home" / "store.sqlite"
    for _ in range(2):
        with Store.open(fresh) as store:
            assert (store.migrated_from, store.backup) == (None, None)
    assert names(fresh) == ["store.sqlite"]


def test_the_backup_is_there_before_the_first_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the step begins, the copy is complete."""
    seen: list[str] = []
    upgrade = _schema_v2.upgrade

    def look_first(connection: Connection) -> None:
        seen.extend(version(backup) for backup in path.parent.glob("*.bak"))
        upgrade(connection)

    monkeypatch.setattr(_schema_v2, "upgrade", look_first)
    Store.open(path).close()
    assert seen == ["1"]


def test_without_space_for_the_backup_nothing_is_migrated(path: Path) -> None:
    """The disk takes the small migration, but not the copy; the database stays as it was."""
    before = dump(path)
    with (
        largest_file(path.stat().st_size // 2),
        pytest.raises(StoreError, match=r"(?s)cannot be written.*not changed.*Free some space"),
    ):
        Store.open(path)
    assert dump(path) == before
    assert names(path) == ["store.sqlite"]


def test_without_a_name_for_the_backup_nothing_is_migrated(tmp_path: Path) -> None:
    """A copy that cannot be put in its place is as good as none."""
    path = unpacked(tmp_path / "home" / ("s" * 230 + ".sqlite"))
    with pytest.raises(StoreError, match=r"schema version 1, and the backup .* cannot be written"):
        Store.open(path)
    assert version(path) == "1"
    assert names(path) == [path.name]


def test_a_damaged_copy_is_no_backup(path: Path) -> None:
    """The check of the copy finds what the database has lost, before anything is changed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'curve'")
    with pytest.raises(StoreError, match=r"a copy of it fails the integrity check"):
        Store.open(path)
    assert version(path) == "1"
    assert names(path) == ["store.sqlite"]


def test_two_backups_never_share_a_name(path: Path) -> None:
    """Each try leaves its own copy."""
    first, second = _backup.write(path, 1, 1.0), _backup.write(path, 1, 1.0)
    assert first != second
    assert dump(first) == dump(second)
