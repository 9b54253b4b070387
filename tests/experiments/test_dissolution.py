"""Predicting a bench curve: the vessel stated, the law named, nothing invented."""

import json
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.cli import main
from experiments.config.product import load_product
from experiments.products import choose_vessel, predict_dissolution, read_times
from experiments.products.explanation import BASIS
from formulation.data.bibliography import load_sources
from formulation.delivery import DELIVERY_SYSTEMS, FORM
from formulation.errors import InputError
from formulation.profiles import MEDIA
from models.release._mechanisms import LIBERATION

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "products"
TABLET, MATRIX, PATCH = (
    FOLDER / f"{name}.yaml" for name in ("citrate-tablet", "coated-matrix", "chloride-patch")
)
PATHS = sorted(FOLDER.glob("*.yaml"))


def run(capsys, *words):
    code = main(["dissolution", "predict", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, " ".join(out.split()), " ".join(err.split())


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("FORMULATION_HOME", str(tmp_path / "home"))


def document(capsys, *words):
    assert main(["dissolution", "predict", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def oxide(tmp_path):
    text = TABLET.read_text(encoding="utf-8").replace("salt: citrate", "salt: oxide", 1)
    path = tmp_path / "oxide.yaml"
    path.write_text(text.replace("620 mg", "400 mg"), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)
def test_every_example_product_has_a_curve_in_its_own_vessel(path, capsys):
    """It rises within 0 to 100 %, says simulated, and gives no interval."""
    found = document(capsys, path)
    assert (found["schema"], found["version"]) == ("formulation/dissolution", 1)
    percent = np.array(found["profile"]["percent"])
    assert (np.diff(percent) >= 0).all()
    assert 0 <= percent[0] <= percent[-1] <= 100
    assert found["profile"]["origin"] == "simulated"
    assert (found["interval"], found["interval_note"]) == (
        None,
        "no interval: the release law alone, no laboratory rows of this recipe",
    )
    assert found["vessel"]["unstated"] == ["medium", "apparatus", "rpm", "volume_ml"]
    assert found["law"]["basis"]


def test_a_tablet_is_told_to_people_with_its_vessel_law_and_basis(capsys):
    """Acid, pH, volume, apparatus, speed, mechanism, half-time, and that it is simulated."""
    code, out, err = run(capsys, TABLET, "--times", "15 min, 2 h")
    assert (code, err) == (0, "")
    for words in (
        "0.1 M HCl, 900 mL (pH 1.2, 90 mEq of acid); USP 2 (paddle) at 50 rpm, 37 °C",
        "not stated, so as usual for this product: medium, apparatus, speed, volume",
        "Law disintegration: lag_h",
        "estimated from three marketed tablets in 0.1 M HCl (Ostrozka2015)",
        "simulated for a vessel, not for a body; no interval: the release law alone, no laboratory"
        " rows of this recipe",
        "time % of label, simulated 15 min",
        "t50 32.3 min t80 1.42 h",
        "99.8 % of label after 24 h",
    ):
        assert words in out


def test_acid_that_no_stomach_has_is_warned_of_for_a_salt_that_needs_it(tmp_path, capsys):
    """Oxide in 0.1 M HCl is, in water not; chloride takes no acid and is not."""
    _, out, _ = run(capsys, oxide(tmp_path))
    assert "holds 90 mEq of acid, a fasted stomach about 1.6 to 5 mEq" in out
    assert "oxide takes up to 19.8 mEq a unit" in out
    _, out, _ = run(capsys, oxide(tmp_path), "--medium", "water")
    assert "fasted stomach" not in out
    assert "oxide needs 19.8 mEq of acid for its 9.92 mmol, the vessel holds 0 mEq" in out
    assert "fasted stomach" not in run(capsys, PATCH)[1]


def test_a_film_that_never_opens_is_said(capsys):
    """In acid alone nothing is released, and nothing is warned of acid it never meets."""
    found = document(capsys, MATRIX, "--medium", "hcl")
    assert found["profile"]["percent"][-1] == 0
    assert found["end"]["is_level"]
    assert found["end"]["reasons"] == ["the film opens at pH 6, and this medium reaches pH 1.2"]
    assert not any("stomach" in text for text in found["warnings"])


def test_a_change_of_medium_is_told_with_both_media(capsys):
    """The coated matrix sees two hours of acid and then a buffer."""
    _, out, _ = run(capsys, MATRIX)
    assert "pH 1.2, 90 mEq of acid" in out
    assert "2 h on phosphate buffer pH 7.4, 900 mL (pH 7.4, 9 mEq of acid)" in out
    assert "t50 not reached in 24 h" in out
    assert "the matrix keeps 3 % for good (assumed)" in out


def test_the_acid_goes_with_the_volume(capsys):
    """Half the vessel holds half the acid, and its name says so."""
    found = document(capsys, MATRIX, "--volume-ml", "450", "--rpm", "75")
    vessel = found["vessel"]
    assert (vessel["volume_l"], vessel["acid_meq"], vessel["rpm"]) == (0.45, 45.0, 75.0)
    assert vessel["then"]["acid_meq"] == 4.5
    assert vessel["then"]["name"] == "phosphate buffer pH 7.4, 450 mL"
    assert vessel["unstated"] == ["medium", "apparatus"]


def test_a_faster_paddle_dissolves_no_slower():
    """Stirring thins the layer around the particles."""
    product = load_product(TABLET)
    slow, fast = (
        predict_dissolution(product, choose_vessel(product, medium="water", rpm=rpm))
        for rpm in (25.0, 100.0)
    )
    assert (fast.profile.fraction >= slow.profile.fraction - 1e-12).all()
    assert fast.profile.fraction[1] > slow.profile.fraction[1]


def test_half_time_and_curve_agree():
    """At t50 the curve reads half, at t80 four fifths."""
    product = load_product(TABLET)
    vessel = choose_vessel(product)
    found = predict_dissolution(product, vessel)
    again = predict_dissolution(product, vessel, np.array([found.t50_h, found.t80_h]))
    assert again.profile.fraction == pytest.approx([0.5, 0.8], abs=1e-9)


@pytest.mark.parametrize(
    ("path", "words", "told"),
    [
        (PATCH, ["--medium", "hcl"], "Give --medium franz"),
        (PATCH, ["--apparatus", "USP 2"], "in a Franz cell"),
        (TABLET, ["--medium", "franz"], "only a patch is laid on it. Choose a medium out of hcl"),
        (TABLET, ["--apparatus", "Franz cell"], "'citrate-tablet' (immediate_release tablet)"),
        (TABLET, ["--medium", "watr"], "Medium 'watr' is not known. Did you mean 'water'?"),
        (TABLET, ["--apparatus", "USP 2 (padle)"], "Did you mean 'USP 2 (paddle)'"),
        (TABLET, ["--rpm", "nan"], "nan rpm"),
        (TABLET, ["--volume-ml", "0"], "Volume 0 mL is impossible; 0 < volume <= 10000 mL"),
        (TABLET, ["--volume-ml", "nan"], "Volume nan mL is impossible"),
        (TABLET, ["--times", "1, 2 h"], "'1' has no unit"),
        (TABLET, ["--times", "2 h, 1 h"], "increasing times from 0 h to 72 h"),
        (TABLET, ["--times", "100 h"], "increasing times from 0 h to 72 h"),
        (TABLET, ["--times", ""], "is not a number with a unit"),
    ],
)
def test_a_vessel_that_cannot_be_is_refused_with_what_to_choose(path, words, told, capsys):
    """Exit code 2, one sentence, no curve."""
    code, out, err = run(capsys, path, *words)
    assert (code, out) == (2, "")
    assert told in err


def test_every_violation_of_a_product_is_told_at_once(tmp_path, capsys):
    """As one JSON document, each at its line."""
    path = tmp_path / "bad.yaml"
    text = TABLET.read_text(encoding="utf-8").replace("15 kN", "99 kN").replace("25 mg", "300 mg")
    path.write_text(text, encoding="utf-8")
    assert main(["dissolution", "predict", str(path), "--json"]) == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert {"amounts.povidone", "process.compression_force_kn"} <= {e["pointer"] for e in errors}


def test_a_measured_curve_of_the_same_recipe_stands_beside_its_prediction(tmp_path, capsys):
    """In the medium it was measured in; still without an interval, and only for that recipe."""
    curves = tmp_path / "curves.csv"
    curves.write_text(
        "product,time,percent_released\n"
        "citrate-tablet,0.25,20\ncitrate-tablet,0.5,45\ncitrate-tablet,1,72\n",
        encoding="utf-8",
    )
    words = ["--name", "lab", "--time-unit", "h", "--released-unit", "%", "--medium", "water"]
    words = ["data", "import", str(curves), "--products", str(TABLET), *words, "--accept"]
    assert main(words) == 0
    capsys.readouterr()
    (found,) = document(capsys, TABLET)["measured"]
    assert found["source"].startswith("lab@")
    assert found["medium"]["name"] == "water, 900 mL"
    assert found["measured"]["percent"] == pytest.approx([20, 45, 72])
    assert (found["measured"]["origin"], found["simulated"]["origin"]) == ("measured", "simulated")
    _, out, _ = run(capsys, TABLET)
    assert "no interval: 1 measured curve(s) are no distribution" in out
    assert "% measured % simulated in the same medium" in out
    assert document(capsys, oxide(tmp_path))["measured"] == []


def test_no_workspace_is_made_by_looking(tmp_path, capsys):
    """A prediction leaves nothing behind."""
    assert run(capsys, TABLET)[0] == 0
    assert not (tmp_path / "home").exists()


def test_every_mechanism_says_what_it_rests_on():
    """In one sentence, whose sources are registered; forms named there exist."""
    forms = {form.name for system in DELIVERY_SYSTEMS for form in system.forms}
    assert set(LIBERATION) <= set(BASIS)
    assert set(BASIS) - set(LIBERATION) <= forms
    for sentence in BASIS.values():
        cited = [word.strip("().;,") for word in sentence.split() if "20" in word]
        assert set(cited) <= set(load_sources())


def test_a_matrix_of_ethylcellulose_does_not_borrow_the_basis_of_hypromellose():
    """Its constants are assumed throughout."""
    product = load_product(MATRIX)
    design = product.design
    amounts = {("ethylcellulose" if k == "hpmc" else k): v for k, v in design.amounts_mg.items()}
    process = {
        FORM: "ethylcellulose_matrix",
        "ethylcellulose_grade": "10cps",
        "compression_force_kn": 15.0,
    }
    other = evolve(product, design=evolve(design, amounts_mg=amounts, process=process))
    found = predict_dissolution(other, choose_vessel(other))
    assert "assumed throughout" in found.basis


def test_times_are_read_in_any_unit_of_time():
    """Minutes and hours may be mixed."""
    assert read_times("15 min, 1 h, 7200 s").tolist() == [0.25, 1.0, 2.0]
    with pytest.raises(InputError, match="not a value in h"):
        read_times("1 mg")


def test_a_medium_may_be_called_by_its_title():
    """As it stands on reports."""
    product = load_product(TABLET)
    assert choose_vessel(product, medium="Water, 900 mL").medium == MEDIA["water"]
