"""Salts and lots: content decides the salt mass, and an impossible assay is noticed."""

import pytest

from formulation.errors import InputError, UnknownNameError
from formulation.salts import get_salt, make_lot, salts
from formulation.units import MG_PER_MMOL

DESIGNABLE = ("oxide", "citrate", "bisglycinate", "chloride")


def test_four_salts_can_be_designed_with():
    """Their chemistry is in the tables; the others are listed only."""
    assert tuple(key for key, salt in salts().items() if salt.is_designable) == tuple(
        key for key in salts() if key in DESIGNABLE
    )
    assert len(salts()) == 24


def test_a_bisglycinate_lot_of_18_percent_is_buffered_with_oxide():
    """It holds about 8.4 % magnesium oxide, 28 % of its magnesium."""
    warning = make_lot("bisglycinate", 18.0).warning
    assert "bisglycinate lot at 18 % magnesium cannot be pure" in warning
    assert "about 8.4% magnesium oxide, 28% of its magnesium" in warning


@pytest.mark.parametrize("key", DESIGNABLE)
def test_a_lot_near_its_formula_is_not_warned_of(key):
    """Within a tenth of the formula's content nothing is said."""
    pure = get_salt(key).mg_pct.value
    assert make_lot(key).warning == ""
    assert make_lot(key, min(pure * 1.09, 61)).warning == ""
    assert make_lot(key).mg_pct == pure


@pytest.mark.parametrize("mg_pct", [0.0, -3.0, 61.5, float("nan")])
def test_an_assay_no_magnesium_salt_has_is_refused(mg_pct):
    """Above pure oxide, or nothing at all."""
    with pytest.raises(InputError, match=r"Salt 'oxide': an assay of .* % magnesium is impossible"):
        make_lot("oxide", mg_pct)


def test_an_unknown_salt_lists_the_nearest():
    """A misspelt salt is an error of the user with a proposal."""
    with pytest.raises(UnknownNameError, match=r"Salt 'citrat' is not known.*'citrate'"):
        make_lot("citrat")


def test_a_salt_without_known_chemistry_cannot_be_chosen():
    """A gap in the tables is said, not guessed."""
    message = r"Salt 'taurate' is listed, but .* unknown here.*Choose from: oxide"
    with pytest.raises(InputError, match=message):
        make_lot("taurate")


def test_acid_demand_follows_chemistry():
    """Two protons for oxide and bisglycinate at any gut pH, none for chloride."""
    demand = {key: float(get_salt(key).acid_demand) for key in DESIGNABLE}
    assert (demand["oxide"], demand["bisglycinate"], demand["chloride"]) == (2, 2, 0)
    assert 0 < demand["citrate"] <= 2


def test_salt_mass_of_a_dose_follows_from_the_content():
    """250 mg of magnesium are 10.286 mmol, and about 2.1 g of the chloride hexahydrate."""
    grams = 250 / (get_salt("chloride").mg_pct.value / 100) / 1000
    assert grams == pytest.approx(250 / MG_PER_MMOL * 203.3 / 1000, rel=0.002)


def test_a_lot_that_would_be_mostly_oxide_is_refused():
    """Somebody typed the wrong salt, or the wrong assay."""
    with pytest.raises(InputError, match="of it as oxide"):
        make_lot("citrate", 60.0)
