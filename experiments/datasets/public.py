"""Published data sets: fetched once into the workspace, checked, and read to learn from.

This is the only home of pooch. Nothing is kept that does not say what the known table says; what is
kept is put in place whole, and checked again each time it is read.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve, field, frozen

from experiments.datasets.files import put_in_place, read_bytes
from experiments.datasets.public_sets import PublicFile, PublicSet, PublicTable, find_set
from experiments.datasets.public_tables import CellTable, cells_of
from experiments.datasets.tidy import tidy_of
from formulation.errors import DataError, FormulationError, InputError
from models.data.lab_tables import MAX_FILE_BYTES, LabTable, read_lab_table
from models.learning.table import TidyTable

PUBLIC_FOLDER = "public"
"""Folder of the workspace for what was fetched."""

TIMEOUT_S = 30
"""Longest wait for an answer of a server, [s]."""

MAX_LOOKED_AT = 500
"""Most tables of a folder that are looked at, [-]."""

_SUFFIXES = (".csv", ".xlsx", ".txt")


@frozen(kw_only=True)
class FetchedTable:
    """A table that lies in the workspace."""

    name: str
    """Name within its set."""

    path: Path
    """Where it lies."""

    n_rows: int
    """Rows, [-]."""

    sha256: str
    """Hash of its content."""

    origin: str
    """Where it came from: files, addresses, or the workspace."""


@frozen(kw_only=True)
class _Found:
    """A table that was found, not yet checked."""

    cells: CellTable = field(repr=False)
    origin: str


def fetch(name: str, home: Path, folder: Path | None = None) -> tuple[FetchedTable, ...]:
    """Bring a published data set into the workspace.

    Parameters
    ----------
    name : str
        Name of the set, [-].
    home : Path
        Workspace, [-].
    folder : Path or None, optional
        Folder that stands in for the addresses, [-].

    Returns
    -------
    tuple of FetchedTable
        Its tables; those that lie there already are left as they are, [-].

    Raises
    ------
    DataError
        It has no licence, cannot be reached, or says something else than the known table.
    InputError
        There is no such set or folder, or the folder does not hold it.
    """
    known = find_set(name)
    if folder is not None and not folder.is_dir():
        raise InputError(f"{folder} is no folder.", hint="Name the folder the files lie in.")
    try:
        return tuple(_fetched(known, table, home, folder) for table in known.tables)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"{error.filename or home} cannot be read or written: {reason}."
        raise InputError(message, hint="Choose another --home, or free this one.") from None


def public_table(name: str, variant: str, home: Path) -> TidyTable:
    """Return a published data set to learn from.

    Parameters
    ----------
    name : str
        Name of the set, [-].
    variant : str
        One of its ways to learn; empty for the usual one, [-].
    home : Path
        Workspace, [-].

    Returns
    -------
    TidyTable
        Its rows, [-].

    Raises
    ------
    DataError
        It has no licence, was not fetched, or was changed since.
    UnknownNameError
        There is no such set or variant.
    """
    known = find_set(name)
    chosen = known.variant(variant)
    path = _path(home, known, chosen.table)
    if not path.is_file():
        hint = f"Bring it with `formulation data fetch {name}`."
        raise DataError(f"Data set {name!r} is not in the workspace.", hint=hint)
    table = known.tables[chosen.table]
    hint = f"`formulation data fetch {name}` brings it anew."
    found = _checked(table, lambda: cells_of(_read(path)), str(path), hint)
    mapping = chosen.mapping()
    rows = tidy_of(found.cells.content, path.name, mapping)
    return evolve(rows, source=f"{name}: {mapping.source} ({table.sha256[:12]})")


def _fetched(known: PublicSet, key: str, home: Path, folder: Path | None) -> FetchedTable:
    path, table = _path(home, known, key), known.tables[key]
    found = _standing(path, table)
    if found is None:
        found = _from_folder(table, folder) if folder is not None else _from_net(known, table, home)
        put_in_place(path, found.cells.content)
    return FetchedTable(
        name=key,
        path=path,
        n_rows=len(found.cells.rows),
        sha256=table.sha256,
        origin=found.origin,
    )


def _path(home: Path, known: PublicSet, key: str) -> Path:
    return home / PUBLIC_FOLDER / f"{known.name}-{key}-{known.tables[key].sha256[:12]}.csv"


def _standing(path: Path, table: PublicTable) -> _Found | None:
    """Return what lies in the workspace, if it is whole."""
    if not path.is_file():
        return None
    cells = _cells(path)
    if cells is None or cells.sha256 != table.sha256:
        return None
    return _Found(cells=cells, origin="the workspace")


def _from_folder(table: PublicTable, folder: Path) -> _Found:
    """Return the table out of a folder: finished, by its published files, or by its content."""
    lying = list(_tables_in(folder))
    refusals: list[DataError] = []
    for make in (_by_name, _by_files, _by_content):
        try:
            found = make(table, lying)
        except DataError as error:
            refusals.append(error)
            continue
        if found is not None:
            return found
    if refusals:
        raise refusals[0]
    wanted = " nor ".join([table.prepared, " with ".join(file.name for file in table.files)])
    message = f"Folder {folder} holds neither {wanted}, nor a file of that content."
    raise InputError(message, hint="Give the folder these files lie in.")


def _tables_in(folder: Path) -> Iterator[Path]:
    paths = (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in _SUFFIXES and p.is_file())
    for n, path in enumerate(paths):
        if n >= MAX_LOOKED_AT:
            message = f"Folder {folder} has more than {MAX_LOOKED_AT} tables."
            raise InputError(message, hint="Give the folder with only the files of this data set.")
        if path.stat().st_size <= MAX_FILE_BYTES:
            yield path


def _by_name(table: PublicTable, lying: Sequence[Path]) -> _Found | None:
    named = [path for path in lying if path.name == table.prepared]
    return _checked(table, lambda: cells_of(_read(named[0])), str(named[0])) if named else None


def _by_files(table: PublicTable, lying: Sequence[Path]) -> _Found | None:
    paths = [next((p for p in lying if p.name == file.name), None) for file in table.files]
    there = [path for path in paths if path is not None]
    if len(there) < len(paths):
        return None
    origin = ", ".join(map(str, there))
    return _checked(table, lambda: table.prepare([_read(path) for path in there]), origin)


def _by_content(table: PublicTable, lying: Sequence[Path]) -> _Found | None:
    for path in lying:
        cells = _cells(path)
        if cells is not None and cells.sha256 == table.sha256:
            return _Found(cells=cells, origin=str(path))
    return None


def _from_net(known: PublicSet, table: PublicTable, home: Path) -> _Found:
    """Return the table out of its published files, which are not kept."""
    folder = home / PUBLIC_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".fetching-") as made:
        paths = [_download(known, file, Path(made)) for file in table.files]
        origin = ", ".join(file.url for file in table.files)
        return _checked(table, lambda: table.prepare([_read(path) for path in paths]), origin)


def _download(known: PublicSet, file: PublicFile, folder: Path) -> Path:
    import pooch

    pooch.get_logger().setLevel("ERROR")
    # Without a hash of the bytes: nobody here saw them. The content is checked before it is kept.
    try:
        pooch.retrieve(
            file.url,
            known_hash=None,
            fname=file.name,
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT_S),
        )
    except (OSError, ValueError) as error:
        reason = type(error).__name__
        if (answer := getattr(error, "response", None)) is not None:
            reason = f"the server answers {answer.status_code}"
        raise DataError(
            f"{file.url} cannot be fetched ({reason}).",
            hint=f"Save it as {file.name} by other means, and give its folder:"
            f" `formulation data fetch {known.name} --from FOLDER`.",
        ) from None
    return folder / file.name


def _checked(
    table: PublicTable,
    make: Callable[[], CellTable],
    origin: str,
    hint: str = "Nothing was kept of it.",
) -> _Found:
    """Return the table if it says what the known one says."""
    try:
        cells = make()
    except FormulationError as error:
        message = f"{origin} does not hold the known table: {error.problems[0].message}"
        raise DataError(message, hint=hint) from None
    if cells.sha256 != table.sha256:
        raise DataError(
            f"{origin}: the content has the checksum {cells.sha256}; {table.sha256} was expected.",
            hint=hint,
        )
    return _Found(cells=cells, origin=origin)


def _cells(path: Path) -> CellTable | None:
    """Return the cells of a file; None when it is no table."""
    try:
        return cells_of(_read(path))
    except InputError:
        return None


def _read(path: Path) -> LabTable:
    return read_lab_table(read_bytes(path), file=str(path))
