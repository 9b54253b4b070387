"""What a model file may hold. The list stands here and nowhere else; it is never read from a file.

skops trusts every estimator of scikit-learn, every ufunc and more by itself. Here each type is
named that a model of this product was seen to need, so that an addition is a decision: some
estimators run compiled code over arrays that nobody checks.
"""

from collections.abc import Iterator
from typing import Any

TRUSTED_TYPES = (
    "functools.partial",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
)
"""Types beyond skops' own that a model may hold. A partial may hold `check_array` alone: it is the
only function of the whole list, and boosted trees with categories carry it."""

PLAIN_TYPES = (
    *("builtins.bool", "builtins.dict", "builtins.float", "builtins.int", "builtins.list"),
    *("builtins.slice", "builtins.str", "builtins.tuple"),
    *("numpy.bool", "numpy.float32", "numpy.float64", "numpy.int32", "numpy.int64"),
    *("numpy.ndarray", "numpy.object_", "numpy.str_", "numpy.uint64"),
    *("numpy.random._generator.Generator", "numpy.random.mtrand.RandomState"),
)
"""Values, arrays and seeds."""

LEARNERS = (
    "sklearn._loss._loss.CyAbsoluteError",
    "sklearn._loss._loss.CyHalfSquaredError",
    "sklearn._loss._loss.CyPinballLoss",
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.Interval",
    "sklearn._loss.loss.AbsoluteError",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn._loss.loss.PinballLoss",
    "sklearn.compose._column_transformer.ColumnTransformer",
    "sklearn.compose._target.TransformedTargetRegressor",
    "sklearn.ensemble._bagging.BaggingRegressor",
    "sklearn.ensemble._forest.ExtraTreesRegressor",
    "sklearn.ensemble._forest.RandomForestRegressor",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
    "sklearn.gaussian_process._gpr.GaussianProcessRegressor",
    "sklearn.impute._base.SimpleImputer",
    "sklearn.linear_model._ridge.Ridge",
    "sklearn.multioutput.MultiOutputRegressor",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "sklearn.tree._classes.DecisionTreeRegressor",
    "sklearn.tree._classes.ExtraTreeRegressor",
)
"""Estimators of scikit-learn, and what they are made of."""

ALLOWED = frozenset((*TRUSTED_TYPES, *PLAIN_TYPES, *LEARNERS))


def foreign_types(schema: Any) -> list[str]:
    """Return the types of a skops schema that no model of this product has.

    Parameters
    ----------
    schema : Any
        Content of ``schema.json``, [-].

    Returns
    -------
    list of str
        Dotted names in order; empty for a file that may be built, [-].
    """
    found = {f"{n['__module__']}.{n['__class__']}" for n in nodes(schema) if _is_named(n)}
    return sorted(found - ALLOWED)


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON document, without recursion.

    Parameters
    ----------
    schema : Any
        Parsed JSON, [-].

    Yields
    ------
    dict
        One object, [-].
    """
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _is_named(node: dict[str, Any]) -> bool:
    return isinstance(node.get("__class__"), str) and isinstance(node.get("__module__"), str)
