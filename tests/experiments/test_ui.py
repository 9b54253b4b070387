"""``formulation ui``: answers, says where to look, and leaves no process behind."""

import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from experiments.mlflow_server import serve
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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_pages_answer_and_end_with_every_process(tmp_path, number, code):
    """The server and its worker end with the program, whichever way it is asked to."""
    port, home = free_port(), tmp_path / "home"
    settings = environment()
    del settings["FORMULATION_TRACKING_URI"]
    with subprocess.Popen(
        command("ui", "--port", str(port), home=home),
        env=settings,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            lines = [server.stderr.readline()]
            assert lines[0] == f"MLflow: http://127.0.0.1:{port}\n"
            while not lines[-1].startswith("Ctrl-C"):
                lines.append(server.stderr.readline())
                assert lines[-1], lines
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                assert answer.status == 200
            assert len(processes_naming(str(home))) >= 2
            server.send_signal(number)
            _, rest = server.communicate(timeout=60)
        finally:
            server.kill()
    assert server.returncode == code
    assert "Traceback" not in rest
    assert processes_naming(str(home)) == []
    assert processes_naming(f"--port\0{port}\0") == []


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
