"""The files a data set was made of, kept byte for byte under their own hash.

A version holds what was understood of a file; the file itself stays beside it, so that it can be
read again by whoever doubts that.
"""

from hashlib import sha256
from pathlib import Path

from experiments.datasets.files import put_in_place
from experiments.store import DatasetRecord
from formulation.errors import DataError

ORIGINALS_FOLDER = "originals"
"""Folder of the imported files, beside the versions."""


def keep_original(folder: Path, data: bytes) -> str:
    """Keep the bytes of an imported file; bytes that are kept already are left as they are.

    Parameters
    ----------
    folder : Path
        Folder of the versions, [-].
    data : bytes
        Content of the file, [-].

    Returns
    -------
    str
        Its SHA-256, which is its name, [-].
    """
    digest = sha256(data).hexdigest()
    path = folder / ORIGINALS_FOLDER / digest
    if not path.is_file() or path.read_bytes() != data:
        put_in_place(path, data)
    return digest


def read_original(record: DatasetRecord, which: str = "file") -> bytes:
    """Return the bytes of a file that a version was made of.

    Parameters
    ----------
    record : DatasetRecord
        A version, [-].
    which : str, optional
        ``file`` for the table, ``products`` for the recipes, [-].

    Returns
    -------
    bytes
        The bytes as they were imported, [-].

    Raises
    ------
    DataError
        They were not kept, are missing, or were changed.
    """
    stated = record.card.get("originals", {}).get(which)
    who = f"Data set {record.name}@{record.sha256[:16]}"
    if stated is None:
        raise DataError(f"{who}: its {which} was not kept.", hint="Import it again to keep it.")
    path = Path(record.path).parent / ORIGINALS_FOLDER / stated["sha256"]
    try:
        data: bytes = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{who}: {path} is missing ({error.strerror}).", hint="Import its file again."
        ) from None
    if sha256(data).hexdigest() != stated["sha256"]:
        raise DataError(f"{who}: {path} was changed.", hint="Import its file again.")
    return data
