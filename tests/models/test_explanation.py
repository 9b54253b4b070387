"""Importance finds what matters, groups change places as wholes, dependence is the function's."""

import json

import numpy as np
import pandas as pd
import pytest

from formulation.errors import DataError
from models.learning import explanation
from models.learning.dependence import MOST_ROWS, partial_dependence
from models.learning.explanation import permutation_importance

N_GROUPS, N_TIMES = 40, 8


def curves(seed: int = 1) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Return formulations read at eight times: level decides, dye does not."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.uniform(10, 40, N_GROUPS), N_TIMES)
    table = pd.DataFrame(
        {
            "level": level,
            "dye": np.repeat(rng.uniform(0, 1, N_GROUPS), N_TIMES),
            "polymer": np.repeat(np.array(["HPMC", "EC"])[np.arange(N_GROUPS) % 2], N_TIMES),
            "time": np.tile(np.arange(1.0, N_TIMES + 1), N_GROUPS),
        }
    )
    groups = np.repeat([f"F{k}" for k in range(N_GROUPS)], N_TIMES).tolist()
    return table, truth(table), groups


def truth(table: pd.DataFrame) -> np.ndarray:
    """Return what was released, in %."""
    slow = np.where(table["polymer"] == "EC", 2.0, 1.0)
    return (100 * table["time"] / (table["time"] + table["level"] * slow / 10)).to_numpy()


def test_the_only_feature_that_matters_is_found() -> None:
    """Others lose nothing at all, because the prediction never looks at them."""
    table, _, groups = curves()
    target = 3 * table["level"].to_numpy()
    found = permutation_importance(lambda t: 3 * t["level"].to_numpy(), table, target, groups)
    assert found.parts[0] == "level"
    assert found.increase[0, 0] > 10
    assert (found.increase[1:] == 0).all()
    assert (found.spread[1:] == 0).all()
    assert found.error.tolist() == [0.0]


def test_importance_is_in_the_units_of_the_target() -> None:
    """Twice the target, twice the loss: an increase of the mean absolute error."""
    table, target, groups = curves()
    once = permutation_importance(truth, table, target, groups, unit="%")
    twice = permutation_importance(lambda t: 2 * truth(t), table, 2 * target, groups)
    np.testing.assert_allclose(twice.increase, 2 * once.increase)
    assert once.unit == "%"
    assert (once.n_groups, once.n_repeats) == (N_GROUPS, explanation.N_REPEATS)


def test_whole_formulations_change_places_and_none_keeps_its_own() -> None:
    """Every row of a group takes the features of one other group, row by row."""
    table, target, groups = curves()
    seen = []

    def watching(rows):
        seen.append(rows["level"].to_numpy().reshape(N_GROUPS, N_TIMES))
        return truth(rows)

    permutation_importance(watching, table, target, groups, parts={"level": ["level"]})
    own = table["level"].to_numpy().reshape(N_GROUPS, N_TIMES)
    for moved in seen[1:]:
        assert (moved == moved[:, :1]).all()
        assert (moved[:, 0] != own[:, 0]).all()
        assert sorted(moved[:, 0]) == sorted(own[:, 0])


def test_permuting_rows_would_keep_what_a_group_gives_away() -> None:
    """Twenty rows of one batch, two of each other: by rows that batch mostly meets itself.

    A model that knows the batch by its level looks harmless when rows change places, and is found
    out when groups do.
    """
    counts = np.array([200, *([2] * 20)])
    level = np.repeat(np.arange(21.0), counts)
    target = np.where(level == 0, 50.0, 0.0)
    groups = [f"B{k:g}" for k in level]

    def model(rows):
        return np.where(rows[:, 0] == 0, 50.0, 0.0)

    features = level[:, None]
    by_group = permutation_importance(model, features, target, groups).increase[0, 0]
    rows = [str(k) for k in range(len(level))]
    by_row = permutation_importance(model, features, target, rows).increase[0, 0]
    assert by_group > 2 * by_row


def test_what_is_in_no_part_stays_in_its_place() -> None:
    """The time of a reading belongs to the row, not to the recipe."""
    table, target, groups = curves()
    parts = {"recipe": ["level", "polymer"]}
    moved = []

    def watching(rows):
        moved.append((rows["time"] == table["time"]).all())
        return truth(rows)

    found = permutation_importance(watching, table, target, groups, parts=parts)
    assert found.parts == ("recipe",)
    assert all(moved)


def test_columns_of_one_question_change_places_together() -> None:
    """Two copies of one feature hide each other alone, and not together."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=60)
    features = np.column_stack([x, x, rng.normal(size=60)])
    groups = [str(k) for k in range(60)]

    def either(rows):
        return np.where(np.abs(rows[:, 0]) > np.abs(rows[:, 1]), rows[:, 0], rows[:, 1])

    parts = {"first": [0], "second": [1], "both": [0, 1], "nothing": [2]}
    found = permutation_importance(either, features, x, groups, parts=parts, seed=4)
    lost = dict(zip(found.parts, found.increase[:, 0], strict=True))
    assert found.parts[0] == "both"
    assert lost["both"] > 1.2 * max(lost["first"], lost["second"])
    assert lost["nothing"] == 0


def test_several_outputs_are_told_apart() -> None:
    """Each by its own order, with its own error."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(50, 2))
    groups = [str(k) for k in range(50)]
    found = permutation_importance(lambda x: x * [1.0, 5.0], features, features * [1, 5], groups)
    assert [found.of_output(k)[0]["part"] for k in (0, 1)] == ["0", "1"]
    assert json.loads(json.dumps(found.of_output(1)))[0]["increase"] > 2


def test_the_same_seed_gives_the_same_importance() -> None:
    """And another one another: the spread between repeats says by how much."""
    table, target, groups = curves()
    first, again, other = (
        permutation_importance(truth, table, target, groups, seed=seed) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first.increase, again.increase)
    assert not np.array_equal(first.increase, other.increase)
    assert (first.spread[0] > 0).all()


@pytest.mark.parametrize(
    ("groups", "parts", "match"),
    [
        (["a"] * 6, None, "6 rows with 6 group labels, 1 of them different"),
        (["a", "b"], None, "6 rows with 2 group labels"),
        (list("aabbcc"), {"p": ["lvl"]}, r"no column lvl\. Columns are level, dye"),
        (list("aabbcc"), {"p": []}, "no column is named"),
    ],
)
def test_what_cannot_change_places_is_refused(groups, parts, match) -> None:
    """In words, with what there is."""
    table = curves()[0].head(6)
    with pytest.raises(DataError, match=match):
        permutation_importance(truth, table, truth(table), groups, parts=parts)


def test_dependence_is_the_known_function() -> None:
    """Over the inner 90 % of a number, in its unit; the band holds the rows' own predictions."""
    rng = np.random.default_rng(7)
    features = rng.uniform(0, 10, size=(MOST_ROWS, 2))

    def known(x):
        return x[:, 0] ** 2 + 3 * x[:, 1]

    found = partial_dependence(known, features, 0, unit="%", target_unit="mg/d")
    x = np.array(found.values)
    np.testing.assert_allclose(found.mean, x**2 + 3 * features[:, 1].mean())
    np.testing.assert_allclose([x[0], x[-1]], np.quantile(features[:, 0], (0.05, 0.95)))
    low, high = np.quantile(3 * features[:, 1], (0.05, 0.95))
    np.testing.assert_allclose(found.low, x**2 + low)
    np.testing.assert_allclose(found.high, x**2 + high)
    assert (found.unit, found.target_unit) == ("%", "mg/d")
    assert found.band == "90 % of the rows' own predictions"
    assert json.loads(json.dumps(found.as_dict()))["n_rows"] == MOST_ROWS


def test_dependence_of_a_text_has_every_level() -> None:
    """Each once, in order, missing ones left out."""
    table, _, _ = curves()
    table.loc[:7, "polymer"] = None
    found = partial_dependence(truth, table, "polymer", target_unit="%")
    assert found.values == ("EC", "HPMC")
    assert found.mean[0] < found.mean[1]


def test_dependence_of_a_number_with_few_values_is_told_at_those() -> None:
    """Nothing is drawn between one and two intakes a day."""
    features = np.array([[1.0], [2.0], [3.0]] * 20)
    assert partial_dependence(lambda x: x[:, 0], features, 0).values == (1.0, 2.0, 3.0)


def test_dependence_takes_the_interval_of_the_prediction_as_band() -> None:
    """Where a model has one."""
    features = np.linspace(0, 1, 30)[:, None]
    found = partial_dependence(
        lambda x: x[:, 0], features, 0, interval=lambda x: (x[:, 0] - 1, x[:, 0] + 2)
    )
    np.testing.assert_allclose(found.low, found.mean - 1)
    np.testing.assert_allclose(found.high, found.mean + 2)
    assert found.band == "mean 90 % interval of the predictions"


def test_a_feature_without_value_is_refused() -> None:
    """There is nothing to give every row."""
    with pytest.raises(DataError, match="'x' has no value"):
        partial_dependence(truth, pd.DataFrame({"x": [np.nan, np.nan]}), "x")
    with pytest.raises(DataError, match="no column y"):
        partial_dependence(truth, pd.DataFrame({"x": [1.0]}), "y")
