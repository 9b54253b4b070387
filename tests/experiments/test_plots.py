"""Pictures show what the study document says, with intervals, units and nothing hidden."""

import subprocess
import sys
from copy import deepcopy
from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from attrs import evolve
from matplotlib.text import Text
from PIL import Image, ImageColor

from experiments.pictures.figures import front_figure
from experiments.pictures.questions import Question, curves_of
from experiments.pictures.words import curves_words, front_words
from experiments.reports.answers import answer
from experiments.reports.figures import shown_of
from experiments.reports.plot_data import confirmation_data, history_data, reasons_data
from experiments.reports.plots import (
    COLOURS,
    draw_confirmation,
    draw_history,
    draw_reasons,
    draw_release,
    new_figure,
    png,
)
from experiments.reports.release_data import MOST_CURVES, release_data, vessels_text
from experiments.reports.shortening import told_of
from experiments.reports.trade_off import draw_trade_off
from experiments.reports.trade_off_data import MOST_LABELS, STAR_AREA, trade_off_data
from formulation.errors import DataError, InputError
from tests.experiments.example_document import (
    ABSORBED,
    LOAD,
    MASS,
    PEAK,
    SUBJECTS,
    empty_front_document,
    example_document,
)

PURE_NUMBERS = ("Trial number", "Best so far", "Designs that miss the limit")
"""Axes without unit."""


def test_trade_off_front_is_the_documents_front():
    """The points drawn as front are those of the document, each with its interval."""
    document = example_document()
    front = trade_off_data(document).of("front")
    assert {p.number for p in front} == {c["number"] for c in document["front"]}
    for point in front:
        for value, (low, high) in zip(point.values, point.intervals, strict=True):
            assert low <= value <= high


def test_trade_off_counts_every_design_once():
    """Front, beaten, infeasible and valueless designs add up to the trials."""
    document = example_document()
    data = trade_off_data(document)
    counts = [len(data.of(state)) for state in ("front", "feasible", "infeasible")]
    assert counts == [6, 11, 12]
    assert sum(counts) + data.n_without_values == document["trials"]


def test_example_front_is_not_dominated():
    """No candidate of the fixture is beaten in every objective, so its pictures are honest."""
    for a, b in combinations(trade_off_data(example_document()).of("front"), 2):
        signed = [(-p.values[0], p.values[1], p.values[2]) for p in (a, b)]
        better = [x < y for x, y in zip(*signed, strict=True)]
        assert any(better), (a.label, b.label)
        assert not all(better), (a.label, b.label)


def test_trade_off_with_one_objective_is_refused():
    """One objective has no trade-off; the error says what to draw instead."""
    document = example_document()
    document["objectives"] = document["objectives"][:1]
    with pytest.raises(InputError, match=r"S014 has one objective.*history"):
        trade_off_data(document)


def test_trade_off_axes_carry_title_statistic_and_unit():
    """Both axes name endpoint, statistic and unit, and the markers' size is explained."""
    _, (axes,) = new_figure(1)
    draw_trade_off(trade_off_data(example_document()), axes)
    assert axes.get_xlabel() == "Absorbed Mg, increment over diet (median), mg/d"
    assert axes.get_ylabel().replace("\n", " ").endswith("at once (median), mmol")
    legend = [t.get_text() for t in axes.get_legend().get_texts()]
    assert "size: Mass taken, g/d" in legend
    assert "front (6), 90 % intervals" in legend


def _crowded():
    """Return a front of forty candidates, as near each other as those of a search."""
    document = example_document()
    model = document["front"][0]
    members = []
    for k in range(40):
        objectives = {ABSORBED: 12 + 0.3 * k, PEAK: 1.5 + 0.004 * k**1.8, MASS: 2 + 0.02 * (k % 7)}
        ends = {key: [0.9 * x, 1.1 * x] for key, x in objectives.items()}
        told = {"objectives": objectives, "intervals": {**model["intervals"], **ends}}
        members.append(
            {**model, **told, "number": 100 + k, "label": f"C{100 + k}", "confirmation": None}
        )
    row = next(p for p in document["points"] if p["number"] == model["number"])
    document["points"] += [
        {**row, "number": c["number"], "objectives": c["objectives"]} for c in members
    ]
    document["front"] = members
    return document


@pytest.mark.parametrize("make", [example_document, _crowded])
@pytest.mark.parametrize("size", [(8.2, 4.6), (8.6, 5.2)])
def test_trade_off_labels_cover_neither_each_other_nor_a_mark_of_the_front(make, size):
    """In the size of the report and of the picture, on small and on crowded fronts."""
    data = trade_off_data(make())
    figure, (axes,) = new_figure(1, *size)
    draw_trade_off(data, axes)
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(t) for t in axes.texts]
    assert 3 <= len(boxes) <= MOST_LABELS
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    for point in data.of("front"):
        x, y = axes.transData.transform(point.place)
        assert not any(box.contains(x, y) for box in boxes), point.label


@pytest.mark.parametrize("make", [example_document, _crowded])
def test_report_and_plot_name_the_recommended_candidate_and_both_ends(make):
    """In the same words; the recommended has a star of its own, with its label in bold."""
    document = make()
    best = answer(document).label
    data = trade_off_data(document)
    ends = sorted(data.of("front"), key=lambda p: p.values[0])
    _, (axes,) = new_figure(1, 8.2, 4.6)
    draw_trade_off(data, axes)
    names = [t.get_text() for t in axes.texts]
    assert names == [t.get_text() for t in front_figure(data).axes[0].texts]
    assert names[0] == best
    assert axes.texts[0].get_fontweight() == "bold"
    assert {best, ends[0].label, ends[-1].label} <= set(names)
    (drawn,) = [c for c in axes.collections if c.get_sizes().tolist() == [STAR_AREA]]
    assert drawn.get_offsets().tolist() == [list(data.recommended.place)]
    assert axes.get_legend().get_texts()[0].get_text().startswith(f"{best}, recommended")
    assert data.recommended.role.startswith(f"{best}, recommended")
    assert f"Star: {data.recommended.role}." in front_words(data).alt


def test_release_curves_rise_inside_their_band():
    """Every mean rises, stays in 0 to 100 % and between its lower and upper end."""
    panels = release_data(example_document())
    assert [p.system for p in panels] == ["immediate_release", "timed_release"]
    for curve in (c for p in panels for c in p.curves):
        assert np.all(np.diff(curve.mean) >= 0)
        assert np.all((curve.lo90 <= curve.mean) & (curve.mean <= curve.hi90))
        assert curve.mean.min() >= 0
        assert curve.mean.max() <= 100
        assert curve.hours[-1] == 24


def test_release_legend_names_the_kind_of_band():
    """The band is labelled with its own interval kind, the law as such."""
    for panel in release_data(example_document()):
        _, (axes,) = new_figure(1)
        draw_release(panel, axes)
        legend = [t.get_text().replace("\n", " ") for t in axes.get_legend().get_texts()]
        assert f"band: {panel.curves[0].kind}" in legend
        assert "release law itself" in legend
        assert (axes.get_xlabel()[-3:], axes.get_ylabel()[-10:]) == (", h", "% of label")


def _with_a_long_front():
    """Return a document of twenty candidates that are alike but for what the answer weighs."""
    document = example_document()
    model = next(c for c in document["front"] if c["label"] == "C017")
    others = [{**model, "label": f"C{k:03d}", "number": k} for k in range(20)]
    best = deepcopy(others[13])
    best["objectives"][ABSORBED] = best["confirmation"]["values"][ABSORBED] = 39.0
    document["front"] = [*others[:13], best, *others[14:]]
    assert answer(document).label == "C013"
    return document


def test_release_panel_draws_the_recommended_candidate_first():
    """A long front is thinned evenly, says how many are left out, and keeps the answer."""
    (panel,) = release_data(_with_a_long_front())
    assert len(panel.curves) == len({c.label for c in panel.curves}) == MOST_CURVES
    assert panel.n_left_out == 20 - MOST_CURVES
    assert [c.label for c in panel.curves if c.is_recommended] == ["C013"]
    assert panel.curves[0].name == "C013, recommended"
    assert {"C000", "C019"} < {c.label for c in panel.curves}
    _, (axes,) = new_figure(1)
    draw_release(panel, axes)
    assert axes.get_legend().get_texts()[0].get_text() == "C013, recommended"


def test_report_and_plot_draw_the_same_curves_and_count_the_others():
    """Also where the report tells of fewer candidates than the front has."""
    document = _with_a_long_front()
    for candidate in document["front"][:9]:
        candidate["confirmation"] = None
    found = answer(document)
    told = told_of(document, found)
    assert len(told["front"]) < len(document["front"])
    (picture,) = shown_of(document, told, found)["release"].pictures
    panels = curves_of(Question(document=document, label=None, components=(), opened=None))
    names = ", ".join(c.name for c in panels[0].curves)
    said = "Drawn: 6 of 20 on the front; not drawn: 14."
    assert f"for {names} (" in picture.alt
    assert said in picture.caption
    words = curves_words(panels)
    assert names in words.alt
    assert said in words.alt
    assert said in words.caption


def test_release_curves_say_medium_apparatus_and_speed():
    """That of each candidate, where they stand in several."""
    document = example_document()
    panels = release_data(document)
    where = "0.1 M HCl, 900 mL; USP 2 (paddle), 50 rpm, 37 °C"
    assert {c.vessel for panel in panels for c in panel.curves} == {where}
    assert f"In {where}." in curves_words(panels).caption
    one, *others = panels[0].curves
    mixed = evolve(panels[0], curves=(evolve(one, vessel="Franz cell"), *others))
    assert vessels_text(mixed).startswith(f"{one.label} in Franz cell. {others[0].label}")


def test_release_times_in_an_unknown_unit_are_refused():
    """Times are never taken for minutes unless they say so."""
    document = example_document()
    document["front"][0]["curves"]["release"]["x_unit"] = "d"
    with pytest.raises(DataError, match=r"C011: its times are in 'd'"):
        release_data(document)


def test_curve_without_band_is_drawn_without_one():
    """A curve whose interval is empty gets no band and no band in the legend."""
    document = example_document()
    for candidate in document["front"]:
        candidate["curves"]["release"].update(lo90=[], hi90=[])
    _, (axes,) = new_figure(1)
    draw_release(release_data(document)[0], axes)
    assert not axes.collections
    assert not any("band" in t.get_text() for t in axes.get_legend().get_texts())


def test_confirmation_pairs_predicted_with_confirmed_values():
    """Panels cover objectives that are no exact arithmetic, one pair a candidate."""
    document = example_document()
    panels = confirmation_data(document)
    assert [p.key for p in panels] == [ABSORBED, PEAK]
    for panel in panels:
        first = document["front"][0]
        assert panel.predicted[0] == first["objectives"][panel.key]
        assert panel.confirmed[0] == first["confirmation"]["values"][panel.key]
        assert panel.confirmed_ends.shape == (2, 6)
        assert np.all(panel.predicted_ends[0] <= panel.predicted)


def test_history_never_falls_and_ignores_infeasible_designs():
    """The best so far only rises, and starts with the first feasible design."""
    history = history_data(example_document())
    assert history.best.shape == (30, 3)
    assert np.isnan(history.best[0]).all()
    assert np.all(np.diff(history.best[1:], axis=0) >= 0)
    assert history.best[-1, 0] == pytest.approx((31.5 - 10) / 30)


def test_reasons_keep_the_documents_counts():
    """Every limit is named in words with its count."""
    reasons = reasons_data(example_document())
    assert [r.count for r in reasons] == [9, 4, 1]
    assert reasons[0].limit.endswith("(95th percentile) at most 8 mmol/d")
    assert reasons[2].limit == "Evaluation failed"


def test_a_limit_of_another_form_is_refused():
    """A name that is no limit is an error, not a label."""
    document = example_document()
    document["infeasible_reasons"][0]["limit"] = f"{LOAD} below 8"
    with pytest.raises(DataError, match=r"is not of the form 'endpoint <= value unit'"):
        reasons_data(document)


def test_every_axis_has_a_unit_unless_it_counts():
    """A dash behind a pure number would be read as a minus or as something missing."""
    document = example_document()
    _, axes = new_figure(3)
    draw_confirmation(confirmation_data(document)[0], axes[0])
    draw_history(history_data(document), axes[1])
    draw_reasons(reasons_data(document), axes[2])
    assert axes[0].get_xlabel().endswith(", mg/d")
    assert axes[0].get_ylabel().endswith(", mg/d")
    for label in (axes[1].get_xlabel(), axes[1].get_ylabel(), axes[2].get_xlabel()):
        assert label.split("\n")[0] in PURE_NUMBERS


def test_pictures_are_reproducible_and_small():
    """The same document gives the same bytes, below 45 kB a picture."""
    images = []
    for _ in range(2):
        figure, (axes,) = new_figure(1, 8.2, 4.6)
        draw_trade_off(trade_off_data(example_document()), axes)
        images.append(png(figure))
    assert images[0] == images[1]
    assert len(images[0]) < 45_000


def test_a_palette_keeps_every_colour_of_the_lines():
    """Curves under their bands keep the very colours of the legend."""
    document = example_document()
    model = document["front"][0]
    document["front"] = [{**model, "label": f"C{k:03d}"} for k in range(len(COLOURS))]
    for k, candidate in enumerate(document["front"]):
        curves = deepcopy(candidate["curves"])
        curves["release"]["y"] = [y * (1 - 0.1 * k) for y in curves["release"]["y"]]
        candidate["curves"] = curves
    figure, (axes,) = new_figure(1)
    draw_release(release_data(document)[0], axes)
    with Image.open(BytesIO(png(figure))) as picture:
        assert picture.mode == "P"
        found = {colour for _, colour in picture.convert("RGB").getcolors(1_000_000)}
    for colour in COLOURS:
        assert ImageColor.getrgb(colour) in found


def test_pictures_of_a_study_without_front_can_be_drawn():
    """Nothing feasible is drawn as such: no front, no curves, no confirmation."""
    document = empty_front_document()
    data = trade_off_data(document)
    assert data.of("front") == ()
    assert release_data(document) == ()
    assert confirmation_data(document) == ()
    assert np.isnan(history_data(document).best).all()
    figure, (axes,) = new_figure(1)
    draw_trade_off(data, axes)
    assert png(figure).startswith(b"\x89PNG")


def test_importing_plots_loads_no_matplotlib():
    """The command line pays for matplotlib only when it draws."""
    code = "import sys, experiments.reports; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_kind_of_confirmation_is_known():
    """The fixture states the confirmation's interval kind as the chain does."""
    assert example_document()["front"][0]["confirmation"]["kind"] == SUBJECTS
