"""Settings of all tests, and a place for a store on every database that holds one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.experiments.postgres_server import Server, server

# What is printed must not depend on the terminal in which the tests were started.
os.environ.pop("COLUMNS", None)

# A first example may load what later ones have; how long one takes is not what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run one server for all tests that need no power cut; skip where none is installed."""
    with server(synchronised=False) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Yield where a store may be made: a file, then a database of a server."""
    if request.param == "sqlite":
        yield tmp_path / "home" / "store.sqlite"
        return
    with request.getfixturevalue("postgres").database() as address:
        yield address
