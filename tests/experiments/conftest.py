"""What the tests that drive the command line share."""

from pathlib import Path

import pytest

from tests.experiments.driving import fit_workspace


@pytest.fixture(scope="session")
def fitted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with fitted models and one study, to be copied and never changed."""
    return fit_workspace(tmp_path_factory.mktemp("fitted"))
