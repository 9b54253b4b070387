"""The databases of earlier releases, unpacked for a test, and a look at them without the store."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden" / "v1.sqlite.gz"


def golden_bytes() -> bytes:
    """Return the database of version 1."""
    return gzip.decompress(GOLDEN.read_bytes())


def unpacked(path: Path) -> Path:
    """Put the database of version 1 somewhere, its folder included."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(golden_bytes())
    return path


def dump(path: Path) -> list[str]:
    """Return all that a database holds, as text."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def version(path: Path) -> str:
    """Return the version through a connection that is not the store's."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT value FROM meta").fetchone()[0]


def names(path: Path) -> list[str]:
    """Return what lies in the folder of a database."""
    return sorted(entry.name for entry in path.parent.iterdir())
