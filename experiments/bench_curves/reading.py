"""Curves of a table that a user gives, or everything that is wrong with it."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from experiments.datasets.files import read_bytes
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import Origin
from models.data.unit_curves import UnitCurveFile, UnitCurves, read_unit_curves


@frozen(kw_only=True)
class ReadOptions:
    """How a table is written, as far as it does not say it."""

    sheet: str = ""
    """Sheet of a workbook."""

    encoding: str = ""
    """Encoding of a CSV file."""

    time_unit: str = ""
    """Unit of the times."""

    released_unit: str = ""
    """Unit of the release."""


def read_curves(path: Path, options: ReadOptions) -> UnitCurveFile:
    """Return the curves of a table.

    Parameters
    ----------
    path : Path
        A CSV file or an Excel workbook, [-].
    options : ReadOptions
        How it is written, [-].

    Returns
    -------
    UnitCurveFile
        Its products, and what was done to the numbers, [-].

    Raises
    ------
    InputError
        It cannot be read, or something in it is wrong; one problem a cell.
    """
    found = read_unit_curves(
        read_bytes(path),
        file=str(path),
        sheet=options.sheet,
        encoding=options.encoding,
        time_unit=options.time_unit,
        released_unit=options.released_unit,
    )
    if found.problems:
        raise InputError.of(found.problems)
    return found


def find_curve(products: Sequence[UnitCurves], name: str) -> UnitCurves:
    """Return one product of a table.

    Parameters
    ----------
    products : sequence of UnitCurves
        Products of a table, [-].
    name : str
        Name of one of them, [-].

    Returns
    -------
    UnitCurves
        The product, [-].

    Raises
    ------
    UnknownNameError
        The table has none of this name.
    """
    found = next((product for product in products if product.name == name), None)
    if found is None:
        raise UnknownNameError("Formulation", name, [product.name for product in products])
    return found


def units_text(product: UnitCurves) -> str:
    """Return how many units stand behind a curve, in words.

    Parameters
    ----------
    product : UnitCurves
        A product, [-].

    Returns
    -------
    str
        Such as ``12 units``, [-].
    """
    fewest, most = int(product.n_units.min()), int(product.n_units.max())
    if not fewest:
        return "number of units not known"
    span = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    return f"{span} unit{'s' if most > 1 else ''}"


def is_computed(origin: str) -> bool:
    """Return whether numbers are said to be something else than read from an instrument.

    Parameters
    ----------
    origin : str
        What a file says of them; empty where it says nothing, [-].

    Returns
    -------
    bool
        Whether they are, [-].
    """
    return origin not in ("", Origin.MEASURED, Origin.LITERATURE)


def origin_text(origin: str) -> str:
    """Return what a file says its numbers are, in words to be put behind a name.

    Parameters
    ----------
    origin : str
        As it stands there; may be empty, [-].

    Returns
    -------
    str
        Such as ``, stated to be simulated``; empty where nothing is said, [-].
    """
    return f", stated to be {origin}" if origin else ""


def unit_of_release(origin: str) -> str:
    """Return the unit over a column of a table, with what is said of its numbers if not measured.

    Parameters
    ----------
    origin : str
        What the file says of them; may be empty, [-].

    Returns
    -------
    str
        Such as ``[%], simulated``, [-].
    """
    return f"[%], {origin}" if is_computed(origin) else "[%]"
