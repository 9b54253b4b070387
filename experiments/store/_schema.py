"""The tables as this release reads and writes them, in terms that SQLite and PostgreSQL share.

Structured values are JSON in text columns, marked with ``info["json"]``. Times are UTC in ISO-8601.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from experiments.store.records import OUTBOX_STATES, STUDY_STATES, TRIAL_STATES
from experiments.store.versions import DATASET_STATES

METADATA = MetaData()


def _text(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False)


def _whole(name: str) -> "Column[int]":
    return Column(name, BigInteger, nullable=False)


def _json(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False, info={"json": True})


def _of_study(**options: Any) -> "Column[str]":
    return Column("study_id", Text, ForeignKey("study.id"), nullable=False, **options)


def _one_of(column: str, states: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=f"known_{column}")


meta = Table("meta", METADATA, Column("key", Text, primary_key=True), _text("value"))

study = Table(
    "study",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    _text("name"),
    _json("config"),
    _text("config_text"),
    _text("config_sha256"),
    _whole("seed"),
    _whole("budget"),
    _text("state"),
    _text("created_utc"),
    _text("updated_utc"),
    _json("info"),
    _one_of("state", STUDY_STATES),
)

trial = Table(
    "trial",
    METADATA,
    _of_study(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    _text("state"),
    _json("design"),
    _json("values"),
    _json("lo90"),
    _json("hi90"),
    _json("slacks"),
    _json("reasons"),
    _text("origin"),
    _whole("seed"),
    _text("rung"),
    _whole("epoch"),
    _text("at_utc"),
    _one_of("state", TRIAL_STATES),
)

_COMPLETE = trial.c.state == "complete"

Index(
    "one_complete_result_per_trial",
    trial.c.study_id,
    trial.c.number,
    unique=True,
    sqlite_where=_COMPLETE,
    postgresql_where=_COMPLETE,
)

confirmation = Table(
    "confirmation",
    METADATA,
    _of_study(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _whole("n_subjects"),
    _json("values"),
    _json("lo90"),
    _json("hi90"),
    _json("slacks"),
    _json("reasons"),
    _text("origin"),
    _text("kind"),
)

curve = Table(
    "curve",
    METADATA,
    _of_study(primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    _text("x_unit"),
    _json("x"),
    _text("y_unit"),
    _json("y"),
    _json("lo90"),
    _json("hi90"),
    _text("origin"),
    _text("kind"),
)

dataset_version = Table(
    "dataset_version",
    METADATA,
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("sha256"),
    _text("path"),
    _json("card"),
    _text("created_utc"),
    _text("state"),
    _json("systems"),
    _whole("n_curves"),
    _text("updated_utc"),
    UniqueConstraint("name", "sha256", "path", name="one_dataset_version"),
    _one_of("state", DATASET_STATES),
)

model_version = Table(
    "model_version",
    METADATA,
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("sha256"),
    _text("path"),
    _json("card"),
    _text("created_utc"),
    UniqueConstraint("name", "sha256", "path", name="one_model_version"),
)

outbox = Table(
    "outbox",
    METADATA,
    Column("seq", Integer, primary_key=True),
    _of_study(index=True),
    _text("kind"),
    Column("key", Text, nullable=False, unique=True),
    _json("payload"),
    _text("state"),
    _whole("attempts"),
    _text("last_error"),
    _one_of("state", OUTBOX_STATES),
    sqlite_autoincrement=True,
)

owner = Table(
    "owner",
    METADATA,
    _of_study(primary_key=True),
    _whole("epoch"),
    Column("pid", BigInteger),
    _text("host"),
    _text("boot_id"),
    _whole("start_ticks"),
    _text("since_utc"),
)

audit = Table(
    "audit",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _text("at_utc"),
    _text("actor"),
    _text("action"),
    _text("object"),
    _text("old_hash"),
    _text("new_hash"),
    _text("reason"),
    _text("prev_hash"),
    _text("hash"),
)
