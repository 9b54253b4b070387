"""Trees whose indices lead astray are refused before they predict."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skops.io import dumps, loads

from models.keeping.allowed import TRUSTED_TYPES, nodes
from models.keeping.files import FORMAT, MODEL_FILE
from tests.models.model_files import (
    NUMBERS,
    TARGET,
    fit_all,
    plant,
    refused,
    schema_of,
    with_schema,
)


@pytest.fixture(scope="module")
def fitted() -> dict:
    """Return every estimator fitted, with features to predict from."""
    return fit_all()


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
        ("is_categorical", 1, "asks for categories"),
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


def test_a_number_taken_for_a_category_is_refused(boosted, tmp_path) -> None:
    """Its feature has no list of known categories, so the look-up would go beyond all."""
    model = loads(boosted, trusted=list(TRUSTED_TYPES))["model"]
    for tree in (tree for step in model[-1]._predictors for tree in step):
        number = (tree.nodes["is_leaf"] == 0) & (tree.nodes["is_categorical"] == 0)
        tree.nodes["is_categorical"][number] = 1
        tree.nodes["bitset_idx"][number] = 0
        tree.raw_left_cat_bitsets = np.zeros((1, 8), dtype=np.uint32)
        tree.binned_left_cat_bitsets = np.zeros((1, 8), dtype=np.uint32)
    content = dumps({"m": model, "format": FORMAT})
    refused(tmp_path, content, "is no sound model: .*takes a number for a category")


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
