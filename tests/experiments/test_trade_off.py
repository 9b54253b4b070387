"""The trade-off shows the same on paper and for the mouse, the plain tablet also off the front."""

from itertools import cycle

import numpy as np
import pytest
from attrs import evolve

from experiments.pictures.figures import front_figure
from experiments.pictures.kinds import get_kind
from experiments.reports import write_report
from experiments.reports.answers import answer
from experiments.reports.labels import PANEL_PT, Mark, sides_of
from experiments.reports.plots import new_figure
from experiments.reports.trade_off import draw_trade_off
from experiments.reports.trade_off_data import (
    MOST_INTERVALS,
    RING_AREA,
    SHAPES,
    Sizes,
    trade_off_data,
)
from experiments.reports.trade_off_drawing import trade_off_drawing
from experiments.reports.wording import salt_name
from formulation.delivery import get_system
from formulation.salts import salts
from tests.experiments.example_document import IR, empty_front_document, example_document
from tests.experiments.large_document import large_document


def off_front_document():
    """Return the example with its plain tablets off the front."""
    document = example_document()
    front = document["front"]
    document["front"] = [c for c in front if c["design"]["system"] != IR]
    names = ("label", "design", "objectives", "intervals")
    document["plain"] = [
        {**{name: c[name] for name in names}, "confirmation": None}
        for c in front
        if c["design"]["system"] == IR
    ]
    return document


def of_plain_tablets():
    """Return the example with plain tablets alone on its front."""
    document = example_document()
    document["front"] = [c for c in document["front"] if c["design"]["system"] == IR]
    return document


def on_paper(document):
    """Return axes and legend of the drawn picture."""
    data = trade_off_data(document)
    _, (axes,) = new_figure(1, 8.2, 4.6)
    draw_trade_off(data, axes)
    return axes, [t.get_text().replace("\n", " ") for t in axes.get_legend().get_texts()]


def for_the_mouse(document):
    """Return traces, legend and labels of the picture for the mouse."""
    traces, layout = trade_off_drawing(trade_off_data(document))
    legend = [t["name"].replace("<br>", " ") for t in traces if t.get("showlegend", True)]
    names = [t["text"][0] for t in traces if t["mode"] == "markers+text"]
    return traces, legend, names, layout


@pytest.mark.parametrize(
    ("make", "state"), [(example_document, "front"), (off_front_document, "feasible")]
)
def test_the_plain_tablet_of_the_answer_has_a_ring_a_label_and_a_legend_entry(make, state):
    """On the front and off it, on paper and for the mouse, with its intervals."""
    document = make()
    found = answer(document)
    data = trade_off_data(document)
    assert data.plain is not None
    assert (data.plain.label, data.plain.state) == (found.rival, state)
    assert data.plain in data.with_intervals
    words = f"{found.rival}, plain tablet it is compared with (magnesium citrate)"
    axes, legend = on_paper(document)
    (ring,) = [c for c in axes.collections if c.get_sizes().tolist() == [RING_AREA]]
    assert ring.get_offsets().tolist() == [list(data.plain.place)]
    assert words in legend
    assert found.rival in [t.get_text() for t in axes.texts]
    traces, live_legend, names, _ = for_the_mouse(document)
    (ring,) = [t for t in traces if t["marker"].get("symbol") == "circle-open" and t["x"] != [None]]
    assert (ring["x"], ring["y"]) == tuple([x] for x in data.plain.place)
    assert words in live_legend
    assert found.rival in names
    assert f"Ring: {words}." in data.marked_text
    caption = get_kind("front").words(data).caption
    assert ("and of the plain tablet" in caption) is (state == "feasible")


def test_a_recommended_plain_tablet_is_said_to_be_one():
    """It is compared with nothing else, so the star says it and there is no ring."""
    data = trade_off_data(of_plain_tablets())
    assert data.plain is None
    _, legend = on_paper(of_plain_tablets())
    assert legend[0] == data.recommended.role
    assert ", recommended, itself a plain tablet (magnesium " in legend[0]
    assert "Ring" not in data.marked_text


def test_a_study_that_recommends_nothing_marks_nothing():
    """There is neither star nor ring."""
    data = trade_off_data(empty_front_document())
    assert (data.recommended, data.plain, data.marked_text) == (None, None, "")
    assert trade_off_drawing(data)[0]


@pytest.mark.parametrize("make", [example_document, off_front_document, empty_front_document])
def test_both_legends_say_the_same(make):
    """Marks of their own, states with counts, salts by shape, sizes and delivery systems."""
    _, legend = on_paper(make())
    traces, live, _, _ = for_the_mouse(make())
    data = trade_off_data(make())
    size = Sizes(data)
    said = {words for words in legend if not words.startswith("size:")}
    values = {words.removeprefix("size: Mass taken ") for words in live}
    systems = {get_system(p.system).title for p in data.points}
    feasible = {get_system(name).title for name in data.systems}
    assert feasible <= said
    assert systems <= values, "a click hides also those that miss a limit"
    assert values - systems == said - feasible
    assert {salt_name(salt) for salt in data.shapes} <= set(live)
    explained = {t["name"]: t["marker"]["symbol"] for t in traces if t["x"] == [None]}
    for salt, (_, symbol) in data.shapes.items():
        assert explained[salt_name(salt)] == symbol
    assert len({shape for shape in data.shapes.values()}) == len(data.shapes) <= len(SHAPES)
    assert len([words for words in live if words.startswith("size:")]) == len(size.samples())


def test_marks_for_the_mouse_have_the_shape_of_their_salt_their_label_and_values():
    """Also those that are beaten; who misses a limit is a grey cross that says so."""
    document = example_document()
    data = trade_off_data(document)
    shown = {}
    for trace in for_the_mouse(document)[0]:
        symbols = trace["marker"].get("symbol")
        for k, words in enumerate(trace.get("hovertext", ())):
            shown[words] = (
                symbols if isinstance(symbols, str) else symbols[k],
                trace["customdata"][k],
            )
    assert len(shown) == len(data.points)
    assert shown["C026, magnesium bisglycinate"] == (
        data.shapes["bisglycinate"][1],
        ["29.4 mg/d [21.8, 37.0]", "2.90 mmol [2.03, 3.77]", "3.27 g/d"],
    )
    assert shown["C020, magnesium chloride"][0] == data.shapes["chloride"][1]
    assert shown["C000, magnesium oxide, misses a limit"][0] == "x-thin-open"


def test_intervals_for_the_mouse_are_those_of_the_front():
    """Each in the colour of its delivery system, from end to end, in plot and report alike."""
    data = trade_off_data(example_document())
    found = {}
    for trace in trade_off_drawing(data)[0]:
        for k, words in enumerate(trace.get("hovertext", ())):
            ends = [
                (at - told["arrayminus"][k], at + told["array"][k])
                for axis in "xy"
                if (told := trace.get(f"error_{axis}"))
                for at in [trace[axis][k]]
            ]
            if ends:
                found[words[:4]] = ends
    assert set(found) == {p.label for p in data.with_intervals}
    for point in data.with_intervals:
        assert np.allclose(found[point.label], point.intervals[:2], rtol=1e-4)


def test_the_intervals_and_labels_of_a_report_answer_to_the_mouse(tmp_path):
    """From the drawing of the plot."""
    text = write_report(example_document(), tmp_path / "r.html", is_interactive=True).read_text()
    told = text.split('<div id="live-trade_off-0">')[1].partition("</script>")[0]
    assert '"error_x"' in told
    assert "C017\\u003c/b>" in told


@pytest.mark.parametrize("make", [example_document, off_front_document])
def test_the_same_candidates_are_named_on_paper_and_for_the_mouse(make):
    """The recommended in bold."""
    data = trade_off_data(make())
    names = [t.get_text() for t in front_figure(data).axes[0].texts]
    live = for_the_mouse(make())[2]
    assert [name.replace("<b>", "").replace("</b>", "") for name in live] == names
    assert live[0] == f"<b>{data.recommended.label}</b>"
    assert names[1] == data.plain.label


def test_a_click_hides_a_delivery_system_with_all_that_is_drawn_of_it():
    """Marks, intervals, labels, star and ring are of its group; other entries do nothing."""
    traces, _, _, layout = for_the_mouse(off_front_document())
    groups = {t["legendgroup"] for t in traces if t.get("legend") == "legend2"}
    drawn = [t for t in traces if t["x"] != [None]]
    assert {t["legendgroup"] for t in drawn} == groups
    assert not any(t["showlegend"] for t in drawn)
    assert layout["legend"]["itemclick"] is False
    assert "itemclick" not in layout["legend2"]


def test_a_large_front_has_no_intervals_in_either_picture():
    """They could not be told apart; the mouse still tells each."""
    document = large_document()
    data = trade_off_data(document)
    assert len(data.of("front")) > MOST_INTERVALS
    assert not data.with_intervals
    assert "intervals" not in get_kind("front").words(data).caption
    traces = trade_off_drawing(data)[0]
    assert not any("error_x" in trace for trace in traces)
    assert any("[" in told[0] for trace in traces for told in trace.get("customdata", ()))


def test_labels_stand_at_the_side_where_nothing_is():
    """Of four marks in a square each label points away from the others."""
    near, far = (x / PANEL_PT[0] for x in (200, 225))
    low, high = (y / PANEL_PT[1] for y in (150, 160))
    marks = [
        Mark(place=(x, y), radius_pt=4.0, cost=1000.0, label="C001")
        for x in (near, far)
        for y in (low, high)
    ]
    sides = sides_of(marks, marks, np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert sides == ["bottom left", "top left", "bottom right", "top right"]


@pytest.mark.parametrize("live", [False, True])
def test_a_report_without_a_single_number_has_no_trade_off(live, tmp_path):
    """Every evaluation failed, or was lost."""
    document = empty_front_document()
    for point in document["points"]:
        point["objectives"] = dict.fromkeys(point["objectives"])
    page = write_report(document, tmp_path / "r.html", is_interactive=live)
    assert "Scatter of" not in page.read_text(encoding="utf-8")


def test_a_long_legend_stays_within_the_picture():
    """With many salts the picture grows, on its own and in a report; with few it does not."""
    data = trade_off_data(example_document())
    named = list(salts())[:12]
    many = [evolve(p, salt=s, state="feasible") for p, s in zip(cycle(data.points), named)]
    for_report, (axes,) = new_figure(1, 8.2, 4.6)
    draw_trade_off(evolve(data, points=(*data.points, *many)), axes)
    alone = front_figure(evolve(data, points=(*data.points, *many)))
    for figure in (for_report, alone):
        figure.draw_without_rendering()
        legend = figure.axes[0].get_legend().get_window_extent()
        assert legend.y0 > figure.bbox.y0
        assert legend.y1 < figure.bbox.y1
    assert for_report.get_figheight() > 4.6
    assert front_figure(data).get_figheight() == 5.2
