"""Recipes that must not be made: refused in words on the command line, as the domain judges."""

import re

import pytest

from experiments.cli import main

CARBOMER = """\
product: carbomer-gel
system: mucoadhesive_gel
salt: chloride
amounts: {salt: 836.3 mg, carbomer: 50 mg, glycerol: 500 mg, potassium_sorbate: 10 mg,
          water: 3603.7 mg}
process: {form: swallowed, ph: 6}
"""

BARE_FILM = """\
product: oxide-core
system: timed_release
salt: oxide
amounts: {salt: 250 mg, hpmc: 300 mg, magnesium_stearate: 10 mg, enteric_l100_55: 60 mg,
          mcc: 380 mg}
process: {form: hpmc_matrix, hpmc_grade: K4M, compression_force_kn: 15 kN}
"""

GLUCONATE = """\
product: gluconate-tablet
system: immediate_release
salt: gluconate
amounts: {salt: 4638 mg, povidone: 110 mg, croscarmellose: 110 mg, magnesium_stearate: 30 mg,
          mcc: 400 mg}
process: {form: tablet, compression_force_kn: 15 kN}
"""

STRONG_CURRENT = """\
product: current-patch
system: transdermal
salt: chloride
amounts: {salt: 1400 mg, hec: 140 mg, glycerol: 300 mg, water: 5160 mg}
process: {form: iontophoresis, area_cm2: 140 cm2, current_ma: 70 mA, charge_ma_min: 80 mA*min}
"""

PRODUCTS = {
    "carbomer": (CARBOMER, ("amounts.carbomer", "carbomer gel", "10 mmol/L", "Use HEC")),
    "enteric film": (BARE_FILM, ("alkaline core", "enteric film", "Add a hypromellose sub-coat")),
    "unit mass": (GLUCONATE, ("Unit mass", "5288 mg", "limit of 1600 mg")),
    "current": (STRONG_CURRENT, ("process.current_ma", "current_ma 70", "0.1 to 4 mA")),
}
"""Each with the words that name the thing, the value, the limit and, where there is one, the way
out."""

ONE_TABLET = """\
study: one-tablet
jurisdiction: US
systems:
  - name: immediate_release
    choices: {form: [tablet]}
    ranges: {unit_mass: {high: 1 g}, elemental_mg_per_unit: {low: 250 mg}}
salts: [gluconate]
dose: {low: 250 mg/d, high: 250 mg/d}
regimens: {units_per_intake: [1], intakes_per_day: [1]}
population: healthy_adults
objectives:
  - {endpoint: unit_mass, goal: minimise, worst: 1 g, ideal: 300 mg}
"""


def refusal(capsys, tmp_path, text, *command):
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    code = main([*command, str(path)])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("case", PRODUCTS)
def test_a_product_that_must_not_be_made_is_refused_in_words(case, tmp_path, capsys):
    """No curve is predicted; the sentence names the thing, the value and the limit."""
    text, words = PRODUCTS[case]
    told = refusal(capsys, tmp_path, text, "dissolution", "predict")
    assert [word for word in words if word not in told] == []
    assert re.search(r"file\.yaml:\d+:\d+: error ", told)


def test_a_current_that_burns_is_refused_for_its_total_and_its_density(tmp_path, capsys):
    """70 mA stays refused under the largest patch, where its density alone would be allowed."""
    told = refusal(capsys, tmp_path, STRONG_CURRENT, "dissolution", "predict")
    assert "Current density" not in told
    small = STRONG_CURRENT.replace("140 cm2", "100 cm2").replace("1400 mg", "1000 mg")
    told = refusal(capsys, tmp_path, small, "dissolution", "predict")
    assert "Current density 0.7 mA/cm2 is over the limit of 0.5 mA/cm2" in told


def test_a_dose_that_one_small_tablet_cannot_hold_is_refused_before_any_search(tmp_path, capsys):
    """250 mg of magnesium as gluconate: the salt alone outweighs the tablet several times."""
    told = refusal(capsys, tmp_path, ONE_TABLET, "check")
    assert "design space is empty" in told
    assert re.search(r"gluconate would need at least 4638\.\d mg of salt.*at most 849\.8 ", told)
    assert "Widen the dose" in told


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (CARBOMER, "carbomer: 50 mg", "hec: 100 mg"),
        (BARE_FILM, "mcc: 380 mg", "sub_coat: 30 mg, mcc: 350 mg"),
        (STRONG_CURRENT, "70 mA", "3.5 mA"),
    ],
    ids=["another gel former", "a sub-coat", "a weaker current"],
)
def test_what_the_refusal_advises_can_be_made(text, old, new, tmp_path, capsys):
    """The way out is one: the same product with that one change has a curve."""
    path = tmp_path / "file.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    code = main(["dissolution", "predict", str(path), "--home", str(tmp_path)])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert "simulated" in out
