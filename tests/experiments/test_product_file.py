"""Product files: recipes become designs, and every mistake has its line and column."""

import json

import numpy as np
import pytest

from experiments.config.product import DEFAULT_REGIMEN, load_product, load_products
from formulation.blends import SaltSource
from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.errors import InputError
from formulation.limits import get_limits
from formulation.regimen import Regimen
from formulation.salts import make_lot
from formulation.space import DesignSpace, DoseRange, SystemSpace

TABLET = """\
product: citrate-tablet-07
system: immediate_release
salt: citrate
amounts: {salt: 600 mg, povidone: 20 mg, croscarmellose: 25 mg, magnesium_stearate: 7 mg, mcc: .2 g}
process: {form: tablet, compression_force_kn: 15 kN}
"""


def problems(text):
    with pytest.raises(InputError, match=r".") as caught:
        load_product(text, file="p.yaml")
    return [(p.code, p.pointer, p.line, p.column) for p in caught.value.problems]


def test_a_product_becomes_a_design():
    """Amounts in mg, settings in their unit, the default regimen."""
    product = load_product(TABLET)
    assert product.name == "citrate-tablet-07"
    assert product.design.amounts_mg["mcc"] == 200.0
    assert product.design.process == {"form": "tablet", "compression_force_kn": 15.0}
    assert product.design.regimen == DEFAULT_REGIMEN
    assert product.text == TABLET


def test_an_assay_and_a_regimen_are_read():
    """The lot's content and the way it is taken stand in the design."""
    text = TABLET.replace("salt: citrate", "salt: {name: citrate, mg_content: 15.9 %}")
    design = load_product(text + "regimen: {units_per_intake: 2, with_meals: false}\n").design
    assert design.salt_mg_pct == 15.9
    assert str(design.regimen) == "2 units × 2 a day between meals"


EXECUTED = (
    "executed: {salt: 604.27 mg, povidone: 20 mg, croscarmellose: 24.9 mg,"
    " magnesium_stearate: 9.1 mg, mcc: 198 mg}\n"
)


def test_planned_and_executed_amounts_are_both_kept_and_the_executed_are_used():
    """What was weighed is off the grid of the balance, which only a plan has to keep to."""
    product = load_product(TABLET + EXECUTED)
    assert product.planned == load_product(TABLET).design
    assert product.design.amounts_mg["salt"] == 604.27
    assert product.planned.amounts_mg["salt"] == 600
    assert product.design.elemental_mg_per_unit > product.planned.elemental_mg_per_unit
    name, pct = product.largest_gap_pct
    assert (name, pct) == ("magnesium_stearate", pytest.approx(30))


def test_a_product_executed_as_planned_has_one_recipe():
    """Nothing is kept twice."""
    same = "executed: {salt: 600 mg, povidone: 20 mg, croscarmellose: 25 mg,"
    product = load_product(TABLET + same + " magnesium_stearate: 7 mg, mcc: 200 mg}\n")
    assert (product.planned, product.largest_gap_pct) == (None, None)
    assert product.design == load_product(TABLET).design


@pytest.mark.parametrize(
    ("old", "new", "code", "pointer"),
    [
        ("mcc: 198 mg", "mc: 198 mg", "unknown_key", "executed.mc"),
        (", mcc: 198 mg", "", "missing_key", "executed"),
        ("604.27 mg", "604.27", "invalid_input", "executed.salt"),
        ("604.27 mg", "604.27 g", "out_of_range", "executed.salt"),
        ("604.27 mg", "750 mg", "out_of_range", "executed.salt"),
        ("20 mg", "-20 mg", "out_of_range", "executed.povidone"),
    ],
)
def test_executed_amounts_that_fit_no_plan_are_refused(old, new, code, pointer):
    """A slip of the unit is no scatter; each with its place."""
    found = problems(TABLET + EXECUTED.replace(old, new))
    assert (code, pointer) in {(c, p) for c, p, _, _ in found}
    assert all(line for _, _, line, _ in found)


def test_two_salts_make_a_mixture():
    """The share of the second salt follows from its amount."""
    text = TABLET.replace("salt: citrate\n", "salt: citrate\nsecond_salt: oxide\n")
    design = load_product(text.replace("salt: 600 mg", "salt: 450 mg, second_salt: 150 mg")).design
    assert design.salt_name == "citrate+oxide"
    assert design.process["second_salt_pct"] == 25.0


def test_a_list_of_products_is_read_from_a_file(tmp_path):
    """Each element is a product of its own; a repeated name is refused."""
    block = "".join(f"    {line}\n" for line in TABLET.splitlines())
    first, second = block, block.replace("-07", "-08")
    path = tmp_path / "products.yaml"
    path.write_text("products:\n" + "".join(f"  -\n{part}" for part in (first, second)))
    assert [p.name for p in load_products(path)] == ["citrate-tablet-07", "citrate-tablet-08"]
    with pytest.raises(InputError, match="2 products; one is wanted"):
        load_product(path)
    path.write_text("products:\n" + "".join(f"  -\n{part}" for part in (first, first)))
    with pytest.raises(InputError, match="stands twice"):
        load_products(path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("immediate_release", "immediate", ("unknown_name", "system", 2, 9)),
        ("salt: citrate", "salt: citrat", ("unknown_name", "salt", 3, 7)),
        ("600 mg", "600", ("invalid_input", "amounts.salt", 4, 17)),
        ("600 mg", "-600 mg", ("out_of_range", "amounts.salt", 4, 17)),
        ("salt: 600 mg, ", "", ("missing_key", "amounts", 4, 10)),
        ("mcc:", "second_salt: 5 mg, mcc:", ("missing_key", "amounts.second_salt", 4, 91)),
        ("15 kN", "15 bar", ("invalid_input", "process.compression_force_kn", 5, 47)),
        ("compression_force_kn", "force_kn", ("unknown_key", "process.force_kn", 5, 25)),
        ("15 kN", "99 kN", ("product_process", "process.compression_force_kn", 5, 47)),
        ("povidone: 20 mg", "povidone: 300 mg", None),
        ("mcc:", "sugar:", None),
    ],
)
def test_a_mistake_is_named_at_its_place(old, new, expected):
    """Words, units, missing keys, and rules of the system itself."""
    found = problems(TABLET.replace(old, new))
    if expected is None:
        assert found[0][0].startswith("product_")
    else:
        assert expected in found


def test_all_mistakes_are_told_at_once():
    """A person mends a file in one go."""
    text = TABLET.replace("citrate\n", "citrat\n").replace("15 kN", "15").replace("20 mg", "20")
    assert [line for *_, line, _ in problems(text)] == [3, 4, 5]


def test_what_breaks_several_rules_names_the_entries_of_its_messages():
    """Too much binder is said where the binder stands."""
    found = problems(TABLET.replace("povidone: 20 mg", "povidone: 300 mg"))
    assert any(pointer == "amounts.povidone" for _, pointer, _, _ in found)


def written(design):
    """Return a design as the text of a product file."""
    units = get_system(design.system).names()
    settings = {
        name: value if isinstance(value, str) else f"{value!r} {units.get(name) or 'percent'}"
        for name, value in design.process.items()
    }
    lots = [
        (f"{prefix}salt", part) for prefix, part in zip(("", "second_"), design.parts, strict=False)
    ]
    return json.dumps(
        {
            "product": "written",
            "system": design.system,
            **{
                name: {"name": part.salt, "mg_content": f"{part.mg_pct!r} percent"}
                for name, part in lots
            },
            "amounts": {name: f"{mg!r} mg" for name, mg in design.amounts_mg.items()},
            "process": settings,
            "regimen": design.regimen.as_dict(),
        }
    )


@pytest.mark.parametrize("system", DELIVERY_SYSTEMS, ids=lambda s: s.name)
def test_any_design_comes_back_from_its_product_file(system):
    """JSON is YAML: amounts, settings with their units, mixtures, and the way it is taken."""
    chloride, lactate = make_lot("chloride", 11.9), make_lot("lactate")
    space = SystemSpace(
        system=system,
        sources=(chloride, SaltSource(lots=(chloride, lactate), low_pct=10, high_pct=40)),
        regimens=(Regimen(units_per_intake=1, intakes_per_day=3, with_meals=False),),
        limits=get_limits("US"),
        dose=DoseRange(low_mg_per_day=60, high_mg_per_day=250),
    )
    for design in DesignSpace(spaces=(space,)).sample(20, np.random.default_rng(3)):
        assert load_product(written(design)).design == design
