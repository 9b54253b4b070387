"""Cramps: an endpoint of claims, beside what happens in every placebo arm."""

import numpy as np
import pytest

from formulation.claims import all_claims, switch
from formulation.cramps import CRAMPS_KEPT, CRAMPS_LEFT, expected_cramps

BEFORE, SD_BEFORE = 8.51, 5.20
AFTER, SD_AFTER, SD_CHANGE = 5.48, 4.93, 4.53
"""Placebo arm of RoguinMaor2017, cramps a week (abstract)."""


def test_the_line_follows_from_the_published_placebo_arm():
    """Slope from the three standard deviations, and the line goes through both means."""
    correlation = (SD_BEFORE**2 + SD_AFTER**2 - SD_CHANGE**2) / (2 * SD_BEFORE * SD_AFTER)
    slope = correlation * SD_AFTER / SD_BEFORE
    assert CRAMPS_KEPT.value == pytest.approx(slope, abs=0.005)
    assert CRAMPS_LEFT.value == pytest.approx(AFTER - slope * BEFORE, abs=0.01)


def test_who_had_most_loses_most():
    """Regression to the mean; who had none keeps none."""
    before = np.array([0.0, 2.0, 4.0, 14.0])
    lost = before - expected_cramps(before)
    assert lost[0] == 0
    assert (np.diff(lost) > 0).all()


def test_only_the_claim_on_cramps_changes_them():
    """All others leave every bit as it is."""
    before = np.array([1.0, 6.0])
    plain = expected_cramps(before)
    others = switch(name for name in all_claims() if name != "cramp_frequency")
    assert expected_cramps(before, others).tobytes() == plain.tobytes()
    claimed = expected_cramps(before, switch(["cramp_frequency"]))
    assert claimed == pytest.approx(0.75 * plain)


def test_the_claim_is_larger_than_what_the_trial_saw():
    """Magnesium took 0.38 a week more than placebo of about eight, which was no difference."""
    effect = all_claims()["cramp_frequency"].effect
    assert effect.value < 1 - 0.38 / AFTER < effect.high
