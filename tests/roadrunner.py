"""Which Python has libroadrunner, and how a script is run in it."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

ROADRUNNER = os.environ.get("ROADRUNNER") or (sys.executable if find_spec("roadrunner") else "")
"""The interpreter that ROADRUNNER names, else this one where libroadrunner is installed."""

needs_roadrunner = pytest.mark.skipif(
    not ROADRUNNER, reason="no libroadrunner here, and ROADRUNNER names no Python that has it"
)


def run_there(*words, given=""):
    """Return the last line that a script prints in that interpreter."""
    done = subprocess.run(
        [ROADRUNNER, *map(str, words)], input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]
