"""What `compare` says of the answers of two studies."""

from copy import deepcopy

import pytest

from experiments.cli.repeating import _answers
from experiments.repeating import answers_of
from experiments.reports.answers import answer
from tests.experiments.example_document import empty_front_document, example_document


def said(a: dict, b: dict) -> str:
    """Return what is said of the answers of two documents, S001 and S002."""
    of_a, of_b, same = answers_of(a, b)
    found = {
        "a": {"label": "S001", "answer": of_a},
        "b": {"label": "S002", "answer": of_b},
        "same_recipe": same,
    }
    return " ".join(_answers(found, 2000))


def best_of(document: dict) -> dict:
    """Return the candidate that is recommended."""
    return next(c for c in document["front"] if c["label"] == answer(document).label)


def test_both_answers_are_said_with_whether_they_are_one():
    """The first line of each."""
    document = example_document()
    label, sentence = answer(document).label, answer(document).sentence
    assert said(document, deepcopy(document)) == (
        f"S001: {sentence} S002: {sentence} Both recommend the same recipe: {label} of S001 is"
        f" {label} of S002."
    )


def test_one_recipe_taken_otherwise_is_the_same_recipe():
    """And how it is taken is said of both."""
    document = example_document()
    other = deepcopy(document)
    best = best_of(other)
    best["regimen"] = "1 unit once a day"
    best["design"] = {**best["design"], "regimen": {"units_per_intake": 1}}
    assert said(document, other).endswith(
        f", taken {best_of(document)['regimen']}, or 1 unit once a day."
    )


@pytest.mark.parametrize("part", ["amounts_mg", "process"])
def test_another_amount_or_setting_is_another_recipe(part):
    """Though the salt is the same."""
    document = example_document()
    other = deepcopy(document)
    best = best_of(other)
    best["design"] = {**best["design"], part: {**best["design"][part], "water": 1.0}}
    label = best["label"]
    assert said(document, other).endswith(
        f"They recommend different recipes: {label} of S001 and {label} of S002."
    )


def test_a_study_that_recommends_nothing_is_named():
    """There is nothing to compare its recipe with."""
    nothing = empty_front_document()
    assert answers_of(nothing, nothing)[0]["candidate"] is None
    assert said(example_document(), nothing).endswith("S002 recommends none.")
    assert said(nothing, nothing).endswith("S001 and S002 recommend none.")
