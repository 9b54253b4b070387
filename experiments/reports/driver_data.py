"""What drives the predictions of each surrogate: what is told of it, from its card alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from experiments.reports.wording import endpoint_title, unit_text
from formulation.arrays import FloatArray
from formulation.endpoint_keys import get_endpoint, parse_key
from formulation.feature_words import BODY, feature_words
from formulation.targets import Scope
from formulation.units import MG_PER_MMOL

MOST_PARTS = 6
"""Questions that are drawn for one output; the table has all, [-]."""

LEAST_SHARE = 0.01
"""Share of the largest importance below which a question is not drawn, nor a dependence on its
number, [-]."""

LOG_RATIO = 30.0
"""Greatest over least value from which an axis is logarithmic, [-]."""

INVERSES: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "ln(1 + ": np.expm1,
    "ln ": np.exp,
    "log10 ": lambda values: np.power(10.0, values),
}
"""How values are read back whose unit begins so."""

MASSES: Mapping[str, str] = {
    feature_words("immediate_release", f"{BODY}log_mmol_per_day").title: "mg/d",
    feature_words("immediate_release", f"{BODY}log_mmol_per_intake").title: "mg",
}
"""Doses that surrogates count in mmol and people in mg of elemental magnesium, with their unit."""

NOTHING = "Nothing that was moved changes this prediction."
"""Why there are no bars, where there are none."""

NOT_PREDICTED: Mapping[Scope, str] = {
    Scope.RECIPE: "is exact arithmetic on the recipe and not predicted",
    Scope.STUDY: "follows from the study's own limits or reference profile",
}
"""Why nothing drives the prediction of an objective, by where its number comes from."""

NOT_KEPT = "is predicted, but a model card keeps only what drives the outputs shown"
"""Why nothing is told of one that is predicted."""


@frozen(kw_only=True, eq=False)
class DependencePanel:
    """The mean prediction of one output over one feature."""

    feature: str
    """Feature with its unit, of people and not of the surrogate."""

    values: FloatArray
    """Its values, shape (n_values,), in its unit."""

    mean: FloatArray
    """Mean prediction, shape (n_values,), in the output's unit."""

    low: FloatArray
    """Lower end of the band, shape (n_values,), in the output's unit."""

    high: FloatArray
    """Upper end of the band, shape (n_values,), in the output's unit."""

    band: str
    """What the band is."""

    @property
    def is_log(self) -> bool:
        """Whether its values span so much that they stand on a logarithmic axis."""
        return bool(self.values.min() > 0 and self.values.max() > LOG_RATIO * self.values.min())

    @property
    def axis(self) -> str:
        """Title of its axis."""
        return f"{self.feature} (logarithmic)" if self.is_log else self.feature


@frozen(kw_only=True, eq=False)
class DriverPanel:
    """What drives one output of one surrogate."""

    key: str
    """Endpoint key of the output."""

    unit: str
    """Unit of the output."""

    parts: tuple[str, ...]
    """Questions, the most important first, at most `MOST_PARTS`."""

    increase: FloatArray
    """Increase of the mean absolute error, shape (n_parts,), in `unit`."""

    spread: FloatArray
    """Standard deviation between repeats, shape (n_parts,), in `unit`."""

    dependence: DependencePanel | None
    """Over the most important single number; None where there is none, or none that matters."""

    remark: str = ""
    """Why there is no dependence, in words."""


def driver_data(model: Mapping[str, Any]) -> tuple[DriverPanel, ...]:
    """Return what drives the predictions of a surrogate.

    Parameters
    ----------
    model : mapping
        A model card, [-].

    Returns
    -------
    tuple of DriverPanel
        One an output; none for a card of a version that did not keep them, [-].
    """
    drivers = model.get("drivers", {})
    questions = drivers.get("questions", {})
    return tuple(
        _panel(key, output, questions) for key, output in drivers.get("outputs", {}).items()
    )


def absent_text(model: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Say of which objectives nothing is told, and why.

    Parameters
    ----------
    model : mapping
        A model card, [-].
    keys : sequence of str
        Endpoint keys of the objectives, [-].

    Returns
    -------
    str
        A sentence with a blank before it; empty where all are told of, [-].
    """
    outputs = model.get("drivers", {}).get("outputs", {})
    told = [
        f"{endpoint_title(key)}, which {NOT_PREDICTED.get(get_endpoint(key).scope, NOT_KEPT)}"
        for key in keys
        if parse_key(key).base not in outputs
    ]
    return f" Not drawn: {'; '.join(told)}." if told else ""


def _panel(
    key: str, output: Mapping[str, Any], questions: Mapping[str, Sequence[str]]
) -> DriverPanel:
    rows = output["importance"]
    least = LEAST_SHARE * max((row["increase"] for row in rows), default=0.0)
    told, remark = output["dependence"], "No question here is a single number."
    if told is not None:
        text = f"{told['feature']}, {told['unit']}" if told["unit"] else told["feature"]
        parts = [part for part, features in questions.items() if list(features) == [text]]
        if any(row["part"] in parts and row["increase"] <= least for row in rows):
            told = None
            remark = (
                "No single number matters here: each counts for less than"
                f" {100 * LEAST_SHARE:g} % of the most important question."
                if least
                else NOTHING
            )
    rows = [row for row in rows[:MOST_PARTS] if row["increase"] > least]
    return DriverPanel(
        key=key,
        unit=unit_text(output["unit"]),
        parts=tuple(row["part"] for row in rows),
        increase=np.array([row["increase"] for row in rows]),
        spread=np.array([row["spread"] for row in rows]),
        dependence=None if told is None else _dependence(told),
        remark="" if told is not None else remark,
    )


def _dependence(told: Mapping[str, Any]) -> DependencePanel:
    """Return a dependence over what people measure, not over its logarithm."""
    unit, values = told["unit"], np.array(told["values"], dtype=float)
    for start, back in INVERSES.items():
        if unit.startswith(start):
            unit, values = unit.removeprefix(start).removesuffix(")"), back(values)
            break
    if unit == "mmol" and told["feature"] in MASSES:
        unit, values = MASSES[told["feature"]], MG_PER_MMOL * values
    return DependencePanel(
        feature=f"{told['feature']}, {unit}" if unit else told["feature"],
        values=values,
        mean=np.array(told["mean"], dtype=float),
        low=np.array(told["low"], dtype=float),
        high=np.array(told["high"], dtype=float),
        band=told["band"],
    )
