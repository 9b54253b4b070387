"""What lies far from the training data is said so, in words with units, and never invented."""

import json

import numpy as np
import pandas as pd
import pytest

from formulation.errors import DataError
from models.learning.applicability import FAR_PCT, Applicability, learn_applicability

POLYMERS = ("HPMC", "EC", "PVP")


def recipes(n: int = 60, seed: int = 1) -> pd.DataFrame:
    """Return invented recipes: level and force go together, some forces are missing."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(10.0, 35.0, n)
    force = level / 2 + rng.uniform(-0.5, 0.5, n)
    force[:: max(n // 5, 1)] = np.nan
    polymer = np.array(POLYMERS)[np.arange(n) % 3]
    return pd.DataFrame({"level": level, "polymer": polymer, "force": force, "ph": 6.8})


def known() -> Applicability:
    table = recipes()
    return learn_applicability(
        table,
        [f"F{k:02d}" for k in range(len(table))],
        titles={"level": "HPMC", "force": "compression force"},
        units={"level": "%", "force": "kN"},
    )


def row(**changes) -> pd.DataFrame:
    """Return one recipe well inside the data, with changes."""
    return pd.DataFrame([{"level": 20.0, "polymer": "HPMC", "force": 10.0, "ph": 6.8, **changes}])


def said(table: pd.DataFrame) -> tuple[str, ...]:
    model = known()
    return model.sentences(table, model.assess(table))[0]


def by_hand(a: pd.Series, b: pd.Series, span: pd.Series) -> float:
    """Return Gower's distance of two rows, feature by feature."""
    total = 0.0
    for name in ("level", "force"):
        if np.isnan(a[name]) or np.isnan(b[name]):
            total += np.isnan(a[name]) != np.isnan(b[name])
        else:
            total += abs(a[name] - b[name]) / span[name]
    return (total + (a["polymer"] != b["polymer"]) + (a["ph"] != b["ph"])) / 4


def test_a_row_inside_is_not_spoken_of() -> None:
    """It has a neighbour in every feature."""
    assert said(row()) == ()
    assert said(row(force=np.nan)) == ()


def test_the_feature_the_unit_and_the_side_are_said() -> None:
    """As a person would: title, unit, value and the end it lies past."""
    low, high = recipes()["level"].min(), recipes()["level"].max()
    assert said(row(level=38.0)) == (f"extrapolating in HPMC, % (38 > {high:.4g})",)
    assert said(row(level=5.0)) == (f"extrapolating in HPMC, % (5 < {low:.4g})",)


def test_a_text_that_no_row_has_is_said_to_be_unseen() -> None:
    """By feature and value; beside a number that is outside, both are said."""
    assert said(row(polymer="HEC")) == ("polymer 'HEC' was never seen",)
    both = said(row(polymer="HEC", level=38.0))
    assert [text.split(" ")[0] for text in both] == ["extrapolating", "polymer"]


def test_a_missing_value_is_said_where_no_row_lacks_it() -> None:
    """Some recipes have no force, all have a level."""
    assert said(row(level=np.nan)) == ("HPMC is missing; no training row is without it",)


def test_a_number_that_never_varied_is_outside_at_any_other_value() -> None:
    """Its range has no width, so there is no share of it."""
    assert said(row(ph=7.0)) == ("extrapolating in ph (7 > 6.8)",)
    assert known().assess(row(ph=7.0)).reach[0] == 200.0


def test_a_new_combination_is_far_though_every_feature_is_inside() -> None:
    """High level with low force: no single feature tells, the distance does."""
    odd = row(level=34.0, force=6.0)
    found = known().assess(odd)
    assert (found.past == 0).all()
    assert found.percentile[0] > FAR_PCT
    (sentence,) = said(odd)
    assert sentence.startswith("unlike the training data as a whole: each feature lies within")


def test_distances_are_those_of_the_definition() -> None:
    """Against a loop over rows and features, missing values and texts included."""
    table, model = recipes(), known()
    span = table[["level", "force"]].max() - table[["level", "force"]].min()
    new = pd.concat([recipes(9, seed=2), row(level=50.0, polymer="HEC")], ignore_index=True)
    expected = [
        min(by_hand(new.iloc[k], table.iloc[j], span) for j in range(len(table)))
        for k in range(len(new))
    ]
    np.testing.assert_allclose(model.assess(new).distance, expected, rtol=1e-12)


def test_own_distances_leave_the_whole_group_out() -> None:
    """Near copies in one group say nothing of how near strangers are."""
    table = recipes()
    twice = pd.concat([table, table.assign(level=table["level"] + 1e-6)], ignore_index=True)
    names = [f"F{k:02d}" for k in range(len(table))]
    by_group = learn_applicability(twice, names * 2)
    by_row = learn_applicability(twice, [str(k) for k in range(len(twice))])
    np.testing.assert_allclose(by_group.own[::2], known().own, rtol=0, atol=1e-6)
    assert by_row.own.max() < 1e-6 < by_group.own.min()


def test_rows_of_one_curve_count_once() -> None:
    """A formulation read at forty times is forty equal rows; one is kept."""
    table = recipes()
    many = table.loc[table.index.repeat(40)].reset_index(drop=True)
    names = np.repeat([f"F{k:02d}" for k in range(len(table))], 40)
    found = learn_applicability(many, names)
    assert len(found.group) == len(table)
    np.testing.assert_array_equal(found.own, known().own)


def test_the_nearest_groups_are_named_nearest_first() -> None:
    """Also when only some may be named."""
    model, table = known(), recipes()
    found = model.assess(table.iloc[[7]], 3)
    assert model.group_names[found.nearest[0, 0]] == "F07"
    assert found.nearest_distance[0].tolist() == sorted(found.nearest_distance[0])
    some = model.assess(table.iloc[[7]], 3, among=("F01", "F02"))
    assert {model.group_names[k] for k in some.nearest[0]} == {"F01", "F02"}
    assert some.distance[0] == 0.0
    words = model.nearest_words(found, 0, "measured formulations", {"F07": "lab-07 of my-lab/1"})
    assert words.startswith("nearest measured formulations: lab-07 of my-lab/1 (0 away), F")


def test_reach_orders_rows_by_how_far_out_they_are() -> None:
    """The percentile inside; 100 and more outside, rising with what a number lies past its end."""
    model = known()
    rows = pd.concat([row(), row(level=36.0), row(level=40.0), row(polymer="HEC")])
    reach = model.assess(rows).reach
    assert reach[0] <= FAR_PCT < 100.0 < reach[1] < reach[2]
    assert reach[3] == 200.0
    span = np.ptp(recipes()["level"])
    assert reach[2] == pytest.approx(100 * (1 + (40 - recipes()["level"].max()) / span))


def test_a_row_is_spoken_of_exactly_when_its_reach_is_beyond_the_limit() -> None:
    """What a search forbids is what it can explain."""
    model = known()
    rng = np.random.default_rng(3)
    rows = recipes(400, seed=4).assign(level=rng.uniform(5, 40, 400))
    found = model.assess(rows)
    told = model.sentences(rows, found)
    assert [bool(t) for t in told] == (found.reach > FAR_PCT).tolist()
    assert 20 < sum(map(bool, told)) < 380


def test_an_array_with_names_says_the_same_as_a_table() -> None:
    """Surrogates of delivery systems hold plain arrays."""
    numbers = recipes()[["level", "force"]]
    groups = [str(k) for k in range(len(numbers))]
    by_table = learn_applicability(numbers, groups)
    by_array = learn_applicability(numbers.to_numpy(), groups, names=("level", "force"))
    new = recipes(5, seed=9)[["level", "force"]] * 1.3
    first, second = by_table.assess(new), by_array.assess(new.to_numpy())
    np.testing.assert_array_equal(first.reach, second.reach)
    assert by_table.sentences(new, first) == by_array.sentences(new.to_numpy(), second)


def test_rows_are_judged_alike_alone_and_among_others() -> None:
    """However a search cuts its chunks, a design has one distance to the last digit."""
    model, rows = known(), recipes(50, seed=5)
    together = model.assess(rows).distance
    alone = [model.assess(rows.iloc[[k]]).distance[0] for k in range(len(rows))]
    np.testing.assert_array_equal(together, alone)


def test_it_is_kept_as_plain_json_and_answers_as_before() -> None:
    """Arrays and texts only; NaN becomes null on the way."""

    def plain(value):
        if isinstance(value, np.ndarray):
            return plain(value.tolist())
        if isinstance(value, list):
            return [plain(one) for one in value]
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return None if isinstance(value, float) and np.isnan(value) else value

    model = known()
    text = json.dumps(plain(model.as_dict()), allow_nan=False)
    again = Applicability.from_dict(json.loads(text))
    rows = pd.concat([recipes(20, seed=6), row(level=38.0, polymer="HEC")], ignore_index=True)
    first, second = model.assess(rows), again.assess(rows)
    np.testing.assert_array_equal(first.reach, second.reach)
    assert model.sentences(rows, first) == again.sentences(rows, second)


def test_parts_that_do_not_fit_are_refused() -> None:
    """A file cut short is no applicability."""
    state = known().as_dict()
    with pytest.raises(DataError, match="parts of different lengths"):
        Applicability.from_dict({**state, "own": state["own"][:-1]})


@pytest.mark.parametrize(
    ("table", "groups", "match"),
    [
        (recipes(4), ["a"] * 4, "4 rows with 4 group labels, 1 of them different"),
        (recipes(4), ["a", "b"], "4 rows with 2 group labels"),
    ],
)
def test_groups_that_cannot_be_left_out_are_refused(table, groups, match) -> None:
    """Without a second group nothing says what is far."""
    with pytest.raises(DataError, match=match):
        learn_applicability(table, groups)


def test_new_rows_without_a_learnt_column_are_refused_by_name() -> None:
    """It is not guessed."""
    with pytest.raises(DataError, match=r"Features lack force, ph\. Give every column"):
        known().assess(row().drop(columns=["force", "ph"]))
    with pytest.raises(DataError, match="A feature that was a number is a text"):
        known().assess(row(level="much"))
    with pytest.raises(DataError, match=r"Features as an array have no polymer\. Give a table"):
        known().assess(np.zeros((1, 3)))
    numbers = learn_applicability(np.eye(3), ["a", "b", "c"], names=("x", "y", "z"))
    with pytest.raises(DataError, match=r"Features of shape \(1, 2\) with 3 names"):
        numbers.assess(np.zeros((1, 2)))
