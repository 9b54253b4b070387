"""A store on a PostgreSQL server: what is peculiar to it, and what it says when unusable."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from attrs import evolve
from sqlalchemy import Connection, create_engine, inspect

from experiments.cli import main
from experiments.diagnosis import Status, diagnose
from experiments.store import Store, StudyRecord, TrialRecord, _migrations, _schema, _schema_v2
from experiments.store import store_exists as exists
from experiments.store._database import open_database
from experiments.workspace import VARIABLES, open_workspace
from formulation.errors import InputError, StoreError
from tests.experiments.databases import bury_owner, connected, rows, sql
from tests.experiments.postgres_server import PASSWORD, Server, spare_port


@pytest.fixture
def address(postgres: Server) -> Iterator[str]:
    """Yield the address of an empty database."""
    with postgres.database() as made:
        yield made


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    with Store.open(address, actor="ana") as opened:
        yield opened


@pytest.fixture
def study(store: Store) -> StudyRecord:
    return store.create_study("citrate", {}, "", "", 0, 10)


def running(number: int = 0) -> TrialRecord:
    return TrialRecord(number=number, state="running", design={}, seed=0)


def make_version_1(address: str) -> None:
    """Make the tables as a first release would have left them on a server."""
    open_database(address, create=True, timeout_s=1.0).close()
    sql(address, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    engine = open_engine(address)
    with engine.connect() as connection, connection.begin():
        _migrations.migrate(connection, address, _migrations.MIGRATIONS[:1])
    engine.dispose()


def open_engine(address: str):
    return create_engine(address.replace("postgresql:", "postgresql+psycopg:"))


def test_three_cold_starts_at_once_share_one_database(address: str) -> None:
    """Each makes its study; none finds tables half made."""
    script = (
        "import sys\n"
        "from experiments.store import Store\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "with Store.open(sys.argv[1]) as store:\n"
        "    print(store.create_study('s', {}, '', '', 0, 1).label)\n"
    )
    drivers = [
        subprocess.Popen(
            [sys.executable, "-c", script, address],
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


def test_the_tables_are_those_of_the_definitions(address: str, store: Store) -> None:
    """All steps together end with the same columns on a server as in a file."""
    engine = open_engine(address)
    stored = inspect(engine)
    assert set(stored.get_table_names()) == set(_schema.METADATA.tables)
    for table in _schema.METADATA.sorted_tables:
        columns = {c["name"]: c["nullable"] for c in stored.get_columns(table.name)}
        assert columns == {c.name: bool(c.nullable) for c in table.columns}
    engine.dispose()


def test_version_1_is_brought_up_to_date_as_a_whole(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that stumbles leaves version 1; the next try carries the rows over."""
    make_version_1(address)
    sql(address, "INSERT INTO dataset_version VALUES ('d', 'bench', 'ab', 'x.csv', '{}', 'then')")
    upgrade = _schema_v2.upgrade

    def fail_after(connection: Connection) -> None:
        upgrade(connection)
        raise RuntimeError("the step stumbled")

    with monkeypatch.context() as patched:
        patched.setattr(_schema_v2, "upgrade", fail_after)
        with pytest.raises(RuntimeError, match="stumbled"):
            Store.open(address)
    assert rows(address, "SELECT value FROM meta") == [("1",)]
    with Store.open(address) as store:
        assert (store.migrated_from, store.backup) == (1, None)
        (found,) = store.datasets()
    assert (found.name, found.state, found.updated_utc) == ("bench", "accepted", "then")


def test_a_newer_schema_is_refused(address: str) -> None:
    """An older release never writes into tables it does not know."""
    Store.open(address).close()
    sql(address, "UPDATE meta SET value = '99'")
    with pytest.raises(StoreError, match="schema version 99; this release reads up to version 2"):
        Store.open(address)


def test_a_database_of_another_program_is_refused_and_left_alone(address: str) -> None:
    """Its tables are named."""
    sql(address, "CREATE TABLE trials (id int)")
    with pytest.raises(StoreError, match=r"tables of another program \(trials\).*createdb"):
        Store.open(address)
    assert rows(address, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [
        ("trials",)
    ]


def test_an_empty_database_is_not_filled_for_a_reader(address: str) -> None:
    """Asking for the status of a study makes no tables."""
    with pytest.raises(StoreError, match=r"holds no store yet.*Run a study first"):
        Store.open(address, create=False)
    assert not exists(address)


def test_a_database_that_is_not_unicode_is_refused(postgres: Server) -> None:
    """Units and names would not fit into it."""
    postgres.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(StoreError, match=r"texts in LATIN1.*need UTF8.*createdb --encoding=UTF8"):
        Store.open(postgres.address("latin"))


def test_what_is_acknowledged_is_on_disk_whatever_the_server_prefers(address: str) -> None:
    """A database that is set to commit without waiting is told otherwise."""
    sql(address, f'ALTER DATABASE "{address.rpartition("/")[2]}" SET synchronous_commit = off')
    with Store.open(address) as store, store._database.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_the_audit_trail_cannot_be_emptied_at_once(address: str, study: StudyRecord) -> None:
    """TRUNCATE is neither an update nor a deletion of rows."""
    with pytest.raises(Exception, match="rows of audit are never changed or deleted"):
        sql(address, "TRUNCATE audit")


def test_a_write_lock_that_is_held_too_long_is_told_in_plain_words(
    address: str, study: StudyRecord
) -> None:
    """Readers do not wait; the writer is told, and goes on when the lock is free."""
    with Store.open(address) as other, Store.open(address, timeout_s=0.2) as store:
        with other._database.writing():
            assert store.studies() == (study,)
            with pytest.raises(StoreError, match=r"is locked: another process held it .* 0.2 s"):
                store.create_study("next", {}, "", "", 0, 1)
        assert store.create_study("next", {}, "", "", 0, 1).label == "S002"


def test_an_owner_on_another_host_is_seen(address: str, store: Store, study: StudyRecord) -> None:
    """Alive while its session is, whatever --take-over says; followed once that is gone."""
    store.own(study.id)
    sql(address, "UPDATE owner SET host = 'bench-7'")
    with Store.open(address) as other:
        with pytest.raises(StoreError, match=r"on bench-7 .*is running.*stop it on bench-7 with"):
            other.own(study.id, take_over=True)
        bury_owner(address)
        assert not other.owner(study.id).is_at_work
        assert other.own(study.id).epoch == 2


def test_a_lock_that_was_lost_is_taken_anew_before_the_next_write(
    address: str, store: Store, study: StudyRecord
) -> None:
    """Under the same epoch, if nobody was faster; then nobody else can have the study."""
    lease = store.own(study.id)
    bury_owner(address)
    assert not store.owner(study.id).is_at_work
    store.add_running(lease, [running()])
    assert store.owner(study.id).is_at_work
    assert store.owner(study.id).epoch == 1
    with Store.open(address) as other, pytest.raises(StoreError, match="which is running"):
        other.own(study.id)


def test_a_study_whose_lock_a_stranger_holds_is_not_owned(
    address: str, store: Store, study: StudyRecord
) -> None:
    """The session is named, and the study stays with nobody."""
    from experiments.store._postgres import MARK

    with connected(address) as stranger:
        stranger.exec_driver_sql(f"SELECT pg_advisory_lock({MARK}, 1)")
        with pytest.raises(StoreError, match=r"S001 is held by another session of the server \(\d"):
            store.own(study.id)
    assert store.owner(study.id) is None
    assert store.own(study.id).epoch == 1


@pytest.mark.parametrize("was_committed", [True, False])
def test_a_commit_in_doubt_is_asked_for_and_done_once(
    address: str, store: Store, study: StudyRecord, was_committed: bool, monkeypatch
) -> None:
    """The connection breaks at the commit, before it or after: one row in either case."""
    dialect = store._database.engine.dialect
    commit, broken = dialect.do_commit, []

    def break_once(connection) -> None:
        if broken:
            return commit(connection)
        broken.append(connection)
        if was_committed:
            commit(connection)
        connection.driver_connection.close()
        return commit(connection)

    with store.own(study.id) as lease:
        monkeypatch.setattr(dialect, "do_commit", break_once)
        store.add_running(lease, [running()])
        store.finish(lease, [evolve(running(), state="complete")])
    assert broken
    assert rows(address, "SELECT number, attempt, state FROM trial") == [(0, 1, "complete")]


def test_a_writer_leaves_no_signature_behind(address: str, store: Store) -> None:
    """One row while it is open, by which its last write is known; none once it is closed."""
    for name in ("a", "b"):
        store.create_study(name, {}, "", "", 0, 10)
    ((key, value),) = rows(address, "SELECT key, value FROM meta WHERE key <> 'schema_version'")
    assert (key.partition(":")[0], value) == ("write", "2")
    store.close()
    assert rows(address, "SELECT key FROM meta") == [("schema_version",)]


def unusable(postgres: Server) -> dict[str, str]:
    """Return addresses that lead nowhere."""
    nowhere = postgres.address("lab").replace(str(postgres.port), str(spare_port()))
    return {
        "no server": nowhere,
        "no database": postgres.address("nowhere"),
        "no user": postgres.address("postgres").replace("//postgres:", "//nobody:"),
    }


@pytest.mark.parametrize("case", ["no server", "no database", "no user"])
def test_a_server_that_cannot_be_used_is_told_without_the_password(
    postgres: Server, capsys, monkeypatch, tmp_path, case: str
) -> None:
    """Command and doctor end with 6 and name the next step; nothing is waited for."""
    monkeypatch.setenv("FORMULATION_STORE", unusable(postgres)[case])
    monkeypatch.chdir(tmp_path)
    for command in ("status", "doctor"):
        assert main([command, "--home", str(tmp_path / "home")]) == 6
        said = "".join(capsys.readouterr())
        assert "cannot be reached" in " ".join(said.split())
        assert "PGPASSWORD or ~/.pgpass" in " ".join(said.split())
        assert PASSWORD not in said
        assert "Traceback" not in said


def test_options_of_an_address_are_those_of_the_driver(address: str) -> None:
    """One that it takes is used; one that it does not know is a mistake of whoever wrote it."""
    named = f"{address}?application_name=bench&options=-c%20work_mem%3D5MB&password={PASSWORD}"
    with Store.open(named) as store, store._database.reading() as connection:
        for name, value in (("application_name", "bench"), ("work_mem", "5MB")):
            assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == value
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "1min"
    with pytest.raises(InputError, match=r'"nonsense".*sslmode=require') as caught:
        Store.open(f"{address}?nonsense=1&password={PASSWORD}")
    assert PASSWORD not in str(caught.value)


def test_a_user_without_special_rights_suffices(
    postgres: Server, address: str, study: StudyRecord
) -> None:
    """Who owns the database does everything; who may not make tables is told what to ask for."""
    name = address.rpartition("/")[2]
    postgres.execute("CREATE ROLE ben LOGIN")
    try:
        as_ben = address.replace("//postgres:", "//ben:")
        with pytest.raises(StoreError, match=r"may not be used in this way.*administrator.*GRANT"):
            Store.open(as_ben)
        sql(address, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public AUTHORIZATION ben")
        with pytest.raises(StoreError, match="holds no store yet"):
            Store.open(as_ben, create=False)
        with Store.open(as_ben) as store:
            with store.own(store.create_study("citrate", {}, "", "", 0, 10).id) as lease:
                store.add_running(lease, [running()])
                assert store.owner(lease.study_id).is_at_work
            assert store.verify_audit().rows == 1
    finally:
        postgres.execute("DROP OWNED BY ben", name)
        postgres.execute("DROP ROLE ben")


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing falls back to a file."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"needs the driver psycopg.*pip install 'psycopg\[bin"):
        Store.open(f"postgresql://ana:{PASSWORD}@host/lab")


def test_an_address_of_another_kind_is_no_file_name() -> None:
    """It is refused, whoever opens it."""
    with pytest.raises(InputError, match="is of kind 'mysql'"):
        Store.open("mysql://host/lab")


def test_the_doctor_says_which_server_keeps_the_studies(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    """Version and place; this server, which does not wait for its disk, is a concern."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    settings = {"FORMULATION_STORE": address, "FORMULATION_EXECUTOR": "inline"}
    workspace = open_workspace(home=str(tmp_path), environment=settings, folder=tmp_path)
    found = diagnose(workspace)
    assert "store" not in found
    assert not exists(address)
    with Store.open(address) as store:
        store.create_study("citrate", {}, "", "", 0, 10)
    found = diagnose(workspace)
    said = found["database"]
    assert said.message.startswith("Studies are kept by PostgreSQL ")
    assert f"{workspace.store_shown}; fsync and full_page_writes of the server" in said.message
    assert said.status is Status.WARNING
    assert found["store"].status is Status.OK
    assert PASSWORD not in str(found)


def test_data_sets_of_a_server_are_listed_and_retired(
    address: str, capsys, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    """By the commands that know a workspace; no file takes the place of the server."""
    monkeypatch.setenv("FORMULATION_STORE", address)
    monkeypatch.chdir(tmp_path)
    assert main(["data", "versions"]) == 0
    assert "No data set yet" in capsys.readouterr().out
    with Store.open(address) as store:
        given = {"path": "x.csv", "card": {}, "systems": ["timed_release"], "n_curves": 3}
        store.put_dataset(name="bench", sha256="ab" * 32, **given)
    assert main(["data", "retire", "bench", "--reason", "wrong scale"]) == 0
    assert main(["data", "versions"]) == 0
    assert "retired" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
