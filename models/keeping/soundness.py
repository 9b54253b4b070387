"""What was built from a model file, checked before it predicts.

A list of types says nothing of their content, and scikit-learn's compiled trees follow indices
without looking: a child beyond the last node, a feature beyond the last column or a circle would
crash the process or never end. In a tree that scikit-learn grew, children come after their parent;
that alone rules circles out. A function that waits to be called may only be ``check_array``.
"""

from collections.abc import Iterator
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.keeping.archive import Unsound

LEAF = -1
"""Child of a leaf in scikit-learn's trees, [-]."""


def check_built(state: Any) -> None:
    """Refuse what could crash, or call something, when it predicts.

    Parameters
    ----------
    state : Any
        What was built from a file, [-].

    Raises
    ------
    Unsound
        A tree points out of itself or out of the features, stands where nobody knows its features,
        or a function is not one that models carry.
    """
    from sklearn.ensemble._forest import BaseForest
    from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
    from sklearn.tree import BaseDecisionTree
    from sklearn.tree._tree import Tree

    grown: list[Any] = []
    known: set[int] = set()
    for part in _parts(state):
        # An ensemble keeps what its members were made from: not fitted, so without these.
        if isinstance(part, BaseDecisionTree) and hasattr(part, "tree_"):
            _check_decision_tree(part)
            known.add(id(part.tree_))
        elif isinstance(part, BaseForest) and hasattr(part, "estimators_"):
            _check_forest(part)
        elif isinstance(part, BaseHistGradientBoosting) and hasattr(part, "_predictors"):
            known.update(map(id, _check_boosting(part)))
        elif isinstance(part, Tree | TreePredictor):
            grown.append(part)
        elif isinstance(part, partial | FunctionType | BuiltinFunctionType):
            _check_function(part)
    if any(id(tree) not in known for tree in grown):
        raise Unsound("a tree of it belongs to no estimator, which would say its features")


def _parts(state: Any) -> Iterator[Any]:
    """Yield everything that hangs together with an object, each once, without recursion."""
    seen: dict[int, Any] = {}
    waiting = [state]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, str | bytes | int | float | type(None)):
            continue
        seen[id(part)] = part
        yield part
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple | set | frozenset):
            waiting.extend(part)
        elif isinstance(part, np.ndarray):
            waiting.extend(part.ravel().tolist() if part.dtype.hasobject else [])
        elif isinstance(part, partial):
            waiting.extend([part.func, part.args, part.keywords])
        elif not isinstance(part, type):
            waiting.append(getattr(part, "__dict__", None))


def _check_function(part: Any) -> None:
    from sklearn.utils import check_array

    function = part.func if isinstance(part, partial) else part
    if function is not check_array:
        raise Unsound(f"it holds the function {getattr(function, '__name__', function)!r}")


def _check_decision_tree(estimator: Any) -> None:
    tree = estimator.tree_
    # Before any other attribute of the tree is read: they are views that end at this number.
    if not 0 < tree.node_count == tree.capacity:
        raise Unsound(f"a tree of it says it has {tree.node_count} nodes of {tree.capacity}")
    n_features = _n_features(estimator)
    if n_features != tree.n_features:
        raise Unsound(f"a tree of {tree.n_features} features stands where there are {n_features}")
    left, right = tree.children_left, tree.children_right
    _check_nodes(left, right, tree.feature, left == LEAF, n_features)
    if np.any(right[left == LEAF] != LEAF):
        raise Unsound("a leaf of one of its trees has a child")


def _check_forest(forest: Any) -> None:
    """Check every tree; a forest looks at the features of the first only, then asks all."""
    wanted = _n_features(forest)
    members = forest.estimators_
    if not isinstance(members, list) or any(_n_features(m) != wanted for m in members):
        raise Unsound(f"a tree of its {type(forest).__name__} has not {wanted} features")


def _check_boosting(estimator: Any) -> list[Any]:
    """Return the trees of a boosted model after a look at each."""
    n_features, bins = _n_features(estimator), estimator._bin_mapper
    categorical = np.asarray(bins.is_categorical_, dtype=bool)
    if estimator._n_features != n_features or categorical.shape != (n_features,):
        raise Unsound("parts of a boosted model of it disagree on the number of features")
    if getattr(estimator, "_in_fit", False):
        raise Unsound("a boosted model of it says it is being fitted")
    _check_encoding(estimator._preprocessor, n_features)
    for k in np.flatnonzero(categorical):
        codes = np.asarray(bins.bin_thresholds_[k])
        if codes.size and not (codes.min() >= 0 and codes.max() < 256):
            raise Unsound("a boosted model of it has categories beyond 255")
    trees = [tree for step in estimator._predictors for tree in step]
    for tree in trees:
        _check_predictor(tree, n_features, categorical)
    return trees


def _check_encoding(encoding: Any, n_features: int) -> None:
    """Count the columns that a boosted model's own encoding hands on; nobody else does."""
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

    if encoding is None:
        return
    if not isinstance(encoding, ColumnTransformer):
        raise Unsound("the encoding of a boosted model is none")
    columns = 0
    for _, part, where in encoding.transformers_:
        n = np.arange(n_features)[where].size
        if not n:
            continue
        if isinstance(part, OrdinalEncoder) and len(part.categories_) != n:
            raise Unsound("the encoding of a boosted model drops a column")
        if not isinstance(part, OrdinalEncoder | FunctionTransformer):
            raise Unsound(f"the encoding of a boosted model holds a {type(part).__name__}")
        columns += n
    if columns != n_features or encoding.n_features_in_ != n_features:
        raise Unsound("the encoding of a boosted model drops a column")


def _check_predictor(tree: Any, n_features: int, categorical: NDArray[np.bool_]) -> None:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    nodes = tree.nodes
    if nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1 or not len(nodes):
        raise Unsound("a boosted tree of it has no nodes of scikit-learn's form")
    leaf = nodes["is_leaf"] != 0
    _check_nodes(nodes["left"], nodes["right"], nodes["feature_idx"], leaf, n_features)
    by_category = nodes[~leaf & (nodes["is_categorical"] != 0)]
    for bitsets in (tree.raw_left_cat_bitsets, tree.binned_left_cat_bitsets):
        if bitsets.dtype != np.uint32 or bitsets.ndim != 2 or bitsets.shape[1] != 8:
            raise Unsound("a boosted tree of it has no categories of scikit-learn's form")
        if np.any(by_category["bitset_idx"] >= len(bitsets)):
            raise Unsound("a boosted tree of it asks for categories it does not have")
    if not np.all(categorical[by_category["feature_idx"]]):
        raise Unsound("a boosted tree of it takes a number for a category")


def _check_nodes(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    feature: NDArray[np.int64],
    leaf: NDArray[np.bool_],
    n_features: int,
) -> None:
    """Check that each child comes after its parent and exists, and that each feature does."""
    parent = np.flatnonzero(~leaf)
    for child in (left[parent], right[parent]):
        wrong = (child <= parent) | (child >= len(leaf))
        if np.any(wrong):
            k = int(np.flatnonzero(wrong)[0])
            raise Unsound(
                f"node {parent[k]} of one of its trees has the child {child[k]}; a child comes"
                f" after its parent, and the last node is {len(leaf) - 1}"
            )
    asked = feature[parent]
    if np.any((asked < 0) | (asked >= n_features)):
        raise Unsound(f"one of its trees asks for a feature beyond its {n_features}")


def _n_features(estimator: Any) -> int:
    found = getattr(estimator, "n_features_in_", None)
    if not isinstance(found, int | np.integer) or isinstance(found, bool) or found < 1:
        raise Unsound(f"its {type(estimator).__name__} does not say how many features it takes")
    return int(found)
