"""Quantities of products that are moved: those that count are told, each as its law says."""

from pathlib import Path

import pytest
from attrs import asdict, evolve

from experiments.account.levers import BODY_LEVERS, LEVERS
from experiments.account.product_levers import FLUX, PRODUCT_LEVERS
from experiments.account.tornado import Tornado
from experiments.config.product import load_product
from formulation.delivery import mucoadhesive_gel
from formulation.patients import named_population
from models.population import draw_subjects
from models.release import _base, gel, matrix, membrane, nanoparticle, release_law, tablet
from models.simulator.arms import taken_daily
from models.simulator.settle import settle

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "products"
NAMES = tuple(sorted(file.stem for file in FOLDER.glob("*.yaml")))
DAYS = 7

QUANTITIES = (
    ("oxide-tablet", _base, "PARTICLE_RADIUS"),
    ("citrate-tablet", tablet, "REFERENCE_RATE"),
    ("citrate-tablet", tablet, "REFERENCE_PLATEAU"),
    ("citrate-tablet", tablet, "RESIDUE_RATE"),
    ("timed-bisglycinate", matrix, "K_DIFFUSION"),
    ("timed-bisglycinate", matrix, "K_RELAXATION"),
    ("timed-bisglycinate", matrix, "PLATEAU"),
    ("coated-matrix", matrix, "FILM_FAILURE"),
    ("coated-matrix", matrix, "FILM_TIME"),
    ("liposome-sachet", nanoparticle, "MOST_BURST"),
    ("citrate-gel", gel, "SWELLING_RATE"),
    ("citrate-gel", gel, "RELEASE_RATE"),
    ("citrate-gel", mucoadhesive_gel, "REFERENCE_ADHESION"),
    ("citrate-gel", mucoadhesive_gel, "MUCUS_TURNOVER"),
    ("chloride-patch", membrane, "SKIN_LAG"),
    ("microneedle-patch", membrane, "PORE_CLOSURE"),
    ("iontophoresis-patch", membrane, "TRANSFERENCE"),
)
"""Product, home and name of quantities that one lever each moves."""


def law_of(name):
    return release_law(load_product(FOLDER / f"{name}.yaml").design)


def concerned(name):
    """Return the levers of products that concern a product, by title."""
    return {x.title: x for x in PRODUCT_LEVERS if x.concerns(law_of(name))}


@pytest.fixture(scope="module")
def told():
    """Return what is told of a product in a few people."""
    subjects = draw_subjects(named_population("healthy_adults", size=8))
    tornado = Tornado(settle(subjects), subjects)

    def of(name):
        regimen = load_product(FOLDER / f"{name}.yaml").design.regimen
        return tornado.of(taken_daily(law_of(name), regimen, DAYS))["quantities"]

    return of


def test_what_the_flux_counted_moves_a_passive_patch_most(told):
    """Tenfold between heptahydrate and magnesium; a membrane before the skin evens it out."""
    first = told("chloride-patch")[0]
    assert (first["low"], first["value"], first["high"]) == (FLUX.low, FLUX.value, FLUX.high)
    low, high = (first[end]["absorbed_increment"] for end in ("with_low", "with_high"))
    assert high / low > 4


def test_an_enteric_tablet_is_told_that_films_may_never_open(told):
    """More failures, less uptake."""
    found = {q["title"]: q for q in told("coated-matrix")}
    film = found["Films that never open"]
    low, high = (film[end]["absorbed_increment"] for end in ("with_low", "with_high"))
    assert low > high


def test_a_tablet_is_told_its_plateau(told):
    """A higher plateau is absorbed better."""
    found = {q["title"]: q for q in told("citrate-tablet")}
    plateau = found["Plateau of an ordinary tablet"]
    low, high = (plateau[end]["absorbed_increment"] for end in ("with_low", "with_high"))
    assert low < high


@pytest.mark.parametrize(("name", "home", "constant"), QUANTITIES)
def test_a_lever_does_to_a_law_what_its_quantity_would(name, home, constant, monkeypatch):
    """Built again with the quantity at either end, the law is the one that the lever made."""
    quantity = getattr(home, constant)
    (lever,) = [x for x in concerned(name).values() if x.quantity is quantity]
    law = law_of(name)
    ends = [(value, lever.changed(law, value)) for value in lever.ends]
    for value, made in ends:
        moved = evolve(quantity, value=float(value), low=None, high=None)
        monkeypatch.setattr(home, constant, moved)
        rebuilt = law_of(name)
        assert rebuilt != law
        assert made.parameters == pytest.approx(rebuilt.parameters)
        assert made.residence_h == pytest.approx(rebuilt.residence_h)
        assert (made.coat is None) == (rebuilt.coat is None)
        if made.coat is not None:
            assert asdict(made.coat) == pytest.approx(asdict(rebuilt.coat))
        for mine, theirs in zip(made.solids, rebuilt.solids, strict=True):
            assert asdict(mine) == pytest.approx(asdict(theirs))


@pytest.mark.parametrize("name", ["chloride-patch", "microneedle-patch", "iontophoresis-patch"])
def test_fluxes_read_otherwise_move_skin_and_pores_behind_their_membrane(name, monkeypatch):
    """Built again with both publications read as magnesium, but for what enhancers add."""
    law, lever = law_of(name), concerned(name)["What the published flux through skin counted"]
    made = lever.changed(law, lever.quantity.high).parameters
    for constant in ("PUBLISHED_INTACT", "PUBLISHED_NEEDLES"):
        quantity, factor = getattr(membrane, constant), FLUX.high / FLUX.value
        value = quantity.value * factor
        monkeypatch.setattr(membrane, constant, evolve(quantity, value=value, low=None, high=None))
    rebuilt = law_of(name).parameters
    assert rebuilt["k_skin_per_h"] > 2 * law.parameters["k_skin_per_h"]
    assert made == pytest.approx(rebuilt, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_a_lever_concerns_a_product_when_it_changes_its_law_and_only_then(name):
    """At its value nothing changes; at both ends something does."""
    law, levers = law_of(name), concerned(name).values()
    assert levers
    for lever in levers:
        same = lever.changed(law, lever.quantity.value)
        assert same.parameters == pytest.approx(law.parameters)
        assert same.residence_h == pytest.approx(law.residence_h)
        assert all(lever.changed(law, value) != law for value in lever.ends)


def test_only_what_concerns_a_product_is_simulated(monkeypatch):
    """Of a passive patch two quantities of the product, of a plain matrix five, none of a coat."""
    patch, matrix_titles = concerned("chloride-patch"), set(concerned("timed-bisglycinate"))
    assert set(patch) == {"What the published flux through skin counted", "Lag of the skin"}
    assert len(matrix_titles) == 5
    assert not any("film" in title.lower() or "coat" in title for title in matrix_titles)
    asked = []
    monkeypatch.setattr(Tornado, "_at", lambda _, lever, *__: asked.append(lever.title))
    subjects = draw_subjects(named_population("healthy_adults", size=2))
    regimen = load_product(FOLDER / "chloride-patch.yaml").design.regimen
    taken = taken_daily(law_of("chloride-patch"), regimen, 2)
    Tornado(settle(subjects), subjects).of(taken)
    assert set(asked) == set(patch) | {lever.title for lever in BODY_LEVERS}


def test_the_colon_s_passive_rate_is_moved_with_the_body(told):
    """It was set to one row of the panel and moves everything that is swallowed."""
    found = [q["title"] for q in told("citrate-tablet")]
    assert found.index("Passive rate of the colon over that of the small bowel") < 3


def test_titles_are_unique():
    """Starts are kept by them."""
    assert len({lever.title for lever in LEVERS}) == len(LEVERS)
