"""A PostgreSQL server of the tests' own: a spare port, a folder, and an end by its pid."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
"""Where distributions put the programs of a server, which are seldom on the path."""

USER = "postgres"
"""Who runs the server when the tests run as root, which initdb refuses."""

PASSWORD = "canary-7f3a"
"""Accepted by a server that asks for none, and looked for wherever it must not stand."""


class Server:
    """A running server and the databases made on it."""

    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self.programs = programs
        self.folder = folder
        self.port = port

    @property
    def data(self) -> Path:
        """Folder of the cluster."""
        return self.folder / "data"

    @property
    def pid(self) -> int:
        """Number of the server's first process."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def address(self, database: str) -> str:
        """Return the address of a database, with a password."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database, yield its address and drop it."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield self.address(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Execute one statement outside a transaction."""
        import psycopg

        with psycopg.connect(self.address(database), autocommit=True) as connection:
            connection.execute(statement)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder}"
        self.control("start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options)

    def stop_at_once(self) -> None:
        """Stop the server as a power cut would; the next start recovers what was committed."""
        self.control("stop", "-w", "-m", "immediate")

    def control(self, *words: str) -> None:
        """Run pg_ctl."""
        run_as_user([str(self.programs / "pg_ctl"), "-s", "-D", str(self.data), *words])


@contextmanager
def server(*, synchronised: bool) -> Iterator[Server]:
    """Run a server of its own; with `synchronised` what it commits survives a power cut."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="fpg"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, USER)
        made = Server(programs, folder, spare_port())
        initdb = [str(programs / "initdb"), "-D", str(made.data), "-U", USER, "-A", "trust"]
        run_as_user([*initdb, "-E", "UTF8", "--no-locale", "--no-sync"])
        with (made.data / "postgresql.conf").open("a") as settings:
            # Only how long a start after a power cut takes: the file system is asked once.
            settings.write("recovery_init_sync_method = syncfs\n")
            if not synchronised:
                settings.write("fsync = off\nfull_page_writes = off\n")
        made.start()
        try:
            yield made
        finally:
            end(made.pid)
    finally:
        shutil.rmtree(folder)


def find_programs() -> Path:
    """Return the folder of the server's programs, or skip the test."""
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed")
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += [found for place in PLACES for found in sorted(Path("/").glob(place[1:]))[::-1]]
    for folder in folders:
        if all((folder / name).exists() for name in ("pg_ctl", "initdb", "postgres")):
            return folder
    pytest.skip("no PostgreSQL server is installed")


def run_as_user(command: list[str]) -> None:
    """Run a program of the server as somebody who may."""
    user: dict = {}
    if os.getuid() == 0:
        try:
            entry = pwd.getpwnam(USER)
        except KeyError:
            pytest.skip(f"there is no user {USER}, and root may not run a server")
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    done = subprocess.run(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, **user
    )
    assert done.returncode == 0, done.stderr.decode()


def spare_port() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def end(pid: int) -> None:
    """End a server whose data nobody needs any more, and wait until it is gone."""
    os.kill(pid, signal.SIGQUIT)
    until = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < until, f"server {pid} does not end"
        time.sleep(0.05)
