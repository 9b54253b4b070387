"""The transdermal patch: what can be made, what is refused and in which words, what is shown."""

from functools import cache
from math import isfinite

import numpy as np
import pytest

from formulation.blends import SaltSource
from formulation.data import load_sources
from formulation.delivery import Route
from formulation.delivery.transdermal import ENHANCERS, TRANSDERMAL
from formulation.design import Design
from formulation.errors import InputError
from formulation.limits import get_limits
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace
from formulation.violations import product_violations

ONCE = Regimen(units_per_intake=1, intakes_per_day=1, with_meals=False)
SOURCES = {
    "chloride": make_lot("chloride"),
    "sulfate": make_lot("sulfate"),
    "chloride+sulfate": SaltSource(
        lots=(make_lot("chloride"), make_lot("sulfate")), low_pct=10, high_pct=60
    ),
}

every_source = pytest.mark.parametrize("source", SOURCES)


def make_space(source, *, system=TRANSDERMAL, where="US"):
    return DesignSpace(
        spaces=(
            SystemSpace(
                system=system,
                sources=(source,),
                regimens=(ONCE,),
                limits=get_limits(where),
                dose=DoseRange(low_mg_per_day=20, high_mg_per_day=350),
            ),
        )
    )


@cache
def space_of(source):
    return make_space(SOURCES[source])


@cache
def sample(source, n=1000):
    return tuple(space_of(source).sample(n, np.random.default_rng(7)))


def patch(form="iontophoresis", *, amounts=(), **settings):
    """Return 400 mg of chloride in 2 g of gel on 100 cm2, or on needles a fifth of it."""
    own = {
        "passive": {"membrane_um": 50.0},
        "microneedle": {"needle_length_um": 500.0, "needles_per_cm2": 200.0},
        "iontophoresis": {"current_ma": 4.0, "charge_ma_min": 80.0},
    }[form]
    matrix = {"hyaluronic_acid": 600.0} if form == "microneedle" else {"hec": 40.0}
    recipe = {"salt": 400.0, **matrix, "dmso": 100.0, "glycerol": 60.0, **dict(amounts)}
    area, mass = 100.0, 2000.0
    if form == "microneedle":
        area, mass = 20.0, 400.0
        recipe = {name: mg / 5 for name, mg in recipe.items()}
    return Design(
        system="transdermal",
        salt="chloride",
        salt_mg_pct=make_lot("chloride").mg_pct,
        amounts_mg={"water": mass - sum(recipe.values()), **recipe},
        process={"form": form, "area_cm2": area, **own, **settings},
        regimen=ONCE,
    )


@pytest.fixture
def judged(monkeypatch):
    """Judge a patch as a product, whether or not the system is listed yet."""
    monkeypatch.setattr("formulation.violations.get_system", lambda name: TRANSDERMAL)
    return product_violations


@every_source
def test_samples_are_valid_and_come_back(source):
    """Whatever the form, the matrix, the enhancers and the salt."""
    space = space_of(source)
    for design in sample(source):
        assert space.violations(design) == ()
        assert space.decode(space.encode(design)) == design
        assert Design.from_dict(design.as_dict()).key == design.key


def test_samples_reach_every_form_matrix_and_enhancer():
    """Nothing on offer is out of reach."""
    designs = sample("chloride")
    used = {name for design in designs for name, mg in design.amounts_mg.items() if mg}
    parts = {part.name for form in TRANSDERMAL.forms for part in form.components}
    assert used == parts
    assert {design.process["form"] for design in designs} == {f.name for f in TRANSDERMAL.forms}


@pytest.mark.parametrize("form", ["passive", "microneedle", "iontophoresis"])
def test_an_ordinary_patch_can_be_made(form, judged):
    """The recipe that the refusals below start from breaks no rule."""
    assert judged(patch(form)) == ()


REFUSALS = [
    (patch(current_ma=70.0), "current_ma 70 mA lies outside the limits of 0.1 to 4 mA."),
    (
        patch(charge_ma_min=81.0),
        "charge_ma_min 81 mA*min lies outside the limits of 5 to 80 mA*min.",
    ),
    (
        patch(area_cm2=14.0, current_ma=3.5, amounts={"salt": 100.0}),
        "Matrix per area 142.9 mg/cm2 is over the limit of 100 mg/cm2 by 42.9.",
    ),
    (
        patch(area_cm2=40.0, current_ma=0.1),
        "Current density 0.0025 mA/cm2 is under the limit of 0.01 mA/cm2 by 0.0075.",
    ),
    (
        patch(area_cm2=39.0),
        "Salt per area 10.26 mg/cm2 is over the limit of 10 mg/cm2 by 0.256.",
    ),
    (patch(area_cm2=150.0), "area_cm2 150 cm2 lies outside the limits of 10 to 140 cm2."),
    (
        patch("passive", membrane_um=0.0),
        "membrane_um 0 um lies outside the limits of 20 to 200 um.",
    ),
    (
        patch("microneedle", needle_length_um=900.0),
        "needle_length_um 900 um lies outside the limits of 250 to 750 um.",
    ),
    (
        patch("passive", current_ma=1.0),
        "Parameter 'current_ma' does not belong to this transdermal passive.",
    ),
    (
        patch(amounts={"dmso": 300.0, "ethanol": 200.0}),
        "Penetration enhancers in the patch 25 % w/w is over the limit of 20 % w/w by 5.",
    ),
    (
        patch(amounts={"ethanol": 40.0, "menthol": 40.0}),
        "enhancer 'dmso+ethanol+menthol' is none of this study's",
    ),
    (patch(amounts={"pva": 200.0}), "matrix 'hec+pva' is none of this study's"),
    (
        patch("microneedle", amounts={"salt": 950.0}),
        "190 mg of chloride do not dissolve in 58 mg of water; 66.85 mg do.",
    ),
    (
        patch("passive", amounts={"hec": 0.0, "acrylate_adhesive": 900.0}),
        "Water per adhesive 0.6 mg/mg is over the limit of 0.5 mg/mg by 0.1.",
    ),
]


@pytest.mark.parametrize(("design", "message"), REFUSALS, ids=[m[:40] for _, m in REFUSALS])
def test_what_cannot_be_made_is_refused_in_words(design, message, judged):
    """The value given, its unit and the limit stand in one sentence."""
    messages = [violation.message for violation in judged(design)]
    assert any(message in sentence for sentence in messages), messages


def test_seventy_milliampere_are_refused_whatever_the_area(judged):
    """The total counts: a current density inside its bounds does not save it."""
    broken = judged(patch(current_ma=70.0, area_cm2=140.0))
    assert [violation.rule for violation in broken] == ["process"]
    for word in ("70", "mA", "4"):
        assert word in broken[0].message


def test_a_salt_that_does_not_dissolve_makes_no_patch():
    """All salt stands in the water of the patch, so the oxide has no place in it."""
    with pytest.raises(InputError, match="transdermal: no form can be made of these salts"):
        make_space(make_lot("oxide"))


def test_limits_on_supplements_do_not_bind_what_is_worn():
    """The EU asks for two intakes of what is swallowed; one patch a day is no intake."""
    system = TRANSDERMAL.restricted("form", ("iontophoresis",))
    system = system.restricted("enhancer", ("none",)).restricted("matrix", ("hec",))
    space = make_space(make_lot("chloride"), system=system, where="EU")
    (design,) = space.sample(1, np.random.default_rng(0))
    assert design.regimen.intakes_per_day == 1
    assert space.violations(design) == ()


def test_features_have_the_same_names_for_every_patch_and_are_finite():
    """A surrogate sees one table over forms and salts."""
    rows = [TRANSDERMAL.features(d) for source in SOURCES for d in sample(source)[:200]]
    for row in rows:
        assert tuple(row) == tuple(rows[0])
        assert all(isinstance(x, float) and isfinite(x) for x in row.values()), row


@every_source
def test_features_tell_patches_apart(source):
    """Two different recipes or settings never look the same to a surrogate."""
    designs = sample(source)
    seen = {tuple(TRANSDERMAL.features(design).values()) for design in designs}
    assert len(seen) == len({design.key for design in designs})


def test_features_of_what_a_form_does_not_have_are_zero():
    """A passive patch has no current and no needles; one form is named."""
    row = TRANSDERMAL.features(patch("passive"))
    absent = ("current_ma", "charge_ma_min", "needle_length_um", "needles_per_cm2", "pva_pct")
    assert {row[name] for name in absent} == {0.0}
    assert (row["is_passive"], row["is_microneedle"], row["is_iontophoresis"]) == (1.0, 0.0, 0.0)
    assert row["load_mg_per_cm2"] == pytest.approx(4.0)
    assert row["matrix_mg_per_cm2"] == pytest.approx(20.0)
    assert row["salt_pct"] == pytest.approx(20.0)


@pytest.mark.parametrize("form", TRANSDERMAL.forms, ids=lambda form: form.name)
def test_a_form_goes_through_the_skin_and_says_where_its_ranges_come_from(form):
    """Salt comes first, water balances, and every source is registered."""
    cited = {x.source for x in (*form.components, *form.process, *form.dimensions)}
    cited |= {x.source for x in (*form.relations, form.unit_mass_mg, form.elemental_mg_per_unit)}
    assert cited <= load_sources().keys()
    assert form.route is Route.SKIN
    assert (form.components[0].name, form.components[-1].name) == ("salt", "water")
    assert {part for s in form.selections for part in s.members} >= set(ENHANCERS)
