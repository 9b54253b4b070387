"""What the tests that drive the command line share."""

from pathlib import Path

import pytest

from tests.experiments.delivered import Tracked, delivered_home
from tests.experiments.driving import fit_workspace
from tests.experiments.test_end_to_end import Finished, run_small_study


@pytest.fixture(scope="session")
def fitted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with fitted models and one study, to be copied and never changed."""
    return fit_workspace(tmp_path_factory.mktemp("fitted"))


@pytest.fixture(scope="session")
def untracked(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run the small study with tracking off, to be copied and never changed."""
    return run_small_study(tmp_path_factory.mktemp("untracked"))


@pytest.fixture(scope="session")
def delivered(untracked: Finished, tmp_path_factory: pytest.TempPathFactory) -> Tracked:
    """Deliver the small study to MLflow, to be copied and never changed."""
    return delivered_home(untracked, tmp_path_factory.mktemp("delivered"))
