"""The database file: made once, recognised, never written over, and told in plain words."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from experiments.store import Store, StudyRecord
from experiments.store._errors import plain_errors
from experiments.store._migrations import MIGRATIONS, migrate
from experiments.store._mounts import network_file_system
from formulation.errors import StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "store.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path, actor="ana") as opened:
        yield opened


@pytest.fixture
def study(store: Store) -> StudyRecord:
    return make_study(store)


def make_study(store: Store, name: str = "citrate") -> StudyRecord:
    return store.create_study(name, {"name": name}, f"name: {name}\n", "ab" * 32, 7, 100)


def sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_every_commit_is_synchronised_to_disk(store: Store) -> None:
    """The write-ahead log is on, with full synchronisation and foreign keys."""
    with store._database.reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 60_000]


def test_a_missing_store_is_not_made_for_a_reader(path: Path) -> None:
    """Asking for the status of a study leaves no file behind."""
    with pytest.raises(StoreError, match=r"does not exist.*Run a study first"):
        Store.open(path, create=False)
    assert not path.parent.exists()


def damage_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


def damage_by_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_header(path: Path) -> None:
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])


def replace_by_text(path: Path) -> None:
    path.write_text("not a database " * 100)


def replace_by_foreign(path: Path) -> None:
    path.unlink()
    sql(path, "CREATE TABLE trials (id)")


def drop_version(path: Path) -> None:
    sql(path, "DELETE FROM meta")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (damage_to_nothing, r"is empty \(0 bytes\).*backup"),
        (damage_by_half, "is damaged .*backup"),
        (damage_header, "is not a database: .*backup"),
        (replace_by_text, "is not a database: .*backup"),
        (replace_by_foreign, "is a database of another program .*another workspace"),
        (drop_version, "its schema_version is None.*backup"),
    ],
)
def test_a_bad_file_is_refused_and_left_alone(path: Path, harm, said: str) -> None:
    """The message names the cause and the next step, and not a byte of it changes."""
    with Store.open(path) as store:
        make_study(store)
    harm(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=said):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused_with_both_versions(path: Path) -> None:
    """An older release never writes into tables it does not know."""
    Store.open(path).close()
    sql(path, "UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(StoreError, match="schema version 99; this release reads up to version 2"):
        Store.open(path)


def test_a_folder_is_not_a_store(tmp_path: Path) -> None:
    """Naming the workspace in place of its file is told."""
    with pytest.raises(StoreError, match=r"is not a file.*store.sqlite"):
        Store.open(tmp_path)


def test_a_log_without_its_database_is_not_mixed_into_a_new_one(path: Path) -> None:
    """What the log holds may be the only copy of committed trials."""
    path.parent.mkdir()
    path.with_name("store.sqlite-wal").write_bytes(b"frames")
    with pytest.raises(StoreError, match="is missing, but its write-ahead log is there"):
        Store.open(path)
    assert not path.exists()


def test_migrations_run_in_order_and_once(store: Store, path: Path) -> None:
    """Only steps above the stored version are taken, in one transaction."""
    taken: list[int] = []
    steps = (*MIGRATIONS, *((n, lambda _, n=n: taken.append(n)) for n in (3, 4)))
    for _ in range(2):
        with store._database.writing() as connection:
            migrate(connection, path, steps)
    assert taken == [3, 4]
    with pytest.raises(StoreError, match="schema version 4; this release reads up to version 2"):
        Store.open(path)


def test_three_cold_starts_at_once_share_one_store(path: Path) -> None:
    """Each makes its study; none finds tables half made, and no scratch file stays."""
    script = (
        "import sys, time\n"
        "from experiments.store import Store\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "with Store.open(sys.argv[1]) as store:\n"
        "    print(store.create_study('s', {}, '', '', 0, 1).label)\n"
    )
    drivers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    assert [driver.stdout.readline() for driver in drivers] == ["ready\n"] * 3
    for driver in drivers:
        driver.stdin.write("go\n")
        driver.stdin.flush()
    answers = [driver.communicate(timeout=120) for driver in drivers]
    assert [err for _, err in answers] == ["", "", ""]
    assert sorted(out.strip() for out, _ in answers) == ["S001", "S002", "S003"]
    assert [entry.name for entry in path.parent.iterdir()] == ["store.sqlite"]


def test_the_loser_of_a_cold_start_uses_the_winner_s_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that appears between looking and making is never replaced."""
    with Store.open(path) as winner:
        made = make_study(winner)
        first_look = iter([False])
        exists = Path.exists
        monkeypatch.setattr(
            Path, "exists", lambda p: next(first_look, exists(p)) if p == path else exists(p)
        )
        with Store.open(path) as loser:
            assert loser.studies() == (made,)


def test_a_lock_that_is_held_too_long_is_told_in_plain_words(path: Path) -> None:
    """The time waited and the next step are named."""
    Store.open(path).close()
    with (
        Store.open(path, timeout_s=0.2) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"is locked: another process held it .* 0.2 s"):
            make_study(store)
        other.execute("ROLLBACK")
        assert make_study(store).label == "S001"


def test_reading_goes_on_while_another_writes(path: Path, store: Store, study: StudyRecord) -> None:
    """Status and front never wait for a driver."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.studies() == (study,)
        other.execute("ROLLBACK")


def test_a_full_disk_is_told_in_plain_words(store: Store, study: StudyRecord) -> None:
    """The transaction is gone as a whole, and the store goes on when there is space again."""
    with store._database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 40")
    with (
        store.own(study.id) as lease,
        pytest.raises(StoreError, match=r"the disk is full .*Free some space in"),
    ):
        store.set_study(lease, state="complete", info={"note": "x" * 1_000_000})
    assert store.study(study.id) == study
    assert make_study(store).label == "S002"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, "met a disk I/O error .*Check the disk"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "is damaged .*backup"),
        (sqlite3.SQLITE_READONLY, "may not be written to"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "is locked: another process held it for more than 60 s"),
    ],
)
def test_codes_of_the_database_are_told_in_plain_words(code: int, said: str) -> None:
    """Extended codes count as their family."""
    error = sqlite3.OperationalError("the database's own words")
    error.sqlite_errorcode = code
    with (
        pytest.raises(StoreError, match=f"(?s){said}"),
        plain_errors(Path("store.sqlite"), 60.0),
    ):
        raise error


def test_a_mistake_of_this_program_is_not_dressed_up() -> None:
    """An unknown table is nobody's disk."""
    with (
        closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(sqlite3.OperationalError, match="no such table"),
        plain_errors(Path("store.sqlite"), 60.0),
    ):
        connection.execute("SELECT * FROM trials")


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/home/ana/.formulation", None),
        ("/data/x/store.sqlite", "nfs4"),
        ("/database/store.sqlite", None),
        ("/data/local/store.sqlite", None),
        ("/mnt/my share/store.sqlite", "cifs"),
        ("/home/ana/far/store.sqlite", "fuse.sshfs"),
    ],
)
def test_network_file_systems_are_recognised(place: str, kind: str | None) -> None:
    """The innermost mount decides, and a later one hides an earlier."""
    mounts = (
        "/dev/sda / ext4 rw 0 0\n"
        "srv:/d /data nfs4 rw 0 0\n"
        "/dev/sdb /data/local nfs rw 0 0\n"
        "/dev/sdb /data/local xfs rw 0 0\n"
        "//srv/s /mnt/my\\040share cifs rw 0 0\n"
        "ana@far: /home/ana/far fuse.sshfs rw 0 0\n"
    )
    assert network_file_system(Path(place), mounts) == kind


def test_a_store_on_a_network_file_system_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is made there."""
    mounts = path.parent.parent / "mounts"
    mounts.write_text("srv:/d / nfs rw 0 0\n")
    monkeypatch.setattr("experiments.store._mounts._MOUNTS", mounts)
    with pytest.raises(StoreError, match=r"network file system \(nfs\).*local disk"):
        Store.open(path)
    assert not path.exists()


def test_a_copy_made_while_open_holds_what_was_committed(
    tmp_path: Path, path: Path, store: Store, study: StudyRecord
) -> None:
    """Database and log copied together open as a store."""
    copy = tmp_path / "copy"
    shutil.copytree(path.parent, copy)
    with Store.open(copy / path.name) as other:
        assert other.studies() == (study,)
