"""Nothing in a model file is ever run, and one from elsewhere is tried apart first."""

import io
import operator
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skops.io import dumps, get_untrusted_types

from formulation.errors import DataError
from models.keeping import archive, files, trial
from models.keeping.files import FORMAT, MODEL_FILE, load_estimator, save_estimator
from models.keeping.trial import try_in_process
from tests.models.model_files import (
    Touching,
    command_file,
    fit_all,
    plant,
    refused,
    rewritten,
)


@pytest.fixture(scope="module")
def fitted() -> dict:
    """Return every estimator fitted, with features to predict from."""
    return fit_all()


def test_a_planted_command_is_refused_and_not_run(tmp_path: Path) -> None:
    """The type is not on the list, so nothing is built."""
    marker = tmp_path / "was here"
    refused(tmp_path, command_file(marker), r"holds a type that no surrogate has.*posix\.system")
    assert not marker.exists()


def test_without_our_list_skops_still_refuses_the_planted_command(tmp_path, monkeypatch) -> None:
    """Two fences, one behind the other."""
    marker = tmp_path / "was here"
    monkeypatch.setattr(files, "foreign_types", lambda _schema: [])
    refused(tmp_path, command_file(marker), r"holds a type that no surrogate has.*posix\.system")
    assert not marker.exists()


def test_without_both_lists_the_planted_command_would_run(tmp_path: Path, monkeypatch) -> None:
    """What they protect from: trusting what the file asks for runs its command."""
    marker = tmp_path / "was here"
    content = command_file(marker)
    monkeypatch.setattr(files, "foreign_types", lambda _schema: [])
    monkeypatch.setattr(files, "TRUSTED_TYPES", get_untrusted_types(data=content))
    refused(tmp_path, content, "has format None")
    assert marker.exists()


@pytest.mark.parametrize("function", [os.system, eval, operator.methodcaller("__subclasses__")])
def test_a_transformer_around_a_function_is_refused(function, tmp_path: Path) -> None:
    """It would wait for the first prediction to run."""
    from sklearn.preprocessing import FunctionTransformer

    content = dumps({"model": FunctionTransformer(function), "format": FORMAT})
    refused(tmp_path, content, "holds a type that no surrogate has")


def test_a_function_that_skops_trusts_is_refused(tmp_path: Path) -> None:
    """Our list is shorter than its own: no ufunc, no other estimator."""
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.preprocessing import FunctionTransformer

    for model in (FunctionTransformer(np.exp), KNeighborsRegressor()):
        content = dumps({"model": model, "format": FORMAT})
        assert get_untrusted_types(data=content) == []
        refused(tmp_path, content, r"holds a type that no surrogate has: (numpy\.exp|sklearn)")


def test_a_partial_of_anything_but_its_one_function_is_refused(tmp_path: Path) -> None:
    """Every name stands on the list, and still it may not be put together so."""
    from functools import partial

    from sklearn.gaussian_process.kernels import WhiteKernel

    content = dumps({"model": partial(WhiteKernel, 1.0), "format": FORMAT})
    refused(tmp_path, content, "is no sound model: it holds the function 'WhiteKernel'")


@pytest.mark.parametrize("written_by", ["pickle", "joblib", "joblib compressed"])
def test_a_pickle_is_refused_and_not_run(written_by, tmp_path: Path) -> None:
    """Named as a model and with the right checksum."""
    import joblib

    marker, path = tmp_path / "was here", tmp_path / MODEL_FILE
    if written_by == "pickle":
        path.write_bytes(pickle.dumps(Touching(marker)))
    else:
        joblib.dump(Touching(marker), path, compress=3 if "compressed" in written_by else 0)
    refused(tmp_path, path.read_bytes(), r"is no readable skops file \(BadZipFile")
    assert not marker.exists()


def test_a_pickle_inside_a_skops_file_is_refused_and_not_run(tmp_path: Path) -> None:
    """An array of objects, which numpy would read back with pickle."""
    marker, stream = tmp_path / "was here", io.BytesIO()
    np.save(stream, np.array([Touching(marker)], dtype=object), allow_pickle=True)
    content = rewritten(
        dumps(np.zeros(1)), lambda n, b: stream.getvalue() if n.endswith(".npy") else b
    )
    refused(tmp_path, content, "is no sound model: its array .* holds objects")
    assert not marker.exists()


@pytest.mark.parametrize(
    "flavor",
    [
        "loader_module: trap\n    code: code",
        "loader_module: mlflow.sklearn\n    model_path: ../outside/o.pkl",
        "pickled_model: ../outside/o.pkl\n    serialization_format: cloudpickle",
    ],
)
def test_nothing_of_a_model_directory_but_the_model_file_is_read(
    flavor, fitted, tmp_path: Path
) -> None:
    """With MLmodel, code and a pickle outside, a true file loads, and a missing one is missing."""
    marker, folder = tmp_path / "was here", tmp_path / "model"
    estimator, features = fitted["forest"]
    checksum = save_estimator({"model": estimator}, folder)
    (folder / "MLmodel").write_text(f"flavors:\n  python_function:\n    {flavor}\n")
    (folder / "code").mkdir()
    (folder / "code" / "trap.py").write_text(f"import os\nos.system(\"touch '{marker}'\")\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "o.pkl").write_bytes(pickle.dumps(Touching(marker)))
    again = load_estimator(folder, checksum)["model"]
    np.testing.assert_array_equal(again.predict(features), estimator.predict(features))
    (folder / MODEL_FILE).unlink()
    with pytest.raises(DataError, match="cannot be read: No such file or directory"):
        load_estimator(folder, checksum)
    assert not marker.exists()


def test_a_true_file_passes_its_trial(fitted, tmp_path: Path) -> None:
    """And nothing is left behind."""
    checksum = save_estimator({"model": fitted["forest"][0]}, tmp_path)
    try_in_process(tmp_path, checksum)
    assert [p.name for p in tmp_path.iterdir()] == [MODEL_FILE]


def test_a_refusal_in_the_trial_is_told_as_it_is(tmp_path: Path) -> None:
    """The same words as without it."""
    marker = tmp_path / "was here"
    right = plant(tmp_path, command_file(marker))
    with pytest.raises(DataError, match=r"holds a type .*posix\.system.*not written by this"):
        try_in_process(tmp_path, right)
    assert not marker.exists()


def test_a_crash_stays_in_the_trial(tmp_path: Path, monkeypatch) -> None:
    """Whatever ends the process is an error with words here."""
    crash = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
    (tmp_path / "sitecustomize.py").write_text(crash)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    with pytest.raises(DataError, match=r"ended the process that tried to load it \(signal 11\)"):
        try_in_process(tmp_path, "0" * 64)


def test_a_trial_that_does_not_end_is_ended(tmp_path: Path, monkeypatch) -> None:
    """By the clock."""
    monkeypatch.setattr(trial, "WALL_S", 0.01)
    with pytest.raises(DataError, match="was not loaded within 0 s"):
        try_in_process(tmp_path, "0" * 64)


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        ("bytearray(trial.MEMORY_BYTES)", "MemoryError"),
        ("open(sys.argv[1], 'wb', 0).write(b'x')", "OSError|File"),
    ],
)
def test_the_trial_has_an_end_of_memory_and_writes_no_file(statement, match, tmp_path) -> None:
    """The limits hold in the process itself."""
    code = f"import sys\nfrom models.keeping import trial\ntrial._limit()\n{statement}"
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "written"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert any(word in done.stderr for word in match.split("|")) or done.returncode < 0


def test_the_largest_file_is_the_same_for_reading_and_counting() -> None:
    """One number, not two."""
    assert files.MAX_BYTES == archive.MAX_BYTES
