"""The report says what drives each surrogate, from the card alone, in words with units."""

import json

import numpy as np

from experiments.reports.drivers import (
    LEAST_SHARE,
    draw_drivers,
    driver_data,
    driver_pictures,
    driver_tables,
)
from experiments.reports.page import render
from experiments.reports.plots import new_figure
from experiments.reports.tables import NONE
from tests.experiments.example_document import example_document

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


def test_the_picture_says_what_it_shows() -> None:
    """Protocol, band and that the law's curve stands for the recipe."""
    (picture,) = driver_pictures(MODEL)
    assert MODEL["drivers"]["protocol"] in picture.caption
    assert "band: mean 90 % interval of the predictions" in picture.caption
    assert "Absorbed Mg, increment over diet (median): elemental Mg" in picture.alt


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
    assert driver_pictures(document["models"][0]) == []
    assert driver_tables(document["models"][0]) == []
    assert "written by a version that did not keep it" in render(document)


def test_drawing_needs_no_more_than_what_json_keeps() -> None:
    """The card goes through the store as JSON."""
    again = json.loads(json.dumps(MODEL))
    first, second = driver_data(MODEL), driver_data(again)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.increase, b.increase)
