"""A Ray of our own on this machine: private folder, private token, one thread that keeps it.

The kernel ends Ray's processes when the thread that started them ends (a parent-death signal is
bound to the thread), so the thread that calls ``ray.init`` stays until the end, and also calls
``ray.shutdown``. Being no main thread, it leaves the driver's signal handlers alone. On a quiet
machine with two cores ``import ray`` took 0.9 s, ``ray.init`` 6.4 s, two actors 1.2 s and the
shutdown 1.2 s. Ray listens on every network interface even when told not to; the token is what
keeps others out.
"""

import logging
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from experiments.executors.leftovers import end, started_with
from experiments.executors.replies import RESUME_HINT
from experiments.executors.watchman import Watchman
from formulation.errors import ExecutorError

TEMP_ROOT = Path("/tmp")
"""Where Ray's folder goes: a Unix socket's path has 107 bytes, and Ray adds about 70."""

OBJECT_STORE_BYTES = 150_000_000
"""Room for evaluators and results; Ray's default is 30 % of the memory."""

MOST_WORDS = 400
"""Characters of a message of Ray that are shown; all of it is in the cause."""

TOKEN_NAME = "token"
"""File with the token, in Ray's folder."""

STUCK_GRACE_S = 10.0
"""How long a start that is under way may take to notice that it is no longer wanted."""

STOP_GRACE_S = 60.0
"""How long a shutdown may take on a loaded machine before its processes are killed."""

_CHOICES = f"Choose `--executor process` yourself to do without Ray. {RESUME_HINT}"


class LocalRay:
    """Ray from ``ray.init`` to ``ray.shutdown``, in a thread of its own."""

    def __init__(self, temp_root: Path) -> None:
        self._temp_root = temp_root
        self._started_at = 0.0
        self._is_up = Event()
        self._is_unwanted = Event()
        self._is_ours = False
        self._failure: Exception | None = None
        self._saved: dict[str, str | None] = {}
        self._keeper: Thread | None = None
        self._watchman: Watchman | None = None
        self.home = Path()
        """Folder of this Ray, for its owner alone; sockets and logs are below."""

    @property
    def token_file(self) -> Path:
        """File with the token that all processes of this Ray show each other."""
        return self.home / TOKEN_NAME

    def start(
        self, n_cpus: int, on_up: Callable[[], None], before_down: Callable[[], None]
    ) -> None:
        """Begin to start Ray, without waiting.

        Parameters
        ----------
        n_cpus : int
            Processors that Ray may count with, [-].
        on_up : callable
            Called in the keeping thread when Ray is up, [-].
        before_down : callable
            Called there before Ray is shut down, [-].

        Raises
        ------
        ExecutorError
            The environment turns authentication off, or no folder can be made.
        """
        _refuse_open_ray()
        self._started_at = time.monotonic()
        self.home = _private_folder(self._temp_root)
        self._watchman = Watchman(self.home)
        self._saved = _set_environment(_environment(self.token_file))
        self._keeper = Thread(
            target=self._keep,
            args=(self._watchman, n_cpus, on_up, before_down),
            name="ray-keeper",
            daemon=True,
        )
        self._keeper.start()

    def wait(self, deadline_s: float) -> None:
        """Wait until Ray is up.

        Parameters
        ----------
        deadline_s : float
            How long at most, [s].

        Raises
        ------
        ExecutorError
            Ray failed to start, or is not up in time.
        """
        if not self._is_up.wait(deadline_s):
            waited_s = time.monotonic() - self._started_at
            raise ExecutorError(
                f"Ray did not start in time: after {waited_s:.3g} s `ray.init` in {self.home} had "
                "not returned.",
                hint="Raise FORMULATION_RAY_START_DEADLINE_S on a loaded machine. " + _CHOICES,
            )
        if self._failure is not None:
            raise ExecutorError(
                f"Ray could not be started in {self.home}: {in_one_line(self._failure)}.",
                hint=_CHOICES,
            ) from self._failure

    def stop(self) -> None:
        """Shut Ray down, wait for its processes, and remove its folder."""
        if self._keeper is None or self._watchman is None:
            return
        self._is_unwanted.set()
        self._keeper.join(STOP_GRACE_S if self._is_up.is_set() else STUCK_GRACE_S)
        if self._keeper.is_alive():  # stuck inside Ray: take its processes away, not the thread
            end(started_with(str(self.home)), 0.0)
            self._watchman.dismiss()

    def _keep(
        self,
        watchman: Watchman,
        n_cpus: int,
        on_up: Callable[[], None],
        before_down: Callable[[], None],
    ) -> None:
        try:
            claim_ray()
            self._is_ours = True
            init_ray(self.home, n_cpus)
            on_up()
            watchman.note(started_with(str(self.home)))
        except Exception as error:  # the thread's boundary: `wait` raises it in the driver
            self._failure = error
        self._is_up.set()
        self._is_unwanted.wait()
        ours = started_with(str(self.home))
        try:
            if self._is_ours:
                before_down()
                shutdown_ray()
        finally:
            end(ours, STUCK_GRACE_S)
            watchman.dismiss()
            _set_environment(self._saved)


def claim_ray() -> None:
    """Import Ray, the environment being set, and forget what an earlier one of this process cached.

    Raises
    ------
    ExecutorError
        This process already uses a Ray.
    """
    import ray
    from ray._raylet import (  # type: ignore[attr-defined]  # its stub lacks them
        AuthenticationTokenLoader,
        Config,
    )

    if ray.is_initialized():
        raise ExecutorError("this process already uses another Ray; close that first")
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()


def init_ray(home: Path, n_cpus: int) -> None:
    """Start Ray in a folder.

    Parameters
    ----------
    home : Path
        Private folder; Ray opens the one it is given to everybody, so it gets one inside, [-].
    n_cpus : int
        Processors that Ray may count with, [-].
    """
    import ray

    # Otherwise Ray prints a lost worker on standard output, amid the driver's answer.
    ray._private.worker._worker_logs_enabled = False
    ray.init(
        address="local",
        num_cpus=n_cpus,
        object_store_memory=OBJECT_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _node_ip_address="127.0.0.1",
        _temp_dir=str(home / "ray"),
    )


def shutdown_ray() -> None:
    """Shut down the Ray of this process and wait for what it started."""
    import ray

    ray.shutdown(wait_for_processes=True)


def in_one_line(error: Exception) -> str:
    """Return type and message of an error of Ray, which may be long, for a message of ours.

    Parameters
    ----------
    error : Exception
        What Ray raised, [-].

    Returns
    -------
    str
        Type and message, shortened to `MOST_WORDS` characters, [-].
    """
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:MOST_WORDS]}" + "…" * (len(words) > MOST_WORDS)


def _refuse_open_ray() -> None:
    mode = os.environ.get("RAY_AUTH_MODE", "token")
    if mode.lower() != "token":
        raise ExecutorError(
            f"RAY_AUTH_MODE is {mode!r}: anybody who reaches a port of Ray could run code as you; "
            "it must be 'token'.",
            hint="Unset RAY_AUTH_MODE: a token is made for every start.",
        )


def _private_folder(temp_root: Path) -> Path:
    try:
        home = Path(tempfile.mkdtemp(prefix="fr", dir=temp_root))  # mode 0700
        _write_token(home / TOKEN_NAME)
    except OSError as error:
        raise ExecutorError(
            f"Ray needs a folder below {temp_root}, and none can be made: {error.strerror}.",
            hint="Make room or give write permission there. " + _CHOICES,
        ) from error
    return home


def _write_token(path: Path) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))


def _environment(token_file: Path) -> dict[str, str | None]:
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": None,
        "RAY_AUTH_TOKEN_PATH": str(token_file),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DISABLE_IMPORT_WARNING": "1",
        "RAY_ENABLE_AUTO_CONNECT": "0",  # a call after the shutdown must not start another Ray
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }


def _set_environment(wanted: dict[str, str | None]) -> dict[str, str | None]:
    """Set or remove variables, and return what they were."""
    before = {name: os.environ.get(name) for name in wanted}
    for name, value in wanted.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return before
