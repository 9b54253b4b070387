"""Families that learn measured curves alone, tried against law and discrepancy.

Where a laboratory's tablets have nothing to do with the release law, what is learnt of their
recipes alone may foretell them better. So from `MIN_MEASURED_GROUPS` measured formulations on,
families of `models.learning.families` learn the readings themselves, from the features of the
recipe, which hold what the law liberates. They foretell formulations left out in the folds in which
law and discrepancy foretells them. It stays unless one family beats it by the rule of
`models.learning.selection.choose`.

A family that wins answers for whole curves of which nothing was read yet. Its half-widths are those
of its errors on formulations left out, at each time, and the same for every design: it knows no
spread of its own. Where early points are given, law and discrepancy goes on from them.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.profiles import MAX_FRACTION
from models.chain import CURVE_TIMES_H
from models.surrogates.gaps import MIN_MEASURED_GROUPS
from models.surrogates.measured import measured_factor
from models.surrogates.validation import CrossValidation, monotone, monotone_below

if TYPE_CHECKING:
    from models.learning.curves import CurveModel
    from models.learning.table import TidyTable

LAW = "law and discrepancy"
"""Name of what families are held against."""

FAMILIES = "families"
"""Member of the curve's metrics that tells what was tried."""

TRIED = ("extra_trees", "forest")
"""Families tried. Ten folds of any other cost more than a refit from kept rows may take, [-]."""

HELD = ("boosted", "boosted_squares", "extra_trees", "forest")
"""Families that a model file may hold: estimators of scikit-learn itself, not classes of ours."""

SEED = 0
"""Seed of the learners, [-]."""

GRID_H = np.insert(CURVE_TIMES_H, 0, 0.0)
"""Times at which a family is asked, [h]; a curve starts at 0."""


@frozen(kw_only=True, eq=False)
class DirectCurve:
    """One family that learnt the measured curves of a system, and how far it errs."""

    model: "CurveModel"
    """The fitted family, asked at `GRID_H`."""

    half_width: FloatArray
    """Half-width of the 90 % interval at each time, of shape (n_times,), [-]."""

    @property
    def family(self) -> str:
        """Its name."""
        return self.model.members[0]

    def predict(self, features: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return whole curves and the ends of their intervals.

        Parameters
        ----------
        features : ndarray of shape (n, n_recipe)
            Features of the recipe, in the order in which they were learnt, [-].

        Returns
        -------
        tuple of ndarray of shape (n, n_times)
            Fraction released, lower and upper end, none of which falls, [-].
        """
        curve = curves_of(self.model, features)
        low = monotone_below(curve - self.half_width, MAX_FRACTION)
        return curve, low, monotone(curve + self.half_width, MAX_FRACTION)

    def state(self) -> dict[str, Any]:
        """Return plain values, an array and an estimator that `from_state` makes the same of."""
        encoder = self.model.encoder
        return {
            "family": self.family,
            "estimator": self.model.estimators[0],
            "numbers": list(encoder.numbers_),
            "logs": list(encoder.logs_),
            "half_width": self.half_width,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], columns: Sequence[str]) -> "DirectCurve":
        """Return what `state` was taken from.

        Parameters
        ----------
        state : mapping
            What `state` returned, [-].
        columns : sequence of str
            Columns of the recipe's features, in their order, [-].

        Returns
        -------
        DirectCurve
            The same predictions, [-].

        Raises
        ------
        ValueError
            The estimator is none that is kept, takes other columns, or the half-widths are none.
        """
        from models.learning.curves import CurveModel
        from models.learning.encoding import TableEncoder

        numbers, logs = list(state["numbers"]), list(state["logs"])
        half = np.asarray(state["half_width"], dtype=float)
        estimator: Any = state["estimator"]
        if type(estimator) not in _estimators():
            raise ValueError(f"a curve's family is a {type(estimator).__name__}")
        if not {*numbers, *logs} <= set(columns):
            raise ValueError("a curve's family learnt columns that the surrogate does not have")
        if estimator.n_features_in_ != 2 + len(numbers) + len(logs):
            raise ValueError("a curve's family takes other columns than it names")
        if half.shape != CURVE_TIMES_H.shape or not (half >= 0).all():
            raise ValueError("the half-widths of a curve's family are none")
        encoder = TableEncoder()
        encoder.columns_, encoder.numbers_, encoder.logs_ = list(columns), numbers, logs
        encoder.levels_ = {}
        model = CurveModel(
            members=(str(state["family"]),),
            estimators=(estimator,),
            encoder=encoder,
            shape=_shape(),
            grid=GRID_H,
        )
        return cls(model=model, half_width=half)


@frozen(kw_only=True, eq=False)
class Trial:
    """What families and law and discrepancy were worth on formulations left out."""

    tried: Mapping[str, float]
    """Mean absolute error of each on the same readings, [-]."""

    kept: str
    """What answers for whole curves."""

    found: CrossValidation
    """Each curve predicted unseen by what is kept."""

    direct: DirectCurve | None
    """The family that is kept; None where law and discrepancy is."""

    def as_dict(self) -> dict[str, Any]:
        """Return what a card tells of it, as plain JSON."""
        return {"tried": dict(self.tried), "kept": self.kept}


def try_families(
    names: Sequence[str],
    features: FloatArray,
    groups: Sequence[str],
    by_law: CrossValidation,
    families: Sequence[str] = TRIED,
) -> Trial | None:
    """Try families on measured curves, in the folds of law and discrepancy.

    Parameters
    ----------
    names : sequence of str
        Columns of the recipe's features, [-].
    features : ndarray of shape (n_curves, n_recipe)
        Features of what was measured, [-].
    groups : sequence of str
        Formulation of each curve, [-].
    by_law : CrossValidation
        Each curve predicted unseen by law and discrepancy; its target is NaN where nothing was
        read, [-].
    families : sequence of str, optional
        Families to try, [-].

    Returns
    -------
    Trial or None
        What each is worth and what is kept; None of too few formulations to tell, [-].
    """
    from models.learning.curves import put_together
    from models.learning.selection import TOGETHER, choose, has_together

    if len(set(groups)) < MIN_MEASURED_GROUPS:
        return None
    table = measured_table(names, features, groups, by_law.target)
    left_out = {name: np.empty_like(by_law.mean) for name in families}
    for fold in np.unique(by_law.folds):
        test = by_law.folds == fold
        known = np.flatnonzero(~test[_owner(by_law.target)])
        for name, model in _fit(table.rows(known), families).items():
            left_out[name][test] = curves_of(model, features[test])
    every = np.array([left_out[name] for name in families])
    for name, how in TOGETHER.items():
        if has_together(how, len(families)):
            left_out[name] = put_together(every, how)
    left_out[LAW] = by_law.mean
    read = np.isfinite(by_law.target)
    error = {name: np.abs(by_law.target - mean)[read] for name, mean in left_out.items()}
    may_win = {name: error[name] for name in (LAW, *families) if name in (LAW, *HELD)}
    kept = choose(may_win, table, stays=(LAW,))
    found, direct = by_law, None
    if kept != LAW:
        mean = left_out[kept]
        found = CrossValidation(
            target=by_law.target, mean=mean, sd=np.ones_like(mean), folds=by_law.folds
        )
        direct = DirectCurve(
            model=_fit(table, (kept,))[kept], half_width=measured_factor(found.ratio, groups)
        )
    return Trial(
        tried={name: float(values.mean()) for name, values in error.items()},
        kept=kept,
        found=found,
        direct=direct,
    )


def measured_table(
    names: Sequence[str], features: FloatArray, groups: Sequence[str], target: FloatArray
) -> "TidyTable":
    """Return measured curves as a table to learn from, a row for each reading.

    Parameters
    ----------
    names : sequence of str
        Columns of the recipe's features, [-].
    features : ndarray of shape (n_curves, n_recipe)
        Features of what was measured, [-].
    groups : sequence of str
        Formulation of each curve, [-].
    target : ndarray of shape (n_curves, n_times)
        Fraction released, NaN where nothing was read, [-].

    Returns
    -------
    TidyTable
        Readings in the order of curves and times, [-].
    """
    from pandas import DataFrame

    from models.learning.table import TidyTable

    owner, place = np.nonzero(np.isfinite(target))
    return TidyTable(
        features=DataFrame(features[owner], columns=list(names)),
        target=target[owner, place],
        group=np.asarray(groups, dtype=str)[owner],
        curve=owner.astype(str),
        time=CURVE_TIMES_H[place],
        target_name="released",
        time_name="time",
        units={"released": "fraction", "time": "h"},
    )


def curves_of(model: "CurveModel", features: FloatArray) -> FloatArray:
    """Return whole curves as a family foretells them.

    Parameters
    ----------
    model : CurveModel
        A fitted family that is asked at `GRID_H`, [-].
    features : ndarray of shape (n, n_recipe)
        Features of the recipe, in the order in which they were learnt, [-].

    Returns
    -------
    ndarray of shape (n, n_times)
        Fraction released at `models.chain.CURVE_TIMES_H`; never falling, within 0 and
        `MAX_FRACTION`, [-].
    """
    from pandas import DataFrame

    from models.learning.table import TidyTable

    n = len(features)
    unread = TidyTable(
        features=DataFrame(features, columns=model.encoder.columns_),
        target=np.zeros(n),
        group=np.arange(n).astype(str),
        curve=np.arange(n).astype(str),
        time=np.zeros(n),
    )
    return model.predict_grid(unread)[:, 1:]


def _fit(table: "TidyTable", families: Sequence[str]) -> dict[str, "CurveModel"]:
    """Return families fitted alone, to be asked at the common times."""
    from attrs import evolve

    from models.learning.curves import fit_members

    fitted = fit_members(table, families, _shape(), SEED)
    return {name: evolve(model, grid=GRID_H) for name, model in fitted.items()}


def _shape() -> Any:
    from models.learning.shape import Shape

    said = "a measured release curve: it starts at 0 and never falls"
    return Shape(is_release=True, full=1.0, least=0.0, most=MAX_FRACTION, note=said)


def _owner(target: FloatArray) -> Any:
    """Return the curve of each reading, as `measured_table` has them."""
    return np.nonzero(np.isfinite(target))[0]


def _estimators() -> tuple[type, ...]:
    """Return the types behind `HELD`."""
    from models.learning.families import FAMILIES as ALL
    from models.learning.families import Layout

    layout = Layout(n_rows=1, n_moving=2)
    return tuple({type(f.build(layout, SEED)) for f in ALL if f.name in HELD})
