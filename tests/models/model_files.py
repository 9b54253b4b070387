"""Model files for tests: true ones, and what somebody who means harm could put in their place."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from skops.io import dumps

from models.keeping.files import MODEL_FILE


def plant(folder: Path, content: bytes) -> str:
    """Put a foreign model file into a folder and return its right checksum."""
    folder.mkdir(exist_ok=True)
    (folder / MODEL_FILE).write_bytes(content)
    return sha256(content).hexdigest()


def rewritten(
    content: bytes,
    change: Callable[[str, bytes], bytes],
    *,
    compression: int = zipfile.ZIP_STORED,
    more: tuple[tuple[str, bytes], ...] = (),
) -> bytes:
    """Return an archive with each entry changed, and with more entries."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as whole,
        zipfile.ZipFile(made, "w", compression) as archive,
    ):
        for name in whole.namelist():
            archive.writestr(name, change(name, whole.read(name)))
        for name, added in more:
            archive.writestr(name, added)
    return made.getvalue()


def with_schema(content: bytes, change: Callable[[str], str]) -> bytes:
    """Return an archive whose schema was edited as text."""
    return rewritten(content, lambda n, b: change(b.decode()).encode() if n == "schema.json" else b)


def command_file(marker: Path) -> bytes:
    """Return a skops file that has a command run while its content is built."""
    with zipfile.ZipFile(io.BytesIO(dumps((f"touch '{marker}'",)))) as whole:
        arguments = json.loads(whole.read("schema.json"))
    head = {name: arguments.pop(name) for name in ("protocol", "_skops_version")}
    schema = {
        "__class__": "system",
        "__module__": "posix",
        "__loader__": "ConstructorFromReduceNode",
        "content": arguments,
        "__id__": 1,
        **head,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as whole:
        whole.writestr("schema.json", json.dumps(schema))
    return made.getvalue()


class Touching:
    """Has a command run when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.marker}'",)


class Foreign:
    """A type that no model has."""
