"""What the body sees of a product, and the scales its endpoints are learnt on."""

from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.config import load_study
from formulation.feature_words import BODY
from models.release import release_law
from models.surrogates.law_features import BODY_TIMES_H, DOSE, body_columns, body_row
from models.surrogates.scales import SCALES, Scale, from_learnt, to_learnt
from models.surrogates.table import ENDPOINT_KEYS, LEARNT, feature_row, space_filling

SPEC = load_study(Path("configs/studies/quickstart.yaml"))
DESIGNS = {s: space_filling(SPEC.space.space_of(s), 16, seed=5) for s in SPEC.space.systems}


@pytest.mark.parametrize("system", DESIGNS)
def test_every_design_of_every_system_has_the_same_features_of_the_law(system) -> None:
    """By name and order, all finite: also a solution beside tablets, and a patch."""
    (reference, *_) = DESIGNS["timed_release"]
    names = list(body_row(reference, release_law(reference)))
    for design in DESIGNS[system]:
        row = body_row(design, release_law(design))
        assert list(row) == names
        assert np.isfinite(list(row.values())).all()


def test_what_only_the_recipe_knows_is_not_seen() -> None:
    """Two recipes of one law and regimen give one row."""
    design = DESIGNS["timed_release"][0]
    other = evolve(DESIGNS["timed_release"][1], regimen=design.regimen)
    law = release_law(design)
    mine, of_other = body_row(design, law), body_row(other, law)
    assert design.amounts_mg != other.amounts_mg
    assert {k for k in mine if mine[k] != of_other[k]} <= {f"{BODY}log_unabsorbed_mosm_per_day"}


def test_the_dose_of_a_day_and_the_liberated_fractions_are_exact() -> None:
    """Outputs for each mmol are scaled by the one; the others rise."""
    for design in DESIGNS["immediate_release"]:
        row = body_row(design, release_law(design))
        expected = design.mmol_per_intake * design.regimen.intakes_per_day
        assert np.exp(row[DOSE]) == pytest.approx(expected, rel=1e-12)
        liberated = [row[f"{BODY}liberated_{t:g}h"] for t in BODY_TIMES_H]
        assert liberated == sorted(liberated)


def test_columns_of_the_body_are_those_that_the_endpoints_see() -> None:
    """The recipe's are all others."""
    design = DESIGNS["transdermal"][0]
    names = list(feature_row(design))
    found = {name for name, is_body in zip(names, body_columns(names), strict=True) if is_body}
    assert found == set(body_row(design, release_law(design)))


def test_every_learnt_endpoint_has_a_scale() -> None:
    """One forgotten would shift the others' columns."""
    assert tuple(SCALES) == LEARNT


def test_scales_give_back_what_went_in() -> None:
    """For each unit of dose, as odds from 0 to 100 %, or as they are."""
    rng = np.random.default_rng(2)
    dose, endpoints = rng.uniform(1, 12, 40), rng.uniform(0, 100, (40, len(ENDPOINT_KEYS)))
    endpoints[0], endpoints[1] = 0.0, 100.0
    learnt = to_learnt(endpoints, dose)
    np.testing.assert_allclose(from_learnt(learnt, dose), endpoints, rtol=1e-12, atol=1e-11)
    k = ENDPOINT_KEYS.index("absorbed_increment.p50")
    np.testing.assert_allclose(learnt[:, k] * dose, endpoints[:, k])


def test_a_chance_never_leaves_0_to_100_percent() -> None:
    """However far its log odds are predicted."""
    odds = [k for k, key in enumerate(ENDPOINT_KEYS) if SCALES[key[:-4]] is Scale.ODDS]
    assert odds
    learnt = np.full((2, len(ENDPOINT_KEYS)), 50.0) * np.array([[-1.0], [1.0]])
    found = from_learnt(learnt, np.ones(2))[:, odds]
    assert found.min() == 0.0
    assert found.max() == 100.0
