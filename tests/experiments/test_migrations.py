"""A database of an earlier release: read as before, changed as a whole, and changed once."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from experiments.listing import read_study
from experiments.reports import render
from experiments.store import DatasetRecord, Store, _migrations, _schema, _schema_v2, _sqlite
from experiments.workspace import open_workspace
from formulation.errors import StoreError
from tests.experiments.golden_databases import dump, names, unpacked, version

ROWS = {
    "study": 2,
    "trial": 29,
    "confirmation": 4,
    "curve": 8,
    "model_version": 2,
    "outbox": 5,
    "owner": 2,
    "audit": 4,
}
HEAD = "2cbec6677cf4ce42c1040ea6eb4e6a470538ae213d7aeb2bdb941e39b48c3a43"
"""Hash of the last row of the golden audit trail."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database of version 1 in a folder of its own."""
    return unpacked(tmp_path / "home" / "store.sqlite")


def break_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the step to version 2 do its work and then fail."""
    upgrade = _schema_v2.upgrade

    def fail_after(connection: Connection) -> None:
        upgrade(connection)
        raise RuntimeError("the step stumbled")

    monkeypatch.setattr(_schema_v2, "upgrade", fail_after)


def test_the_golden_database_is_of_version_1(path: Path) -> None:
    """It is what the first release wrote, and holds nothing of the machine it was made on."""
    assert version(path) == "1"
    assert not [line for line in dump(path) if "/home/" in line or "/tmp/" in line]
    with closing(sqlite3.connect(path)) as connection:
        found = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ROWS
        }
    assert found == ROWS


def test_studies_and_trials_of_version_1_are_read_as_before(path: Path) -> None:
    """Numbers, states, values and reasons are those of the day."""
    with Store.open(path) as store:
        done, stopped = store.studies()
        first = store.trials(done.id)[0]
        waiting = store.trials(stopped.id)
    assert (done.label, done.name, done.state) == ("S001", "small", "complete")
    assert (done.seed, done.budget) == (1, 16)
    assert (stopped.label, stopped.name, stopped.state) == ("S002", "long", "interrupted")
    assert done.info["store"] == "store.sqlite"
    assert first.design["system"] == "immediate_release"
    assert first.values["absorbed_increment.p50"] == pytest.approx(22.0498599008369, rel=1e-12)
    assert [(trial.attempt, trial.state) for trial in waiting[7:]] == [
        (1, "complete"),
        (1, "failed"),
        (2, "complete"),
        (1, "running"),
        (1, "running"),
    ]
    assert waiting[8].reasons == ("The solver gave up at 12 h.",)


def test_what_belongs_to_a_study_of_version_1_is_read_as_before(path: Path) -> None:
    """Confirmations, curves, models and messages too."""
    with Store.open(path) as store:
        study = store.study("S001").id
        confirmed, curves = store.confirmations(study), store.curves(study)
        assert [model.path.split("-")[0] for model in store.models()] == [
            "models/immediate_release",
            "models/timed_release",
        ]
        messages = store.pending_outbox()
        assert store.owner(study).host == "bench"
        assert store.datasets(state=None) == ()
    assert [record.candidate for record in confirmed] == ["C000", "C002", "C003", "C010"]
    assert (confirmed[0].n_subjects, confirmed[0].values["unit_mass"]) == (256, 805.2)
    assert [(c.number, c.name, len(c.x)) for c in curves[:2]] == [
        (0, "release", 14),
        (0, "release_mechanistic", 14),
    ]
    assert [(m.seq, m.attempts, m.last_error) for m in messages] == [
        (2, 1, "server is down"),
        (3, 0, ""),
        (4, 0, ""),
        (5, 0, ""),
    ]


def test_the_audit_trail_of_version_1_verifies_and_goes_on(path: Path) -> None:
    """Its end is the one that was noted then; a new row follows it."""
    with Store.open(path, actor="ana") as store:
        head = store.verify_audit()
        assert (head.rows, head.hash) == (4, HEAD)
        store.create_study("next", {}, "", "", 0, 1)
        assert store.verify_audit().rows == 5


def test_rows_that_no_step_touches_are_the_same_to_the_letter(path: Path) -> None:
    """The whole content but for the version and the table of data sets."""
    before = dump(path)
    Store.open(path).close()
    gone, come = set(before) - set(dump(path)), set(dump(path)) - set(before)
    assert all("dataset_version" in line or "schema_version" in line for line in gone | come)
    assert len(gone) == len(come) == 2


def test_all_steps_together_make_the_tables_of_this_release(tmp_path: Path, path: Path) -> None:
    """Old database and new one end with the same columns, rules and guards as the definitions."""
    fresh = tmp_path / "fresh.sqlite"
    Store.open(path).close()
    Store.open(fresh).close()
    engine = _sqlite.engine_for(fresh, 1.0)
    stored = inspect(engine)
    for table in _schema.METADATA.sorted_tables:
        columns = {c["name"]: c["nullable"] for c in stored.get_columns(table.name)}
        assert columns == {c.name: bool(c.nullable) for c in table.columns}
        checks = {c["sqltext"] for c in stored.get_check_constraints(table.name)}
        assert checks == {str(c.sqltext) for c in table.constraints if hasattr(c, "sqltext")}
        uniques = {c["name"] for c in stored.get_unique_constraints(table.name) if c["name"]}
        assert uniques == {c.name for c in table.constraints if c.name and "one_" in c.name}
    engine.dispose()

    def tables(of: Path) -> list[str]:
        return [line for line in dump(of) if line.startswith("CREATE")]

    assert sorted(tables(path)) == sorted(tables(fresh))


def test_a_data_set_of_version_1_is_carried_over(path: Path) -> None:
    """It counts as accepted; the columns that are new say that it did not tell."""
    old = ("d1", "bench", "ab", "data/bench.csv", '{"doi":"x"}', "2026-01-02T03:04:05+00:00")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO dataset_version VALUES (?, ?, ?, ?, ?, ?)", old)
    with Store.open(path) as store:
        (found,) = store.datasets()
    assert found == DatasetRecord(
        id="d1",
        name="bench",
        sha256="ab",
        path="data/bench.csv",
        card={"doi": "x"},
        created_utc="2026-01-02T03:04:05+00:00",
        state="accepted",
        systems=(),
        n_curves=0,
        updated_utc="2026-01-02T03:04:05+00:00",
    )


def test_a_step_that_fails_leaves_version_1_and_the_backup(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything the step did is undone, and the next try succeeds."""
    before = dump(path)
    with monkeypatch.context() as patched:
        break_half_way(patched)
        with pytest.raises(RuntimeError, match="the step stumbled"):
            Store.open(path)
    assert dump(path) == before
    (backup,) = path.parent.glob("*.bak")
    assert dump(backup) == before
    with Store.open(path) as store:
        assert store.migrated_from == 1


def test_who_comes_second_to_a_migration_finds_it_done(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saw version 1, waited, and neither copies nor migrates again."""
    refuse = _migrations.refuse_newer
    first: list[Store] = []

    def overtaken(stored: int, place: Path) -> None:
        monkeypatch.setattr(_migrations, "refuse_newer", refuse)
        first.append(Store.open(place))
        refuse(stored, place)

    monkeypatch.setattr(_migrations, "refuse_newer", overtaken)
    with Store.open(path) as second, first[0]:
        assert (first[0].migrated_from, second.migrated_from) == (1, None)
        assert second.backup is None
        assert second.studies() == first[0].studies()
    assert len(list(path.parent.glob("*.bak"))) == 1


def test_three_openers_at_once_migrate_once(path: Path) -> None:
    """One of them does it; all go on to work with the result."""
    script = (
        "import sys\n"
        "from experiments.store import Store\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "with Store.open(sys.argv[1]) as store:\n"
        "    print(store.migrated_from, len(store.studies()), store.datasets())\n"
    )
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    assert [opener.stdout.readline() for opener in openers] == ["ready\n"] * 3
    for opener in openers:
        opener.stdin.write("go\n")
        opener.stdin.flush()
    answers = [opener.communicate(timeout=120) for opener in openers]
    assert [err for _, err in answers] == ["", "", ""]
    assert sorted(out.strip() for out, _ in answers) == ["1 2 ()", "None 2 ()", "None 2 ()"]
    assert len(list(path.parent.glob("*.bak"))) == 1


def test_a_version_from_the_future_is_refused_without_a_backup(path: Path) -> None:
    """A database of a later release is left alone."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = '3'")
    with pytest.raises(StoreError, match="schema version 3; this release reads up to version 2"):
        Store.open(path)
    assert names(path) == ["store.sqlite"]


@pytest.mark.parametrize("label", ["S001", "S002"])
def test_the_report_of_a_study_of_version_1_can_be_written(path: Path, label: str) -> None:
    """Its designs name no form, its candidates have no account."""
    workspace = open_workspace(home=str(path.parent), environment={})
    assert f"Study {label}" in render(read_study(label, workspace))
