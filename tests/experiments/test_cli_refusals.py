"""Refusals on medical grounds through the command line: exit code 3, one clear line a reason."""

import json
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.config import load_study
from experiments.store import Store
from formulation.refusals import REFUSED_CONDITIONS
from tests.experiments.small_study import TEXT

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PEOPLE = "population: {name: healthy_adults, size: 8, seed: 3}"
LOW_EGFR = {
    "a low end below 30": "{name: x, fields: {egfr_ml_min: {mean: 60 mL/min/1.73m2,"
    " sd: 10 mL/min/1.73m2, low: 25 mL/min/1.73m2, high: 90 mL/min/1.73m2}}}",
    "a mean below 30 and no low end": "{name: x, fields: {egfr_ml_min: {mean: 25 mL/min/1.73m2,"
    " sd: 10 mL/min/1.73m2, high: 90 mL/min/1.73m2}}}",
    "a mean below 30 in known people": "{name: healthy_adults, fields:"
    " {egfr_ml_min: {mean: 25 mL/min/1.73m2}}}",
    "25 for everybody": "{name: x, fields: {egfr_ml_min: 25 mL/min/1.73m2}}",
}
CUT = (
    "{name: x, fields: {egfr_ml_min: {mean: 45 mL/min/1.73m2, sd: 20 mL/min/1.73m2,"
    " high: 90 mL/min/1.73m2}}}"
)


def study(folder: Path, people: str) -> Path:
    """Write a study for these people."""
    assert PEOPLE in TEXT
    path = folder / "study.yaml"
    path.write_text(TEXT.replace(PEOPLE, f"population: {people}"), encoding="utf-8")
    return path


def told(capsys: pytest.CaptureFixture, *words: str) -> tuple[int, list[dict]]:
    """Return the exit code and the errors of one JSON document, which nothing stands beside."""
    code = main([*words, "--json"])
    out, err = capsys.readouterr()
    assert err == ""
    return code, json.loads(out)["errors"]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("condition", REFUSED_CONDITIONS)
def test_every_condition_is_refused_with_its_reason(condition, command, tmp_path, capsys):
    """Exit code 3, before a workspace is made, with the line that states it."""
    path = study(tmp_path, f"{{name: healthy_adults, conditions: [{condition}]}}")
    home = ["--home", str(tmp_path / "home")] if command == "run" else []
    code, (error,) = told(capsys, command, str(path), *home)
    assert (code, error["code"], error["line"]) == (3, "refused", 7)
    assert error["pointer"] == "population.conditions[0]"
    assert f"with {condition}, because {REFUSED_CONDITIONS[condition]}" in error["message"]
    assert not (tmp_path / "home").exists()


def test_each_reason_has_a_line_of_its_own(tmp_path, capsys):
    """Nobody has to mend a file twice to learn that nothing is offered."""
    people = (
        "{name: x, conditions: [dialysis, heart_block],"
        " fields: {egfr_ml_min: 12 mL/min/1.73m2, age_years: 9 year}}"
    )
    path = study(tmp_path, people)
    assert main(["check", str(path)]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith(f"{path}:7:") for line in lines)
    for words in ("dialysis", "heart_block", "eGFR of 12", "9 year is below 18"):
        assert sum(words in line for line in lines) == 1


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("people", LOW_EGFR.values(), ids=LOW_EGFR)
def test_people_who_state_less_than_30_are_refused(people, command, tmp_path, capsys):
    """However they state it."""
    home = ["--home", str(tmp_path / "home")] if command == "run" else []
    code, (error,) = told(capsys, command, str(study(tmp_path, people)), *home)
    assert (code, error["code"]) == (3, "refused")
    assert error["pointer"] == "population.fields.egfr_ml_min"
    assert "an eGFR of 25 mL/min/1.73m2 is possible in it" in error["message"]


def test_people_who_state_no_low_end_are_cut_off_at_30(tmp_path):
    """A wide spread around 45 is offered candidates, and nobody in it is below the limit."""
    spread = load_study(study(tmp_path, CUT)).population.spreads["egfr_ml_min"]
    assert (spread.low, spread.mean) == (30.0, 45.0)


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_patient_file_below_the_limit_is_refused_at_its_own_line(command, tmp_path, capsys):
    """The study names the file; the refusal names the line in it."""
    refused = CONFIGS / "patients" / "refused-egfr-25.yaml"
    home = ["--home", str(tmp_path / "home")] if command == "run" else []
    code, (error,) = told(capsys, command, str(study(tmp_path, str(refused))), *home)
    assert (code, error["code"]) == (3, "refused")
    assert (error["file"], error["line"], error["column"]) == (str(refused), 4, 16)


def test_a_population_file_with_a_condition_is_refused_at_its_own_line(tmp_path, capsys):
    """Found beside the study file, wherever the program is started."""
    text = "population:\n  name: healthy_adults\n  conditions: [bowel_obstruction]\n"
    (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
    code, (error,) = told(capsys, "check", str(study(tmp_path, "people.yaml")))
    assert (code, error["code"]) == (3, "refused")
    assert (error["file"], error["line"]) == (str(tmp_path / "people.yaml"), 3)


@pytest.mark.parametrize("words", [("resume", "--executor", "inline"), ("front",)])
def test_a_stored_study_of_refused_people_is_refused(words, tmp_path, capsys, monkeypatch):
    """What an earlier version may have let in, or a hand has changed, is not gone on with."""
    monkeypatch.setenv("FORMULATION_TRACKING_URI", "off")
    spec = load_study(study(tmp_path, "{name: healthy_adults, size: 8, seed: 3}"))
    egfr = {"mean": "25 mL/min/1.73m2", "low": "20 mL/min/1.73m2"}
    config = {**spec.config, "population": {"name": "healthy_adults", "fields": {}}}
    config["population"]["fields"]["egfr_ml_min"] = egfr
    home = tmp_path / "home"
    home.mkdir()
    with Store.open(home / "store.sqlite") as store:
        store.create_study(
            name="small", config=config, config_text="", config_sha256="x", seed=1, budget=4
        )
    command, *flags = words
    code, (error,) = told(capsys, command, "S001", "--home", str(home), *flags)
    assert (code, error["code"]) == (3, "refused")
    assert "an eGFR of 20 mL/min/1.73m2 is possible" in error["message"]
