"""A copy of the database beside it, made before its tables are changed.

The copy goes through SQLite's own backup, so that it holds what was committed whether or not it
has reached the main file yet. It appears under its name only when it is whole and on disk.
"""

import os
import sqlite3
import stat
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from experiments.store import _sqlite
from formulation.errors import StoreError


def write(path: Path, version: int, timeout_s: float) -> Path:
    """Write a backup of a database beside it.

    Parameters
    ----------
    path : Path
        Database file; the caller holds its write lock, so that nothing is committed meanwhile, [-].
    version : int
        Version of its tables, for the name of the backup, [-].
    timeout_s : float
        How long a lock is waited for, [s].

    Returns
    -------
    Path
        The backup, on disk and checked, with the permissions of the database, [-].

    Raises
    ------
    StoreError
        It cannot be written, or the copy is damaged.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    backup = path.with_name(f"{path.name}.v{version}.{stamp}.bak")
    try:
        with tempfile.TemporaryDirectory(prefix=".new-backup-", dir=path.parent) as folder:
            made = Path(folder) / "copy"
            _copy(path, made, timeout_s)
            made.chmod(stat.S_IMODE(path.stat().st_mode))
            _sqlite.sync(made)
            os.link(made, backup)
        _sqlite.sync(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} has schema version {version}, and the backup that comes before its migration "
            f"cannot be written as {backup.name} ({error}). The database was not changed.",
            hint=f"Free some space in {path.absolute().parent}, see that this user may write "
            "there, and run the command again; or use the release that wrote the database.",
        ) from error
    return backup


def _copy(path: Path, made: Path, timeout_s: float) -> None:
    with (
        closing(_sqlite.connect(path, timeout_s)) as source,
        closing(sqlite3.connect(made, isolation_level=None)) as target,
    ):
        source.backup(target)
        found = str(target.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if found != "ok":
        raise StoreError(
            f"{path} is damaged: a copy of it fails the integrity check ({found}). The database "
            "was not changed.",
            hint="Put an earlier backup in its place, without the -wal and -shm companions.",
        )
