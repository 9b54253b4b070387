"""A design is warned of one property once, however many of its excipients touch it."""

import pytest

from experiments.candidates import design_warnings
from formulation.design import Design
from formulation.regimen import Regimen
from formulation.space import warnings


def a_design(salt: str, *excipients: str) -> Design:
    """Return a tablet of a salt with excipients."""
    return Design(
        system="immediate_release",
        salt=salt,
        salt_mg_pct=11.9,
        amounts_mg={"salt": 300.0, **dict.fromkeys(excipients, 60.0)},
        process={"form": "tablet", "hpmc_grade": "K4M", "compression_force_kn": 10.0},
        regimen=Regimen(units_per_intake=1, intakes_per_day=1, with_meals=True),
    )


@pytest.mark.parametrize(
    ("excipients", "words"),
    [
        (("hpmc", "mcc"), "wets a cellulose matrix"),
        (("sodium_bicarbonate", "potassium_bicarbonate"), "starts effervescence"),
    ],
)
def test_deliquescence_is_told_once(excipients, words):
    """By the warning that says more; both rules warn alone."""
    design = a_design("chloride", *excipients)
    assert len(warnings(design)) == 2
    assert all(warnings(a_design("chloride", name)) for name in excipients)
    (text,) = design_warnings(design)
    assert words in text


def test_what_two_salts_or_two_places_bring_is_told_of_both():
    """Acetate deliquesces elsewhere than chloride, and a shell is no matrix."""
    capsule = a_design("chloride", "mcc", "hpmc_shell")
    assert set(design_warnings(capsule)) == set(warnings(capsule))
    assert len(design_warnings(capsule)) == 2
    alone = a_design("citrate", "mcc")
    assert design_warnings(alone) == warnings(alone)
