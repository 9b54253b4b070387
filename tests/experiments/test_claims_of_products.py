"""Claims about products: they act with such a product alone, and never on the control."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.account.arms import run_arm
from experiments.account.safety import judge
from experiments.account.tornado import Tornado
from experiments.cli import main
from experiments.config.product import load_product
from formulation.claims import all_claims, switch
from formulation.patients import named_population
from models.population import draw_subjects
from models.simulator.settle import settle

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "products"

CONCERNED = {
    "intact_chelates": ("bisglycinate-tablet", "citrate-tablet", "absorbed_increment", 1),
    "intact_nanoparticles": ("liposome-sachet", "citrate-tablet", "absorbed_increment", 1),
    "delayed_release": ("coated-matrix", "oxide-tablet", "absorbed_increment", 1),
    "low_dose_lactate_osmotic": ("lactate-tablet", "citrate-tablet", "laxation_risk", 1),
    "dysbiosis": ("oxide-tablet", "chloride-patch", "absorbed_increment", -1),
}
"""A product each claim is about, one it is not about, and what moves which way."""

every_claim = pytest.mark.parametrize("name", CONCERNED)


@pytest.fixture(scope="module")
def people():
    subjects = draw_subjects(named_population("healthy_adults", size=5))
    return subjects, settle(subjects)


@pytest.fixture(scope="module")
def followed(people):
    """Return the arm of a product with some claims, each followed once."""
    known = {}

    def follow_once(product, *names):
        if (product, names) not in known:
            subjects, start = people
            loaded = load_product(FOLDER / f"{product}.yaml")
            known[product, names] = run_arm(loaded, start, subjects, 3, switch(names))
        return known[product, names]

    return follow_once


def bits(arm):
    return {name: values.tobytes() for name, values in arm.values.items()}


def test_every_claim_about_products_that_can_be_simulated_is_tried_here():
    """A new row needs a product it is about."""
    about = {c.name for c in all_claims().values() if c.product is not None and c.target}
    assert about == CONCERNED.keys()


@every_claim
def test_a_claim_moves_what_it_says_for_a_product_it_is_about(name, followed):
    """In everybody, against the same product without it."""
    product, _, endpoint, sign = CONCERNED[name]
    plain, claimed = followed(product), followed(product, name)
    assert (sign * (claimed.values[endpoint] - plain.values[endpoint]) > 0).all()


@every_claim
def test_a_claim_does_nothing_for_another_product_bit_by_bit(name, followed):
    """Nor to the risk that is told of it."""
    _, other, _, _ = CONCERNED[name]
    assert bits(followed(other, name)) == bits(followed(other))


@every_claim
def test_the_control_never_feels_a_claim_about_a_product(name, followed):
    """Bit by bit: nobody takes the product there."""
    product = CONCERNED[name][0]
    plain, claimed = followed(product).control, followed(product, name).control
    assert plain.daily.tobytes() == claimed.daily.tobytes()


def test_a_claim_of_osmoles_reaches_the_risk_as_well(people, followed):
    """Endpoint and risk count the same."""
    subjects, _ = people
    for names in ((), ("low_dose_lactate_osmotic",)):
        arm = followed("lactate-tablet", *names)
        risk = judge(arm, "EU", subjects)
        assert 100 * risk.laxation.probability == pytest.approx(arm.values["laxation_risk"].mean())


def test_risk_and_endpoint_count_the_sorbitol_of_a_gel(people, followed):
    """The same osmoles in both, and more than the magnesium alone."""
    subjects, _ = people
    arm = followed("citrate-gel")
    risk = judge(arm, "EU", subjects)
    np.testing.assert_allclose(arm.other_mosm_per_day, 6.588)
    assert 100 * risk.laxation.probability == pytest.approx(arm.values["laxation_risk"].mean())


def test_assumptions_are_moved_with_the_claim_switched_on(people, followed):
    """Without it the base would be that of another result."""
    subjects, start = people
    arm = followed("bisglycinate-tablet", "intact_chelates")
    tornado = Tornado(start, subjects)
    plain, claimed = (tornado.of(arm.taken, begun)["base"] for begun in (start, arm.begun))
    assert claimed["absorbed_increment"] > plain["absorbed_increment"]
    assert tornado.of(arm.taken)["base"] == plain


def test_the_claim_is_announced_with_the_products_it_is_about(capsys):
    """And where it concerns none that is taken, it says so."""
    told = []
    for product in ("lactate-tablet", "citrate-tablet"):
        path = FOLDER / f"{product}.yaml"
        words = ("simulate", str(path), "--size", "4", "--days", "1", "--json")
        assert main([*words, "--claim", "low_dose_lactate_osmotic"]) == 0
        told.append(json.loads(capsys.readouterr().out)["announcement"])
    assert "with products of salt lactate, on the diet too; unsupported)." in told[0]
    assert "concerns no product here and does nothing" in told[1]
    assert "concerns no product" not in told[0]
