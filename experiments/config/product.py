"""Product files: recipes that were made, as designs, with every mistake at its line and column.

A product is written as its recipe in mg per unit, its process settings and the way it is taken. A
file holds one product, or several under ``products:``. Whether it can be made is judged by the
domain; here its words become a `Design`.
"""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attrs import field, frozen

from experiments.config.documents import parse
from experiments.config.files import read_text
from experiments.config.items import Item
from experiments.config.kinds import PRODUCT, of_kind
from experiments.config.people import read_name
from experiments.config.quantities import quantity_text
from experiments.config.recipe import read_amounts, read_executed, read_lot, read_process
from experiments.config.refusing import by_line, error_of
from formulation.blends import SECOND_SHARE
from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.design import SECOND_SALT, Design
from formulation.errors import InputError, Problem
from formulation.regimen import MAX_INTAKES_PER_DAY, MAX_UNITS_PER_INTAKE, Regimen
from formulation.salts import Lot
from formulation.units import shown_after

MAX_PRODUCTS = 500
"""Most products of one file, [-]."""

REQUIRED = ("product", "system", "salt", "amounts")
"""Keys every product has."""

OPTIONAL = (SECOND_SALT, "executed", "process", "regimen")
"""Keys a product may leave out."""

DEFAULT_REGIMEN = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)
"""How a product is taken that does not say it; a release curve does not depend on it."""


@frozen(kw_only=True)
class Product:
    """One product that was made."""

    name: str
    """Name, as release curves call it."""

    design: Design
    """Its recipe, process and regimen; the amounts that were executed, where they are stated."""

    planned: Design | None = None
    """The same with the amounts that were planned; None where no other were executed."""

    text: str = field(default="", eq=False, repr=False)
    """The file as it was written."""

    @property
    def largest_gap_pct(self) -> tuple[str, float] | None:
        """Component that was executed furthest from its plan, and by how much of it, [%]."""
        if self.planned is None:
            return None
        gaps = {
            name: 100 * (self.design.amounts_mg[name] / mg - 1)
            for name, mg in self.planned.amounts_mg.items()
            if mg > 0
        }
        furthest = max(gaps, key=lambda name: abs(gaps[name]))
        return furthest, gaps[furthest]


def load_product(source: Path | str, *, file: str = "product") -> Product:
    """Return the product of a file or of a text that holds just one.

    Parameters
    ----------
    source : Path or str
        A path is read; a str is the YAML text itself, [-].
    file : str, optional
        What problems of a text call it; a path is called as it was given, [-].

    Returns
    -------
    Product
        The checked product, [-].

    Raises
    ------
    InputError
        Something is wrong, with every problem that was found; or there are several products.
    """
    found = load_products(source, file=file)
    if len(found) > 1:
        name = str(source) if isinstance(source, Path) else file
        message = f"the file holds {len(found)} products; one is wanted."
        problem = Problem(code="wrong_length", message=message, file=name, pointer="products")
        raise InputError(message, problems=[problem])
    return found[0]


def load_products(source: Path | str, *, file: str = "product") -> tuple[Product, ...]:
    """Return every product of a file or of a text.

    Parameters
    ----------
    source : Path or str
        A path is read; a str is the YAML text itself, [-].
    file : str, optional
        What problems of a text call it; a path is called as it was given, [-].

    Returns
    -------
    tuple of Product
        The checked products, at least one, [-].

    Raises
    ------
    InputError
        Something is wrong; it holds every problem that was found.
    RefusedError
        Nothing is wrong but that the product is refused on medical grounds.
    """
    if isinstance(source, Path):
        file, source = str(source), read_text(source)
    problems: list[Problem] = []
    node = of_kind(parse(source, file), PRODUCT, file)
    root = Item(node=node, file=file, problems=problems)
    is_list = isinstance(root.node.value, dict) and "products" in root.node.value
    products = _read_list(root, source) if is_list else [read_product(root, source)]
    if problems:
        raise error_of(sorted(problems, key=by_line))
    return tuple(product for product in products if product is not None)


def read_product(item: Item, text: str = "") -> Product | None:
    """Return one product out of a document.

    Parameters
    ----------
    item : Item
        Its mapping, [-].
    text : str, optional
        The file as it was written, [-].

    Returns
    -------
    Product or None
        The checked product; None after a refusal, [-].
    """
    before = len(item.problems)
    members = item.members(REQUIRED, OPTIONAL)
    name = read_name(members["product"]) if "product" in members else ""
    systems = [system.name for system in DELIVERY_SYSTEMS]
    system = members["system"].name("Delivery system", systems) if "system" in members else None
    lots = [read_lot(members[key]) for key in ("salt", SECOND_SALT) if key in members]
    amounts = read_amounts(members)
    executed = read_executed(members.get("executed"), members.get("amounts"), amounts)
    process = read_process(members.get("process"), system)
    regimen = _read_regimen(members.get("regimen"))
    if len(item.problems) > before or system is None or regimen is None:
        return None
    known = [lot for lot in lots if lot is not None]
    design = item.attempt(partial(_make_design, system, known, amounts, process, regimen))
    if design is None:
        return None
    # A plan keeps to the rules; what came of it is what it is.
    _refuse_violations(item, members, design)
    if executed is None or executed == amounts:
        return Product(name=name, design=design, text=text)
    made = item.attempt(partial(_make_design, system, known, executed, process, regimen))
    return None if made is None else Product(name=name, design=made, planned=design, text=text)


def product_config(product: Product) -> dict[str, Any]:
    """Return a product as a file writes it.

    Parameters
    ----------
    product : Product
        The product, [-].

    Returns
    -------
    dict
        Plain data that `read_product` reads as the same design, [-].
    """
    design = product.design
    units = {**get_system(design.system).names(), SECOND_SHARE: "percent"}
    salts_of = {
        key: {"name": part.salt, "mg_content": quantity_text(part.mg_pct, "percent")}
        for key, part in zip(("salt", SECOND_SALT), design.parts, strict=False)
    }
    return {
        "product": product.name,
        "system": design.system,
        **salts_of,
        "amounts": {name: quantity_text(x, "mg") for name, x in design.amounts_mg.items()},
        "process": {
            name: value if isinstance(value, str) else quantity_text(value, units[name])
            for name, value in design.process.items()
        },
        "regimen": design.regimen.as_dict(),
    }


def _read_list(root: Item, text: str) -> list[Product | None]:
    members = root.members(required=("products",))
    found: list[Product | None] = []
    seen: set[str] = set()
    for element in members["products"].elements(most=MAX_PRODUCTS):
        product = read_product(element, text)
        if product is not None and product.name in seen:
            element.refuse("duplicate", f"product {product.name!r} stands twice.")
        seen |= {product.name} if product is not None else set()
        found.append(product)
    return found


def _read_regimen(item: Item | None) -> Regimen | None:
    if item is None:
        return DEFAULT_REGIMEN
    values = DEFAULT_REGIMEN.as_dict()
    for key, member in item.members(optional=tuple(values)).items():
        if key == "with_meals":
            values[key] = member.flag()
        else:
            most = MAX_UNITS_PER_INTAKE if key == "units_per_intake" else MAX_INTAKES_PER_DAY
            values[key] = member.whole(1, most)
    return None if None in values.values() else Regimen(**values)


def _refuse_violations(item: Item, members: Mapping[str, Item], design: Design) -> None:
    """Note every rule a product breaks, at the entry its message names, else at the product."""
    from formulation.space import product_violations

    entries = {
        name: entry
        for key in ("amounts", "process", "regimen")
        if key in members
        for name, entry in members[key].entries().items()
    }
    for violation in item.attempt(lambda: product_violations(design)) or ():
        words = re.findall(r"\w+", violation.message)
        blamed = next((entries[word] for word in words if word in entries), item)
        allowed = shown_after(violation.unit)
        blamed.refuse(
            f"product_{violation.rule}", violation.message, rule=f"{violation.limit}{allowed}"
        )


def _make_design(
    system: str,
    lots: list[Lot],
    amounts: Mapping[str, float],
    process: Mapping[str, float | str],
    regimen: Regimen,
) -> Design:
    """Return the design of what was read; the share of a second salt follows from its amount."""
    first, *more = lots
    second: Lot | None = more[0] if more else None
    settings = dict(process)
    if second is not None:
        whole = amounts["salt"] + amounts[SECOND_SALT]
        share = round(100 * amounts[SECOND_SALT] / whole, 4) if whole else 0.0
        settings.setdefault(SECOND_SHARE, share)
    return Design(
        system=system,
        salt=first.salt.key,
        salt_mg_pct=first.mg_pct,
        amounts_mg=amounts,
        process=settings,
        regimen=regimen,
        second_salt=second.salt.key if second else "",
        second_mg_pct=second.mg_pct if second else 0.0,
    )
