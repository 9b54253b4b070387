"""The bytes of a model file, looked at before anything is built from them.

A model file is a ZIP archive of stored entries, as skops writes it: ``schema.json`` and arrays. A
stored entry weighs what it holds, so no file grows when it is read; entries that overlap, lie in
folders or come twice are refused, and an array is as long as its own header says.
"""

import json
import math
import re
from io import BytesIO
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import numpy as np

from models.keeping.allowed import nodes

MAX_BYTES = 256 * 1024 * 1024
"""Largest model file, [B]; a forest of 300 trees on 3,000 rows takes half of it."""

MAX_ENTRIES = 100_000
"""Most arrays in a model file, [-]."""

SCHEMA = "schema.json"
ARRAY_NAME = re.compile(r"[0-9]+\.npy")


class Unsound(ValueError):
    """A file is no model file that this product wrote; the message says where."""


def read_schema(content: bytes) -> Any:
    """Return the schema of a model file whose every entry is what it says.

    Parameters
    ----------
    content : bytes
        The file, [-].

    Returns
    -------
    Any
        Content of ``schema.json``, [-].

    Raises
    ------
    Unsound
        An entry is compressed, foreign, doubled or longer than the file, or an array is not as
        long as its header says.
    """
    with ZipFile(BytesIO(content)) as archive:
        entries = archive.infolist()
        _check_entries([(e.filename, e.compress_type) for e in entries])
        if sum(e.file_size for e in entries) > len(content):
            raise Unsound("its entries hold more than the file")
        shapes = {
            e.filename: _check_array(e.filename, archive.read(e))
            for e in entries
            if e.filename != SCHEMA
        }
        schema = json.loads(archive.read(SCHEMA))
    _check_tree_arguments(schema, shapes)
    return schema


def _check_entries(entries: list[tuple[str, int]]) -> None:
    names = [name for name, _ in entries]
    if len(names) > MAX_ENTRIES:
        raise Unsound(f"it has {len(names):,} entries; at most {MAX_ENTRIES:,} are read")
    if len(set(names)) != len(names):
        raise Unsound("two of its entries have one name")
    for name, compression in entries:
        if name != SCHEMA and not ARRAY_NAME.fullmatch(name):
            raise Unsound(f"it has an entry {name[:80]!r}, which no model has")
        if compression != ZIP_STORED:
            raise Unsound(f"its entry {name!r} is compressed")
    if SCHEMA not in names:
        raise Unsound(f"it has no {SCHEMA}")


def _check_array(name: str, content: bytes) -> tuple[int, ...]:
    """Return the shape of an array; numpy would set aside whatever the header asks for."""
    stream = BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise Unsound(f"its array {name} is of format {version}")
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise Unsound(f"its array {name} holds objects, which would be unpickled")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != (
        len(content) - stream.tell()
    ):
        raise Unsound(f"its array {name} is not as long as its header says")
    return tuple(shape)


def _check_tree_arguments(schema: Any, shapes: dict[str, tuple[int, ...]]) -> None:
    """Refuse a tree whose constructor would read beyond its array of classes."""
    for node in nodes(schema):
        if node.get("__loader__") != "TreeNode":
            continue
        _, classes, outputs = node["__reduce__"]["args"]["content"]
        n_outputs = json.loads(outputs["content"])
        if type(n_outputs) is not int or shapes.get(classes.get("file")) != (n_outputs,):
            raise Unsound("a tree of it has not as many numbers of classes as outputs")
