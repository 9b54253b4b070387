"""Pictures of a study: each kind in each format, from the data that are printed, with units."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.cli import main
from experiments.pictures import draw_picture, drawing, picture_document
from experiments.pictures.kinds import KINDS, get_kind
from experiments.pictures.questions import Question
from experiments.profiling import profile
from experiments.reports import interactive
from experiments.reports.calibration import calibration_data, draw_calibration
from experiments.reports.parallel import MOST_FACTORS, draw_parallel, parallel_data
from experiments.reports.plots import new_figure
from experiments.reports.spans import significant
from formulation.errors import InputError
from tests.experiments.example_document import (
    ABSORBED,
    PEAK,
    empty_front_document,
    example_document,
    untouched_document,
)
from tests.experiments.test_plots import PURE_NUMBERS
from tests.experiments.test_ranges import Lined, a_design, kept, study_of  # noqa: F401

FROM_STORE = ("front", "curves", "history", "importance", "parallel", "calibration")
"""Kinds that need no model."""


@pytest.fixture
def stored(monkeypatch):
    """Return how a document is put in the place of a stored study."""

    def put(document):
        monkeypatch.setattr(drawing, "read_study", lambda *_: document)
        return document

    put(example_document())
    return put


def drawn(kind, path, **about):
    return draw_picture("S014", kind, path, SimpleNamespace(), print, **about)


def told(kind, **about):
    return picture_document("S014", kind, SimpleNamespace(), print, **about)


def asked(document, label=None):
    return Question(document=document, label=label, components=(), opened=None)


@pytest.mark.parametrize("kind", FROM_STORE)
def test_every_kind_is_drawn_in_every_format(kind, stored, tmp_path):
    """A PNG, an SVG and a page, each with what its ending promises."""
    assert drawn(kind, tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert drawn(kind, tmp_path / "p.svg").read_text().startswith("<?xml")
    assert drawn(kind, tmp_path / "p.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("kind", FROM_STORE)
def test_every_axis_says_its_unit(kind):
    """On paper, behind a comma or in brackets; axes of names alone have none."""
    found = get_kind(kind)
    figure = found.draw(found.data(asked(example_document())))
    shown = [place for place in figure.axes if place.axison]
    labels = [t for place in shown for t in (place.get_xlabel(), place.get_ylabel()) if t]
    if kind == "parallel":
        labels = [t.get_text() for place in shown for t in place.get_xticklabels()]
    assert labels
    for label in labels:
        if label.split("\n")[0] in PURE_NUMBERS:
            continue
        assert re.search(r"(,\s\S+( \S+)*|\[\S+\]|% of label)", label.replace("\n", " ")), label


@pytest.mark.parametrize("kind", FROM_STORE)
def test_every_axis_for_the_mouse_says_its_unit(kind):
    """Behind a comma, or in brackets below each of the parallel axes; bars are named alone."""
    found = get_kind(kind)
    titles = []
    for figure in found.show(found.data(asked(example_document()))):
        if kind == "parallel":
            titles += [text for axis in figure.select_xaxes() for text in axis.ticktext]
        else:
            axes = (*figure.select_xaxes(), *figure.select_yaxes())
            titles += [axis.title.text for axis in axes]
    # The names of bars, and the place of a dependence that is not there.
    bare = [title for title in titles if title is None]
    assert len(bare) == (4 if kind == "importance" else 0)
    for title in filter(None, titles):
        if title.split(" (")[0] in PURE_NUMBERS:
            continue
        assert re.search(r"(, [%\w]|\[\S+\]|% of label)", title.replace("<br>", " ")), title


@pytest.mark.parametrize("kind", FROM_STORE)
def test_the_same_data_give_the_same_svg(kind, stored, tmp_path):
    """Byte by byte, so that a picture may be compared."""
    one, other = (drawn(kind, tmp_path / f"{n}.svg").read_bytes() for n in "ab")
    assert one == other


def test_the_svg_says_what_it_shows(stored, tmp_path):
    """In the elements that browsers read out."""
    text = drawn("front", tmp_path / "p.svg").read_text()
    assert "<title>S014 citrate-or-matrix: Trade-off between the objectives</title>" in text
    assert re.search(r"<desc>Scatter of .*6 on the front, 11 feasible but beaten", text)


@pytest.mark.parametrize("ending", ["svg", "html"])
def test_names_with_markup_in_them_stay_text(ending, stored, tmp_path):
    """A study may be called anything; nothing of it is run, and dollars set no formula."""
    document = example_document()
    document["study"]["name"] = r"<script>alert(1)</script> $\frac{$"
    stored(document)
    text = drawn("history", tmp_path / f"p.{ending}").read_text()
    assert "<script>alert" not in text
    assert r"$\frac{$" in text


def test_the_page_sends_nothing_and_fetches_nothing(stored, tmp_path):
    """The button that sends a chart away is off, and the policy lets nothing in."""
    text = drawn("front", tmp_path / "p.html").read_text()
    assert '"showSendToCloud": false' in text
    assert "default-src 'none'" in text
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=", text.replace("<link>", ""))


def test_no_chart_of_a_report_is_sent_away_either():
    """The same toolbar stands beside them."""
    assert '"showSendToCloud": false' in interactive._fragment("one", [], {})


@pytest.mark.parametrize("kind", FROM_STORE)
def test_what_is_printed_is_what_is_drawn(kind, stored):
    """One document, all of its numbers finite or null, with the units of the endpoints."""
    document = told(kind)
    json.dumps(document, allow_nan=False)
    assert (document["schema"], document["version"]) == ("formulation/plot", 1)
    assert document["kind"] == kind
    assert document["endpoints"][ABSORBED]["unit"] == "mg/d"
    assert document["alt"].endswith(".")
    assert document["study"]["config_sha256"] == "3f" * 32


def test_a_history_before_the_first_feasible_design_is_null(stored):
    """JSON has no word for what is not there."""
    assert told("history")["data"]["best"][0] == [None, None, None]


def test_curves_of_one_candidate_are_its_own(stored):
    """Whatever the others are."""
    panels = told("curves", candidate="c017")["data"]
    assert [[c["label"] for c in panel["curves"]] for panel in panels] == [["C017"]]


def test_importance_is_that_of_the_candidates_system(stored):
    """Each system has a model of its own."""
    assert told("importance", candidate="C011")["data"]["system"] == "immediate_release"
    assert told("importance", candidate="C017")["data"]["system"] == "timed_release"


def test_a_panel_for_the_mouse_says_why_it_has_no_dependence():
    """In its own place, without axes."""
    kind = get_kind("importance")
    (figure,) = kind.show(kind.data(asked(example_document())))
    (words,) = (trace for trace in figure.select_traces({"mode": "text"}))
    assert words.text[0].replace("<br>", " ") == "No question here is a single number."
    assert (words.xaxis, words.yaxis) == ("x4", "y4")
    assert not figure.layout.xaxis4.visible


def test_parallel_axes_hold_every_candidate_and_objective():
    """Each on its own scale from 0 to 1, each with its unit."""
    document = example_document()
    data = parallel_data(document)
    assert data.labels == tuple(c["label"] for c in document["front"])
    assert [axis.name for axis in data.axes if axis.goal] == [
        o["key"] for o in document["objectives"]
    ]
    for axis in data.axes:
        assert axis.unit
        assert (axis.heights.min(), axis.heights.max()) == (0, 1)
    (absorbed,) = (axis for axis in data.axes if axis.name == ABSORBED)
    assert absorbed.values.tolist() == [c["objectives"][ABSORBED] for c in document["front"]]


def test_parallel_factors_are_those_all_have_and_that_differ():
    """A matrix polymer is no axis of a front with plain tablets, but of the matrices it is."""
    document = example_document()
    assert "hpmc" not in {axis.name for axis in parallel_data(document).axes}
    data = parallel_data(document, "C017")
    assert data.chosen == "C017"
    assert set(data.systems) == {"timed_release"}
    assert "hpmc" in {axis.name for axis in data.axes}
    factors = [axis for axis in data.axes if not axis.goal]
    assert len(factors) <= MOST_FACTORS
    assert all(axis.ends[0] < axis.ends[1] for axis in factors)


def test_parallel_ends_are_written_with_three_digits():
    """At the bottom the least, at the top the greatest value of each axis."""
    data = parallel_data(example_document())
    _, (axes,) = new_figure(1)
    draw_parallel(data, axes)
    texts = [t.get_text() for t in axes.texts]
    assert texts == [significant(end) for axis in data.axes for end in axis.ends]
    assert all(len(t.replace(".", "").lstrip("0").rstrip("0")) <= 3 for t in texts)


def test_calibration_counts_what_the_intervals_hold():
    """The one candidate whose integrated value is outside is named, counted and marked."""
    document = example_document()
    candidate = document["front"][2]
    candidate["confirmation"]["values"][ABSORBED] = 2 * candidate["values"][ABSORBED]
    data = calibration_data(document)
    absorbed, peak = data
    assert absorbed.is_inside.tolist() == [True, True, False, True, True, True]
    assert "holds 5 of 6 values of 256 integrated subjects (83 %)" in absorbed.words
    assert "Of designs held out while fitting: 91 %" in absorbed.words
    assert "holds 6 of 6" in peak.words
    assert [d.panel.key for d in data] == [ABSORBED, PEAK]
    _, axes = new_figure(2)
    draw_calibration(data, axes)
    assert [t.get_text() for t in axes[0].texts] == [candidate["label"]]
    assert not axes[1].texts
    assert "5 of 6 inside" in axes[0].get_title(loc="left")


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
@pytest.mark.parametrize("make", [empty_front_document, untouched_document])
def test_a_study_without_anything_to_draw_is_refused_in_words(kind, make, stored):
    """Or drawn, where designs gave numbers though none is feasible."""
    stored(make())
    if kind == "front" and make is empty_front_document:
        assert told(kind)["data"]["points"]
        return
    with pytest.raises(InputError, match=r"Study S014.* (to draw|compare predictions with)"):
        told(kind)


@pytest.mark.parametrize(
    ("name", "why"), [("p.gif", "'.gif'"), ("p", "nothing"), ("", "replace a folder")]
)
def test_another_ending_and_a_folder_are_refused_with_what_is_possible(name, why, stored, tmp_path):
    """Before anything is read."""
    with pytest.raises(InputError, match=why) as refused:
        drawn("front", tmp_path / name)
    assert ".png, .svg or .html" in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_without_plotly_it_is_said_what_to_install(stored, tmp_path, monkeypatch):
    """And the other formats are drawn all the same."""
    for name in [m for m in sys.modules if m.partition(".")[0] == "plotly"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(InputError, match=r"Plotly, which is not installed.*\[interactive\]"):
        drawn("history", tmp_path / "p.html")
    assert drawn("history", tmp_path / "p.svg").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["nix", "--json"], "There are: front, curves, history, importance, profiler, ternary"),
        (["front"], "with --output FILE, or what it shows is printed with --json"),
        (["front", "--json", "-o", "p.png"], "One of them is wanted"),
        (["front", "--json", "--candidate", "C000"], "about the whole study, not about 'C000'"),
        (["front", "--json", "--components", "a,b,c"], "not about components"),
        (["curves", "--json", "--candidate", "C042"], "Candidate 'C042' is not known"),
        (["profiler", "--json", "--candidate", "C042"], "no candidate 'C042' with values"),
        (["calibration", "--json"], "no candidate has been integrated"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(words, why, kept, capsys):  # noqa: F811
    """With exit code 2, and nothing written."""
    assert main(["plot", "S001", *words, "--home", str(kept)]) == 2
    found = capsys.readouterr()
    assert why in found.out + found.err
    assert "Traceback" not in found.out + found.err


def test_slices_kept_with_the_study_need_no_models(stored, tmp_path):
    """Drawn as they were kept, in every format, with the unit of each factor and objective."""
    spec = study_of()
    slices = profile("C017", a_design(spec, 160, 175), spec, Lined())
    stored({**example_document(), "profiler": slices})
    panels = told("profiler", candidate="C017")["data"]
    assert [panel["key"] for panel in panels] == slices["objectives"]
    for ending in ("png", "svg", "html"):
        assert drawn("profiler", tmp_path / f"p.{ending}", candidate="C017").stat().st_size
    kind = get_kind("profiler")
    shown = kind.show(kind.data(asked({**example_document(), "profiler": slices}, "C017")))
    assert len(shown) == len(panels)
    for figure in shown:
        titles = [axis.title.text for axis in figure.select_xaxes()]
        assert titles == [f"{f['title']}, {f['unit']}" for f in slices["factors"]]


def test_slices_of_any_candidate_are_drawn_from_the_models(kept, capsys):  # noqa: F811
    """Also where none were kept with the study."""
    words = ["plot", "S001", "profiler", "--candidate", "C000", "--json", "--home", str(kept)]
    assert main(words) == 0
    panels = json.loads(capsys.readouterr().out)["data"]
    assert {panel["candidate"] for panel in panels} == {"C000"}
    for told_slice in panels[0]["slices"]:
        lows, ys, highs = (np.array(told_slice[k]) for k in ("lo90", "y", "hi90"))
        assert ((lows <= ys) & (ys <= highs)).all()


def test_the_pictures_load_no_plotly_before_it_is_drawn_with():
    """It is an extra, and heavy."""
    code = (
        "import experiments.pictures, experiments.tabulating, sys; print('plotly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
