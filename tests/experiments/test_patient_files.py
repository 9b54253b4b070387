"""Patient and population files: read as a whole, with every mistake at its line and column."""

from pathlib import Path

import pytest

from experiments.config.patient import read_patient, read_population_file
from formulation.errors import InputError, RefusedError
from formulation.patients import named_spreads
from models.population import draw_subjects

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PATIENTS = sorted((CONFIGS / "patients").glob("*.yaml"))
POPULATIONS = sorted((CONFIGS / "populations").glob("*.yaml"))
TEXT = """\
patient: one
fields:
  egfr_ml_min: 72 mL/min/1.73m2
  weight_kg: 84000 g
  female: 1
medication: [hydrochlorothiazide, levothyroxine]
"""


def changed(old, new):
    assert old in TEXT
    return TEXT.replace(old, new)


def problems(text, error=InputError):
    with pytest.raises(error, match=r"\w") as caught:
        read_patient(text, file="x.yaml")
    return caught.value.problems


def test_a_patient_is_a_population_of_one_that_does_not_vary():
    """Fields in canonical units, medicines as flags, everything else at its default."""
    patient = read_patient(TEXT)
    assert (patient.name, patient.size) == ("one", 1)
    assert {name: s.mean for name, s in patient.spreads.items()} == {
        "egfr_ml_min": 72.0,
        "weight_kg": 84.0,
        "female": 1.0,
        "thiazide": 1.0,
    }
    assert all(s.sd == 0 and s.low == s.mean == s.high for s in patient.spreads.values())
    assert patient.medication == ("hydrochlorothiazide", "levothyroxine")
    values = draw_subjects(patient).values
    assert values["weight_kg"].tolist() == [84.0]
    assert values["thiazide"].tolist() == [1.0]
    assert values["diet_mg_per_day"].tolist() == [300.0]


@pytest.mark.parametrize("path", PATIENTS, ids=lambda p: p.stem)
def test_every_patient_of_the_repository_is_read(path):
    """Named like its file; the one below the limit is refused."""
    if path.stem == "refused-egfr-25":
        with pytest.raises(RefusedError, match="below 30 no candidate is offered") as caught:
            read_patient(path)
        assert caught.value.exit_code == 3
        assert (caught.value.problems[0].line, caught.value.problems[0].column) == (4, 16)
        assert caught.value.problems[0].file == str(path)
    else:
        assert read_patient(path).name == path.stem


def test_there_are_patients():
    """The globs find them."""
    assert len(PATIENTS) == 3
    assert len(POPULATIONS) == 17


def test_the_patient_on_hydrochlorothiazide_has_the_flag():
    """Named by the medicine, not by the flag."""
    patient = read_patient(CONFIGS / "patients" / "hypertension-thiazide.yaml")
    assert patient.spreads["thiazide"].mean == 1


@pytest.mark.parametrize("path", POPULATIONS, ids=lambda p: p.stem)
def test_every_population_of_the_repository_is_read(path):
    """Named like its file; those of the table are the table's."""
    population = read_population_file(path)
    assert population.name == path.stem
    assert population.spreads == named_spreads().get(path.stem, population.spreads)


def test_every_population_of_the_table_has_a_file():
    """And two, made for scenarios, have spreads of their own."""
    own = {"cramp_cohort", "diabetes_trpm6"}
    assert {p.stem for p in POPULATIONS} == {*named_spreads(), *own}


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("patient: one", "patient: [one]", (1, 10), "a list was given"),
        ("patient: one", "patien: one", (1, 1), "key 'patien' is not known"),
        ("female: 1", "female: 0.5", (5, 11), "female: value 0.5 is not possible; give 0 or 1"),
        ("female: 1", "femal: 1", (5, 3), "Patient field 'femal' is not known"),
        ("84000 g", "84", (4, 14), "'84' has no unit"),
        ("84000 g", "900 kg", (4, 14), "weight_kg: value 900 kg is not possible"),
        ("72 mL", ".nan mL", (3, 16), "is not a finite number"),
        ("72 mL/min/1.73m2", "72 mmol/L", (3, 16), "is not a value in mL/min/1.73m2"),
        ("female: 1", "thiazide: 0", (6, 14), "sets thiazide, which stands among the fields"),
        ("levothyroxine", "levothyroxin", (6, 35), "Medicine 'levothyroxin' is not known"),
        ("levothyroxine", "water pill", (6, 35), "Medicine 'water pill' is not known"),
        ("levothyroxine", "{a: 1}", (6, 35), "a mapping was given"),
        ("female: 1", "female: {mean: 0, sd: 1}", (5, 11), "a mapping was given"),
        ("  egfr_ml_min: 72 mL/min/1.73m2\n", "", (3, 3), "egfr_ml_min is missing"),
    ],
)
def test_a_mistake_is_found_where_it_stands(old, new, place, message):
    """File, line, column and what is wrong."""
    found = [(p.file, p.line, p.column, p.message) for p in problems(changed(old, new))]
    assert any(f == "x.yaml" and (r, c) == place and message in m for f, r, c, m in found), found


def test_all_mistakes_are_told_at_once():
    """In the order of the file."""
    found = problems(changed("84000 g", "nan kg").replace("levothyroxine", "levothyroxin"))
    assert [p.line for p in found] == [4, 6]


def test_a_misspelt_medicine_lists_the_nearest():
    """It must not pass as one without effect."""
    (problem,) = problems(changed("hydrochlorothiazide", "hydrochlorothiazid"))
    assert "'hydrochlorothiazide'" in problem.hint


@pytest.mark.parametrize("condition", ["dialysis", "heart_block"])
def test_a_condition_refuses_the_patient(condition):
    """On medical grounds, at the line of the conditions."""
    (problem,) = problems(TEXT + f"conditions: [{condition}]\n", RefusedError)
    assert (problem.code, problem.line) == ("refused", 7)


def test_an_unknown_condition_is_a_mistake():
    """And lists the nearest."""
    (problem,) = problems(TEXT + "conditions: [dialisis]\n")
    assert "'dialysis'" in problem.hint


def test_a_patient_without_conditions_or_medication_is_one():
    """Both may be left out, or be empty."""
    text = TEXT.partition("medication")[0]
    assert read_patient(text) == read_patient(text + "conditions: []\nmedication: []\n")


def test_acid_and_its_inhibitor_are_not_counted_twice():
    """At the line of the acid output."""
    text = changed("female: 1", "acid_output_factor: 0.1").replace("hydrochlorothiazide", "ppi")
    (problem,) = problems(text)
    assert problem.line == 5
    assert "counts the loss of acid twice" in problem.message


@pytest.mark.parametrize("text", ["", "- 1\n", "patient: x", "fields: 3\n", "population: x\n"])
def test_what_is_no_patient_is_refused(text):
    """Empty files, lists, and files of another kind."""
    assert problems(text)


@pytest.mark.parametrize("text", ["population: nobody\n", "patient: x\n", "population: [1]\n"])
def test_what_is_no_population_is_refused(text):
    """Unknown names too."""
    with pytest.raises(InputError, match=r"not known|missing|was given"):
        read_population_file(text)
