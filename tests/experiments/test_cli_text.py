"""What a terminal shows of a study: units in headings, whole recipes, lines that fit."""

import re

import pytest
import typer

from experiments.cli import app, main
from experiments.cli.changed_text import changed_lines
from experiments.cli.hints import COMMANDS, take_home, with_home
from experiments.cli.studies_text import studies_lines
from experiments.cli.study_text import (
    MOST_CANDIDATES,
    front_lines,
    study_line,
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
    told = f"and {hidden} more: formulation front S014 -o front.xlsx, or --json"
    assert told in front_lines(document, 200)


def test_an_empty_front_is_an_answer_without_a_table():
    """Nothing is offered, and no heading stands over nothing."""
    lines = front_lines(empty_front_document(), 100)
    assert "Recipes, mg in one unit:" not in lines
    assert "do not make any" in " ".join(lines)


def test_the_summary_counts_trials_reasons_and_agreement(document):
    """Counts by system, the commonest limits, and a rank that may be undefined."""
    text = "\n".join(summary_lines(document))
    assert "30 trials (immediate release 15, timed release 15), 57 % feasible, 6 on the" in text
    assert "infeasible, 9 times: " in text
    assert "at most 8 mmol/d" in text
    assert "256 integrated subjects, absorbed_increment.p50: median gap 3.1 %" in text
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
        ({"state": "interrupted"}, "stopped; formulation resume S001"),
    ],
)
def test_the_list_of_studies_says_how_to_go_on(changed, words):
    """A study that was interrupted, or whose driver died, is stopped."""
    assert studies_lines([study(**changed)], 200)[1].endswith(f"  {words}")


def test_a_recipe_is_written_in_words(document):
    """No name of the program, and every setting with its unit."""
    lines = front_lines(document, 1000)
    recipes = lines[lines.index("Recipes, mg in one unit:") + 1 :]
    assert not [line for line in recipes if "_" in line]
    assert "compression force 15 kN" in "".join(recipes)


def test_the_study_that_is_shown_is_named_with_its_namesakes(document):
    """A name is taken for the newest study of it, which has to be said."""
    study = document["study"]
    line = study_line(document, ())
    assert line.startswith(f"{study['label']} {study['name']}, {study['created_utc'][:4]}-")
    assert "newest" not in line
    told = study_line(document, ("S001", "S003"))
    assert told == f"{line}: the newest of 3 of that name; others: S001, S003"


@pytest.mark.parametrize("words", [["status"], ["models", "ls"], ["data", "versions"]])
def test_a_folder_that_is_not_there_is_said_to_be_missing(words, tmp_path, capsys):
    """A slip in its name would look like an empty workspace."""
    home = tmp_path / "nope"
    assert main([*words, "--home", str(home)]) == 0
    assert f"(the folder {home} does not exist yet)" in capsys.readouterr().out
    home.mkdir()
    assert main([*words, "--home", str(home)]) == 0
    assert "does not exist" not in capsys.readouterr().out


def test_hints_look_into_the_folder_that_was_named(tmp_path, capsys, monkeypatch):
    """In lines, in problems, and not where none was named."""
    monkeypatch.chdir(tmp_path)
    home = str(tmp_path / "my lab")
    main(["status", "--home", home])
    assert f"formulation run --home '{home}' STUDY.yaml" in capsys.readouterr().out
    main(["models", "ls", f"--home={home}", "--json"])
    assert main(["track", "sync", "--home", home, "--nonsense"]) == 2
    capsys.readouterr()
    main(["status"])
    assert "formulation run STUDY.yaml" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("run `formulation ui`, then", "run `formulation ui --home lab`, then"),
        ("`formulation track status` says", "`formulation track status --home lab` says"),
        ("with: formulation resume S001", "with: formulation resume S001 --home lab"),
        ("formulation resume S001 --home lab", "formulation resume S001 --home lab"),
        (
            "'formulation resume S001 --take-over'",
            "'formulation resume S001 --home lab --take-over'",
        ),
        ("`formulation init` writes one", "`formulation init` writes one"),
        ("`formulation runs`", "`formulation runs`"),
    ],
)
def test_a_command_in_a_hint_gets_the_folder_once(text, told):
    """Behind the study it names, and only where the command takes one."""
    take_home(["front", "--home", "lab"])
    try:
        assert with_home(text) == told
    finally:
        take_home([])
    assert with_home(text) == text


def test_every_command_that_takes_a_folder_is_known_to_hints():
    """A new one must not send people to another workspace."""
    found = set()
    for group in [typer.main.get_command(app)]:
        for name, command in group.commands.items():
            for part, inner in [("", command), *getattr(command, "commands", {}).items()]:
                if any("--home" in option.opts for option in inner.params):
                    found.add(f"{name} {part}".strip())
    assert found == set(COMMANDS)


def test_a_name_that_is_too_long_shows_that_it_was_cut():
    """A list of studies stays a table, and nobody takes the beginning for the name."""
    lines = studies_lines([study(name="x" * 48), study(name="x" * 49)], 200)
    assert re.findall(r"x+…?", "\n".join(lines)) == ["x" * 48, "x" * 47 + "…"]


LIMIT = {"endpoint": "soluble_unabsorbed_load.p95", "high": "9 mmol/d"}


@pytest.mark.parametrize(
    ("what", "a", "b", "lines"),
    [
        (
            "limits",
            [LIMIT, {"endpoint": "serum.p95", "low": "1 mmol/L", "high": "2 mmol/L"}],
            [{**LIMIT, "high": "8 mmol/d"}],
            [
                "limit soluble_unabsorbed_load.p95: up to 9 mmol/d -> up to 8 mmol/d",
                "limit serum.p95: 1 mmol/L to 2 mmol/L -> nothing",
            ],
        ),
        (
            "objectives",
            [{"endpoint": "swallowed_mass", "goal": "minimise", "worst": "6 g/d"}],
            [{"endpoint": "swallowed_mass", "goal": "minimise", "worst": "5 g/d"}],
            ["objective swallowed_mass worst: 6 g/d -> 5 g/d"],
        ),
        ("salts", ["citrate"], ["citrate", "oxide"], ["salts: citrate -> citrate; oxide"]),
        (
            "systems",
            [{"name": "a", "ranges": {"x": {"low": "1 mg"}}}],
            [{"name": "a", "ranges": {"x": {"low": "2 mg"}}}],
            ["system a ranges x: at least 1 mg -> at least 2 mg"],
        ),
        ("limits", None, [LIMIT], ["limit soluble_unabsorbed_load.p95: nothing -> up to 9 mmol/d"]),
        ("question", "a" * 90 + "9 mg", "a" * 90 + "8 mg", [
            f"question: …{'a' * 12}9 mg -> …{'a' * 12}8 mg"
        ]),
    ],
)  # fmt: skip
def test_a_change_is_told_by_item_and_no_number_is_cut(what, a, b, lines):
    """In words, without the notation of a programming language."""
    assert list(changed_lines({"what": what, "a": a, "b": b})) == lines


def test_no_study_is_told_with_the_command_that_starts_one():
    """An empty list is a sentence."""
    assert studies_lines([], 80) == ["no study yet; start one with: formulation run STUDY.yaml"]
