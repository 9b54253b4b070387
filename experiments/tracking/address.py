"""Where the tracking is: whether anybody answers there, and what may be said of it."""

import os
import sqlite3
import ssl
import urllib.error
import urllib.request
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path

from experiments.store import without_password
from experiments.tracking_links import pages_address
from formulation.errors import DataError

PROBE_S = 3.0
"""How long a server is waited for before MLflow is loaded, which takes seconds, [s]."""

MOST_WORDS = 200
"""Characters of a foreign message that are kept, [-]."""

_QUIET = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "DO_NOT_TRACK": "true",
}
"""Set before MLflow is imported: no telemetry, and a dead server is given up in seconds."""


def set_quiet() -> None:
    """Set the environment of MLflow, but for what the user has set."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)


def use_write_ahead_log(path: Path) -> None:
    """Let the workspace's own database of MLflow be written as its store is.

    Each run is a handful of commits, each of which costs a third less so; and who looks at the
    pages meanwhile holds up nobody. The mode stays with the file; where it cannot be set, because
    the file is in use or lies where SQLite keeps no such log, it is written as it was.

    Parameters
    ----------
    path : Path
        File of the database, which is made when it is not there, [-].
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.DatabaseError):
        connection.execute("PRAGMA journal_mode = WAL")


def refuse_silent(uri: str) -> None:
    """Ask a tracking server for anything at all; what it answers does not matter.

    Parameters
    ----------
    uri : str
        Tracking address; one of a database or a file is not asked, [-].

    Raises
    ------
    DataError
        Nobody answers within `PROBE_S`.
    """
    if not uri.startswith(("http://", "https://")):
        return
    base = pages_address(uri)
    try:
        with urllib.request.urlopen(f"{base}/health", timeout=PROBE_S):
            return
    except urllib.error.HTTPError:
        return  # a refusal is an answer
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            return  # MLflow has settings of its own for certificates
        why = "no answer" if isinstance(error.reason, TimeoutError) else str(error.reason)
    except TimeoutError:
        why = "no answer"
    except (OSError, HTTPException, ValueError) as error:
        why = str(error) or type(error).__name__
    raise DataError(
        f"Tracking server {base} does not answer within {PROBE_S:.0f} s: {why[:MOST_WORDS]}.",
        hint="What waits is kept; `formulation track sync` tries again.",
    )


def told(error: Exception) -> str:
    """Return what a foreign error says, on one line and without a password.

    Parameters
    ----------
    error : Exception
        The error, [-].

    Returns
    -------
    str
        Its kind and its first words; the words alone of an error of ours, [-].
    """
    words = without_password(str(error).strip().partition("\n")[0])[:MOST_WORDS]
    if isinstance(error, DataError):
        return words
    return f"{type(error).__name__}: {words}".rstrip(": ")
