"""Release curves of a laboratory: from the bytes of a table to mean curves, or what is wrong.

Values become fractions of the label and times hours; what was done to them on the way stands in the
notes. Rows are read in `curve_reader`, averaged in `mean_curves`. Nothing here opens a file.
"""

from collections.abc import Mapping

from attrs import evolve, frozen

from formulation.errors import InputError, Problem
from models.data.cell_reader import listed
from models.data.curve_columns import read_columns
from models.data.curve_reader import CurveReader
from models.data.lab_tables import read_lab_table
from models.data.mean_curves import MeanCurve
from models.data.vessels import Conditions


@frozen(kw_only=True)
class CurveFile:
    """What a table of release curves holds."""

    curves: tuple[MeanCurve, ...] = ()
    """Curves in the order of the file; all of them only when there is no problem."""

    problems: tuple[Problem, ...] = ()
    """Everything wrong, by row and column."""

    notes: tuple[str, ...] = ()
    """What was done to the numbers, in words."""

    form: str = ""
    """What the file is, such as ``CSV, comma, utf-8, long form``."""

    time_unit: str = ""
    """Unit in which the times were written."""

    released_unit: str = ""
    """Unit in which the release was written."""

    n_rows: int = 0
    """Rows below the header, [-]."""


def read_release_curves(
    data: bytes,
    *,
    file: str,
    labels_mg: Mapping[str, float],
    sheet: str = "",
    encoding: str = "",
    time_unit: str = "",
    released_unit: str = "",
    stated: Conditions | None = None,
) -> CurveFile:
    """Return the release curves in the bytes of a CSV file or an Excel workbook.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    labels_mg : mapping of str to float
        Elemental magnesium of one unit of every known product, [mg].
    sheet : str, optional
        Sheet of a workbook, [-].
    encoding : str, optional
        Encoding of a CSV file; empty for UTF-8, or UTF-16 with its mark, [-].
    time_unit, released_unit : str, optional
        Units given for the whole file, [-].
    stated : Conditions or None, optional
        What the user states of the vessel beside the file, [-].

    Returns
    -------
    CurveFile
        The curves, or everything that is wrong, [-].
    """
    try:
        table = read_lab_table(data, file=file, sheet=sheet, encoding=encoding)
    except InputError as error:
        return CurveFile(problems=tuple(evolve(p, file=file) for p in error.problems))
    columns, wrong = read_columns(table, time_unit=time_unit, released_unit=released_unit)
    if columns is None:
        return CurveFile(problems=wrong, form=table.form, n_rows=len(table.rows))
    reader = CurveReader(
        table=table, columns=columns, labels_mg=labels_mg, stated=stated or Conditions()
    )
    points = [point for row in table.rows for point in reader.points(row)]
    reader.check_unit(points)
    curves = reader.curves(points)
    return CurveFile(
        curves=curves,
        problems=listed(reader.cells.problems, file),
        notes=tuple(reader.notes(points, curves)),
        form=f"{table.form}, {'wide' if columns.is_wide else 'long'} form",
        time_unit=columns.time_scale.unit,
        released_unit=columns.released_scale.unit,
        n_rows=len(table.rows),
    )
