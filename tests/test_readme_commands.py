"""The README's commands run as they are written."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[1]
ITSELF = "make test"


def commands() -> list[str]:
    """Return every command of the README's shell blocks, in order."""
    found = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    return [line for block in found for line in block.strip().splitlines() if line != ITSELF]


def test_the_readme_commands_run_in_their_order(tmp_path: Path) -> None:
    """One workspace, every command, exit code 0."""
    listed = commands()
    assert listed[0] == "make study"
    assert len(listed) >= 6
    for command in listed:
        done = subprocess.run(
            shlex.split(command),
            cwd=ROOT,
            env={**os.environ, "FORMULATION_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
