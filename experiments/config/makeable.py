"""What a laboratory could not make, and why: recipes in a study that the search learns from.

Each entry names a product file beside the study, or holds the recipe itself. Nothing was measured
of such a product; that it could not be made is all that is known.
"""

from pathlib import Path
from typing import Any

from experiments.config.beside import FILE_ENDINGS, root_beside
from experiments.config.items import Item
from experiments.config.product import MAX_PRODUCTS, Product, product_config, read_product
from experiments.config.spec import Unmade


def read_unmade(item: Item | None, folder: Path | None) -> tuple[Unmade, ...]:
    """Return what could not be made.

    Parameters
    ----------
    item : Item or None
        The list of a study; None where it has none, [-].
    folder : Path or None
        Folder of the study; None for a study that is no file itself, [-].

    Returns
    -------
    tuple of Unmade
        Those that could be read, [-].
    """
    found: dict[str, Unmade] = {}
    for element in item.elements(most=MAX_PRODUCTS, least=0) if item is not None else ():
        unmade = _read(element, folder)
        if unmade is None:
            continue
        if unmade.design.key in found:
            element.refuse("duplicate", f"the recipe of {unmade.product!r} stands twice.")
        found[unmade.design.key] = unmade
    return tuple(found.values())


def unmade_config(unmade: Unmade) -> dict[str, Any]:
    """Return an entry as a study file writes it, with the recipe in it.

    Parameters
    ----------
    unmade : Unmade
        The entry, [-].

    Returns
    -------
    dict
        Product and reason, [-].
    """
    product = Product(name=unmade.product, design=unmade.design)
    return {"product": product_config(product), "because": unmade.because}


def _read(item: Item, folder: Path | None) -> Unmade | None:
    members = item.members(required=("product", "because"))
    because = (
        members["because"].text(r".*\S.*", "a reason in words") if "because" in members else ""
    )
    if "product" not in members:
        return None
    stated = members["product"]
    product: Product | None
    if isinstance(stated.node.value, str) and stated.node.text.endswith(FILE_ENDINGS):
        root = root_beside(stated, folder)
        product = None if root is None else read_product(root)
    else:
        product = read_product(stated)
    if product is None or not because:
        return None
    return Unmade(product=product.name, design=product.design, because=because)
