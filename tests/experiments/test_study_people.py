"""A study for people that stand in a file of their own: its content becomes part of the study."""

from pathlib import Path

import pytest

from experiments.cli import main
from experiments.config import load_study, study_from_config
from experiments.confirmation import confirm
from experiments.search.stratified import stratified
from experiments.store import TrialRecord
from formulation.errors import InputError
from formulation.patients import named_spreads
from tests.experiments.small_study import TEXT

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PEOPLE = "population: {name: healthy_adults, size: 8, seed: 3}"
SHIFTED = """\
# Older people who drink less milk.
population:
  name: older
  size: 32
  seed: 5
  fields:
    weight_kg: {mean: 71 kg, sd: 9 kg, low: 45 kg, high: 110 kg}
    egfr_ml_min: {mean: 62 mL/min/1.73m2, sd: 9 mL/min/1.73m2, high: 90 mL/min/1.73m2}
"""


@pytest.fixture
def study(tmp_path):
    """Return what writes a study for some people beside a population file."""

    def write(people: str, text: str = SHIFTED) -> Path:
        (tmp_path / "people").mkdir(exist_ok=True)
        (tmp_path / "people" / "older.yaml").write_text(text, encoding="utf-8")
        path = tmp_path / "studies" / "study.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(TEXT.replace(PEOPLE, f"population: {people}"), encoding="utf-8")
        return path

    return write


def problem(path: Path):
    with pytest.raises(InputError, match=r"\w") as caught:
        load_study(path)
    (found,) = caught.value.problems
    return found


def test_a_population_file_is_read_from_the_folder_of_the_study(study, tmp_path, monkeypatch):
    """Wherever the program is started."""
    path = study("../people/older.yaml")
    monkeypatch.chdir(tmp_path / "people")
    population = load_study(path).population
    assert (population.name, population.size, population.seed) == ("older", 32, 5)
    assert population.spreads["egfr_ml_min"].low == 30.0


def test_the_hash_names_the_people_and_not_their_file(study):
    """Written out in the study they are the same study; one more kilogram is another one."""
    by_file = load_study(study("../people/older.yaml"))
    inside = SHIFTED.partition("population:\n")[2]
    written = load_study(study(f"\n{inside}".rstrip()))
    heavier = load_study(study("../people/older.yaml", SHIFTED.replace("71 kg", "72 kg")))
    assert by_file.sha256 == written.sha256
    assert by_file.sha256 != heavier.sha256


def test_a_stored_study_holds_the_people_themselves(study, tmp_path):
    """It comes back from its config when their file is gone."""
    spec = load_study(study("../people/older.yaml"))
    (tmp_path / "people" / "older.yaml").unlink()
    again = study_from_config(spec.config)
    assert again.population == spec.population
    assert again.sha256 == spec.sha256


def test_the_file_of_a_known_population_is_that_population(study):
    """The hash of a study does not change when it names the file instead."""
    path = CONFIGS / "populations" / "ckd_3b.yaml"
    by_file, by_name = load_study(study(str(path))), load_study(study("ckd_3b"))
    assert by_file.population.spreads == named_spreads()["ckd_3b"]
    assert by_file.sha256 == by_name.sha256


@pytest.mark.parametrize(
    ("people", "text", "place", "words"),
    [
        ("nobody.yaml", SHIFTED, ("studies/study.yaml", 7), "nobody.yaml: the file does not exist"),
        ("../people", SHIFTED, ("studies/study.yaml", 7), "Population '../people' is not known"),
        ("../people/older.yaml", "", ("studies/study.yaml", 7), "the file is empty"),
        ("../people/older.yaml", "a: [1\n", ("people/older.yaml", 1), "this is no YAML"),
        (
            "../people/older.yaml",
            SHIFTED.replace("71 kg", "71 mmol"),
            ("people/older.yaml", 7),
            "is not a value in kg",
        ),
        (
            "../people/older.yaml",
            SHIFTED.replace("weight_kg", "wait_kg"),
            ("people/older.yaml", 7),
            "Patient field 'wait_kg' is not known",
        ),
        (
            "../people/older.yaml",
            "population: ../people/older.yaml\n",
            ("people/older.yaml", 1),
            "is not known",
        ),
        ("../people/older.yaml", "product: x\n", ("people/older.yaml", 1), "is not known here"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_line(study, tmp_path, people, text, place, words):
    """Inside the file of the people, or where the study names it."""
    path = study(people, text)
    with pytest.raises(InputError, match=r"\w") as caught:
        load_study(path)
    found = caught.value.problems[0]
    assert words in found.message
    file, line = place
    assert (Path(found.file).resolve(), found.line) == (tmp_path / file, line)


def test_a_study_that_is_no_file_cannot_name_one():
    """There is no folder to look in, and the working folder is nobody's choice."""
    with pytest.raises(InputError, match="no folder to look in"):
        load_study(TEXT.replace(PEOPLE, "population: people.yaml"))


def test_a_patient_file_makes_a_study_of_one_person(study):
    """With the medicines, which come back from the config; without them another study."""
    patient = CONFIGS / "patients" / "hypertension-thiazide.yaml"
    spec = load_study(study(str(patient)))
    assert spec.population.size == 1
    assert spec.population.is_alike
    assert study_from_config(spec.config).population == spec.population
    assert spec.config["population"]["medication"] == ["hydrochlorothiazide"]


def test_a_population_may_state_medicines_that_all_take(study):
    """Those that act set their field; one that contradicts a field is a mistake."""
    path = study("{name: healthy_adults, medication: [hydrochlorothiazide, levothyroxine]}")
    population = load_study(path).population
    assert population.spreads["thiazide"].mean == 1.0
    found = problem(study("{name: healthy_adults, medication: [ppi], fields: {ppi: 0}}"))
    assert "takes ppi, but its field ppi is not 1" in found.message


def test_a_check_says_that_percentiles_are_of_one_person(study, capsys):
    """So nobody takes them for a spread between people."""
    assert main(["check", str(study(str(CONFIGS / "patients" / "ckd-3b.yaml")))]) == 0
    out = capsys.readouterr().out
    assert "Population    ckd-3b: one person, whose own values percentiles are" in out
    assert "all take omeprazole, levothyroxine" in out
    assert "front confirmed for that person" in out


def test_one_person_is_integrated_once_and_has_one_value(study):
    """The three percentiles agree, and the interval is said to be none."""
    spec = load_study(study(str(CONFIGS / "patients" / "ckd-3b.yaml")))
    trial = TrialRecord(
        number=3,
        state="complete",
        design=stratified(spec.space, 0, 3).as_dict(),
        origin="simulated",
        seed=5,
    )
    (record,) = confirm([trial], spec.population, spec.objectives, spec.limits, 256)
    assert record.n_subjects == 1
    values = {record.values[f"serum_change.{p}"] for p in ("p05", "p50", "p95")}
    assert len(values) == 1
    assert record.kind.startswith("one person: every percentile is that person's own value")
