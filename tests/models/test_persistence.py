"""Surrogates on disk: the same to the last bit, or refused. Attacks: `test_model_attacks`."""

import json
import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from skops.io import dumps

from formulation.errors import DataError
from models.keeping import files
from models.keeping.files import CARD_FILE, MODEL_FILE
from models.surrogates.card import make_card
from models.surrogates.emulator import SystemSurrogate, fit
from models.surrogates.persistence import load, save
from models.surrogates.table import build_table, feature_row, space_filling
from tests.experiments.small_study import small_study
from tests.models.model_files import Foreign, plant

SPEC = small_study()
PART = SPEC.space.space_of("timed_release")
HINT = "Remove the folder; the next run fits the model again"


@pytest.fixture(scope="module")
def fitted():
    """Return a surrogate and its card."""
    table = build_table(PART, SPEC.population, n_designs=24, seed=1)
    surrogate, metrics = fit(table)
    return surrogate, make_card("key", table, surrogate, metrics, 1)


@pytest.fixture
def saved(fitted, tmp_path: Path) -> tuple[Path, str]:
    """Folder and checksum of a saved surrogate."""
    folder = tmp_path / "model"
    return folder, save(*fitted, folder)


def state_of(surrogate: SystemSurrogate, **changes) -> dict:
    """Return what a saved surrogate holds, with changes."""
    state = {"format": files.FORMAT, "system": surrogate.system}
    state |= {"feature_names": list(surrogate.feature_names)}
    state |= {"applicability": surrogate.applicability.as_dict()}
    state |= {"measured_names": dict(surrogate.measured_names)}
    state |= {name: getattr(surrogate, name) for name in ("curve_model", "endpoint_model")}
    names = [a.name for a in surrogate.calibration.__attrs_attrs__]
    state |= {"calibration": {name: getattr(surrogate.calibration, name) for name in names}}
    state |= {"discrepancy": surrogate.discrepancy.state(), "direct": None}
    return {**state, **changes}


def test_predictions_are_the_same_bit_for_bit_after_loading(fitted, saved) -> None:
    """Curves, endpoints and every end of an interval."""
    surrogate, again = fitted[0], load(*saved)
    designs = space_filling(PART, 16, seed=9)
    features = np.array([list(feature_row(d).values()) for d in designs])
    before, after = surrogate.predict(features), again.predict(features)
    for name in (a.name for a in type(before).__attrs_attrs__):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert again.extrapolations(features[0] + 1e6) == surrogate.extrapolations(features[0] + 1e6)
    assert (again.system, again.feature_names) == (surrogate.system, surrogate.feature_names)
    assert again.calibration.curve_kind == surrogate.calibration.curve_kind


def test_a_saved_folder_holds_the_model_and_its_card_only(fitted, saved) -> None:
    """No half-written file stays; the card reads back as it was."""
    folder, checksum = saved
    assert sorted(p.name for p in folder.iterdir()) == sorted([MODEL_FILE, CARD_FILE])
    assert sha256((folder / MODEL_FILE).read_bytes()).hexdigest() == checksum
    assert json.loads((folder / CARD_FILE).read_text()) == fitted[1]


def test_the_card_has_what_results_and_report_read(saved) -> None:
    """Every field by name, none of them NaN."""
    card = json.loads((saved[0] / CARD_FILE).read_text())
    assert {
        *("key", "system", "family", "population", "subjects", "rows_by_origin"),
        *("measured_groups", "data_sets", "headline", "protocol", "metrics", "intervals"),
        *("model_error", "model_error_basis", "features", "seed", "code_sha256", "versions"),
    } <= set(card)
    assert set(card["rows_by_origin"]) == {"simulated", "measured"}
    assert set(card["intervals"]) == {"curve", "endpoints", "measured_groups_needed"}
    assert set(card["model_error"]) == set(card["model_error_basis"])
    for metrics in card["metrics"].values():
        assert set(metrics) == {"mae", "rmse", "r2", "coverage90", "width90"}
        assert np.isfinite(list(metrics.values())).all()


def test_a_card_with_nan_is_not_written(fitted, tmp_path: Path) -> None:
    """NaN is not JSON, and no reader would expect it."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        save(fitted[0], {**fitted[1], "seed": float("nan")}, tmp_path / "model")


def test_another_checksum_is_refused(saved) -> None:
    """Exit code 3, and what to do."""
    with pytest.raises(DataError, match=f"its checksum differs.*{HINT}") as caught:
        load(saved[0], "0" * 64)
    assert caught.value.exit_code == 3


def test_one_changed_byte_is_refused(saved) -> None:
    """Whatever it would have meant."""
    path = saved[0] / MODEL_FILE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="its checksum differs"):
        load(*saved)


def test_a_missing_file_is_refused(saved) -> None:
    """The folder alone is no model."""
    (saved[0] / MODEL_FILE).unlink()
    with pytest.raises(DataError, match=f"cannot be read: No such file or directory.*{HINT}"):
        load(*saved)


@pytest.mark.parametrize("found", [0, 1, 2, "3", None])
def test_another_format_is_refused(fitted, tmp_path: Path, found) -> None:
    """A file of an older or newer version is not guessed at."""
    right = plant(tmp_path, dumps(state_of(fitted[0], format=found)))
    with pytest.raises(DataError, match=f"has format {found}, not {files.FORMAT}.*{HINT}"):
        load(tmp_path, right)


@pytest.mark.parametrize("content", [[1, 2], "text", {}, {"format": files.FORMAT}])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content) -> None:
    """Harmless, but no surrogate."""
    right = plant(tmp_path, dumps(content))
    with pytest.raises(DataError, match=r"has format None|lacks a part of a surrogate"):
        load(tmp_path, right)


@pytest.mark.parametrize("missing", ["system", "applicability", "calibration", "endpoint_model"])
def test_a_file_that_lacks_a_part_is_refused(fitted, tmp_path: Path, missing) -> None:
    """It names the part."""
    state = state_of(fitted[0])
    del state[missing]
    right = plant(tmp_path, dumps(state))
    with pytest.raises(DataError, match=f"lacks a part of a surrogate .*{missing}"):
        load(tmp_path, right)


def test_a_model_that_cannot_predict_is_refused(fitted, tmp_path: Path) -> None:
    """A list where a pipeline belongs fails when it is loaded, not in the search."""
    right = plant(tmp_path, dumps(state_of(fitted[0], curve_model=[1.0])))
    with pytest.raises(DataError, match="curve_model must be a fitted pipeline"):
        load(tmp_path, right)


def test_a_foreign_type_inside_a_true_surrogate_is_refused(fitted, tmp_path: Path) -> None:
    """Harmless or not, it is not on the list."""
    right = plant(tmp_path, dumps(state_of(fitted[0], extra=Foreign())))
    with pytest.raises(DataError, match=r"Foreign.*it was not written by this product"):
        load(tmp_path, right)


def test_a_shell_in_the_place_of_a_model_is_refused(fitted, tmp_path: Path) -> None:
    """It would wait for the first prediction to run."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    trap = make_pipeline(FunctionTransformer(os.system))
    right = plant(tmp_path, dumps(state_of(fitted[0], curve_model=trap)))
    with pytest.raises(DataError, match=r"posix\.system"):
        load(tmp_path, right)
