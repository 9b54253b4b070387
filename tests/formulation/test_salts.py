"""Salts and lots: content decides the salt mass, and an impossible assay is noticed."""

import pytest

from formulation.data import TABLES, find_table, load_sources, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import Basis
from formulation.salts import FAMILIES, HEAVY_METALS, HYGROSCOPICITY, get_salt, make_lot, salts
from formulation.units import MG_PER_MMOL

LISTED_ONLY = "citrate_nonahydrate"
"""The salt whose solubility nobody gave; it is shown and cannot be chosen."""

DESIGNABLE = tuple(key for key in salts() if key != LISTED_ONLY)

FIRST_FOUR = {
    "oxide": (0.12, 2, 3),
    "citrate": (45.8, 2, 1.67),
    "bisglycinate": (78.88, 2, 3),
    "chloride": (5672, 0, 3),
}
"""Solubility [mmol/L], acid demand [mEq/mmol] and osmoles [mOsm/mmol] that runs were made with."""

WATER_MG_PER_MMOL = 18.015

every_salt = pytest.mark.parametrize("salt", salts().values(), ids=lambda salt: salt.key)


def per_mg(salt):
    """Return the mass of the whole formula per mass of magnesium by its parts, [mg/mg]."""
    water = salt.water_mol_per_mol * WATER_MG_PER_MMOL / MG_PER_MMOL
    return 1 + salt.counter_ion_mg_per_mg + water


def test_every_salt_but_the_nonahydrate_can_be_designed_with():
    """Its solubility is in no table, and is left empty."""
    assert tuple(key for key, salt in salts().items() if salt.is_designable) == DESIGNABLE
    assert len(salts()) == 24


@pytest.mark.parametrize(("key", "figures"), FIRST_FOUR.items())
def test_the_figures_earlier_runs_stood_on_have_not_moved(key, figures):
    """More salts came; these four kept their numbers."""
    salt = get_salt(key)
    assert tuple(map(float, (salt.solubility, salt.acid_demand, salt.osmoles))) == figures


@every_salt
def test_formula_mass_closes(salt):
    """Magnesium, counter-ion and water make up the tabulated formula mass within 0.5 %."""
    row = next(r for r in read_rows(find_table("salts", TABLES)) if r["key"] == salt.key)
    per_magnesium = float(row["molar_mass_g_mol"]) / int(row["n_Mg"])
    assert per_mg(salt) * MG_PER_MMOL == pytest.approx(per_magnesium, rel=0.005)
    printed_to_two_figures = salt.key == "triglycinate"
    rel = 0.0065 if printed_to_two_figures else 0.005
    assert 100 / salt.mg_pct.value == pytest.approx(per_mg(salt), rel=rel)


@every_salt
def test_water_stands_in_the_formula(salt):
    """What is counted as water of crystallisation is what the formula ends with."""
    n_mg = int(salt.formula[2]) if salt.formula[2:3].isdigit() else 1
    _, _, water = salt.formula.partition(".")
    count = water.removesuffix("H2O") or ("1" if water else "0")
    assert salt.water_mol_per_mol == pytest.approx(int(count) / n_mg)


@every_salt
def test_what_is_said_of_a_salt_is_complete(salt):
    """Words from their lists, limits for three metals, registered sources."""
    assert salt.family in FAMILIES
    assert salt.hygroscopicity in HYGROSCOPICITY
    assert tuple(salt.heavy_metals) == HEAVY_METALS
    assert all(limit.basis is Basis.ASSUMED for limit in salt.heavy_metals.values())
    assert salt.counter_ion
    assert salt.taste
    known = (salt.critical_humidity, salt.cost, *salt.heavy_metals.values())
    assert {q.source for q in known if q is not None} <= load_sources().keys()


@pytest.mark.parametrize("key", DESIGNABLE)
def test_chemistry_is_possible(key):
    """Acid beyond two protons only where the counter-ion has further groups."""
    salt = get_salt(key)
    assert 0 < salt.solubility.low <= salt.solubility.value <= salt.solubility.high < 7000
    assert 0 <= salt.acid_demand.low <= salt.acid_demand.value <= 2
    assert 1.6 < salt.osmoles.value <= 4


def test_alkaline_salts_take_two_protons():
    """Oxide, hydroxide, carbonates and the salts with free amines, and no others."""
    alkaline = {key for key, salt in salts().items() if salt.is_alkaline}
    assert alkaline == {
        *("oxide", "hydroxide", "carbonate", "hydroxycarbonate"),
        *("bisglycinate", "triglycinate", "taurate"),
    }
    assert all(get_salt(key).acid_demand.low == 2 for key in alkaline)


@pytest.mark.parametrize(
    "key", ["chloride", "chloride_anhydrous", "sulfate", "sulfate_anhydrous", "acetyl_taurate"]
)
def test_salts_of_strong_acids_take_none(key):
    """Nothing of theirs is protonated in a stomach."""
    assert get_salt(key).acid_demand.value == 0


def test_the_chloride_deliquesces_at_33_percent():
    """And the word agrees with the humidity; nothing is known of most salts."""
    assert get_salt("chloride").critical_humidity.value == 33
    assert get_salt("citrate").critical_humidity is None
    found = {key for key, salt in salts().items() if salt.is_deliquescent}
    assert found == {"chloride", "chloride_anhydrous", "acetate"}
    assert all(get_salt(key).critical_humidity.value < 70 for key in found)


def test_permission_differs_by_jurisdiction():
    """Yes, no, and what the tables do not know."""
    assert get_salt("citrate").is_permitted("EU") is True
    assert get_salt("orotate").is_permitted("EU") is False
    assert get_salt("orotate").is_permitted("US") is True
    assert get_salt("threonate").is_permitted("EU") is None


def test_a_jurisdiction_without_a_list_is_refused():
    """The message lists the two there are."""
    with pytest.raises(UnknownNameError, match=r"Jurisdiction 'UK' is not known.*EU.*US"):
        get_salt("oxide").is_permitted("UK")


def test_a_lot_of_a_salt_the_eu_does_not_list_can_be_made():
    """Permission is judged with the jurisdiction of a study, not with the lot."""
    assert make_lot("orotate").salt.is_permitted("EU") is False


def test_prices_are_ranges_or_unknown():
    """The inexpensive hydrate of the chloride, and a salt without a price."""
    cost = get_salt("chloride").cost
    assert cost.unit == "EUR/kg"
    assert cost.low < cost.value < cost.high
    assert get_salt("acetyl_taurate").cost is None


@pytest.mark.parametrize(
    "row", read_rows(find_table("salt_uses", TABLES)), ids=lambda row: row["key"]
)
def test_words_of_the_table_of_uses_are_known(row):
    """Permission is yes, no or unknown; a price has both ends or none."""
    assert {row["eu_food_supplement"], row["us_dietary_supplement"]} <= {"yes", "no", "unknown"}
    assert row["is_alkaline"] in ("0", "1")
    prices = [row[column] for column in ("cost_low", "cost_eur_per_kg", "cost_high")]
    assert not any(prices) or prices == sorted(prices, key=float)


def test_a_salt_can_be_a_key():
    """Equal salts have equal hashes, mappings or not."""
    assert len({*salts().values(), *salts().values()}) == 24


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
    message = rf"Salt '{LISTED_ONLY}' is listed, but .* unknown here.*Choose from: oxide"
    with pytest.raises(InputError, match=message):
        make_lot(LISTED_ONLY)


def test_acid_demand_follows_chemistry():
    """Two protons for oxide and bisglycinate at any gut pH, none for chloride."""
    demand = {key: float(get_salt(key).acid_demand) for key in FIRST_FOUR}
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
