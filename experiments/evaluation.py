"""How well a table of somebody's own can be learnt: its folds, each in a process of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import ceil
from multiprocessing import get_context
from typing import Any

from attrs import evolve

from experiments.processors import available_processors, one_thread
from formulation.errors import InputError, UnknownNameError
from models.learning.curves import moving_columns
from models.learning.encoding import is_text
from models.learning.evaluation import Evaluation, FoldResult, evaluate_fold, group_folds
from models.learning.families import FAMILIES
from models.learning.shape import Shape, release_shape, shape_of
from models.learning.table import TidyTable

FORCED = "asked for: starts at 0 and never falls"
"""Note of a shape that a person asked for."""


def evaluate_table(
    table: TidyTable,
    *,
    n_folds: int,
    families: Sequence[str] = (),
    release: bool | None = None,
    seed: int = 0,
    workers: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Predict every row of a table unseen.

    Parameters
    ----------
    table : TidyTable
        Rows to learn from, [-].
    n_folds : int
        Folds by group, [-].
    families : sequence of str, optional
        Families to try; all that suit the table when empty, [-].
    release : bool or None, optional
        Whether the target is a release curve; decided from the table when None, [-].
    seed : int, optional
        Seed of folds and learners, [-].
    workers : int or None, optional
        Processes; as many as there are cores when None, [-].
    say : callable, optional
        Told of every fold that is done, [-].

    Returns
    -------
    Evaluation
        Predictions with intervals, and the scores, [-].

    Raises
    ------
    InputError
        A family is unknown, the folds are too few, or the table has no curves to force.
    """
    for name in families:
        if name not in {family.name for family in FAMILIES}:
            raise UnknownNameError("Family", name, [family.name for family in FAMILIES])
    if table.time is None and (laws := [f.name for f in FAMILIES if f.needs_curves]):
        if wrong := [name for name in families if name in laws]:
            raise InputError(
                f"Family {wrong[0]!r} is a law of release over time, and the table has no time.",
                hint="Give --time, or another family.",
            )
    if not 2 <= n_folds <= table.n_groups:
        raise InputError(
            f"{n_folds} folds of {table.n_groups} groups cannot be cut: at least two folds, and a"
            " group in each.",
            hint=f"Give --folds from 2 to {table.n_groups}.",
        )
    if table.n_groups - ceil(table.n_groups / n_folds) < 2:
        raise InputError(
            f"{n_folds} folds of {table.n_groups} groups leave fewer than two groups to learn"
            " from.",
            hint="Give more folds.",
        )
    shape = _shape(table, release)
    if shape.is_release:
        table = _steady(table)
    folds = group_folds(table, n_folds, seed)
    ask = partial(evaluate_fold, table, families=families, shape=shape, seed=seed)
    n_workers = min(workers or available_processors(), len(folds))
    results: list[FoldResult] = []
    if n_workers == 1:
        for fold, (train, test) in enumerate(folds):
            results.append(ask(fold, train, test))
            say(_done(results[-1], len(folds)))
    else:
        context = get_context("spawn")
        with ProcessPoolExecutor(n_workers, context, initializer=one_thread) as pool:
            waiting = [pool.submit(ask, k, *rows) for k, rows in enumerate(folds)]
            for future in waiting:
                results.append(future.result())
                say(_done(results[-1], len(folds)))
    return Evaluation(
        table=table, results=tuple(results), shape=shape, seed=seed, families=tuple(families)
    )


def _shape(table: TidyTable, release: bool | None) -> Shape:
    found = shape_of(table)
    if release is None or release == found.is_release:
        return found
    if not release:
        return Shape(is_release=False, full=found.full, note="no shape is asked of it, as you said")
    if table.time is None:
        raise InputError(
            "A release curve needs a column of times.", hint="Give --time, or leave --release out."
        )
    return release_shape(table, found.full, FORCED)


def _steady(table: TidyTable) -> TidyTable:
    """Let each feature be one along a curve: fill gaps from other rows, leave out what moves."""
    features = table.features.replace("", None).groupby(table.curve).bfill()
    features = features.groupby(table.curve).ffill()
    words = [name for name in features if is_text(table.features[name])]
    features[words] = features[words].fillna("")
    moving = moving_columns(table)
    told = f"Left out, because they change along a curve: {', '.join(moving)}."
    return evolve(
        table,
        features=features.drop(columns=list(moving)),
        early={name: at for name, at in table.early.items() if name not in moving},
        notes=(*table.notes, told) if moving else table.notes,
    )


def _done(result: FoldResult, n_folds: int) -> str:
    return f"fold {result.fold + 1} of {n_folds}: {result.chosen}"


def summary(found: Evaluation) -> dict[str, Any]:
    """Return the document of an evaluation.

    Parameters
    ----------
    found : Evaluation
        An evaluation, [-].

    Returns
    -------
    dict
        Scores as plain JSON, with schema and version, [-].
    """
    return {"schema": "formulation/model-evaluation", "version": 1, **found.document()}
