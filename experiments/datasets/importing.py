"""Release curves of a laboratory: what an import of them would bring."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from experiments.config.product import Product, load_products
from experiments.datasets.accepting import Candidate, Original, check_name, example_notes
from experiments.datasets.files import read_bytes as read_bytes
from experiments.datasets.versions import RELEASE, make_content
from experiments.store import DatasetRecord
from formulation.errors import InputError, Problem
from models.data.release_curves import CurveFile, read_release_curves
from models.data.vessels import Conditions, StatedMedium, resolve
from models.release import release_law
from models.release.bench import bench_medium

T = TypeVar("T")


@frozen(kw_only=True)
class Preview(Candidate):
    """What an import of release curves would bring; nothing is stored yet."""

    kind: str = RELEASE
    """What it holds."""

    stated: StatedMedium
    """What the user states of the vessel beside the file."""

    products: tuple[Product, ...] = ()
    """Products that have a curve."""

    curves: CurveFile = field(factory=CurveFile)
    """What was read of the curves."""

    vessels: tuple[StatedMedium, ...] = ()
    """Where each curve was measured; empty when there is a problem."""


def preview(
    curves_path: Path,
    products_path: Path,
    *,
    name: str,
    stated: StatedMedium,
    sheet: str = "",
    encoding: str = "",
    time_unit: str = "",
    released_unit: str = "",
    versions: Sequence[DatasetRecord] = (),
) -> Preview:
    """Return what an import would bring, or everything that is wrong with it.

    Parameters
    ----------
    curves_path, products_path : Path
        The table of curves, and the recipes it is about, [-].
    name : str
        Name of the data set, [-].
    stated : StatedMedium
        Where the curves were measured, as far as the file does not say it, [-].
    sheet : str, optional
        Sheet of a workbook, [-].
    encoding : str, optional
        Encoding of a CSV file, [-].
    time_unit, released_unit : str, optional
        Units given for the whole file, [-].
    versions : sequence of DatasetRecord, optional
        Versions the store accepts now, [-].

    Returns
    -------
    Preview
        Counts, problems, notes and the content, [-].

    Raises
    ------
    InputError
        The name of the data set is none.
    """
    check_name(name, RELEASE, versions)
    problems: list[Problem] = []
    products, originals = read_inputs(problems, curves_path, products_path)
    if problems:
        return Preview(name=name, stated=stated, problems=tuple(problems))
    curves = read_release_curves(
        originals["file"].data,
        file=str(curves_path),
        labels_mg={p.name: p.design.elemental_mg_per_unit for p in products},
        sheet=sheet,
        encoding=encoding,
        time_unit=time_unit,
        released_unit=released_unit,
        stated=stated.conditions,
    )
    if curves.problems:
        return Preview(
            name=name, stated=stated, curves=curves, problems=curves.problems, notes=curves.notes
        )
    vessels = tuple(resolve(c.conditions.over(stated.conditions)) for c in curves.curves)
    measured = {curve.product for curve in curves.curves}
    kept = tuple(product for product in products if product.name in measured)
    notes = (
        *example_notes(curve.conditions.source for curve in curves.curves),
        *_assumptions(vessels),
        *curves.notes,
        *_remarks(products, curves, vessels),
    )
    content = make_content(
        {product.name: product.design for product in kept},
        curves,
        vessels,
        originals["file"].sha256,
    )
    found = Preview(
        name=name,
        stated=stated,
        products=kept,
        curves=curves,
        vessels=vessels,
        notes=notes,
        content=content,
        card=_card(kept, curves, notes),
        originals=originals,
        systems=tuple(sorted({product.design.system for product in kept})),
        n_curves=len(curves.curves),
    )
    return beside(found, versions)


CandidateT = TypeVar("CandidateT", bound=Candidate)


def beside(found: CandidateT, versions: Sequence[DatasetRecord]) -> CandidateT:
    """Return a preview that knows which accepted version it is, or which it would replace.

    Parameters
    ----------
    found : Candidate
        A preview, [-].
    versions : sequence of DatasetRecord
        Versions the store accepts now, [-].

    Returns
    -------
    Candidate
        The same with ``standing`` and ``replaces``, [-].
    """
    digest = found.sha256
    return evolve(
        found,
        standing=next((v for v in versions if v.sha256 == digest), None),
        replaces=tuple(v for v in versions if v.name == found.name and v.sha256 != digest),
    )


def read_inputs(
    problems: list[Problem], table: Path, products: Path | None
) -> tuple[tuple[Product, ...], dict[str, Original]]:
    """Return the recipes and the bytes of both files, noting what is wrong with either.

    Parameters
    ----------
    problems : list of Problem
        Takes up what is wrong, [-].
    table : Path
        The table, [-].
    products : Path or None
        The recipes; None when there are none, [-].

    Returns
    -------
    tuple
        Products, and the originals by what they are, [-].
    """
    recipes: tuple[Product, ...] = ()
    originals: dict[str, Original] = {}
    if products is not None:
        recipes = _attempt(problems, partial(load_products, products)) or ()
    # A product file that is wrong has been told of already.
    given = {"file": table} | ({"products": products} if products is not None and recipes else {})
    for which, path in given.items():
        data = _attempt(problems, partial(read_bytes, path))
        if data is not None:
            originals[which] = Original(name=path.name, data=data)
    return recipes, originals


def _attempt(problems: list[Problem], make: Callable[[], T]) -> T | None:
    """Return what a function reads, or note what is wrong with its file."""
    try:
        return make()
    except InputError as error:
        problems.extend(error.problems)
        return None


def _card(products: Sequence[Product], curves: CurveFile, notes: Sequence[str]) -> dict[str, Any]:
    """Return what the store keeps of a version beside its file."""
    # Of products whose executed amounts, those of the version's designs, are others.
    planned = {p.name: dict(p.planned.amounts_mg) for p in products if p.planned is not None}
    return {
        "form": curves.form,
        "n_rows": curves.n_rows,
        "products": [product.name for product in products],
        "sd": {curve.name: list(curve.sd) for curve in curves.curves},
        "n": {curve.name: list(curve.n) for curve in curves.curves},
        "notes": list(notes),
        **({"planned": planned} if planned else {}),
    }


def _assumptions(vessels: Sequence[StatedMedium]) -> Iterator[str]:
    """Yield what was assumed, once for all curves of which the same was."""
    counts: dict[tuple[tuple[str, ...], str], int] = {}
    for vessel in vessels:
        medium = vessel.medium
        values = {
            "medium": medium.name,
            "apparatus": medium.apparatus,
            "rpm": f"{medium.rpm:g} rpm",
        }
        said = ", ".join(values[name] for name in vessel.assumed)
        counts[vessel.assumed, said] = counts.get((vessel.assumed, said), 0) + 1
    for (assumed, said), count in counts.items():
        if assumed:
            share = "" if count == len(vessels) else f" ({count} of {len(vessels)} curves)"
            options = " ".join(f"--{name}" for name in assumed)
            yield f"Assumed, because nobody stated it: {said}{share}. Give {options}."


def _remarks(
    products: Sequence[Product], curves: CurveFile, vessels: Sequence[StatedMedium]
) -> Iterator[str]:
    measured = {curve.product for curve in curves.curves}
    left = [product.name for product in products if product.name not in measured]
    if left:
        yield f"Products without a curve, left out: {', '.join(left)}."
    for product in products:
        if product.largest_gap_pct is not None:
            name, pct = product.largest_gap_pct
            yield (
                f"{product.name} was executed with up to {pct:+.2g} % of what was planned ({name});"
                " models use what was executed, and both are kept."
            )
    designs = {product.name: product.design for product in products}
    for curve, vessel in zip(curves.curves, vessels, strict=True):
        given: Conditions = vessel.conditions
        if given.medium is None and given.ph is not None:
            yield f"{curve.name}: pH {given.ph:g} was taken for {vessel.medium.name}."
        wanted = bench_medium(release_law(designs[curve.product]))
        is_learnt = (wanted.volume_l, wanted.acid_meq) == (
            vessel.medium.volume_l,
            vessel.medium.acid_meq,
        )
        if not is_learnt:
            yield (
                f"{curve.name} was measured in {vessel.medium.name}; studies learn such a form in"
                f" {wanted.name}, and one with this data set stops and says so."
            )
