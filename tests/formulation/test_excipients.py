"""Excipients and the rules between substances: parsed, ordered, and applied as they say."""

import pytest
from attrs import evolve

from formulation.errors import DataError, UnknownNameError
from formulation.excipients import (
    SALT_GROUPS,
    Excipient,
    Incompatibility,
    Severity,
    excipients,
    get_excipient,
    incompatibilities,
)
from formulation.salts import salts

KEYS = """
    mcc lactose croscarmellose povidone magnesium_stearate hpmc_k100lv hpmc_k4m hpmc_k15m
    hpmc_k100m carbomer sodium_alginate gellan mannitol dicalcium_phosphate maize_starch
    sodium_starch_glycolate crospovidone hydroxypropyl_cellulose sodium_stearyl_fumarate film_coat
    enteric_l100_55 enteric_l100 enteric_s100 sub_coat pulsatile_coat ethylcellulose_10cps
    ethylcellulose_100cps gelatin_shell hpmc_shell citric_acid sodium_bicarbonate
    potassium_bicarbonate sorbitol sucralose peg_6000 flavour water potassium_sorbate
    glyceryl_monostearate cetyl_palmitate tripalmitin medium_chain_triglycerides oleic_acid
    soy_lecithin sunflower_lecithin cholesterol polysorbate_80 poloxamer_188 hec sodium_cmc chitosan
    glycerol propylene_glycol ethanol dmso menthol acrylate_adhesive silicone_adhesive
    polyisobutylene_adhesive hyaluronic_acid pva
""".split()

SODIUM_BY_FORMULA = {
    "sodium_bicarbonate": 1000 * 22.990 / 84.006,
    "sodium_stearyl_fumarate": 1000 * 22.990 / 390.54,
    "hyaluronic_acid": 1000 * 22.990 / 401.3,
}
"""Sodium of the pure substance, [mg/g]."""

every_excipient = pytest.mark.parametrize("excipient", excipients().values(), ids=lambda e: e.key)
every_rule = pytest.mark.parametrize(
    "rule", incompatibilities(), ids=lambda rule: f"{rule.first}-{rule.second}-{rule.severity}"
)


def found(salt, *present, **process):
    """Return the rules that hold for one salt, these excipients and these settings."""
    met = frozenset({salt}), frozenset(present), process
    return [rule for rule in incompatibilities() if rule.applies(*met)]


def severities(salt, *present, **process):
    return {rule.severity for rule in found(salt, *present, **process)}


def test_the_excipients_that_recipes_name_are_all_there():
    """Nothing is missing, nothing stands twice, and nothing else is in the table."""
    assert list(excipients()) == KEYS
    assert len(set(KEYS)) == len(KEYS)


@every_excipient
def test_the_figures_of_an_excipient_are_possible(excipient):
    """Ranges are ordered; sodium is a share; limits and prices are above zero."""
    assert excipient.label
    assert 0 <= excipient.low_pct < excipient.high_pct <= 100
    assert 0 <= excipient.sodium_mg_per_g < 300
    for value in (excipient.max_mg_per_day, excipient.cost_eur_per_kg, excipient.viscosity_mpa_s):
        assert value is None or value > 0
    assert excipient.role == excipient.roles[0]
    assert all(role and role == role.strip() for role in excipient.roles)


@pytest.mark.parametrize(("key", "sodium"), SODIUM_BY_FORMULA.items())
def test_sodium_follows_from_the_formula_where_there_is_one(key, sodium):
    """To the rounding of the table."""
    assert get_excipient(key).sodium_mg_per_g == pytest.approx(sodium, rel=0.002)


def test_names_with_sodium_carry_sodium():
    """No excipient named after sodium counts none."""
    named = [e for e in excipients().values() if "sodium" in e.label.lower()]
    assert len(named) == 7
    assert all(e.sodium_mg_per_g > 30 for e in named)


def test_allergens_and_animal_origin_are_declared():
    """Milk, soya and crustaceans; gelatin and cholesterol are animal without an allergen."""
    declared = {e.key: e.allergen for e in excipients().values() if e.allergen}
    assert declared == {"lactose": "milk", "soy_lecithin": "soya", "chitosan": "crustaceans"}
    animal = {e.key for e in excipients().values() if not e.is_vegan}
    assert animal == {"lactose", "gelatin_shell", "cholesterol", "chitosan"}


def test_acceptable_intakes_follow_from_body_weight():
    """25 mg/kg of polysorbate 80 or propylene glycol are 1750 mg in an adult of 70 kg."""
    assert get_excipient("polysorbate_80").max_mg_per_day == 25 * 70
    assert get_excipient("propylene_glycol").max_mg_per_day == 25 * 70
    assert get_excipient("mcc").max_mg_per_day is None


def test_an_unknown_excipient_lists_the_nearest():
    """A misspelt key is an error of the user with a proposal."""
    with pytest.raises(UnknownNameError, match=r"Excipient 'manitol' is not known.*'mannitol'"):
        get_excipient("manitol")


@pytest.mark.parametrize("ends", [(5.0, None), (None, 5.0), (6.0, 5.0), (-1.0, 5.0), (5.0, 101.0)])
def test_an_impossible_usual_range_is_refused(ends):
    """Half a range, a reversed one, or one outside a whole unit."""
    with pytest.raises(DataError, match=r"Excipient 'mcc': the usual range .* is impossible"):
        evolve(get_excipient("mcc"), low_pct=ends[0], high_pct=ends[1])


def test_an_excipient_may_have_no_usual_range():
    """Then both ends are unknown."""
    bare = evolve(get_excipient("mcc"), low_pct=None, high_pct=None)
    assert isinstance(bare, Excipient)


@every_rule
def test_a_rule_names_substances_of_the_tables(rule):
    """A salt or a group of salts, an excipient or its family, and what lifts it."""
    families = {key.split("_")[0] for key in excipients()}
    assert rule.first in (*SALT_GROUPS, *salts())
    assert rule.second in excipients().keys() | families
    assert not rule.unless or rule.unless in excipients()
    assert rule.message.endswith(".")
    assert rule.hint.endswith(".")


@every_rule
def test_a_rule_holds_for_the_pair_it_names(rule):
    """And for neither half of it alone."""
    salt = {"any_salt": "oxide", "alkaline_salt": "taurate", "deliquescent_salt": "acetate"}
    keys = frozenset({salt.get(rule.first, rule.first)})
    process = {rule.setting: rule.low} if rule.setting else {}
    assert rule.applies(keys, frozenset({rule.second}), process)
    assert not rule.applies(frozenset(), frozenset({rule.second}), process)
    assert not rule.applies(keys, frozenset({"povidone"}), process)


def test_no_rule_stands_twice():
    """A pair has one rule of each severity."""
    pairs = [(rule.first, rule.second, rule.severity) for rule in incompatibilities()]
    assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize("salt", ["oxide", "chloride", "threonate"])
@pytest.mark.parametrize("polymer", ["carbomer", "gellan"])
def test_magnesium_and_the_polymers_it_collapses_are_invalid(salt, polymer):
    """Whichever salt it is."""
    assert Severity.INVALID in severities(salt, polymer)


def test_the_carbomer_rule_tells_the_figures():
    """100 mg in 5 g is some eighty times what the gel bears."""
    (rule,) = found("chloride", "carbomer")
    assert rule.message == "Magnesium ions collapse a carbomer gel."
    assert "10 mmol/L" in rule.hint
    assert "820 mmol/L" in rule.hint


@pytest.mark.parametrize("polymer", ["sodium_alginate", "sodium_cmc"])
def test_polymers_magnesium_weakens_deserve_a_warning(polymer):
    """They are not forbidden."""
    assert severities("chloride", polymer) == {Severity.WARNING}


@pytest.mark.parametrize(
    ("ph", "rules"),
    [(4.5, set()), (6.19, set()), (6.2, {Severity.INVALID}), (9.0, {Severity.INVALID})],
)
def test_chitosan_is_invalid_above_its_ph(ph, rules):
    """The rule reads the setting ph of the design."""
    assert severities("chloride", "chitosan", ph=ph) == rules


@pytest.mark.parametrize("process", [{}, {"ph": "neutral"}, {"speed_rpm": 7.0}])
def test_a_rule_on_a_setting_is_silent_without_a_number_for_it(process):
    """A design that has no such setting, or a word for it, does not meet the rule."""
    assert severities("chloride", "chitosan", **process) == set()


@pytest.mark.parametrize("coat", ["enteric_l100_55", "enteric_l100", "enteric_s100"])
def test_an_alkaline_core_needs_a_sub_coat_below_an_enteric_film(coat):
    """Neutral salts do not, and the sub-coat lifts the rule."""
    for salt in ("oxide", "hydroxide", "carbonate", "bisglycinate", "taurate"):
        assert severities(salt, coat) == {Severity.INVALID}
        assert severities(salt, coat, "sub_coat") == set()
    for salt in ("chloride", "citrate", "sulfate", "acetyl_taurate"):
        assert severities(salt, coat) == set()


@pytest.mark.parametrize(
    "excipient",
    ["hpmc_k4m", "mcc", "gelatin_shell", "hpmc_shell", "sodium_bicarbonate"],
)
def test_deliquescent_salts_deserve_a_warning(excipient):
    """Whatever the water would harm is named, and other salts are not."""
    for salt in ("chloride", "chloride_anhydrous", "acetate"):
        assert severities(salt, excipient) == {Severity.WARNING}
        assert len(found(salt, excipient)) == 1
    assert severities("oxide", excipient) == set()


def test_one_alkaline_salt_of_a_blend_is_enough():
    """A blend meets a rule when any of its salts does."""
    (rule,) = [r for r in incompatibilities() if r.second == "enteric"]
    blend = frozenset({"chloride", "oxide"})
    assert rule.applies(blend, frozenset({"enteric_s100"}), {})
    assert not rule.applies(frozenset({"chloride"}), frozenset({"enteric_s100"}), {})


def test_a_family_covers_its_grades_and_not_its_neighbours():
    """Every hypromellose of a matrix is meant by hpmc; hydroxypropyl cellulose is not."""
    words = {key: {r.message for r in found("chloride", key)} for key in ("hpmc", "hpmc_k15m")}
    assert words["hpmc"] == words["hpmc_k15m"] != set()
    assert found("chloride", "hydroxypropyl_cellulose") == []


def test_the_anion_that_salts_out_a_matrix_is_warned_of():
    """Sulfate and citrate do, gluconate does not."""
    assert severities("sulfate", "hpmc_k100m") == {Severity.WARNING}
    assert severities("citrate", "hpmc_k100m") == {Severity.WARNING}
    assert severities("gluconate", "hpmc_k100m") == set()


@pytest.mark.parametrize(
    "bounds",
    [{"setting": "ph"}, {"low": 6.2}, {"high": 7.0}, {"setting": "ph", "low": 7.0, "high": 6.0}],
)
def test_a_setting_and_its_bounds_belong_together(bounds):
    """A rule with half of them is refused when it is made."""
    with pytest.raises(
        DataError, match=r"Incompatibility of 'oxide' and 'mcc': setting .* no rule"
    ):
        Incompatibility(
            first="oxide",
            second="mcc",
            severity=Severity.WARNING,
            message="It is so.",
            hint="Do this.",
            **bounds,
        )
