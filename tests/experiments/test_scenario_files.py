"""Scenario files: read as a whole, with every mistake at its line and column."""

from pathlib import Path

import pytest

from experiments.config.scenario import load_scenario
from experiments.config.scenario_spec import PLACEBO, Direction
from experiments.scenarios import find_scenarios
from formulation.errors import InputError, RefusedError, UnknownNameError

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
FILES = sorted((CONFIGS / "scenarios").glob("*.yaml"))
TEXT = """\
scenario: one
question: Does it work?
people: healthy_adults
placebo: {with: {}}
arms:
  a: {product: citrate-tablet.yaml, with: {inulin: 10 g/d}}
  b: {with: {inulin: 10 g/d}}
expect:
  - endpoint: serum_change
    arm: a
    against: b
    is: higher
    because: "more is absorbed"
"""


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a product and a patient who is refused beside the scenario."""
    for file in ("products/citrate-tablet.yaml", "patients/refused-egfr-25.yaml"):
        text = (CONFIGS / file).read_text(encoding="utf-8")
        (tmp_path / Path(file).name).write_text(text, encoding="utf-8")
    return tmp_path


def load(folder, text):
    path = folder / "one.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def changed(old, new):
    assert old in TEXT
    return TEXT.replace(old, new)


def test_a_scenario_is_read_as_it_is_written(folder):
    """Six weeks and the limits of the EU where nothing is said."""
    found = load(folder, TEXT)
    assert (found.name, found.days, found.jurisdiction) == ("one", 42, "EU")
    assert [arm.name for arm in found.arms] == ["a", "b"]
    assert found.placebo.doses == ()
    assert [dose.amount for dose in found.arms[0].doses] == [10.0]
    assert found.arms[1].product is None
    assert found.expected[0].direction is Direction.HIGHER


def test_the_placebo_arm_may_take_cofactors_too(folder):
    """With the same fibre the difference is magnesium's alone."""
    found = load(folder, changed("placebo: {with: {}}", "placebo: {with: {inulin: 10 g/d}}"))
    assert found.placebo.doses == found.arms[0].doses
    assert found.has_share_of_dose(found.arms[0])


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("placebo: {with: {}}\n", "", (1, 1), "the key is missing"),
        ("placebo: {with: {}}", "placebo: {}", (4, 10), "the key is missing"),
        ("placebo: {with: {}}", "placebo: {with: {}, product: x}", (4, 21), "key 'product'"),
        ("people: healthy_adults", "people: helthy.yaml", None, "does not exist"),
        ("{inulin: 10 g/d}}\n  b", "{inuline: 10 g/d}}\n  b", (6, 44), "'inuline' is not known"),
        ("{inulin: 10 g/d}}\n  b", "{inulin: 10}}\n  b", (6, 52), "has no unit"),
        ("{inulin: 10 g/d}}\n  b", "{inulin: 90 g/d}}\n  b", (6, 52), "must lie above 0"),
        ("{inulin: 10 g/d}}\n  b", "{inulin: nan g/d}}\n  b", (6, 52), "not a finite number"),
        ("is: higher", "is: better", (12, 9), "Direction 'better' is not known"),
        ("endpoint: serum_change", "endpoint: serum_chang", (9, 15), "Endpoint 'serum_chang'"),
        ("endpoint: serum_change", "endpoint: cramps", (9, 3), "no model predicts cramps"),
        ("endpoint: serum_change", "endpoint: fraction_absorbed", (9, 3), "not only of its"),
        ("against: b", "against: c", (9, 3), "Arm 'c' is not known"),
        ("against: b", "against: a", (9, 5), "not compared with itself"),
        ("is: higher", "is: refused", (9, 5), "neither endpoint nor against"),
        ("question: Does it work?", "question: It works.", (2, 11), "a question on one line"),
        ("  b: {with", "  placebo: {with", (7, 3), "placebo has a key of its own"),
        ("citrate-tablet.yaml", "none.yaml", None, "does not exist"),
    ],
)
def test_a_mistake_is_found_where_it_stands(old, new, place, message, folder):
    """File, line, column and what is wrong."""
    with pytest.raises(InputError, match=r"\w") as caught:
        load(folder, changed(old, new))
    found = [((p.line, p.column), str(p)) for p in caught.value.problems]
    assert any(place in (None, at) and message in text for at, text in found), found


def test_a_mistake_in_a_product_is_told_at_its_own_line(folder):
    """Not at the line that names the file."""
    product = folder / "citrate-tablet.yaml"
    product.write_text(product.read_text().replace("620 mg", "62000 mg"), encoding="utf-8")
    with pytest.raises(InputError, match="salt") as caught:
        load(folder, TEXT)
    assert {Path(p.file).name for p in caught.value.problems} == {"citrate-tablet.yaml"}


def test_a_claim_about_a_cofactor_nobody_takes_is_refused(folder):
    """It would act on nothing that was taken."""
    text = changed("b: {with: {inulin: 10 g/d}}", "b: {claims: [b6_cellular_uptake]}")
    with pytest.raises(InputError, match="is about vitamin_b6, which is not taken here"):
        load(folder, text)


def test_a_claim_that_would_act_twice_is_refused(folder):
    """In the people and in an arm."""
    text = changed("b: {with", "b: {claims: [slow_transit], with") + "claims: [slow_transit]\n"
    with pytest.raises(InputError, match="'slow_transit' stands twice"):
        load(folder, text)


def test_people_who_are_refused_are_an_error_unless_it_is_expected(folder):
    """Exit code 3; with the expectation they are an arm like any other, and its reason is kept."""
    text = changed("  b: {with", "  c: {people: refused-egfr-25.yaml}\n  b: {with")
    with pytest.raises(RefusedError, match="an eGFR of 25") as caught:
        load(folder, text)
    assert caught.value.exit_code == 3
    found = load(folder, text + "  - {arm: c, is: refused, because: kidney}\n")
    assert "below 30 no candidate is offered" in found.arms[1].who.refusal


def test_nothing_else_is_expected_of_refused_people(folder):
    """They take nothing, so no endpoint is theirs."""
    text = changed("  b: {with", "  c: {people: refused-egfr-25.yaml}\n  b: {with")
    text = text.replace("against: b", "against: c")
    with pytest.raises(InputError, match="'c' is refused, so nothing can be expected of it"):
        load(folder, text + "  - {arm: c, is: refused, because: kidney}\n")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_scenario_of_the_repository_is_read(path):
    """Named like its file; every arm is part of an expectation; each says what it follows from."""
    found = load_scenario(path)
    assert found.name == path.stem
    assert all(x.because for x in found.expected)
    assert all(x.says and not x.because for x in found.article)
    named = {name for x in (*found.expected, *found.article) for name in (x.arm, x.against)}
    assert {arm.name for arm in found.arms} - {"lactate_as_osmotic", "prebiotic_alone"} <= named


def test_there_are_the_nine_scenarios():
    """Each with a placebo arm."""
    assert [p.stem for p in FILES] == [
        *("acid-blocker", "cramps", "diabetes", "hypertension", "ibs", "kidney"),
        *("nano-and-gel", "resection", "skin"),
    ]
    assert all(load_scenario(path).placebo.name == PLACEBO for path in FILES)


def test_names_are_those_of_the_folder_and_files_are_taken_too(folder):
    """A misspelt name lists the nearest."""
    there = CONFIGS / "scenarios"
    assert [s.name for s in find_scenarios(["skin", "ibs"], folder=there)] == ["skin", "ibs"]
    load(folder, TEXT)
    (found,) = find_scenarios([str(folder / "one.yaml")], folder=there, size=9)
    assert found.who.population.size == 9
    with pytest.raises(UnknownNameError, match="'skin'"):
        find_scenarios(["skins"], folder=there)
    with pytest.raises(InputError, match="'skin' is asked for twice"):
        find_scenarios(["skin", "skin"], folder=there)


def test_a_folder_without_scenarios_is_told(tmp_path):
    """Not an empty result."""
    with pytest.raises(InputError, match="There are no scenarios in"):
        find_scenarios(folder=tmp_path)
