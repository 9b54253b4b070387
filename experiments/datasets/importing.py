"""Release curves of a laboratory: previewed, then accepted as a version.

A file with any problem changes nothing. A later version of the same name takes the place of the
earlier ones, which are retired and stay readable.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from experiments.config.people import NAME_PATTERN, NAME_RULE
from experiments.config.product import Product, load_products
from experiments.datasets.versions import make_content, version_ref, write_version
from experiments.store import DatasetRecord, Store
from formulation.errors import InputError, Problem, UnknownNameError
from formulation.profiles import APPARATUS, MEDIA, Medium
from models.data.lab_tables import MAX_FILE_BYTES
from models.data.release_curves import CurveFile, read_release_curves

T = TypeVar("T")

DEFAULT_MEDIUM = "hcl"
"""Medium of curves that do not say it; the preview then says that it was assumed."""


@frozen(kw_only=True)
class StatedMedium:
    """The vessel of a file of curves, and what of it nobody stated."""

    medium: Medium
    """The vessel."""

    assumed: tuple[str, ...]
    """Which of ``medium``, ``apparatus`` and ``rpm`` were assumed."""


@frozen(kw_only=True)
class Preview:
    """What an import would bring; nothing is stored yet."""

    name: str
    """Name of the data set."""

    stated: StatedMedium
    """Where the curves were measured."""

    products: tuple[Product, ...] = ()
    """Products that have a curve."""

    curves: CurveFile = field(factory=CurveFile)
    """What was read of the curves."""

    problems: tuple[Problem, ...] = ()
    """Everything wrong with either file."""

    notes: tuple[str, ...] = ()
    """What was assumed, or done to the numbers."""

    content: bytes = field(default=b"", repr=False)
    """The version's file; empty when there is a problem."""

    card: Mapping[str, Any] = field(factory=dict, repr=False)
    """Where it comes from and what was found, as the store keeps it."""

    standing: DatasetRecord | None = None
    """The same content as it is accepted already."""

    replaces: tuple[DatasetRecord, ...] = ()
    """Accepted versions that would be retired."""

    @property
    def sha256(self) -> str:
        """Hash of the content, which names the version; empty when there is a problem."""
        return sha256(self.content).hexdigest() if self.content else ""

    @property
    def systems(self) -> tuple[str, ...]:
        """Delivery systems of the products."""
        return tuple(sorted({product.design.system for product in self.products}))


def state_medium(
    medium: str | None = None, apparatus: str | None = None, rpm: float | None = None
) -> StatedMedium:
    """Return the vessel that a person states, and what is left to assume.

    Parameters
    ----------
    medium : str or None, optional
        Name or title of a medium; None for 0.1 M HCl, 900 mL, [-].
    apparatus : str or None, optional
        Apparatus or the start of its name; None for the medium's own, [-].
    rpm : float or None, optional
        Speed; None for the medium's own, [1/min].

    Returns
    -------
    StatedMedium
        The vessel, [-].

    Raises
    ------
    InputError
        A name is unknown, or the speed impossible.
    """
    titles = {m.name.casefold().replace(",", ""): key for key, m in MEDIA.items()}
    wanted = (medium or DEFAULT_MEDIUM).strip().casefold().replace(",", "")
    key = titles.get(wanted, wanted)
    if key not in MEDIA:
        raise UnknownNameError("Medium", medium, MEDIA)
    changes: dict[str, Any] = {} if rpm is None else {"rpm": rpm}
    if apparatus is not None:
        given = apparatus.strip().casefold()
        meant = [name for name in APPARATUS if given and name.casefold().startswith(given)]
        if len(meant) != 1:
            raise UnknownNameError("Apparatus", apparatus, APPARATUS)
        changes["apparatus"] = meant[0]
    said = {"medium": medium, "apparatus": apparatus, "rpm": rpm}
    return StatedMedium(
        medium=_in_vessel(MEDIA[key], changes),
        assumed=tuple(name for name, value in said.items() if value is None),
    )


def preview(
    curves_path: Path,
    products_path: Path,
    *,
    name: str,
    stated: StatedMedium,
    sheet: str = "",
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
        Where the curves were measured, [-].
    sheet : str, optional
        Sheet of a workbook, [-].
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
    if not re.fullmatch(NAME_PATTERN, name):
        raise InputError(f"Data set name {name!r} is not {NAME_RULE}.", hint="Give another --name.")
    problems: list[Problem] = []
    products = _attempt(problems, lambda: load_products(products_path)) or ()
    data = _attempt(problems, lambda: read_bytes(curves_path)) or b""
    if problems:
        return Preview(name=name, stated=stated, problems=tuple(problems))
    labels = {product.name: product.design.elemental_mg_per_unit for product in products}
    curves = read_release_curves(
        data,
        file=str(curves_path),
        labels_mg=labels,
        sheet=sheet,
        time_unit=time_unit,
        released_unit=released_unit,
    )
    notes = (*_assumptions(stated), *curves.notes, *_without_curve(products, curves))
    if curves.problems:
        return Preview(
            name=name, stated=stated, curves=curves, problems=curves.problems, notes=notes
        )
    measured = {curve.product for curve in curves.curves}
    kept = tuple(product for product in products if product.name in measured)
    designs = {product.name: product.design for product in kept}
    content = make_content(designs, curves, stated.medium, stated.assumed, sha256(data).hexdigest())
    digest = sha256(content).hexdigest()
    return Preview(
        name=name,
        stated=stated,
        products=kept,
        curves=curves,
        notes=notes,
        content=content,
        card={
            "curves_file": curves_path.name,
            "products_file": products_path.name,
            **_card(kept, curves, notes),
        },
        standing=next((v for v in versions if v.sha256 == digest), None),
        replaces=tuple(v for v in versions if v.name == name and v.sha256 != digest),
    )


def accept(found: Preview, store: Store, folder: Path) -> DatasetRecord:
    """Store what a preview showed as the accepted version of its name.

    Parameters
    ----------
    found : Preview
        A preview without problems, [-].
    store : Store
        Keeps the versions, [-].
    folder : Path
        Folder of the versions' files, [-].

    Returns
    -------
    DatasetRecord
        The version; one that was accepted before is left as it is, [-].

    Raises
    ------
    InputError
        The preview has problems, or the content is known under another name.
    """
    if found.problems:
        raise InputError.of(found.problems)
    others = [v for v in store.datasets(state=None) if v.sha256 == found.sha256]
    if others and others[0].name != found.name:
        raise InputError(
            f"Data set {found.name!r} has the content of {version_ref(others[0])}; the same curves"
            " must not count twice.",
            hint=f"Import it as --name {others[0].name}.",
        )
    path = Path(others[0].path) if others else folder / f"{found.name}-{found.sha256[:16]}.json"
    if not path.is_file() or path.read_bytes() != found.content:
        write_version(path, found.content)
    record = store.put_dataset(
        name=found.name,
        sha256=found.sha256,
        path=str(path),
        card=found.card,
        systems=found.systems,
        n_curves=len(found.curves.curves),
    )
    for older in store.datasets():
        if older.name == record.name and older.sha256 != record.sha256:
            store.retire_dataset(older.sha256, f"replaced by {version_ref(record)}")
    return record


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file; how many the parser takes is known before they are read.

    Parameters
    ----------
    path : Path
        The file, [-].

    Returns
    -------
    bytes
        Its content, [-].

    Raises
    ------
    InputError
        It cannot be read, is no ordinary file, or is too large.
    """
    try:
        status = path.stat()
        if S_ISREG(status.st_mode) and status.st_size <= MAX_FILE_BYTES:
            return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, f"the file cannot be read: {reason}.") from None
    if not S_ISREG(status.st_mode):
        raise _unreadable(path, "this is no ordinary file.")
    raise _unreadable(
        path, f"the file has {status.st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read."
    )


def _in_vessel(medium: Medium, changes: Mapping[str, Any]) -> Medium:
    """Return a medium, and what it is changed to later, in another apparatus or at its speed."""
    then = _in_vessel(medium.then, changes) if medium.then else None
    return evolve(medium, then=then, **changes)


def _attempt(problems: list[Problem], make: Callable[[], T]) -> T | None:
    """Return what a function reads, or note what is wrong with its file."""
    try:
        return make()
    except InputError as error:
        problems.extend(error.problems)
        return None


def _card(products: Sequence[Product], curves: CurveFile, notes: Sequence[str]) -> dict[str, Any]:
    """Return what the store keeps of a version beside its file."""
    return {
        "form": curves.form,
        "n_rows": curves.n_rows,
        "products": [product.name for product in products],
        "sd": {curve.product: list(curve.sd) for curve in curves.curves},
        "n": {curve.product: list(curve.n) for curve in curves.curves},
        "notes": list(notes),
    }


def _unreadable(path: Path, message: str) -> InputError:
    problem = Problem(
        code="unreadable_file", message=message, file=str(path), hint="Name a CSV or .xlsx file."
    )
    return InputError(message, problems=[problem])


def _assumptions(stated: StatedMedium) -> Iterator[str]:
    if stated.assumed:
        medium = stated.medium
        values = {
            "medium": medium.name,
            "apparatus": medium.apparatus,
            "rpm": f"{medium.rpm:g} rpm",
        }
        said = ", ".join(values[name] for name in stated.assumed)
        options = " ".join(f"--{name}" for name in stated.assumed)
        yield f"Assumed, because nobody stated it: {said}. Give {options}."


def _without_curve(products: Sequence[Product], curves: CurveFile) -> Iterator[str]:
    measured = {curve.product for curve in curves.curves}
    left = [product.name for product in products if product.name not in measured]
    if left and not curves.problems:
        yield f"Products without a curve, left out: {', '.join(left)}."
