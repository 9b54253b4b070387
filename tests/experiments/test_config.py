"""Study files become checked studies, or one list of everything wrong with them."""

import json
import re
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.config import Budget, StudySpec, load_study, study_from_config, with_budget
from experiments.config.documents import parse
from experiments.config.quantities import parse_quantity, quantity_text
from formulation.errors import FormulationError, InputError, RefusedError
from formulation.patients import patient_fields
from formulation.targets import ENDPOINTS

STUDY_FILES = sorted((Path(__file__).parents[2] / "configs" / "studies").glob("*.yaml"))
REFERENCE = Path(__file__).parent / "reference_study.yaml"
TEXT = REFERENCE.read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def problems_of(text: str) -> list:
    with pytest.raises(FormulationError, match=r".") as caught:
        load_study(text, file="study.yaml")
    return list(caught.value.problems)


@pytest.mark.parametrize("path", STUDY_FILES, ids=lambda path: path.stem)
def test_every_study_that_comes_along_can_be_read(path):
    """Each file of configs/studies is a study, and survives its own config."""
    study = load_study(path)
    assert study.name == path.stem
    assert study_from_config(study.config) == study


def test_a_study_says_what_its_file_says():
    """Systems, salts, regimens, aims and budget arrive in the domain's units."""
    study = load_study(REFERENCE)
    assert (study.name, study.jurisdiction, study.text) == ("reference", "EU", TEXT)
    assert study.space.systems == ("immediate_release", "timed_release")
    timed = study.space.space_of("timed_release")
    assert timed.system.form("hpmc_matrix").range_of("hpmc") == (25.0, 45.0)
    assert timed.system.settings("hpmc_grade") == ("K4M", "K15M", "K100M")
    assert [s.name for s in timed.sources] == ["oxide", "citrate", "bisglycinate", "chloride"]
    assert [lot.mg_pct for lot in timed.source("chloride").lots] == [11.9]
    assert len(timed.regimens) == 8
    assert study.objectives[0].endpoint == "absorbed_increment.p50"
    assert study.limits[0].high == 12.0
    assert study.budget == Budget(trials=120, seed=7)


def test_a_study_is_rebuilt_from_its_config_through_json():
    """The plain data kept with a run give the identical study back."""
    study = load_study(REFERENCE)
    again = study_from_config(json.loads(json.dumps(study.config)), text=study.text)
    assert again == study
    assert again.space.spaces == load_study(REFERENCE).space.spaces
    assert (again.population, again.sha256, again.text) == (
        study.population,
        study.sha256,
        study.text,
    )


def test_stated_ranges_and_new_populations_survive_the_config():
    """Ranges in their own units and fields of a new population come back unchanged."""
    text = changed("ranges:", "ranges:\n      compression_force_kn: {low: 8000 N}").replace(
        "population: healthy_adults",
        "population: {name: mine, size: 300, seed: 4, fields: {acid_output_factor: 0.1,"
        " egfr_ml_min: {mean: 80 ml/min/1.73 m2, sd: 10 mL/min/1.73m2, low: 40 mL/min/1.73m2,"
        " high: 120 mL/min/1.73m²}}}",
    )
    study = load_study(text)
    again = study_from_config(study.config)
    assert again == study
    assert again.population == study.population
    assert study.population.spreads["acid_output_factor"].sd == 0.0
    forms = study.space.space_of("timed_release").system.forms
    assert len(forms) == 2
    assert {form.range_of("compression_force_kn") for form in forms} == {(8, 30)}


def test_a_study_without_a_project_keeps_its_hash():
    """Only a stated project stands in the content; a name with a slash, or HTML, is refused."""
    without = load_study(TEXT)
    stated = load_study(f"project: magnesium-2026\n{TEXT}")
    assert (without.project, "project" in without.config) == ("", False)
    assert stated.project == study_from_config(stated.config).project == "magnesium-2026"
    assert stated.sha256 != without.sha256
    for wrong in ("a/b", "<b>a</b>"):
        with pytest.raises(InputError, match=r"project: .* a name of up to 100 letters"):
            load_study(f"project: {wrong}\n{TEXT}")


def test_hash_follows_the_content_not_its_writing():
    """Comments and another unit leave the hash alone, another number does not."""
    study = load_study(REFERENCE)
    same = load_study("# a comment\n" + changed("150 mg/d", "0.15 g/d"))
    other = load_study(changed("150 mg/d", "160 mg/d"))
    assert same.sha256 == study.sha256
    assert other.sha256 != study.sha256


def test_what_is_left_out_is_filled_in_and_written_out():
    """Regimens, limits and budget have defaults; the jurisdiction decides the fewest intakes."""
    optional = ("question:", "regimens:", "limits:", "  - {endpoint: soluble", "budget:")
    text = "\n".join(x for x in TEXT.splitlines() if not x.startswith(optional))
    eu, us = load_study(text), load_study(text.replace("jurisdiction: EU", "jurisdiction: US"))
    assert eu.budget == Budget()
    assert eu.limits == ()
    assert eu.config["regimens"]["intakes_per_day"] == [2, 3]
    assert us.config["regimens"]["intakes_per_day"] == [1, 2, 3]


def test_flags_change_the_budget_and_with_it_the_config():
    """A budget from flags is checked and stands in the config."""
    study = load_study(REFERENCE)
    short = with_budget(study, trials=20, seed=None)
    assert (short.budget.trials, short.budget.seed) == (20, 7)
    assert study_from_config(short.config) == short
    with pytest.raises(InputError, match="Budget trials is 0; a whole number from 1 to 100,000"):
        with_budget(study, trials=0)


def test_everything_wrong_is_reported_at_once_in_the_order_of_the_file():
    """Four mistakes in four places give four problems, each where it stands."""
    text = TEXT.replace("oxide,", "oxyde,").replace("low: 150 mg/d", "low: 150")
    text = text.replace("goal: maximise", "goal: maximize").replace("trials:", "trails:")
    found = problems_of(text)
    assert [p.pointer for p in found] == [
        "salts[0]",
        "dose.low",
        "objectives[0].goal",
        "budget.trails",
    ]
    for problem, needle in zip(found, ("oxyde", "150", "maximize", "trails"), strict=True):
        line = text.splitlines()[problem.line - 1]
        assert line[problem.column - 1 :].startswith(needle)
        assert problem.file == "study.yaml"
    assert str(found[1]).endswith(
        "dose.low: '150' has no unit; a value in mg/d is wanted. Write it as '150 mg/d'."
    )


@pytest.mark.parametrize(
    ("old", "new", "pointer", "message"),
    [
        ("oxide,", "{name: oxide, lot: 3},", "salts[0].lot", "is not known here"),
        ("jurisdiction: EU", "", "jurisdiction", "the key is missing"),
        ("hpmc: {low", "hpmcs: {low", "systems[1].ranges.hpmcs", "Did you mean 'hpmc'"),
        ("low: 25 %", "low: 0.25", "systems[1].ranges.hpmc.low", "'0.25' has no unit"),
        ("low: 25 %", "low: 10 %", "systems[1].ranges.hpmc", "reaches outside 20 to 50"),
        ("K4M, K15M", "K4M, K4M", "systems[1].choices.hpmc_grade", "stands twice"),
        ("hpmc_grade:", "compression_force_kn:", "systems[1].choices.compression", "is a number"),
        ("oxide,", "oxide, oxide,", "salts[1]", "stands twice"),
        ("oxide,", "citrate_nonahydrate,", "salts[0]", "solubility or acid demand is unknown"),
        ("11.9 %", "90 %", "salts[3]", "90 % magnesium is impossible"),
        ("[2, 3]", "[1]", "regimens.intakes_per_day", "fewer than the 2"),
        ("[2, 3]", "[2, 9]", "regimens.intakes_per_day[1]", "from 1 to 3"),
        ("[true, false]", "[often]", "regimens.with_meals[0]", "true or false"),
        ("healthy_adults", "healthy_adult", "population", "Did you mean 'healthy_adults'"),
        ("healthy_adults", "{name: mine, fields: {age: 4}}", "population.fields.age", "not known"),
        (
            "healthy_adults",
            "{name: healthy_adults, fields: {weight_kg: 900 kg}}",
            "population.fields.weight_kg",
            "not possible",
        ),
        ("swallowed_mass,", "swallowed_mas,", "objectives[1].endpoint", "'swallowed_mass'"),
        ("peak_gut_load.p95,", "peak_gut_load.p96,", "objectives[2].endpoint", "p95"),
        ("ideal: 40 mg/d", "ideal: -1 mg/d", "objectives[0]", "must be better than worst"),
        ("ideal: 40 mg/d", "ideal: '40,5 mg/d'", "objectives[0].ideal", "a point: '40.5 mg/d'"),
        ("high: 12 mmol/d", "", "limits[0]", "neither low nor high"),
        ("high: 12 mmol/d", "high: -1 mmol/d", "limits[0].high", "0 mmol/d or more"),
        ("ideal: 40 mg/d", "weight: 99, ideal: 40 mg/d", "objectives[0]", "between 0.1 and 10"),
        ("seed: 7}", "strategy: tpee}", "budget.strategy", "'tpe'"),
        ("trials: 120", "confirm_subjects: 10", "budget.confirm_subjects", "from 256"),
        ("study: reference", "study: a/b", "study", "letters, digits"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_to_do(old, new, pointer, message):
    """One mistake gives one problem with pointer, line and the nearest right thing."""
    found = problems_of(changed(old, new))
    assert len(found) == 1
    assert found[0].pointer.startswith(pointer)
    assert message in found[0].message + found[0].hint
    assert 1 <= found[0].line <= len(TEXT.splitlines())


IMPOSSIBLE = [
    ("limits", "predicted_f2, low: 120", "it is 0 to 100. Write a value in that range; 100 is"),
    ("limits", "limits_met, low: 150 %", "it is 0 % to 100 %. Write a value in that range; 100 %"),
    ("limits", "fraction_absorbed.p05, low: 130 %", "fraction_absorbed.p05 cannot be 130 %"),
    ("limits", "unit_mass, low: -5 mg", "it is 0 mg or more"),
    ("profile", "ph, high: 15", "ph cannot be 15; it is 0 to 14"),
    ("profile", "serum, high: -1 mmol/L", "it is 0 mmol/L or more"),
    ("profile", "friability, high: 120 %", "it is 0 % to 100 %"),
]


@pytest.mark.parametrize(("key", "bound", "message"), IMPOSSIBLE)
def test_a_bound_that_nothing_can_reach_is_refused_in_the_file(key, bound, message):
    """The value, what is possible, and the nearest possible value, where it stands."""
    word = "attribute" if key == "profile" else "endpoint"
    text = re.sub(r"limits:\n( .*\n)+", "", TEXT) + f"{key}:\n  - {{{word}: {bound}}}\n"
    text += "reference_release: [{time: 1 h, released: 25 %}]\n" if "f2" in bound else ""
    (found,) = [p for p in problems_of(text) if p.code == "out_of_range"]
    assert found.pointer.startswith(f"{key}[0].")
    assert message in f"{found.message} {found.hint}"
    assert found.line == len(text[: text.index(bound)].splitlines())


def test_a_stored_study_with_a_bound_that_nothing_reaches_is_still_read():
    """It was run so; a version that knows better must not lose it."""
    study = load_study(TEXT)
    config = {**study.config, "limits": [{"endpoint": "unit_mass", "low": "-5 mg"}]}
    assert study_from_config(config).limits[0].low == -5


def test_a_refusal_on_medical_grounds_is_raised_only_when_it_stands_alone():
    """With another mistake beside it the file is first of all wrong."""
    text = changed("healthy_adults", "{name: healthy_adults, conditions: [dialysis]}")
    with pytest.raises(RefusedError, match="no candidate is offered with dialysis"):
        load_study(text)
    with pytest.raises(InputError, match=r"oxyde(.|\n)*dialysis"):
        load_study(text.replace("oxide,", "oxyde,"))


@pytest.mark.parametrize("text", ["a: 'x\n", "a: [1,\n", "a: {b: 1\n\n\n", "%YAML 9.9\n---\na: 1"])
def test_broken_yaml_is_placed_inside_the_file(text):
    """A parser that gives up past the last line still names a line of the file."""
    (problem,) = problems_of(text)
    assert problem.code == "invalid_yaml"
    assert 1 <= problem.line <= len(text.splitlines())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 50_000, "too_deep"),
        ("a:\n" + "- 1\n" * 20_000, "too_large"),
        ("x" * 1_000_001, "too_large"),
        ("a: 1\n---\nb: 2\n", "invalid_yaml"),
        ("? [a]\n: 1\n", "invalid_key"),
        ("# nothing\n", "empty_file"),
        ("- 1\n", "wrong_type"),
    ],
)
def test_documents_that_are_no_study_are_left_early(text, code):
    """Depth, size and form are limited before anything is understood."""
    assert problems_of(text)[0].code == code


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("5", "percent", "has no unit; a value in % is wanted"),
        ("nan mg", "mg", "is not a finite number"),
        ("1e999 mg", "mg", "is not a finite number"),
        (".inf mg", "mg", "is not a finite number"),
        ("9**9**9**9 mg", "mg", "is not a value in mg"),
        ("5 mg**99999999", "mg", "is not a value in mg"),
        ("5 mmol", "mg", "is not a value in mg"),
        ("5 mgs/", "mg", "is not a value in mg"),
        ("5 flurbs", "mg", "flurbs"),
        ("five mg", "mg", "is not a number with a unit"),
        ("0,5 g", "g", "has a decimal comma"),
        ("5 %", "mL/min/1.73m2", "is not a value in"),
        ("20 %%", "1", "is not a pure number"),
        ("20 % %", "percent", "is not a value in %"),
        ("20 percent percent", "1", "is not a pure number"),
        ("1" * 101 + " mg", "mg", "is not a number with a unit"),
    ],
)
def test_a_quantity_that_is_none_is_refused(text, unit, message):
    """Form is checked before a unit library sees the text."""
    with pytest.raises(InputError, match=message):
        parse_quantity(text, unit)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("0.16", "Write it as '0.16 %', or as '16 %' if a share was meant."),
        (".5", "Write it as '.5 %', or as '50 %' if a share was meant."),
        ("16", "Write it as '16 %'."),
        ("-0.1", "Write it as '-0.1 %'."),
    ],
)
def test_a_percentage_without_its_sign_may_have_been_a_share(text, hint):
    """Both are offered where both are possible."""
    with pytest.raises(InputError) as caught:
        parse_quantity(text, "percent")
    assert caught.value.problems[0].hint == hint


@pytest.mark.parametrize("inside", ["high: 9,5 mmol/d, low: 2 mmol/d", "high: 9,5 mmol/d"])
def test_a_decimal_comma_inside_braces_is_named_as_one(inside):
    """YAML makes of it a value and a key, each wrong in a way that says nothing of commas."""
    (problem,) = problems_of(f"limits:\n  - {{endpoint: peak_gut_load, {inside}}}\n")
    assert (problem.code, problem.line, problem.column) == ("decimal_comma", 2, 37)
    assert problem.message == "'9,5 mmol/d' of 'high' is parted by its comma."
    assert problem.hint == "A decimal comma? Write a point: 9.5 mmol/d."


@pytest.mark.parametrize("text", ["{a: 9, 5 mg: 1}", "{a: 9,b: 5}", "{a: x,5: 1}", "[9,5]"])
def test_other_commas_are_no_decimal_commas(text):
    """Blanks, words and lists are what they are."""
    assert parse(f"a: {text}\n", "x").place.line == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [("a:\n\tb: 1\n", (2, 1)), ("a: 1\tmg\n", (1, 5)), ("a:\n  -\tb: 1\n", (2, 4))],
)
def test_a_tab_is_named_where_it_stands(text, place):
    """No words of the parser; tabs are not seen on a screen."""
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == place
    assert problem.message == "a tab stands here, where YAML wants blanks."


@settings(max_examples=60, deadline=None)
@given(
    value=st.floats(min_value=-1e9, max_value=1e9, allow_nan=False).map(lambda x: round(x, 12)),
    unit=st.sampled_from(
        sorted(
            {e.unit for e in ENDPOINTS}
            | {f.default.unit for f in patient_fields().values()}
            | {"percent", "mg", "kN"}
        )
    ),
)
def test_quantities_are_written_back_exactly(value, unit):
    """Every unit of the product reads back what it wrote."""
    assert parse_quantity(quantity_text(value, unit), unit) == value


FRAGMENTS = (
    "",
    ":",
    "-",
    "{",
    "]",
    "&a [*a]",
    "nan mg",
    "!!set",
    "\t",
    "\x00",
    "9e9",
    "'",
    "| ",
    "%",
)


@settings(max_examples=80, deadline=None)
@given(
    cuts=st.lists(
        st.tuples(
            st.integers(0, len(TEXT)), st.integers(0, 30), st.sampled_from(FRAGMENTS) | st.text()
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_mutation_of_a_study_is_a_study_or_one_error(cuts):
    """Nothing but a study, an input error or a refusal comes out of a damaged file."""
    text = TEXT
    for start, length, fragment in cuts:
        text = text[:start] + fragment + text[start + length :]
    try:
        found = load_study(text)
    except (InputError, RefusedError) as error:
        found = error
    assert isinstance(found, StudySpec) or all(problem.message for problem in found.problems)


@settings(max_examples=80, deadline=None)
@given(text=st.text())
def test_any_text_is_a_study_or_one_error(text):
    """Random text never gives anything but an input error."""
    with pytest.raises(InputError, match=r"."):
        load_study(text)


def test_equality_of_studies_is_that_of_their_config():
    """Two studies that differ only in the text of their file are equal."""
    study = load_study(REFERENCE)
    assert evolve(study, text="") == study


def test_a_lot_far_above_its_formula_is_a_warning():
    """An assay that pure salt cannot have is told, not refused."""
    study = load_study(changed("bisglycinate", "{name: bisglycinate, mg_content: 18 %}"))
    assert study.lot_warnings[0].startswith("A bisglycinate lot at 18 % magnesium cannot be pure")
