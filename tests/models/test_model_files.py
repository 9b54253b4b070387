"""Model files: estimators come back bit for bit, and nothing in a file is ever run."""

import io
import json
import operator
import os
import pickle
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from skops.io import dumps, get_untrusted_types, loads

from formulation.errors import DataError
from models.keeping import archive, files, trial
from models.keeping.allowed import ALLOWED, LEARNERS, PLAIN_TYPES, TRUSTED_TYPES, nodes
from models.keeping.files import FORMAT, MODEL_FILE, load_estimator, save_estimator
from models.keeping.trial import try_in_process
from tests.models.model_files import Foreign, Touching, command_file, plant, rewritten, with_schema

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


@pytest.fixture(scope="module")
def fitted() -> dict:
    """Return every estimator fitted, with features to predict from."""
    two = np.column_stack([TARGET, -TARGET])
    return {
        name: (e.fit(x, two if name in ("two outputs", "forest") else TARGET), x)
        for name, (e, x) in estimators().items()
    }


@pytest.fixture(scope="module")
def forest(fitted) -> bytes:
    """Return the file of a forest."""
    return dumps({"model": fitted["forest"][0], "format": FORMAT})


@pytest.fixture(scope="module")
def boosted(fitted) -> bytes:
    """Return the file of boosted trees with categories."""
    return dumps({"model": fitted["monotone with categories"][0], "format": FORMAT})


@pytest.fixture
def tree_state(fitted):
    """Return a function that gives a decision tree with edited nodes."""

    def edited(change, **attributes):
        again = loads(dumps(fitted["tree"][0]), trusted=list(TRUSTED_TYPES))
        state = again.tree_.__getstate__()
        nodes = state["nodes"].copy()
        change(nodes)
        again.tree_.__setstate__({**state, "nodes": nodes})
        for name, value in attributes.items():
            setattr(again, name, value)
        return again

    return edited


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


# --- what is saved comes back ---------------------------------------------------------------------


@pytest.mark.parametrize("name", estimators())
def test_an_estimator_predicts_the_same_bit_for_bit_after_loading(name, fitted, tmp_path) -> None:
    """Of every kind, with what it learnt on."""
    estimator, features = fitted[name]
    again = load_estimator(tmp_path, save_estimator({"model": estimator}, tmp_path))["model"]
    np.testing.assert_array_equal(again.predict(features), estimator.predict(features))


def test_values_and_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    """Under their names, without the number of the format."""
    state = {
        "name": "x",
        "values": [1, 2.5, None, True, (1, "a")],
        "table": {"low": np.arange(3.0), "names": np.array(["a", "bb"], dtype=object)},
        "counts": np.array([1, 2], dtype=np.int32),
        "number": np.float64(2.5),
    }
    again = load_estimator(tmp_path, save_estimator(state, tmp_path))
    assert set(again) == set(state)
    assert (again["name"], again["values"], again["number"]) == (
        *(state["name"], state["values"], state["number"]),
    )
    np.testing.assert_array_equal(again["table"]["low"], state["table"]["low"])
    np.testing.assert_array_equal(again["table"]["names"], state["table"]["names"])
    assert again["counts"].dtype == np.int32


def test_the_list_is_no_longer_than_models_need(fitted) -> None:
    """Each learner and each type beyond skops' own stands in a true file."""
    found: set[str] = set()
    needed: set[str] = set()
    for estimator, _ in fitted.values():
        content = dumps(estimator)
        needed |= set(get_untrusted_types(data=content))
        for node in nodes(schema_of(content)):
            if isinstance(node.get("__class__"), str):
                found.add(f"{node['__module__']}.{node['__class__']}")
    assert needed == set(TRUSTED_TYPES)
    assert set(LEARNERS) - found == set()
    assert found - ALLOWED == set()
    assert {name.partition(".")[0] for name in PLAIN_TYPES} == {"builtins", "numpy"}


@pytest.mark.parametrize("foreign", [Foreign(), np.exp, {1, 2}, b"bytes", operator.itemgetter(0)])
def test_what_would_not_be_read_back_is_not_written(foreign, tmp_path: Path) -> None:
    """The one who adds a kind of model learns it when saving, not when a study is resumed."""
    with pytest.raises(
        TypeError, match=r"a model may (not )?hold .*(models\.keeping\.allowed|only)"
    ):
        save_estimator({"model": foreign}, tmp_path / "model")
    assert not (tmp_path / "model").exists()


# --- files that would run something ---------------------------------------------------------------


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


# --- files that are not what they say -------------------------------------------------------------


def test_a_link_is_not_followed(fitted, tmp_path: Path) -> None:
    """Even to a file whose content is right."""
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "model"
    checksum = save_estimator({"model": fitted["tree"][0]}, elsewhere)
    folder.mkdir()
    (folder / MODEL_FILE).symlink_to(elsewhere / MODEL_FILE)
    with pytest.raises(DataError, match="cannot be read: it is a link"):
        load_estimator(folder, checksum)


def test_a_pipe_or_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    """Without waiting for somebody to write into it."""
    os.mkfifo(tmp_path / MODEL_FILE)
    with pytest.raises(DataError, match="is no ordinary file"):
        load_estimator(tmp_path, "0" * 64)
    (tmp_path / MODEL_FILE).unlink()
    (tmp_path / MODEL_FILE).mkdir()
    with pytest.raises(DataError, match="is no ordinary file"):
        load_estimator(tmp_path, "0" * 64)


def test_a_file_beyond_the_largest_is_not_read(tmp_path: Path) -> None:
    """Its size is known before: this one takes no room on the disk."""
    with (tmp_path / MODEL_FILE).open("wb") as file:
        file.truncate(files.MAX_BYTES + 1)
    with pytest.raises(DataError, match=r"has 268,435,457 bytes; at most 268,435,456 are read"):
        load_estimator(tmp_path, "0" * 64)


def test_a_model_beyond_the_largest_is_not_written(tmp_path: Path, monkeypatch) -> None:
    """Rather than written and refused later."""
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="at most 1,000 are read back"):
        save_estimator({"model": np.zeros(1000)}, tmp_path)


def test_a_compressed_entry_is_refused(tmp_path: Path) -> None:
    """A bomb needs one: 64 MB of zeros in 64 kB."""
    zeros = io.BytesIO()
    np.save(zeros, np.zeros(8 * 1024 * 1024))
    bomb = rewritten(
        dumps({"a": np.zeros(1), "format": FORMAT}),
        lambda n, b: zeros.getvalue() if n.endswith(".npy") else b,
        compression=zipfile.ZIP_DEFLATED,
    )
    assert len(bomb) < 100_000
    refused(tmp_path, bomb, "is no sound model: its entry .* is compressed")


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    """Many names for the same bytes weigh little and hold much."""
    whole = dumps({"a": np.zeros(1000), "format": FORMAT})
    with zipfile.ZipFile(io.BytesIO(whole)) as source:
        (array,) = [e for e in source.infolist() if e.filename.endswith(".npy")]
        data = {e.filename: source.read(e) for e in source.infolist()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as bomb:
        for name, content in data.items():
            bomb.writestr(name, content)
        first = bomb.getinfo(array.filename)
        for k in range(100):
            twin = zipfile.ZipInfo(f"{k}.npy")
            for part in ("CRC", "compress_size", "file_size", "header_offset", "external_attr"):
                setattr(twin, part, getattr(first, part))
            bomb.filelist.append(twin)
            bomb.NameToInfo[twin.filename] = twin
    refused(tmp_path, made.getvalue(), "its entries hold more than the file")


@pytest.mark.parametrize(
    "name", ["../../outside.npy", "/tmp/x.npy", "code/trap.py", "1.pkl", "a\0.npy", "schema.json"]
)
def test_an_entry_that_no_model_has_is_refused(name, tmp_path: Path) -> None:
    """Nothing is ever unpacked; and a name out of the folder says what the file is."""
    content = dumps({"a": np.zeros(1), "format": FORMAT})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name", UserWarning)
        planted = rewritten(content, lambda _n, b: b, more=((name, b"x"),))
    refused(tmp_path, planted, "is no sound model: (it has an entry|two of its entries)")


def test_an_array_longer_than_its_bytes_is_refused(tmp_path: Path) -> None:
    """Numpy would set aside what the header asks for: eight terabytes here."""
    content = dumps({"a": np.zeros(10), "format": FORMAT})
    huge = rewritten(
        content,
        lambda n, b: (
            b.replace(b"(10,), }" + b" " * 11, b"(1000000000000,), }") if n.endswith(".npy") else b
        ),
    )
    assert huge != content
    refused(tmp_path, huge, "is not as long as its header says")


def test_a_schema_too_deep_to_build_is_refused(tmp_path: Path) -> None:
    """An error with words, not the end of the stack."""
    deep = with_schema(dumps([1]), lambda _s: "[" * 100_000 + "]" * 100_000)
    refused(tmp_path, deep, r"is no readable skops file \(RecursionError")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.999])
def test_a_truncated_file_is_refused(kept, forest, tmp_path: Path) -> None:
    """Wherever it ends."""
    n = int(kept * len(forest)) if isinstance(kept, float) else kept
    refused(tmp_path, forest[:n], "is no readable skops file")


def test_flipped_bits_are_refused_or_change_numbers_only(forest, boosted, fitted, tmp_path) -> None:
    """With a checksum made to fit: nothing but our error comes out, and no prediction crashes."""
    outcomes = {"refused": 0, "loaded": 0}
    rng = np.random.default_rng(11)
    for content, name in ((forest, "forest"), (boosted, "monotone with categories")):
        for k in rng.integers(0, len(content), 120):
            flipped = bytearray(content)
            flipped[k] ^= 1 << int(rng.integers(0, 8))
            try:
                again = load_estimator(tmp_path, plant(tmp_path, bytes(flipped)))
            except DataError:
                outcomes["refused"] += 1
                continue
            outcomes["loaded"] += 1
            assert again["model"].predict(fitted[name][1]).shape[0] == len(NUMBERS)
    assert outcomes["refused"] > 100


# --- trees whose indices lead astray --------------------------------------------------------------


def child_beyond(nodes):
    nodes["left_child"][0] = 2**40


def child_before(nodes):
    parents = np.flatnonzero(nodes["left_child"] != -1)
    nodes["right_child"][parents[-1]] = 0


def child_itself(nodes):
    nodes["left_child"][0] = 0


def child_below_zero(nodes):
    nodes["right_child"][0] = -7


def feature_beyond(nodes):
    nodes["feature"][0] = 3


def feature_below_zero(nodes):
    nodes["feature"][0] = -5


def leaf_with_child(nodes):
    nodes["right_child"][np.flatnonzero(nodes["left_child"] == -1)[0]] = 1


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (child_beyond, "has the child 1099511627776"),
        (child_before, "a child comes after its parent"),
        (child_itself, "node 0 .* has the child 0"),
        (child_below_zero, "has the child -7"),
        (feature_beyond, "a feature beyond its 3"),
        (feature_below_zero, "a feature beyond its 3"),
        (leaf_with_child, "a leaf .* has a child"),
    ],
)
def test_a_tree_that_leads_astray_is_refused(change, match, tree_state, tmp_path) -> None:
    """Compiled code would follow it beyond its memory, or for ever."""
    content = dumps({"model": tree_state(change), "format": FORMAT})
    refused(tmp_path, content, f"is no sound model: .*{match}")


def test_without_the_check_such_a_tree_ends_the_process(tree_state, tmp_path: Path) -> None:
    """What it protects from."""
    plant(tmp_path, dumps(tree_state(child_beyond)))
    code = (
        "import sys, numpy as np; from skops.io import load\n"
        f"model = load(sys.argv[1], trusted={list(TRUSTED_TYPES)!r})\n"
        "model.predict(np.full((4, 3), -1.0))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / MODEL_FILE], check=False)
    assert done.returncode < 0


def test_a_tree_that_expects_more_features_than_it_is_given_is_refused(
    tree_state, tmp_path
) -> None:
    """By the estimator that holds it, or without saying."""
    content = dumps({"m": tree_state(lambda n: None, n_features_in_=2), "format": FORMAT})
    refused(tmp_path, content, "a tree of 3 features stands where there are 2")
    silent = tree_state(lambda n: None)
    del silent.n_features_in_
    refused(
        tmp_path, dumps({"m": silent, "format": FORMAT}), "does not say how many features it takes"
    )


def test_a_forest_of_unlike_trees_is_refused(fitted, tmp_path: Path) -> None:
    """It looks at the features of its first tree and asks all."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.tree import DecisionTreeRegressor

    forest = RandomForestRegressor(3, random_state=0).fit(NUMBERS, TARGET)
    wide = DecisionTreeRegressor().fit(np.tile(NUMBERS, 3), TARGET)
    forest.estimators_[1] = wide
    content = dumps({"m": forest, "format": FORMAT})
    refused(tmp_path, content, "a tree of its RandomForestRegressor has not 3 features")


def test_a_tree_without_an_estimator_is_refused(fitted, tmp_path: Path) -> None:
    """Nobody would say how many features it takes."""
    for tree in (fitted["tree"][0].tree_, fitted["boosted"][0]._predictors[0][0]):
        refused(tmp_path, dumps({"t": tree, "format": FORMAT}), "belongs to no estimator")


@pytest.mark.parametrize("count", [0, -3, 1])
def test_a_tree_that_counts_fewer_nodes_than_it_has_is_refused(
    count, fitted, tmp_path: Path
) -> None:
    """What is checked must be what is followed; a count that is too high scikit-learn corrects."""
    content = dumps({"m": fitted["tree"][0], "format": FORMAT})
    schema = schema_of(content)
    (node,) = [n for n in nodes(schema) if n.get("__loader__") == "TreeNode"]
    node["content"]["content"]["node_count"]["content"] = str(count)
    more = with_schema(content, lambda _s: json.dumps(schema))
    refused(tmp_path, more, rf"says it has {count} nodes of \d+")


def test_a_tree_with_more_outputs_than_classes_is_refused_before_it_is_built(
    fitted, tmp_path
) -> None:
    """Its constructor copies as many numbers as it is told."""
    content = dumps({"m": fitted["tree"][0], "format": FORMAT})
    schema = schema_of(content)
    (node,) = [n for n in nodes(schema) if n.get("__loader__") == "TreeNode"]
    node["__reduce__"]["args"]["content"][2]["content"] = "1000000"
    wrong = with_schema(content, lambda _s: json.dumps(schema))
    refused(tmp_path, wrong, "not as many numbers of classes as outputs")


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [
        ("left", 2**31, "has the child 2147483648"),
        ("right", 0, "a child comes after its parent"),
        ("feature_idx", 9, "a feature beyond its 3"),
        ("feature_idx", -1, "a feature beyond its 3"),
        ("is_categorical", 1, "takes a number for a category|asks for categories"),
        ("bitset_idx", 77, "asks for categories it does not have"),
    ],
)
def test_a_boosted_tree_that_leads_astray_is_refused(
    column, value, match, boosted, tmp_path
) -> None:
    """Children, features and categories of the compiled predictor."""
    model = loads(boosted, trusted=list(TRUSTED_TYPES))["model"]
    trees = [tree for step in model[-1]._predictors for tree in step]
    for tree in trees:
        is_category = tree.nodes["is_categorical"] != 0
        where = is_category if column == "bitset_idx" else tree.nodes["is_leaf"] == 0
        tree.nodes[column][where] = value
    refused(tmp_path, dumps({"m": model, "format": FORMAT}), f"is no sound model: .*({match})")


def boosted_with(model, **attributes):
    for name, value in attributes.items():
        setattr(model[-1], name, value)


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ({"_n_features": 2}, "disagree on the number of features"),
        ({"_in_fit": True}, "says it is being fitted"),
        ({"n_features_in_": 4}, "disagree on the number of features"),
    ],
)
def test_a_boosted_model_that_lies_about_itself_is_refused(
    attributes, match, boosted, tmp_path
) -> None:
    """It would hand its trees fewer columns than they ask for."""
    model = loads(boosted, trusted=list(TRUSTED_TYPES))["model"]
    boosted_with(model, **attributes)
    refused(tmp_path, dumps({"m": model, "format": FORMAT}), f"is no sound model: .*{match}")


def test_an_encoding_that_drops_a_column_is_refused(boosted, tmp_path: Path) -> None:
    """A boosted model does not count what its own encoding hands on."""
    model = loads(boosted, trusted=list(TRUSTED_TYPES))["model"]
    encoding = model[-1]._preprocessor
    name, part, _ = encoding.transformers_[1]
    encoding.transformers_[1] = (name, part, [0])
    refused(tmp_path, dumps({"m": model, "format": FORMAT}), "drops a column")


# --- the process that tries first -----------------------------------------------------------------


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
