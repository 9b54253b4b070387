"""What version 2 changed: data sets have a state, delivery systems and a count of curves.

A record as `_schema_v1` is: the step keeps to its own definition, whatever comes after it.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
)

from experiments.store import _schema_v1

METADATA = MetaData()

dataset_version = Table(
    "dataset_version",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("created_utc", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("systems", Text, nullable=False),
    Column("n_curves", BigInteger, nullable=False),
    Column("updated_utc", Text, nullable=False),
    UniqueConstraint("name", "sha256", "path", name="one_dataset_version"),
    CheckConstraint("state IN ('accepted', 'retired')", name="known_state"),
)


def upgrade(connection: Connection) -> None:
    """Make the table of data sets anew, with the rows it held.

    A row of version 1 counts as accepted; that it names no system and no curve says that it is old.

    Parameters
    ----------
    connection : Connection
        Connection in a write transaction on a database of version 1, [-].
    """
    old = _schema_v1.dataset_version
    rows = [dict(row) for row in connection.execute(select(old)).mappings()]
    old.drop(connection)
    dataset_version.create(connection)
    for row in rows:
        added = {
            "state": "accepted",
            "systems": "[]",
            "n_curves": 0,
            "updated_utc": row["created_utc"],
        }
        connection.execute(insert(dataset_version).values(row | added))
