"""What a terminal shows of a study: units in headings, whole recipes, lines that fit."""

import re

import pytest

from experiments.cli.study_text import (
    MOST_CANDIDATES,
    front_lines,
    studies_lines,
    summary_lines,
    where_lines,
)
from experiments.reports.tables import candidates_table
from tests.experiments.example_document import empty_front_document, example_document

SYSTEMS = {"immediate_release": 15, "timed_release": 15}


@pytest.fixture
def document() -> dict:
    """Return the example with trials counted by system."""
    found = example_document()
    found["trials_by"]["system"] = SYSTEMS
    return found


def study(**changed: object) -> dict:
    """Return one line of the list of studies."""
    return {
        "label": "S001",
        "name": "small",
        "state": "complete",
        "done": 20,
        "budget": 20,
        "feasible": 11,
        "updated_utc": "2026-01-15T09:30:00+00:00",
        "is_owned": False,
        **changed,
    }


def test_headings_carry_the_unit_of_every_objective(document):
    """No number stands without its unit."""
    lines = front_lines(document, 200)
    heading = next(line for line in lines if "taken" in line and "salt" in line)
    for unit in ("[mg/d]", "[mmol]", "[g/d]"):
        assert unit in heading


def test_a_recipe_shown_sums_to_the_unit_mass_shown(document):
    """The numbers a person weighs add up as they are printed."""
    lines = front_lines(document, 1000)
    recipes = lines[lines.index("Recipes, mg in one unit:") + 1 :]
    assert len(recipes) == len(document["front"])
    for line in recipes:
        mass, parts = re.match(r"C\d+  ([\d.]+) = (.*);", line).groups()
        amounts = [float(part.rpartition(" ")[2]) for part in parts.split(" + ")]
        assert sum(amounts) == pytest.approx(float(mass), abs=1e-6)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_line_is_wider_than_the_terminal(document, width):
    """Neither the answer nor a table nor a recipe."""
    for found in (document, empty_front_document()):
        assert max(map(len, front_lines(found, width))) <= width
    running = study(state="interrupted", name="a-study-with-quite-a-long-name")
    assert max(map(len, studies_lines([running], width))) <= width


def test_the_unconfirmed_and_the_refuted_are_told_apart(document):
    """A candidate that missed a limit says so, and so does one that was not confirmed."""
    document["front"][0]["confirmation"] = None
    document["study"]["state"] = "interrupted"
    rows = {
        line[:4]: line for line in front_lines(document, 300) if re.match(r"C\d{3}  [a-z]", line)
    }
    assert "not yet" in rows["C011"]
    assert "misses a limit" in rows["C026"]
    assert "  yes  " in rows["C021"]


def test_of_a_complete_study_the_unconfirmed_are_not_promised_a_confirmation(document):
    """Of a large front those that lie far apart were confirmed, and no others will be."""
    document["front"][0]["confirmation"] = None
    n = len(document["front"])
    text = "\n".join(front_lines(document, 300))
    assert "not yet" not in text
    assert f"no, {n - 1} of {n} were" in text
    assert f"Not confirmed: of {n} candidates {n - 1} that lie far apart were." in text
    table = candidates_table(document)
    assert table.rows[0][-1] == f"no, {n - 1} of {n} were"
    assert table.caption.endswith(f"of {n} candidates {n - 1} that lie far apart were.")


def test_what_does_not_fit_on_a_page_is_counted(document):
    """Further candidates are named with the command that shows them."""
    document["front"] *= 3
    hidden = len(document["front"]) - MOST_CANDIDATES
    assert f"and {hidden} more: formulation front S014 --json" in front_lines(document, 200)


def test_an_empty_front_is_an_answer_without_a_table():
    """Nothing is offered, and no heading stands over nothing."""
    lines = front_lines(empty_front_document(), 100)
    assert "Recipes, mg in one unit:" not in lines
    assert "do not make any" in " ".join(lines)


def test_the_summary_counts_trials_reasons_and_agreement(document):
    """Counts by system, the commonest limits, and a rank that may be undefined."""
    text = "\n".join(summary_lines(document))
    assert "30 trials (immediate_release 15, timed_release 15), 57% feasible, 6 on the" in text
    assert "infeasible, 9 times: " in text
    assert "at most 8 mmol/d" in text
    assert "256 integrated subjects, absorbed_increment.p50: median gap 3.1%" in text
    assert "rank correlation not defined" in text


def test_tracking_that_waits_is_told_with_its_next_step(document):
    """The reason and the command; with links, where to look."""
    document.update(report="out.html", tracking={"error": "no answer", "links": {}})
    assert where_lines(document) == [
        "report: out.html",
        "tracking is waiting (no answer); try: formulation track sync",
    ]
    document["tracking"] = {"uri": "sqlite:///a.db", "error": "", "run_id": None, "links": {}}
    assert where_lines(document)[-1] == (
        "MLflow is being told; `formulation track status` says how far"
    )
    links = {"front": "http://127.0.0.1:5000/#/x"}
    document["tracking"].update(run_id="1", links=links)
    assert where_lines(document)[-2:] == [
        "MLflow: run `formulation ui`, then open",
        "  the front with its curves: http://127.0.0.1:5000/#/x",
    ]
    document["tracking"].update(uri="https://mlflow.example")
    assert where_lines(document)[-2] == "MLflow: open"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"state": "complete"}, "complete"),
        ({"state": "running", "is_owned": True}, "running"),
        ({"state": "running", "is_owned": False}, "stopped; formulation resume S001"),
        ({"state": "interrupted"}, "stopped; formulation resume S001"),
    ],
)
def test_the_list_of_studies_says_how_to_go_on(changed, words):
    """A study that nobody drives is stopped, whatever it was when its driver died."""
    assert studies_lines([study(**changed)], 200)[1].endswith(f"  {words}")


def test_no_study_is_told_with_the_command_that_starts_one():
    """An empty list is a sentence."""
    assert studies_lines([], 80) == ["no study yet; start one with: formulation run STUDY.yaml"]
