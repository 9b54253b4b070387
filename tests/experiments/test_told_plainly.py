"""What newcomers stumbled over: mistakes told at once and at their place, words that are true."""

import json

import pytest

import experiments.cli.studies as commands
import experiments.listing as listing
from experiments.cli import main
from experiments.cli.check import WORST_WORDS, _lines, describe
from experiments.cli.repeating import _side_by_side
from experiments.cli.study_text import front_lines, summary_lines
from experiments.config import load_study, study_from_config, with_budget
from experiments.config.product import load_product
from experiments.repeating import _best, answers_of
from experiments.reports.answers import answer
from experiments.reports.tables import targets_table
from experiments.store import Store
from experiments.workspace import open_workspace
from formulation.errors import InputError, StoreError
from tests.experiments.example_document import example_document
from tests.experiments.small_study import add_study
from tests.experiments.test_config import TEXT, changed, problems_of


def stating(text: str) -> str:
    return TEXT + text + "\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            changed("seed: 7", "seed: -7, ask_seconds: 5 s, stagnation: {trials: 0, gain: 200 %}"),
            ["budget.seed", "budget.stagnation.trials", "budget.stagnation.gain", "budget"],
        ),
        (
            stating("robustness: {weighing: 90 %, process: -1 %, draws: 999, share: 150 %}"),
            ["robustness"] * 3 + ["robustness.draws"],
        ),
        (
            changed("goal: maximise,", "goal: minimise, weight: 0, importance: 99,"),
            ["objectives[0]"] * 3,
        ),
        (
            stating(
                "exclude: [{system: timed_release, because: dry,"
                " when: {hpmc: high, hpmc_grade: {low: 3}, salt: zinc, hpcm: {low: 2 %}}}]"
            ),
            [f"exclude[0].when.{name}" for name in ("hpmc", "hpmc_grade", "salt", "hpcm")],
        ),
    ],
    ids=["budget", "robustness", "objective", "region"],
)
def test_one_block_tells_all_its_mistakes_in_one_run(text, told):
    """Nobody runs `check` again and again to find the next one."""
    assert sorted(p.pointer for p in problems_of(text)) == sorted(told)


def test_a_rule_that_rests_on_an_unreadable_key_is_not_judged():
    """With no budget known, nothing is said of a rule that depends on it."""
    (found,) = problems_of(
        changed("trials: 120", "trials: 0, stagnation: {trials: 500, gain: 1 %}")
    )
    assert found.pointer == "budget.trials"


@pytest.mark.parametrize("name", ["mcc", "solution.mcc"])
def test_a_component_of_another_form_is_told_as_that(name):
    """With the forms it belongs to and what the chosen form has instead."""
    fixed = f"{{name: immediate_release, fixed: {{{name}: 10 %, form: solution}}}}"
    (found,) = problems_of(changed("- immediate_release", f"- {fixed}"))
    assert found.message == (
        "mcc is no component of the form solution (of immediate_release); it belongs to tablet,"
        " capsule."
    )
    assert "solution has: salt, citric_acid" in found.hint


def test_a_component_that_the_choices_leave_out_is_told_as_that():
    """It is of this form, only not of this study."""
    system = (
        "{name: immediate_release, choices: {form: [tablet], fillers: [mannitol]},"
        " ranges: {mcc: {low: 10 %}}}"
    )
    (found,) = problems_of(changed("- immediate_release", f"- {system}"))
    assert "mcc is left out of the form tablet" in found.message


def test_a_mass_where_a_share_is_wanted_says_why():
    """The unit that is wanted, and the reason."""
    fixed = "{name: immediate_release, fixed: {mcc: 100 mg}}"
    (found,) = problems_of(changed("- immediate_release", f"- {fixed}"))
    assert "is not a value in %." in found.message
    assert "share of one unit, in % w/w, because a study varies the mass" in found.hint


@pytest.mark.parametrize("value", ["", " []"])
def test_an_empty_reference_is_blamed_where_it_stands(value):
    """At its own line, with what it needs."""
    text = changed("swallowed_mass,", "predicted_f2,")
    text = text.replace("minimise, worst: 6 g/d, ideal: 0.5 g/d", "maximise, worst: 30, ideal: 80")
    text = text.replace("limits:", f"reference_release:{value}\nlimits:")
    (found,) = problems_of(text)
    assert text.splitlines()[found.line - 1].startswith("reference_release:")
    assert found.pointer == "reference_release"
    assert "reference_release: [{time: 1 h, released: 25 %}" in found.hint


def test_a_study_is_no_product_and_a_product_no_study(tmp_path, capsys):
    """One line each instead of every key."""
    product = (
        "product: p\nsystem: immediate_release\nsalt: citrate\namounts: {salt: 400 mg}\n"
        "process: {form: tablet}\n"
    )
    with pytest.raises(InputError, match="this is a study file") as caught:
        load_product(TEXT)
    assert len(caught.value.problems) == 1
    assert "front S001 --product C001` writes one" in caught.value.problems[0].hint
    file = tmp_path / "product.yaml"
    file.write_text(product, encoding="utf-8")
    for command in ("check", "run"):
        assert main([command, str(file)]) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert "1:1: error this is a product file. A study file is wanted" in line


def test_a_stored_or_shortened_study_keeps_its_rule_of_stagnation():
    """Only a file is refused; a record and `--trials` are taken as they are."""
    study = load_study(changed("seed: 7", "seed: 7, stagnation: {trials: 100, gain: 1 %}"))
    short = with_budget(study, trials=50)
    assert study_from_config(short.config) == short


def test_worst_is_said_to_be_no_limit():
    """By `check`, and over the report's table of targets."""
    assert any(line.strip() == WORST_WORDS for line in _lines(describe(load_study(TEXT))))
    assert "no limit: a design may be worse" in targets_table(example_document()).caption


def test_one_is_counted_in_english():
    """Once, and one trial."""
    document = example_document()
    document["trials"] = 1
    document["trials_by"]["system"] = {"timed_release": 1}
    document["infeasible_reasons"][0]["count"] = 1
    text = "\n".join(summary_lines(document))
    assert "1 trial (timed release 1)" in text
    assert "infeasible, once: " in text
    spec = load_study(changed("intakes_per_day: [2, 3]", "intakes_per_day: [2]"))
    document = describe(spec)
    document["regimens"] |= {"units_per_intake": [1], "intakes_per_day": [1]}
    assert any("1 unit at once, once a day" in line for line in _lines(document))


def test_a_single_system_is_not_said_to_beat_others():
    """Where nothing more elaborate was searched, nothing is claimed of it."""
    document = example_document()
    document["front"] = [c for c in document["front"] if c["design"]["system"] != "timed_release"]
    document["front"] = [c for c in document["front"] if c["design"]["salt"] == "citrate"][:1]
    assert "nothing more elaborate did better" in answer(document).sentence
    document["study"]["systems"] = ["immediate_release"]
    sentence = answer(document).sentence
    assert "nothing more elaborate" not in sentence
    assert "searched one delivery system" in sentence
    assert "says nothing of more elaborate ones" in sentence


def test_the_reason_of_a_risk_stands_under_the_table():
    """Once for all the candidates it is the reason of."""
    document = example_document()
    text = "\n".join(front_lines(document, 400))
    for candidate in document["front"]:
        risk = candidate["account"]["risk"]
        assert f"risk {risk['class']} of " in text
        assert next(r["words"] for r in risk["reasons"] if r["class"] == risk["class"]) in text


def test_a_comparison_says_that_a_best_candidate_was_refuted():
    """Beside its value, and in a sentence with the reason."""
    document = example_document()
    for candidate in document["front"]:
        candidate["confirmation"].update(is_confirmed=False, reasons=["too much sodium."])
    best = _best(document, document["objectives"][0]["key"], document["objectives"][0]["goal"])
    assert best["is_confirmed"] is False
    side = {
        "label": "S001", "name": "a", "state": "complete", "strategy": "tpe", "seed": 1,
        "trials": 9, "feasible_fraction": 1.0, "hypervolume": 0.5, "on_front": 3, "confirmed": 0,
        "answer": answers_of(document, document)[0],
    }  # fmt: skip
    key = "limits_met"
    objective = {"key": key, "title": "Chance", "unit": "percent", "a": best, "b": None}
    found = {
        "a": side, "b": side, "objectives": [objective], "same_scale": True,
        "designs_in_both": 0, "changed": [], "same_recipe": None,
    }  # fmt: skip
    text = " ".join(_side_by_side(found, 300))
    assert "best Chance that every limit holds [%]" in text
    assert f"{best['label']} refuted" in text
    assert f"{best['label']} of the first study was refuted when every subject" in text
    assert "too much sodium. Do not make it." in text


def test_watched_json_is_one_document_a_line(tmp_path, capsys, monkeypatch):
    """So that a reader of lines reads each look as it comes."""
    looks = iter([[{"is_owned": True}], [{"is_owned": False}]])
    monkeypatch.setattr(listing, "list_studies", lambda workspace: next(looks))
    monkeypatch.setattr(commands, "WATCH_S", 0.0)
    assert main(["status", "--watch", "--json", "--home", str(tmp_path / "home")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["studies"][0]["is_owned"] for line in lines] == [True, False]


def test_a_study_is_not_named_like_the_number_of_another():
    """`front S001` could not tell the two apart."""
    (found,) = problems_of(changed("study: reference", "study: S001"))
    assert "would name another one" in found.message
    assert (found.pointer, found.line) == ("study", 2)


def test_a_workspace_that_is_a_file_is_not_called_empty(tmp_path):
    """Nothing could ever be stored there."""
    place = tmp_path / "home"
    place.write_text("")
    with pytest.raises(StoreError, match="is a file, and a folder is wanted"):
        listing.list_studies(open_workspace(home=str(place)))


def test_a_study_whose_driver_died_before_it_handed_out_is_not_called_complete(tmp_path):
    """Its front is confirmed, but nobody wrote a report or told the tracking."""
    workspace = open_workspace(home=str(tmp_path))
    spec = load_study(TEXT)
    with Store.open(workspace.store_place) as store:
        study = add_study(store, spec)
        for info, state in (({"models": []}, "interrupted"), ({"tracking": {}}, "complete")):
            with store.own(study.id) as lease:
                store.set_study(lease, state="complete", info=info)
            (line,) = listing.list_studies(workspace)
            assert line["state"] == state
