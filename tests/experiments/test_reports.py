"""The report answers first, says what it rests on, and needs nothing but itself."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from experiments.reports import render, write_report
from experiments.reports.answers import Verdict, answer
from experiments.reports.model_tables import model_table, origin_table, record_table
from experiments.reports.recipes import recipe_tables
from experiments.reports.tables import (
    candidates_table,
    confirmation_table,
    limits_table,
    reasons_table,
    targets_table,
)
from formulation.errors import InputError
from tests.experiments.example_document import (
    ABSORBED,
    LOAD_LIMIT,
    MEASURED,
    PEAK,
    SIMULATED,
    SUBJECTS,
    empty_front_document,
    example_document,
    untouched_document,
)
from tests.experiments.rendered import page_of

DOCUMENTS = (example_document, empty_front_document, untouched_document)


class Page(HTMLParser):
    """Collects tags with their attributes, head cells and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.heads: list[str] = []
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside.append(tag)
        if tag == "th":
            self.heads.append("")

    @override
    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    @override
    def handle_data(self, data: str) -> None:
        if "th" in self._inside:
            self.heads[-1] += data
        if "style" not in self._inside:
            self.words.append(data)

    @property
    def text(self) -> str:
        """Visible text with single spaces."""
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(page_of(example_document))


def test_report_is_one_small_file(tmp_path: Path):
    """The file is written where asked, below 1 MB, and leaves nothing beside it."""
    path = write_report(example_document(), tmp_path / "new" / "S014.html")
    assert path == tmp_path / "new" / "S014.html"
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_size < 1_000_000


def test_report_title_is_the_question_and_the_answer_comes_first(page: Page):
    """The question heads the page; the answer stands before everything else."""
    document = example_document()
    question, sentence = document["study"]["question"], answer(document).sentence
    text = page.text
    assert 0 < text.index(f"{question} Study S014") < text.index(sentence)
    assert text.index(sentence) < text.index("emulator, no laboratory data")
    assert text.index("emulator, no laboratory data") < text.index("Candidates")


def test_report_names_config_code_versions_seed_and_executor(page: Page):
    """Everything needed to get the same numbers again is on the page."""
    study = example_document()["study"]
    for wanted in (
        study["config_sha256"],
        study["code_sha256"],
        *study["versions"].values(),
        "c4" * 32,
        "lab-2026-01",
        "tpe(multivariate=True)",
        "process",
        "formulation resume S014",
        "formulation run STUDY.yaml",
        "formulation rerun S014",
    ):
        assert wanted in page.text


def test_report_says_once_that_it_is_no_medical_advice(page: Page):
    """Research software is said once; simulated is said as such; nothing is called safe."""
    assert page.text.count("not medical advice") == 1
    assert "Simulated, not measured" in page.text
    assert "safe" not in page.text.lower()


def test_report_names_people_idle_fields_and_lots(page: Page):
    """Population, jurisdiction, fields without effect and lot warnings stand in the open."""
    assert (
        "For: healthy adults, 64 virtual subjects (seed 3); limits of jurisdiction EU" in page.text
    )
    assert "without effect in this model: Dietary phytate, Stool pH" in page.text
    assert "it holds about 8.4% magnesium oxide" in page.text


def test_report_names_every_kind_of_interval(page: Page):
    """Intervals of the laboratory, the simulator and the subjects are told apart."""
    for kind in (SIMULATED, MEASURED, SUBJECTS):
        assert kind in page.text


def test_every_picture_has_alt_text_and_is_inline(page: Page):
    """Pictures are data in the page, each described in words."""
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 11
    for attributes in images:
        assert (attributes["src"] or "").startswith("data:image/png;base64,")
        assert len(attributes["alt"] or "") > 30


@pytest.mark.parametrize("make", DOCUMENTS)
def test_report_asks_nothing_of_the_network(make: Callable[[], dict[str, Any]]):
    """No address, no script, no style sheet or picture from elsewhere."""
    text = page_of(make)
    assert "http://" not in text
    assert "https://" not in text
    assert not {tag for tag, _ in Page(text).tags} & {"script", "link", "iframe", "object"}


@pytest.mark.parametrize("make", DOCUMENTS)
def test_every_column_states_its_unit(make: Callable[[], dict[str, Any]]):
    """Each head cell ends in a unit in brackets."""
    heads = Page(page_of(make)).heads
    assert heads
    for head in heads:
        assert head.strip().endswith("]"), head
        assert "[]" not in head


def test_names_with_markup_stay_text():
    """A script in a study's name, question, warning or remark is shown, never run."""
    document = example_document()
    evil = "<script>alert('x')</script><img src=x onerror=y>"
    document["study"].update(name=evil, question=evil, warnings=[evil])
    document["front"][0]["warnings"] = [evil]
    document["infeasible_reasons"][0]["example"] = evil
    page = Page(render(document))
    assert "script" not in {tag for tag, _ in page.tags}
    assert all(a["src"].startswith("data:") for tag, a in page.tags if tag == "img" and a["src"])
    assert page.text.count(evil) >= 5


def test_a_foreign_document_is_refused(tmp_path: Path):
    """Another kind or version of document is named, not guessed at."""
    with pytest.raises(InputError, match=r"'formulation/run' version 2 is no study result"):
        write_report({**example_document(), "version": 2}, tmp_path / "x.html")
    assert not list(tmp_path.iterdir())


def test_report_without_confirmation_says_so():
    """A front that was not confirmed has no comparison to show."""
    document = example_document()
    for candidate in document["front"]:
        candidate["confirmation"] = None
    document["confirmation"].update(n_candidates=0, objectives={})
    text = Page(render(document)).text
    assert "No candidate has been integrated subject by subject" in text
    assert "Confirmed [-]" in text


def test_an_empty_front_means_do_not_make():
    """Nothing feasible is said in the first sentence, with the limit that binds most."""
    found = answer(empty_front_document())
    page = Page(page_of(empty_front_document))
    assert found.verdict is Verdict.NOTHING_FEASIBLE
    assert "do not make any of these 30 designs" in page.text
    assert "(95th percentile) at most 8 mmol/d: missed by 27 of 30 designs" in page.text


def test_a_study_without_trials_can_be_reported():
    """An interrupted study before its first design is told as such."""
    page = Page(page_of(untouched_document))
    assert answer(untouched_document()).verdict is Verdict.NOT_RUN
    assert "No design has been evaluated yet" in page.text
    assert "The study is interrupted after 0 of 30 designs" in page.text


def test_candidates_table_shows_predicted_and_confirmed_values():
    """A cell holds value and interval of both fidelities, with the endpoint's decimals."""
    table = candidates_table(example_document())
    row = next(r for r in table.rows if r[0] == "C017")
    assert row[4] == "22.1 [16.4, 27.8]\nc 22.3 [21.2, 23.4]"
    assert row[6] == "2.25"
    refuted = next(r for r in table.rows if r[0] == "C026")
    assert refuted[-1] == "no, misses a limit"


def test_recipes_sum_to_the_unit_mass_and_to_100_percent():
    """Amounts in mg and % w/w of each recipe add up, and its batch weighs what it should."""
    for table in recipe_tables(example_document(), 250):
        for row in table.rows:
            lines = [line.rpartition(": ")[2].partition("; ") for line in row[1].split("\n")]
            parts = [shares.split(", ") for shares, _, _ in lines]
            assert sum(float(mg) for mg, _ in parts) == pytest.approx(float(row[-1].split("\n")[0]))
            assert sum(float(pct.split()[0]) for _, pct in parts) == pytest.approx(100, abs=0.3)
            assert sum(float(weighed) for _, _, weighed in lines) == pytest.approx(250)


def test_limits_table_shows_the_room_left_at_both_fidelities():
    """A missed limit shows below zero on the confirmed line."""
    row = next(r for r in limits_table(example_document()).rows if r[0] == "C026")
    assert row[1] == "0.20\nc -0.27"


def test_confirmation_table_keeps_a_missing_correlation_missing():
    """Spearman without enough spread is a dash, not a zero."""
    rows = confirmation_table(example_document()).rows
    assert rows[0] == ("Absorbed Mg, increment over diet (median)", "3.1", "5.2", "0.94")
    assert rows[1][-1] == "–"


def test_reasons_and_targets_name_limits_in_words():
    """Counts, shares and bounds are shown with % for percent and the limit in words."""
    document = example_document()
    assert reasons_table(document).rows[0][1:3] == ("9", "30")
    rows = targets_table(document).rows
    assert rows[0][1:] == ("maximise", "10.0", "40.0", "mg/d")
    assert len(rows) == 5
    assert LOAD_LIMIT not in {r[0] for r in rows}


def test_model_table_covers_curve_objectives_and_limits():
    """Curve errors are in % of label; a curve calibrated on the laboratory adds no model error."""
    document = example_document()
    emulator, laboratory = (model_table(document, m).rows for m in document["models"])
    assert len(emulator) == 5
    assert emulator[0][1:8] == ("% of label", "1.20", "2.10", "0.985", "91", "6.00", "10")
    assert laboratory[0][7:] == ("–", "none added: calibrated on measured formulations")


def test_report_tells_measured_absorption_and_not_the_error_it_replaced():
    """Applied, the stated error goes from the table; what could not speak is told with it."""
    document = example_document()
    model = document["models"][0]
    for applied in (False, True):
        gap = {"endpoint": "absorbed_increment", "applied": applied, "sentence": "Three studies."}
        gap["studies"] = ["a", "b", "c"]
        model["measured_absorption"] = [gap]
        model["measured_absorption_left_out"] = ["own@1: <b>1 row</b> left out."]
        row = next(r for r in model_table(document, model).rows if r[0].startswith("Absorbed Mg"))
        assert (row[7] == "25") is not applied
        assert row[8].startswith("replaced by what measured studies say") is applied
        page = render(document)
        assert "Measured absorption: Three studies." in page
        assert "could not speak: own@1: &lt;b&gt;1 row&lt;/b&gt; left out." in page


def test_model_table_says_what_a_derived_objective_follows_from():
    """An objective no surrogate learns is traced to the one it is computed from."""
    document = example_document()
    document["objectives"][0]["key"] = "fraction_absorbed.p50"
    document["objectives"][1]["key"] = "released_1h"
    document["front"] = []
    rows = model_table(document, document["models"][0]).rows
    assert rows[1][-1] == "follows from: Absorbed Mg, increment over diet"
    assert rows[2][-1] == "follows from: the release curve"


def test_origins_tell_simulated_assumed_literature_and_exact_apart():
    """Every origin of the report is named."""
    origins = " ".join(row[1] for row in origin_table(example_document()).rows)
    for word in ("simulated", "assumed", "literature", "exact arithmetic", "measured"):
        assert word in origins


def test_record_of_a_study_without_run_says_not_recorded():
    """What was not recorded is called that."""
    rows = dict(record_table(untouched_document()).rows)
    assert rows["Executor"] == "not recorded"
    assert rows["Code of domain and models, sha256"] == "not recorded"


def test_the_record_names_the_registered_version_once_there_is_one():
    """Before the delivery there is none to name."""
    document = example_document()
    name = document["models"][0]["name"]
    assert f"Model {name}, registry" not in dict(record_table(document).rows)
    document["models"][0]["registry"] = {"name": name, "version": "3"}
    rows = dict(record_table(document).rows)
    assert rows[f"Model {name}, registry"] == f"{name}, version 3"


def test_fixture_states_intervals_of_every_objective():
    """The example holds lo <= value <= hi for every objective at both fidelities."""
    for candidate in example_document()["front"]:
        confirmation = candidate["confirmation"]
        for key in (ABSORBED, PEAK):
            low, high = candidate["intervals"][key]
            assert low <= candidate["objectives"][key] <= high
            assert confirmation["lo90"][key] <= confirmation["values"][key]
            assert confirmation["values"][key] <= confirmation["hi90"][key]
