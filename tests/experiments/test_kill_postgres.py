"""The program itself on a PostgreSQL server: killed, cut off from its server, resumed, tracked.

One study through the command line, from the fit to the report. The password of the address is
looked for in everything that was written or said.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.store import without_password
from tests.experiments.databases import rows
from tests.experiments.postgres_server import PASSWORD, Server, server

pytestmark = [pytest.mark.kill, pytest.mark.timeout(1800)]

BUDGET = 80
STUDY = f"""\
study: kill
question: Does anything get lost when the server does?
jurisdiction: EU
systems: [immediate_release]
salts: [citrate, chloride]
dose: {{low: 150 mg/d, high: 250 mg/d}}
population: {{name: healthy_adults, size: 16, seed: 3}}
objectives:
  - {{endpoint: absorbed_increment, goal: maximise, worst: 0 mg/d, ideal: 40 mg/d}}
  - {{endpoint: swallowed_mass, goal: minimise, worst: 6 g/d, ideal: 0.5 g/d}}
budget: {{trials: {BUDGET}, batch: 8, seed: 5}}
"""

TABLES = "study trial confirmation curve model_version outbox owner audit".split()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Server]:
    """Run a server whose commits survive a power cut."""
    with server(synchronised=True) as running:
        yield running


def start(home: Path, address: str, *words: str, **environment: str) -> subprocess.Popen:
    """Start the command line with the store on the server."""
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.cli", *words, "--home", str(home)],
        env={**os.environ, "FORMULATION_STORE": address, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def acknowledged(lines: list[str]) -> list[int]:
    """Return the numbers that lines of progress acknowledge."""
    events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [number for event in events if event["event"] == "ack" for number in event["trials"]]


def complete(address: str) -> Counter:
    """Return how often each number is complete."""
    found = rows(address, "SELECT number FROM trial WHERE state = 'complete'")
    return Counter(number for (number,) in found)


def test_a_study_on_a_server_is_killed_cut_off_and_finished(
    lasting: Server, tmp_path: Path
) -> None:
    """Nothing acknowledged is lost or done twice, and the password stands nowhere."""
    home, file = tmp_path / "home", tmp_path / "study.yaml"
    file.write_text(STUDY)
    how = ("--executor", "process", "--progress", "jsonl")
    with lasting.database() as address:
        killed = start(home, address, "run", str(file), *how, FORMULATION_FAILPOINT="commit:3")
        _, told = killed.communicate(timeout=900)
        assert killed.returncode == -signal.SIGKILL
        acks = acknowledged(told.splitlines())
        assert acks
        assert set(acks) <= set(complete(address))

        resumed = start(home, address, "resume", "S001", "--json", *how)
        lines: list[str] = []
        while len(acknowledged(lines)) < 16:
            lines.append(resumed.stderr.readline().strip())
            assert lines[-1], "it ended early"
        lasting.stop_at_once()
        lasting.start()
        out, rest = resumed.communicate(timeout=900)
        assert resumed.returncode == 0, rest
        acks += acknowledged([*lines, *rest.splitlines()])
        assert complete(address) == Counter(range(BUDGET))
        assert Counter(acks) == Counter(set(acks))
        document = json.loads(out)
        assert document["store"] == without_password(address)
        told, said = start(home, address, "track", "sync", "--json").communicate(timeout=900)
        assert json.loads(told)["waiting"] == 0, said
        shown, _ = start(home, address, "front", "S001", "--json").communicate(timeout=120)
        assert json.loads(shown)["tracking"]["run_id"]

        status = start(home, address, "status", "--json")
        shown, _ = status.communicate(timeout=120)
        assert f'"done": {BUDGET}' in shown
        stored = [str(rows(address, f"SELECT * FROM {table}")) for table in TABLES]
        assert PASSWORD not in "".join([out, told, rest, *lines, shown, *stored])
        files = [path for path in home.rglob("*") if path.is_file()]
        assert any(path.name == "mlflow.db" for path in files)
        assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]
