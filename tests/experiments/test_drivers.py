"""The report says what drives each surrogate, from the card alone, in words with units."""

import json
from copy import deepcopy
from html import unescape

import numpy as np
import pytest
from attrs import evolve

from experiments.pictures.kinds import get_kind
from experiments.pictures.questions import Question
from experiments.reports.driver_data import (
    LEAST_SHARE,
    MASSES,
    NOTHING,
    absent_text,
    driver_data,
)
from experiments.reports.drivers import draw_drivers, driver_pictures, driver_tables
from experiments.reports.page import render
from experiments.reports.plots import new_figure
from experiments.reports.tables import NONE
from experiments.reports.wording import endpoint_title
from formulation.feature_words import feature_words
from tests.experiments.example_document import ABSORBED, MASS, PEAK, example_document

DOSES = ("log_mmol_per_day", "log_mmol_per_intake")
MODEL = example_document()["models"][1]


def test_panels_hold_the_numbers_of_the_card() -> None:
    """In its order; what is nothing beside the first is not drawn."""
    absorbed, released = driver_data(MODEL)
    told = MODEL["drivers"]["outputs"]
    assert absorbed.increase.tolist() == [2.9, 0.4]
    assert absorbed.parts == tuple(r["part"] for r in told[absorbed.key]["importance"])
    assert released.parts == ("matrix polymer, which and how much",)
    assert (released.increase > LEAST_SHARE * released.increase.max()).all()
    assert absorbed.dependence.values.tolist() == [2.0, 3.5, 5.0]
    assert released.dependence is None


def test_every_axis_names_its_unit() -> None:
    """Importance in the unit of the output, dependence in that of the feature too."""
    panels = driver_data(MODEL)
    _, axes = new_figure(4, n_rows=2)
    draw_drivers(panels, axes)
    assert [a.get_xlabel().split(", ")[-1] for a in axes[:2]] == ["mg/d", "%"]
    assert axes[2].get_xlabel() == "elemental Mg at one occasion, mmol"
    assert axes[2].get_ylabel() == "Mean prediction, mg/d"
    assert not axes[3].axison


def _with(dependence, increases=(2.9, 0.4)):
    """Return the card with another dependence of its first output."""
    model = deepcopy(MODEL)
    output = next(iter(model["drivers"]["outputs"].values()))
    output["dependence"] = {**output["dependence"], **dependence}
    for row, increase in zip(output["importance"], increases, strict=True):
        row["increase"] = increase
    return model


def test_a_number_that_does_not_matter_is_not_called_the_most_important() -> None:
    """Below the stated share of the first question; at that share of it no longer."""
    model = _with({}, increases=(0.02, 2.9))
    panel = driver_data(model)[0]
    assert panel.dependence is None
    assert "less than 1 % of the most important question" in panel.remark
    _, axes = new_figure(4, n_rows=2)
    draw_drivers(driver_data(model), axes)
    assert "No single number matters here" in axes[2].texts[0].get_text().replace("\n", " ")
    words = axes[3].texts[0].get_text().replace("\n", " ")
    assert words == "No question here is a single number."
    assert driver_data(_with({}, increases=(0.03, 2.9)))[0].dependence is not None


@pytest.mark.parametrize(
    ("feature", "unit", "values", "axis", "ends"),
    [
        ("elemental Mg of a day", "ln mmol", [1.525, 2.31], ", mg/d", (111.7, 244.8)),
        ("elemental Mg of an intake", "ln mmol", [0.5, 1.5], ", mg", (40.07, 108.9)),
        ("osmoles left", "ln(1 + mOsm)", [0.0, 2.0], ", mOsm", (0.0, 6.389)),
        ("viscosity", "log10 Pa*s", [-1.0, 2.0], ", Pa*s (logarithmic)", (0.1, 100.0)),
        ("units a day", "", [1.0, 3.0], "", (1.0, 3.0)),
    ],
)
def test_dependence_is_over_what_people_measure(feature, unit, values, axis, ends) -> None:
    """No logarithm of a surrogate's, and doses in mg of elemental magnesium."""
    span = [5.0, 6.0]
    told = {"feature": feature, "unit": unit, "values": values, "mean": span}
    found = driver_data(_with({**told, "low": span, "high": span}))[0].dependence
    assert found.axis == feature + axis
    assert (found.values[0], found.values[-1]) == pytest.approx(ends, rel=1e-3)
    names = {feature_words("immediate_release", f"body_{n}").title for n in DOSES}
    assert set(MASSES) == names


def test_the_picture_says_what_it_shows() -> None:
    """Protocol, band and that the law's curve stands for the recipe."""
    (picture,) = driver_pictures(MODEL, [])
    assert MODEL["drivers"]["protocol"] in picture.caption
    assert "band: mean 90 % interval of the predictions" in picture.caption
    assert "Absorbed Mg, increment over diet (median): elemental Mg" in picture.alt


def test_an_objective_that_is_not_drawn_is_named_with_the_reason() -> None:
    """What the card does not keep, and what no surrogate predicts; a reading is no other output."""
    told = absent_text(MODEL, [ABSORBED, f"{ABSORBED}.pessimistic", PEAK, MASS, "limits_met"])
    assert told == (
        " Not drawn: Most dissolved Mg in the upper gut at once (median), which is predicted, but a"
        " model card keeps only what drives the outputs shown; Mass taken, which is exact"
        " arithmetic on the recipe and not predicted; Chance that every limit holds, which follows"
        " from the study's own limits or reference profile."
    )
    assert absent_text(MODEL, [ABSORBED, "released_2h"]) == ""


def test_plot_and_report_say_in_the_caption_what_is_not_drawn() -> None:
    """Of the objectives of the study, in the same words."""
    document = example_document()
    keys = [o["key"] for o in document["objectives"]]
    told = absent_text(MODEL, keys)
    assert [key for key in keys if endpoint_title(key) in told] == [PEAK, MASS]
    kind = get_kind("importance")
    question = Question(document=document, label="C017", components=(), opened=None)
    assert kind.words(kind.data(question)).caption.endswith(told)
    (picture,) = driver_pictures(MODEL, keys)
    assert picture.caption.endswith(told)
    assert picture.caption in unescape(render(document))


def test_an_output_that_nothing_moves_says_so_in_its_panel() -> None:
    """On paper and for the mouse, under its title."""
    model = _with({}, increases=(0.0, 0.0))
    panels = driver_data(model)
    assert panels[0].parts == ()
    _, axes = new_figure(4, n_rows=2)
    draw_drivers(panels, axes)
    assert axes[0].texts[0].get_text().replace("\n", " ") == NOTHING
    assert axes[0].get_title(loc="left").startswith("Absorbed Mg")
    assert not axes[0].axison
    kind = get_kind("importance")
    document = {**example_document(), "models": [model]}
    question = Question(document=document, label="C017", components=(), opened=None)
    (figure,) = kind.show(kind.data(question))
    first = next(figure.select_traces({"mode": "text"}))
    assert first.text[0].replace("<br>", " ") == NOTHING
    data = kind.data(question)
    assert "Most important" not in kind.words(evolve(data, panels=data.panels[:1])).alt
    assert panels[0].dependence is not None or panels[0].remark == NOTHING


def test_the_table_has_every_question_with_its_features() -> None:
    """Mean and spread; a dash where a question does not matter."""
    (table,) = driver_tables(MODEL)
    assert [row[0] for row in table.rows] == list(MODEL["drivers"]["questions"])
    assert table.rows[0][2:] == ("2.9 ± 0.2", NONE)
    assert table.rows[1][1] == "hypromellose, % w/w; lactose, % w/w"
    assert [column.unit for column in table.columns[2:]] == ["mg/d", "%"]


def test_a_card_of_an_earlier_version_is_told_to_have_none() -> None:
    """The report of an old study can still be written."""
    document = example_document()
    for model in document["models"]:
        del model["drivers"]
    assert driver_pictures(document["models"][0], []) == []
    assert driver_tables(document["models"][0]) == []
    assert "written by a version that did not keep it" in render(document)


def test_drawing_needs_no_more_than_what_json_keeps() -> None:
    """The card goes through the store as JSON."""
    again = json.loads(json.dumps(MODEL))
    first, second = driver_data(MODEL), driver_data(again)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.increase, b.increase)
