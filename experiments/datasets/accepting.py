"""What an import would bring, whatever its kind, and how it becomes the version of its name.

A file with any problem changes nothing. A later version of the same name takes the place of the
earlier ones, which are retired and stay readable.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import field, frozen

from experiments.config.people import NAME_PATTERN, NAME_RULE
from experiments.datasets.files import put_in_place
from experiments.datasets.originals import keep_original
from experiments.datasets.versions import kind_of, version_ref
from experiments.store import DatasetRecord, Store
from formulation.errors import InputError, Problem
from models.data.templates import EXAMPLE

EXAMPLES = (
    "Examples of the template are in the file; nobody measured them. Take their rows out before you"
    " accept it."
)
"""What is said of a file that holds rows of a template."""


@frozen(kw_only=True)
class Original:
    """A file that was given for an import."""

    name: str
    """Its name, without its folder."""

    data: bytes = field(repr=False)
    """Its bytes."""

    @property
    def sha256(self) -> str:
        """Hash of its bytes."""
        return sha256(self.data).hexdigest()


@frozen(kw_only=True)
class Candidate:
    """What an import would bring; nothing is stored yet."""

    name: str
    """Name of the data set."""

    kind: str
    """One of `KINDS`."""

    problems: tuple[Problem, ...] = ()
    """Everything wrong with either file."""

    notes: tuple[str, ...] = ()
    """What was assumed, or done to the numbers."""

    content: bytes = field(default=b"", repr=False)
    """The version's file; empty when there is a problem."""

    card: Mapping[str, Any] = field(factory=dict, repr=False)
    """What was found, as the store keeps it; where it comes from is added on acceptance."""

    originals: Mapping[str, Original] = field(factory=dict, repr=False)
    """The files given: the table as ``file``, the recipes as ``products``."""

    systems: tuple[str, ...] = ()
    """Delivery systems of the products."""

    n_curves: int = 0
    """Release curves it holds, [-]."""

    standing: DatasetRecord | None = None
    """The same content as it is accepted already."""

    replaces: tuple[DatasetRecord, ...] = ()
    """Accepted versions that would be retired."""

    @property
    def sha256(self) -> str:
        """Hash of the content, which names the version; empty when there is a problem."""
        return sha256(self.content).hexdigest() if self.content else ""


def example_notes(sources: Iterable[str | None]) -> Iterator[str]:
    """Yield a warning when rows of a template's example are in a file.

    Parameters
    ----------
    sources : iterable of str or None
        What its rows say of their source, [-].

    Yields
    ------
    str
        One sentence, [-].
    """
    if any((source or "").startswith(EXAMPLE) for source in sources):
        yield EXAMPLES


def check_name(name: str, kind: str, versions: Sequence[DatasetRecord]) -> None:
    """Refuse a name that is none, or that data of another kind have.

    Parameters
    ----------
    name : str
        Name of a data set, [-].
    kind : str
        What it is to hold, [-].
    versions : sequence of DatasetRecord
        Versions the store accepts now, [-].

    Raises
    ------
    InputError
        It is no name, or is taken.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise InputError(f"Data set name {name!r} is not {NAME_RULE}.", hint="Give another --name.")
    for version in versions:
        if version.name == name and kind_of(version) != kind:
            raise InputError(
                f"Data set {name!r} holds {kind_of(version)} data; these are {kind} data.",
                hint="Give another --name; one name is one kind of data.",
            )


def accept(found: Candidate, store: Store, folder: Path) -> DatasetRecord:
    """Store what a preview showed as the accepted version of its name.

    Parameters
    ----------
    found : Candidate
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
        The preview has problems, or the content or the name is that of other data.
    """
    if found.problems:
        raise InputError.of(found.problems)
    if EXAMPLES in found.notes:
        raise InputError(
            f"Data set {found.name!r} holds examples of the template, which nobody measured.",
            hint="Take their rows out, or write your own source in them.",
        )
    check_name(found.name, found.kind, store.datasets())
    others = [v for v in store.datasets(state=None) if v.sha256 == found.sha256]
    if others and others[0].name != found.name:
        raise InputError(
            f"Data set {found.name!r} has the content of {version_ref(others[0])}; the same data"
            " must not count twice.",
            hint=f"Import it as --name {others[0].name}.",
        )
    for original in found.originals.values():
        keep_original(folder, original.data)
    path = Path(others[0].path) if others else folder / f"{found.name}-{found.sha256[:16]}.json"
    if not path.is_file() or path.read_bytes() != found.content:
        put_in_place(path, found.content)
    record = store.put_dataset(
        name=found.name,
        sha256=found.sha256,
        path=str(path),
        card={**found.card, "kind": found.kind, **_provenance(found)},
        systems=found.systems,
        n_curves=found.n_curves,
    )
    for older in store.datasets():
        if older.name == record.name and older.sha256 != record.sha256:
            store.retire_dataset(older.sha256, f"replaced by {version_ref(record)}")
    return record


def _provenance(found: Candidate) -> dict[str, Any]:
    """Return where a version comes from: each file's name, hash and size, and when it came."""
    return {
        "imported_utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "originals": {
            which: {"name": file.name, "sha256": file.sha256, "bytes": len(file.data)}
            for which, file in found.originals.items()
        },
    }
