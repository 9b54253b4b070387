"""Model files for tests: true ones, and what somebody who means harm could put in their place."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from skops.io import dumps

from formulation.errors import DataError
from models.keeping.files import MODEL_FILE, load_estimator

RNG = np.random.default_rng(7)
NUMBERS = RNG.random((60, 3))
GRADES = RNG.choice(["K4M", "K15M", "K100M"], 60)
TARGET = NUMBERS[:, 0] + (GRADES == "K15M") + 0.1 * RNG.random(60)
MIXED = pd.DataFrame(
    {
        "hpmc": np.where(RNG.random(60) < 0.1, np.nan, NUMBERS[:, 0]),
        "mass": NUMBERS[:, 1],
        "grade": GRADES,
    }
)


def estimators() -> dict:
    """Return every kind of estimator that a model may hold, unfitted, with its features."""
    from sklearn import ensemble, gaussian_process, impute, linear_model, multioutput, tree
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    numeric = make_pipeline(impute.SimpleImputer(add_indicator=False), StandardScaler())

    def columns(encoder: object, number: object = numeric) -> ColumnTransformer:
        return ColumnTransformer([("n", number, ["hpmc", "mass"]), ("c", encoder, ["grade"])])

    def boosted(**settings: object) -> ensemble.HistGradientBoostingRegressor:
        return ensemble.HistGradientBoostingRegressor(max_iter=4, **settings)

    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    process = gaussian_process.GaussianProcessRegressor(
        kernel=ConstantKernel() * Matern(np.ones(3)) * RBF(np.ones(3)) + WhiteKernel(),
        optimizer=None,
    )
    return {
        "boosted": (boosted(loss="absolute_error", random_state=1), NUMBERS),
        "quantile": (boosted(loss="quantile", quantile=0.9), NUMBERS),
        "monotone with categories": (
            make_pipeline(
                columns(ordinal, "passthrough"),
                boosted(categorical_features=[2], monotonic_cst=[1, 0, 0]),
            ),
            MIXED,
        ),
        "categories of a frame": (
            boosted(categorical_features="from_dtype"),
            MIXED.assign(grade=MIXED["grade"].astype("category")),
        ),
        "bagged": (ensemble.BaggingRegressor(boosted(), 2, random_state=0), NUMBERS),
        "forest": (ensemble.RandomForestRegressor(4, random_state=0), NUMBERS),
        "extra trees": (
            make_pipeline(columns(ordinal), ensemble.ExtraTreesRegressor(4, random_state=0)),
            MIXED.assign(hpmc=NUMBERS[:, 0]),
        ),
        "tree": (tree.DecisionTreeRegressor(random_state=np.random.RandomState(3)), NUMBERS),
        "process": (make_pipeline(StandardScaler(), process), NUMBERS),
        "ridge": (make_pipeline(columns(hot), linear_model.Ridge()), MIXED),
        "scaled target": (
            TransformedTargetRegressor(linear_model.Ridge(), transformer=StandardScaler()),
            NUMBERS,
        ),
        "two outputs": (multioutput.MultiOutputRegressor(linear_model.Ridge()), NUMBERS),
    }


def fit_all() -> dict[str, tuple[Any, Any]]:
    """Return every estimator fitted, with features to predict from."""
    two = np.column_stack([TARGET, -TARGET])
    return {
        name: (e.fit(x, two if name in ("two outputs", "forest") else TARGET), x)
        for name, (e, x) in estimators().items()
    }


def plant(folder: Path, content: bytes) -> str:
    """Put a foreign model file into a folder and return its right checksum."""
    folder.mkdir(exist_ok=True)
    (folder / MODEL_FILE).write_bytes(content)
    return sha256(content).hexdigest()


def refused(folder: Path, content: bytes, match: str) -> None:
    """Check that a file is refused although its checksum is right."""
    with pytest.raises(DataError, match=match) as caught:
        load_estimator(folder, plant(folder, content))
    assert caught.value.exit_code == 3
    assert caught.value.problems[0].hint


def schema_of(content: bytes) -> dict:
    """Return the schema of a file."""
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        return json.loads(whole.read("schema.json"))


def rewritten(
    content: bytes,
    change: Callable[[str, bytes], bytes],
    *,
    compression: int = zipfile.ZIP_STORED,
    more: tuple[tuple[str, bytes], ...] = (),
) -> bytes:
    """Return an archive with each entry changed, and with more entries."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as whole,
        zipfile.ZipFile(made, "w", compression) as archive,
    ):
        for name in whole.namelist():
            archive.writestr(name, change(name, whole.read(name)))
        for name, added in more:
            archive.writestr(name, added)
    return made.getvalue()


def with_schema(content: bytes, change: Callable[[str], str]) -> bytes:
    """Return an archive whose schema was edited as text."""
    return rewritten(content, lambda n, b: change(b.decode()).encode() if n == "schema.json" else b)


def command_file(marker: Path) -> bytes:
    """Return a skops file that has a command run while its content is built."""
    with zipfile.ZipFile(io.BytesIO(dumps((f"touch '{marker}'",)))) as whole:
        arguments = json.loads(whole.read("schema.json"))
    head = {name: arguments.pop(name) for name in ("protocol", "_skops_version")}
    schema = {
        "__class__": "system",
        "__module__": "posix",
        "__loader__": "ConstructorFromReduceNode",
        "content": arguments,
        "__id__": 1,
        **head,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as whole:
        whole.writestr("schema.json", json.dumps(schema))
    return made.getvalue()


class Touching:
    """Has a command run when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.marker}'",)


class Foreign:
    """A type that no model has."""
