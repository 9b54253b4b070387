"""``formulation ui``: answers, says where to look, and leaves no process behind."""

import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from experiments import listing, mlflow_server, publishing
from experiments.cli import main
from experiments.cli.terminating import sigterm_stops
from experiments.mlflow_server import _command, serve
from experiments.workspace import open_workspace
from formulation.errors import InputError
from tests.experiments.test_end_to_end import command, drive, environment


def free_port() -> int:
    """Return a port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_naming(text: str) -> list[int]:
    """Return the processes whose command line holds a text that only this test uses."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if text.encode() in words:
            found.append(int(folder.name))
    return found


def listening_at(port: int) -> set[str]:
    """Return the addresses of this machine at which anybody listens on a port, as /proc tells."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                found.add(address)
    return found


def fields(process: int) -> list[str]:
    """Return what /proc tells of a process behind its name: state, parent, group, session."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def members(session: int) -> list[list[str]]:
    """Return the words of every process of a session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if fields(int(folder.name))[3] == str(session):
                found.append((folder / "cmdline").read_bytes().decode().split("\0"))
        except OSError:  # it ended meanwhile
            continue
    return found


def see_that_it_is_lean(port: int, ours: int) -> None:
    """One worker, no jobs, no telemetry, heard by this machine only, no address in its words."""
    named = processes_naming(f"--port\0{port}\0")
    (server,) = (pid for pid in named if fields(pid)[1] == str(ours))
    settings = Path(f"/proc/{server}/environ").read_text().split("\0")
    assert "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false" in settings
    assert {"MLFLOW_DISABLE_TELEMETRY=true", "DO_NOT_TRACK=true"} <= set(settings)
    group = members(server)
    assert len(group) == 2, ("the server and its worker", group)
    assert not any("sqlite:" in word for words in group for word in words)
    assert listening_at(port) == {"0100007F"}, "127.0.0.1 as /proc writes it"


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGKILL, -9)],
)
def test_the_pages_answer_and_end_with_every_process(tmp_path, number, code):
    """The server and its worker end with the program, whichever way it is asked or made to."""
    port, home = free_port(), tmp_path / "home"
    settings = environment()
    del settings["FORMULATION_TRACKING_URI"]
    with subprocess.Popen(
        command("ui", "--port", str(port), home=home),
        env=settings,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that were started by nohup hand on that the end of a terminal is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    ) as server:
        try:
            lines = [server.stderr.readline()]
            assert lines[0].startswith("MLflow was told of no study of this workspace yet (the fol")
            assert lines[0].endswith(f"formulation run --home {home} STUDY.yaml\n")
            lines.append(server.stderr.readline())
            assert lines[1] == f"MLflow: http://127.0.0.1:{port}\n"
            while not lines[-1].startswith("Ctrl-C"):
                lines.append(server.stderr.readline())
                assert lines[-1], lines
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                assert answer.status == 200
            see_that_it_is_lean(port, server.pid)
            server.send_signal(number)
            _, rest = server.communicate(timeout=60)
        finally:
            server.terminate()
    assert server.returncode == code
    assert "Traceback" not in rest
    if number == signal.SIGKILL:
        # Nobody is left to wait for them.
        until = time.monotonic() + 60
        while processes_naming(str(home)) and time.monotonic() < until:
            time.sleep(0.05)
    assert processes_naming(str(home)) == []
    assert processes_naming(f"--port\0{port}\0") == []
    assert listening_at(port) == set()


@pytest.mark.parametrize(
    ("views", "n_studies", "words"),
    [
        ({}, 0, "MLflow was told of no study of this workspace yet; start one"),
        ({}, 2, "MLflow was told of none of these studies yet"),
        ({"S001": {"front": "http://127.0.0.1:5000/#/x"}}, 2, ""),
    ],
)
def test_pages_that_show_no_study_are_told_before_they_open(
    views, n_studies, words, tmp_path, monkeypatch, capsys
):
    """With what to do; whoever has something to show is told nothing."""
    (tmp_path / "home").mkdir()
    monkeypatch.setattr(mlflow_server, "serve", lambda *given: given[-1]("serving"))
    monkeypatch.setattr(publishing, "tracking_views", lambda *given: views)
    monkeypatch.setattr(listing, "list_studies", lambda workspace: [{}] * n_studies)
    monkeypatch.delenv("FORMULATION_TRACKING_URI", raising=False)
    assert main(["ui", "--home", str(tmp_path / "home")]) == 0
    err = capsys.readouterr().err
    assert err.endswith("serving\n")
    assert err.startswith(words or "serving")


def test_a_taken_port_is_told_before_anything_starts(tmp_path):
    """Whoever has the port might answer the health check in the server's place."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        workspace = open_workspace(home=str(tmp_path / "home"), environment={}, folder=tmp_path)
        with pytest.raises(InputError, match=f"Port {port} of this machine cannot be used"):
            serve(workspace, port, {}, lambda _: None)
    assert not workspace.home.exists()


def test_a_port_that_does_not_exist_is_wrong_usage(tmp_path):
    """Exit code 2."""
    home = tmp_path / "home"
    good = f"sqlite:///{home / 'mlflow.db'}"
    done = drive("ui", "--port", "70000", home=home, FORMULATION_TRACKING_URI=good)
    assert (done.returncode, done.stdout) == (2, "")
    assert "choose one from 1 to 65535" in done.stderr


def test_tracking_elsewhere_has_pages_of_its_own(tmp_path):
    """No second server is put beside the one that is named."""
    home = tmp_path / "home"
    done = drive("ui", home=home, FORMULATION_TRACKING_URI="http://127.0.0.1:9")
    assert done.returncode == 2
    assert "Open that address instead" in done.stderr


def test_a_password_of_the_database_is_no_word_of_a_command(tmp_path):
    """Everybody on a machine may read the command lines of its processes."""
    settings = {"FORMULATION_TRACKING_URI": "postgresql+psycopg://ana:secret@db.example/mlflow"}
    workspace = open_workspace(home=str(tmp_path), environment=settings, folder=tmp_path)
    assert not workspace.has_tracking_server
    assert not any("secret" in word for word in _command(workspace, 5000))


def test_who_ignores_the_end_of_the_terminal_goes_on_doing_so():
    """As `nohup` has it; else a search of a night would end when its window is closed."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with sigterm_stops():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
