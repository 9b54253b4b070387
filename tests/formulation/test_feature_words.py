"""Every feature of every system has a name for people, a unit, and a question it belongs to."""

from pathlib import Path

import pytest

from experiments.config import load_study
from formulation.delivery import DELIVERY_SYSTEMS
from formulation.feature_words import LAW_QUESTION, SALTS, feature_words
from models.surrogates.table import feature_row, space_filling

STUDY = load_study(Path(__file__).parents[2] / "configs" / "studies" / "quickstart.yaml")

every_system = pytest.mark.parametrize("system", [s.name for s in DELIVERY_SYSTEMS])


def names_of(system: str) -> list[str]:
    (design,) = space_filling(STUDY.space.space_of(system), 1, seed=1)
    return list(feature_row(design))


@every_system
def test_no_feature_is_shown_by_its_name_in_the_program(system) -> None:
    """No underscores, no unit left in the words, and no two features called the same."""
    words = [feature_words(system, name) for name in names_of(system)]
    assert not [w for w in words if "_" in w.text or "_" in w.question]
    assert not [w.title for w in words if w.title.split(" ")[-1] in ("pct", "mg", "mmol", "kn")]
    titles = [w.text for w in words]
    assert len(set(titles)) == len(titles)


@every_system
def test_names_that_carry_a_unit_keep_it(system) -> None:
    """And a share of 1 gets none."""
    units = {name: feature_words(system, name).unit for name in names_of(system)}
    assert units["dose_mmol"] == "mmol"
    assert units["unit_mass_mg"] == "mg"
    assert units["salt_pct"] == "% w/w"
    assert units["mg_content_pct"] == "%"
    assert units["log_solubility_mmol_per_l"] == "log10 mmol/L"
    assert units["second_share_of_mg"] == units["law_liberated_4h"] == ""


@every_system
def test_features_of_one_question_stand_together(system) -> None:
    """Chemistry of both salts is one question, the law's three times are another."""
    questions = {name: feature_words(system, name).question for name in names_of(system)}
    assert questions["mg_content_pct"] == questions["second_acid_demand_meq_per_mmol"] == SALTS
    assert {q for n, q in questions.items() if n.startswith("law_")} == {LAW_QUESTION}
    assert len(set(questions.values())) < len(questions)


def test_excipients_are_called_by_their_label() -> None:
    """The family's where the process decides the grade."""
    assert feature_words("timed_release", "hpmc_pct").text == "hypromellose, % w/w"
    assert feature_words("mucoadhesive_gel", "hpmc_k4m_pct").text == "hypromellose K4M, % w/w"
    assert feature_words("timed_release", "lactose_pct").question == "filler, which and how much"
