"""What was measured in people: one row is one endpoint of one product, as it was taken.

A value is the mean over the people who took the product. An endpoint that is a change is one
against the same people before it, or, in a crossover, against their own days without it. A product
whose recipe is known can be simulated; a row of another form is kept, and nothing learns from it.
"""

from collections.abc import Mapping

from attrs import evolve, frozen

from formulation.design import Design
from formulation.errors import InputError, Problem
from models.data.absorption_columns import read_absorption_columns
from models.data.absorption_reader import AbsorptionReader
from models.data.absorption_types import AbsorptionReading as AbsorptionReading
from models.data.absorption_types import AbsorptionRow as AbsorptionRow
from models.data.cell_reader import listed
from models.data.lab_tables import read_lab_table


@frozen(kw_only=True)
class AbsorptionFile:
    """What a table of absorption data holds."""

    rows: tuple[AbsorptionRow, ...] = ()
    """Rows whose product has a recipe, in the order of the file."""

    without_recipe: tuple[AbsorptionReading, ...] = ()
    """Rows of other forms, in the order of the file."""

    problems: tuple[Problem, ...] = ()
    """Everything wrong, by row and column."""

    notes: tuple[str, ...] = ()
    """What was done to the numbers, in words."""

    form: str = ""
    """What the file is, such as ``CSV, comma, utf-8``."""

    n_rows: int = 0
    """Rows below the header, [-]."""


def read_absorption_rows(
    data: bytes,
    *,
    file: str,
    products: Mapping[str, Design],
    sheet: str = "",
    encoding: str = "",
) -> AbsorptionFile:
    """Return the absorption data in the bytes of a CSV file or an Excel workbook.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    products : mapping of str to Design
        Recipes by the name of the product; may be empty, [-].
    sheet : str, optional
        Sheet of a workbook, [-].
    encoding : str, optional
        Encoding of a CSV file; empty for UTF-8, or UTF-16 with its mark, [-].

    Returns
    -------
    AbsorptionFile
        The rows, or everything that is wrong, [-].
    """
    try:
        table = read_lab_table(data, file=file, sheet=sheet, encoding=encoding)
    except InputError as error:
        return AbsorptionFile(problems=tuple(evolve(p, file=file) for p in error.problems))
    columns, wrong = read_absorption_columns(table)
    if columns is None:
        return AbsorptionFile(problems=wrong, form=table.form, n_rows=len(table.rows))
    reader = AbsorptionReader(table=table, columns=columns, products=products)
    found = [reading for row in table.rows if (reading := reader.reading(row)) is not None]
    return AbsorptionFile(
        rows=tuple(r for r in found if isinstance(r, AbsorptionRow)),
        without_recipe=tuple(r for r in found if not isinstance(r, AbsorptionRow)),
        problems=listed(reader.cells.problems, file),
        notes=tuple(reader.notes(found)),
        form=table.form,
        n_rows=len(table.rows),
    )
