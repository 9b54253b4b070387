"""What a run must reach is read before it starts, and told with value and limit at its end."""

import json
import math
from pathlib import Path

import pytest

from experiments.cli import main, studies
from experiments.config import StudySpec, load_study
from experiments.requirements import outcomes, problems_of, read_requirements
from experiments.requirements.measures import MEASURES, learnt_behind, measures
from experiments.store import Store
from formulation.endpoint_keys import every_key
from formulation.errors import InputError, RequirementError
from models.surrogates.table import ENDPOINT_KEYS
from tests.experiments.example_document import (
    ABSORBED,
    PEAK,
    empty_front_document,
    example_document,
)
from tests.experiments.small_study import TEXT, add_study

STATED = """\
study: example
question: q
jurisdiction: EU
systems: [immediate_release, timed_release]
salts: [citrate]
dose: {low: 150 mg/d, high: 250 mg/d}
population: healthy_adults
objectives:
  - {endpoint: absorbed_increment, goal: maximise, worst: 5 mg/d, ideal: 40 mg/d}
  - {endpoint: peak_gut_load, goal: minimise, worst: 12 mmol, ideal: 2 mmol}
budget: {trials: 30, seed: 1}
"""
OBJECTIVES = load_study(STATED).objectives


def judged(text: str, document: dict | None = None):
    """Return how the example study, or another, does on one requirement."""
    required = read_requirements([text], OBJECTIVES)
    (found,) = outcomes(required, document or example_document())
    return found


def refused(*texts: str) -> tuple:
    """Return the problems of what cannot be required."""
    with pytest.raises(InputError) as caught:
        read_requirements(texts, OBJECTIVES)
    assert caught.value.exit_code == 2
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("trials == 30", True), ("trials != 30", False), ("trials>=30", True),
        ("trials <= 29", False), ("trials > 30", False), ("trials < 31", True),
        ("  trials   ==   30.0  ", True),
    ],
)  # fmt: skip
def test_each_operator_says_what_it_says(text: str, is_met: bool) -> None:
    """Both ways, with and without spaces."""
    assert judged(text).is_met is is_met


def test_what_is_best_follows_the_goal_of_the_objective() -> None:
    """The most of what is maximised, the least of what is minimised."""
    front = example_document()["front"]
    assert judged("best.absorbed_increment > 0 mg/d").value == max(
        c["objectives"][ABSORBED] for c in front
    )
    assert judged("best.peak_gut_load.p50 > 0").value == min(c["objectives"][PEAK] for c in front)


def test_only_confirmed_candidates_count_as_confirmed() -> None:
    """The one that misses a limit when every subject is integrated is left out."""
    document = example_document()
    best = max(document["front"], key=lambda c: c["confirmation"]["values"][ABSORBED])
    before = judged("confirmed.absorbed_increment > 0", document).value
    assert before == best["confirmation"]["values"][ABSORBED]
    best["confirmation"]["is_confirmed"] = False
    assert judged("confirmed.absorbed_increment > 0", document).value < before


def test_a_limit_with_a_unit_is_converted() -> None:
    """Without one it is in the unit of the endpoint."""
    (in_g,) = read_requirements(["best.absorbed_increment >= 0.02 g/d"], OBJECTIVES)
    (bare,) = read_requirements(["best.absorbed_increment >= 20"], OBJECTIVES)
    (share,) = read_requirements(["feasible_fraction >= 20 %"], OBJECTIVES)
    assert in_g.limit == bare.limit == 20.0
    assert share.limit == 0.2
    assert in_g.text == "best.absorbed_increment.p50 >= 20 mg/d"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hypervolume", "is not written as NAME OPERATOR VALUE"),
        ("hypervolume = 0.2", "Equal is written =="),
        ("hypervolume => 0.2", "Did you mean 'hypervolume >= 0.2'? Operators: >=, <=, =="),
        ("requeued_chunks =< 2", "Did you mean 'requeued_chunks <= 2'?"),
        ("hypervolume≥20 %", "Did you mean 'hypervolume >= 20 %'?"),
        ("hypervolume >= ", "is not written as"),
        ("hypervolume >= good", "is not a number"),
        ("hypervolume >= nan", "not a finite number"),
        ("hypervolume >= inf", "not a finite number"),
        ("hypervolume >= 1e999", "is not"),
        ("hypervolume >= 1.2", "hypervolume cannot be 1.2; it is 0 to 1"),
        ("n_front >= -1", "n_front cannot be -1; it is 0 or more"),
        ("hypervolume >= 2 mg", "hypervolume >= 2 mg"),
        ("hypervolume > 20 %%", "'20 %%' is not a pure number"),
        ("hypervolume >= 0.2 or trials > 3", "is not"),
        ("hypervolume == 0.2", "is no count"),
        ("best.absorbed_increment >= 20 mmol", "Write a number, which is in mg/d"),
        ("best.serum >= 0.8", "is no number of this study"),
        ("x" * 10_000, "is not written as"),
        ("", "is not written as"),
        ("__import__('os') >= 0", "is not written as"),
    ],
)
def test_what_cannot_be_required_is_refused_in_words(text: str, words: str) -> None:
    """One problem, with what was written and what to do."""
    (problem,) = refused(text)
    assert words in str(problem)
    assert problem.pointer == "--require"
    assert problem.hint
    assert len(str(problem)) < 1500


def test_an_unknown_name_gets_the_nearest_three_and_the_list() -> None:
    """Every name that may be required of this study is in the hint."""
    (problem,) = refused("hypervolumes >= 0.2")
    nearest, known = problem.hint.removeprefix("Nearest: ").split(". Known: ")
    assert nearest.split(", ")[0] == "hypervolume"
    assert len(nearest.split(", ")) == 3
    assert known.rstrip(".").split(", ") == [m.name for m in measures(OBJECTIVES)]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Two mistakes, two problems; the one between them is none."""
    assert len(refused("hypervolumes >= 0.2", "trials == 30", "trials")) == 2


def test_what_is_reached_is_told_whether_met_or_not() -> None:
    """With value and limit."""
    assert judged("trials >= 20").text == "met: trials >= 20, reached 30"
    assert judged("trials >= 40").text == "failed: trials >= 40, reached 30"


def test_a_near_miss_shows_the_digits_that_make_it_one() -> None:
    """0.19999999 is not told as 0.2."""
    document = {**example_document(), "hypervolume": 0.19999999}
    assert judged("hypervolume >= 0.2", document).text.endswith("reached 0.19999999")


@pytest.mark.parametrize("operator", [">=", "<=", ">", "<"])
def test_a_value_that_is_not_there_meets_nothing(operator: str) -> None:
    """Whatever is asked of it, and the reason is told."""
    document = empty_front_document()
    for name in ("confirmed_fraction", "rank_correlation", "best.absorbed_increment"):
        found = judged(f"{name} {operator} 0.5", document)
        assert (found.is_met, found.value) == (False, None)
        assert found.reason in found.text
        assert found.reason


@pytest.mark.parametrize("operator", [">=", "<=", ">", "<"])
def test_a_value_that_is_no_number_meets_nothing(operator: str) -> None:
    """NaN would be unequal to everything, infinity above everything."""
    for value in (math.nan, math.inf, -math.inf):
        found = judged(f"hypervolume {operator} 0.5", {**example_document(), "hypervolume": value})
        assert (found.is_met, found.value) == (False, None)
        assert str(value) in found.reason
        json.dumps(found.as_dict(), allow_nan=False)


@pytest.mark.parametrize("measure", measures(OBJECTIVES), ids=lambda m: m.name)
def test_every_number_is_read_from_a_document_of_a_study(measure) -> None:
    """No name of the registry leads nowhere; counts are whole."""
    document = example_document()
    document["confirmation"]["objectives"][PEAK]["spearman"] = 0.91
    value = measure.read(document)
    assert isinstance(value, int | float)
    assert not measure.is_count or float(value).is_integer()


def test_names_are_known_once() -> None:
    """One name, one number."""
    names = [m.name for m in MEASURES]
    assert len(set(names)) == len(names)


def test_coverage_is_the_least_of_what_decides() -> None:
    """An output that no objective and no limit asks for does not count."""
    document = example_document()
    document["models"][0]["metrics"][ABSORBED]["coverage90"] = 0.4
    document["models"][0]["metrics"]["muscle_change.p05"] = {"coverage90": 0.1}
    assert judged("coverage90 >= 0.8", document).value == 0.4


def not_known(text: str, document: dict) -> bool:
    """Return whether a requirement is failed for want of a value, with the reason told."""
    found = judged(text, document)
    return (
        not found.is_met
        and found.value is None
        and bool(found.reason)
        and found.reason in found.text
    )


def test_a_rank_correlation_that_one_objective_lacks_is_not_known() -> None:
    """The others' least would say that all agree."""
    document = example_document()
    assert document["confirmation"]["objectives"][PEAK]["spearman"] is None
    assert not_known("rank_correlation >= 0.9", document)


@pytest.mark.parametrize("name", ["spearman", "median_relative_gap"])
@pytest.mark.parametrize("key", [ABSORBED, PEAK])
def test_an_agreement_that_is_no_number_is_not_known(name: str, key: str) -> None:
    """Wherever it stands: what is least beside NaN depends on the order."""
    document = example_document()
    document["confirmation"]["objectives"][PEAK]["spearman"] = 0.91
    document["confirmation"]["objectives"][key][name] = math.nan
    asked = "rank_correlation >= -1" if name == "spearman" else "relative_gap <= 9"
    assert not_known(asked, document)


@pytest.mark.parametrize("output", ["curve", ABSORBED])
@pytest.mark.parametrize("told", [{}, {"coverage90": None}, {"coverage90": math.nan}])
def test_coverage_that_a_card_lacks_for_what_decides_is_not_known(output: str, told: dict) -> None:
    """Also where only one of two cards does."""
    document = example_document()
    document["models"][1]["metrics"][output] = told
    assert not_known("coverage90 >= 0.5", document)


def test_coverage_of_a_limit_counts_though_nothing_was_integrated() -> None:
    """Limits decide as objectives do."""
    document = example_document()
    document["bounds"] = [
        {"name": "limit", "key": f"{ABSORBED[:-4]}.p05", "low": 5.0, "high": None}
    ]
    assert not_known("coverage90 >= 0.5", document)
    for model in document["models"]:
        model["metrics"][f"{ABSORBED[:-4]}.p05"] = {"coverage90": 0.6}
    assert judged("coverage90 >= 0.5", document).value == 0.6


def test_coverage_is_asked_of_what_a_mean_or_a_reading_rests_on() -> None:
    """A card tells of percentiles as predicted."""
    assert learnt_behind("serum.mean") == ("serum.p05", "serum.p50", "serum.p95")
    assert learnt_behind("serum.p05.pessimistic") == ("serum.p05",)


def test_coverage_is_asked_of_nothing_that_no_card_tells() -> None:
    """Every endpoint leads to outputs that are learnt, or to none."""
    told = {output for key in every_key() for output in learnt_behind(key)}
    assert told <= {"curve", *ENDPOINT_KEYS}


def test_a_best_among_values_of_which_one_is_no_number_is_not_known() -> None:
    """As predicted and as confirmed."""
    document = example_document()
    document["front"][2]["objectives"][ABSORBED] = math.nan
    assert not_known("best.absorbed_increment > 0", document)
    document["front"][2]["confirmation"]["values"][ABSORBED] = None
    assert not_known("confirmed.absorbed_increment > 0", document)
    document["front"][2]["desirability"]["predicted"] = math.nan
    assert not_known("desirability > 0", document)


def test_a_study_that_records_no_executor_requeued_an_unknown_number_of_chunks() -> None:
    """Not none."""
    assert not_known("requeued_chunks == 0", {**example_document(), "executor": {}})


def test_a_study_without_surrogates_learnt_from_an_unknown_number_of_rows() -> None:
    """Not from none."""
    assert not_known("measured_rows == 0", {**example_document(), "models": []})


def test_each_failure_is_a_problem_with_value_and_rule() -> None:
    """What is met is none."""
    required = read_requirements(["trials >= 40", "trials >= 20"], OBJECTIVES)
    (problem,) = problems_of(outcomes(required, example_document()))
    assert (problem.code, problem.value, problem.rule) == (
        RequirementError.code, 30, "trials >= 40",
    )  # fmt: skip


def counted() -> dict:
    """Return the example with trials counted by system, as the terminal shows them."""
    document = example_document()
    document["trials_by"]["system"] = {"immediate_release": 15, "timed_release": 15}
    return document


def keep(spec: StudySpec, home: Path) -> None:
    """Store a study of which nothing is done."""
    with Store.open(home / "store.sqlite") as store:
        add_study(store, spec)


@pytest.fixture
def ended(monkeypatch, tmp_path):
    """Return a function that runs the command line on a study that ends with a document."""
    file = tmp_path / "study.yaml"
    file.write_text(STATED, encoding="utf-8")

    def run(capsys, *words: str, document: dict | None = None):
        ran: list[bool] = []

        def search(*_args, **_kwargs) -> dict:
            ran.append(True)
            return document or counted()

        monkeypatch.setattr("experiments.studies.run_study", search)
        place = ["--home", str(tmp_path / "home"), "--progress", "none"]
        code = main(["run", str(file), *place, *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err, bool(ran)

    return run


def test_a_requirement_that_fails_ends_with_5_and_the_whole_document(ended, capsys) -> None:
    """All of them stand in the document, those that are met too; the failure is told beside it."""
    code, out, err, _ = ended(
        capsys, "--require", "trials >= 40", "--require", "invalid_asked == 0", "--json"
    )
    told = json.loads(out)
    assert code == 5
    assert {**told, "requirements": None} == {**counted(), "requirements": None}
    assert [(r["name"], r["limit"], r["value"], r["is_met"]) for r in told["requirements"]] == [
        ("trials", 40.0, 30, False),
        ("invalid_asked", 0.0, 0, True),
    ]
    assert "failed: trials >= 40, reached 30" in err
    assert "invalid_asked" not in err


def test_requirements_that_are_met_end_with_0(ended, capsys) -> None:
    """And a person sees each."""
    code, out, err, _ = ended(capsys, "--require", "trials >= 20", "--require", "n_front > 0")
    assert (code, err) == (0, "")
    assert out.rstrip().endswith("met: n_front > 0, reached 6")
    assert "met: trials >= 20, reached 30" in out


def test_a_document_without_requirements_has_an_empty_list(ended, capsys) -> None:
    """So a program finds the member always."""
    _, out, _, _ = ended(capsys, "--json")
    assert json.loads(out)["requirements"] == []


def test_nothing_to_make_goes_before_a_requirement(ended, capsys) -> None:
    """Exit code 4, and the document still tells what failed."""
    words = ("--require", "n_front > 0", "--json")
    code, out, err, _ = ended(capsys, *words, document=empty_front_document())
    assert code == 4
    assert [r["is_met"] for r in json.loads(out)["requirements"]] == [False]
    assert "meets every limit" in err


def test_a_malformed_requirement_is_refused_before_the_study_starts(
    ended, capsys, tmp_path
) -> None:
    """Exit code 2, no study, nothing searched."""
    code, _, err, ran = ended(capsys, "--require", "hypervolume = 0.2")
    assert (code, ran) == (2, False)
    assert "Equal is written ==" in err
    assert not (tmp_path / "home" / "store.sqlite").exists()


def test_resume_refuses_a_malformed_requirement_before_it_goes_on(
    capsys, tmp_path, monkeypatch
) -> None:
    """The objectives are those of the stored study."""
    keep(load_study(TEXT), tmp_path)
    monkeypatch.setattr(studies, "followed", lambda *_: pytest.fail("it went on"))
    words = ["resume", "S001", "--home", str(tmp_path), "--require"]
    assert main([*words, "best.peak_gut_load >= 1"]) == 2
    err = capsys.readouterr().err
    assert "best.swallowed_mass" in err
    assert "best.peak_gut_load' is no number of this study" in err


def test_resume_holds_a_study_to_what_is_required(capsys, tmp_path, monkeypatch) -> None:
    """As `run` does."""
    keep(load_study(STATED), tmp_path)
    monkeypatch.setattr("experiments.studies.resume_study", lambda *_, **__: example_document())
    monkeypatch.setattr("experiments.repeating.repetition", lambda *_: None)
    words = ["resume", "S001", "--home", str(tmp_path), "--progress", "none", "--json"]
    assert main([*words, "--require", "best.absorbed_increment >= 100 mg/d"]) == 5
    assert json.loads(capsys.readouterr().out)["requirements"][0]["value"] == 31.5
