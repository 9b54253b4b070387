"""Target product profiles: read strictly, judged with a chance, told in report and terminal."""

import json
from math import erf, sqrt
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.cli.check import describe
from experiments.cli.study_text import front_lines
from experiments.config import load_study, study_from_config
from experiments.objective import REPORTED, StudyEvaluator, Task, unpriced_keys
from experiments.quality import (
    STEP,
    Prediction,
    candidate_quality,
    movers,
    own_values,
    profile_table,
)
from experiments.reports import render
from experiments.reports.model_tables import model_table
from experiments.reports.quality import failing_text, quality_sections
from formulation.design import Design
from formulation.errors import InputError
from formulation.quality_attributes import ProfileTarget, attributes
from formulation.targets import Scope, get_endpoint
from models.chain import MechanisticChain
from models.surrogates.table import LEARNT
from tests.experiments.example_document import example_document
from tests.experiments.rendered import page_of
from tests.experiments.small_study import TEXT, small_study

PROFILE = """\
profile:
  - {attribute: sodium_mg_per_day, high: 0.1 g/d}
  - {attribute: absorbed_increment.p05, low: 5 mg/d}
  - {attribute: released_1h, high: 40 %}
  - {attribute: hardness, low: 80 N, high: 200 N}
"""
SPEC = small_study()
PROFILED = load_study(TEXT + PROFILE)
NOTHING = ({}, {}, {})
STUDIES = sorted((Path(__file__).parents[2] / "configs" / "studies").glob("*.yaml"))


def draw(n=40, seed=2):
    return SPEC.space.sample(n, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def outcomes():
    """Return designs of both systems with what the chain says of them."""
    designs = draw()
    evaluator = StudyEvaluator(
        chain=MechanisticChain(),
        population=SPEC.population,
        objectives=SPEC.objectives,
        limits=SPEC.limits,
    )
    found = evaluator([Task(number=k, design=d) for k, d in enumerate(designs)])
    return list(zip(designs, found, strict=True))


def quality(spec, design, outcome, *, with_movers=False):
    predicted = (outcome.values, outcome.lo90, outcome.hi90)
    return candidate_quality(
        spec.space, spec.jurisdiction, spec.profile, design, predicted, with_movers=with_movers
    )


def row_of(rows, key):
    return next(row for row in rows if row["attribute"] == key)


def test_a_profile_is_read_with_its_units_and_kept():
    """Grams become milligrams, and an attribute nobody predicts is kept like any other."""
    assert [t.attribute for t in PROFILED.profile] == [
        "sodium_mg_per_day",
        "absorbed_increment.p05",
        "released_1h",
        "hardness",
    ]
    assert PROFILED.profile[0].high == 100
    again = study_from_config(json.loads(json.dumps(PROFILED.config)))
    assert again.profile == PROFILED.profile
    assert again.sha256 == PROFILED.sha256


def test_a_study_without_a_profile_keeps_its_hash():
    """Its config has no such key, and the usual ranges are used."""
    assert "profile" not in SPEC.config
    assert SPEC.profile == ()
    assert describe(SPEC)["profile"] == []
    assert describe(PROFILED)["profile"][0] == {
        "attribute": "sodium_mg_per_day",
        "high": "100 mg/d",
    }


@pytest.mark.parametrize(
    ("old", "new", "pointer", "message"),
    [
        ("sodium_mg_per_day", "sodium_mg_per_dy", "profile[0].attribute", "'sodium_mg_per_day'"),
        ("0.1 g/d", "0.1", "profile[0].high", "has no unit"),
        ("80 N", "80 mg", "profile[3].low", "is not a value in N"),
        ("low: 80 N, high", "low: 800 N, high", "profile[3]", "lies above high"),
        (
            "{attribute: hardness, low: 80 N, high: 200 N}",
            "{attribute: vegan, low: 1}",
            "",
            "words",
        ),
        ("released_1h, high: 40 %", "hardness, low: 9 N", "profile[3]", "stands twice"),
        (", low: 80 N, high: 200 N", "", "profile[3]", "bound nothing"),
        ("low: 80 N,", "least: 80 N,", "profile[3].least", "is not known here"),
    ],
)
def test_a_mistake_in_a_profile_is_named_with_its_place(old, new, pointer, message):
    """With the nearest right name, its line and its column."""
    text = TEXT + PROFILE
    assert old in text
    with pytest.raises(InputError, match=r".") as caught:
        load_study(text.replace(old, new, 1))
    problem = caught.value.problems[0]
    assert problem.pointer.startswith(pointer)
    assert message in problem.message + problem.hint
    line = (TEXT + PROFILE).splitlines()[problem.line - 1]
    assert "attribute" in line
    assert problem.column > 1


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("limits:\n", "limits:\n  - {endpoint: cost_eur_per_day, high: 0.1 EUR/d}\n", "limits"),
        (
            "limits:\n",
            "  - {endpoint: cost_per_absorbed_mg, goal: minimise, worst: 1 EUR/mg,"
            " ideal: 0 EUR/mg}\nlimits:\n",
            "objectives",
        ),
    ],
)
def test_a_cost_is_not_asked_for_where_a_price_is_unknown(old, new, pointer):
    """The system and the ingredient are named; without the ingredient it may be asked for."""
    text = TEXT.replace(old, new, 1)
    with pytest.raises(InputError, match=r"of timed_release the price of pulsatile_coat") as caught:
        load_study(text)
    assert caught.value.problems[0].pointer == pointer
    bare = "{name: timed_release, choices: {coat: [none]}}"
    spec = load_study(text.replace("timed_release", bare, 1))
    assert any("cost" in key for key in [*spec.config["limits"][0].values()]) or pointer != "limits"


def test_a_design_of_unknown_price_keeps_all_but_its_costs(outcomes):
    """It is evaluated, not failed, and no number stands for what is not known."""
    dear = [(d, o) for d, o in outcomes if unpriced_keys(d)]
    assert dear
    for design, outcome in dear:
        assert "pulsatile_coat" in design.amounts_mg
        assert not outcome.has_failed
        assert set(REPORTED) - set(outcome.values) == unpriced_keys(design)
    assert all(set(o.values) == set(REPORTED) for d, o in outcomes if not unpriced_keys(d))


@pytest.mark.parametrize("bound", [80.0, 95.0, 100.0, 104.0, 130.0])
def test_the_chance_of_failing_is_that_of_a_normal(bound):
    """Each side has its own width; low and high complete each other."""
    found = Prediction(value=100.0, low=90.0, high=120.0)
    sd = (10 if bound < 100 else 20) / 1.6448536
    expected = 0.5 * (1 + erf((bound - 100) / sd / sqrt(2)))
    assert found.chance_of_failing(bound, None) == pytest.approx(expected, abs=1e-6)
    assert found.chance_of_failing(None, bound) == pytest.approx(1 - expected, abs=1e-6)
    assert found.chance_of_failing(None, None) == 0


def test_only_what_does_not_vary_fails_surely_or_never():
    """A count is inside or outside; on the bound it is inside."""
    found = Prediction(value=2.0, low=2.0, high=2.0)
    assert found.chance_of_failing(2, 2) == 0
    assert found.chance_of_failing(3, None) == 1
    assert found.chance_of_failing(None, 1) == 1


def test_every_attribute_that_applies_has_a_row(outcomes):
    """Computed with a value, or not predicted without; never missing."""
    for design, outcome in outcomes[:12]:
        found = quality(SPEC, design, outcome)
        stems = {row["attribute"].partition(".")[0]: row for row in found["rows"]}
        for name, attribute in attributes().items():
            if attribute.is_words or not attribute.applies(design):
                continue
            row = stems[name]
            assert row["status"] in (attribute.status, "not_known")
            assert (row["value"] is None) == (row["status"] in ("not_predicted", "not_known"))
        assert found["profile"] == "usual"
        json.dumps(found, allow_nan=False)


def test_the_studys_profile_is_judged_and_the_untested_is_told(outcomes):
    """Its targets alone count; hardness is stated and reported as not predicted."""
    design, outcome = outcomes[0]
    found = quality(PROFILED, design, outcome)
    judged = {r["attribute"] for r in found["rows"] if r["chance_of_failing"] is not None}
    assert judged == {"sodium_mg_per_day", "absorbed_increment.p05", "released_1h"}
    hard = row_of(found["rows"], "hardness")
    assert (hard["low"], hard["high"], hard["status"]) in [
        (80, 200, "not_predicted"),
        (80, 200, "does_not_apply"),
    ]
    assert found["profile"] == "study"


def test_a_target_on_what_does_not_apply_stays_in_the_table():
    """The area of a tablet is told to be none, not dropped."""
    tablet = next(d for d in draw() if d.process["form"] == "tablet")
    rows = profile_table(tablet, NOTHING, [ProfileTarget(attribute="area_per_day_cm2", high=50)])
    assert row_of(rows, "area_per_day_cm2")["status"] == "does_not_apply"
    assert row_of(rows, "area_per_day_cm2")["value"] is None


def test_the_scatter_of_finished_units_widens_an_exact_value(outcomes):
    """Two per cent of the unit mass, so a bound on the value is missed half the time."""
    design, outcome = outcomes[0]
    target = ProfileTarget(attribute="unit_mass", high=design.unit_mass_mg)
    predicted = (outcome.values, outcome.lo90, outcome.hi90)
    row = row_of(profile_table(design, predicted, [target]), "unit_mass")
    assert row["chance_of_failing"] == pytest.approx(0.5)
    assert row["hi90"] - row["value"] == pytest.approx(0.02 * 1.645 * row["value"], rel=1e-3)


def test_an_older_trial_without_the_new_endpoints_is_still_judged(outcomes):
    """Recipe attributes are computed again; what needs the population is not known."""
    priced = next(d for d, _ in outcomes if not unpriced_keys(d))
    rows = profile_table(priced, NOTHING, [])
    assert row_of(rows, "cost_per_absorbed_mg.p50")["status"] == "not_known"
    assert row_of(rows, "lead_ug_per_day")["value"] > 0


def test_what_moves_an_attribute_is_found_by_moving_the_design(outcomes):
    """Three names at most, strongest first, and the strongest indeed moves it."""
    for design, _ in outcomes[:8]:
        found = movers(SPEC.space, design, ["released_1h"])
        assert all(1 <= len(names) <= 3 for names in found.values())
        assert "units_per_day" not in found
        answers = SPEC.space.encode(design)
        for name in found["unit_mass"][:1]:
            question, u = next(
                (q, u)
                for q, u in answers.items()
                if q.endswith(name.replace(" ", "_")) and not isinstance(u, str)
            )
            other = {**answers, question: u + STEP if u < 0.5 else u - STEP}
            assert SPEC.space.decode(other).unit_mass_mg != design.unit_mass_mg


@pytest.mark.parametrize("file", STUDIES, ids=lambda path: path.stem)
def test_designs_of_every_system_have_their_quality(file):
    """Every form of the studies that come along: finite numbers, words, and what moves them."""
    spec = load_study(file)
    for design in spec.space.sample(6, np.random.default_rng(3)):
        found = candidate_quality(
            spec.space, spec.jurisdiction, (), design, NOTHING, with_movers=True
        )
        json.dumps(found, allow_nan=False)
        known = [row for row in found["rows"] if row["value"] is not None]
        assert all(row["lo90"] <= row["value"] <= row["hi90"] for row in known)
        assert row_of(found["rows"], "lead_ug_per_day")["sensitive_to"]
        assert found["words"]["Manufacturing route"]


def test_a_design_from_before_forms_has_no_movers():
    """It cannot be encoded, and nothing is made up."""
    old = evolve(draw(1)[0], process={"compression_force_kn": 12.0})
    assert movers(SPEC.space, old, []) == {}


def test_the_vessel_is_stirred_only_when_asked():
    """Recipe attributes alone cost no integration."""
    designs = draw(3)
    assert all("released_1h" not in row for row in own_values(designs, ["unit_mass"]))
    assert all(0 <= row["released_1h"] <= 100 for row in own_values(designs, ["released_1h"]))


def with_quality(spec, outcome_of):
    """Return the example document with real quality on its candidates."""
    document = example_document()
    for candidate, (design, outcome) in zip(document["front"], outcome_of, strict=False):
        candidate["quality"] = quality(spec, design, outcome, with_movers=True)
    return document


def test_the_report_shows_values_targets_chances_and_what_nobody_predicts(outcomes):
    """For the candidate of the answer, in a section of its own."""
    document = with_quality(PROFILED, outcomes)
    page = render(document)
    assert "Target profile, quality attributes and process" in page
    assert "study&#39;s own target product profile" in page
    assert "Friability: not predicted" in page or "content uniformity: not predicted" in page
    assert "here most:" in page
    assert "at most 100" in page


def test_a_model_card_has_a_row_for_every_predicted_endpoint():
    """Learnt with its errors, or with what it follows from."""
    document = example_document()
    metrics = document["models"][0]["metrics"]
    predicted = [key for key in REPORTED if get_endpoint(key).scope is not Scope.RECIPE]
    unlearnt = [k for k in predicted if k in metrics or k.split(".")[0] not in LEARNT]
    document["objectives"] = [{"key": key} for key in unlearnt]
    document["front"] = []
    rows = model_table(document, document["models"][0]).rows
    assert len(rows) == 1 + len(unlearnt)
    assert any("trade prices" in row[-1] for row in rows)
    assert any("closed form" in row[-1] for row in rows)


def test_a_document_without_quality_still_has_a_report():
    """One made before attributes were computed."""
    assert quality_sections(example_document(), None) == ()
    assert "made before quality attributes were computed" in page_of(example_document)


def test_the_front_says_in_one_line_what_fails(outcomes):
    """And nothing of candidates that fail nothing."""
    far = load_study(TEXT + "profile:\n  - {attribute: unit_mass, high: 1 mg}\n")
    near = load_study(TEXT + "profile:\n  - {attribute: unit_mass, high: 99 g}\n")
    document = with_quality(far, outcomes)
    first = document["front"][0]
    assert failing_text(first).startswith(f"{first['label']}  Mass of one unit ")
    assert "(target at most 1, fails with 100 %)" in failing_text(first)
    assert any("more likely than not" in line for line in front_lines(document, 100))
    assert failing_text(with_quality(near, outcomes)["front"][0]) == ""
    assert failing_text(example_document()["front"][0]) == ""


def test_candidates_of_the_example_are_designs_like_any_other():
    """Their quality is computed from plain data, as the store keeps it."""
    for candidate in example_document()["front"]:
        design = Design.from_dict(candidate["design"])
        assert row_of(profile_table(design, NOTHING, []), "unit_mass")["value"] > 0
