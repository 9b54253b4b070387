"""The page of a report: small, each picture with words and a table, long tables folded."""

import re
import shutil
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typing_extensions import override

from experiments.cli import main
from experiments.plain_tablets import is_plain_soluble
from experiments.reports import render, write_report
from experiments.reports.answers import answer
from experiments.reports.plot_data import confirmation_data
from experiments.reports.recipes import batch_g, recipe_tables, weighing_table
from experiments.reports.shortening import (
    BUDGET_BYTES,
    MOST_MEMBERS,
    in_two,
    left_out,
    open_labels,
    told_of,
)
from experiments.reports.tables import candidates_table, limits_table
from experiments.reports.twins import pairs_table
from formulation.errors import InputError
from tests.experiments.example_document import (
    empty_front_document,
    example_document,
    untouched_document,
)
from tests.experiments.large_document import large_document
from tests.experiments.rendered import page_of

MAKERS = (example_document, empty_front_document, untouched_document)


class Figures(HTMLParser):
    """Collects the pictures with the tables they refer to, and the rows inside each element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pictures: list[tuple[str, str]] = []
        self.rows: dict[str, int] = {}
        self._open: list[str] = []
        self._twin = ""
        self._in_body = False
        self.feed(text)

    @override
    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "div":
            self._open.append(found.get("id", ""))
            self.rows.setdefault(self._open[-1], 0)
        elif tag == "figure":
            self._twin = found["aria-details"]
        elif tag == "img":
            self.pictures.append((found["alt"], self._twin))
        elif tag == "tbody":
            self._in_body = True
        elif tag == "tr" and self._in_body:
            for name in self._open:
                self.rows[name] += 1

    @override
    def handle_endtag(self, tag):
        if tag == "div":
            self._open.pop()
        elif tag == "tbody":
            self._in_body = False


def check_twins(found: Figures) -> None:
    for alt, twin in found.pictures:
        assert len(alt) > 30
        assert found.rows.get(twin, 0) > 0, (alt, twin)


@pytest.fixture(scope="module")
def large() -> dict:
    return large_document()


@pytest.fixture(scope="module")
def large_page(large) -> str:
    return render(large)


def test_the_report_of_a_large_study_keeps_to_its_budget(large, large_page):
    """Five systems, 200 candidates, 64 of them confirmed, 2,000 designs: below 1 MB."""
    assert {c["design"]["system"] for c in large["front"][:MOST_MEMBERS]} == set(
        large["study"]["systems"]
    )
    assert len(large["study"]["systems"]) == 5
    assert large["profiler"]["factors"]
    assert len(large_page.encode()) < BUDGET_BYTES


@pytest.mark.parametrize("make", MAKERS)
def test_every_picture_has_words_and_a_table_that_says_the_same(make):
    """The picture names the element its table stands in, and there are rows in it."""
    found = Figures(page_of(make))
    assert bool(found.pictures) is (make is not untouched_document)
    check_twins(found)


def test_the_pictures_of_a_large_study_are_all_there_with_their_tables(large_page):
    """Trade-off, release, losses, assumptions, slices, reasons, confirmation, history, cards."""
    found = Figures(large_page)
    check_twins(found)
    twins = [twin for _, twin in found.pictures]
    assert twins.count("table-release") == 5
    assert twins.count("table-profiler") == 2
    for name in ("trade_off", "losses", "assumptions", "reasons", "history", "drivers-4"):
        assert twins.count(f"table-{name}") == 1, name


def test_a_report_tells_of_the_confirmed_candidates_and_counts_the_others(large, large_page):
    """136 that nobody integrated are counted, with where they are."""
    told = told_of(large, answer(large))
    assert len(told["front"]) == MOST_MEMBERS
    assert all(c["confirmation"] for c in told["front"])
    assert "64 of 200 candidates on the front" in left_out(large, told)
    assert left_out(large, told) in large_page
    assert left_out(example_document(), example_document()) == ""


def test_the_recommended_and_its_rival_are_told_of_whatever_else_is_left_out(large):
    """Both stand in what is told and among the rows that are open."""
    found = answer(large)
    told = told_of(large, found)
    labels = {c["label"] for c in told["front"]}
    opened = open_labels(told, found)
    for label in filter(None, (found.label, found.rival)):
        assert label in labels or label not in {c["label"] for c in large["front"]}
        assert label in opened or label not in labels
    for system in large["study"]["systems"]:
        members = {c["label"] for c in told["front"] if c["design"]["system"] == system}
        assert members & opened


def test_a_long_table_loses_no_row_when_it_is_folded(large):
    """Open and folded rows together are all, each once."""
    told = told_of(large, answer(large))
    table = limits_table(told)
    both = in_two(table, open_labels(told, answer(large)))
    assert both.folded is not None
    assert sorted((*both.open.rows, *both.folded.rows)) == sorted(table.rows)
    assert both.n_folded == len(both.folded.rows)


def test_a_short_table_is_not_folded():
    """Two rows apart are not worth a click."""
    table = limits_table(example_document())
    assert in_two(table, [row[0] for row in table.rows[:4]]).folded is None
    assert in_two(table, []).folded is None
    assert in_two(table, [table.rows[0][0]]).folded is not None


def test_a_limit_that_a_form_cannot_miss_does_not_apply_to_it():
    """A dry tablet has no osmolality, so no room to a limit of it."""
    document = example_document()
    drunk, *dry = document["front"]
    for candidate in document["front"]:
        found = 650.0 if candidate is drunk else 0.0
        candidate["values"]["osmolality_mosm_per_kg"] = found
        candidate["limits"]["osmolality_mosm_per_kg <= 900 mosm/kg"] = 900.0 - found
    cells = {row[0]: row[-1] for row in limits_table(document).rows}
    assert cells[drunk["label"]] == "250"
    assert {cells[c["label"]] for c in dry} == {"does not apply"}


@pytest.mark.parametrize("whole", [1, 37.5, 500, 12_000])
def test_a_batch_weighs_exactly_what_is_asked(whole):
    """On the grid of the balance, each component as near to its share as that allows."""
    for candidate in example_document()["front"]:
        amounts = candidate["recipe_mg"]
        weighed = batch_g(amounts, whole)
        assert sum(weighed.values()) == pytest.approx(whole, abs=1e-9)
        for name, mg in amounts.items():
            share = whole * mg / sum(amounts.values())
            assert weighed[name] == pytest.approx(share, abs=0.005 * len(amounts) + 1e-9)


def test_the_recommended_recipe_is_written_for_the_batch_that_is_asked_for(tmp_path: Path):
    """Its mass stands in the head, the units it makes in the caption, the sum in the last row."""
    document = example_document(best_peak=1.6)
    best = answer(document).label
    candidate = next(c for c in document["front"] if c["label"] == best)
    table = weighing_table(candidate, 1000)
    assert table.columns[-1].title == "Batch of 1000 g"
    assert table.rows[-1] == ("Sum", f"{candidate['unit_mass_mg']:.1f}", "100.0", "1000.00")
    assert f"{int(1e6 / candidate['unit_mass_mg']):,} units" in table.caption
    text = write_report(document, tmp_path / "r.html", 1000).read_text(encoding="utf-8")
    assert "Batch of 1000 g" in text
    assert "Batch of 500 g" not in text


@pytest.mark.parametrize("is_off", [False, True])
def test_the_plain_tablet_of_the_answer_can_be_weighed_from_the_report(is_off):
    """Whoever is told to compare with it needs its recipe, also off the front."""
    document = example_document()
    if is_off:
        document["plain"] = [c for c in document["front"] if is_plain_soluble(c)]
        document["front"] = [c for c in document["front"] if not is_plain_soluble(c)]
    rival = answer(document).rival
    assert rival is not None
    assert render(document).count(f"{rival}, the plain tablet it is compared with, to weigh") == 1


@pytest.mark.parametrize("wrong", [0.0, -5.0, float("nan"), float("inf"), 1e9])
def test_a_batch_that_nobody_weighs_is_refused(wrong, tmp_path: Path):
    """Before anything is written."""
    with pytest.raises(InputError, match=r"Batch of .* g: 1 to 1,000,000 g can be written"):
        write_report(example_document(), tmp_path / "r.html", wrong)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "why"),
    [("r.pdf", "ends in '.pdf'"), ("r", "ends in nothing"), ("r.txt", "ends in"), ("", "a folder")],
)
def test_a_report_that_would_be_no_page_is_refused(name, why, tmp_path: Path):
    """HTML in a file that is called otherwise opens nowhere."""
    with pytest.raises(InputError, match=why) as refused:
        write_report(example_document(), tmp_path / name)
    assert ".html or .htm" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_study_without_slices_says_so_and_one_with_them_shows_them(large_page):
    """A version that kept none is told of; there is no empty picture."""
    assert "No slices were kept" in page_of(example_document)
    assert "There is no candidate" in page_of(empty_front_document)
    assert "No slices were kept" not in large_page


@pytest.fixture(scope="module")
def in_print(large_page, tmp_path_factory):
    """Return a function that measures elements of a large report as a browser prints it."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not (program := shutil.which("chromium")):
        pytest.skip("no chromium on this machine")
    file = tmp_path_factory.mktemp("print") / "report.html"
    file.write_text(large_page, encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1050, "height": 740})
        page.goto(file.as_uri())
        page.emulate_media(media="print")
        yield page.evaluate
        browser.close()


HEIGHTS = """pick => [...document.querySelectorAll(pick)].map(e => [
    e.getBoundingClientRect().height, e.querySelector("summary").getBoundingClientRect().height,
    e.querySelector("summary").innerText])"""
"""Heights of folded parts and of their titles, and the titles."""


def test_what_a_picture_says_as_a_table_is_printed_too(in_print):
    """Nobody can unfold paper."""
    folded = in_print(HEIGHTS, "details:not(.rest)")
    assert len(folded) >= 6
    assert [title for whole, own, title in folded if whole < 3 * own] == []


def test_candidates_that_are_left_out_in_print_are_counted(in_print):
    """A page each would be dozens; unfolded before, they are printed."""
    folded = in_print(HEIGHTS, "details.rest")
    assert folded
    for whole, own, title in folded:
        assert whole < 1.5 * own
        assert re.fullmatch(r"\d+ other candidates: left out in print unless opened before", title)
    in_print("() => document.querySelectorAll('details.rest').forEach(d => d.open = true)")
    for whole, own, title in in_print(HEIGHTS, "details.rest"):
        assert whole > 3 * own
        assert re.fullmatch(r"\d+ other candidates", title)


GAP = {"endpoint": "absorbed_increment", "studies": ["mine", "yours"], "applied": False}


def test_a_report_claims_no_value_of_a_candidate_as_measured_in_people():
    """Where nothing was, it says no more."""
    text = render(example_document())
    assert text.count("no value of a candidate was measured in people.") == 1
    assert text.count("No value of a candidate was measured in people.") == 1


def test_a_report_names_what_was_measured_in_people_where_a_card_tells_of_it():
    """In the first lines and above the origins, as below the model card."""
    document = deepcopy(example_document())
    told = "absorbed_increment: measured over simulated 1.23, 2 measured studies."
    document["models"][0]["measured_absorption"] = [{**GAP, "sentence": told}]
    text = render(document)
    beside = (
        "o value of a candidate was measured in people; held against measured studies, as the"
        " model cards tell, were only: Absorbed Mg, increment over diet (mine, yours)."
    )
    assert text.count(beside) == 2
    assert f"Measured absorption: {told}" in text


def test_claims_are_said_to_be_off():
    """What is switched on stands in the report even when it is nothing."""
    text = page_of(example_document)
    assert "None: a study switches no popular claim on" in text
    assert len(re.findall(r"unsupported\.</li>", text)) >= 3


def test_reference_and_limits_stand_beside_the_release_of_a_study_that_states_them():
    """In the words of the picture and in the numbers of its table."""
    document = deepcopy(example_document())
    document["study"]["reference_release"] = {
        "times_h": [1.0, 2.0, 8.0],
        "released_pct": [20.0, 40.0, 85.0],
    }
    document["bounds"] = [
        {"name": "released_1h <= 25 percent", "key": "released_1h", "low": None, "high": 25.0}
    ]
    text = render(document)
    assert "Squares: the reference profile." in text
    assert "Triangles: limits of the study." in text
    assert "Limits of the study: at 1 h at most 25 %." in text
    assert re.search(r"<td>reference profile</td>.*>40\.0</td>", text)
    assert "reference profile" not in page_of(example_document)


def test_the_command_writes_the_batch_it_is_asked_for_and_refuses_one_nobody_weighs(
    tmp_path: Path, monkeypatch, capsys
):
    """A mass in g; what is no mass ends with 2 and leaves no file."""
    monkeypatch.setattr("experiments.listing.read_study", lambda ref, workspace: example_document())
    words = ["report", "S014", "--home", str(tmp_path), "-o", str(tmp_path / "r.html")]
    assert main([*words, "--batch-g", "nan"]) == 2
    assert "Batch of nan g" in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()
    assert main([*words, "--batch-g", "250"]) == 0
    assert "batch of 250 g" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_every_table_of_the_front_begins_with_the_recommended_candidate():
    """And says so, in the first cell of its row."""
    document = example_document()
    document["front"] = [*document["front"][1:], document["front"][0]]
    found = answer(document)
    told = told_of(document, found)
    assert document["front"][0]["label"] != found.label
    for table in (
        candidates_table(told),
        limits_table(told),
        *pairs_table(confirmation_data(told)),
    ):
        assert table.rows[0][0] == f"{found.label}: recommended"
        assert sum("recommended" in row[0] for row in table.rows) == 1
    recipes = next(t for t in recipe_tables(told, 250) if found.label in t.rows[0][0])
    assert recipes.rows[0][0].startswith(f"{found.label}: recommended; ")
    parts = in_two(limits_table(told), open_labels(told, found))
    assert parts.open.rows[0][0] == f"{found.label}: recommended"
