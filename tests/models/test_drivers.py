"""What drives a surrogate's predictions, as its card tells it."""

import json

import numpy as np
import pytest
from attrs import evolve

from models.surrogates.card import make_card
from models.surrogates.drivers import ABSORBED, RELEASED, drivers, questions_of
from models.surrogates.emulator import fit
from models.surrogates.table import build_table
from tests.experiments.small_study import small_study

SPEC = small_study()
DOSE, IN_UNIT, TAKEN = "elemental Mg of a day", "elemental Mg at one occasion", "intakes per day"


@pytest.fixture(scope="module")
def fitted():
    """Table, surrogate and metrics of the timed release on few designs."""
    part = SPEC.space.space_of("timed_release")
    table = build_table(part, SPEC.population, n_designs=48, seed=1)
    return table, *fit(table)


@pytest.fixture(scope="module")
def found(fitted):
    return drivers(fitted[0], fitted[1])


def of(found, key: str) -> dict[str, float]:
    return {row["part"]: row["increase"] for row in found["outputs"][key]["importance"]}


def test_every_feature_stands_in_one_question(fitted) -> None:
    """None twice, none left out."""
    table = fitted[0]
    questions = questions_of(table.system, table.feature_names)
    places = [place for columns in questions.values() for place in columns]
    assert sorted(places) == list(range(len(table.feature_names)))


def test_the_dose_matters_to_what_is_absorbed_and_not_to_the_bench(found) -> None:
    """As the models have it: a bench curve is a share of the label."""
    absorbed, released = of(found, ABSORBED), of(found, RELEASED[1])
    assert absorbed[DOSE] > 0.1 * max(absorbed.values())
    assert DOSE not in released
    assert released[IN_UNIT] < 0.05 * max(released.values())
    assert released[TAKEN] < 0.05 * max(released.values())


def test_units_and_counts_are_told(found, fitted) -> None:
    """Each output in its unit, over the formulations that changed places."""
    assert set(found["outputs"]) == {ABSORBED, *RELEASED}
    assert found["outputs"][ABSORBED]["unit"] == "mg/d"
    assert {found["outputs"][key]["unit"] for key in RELEASED} == {"percent"}
    assert found["outputs"][ABSORBED]["formulations"] == len(set(fitted[0].groups))
    for output in found["outputs"].values():
        increases = [row["increase"] for row in output["importance"]]
        assert increases == sorted(increases, reverse=True)


def test_dependence_follows_the_most_important_single_number(found) -> None:
    """With its unit, inside its band, rising where more magnesium is taken."""
    told = found["outputs"][ABSORBED]["dependence"]
    assert (told["feature"], told["unit"], told["target_unit"]) == (DOSE, "ln mmol", "mg/d")
    assert (np.diff(told["mean"]) > 0).all()
    assert (np.array(told["low"]) <= told["mean"]).all()
    assert (np.array(told["mean"]) <= told["high"]).all()


def test_the_card_keeps_it_as_plain_json(fitted, found) -> None:
    """A report is written from the store, without the model."""
    card = make_card("k", *fitted, 0)
    assert card["drivers"] == found
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert card["applicability"]["groups"] == len(set(fitted[0].groups))
    assert 0 < card["applicability"]["median_distance"] < card["applicability"]["far_distance"]


def test_a_question_without_any_difference_is_left_out(fitted) -> None:
    """A study of one regimen learns nothing of intakes a day."""
    table, surrogate, _ = fitted
    place = table.feature_names.index("intakes_per_day")
    same = table.features.copy()
    same[:, place] = same[0, place]
    found = drivers(evolve(table, features=same), surrogate)
    assert TAKEN not in found["questions"]
    assert TAKEN not in of(found, ABSORBED)
