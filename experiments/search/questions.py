"""The questions of a space as parameters of Optuna: one uniform number, or one choice, each."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from formulation.space import Picker

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def questions_of(
    draw: Callable[[Picker], object], answers: Mapping[str, str | float]
) -> "dict[str, BaseDistribution]":
    """Return every question on the way to a point, with what may be answered.

    Parameters
    ----------
    draw : callable
        Walks the questions of a space, [-].
    answers : mapping
        Answers that make the point, by question, [-].

    Returns
    -------
    dict
        Optuna's distribution of each question, in the order in which they are asked, [-].
    """
    found: dict[str, BaseDistribution] = {}

    def note(name: str, choices: tuple[str, ...] | None) -> str | float:
        found[name] = _distribution(choices)
        return answers[name]

    draw(note)
    return found


def suggested(trial: Any, name: str, choices: tuple[str, ...] | None) -> str | float:
    """Answer one question by a trial of Optuna.

    Parameters
    ----------
    trial : optuna.Trial
        The trial, [-].
    name : str
        The question, [-].
    choices : tuple of str or None
        What may be chosen; None for a number between 0 and 1, [-].

    Returns
    -------
    str or float
        The answer, [-].
    """
    if choices is None:
        return float(trial.suggest_float(name, 0.0, 1.0))
    return str(trial.suggest_categorical(name, choices))


@lru_cache(maxsize=1024)
def _distribution(choices: tuple[str, ...] | None) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return FloatDistribution(0.0, 1.0) if choices is None else CategoricalDistribution(choices)
