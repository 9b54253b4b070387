"""A model file from elsewhere is loaded in a process of its own first, which may crash alone.

The process has an end of memory, of CPU and of time, and may write no file. What it answers is
whether the file loads and holds only what is allowed; nothing it built comes back.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from formulation.errors import DataError
from models.keeping.files import MODEL_FILE, NOT_OURS, load_estimator

MEMORY_BYTES = 3 * 1024**3
"""Address space of the process, libraries included, [B]."""

CPU_S = 60
"""CPU time it may take, imports included, [s]."""

WALL_S = 180.0
"""Time it may take on a loaded machine, [s]."""

_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def try_in_process(folder: Path, checksum: str) -> None:
    """Load a model file in a limited process, and refuse it if that does not end well.

    Parameters
    ----------
    folder : Path
        Folder the file lies in, [-].
    checksum : str
        SHA-256 it must have, [-].

    Raises
    ------
    DataError
        It does not load, holds something else, or took more memory or time than any model.
    """
    path = folder / MODEL_FILE
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "models.keeping.trial", str(folder), checksum],
            env={**os.environ, **_ONE_THREAD},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(
            f"Model file {path} was not loaded within {WALL_S:.0f} s.", hint=NOT_OURS
        ) from error
    lines = done.stdout.splitlines()
    answer = json.loads(lines[-1]) if done.returncode == 0 and lines else None
    if answer is None:
        ended = f"signal {-done.returncode}" if done.returncode < 0 else f"code {done.returncode}"
        raise DataError(
            f"Model file {path} ended the process that tried to load it ({ended}).", hint=NOT_OURS
        )
    if answer["error"]:
        raise DataError(answer["error"], hint=answer["hint"])


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(folder: str, checksum: str) -> str:
    _limit()
    try:
        load_estimator(Path(folder), checksum)
    except DataError as error:
        return json.dumps({"error": error.message, "hint": error.problems[0].hint})
    return json.dumps({"error": "", "hint": ""})


if __name__ == "__main__":
    # The answer goes to a pipe, which the end of files does not bound.
    sys.stdout.write(_answer(*sys.argv[1:3]) + "\n")
