"""Reads one sheet of a workbook, as a process of its own that may be lost without harm.

It is run by its path: the workbook comes on standard input, limits as JSON in the first argument,
and one JSON document, the cells or why there are none, goes to standard output. It fences itself
before it looks at a byte, measures the archive while inflating it, and imports nothing of ours.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from io import BytesIO
from itertools import pairwise, zip_longest
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

Limits = Mapping[str, Any]
"""Limits by name, as `models.data.workbooks` states them."""

_UNWANTED = ("numpy", "pandas", "PIL", "lxml")
"""What openpyxl would use if it were there; reading cells needs none of it."""

_CHUNK = 65_536
_IS_ENCRYPTED = 0x1
_ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


class _RefusedError(Exception):
    """The workbook is not read, with a problem's fields."""

    def __init__(
        self, code: str, message: str, hint: str = "", rule: str = "", **more: Any
    ) -> None:
        super().__init__(message)
        self.said = {"code": code, "message": message, "hint": hint, "rule": rule, **more}


def main() -> None:
    """Answer on standard output what the workbook on standard input holds."""
    limits = json.loads(sys.argv[1])
    _fence(limits)
    answer: dict[str, Any]
    try:
        answer = _read(sys.stdin.buffer.read(), limits)
    except _RefusedError as error:
        answer = {"refused": error.said}
    except MemoryError:
        answer = {"refused": {"code": "too_much_memory"}}
    except Exception as error:  # the border of a process: whatever a hostile file sets off
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        message = f"the workbook is damaged ({said})."
        answer = {"refused": {"code": "unreadable_file", "message": message}}
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def _fence(limits: Limits) -> None:
    """Give up memory, time and output beyond the limits, for good."""
    import resource

    for which, most in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["answer_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"] + 1))
    for name in _UNWANTED:
        sys.modules[name] = None  # type: ignore[assignment]  # which makes an import fail


def _read(data: bytes, limits: Limits) -> dict[str, Any]:
    _check_archive(data, limits)
    rows, sheet = _sheet_rows(data, limits, limits["sheet"], cached=False)
    if any(isinstance(cell, str) and cell.startswith("=") for row in rows.values() for cell in row):
        values, _ = _sheet_rows(data, limits, sheet, cached=True)
        # A formula that was never calculated keeps its text, so that it is found as no number.
        rows = {n: _calculated(row, values.get(n, ())) for n, row in rows.items()}
    return {"sheet": sheet, "rows": [[n, [_text(cell) for cell in row]] for n, row in rows.items()]}


def _check_archive(data: bytes, limits: Limits) -> None:
    """Refuse an archive that is damaged, or unpacks to more than a bench ever writes."""
    save = "Save only the sheet with the data as a new .xlsx workbook."
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            names = [part.filename for part in parts]
            if len(parts) > limits["parts"]:
                message = f"it has {len(parts):,} parts; at most {limits['parts']:,} are read."
                raise _RefusedError(
                    "too_large", message, save, f"at most {limits['parts']:,} parts"
                )
            if twice := sorted({name for name in names if names.count(name) > 1}):
                message = f"part {twice[0]!r} stands {names.count(twice[0])} times in it."
                raise _RefusedError("unreadable_file", message, save, "every part once")
            if "xl/workbook.xml" not in names:
                message, hint = "this archive is no .xlsx workbook.", "Give a CSV or .xlsx file."
                raise _RefusedError("unreadable_file", message, hint)
            left = limits["unpacked_bytes"]
            for part in parts:
                left -= _inflated(archive, part, left, limits, save)
    except BadZipFile as error:
        message = f"the archive is damaged: {error}."
        raise _RefusedError("unreadable_file", message, "Save it again as .xlsx.") from None


def _inflated(archive: ZipFile, part: ZipInfo, left: int, limits: Limits, save: str) -> int:
    """Return how many bytes a part unpacks to, counted and thrown away; its header may lie."""
    if part.flag_bits & _IS_ENCRYPTED or part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        message = f"part {part.filename!r} is encrypted, or packed in a way no spreadsheet uses."
        raise _RefusedError("unreadable_file", message, "Save it as .xlsx without a password.")
    # The library stops where the header says the part ends; this one claims to be endless.
    probe = copy(part)
    probe.file_size = sys.maxsize
    size, most = 0, limits["unpacked_bytes"]
    with archive.open(probe) as stream:
        while chunk := stream.read(_CHUNK):
            if not size and chunk.startswith(_ARCHIVES):
                message = f"part {part.filename!r} is a file within the file."
                raise _RefusedError("nested_archive", message, save, "no archive in an archive")
            size += len(chunk)
            if size > left:
                message = f"it unpacks to more than {most:,} bytes."
                raise _RefusedError("too_large", message, save, f"at most {most:,} bytes unpacked")
            if size > limits["free_bytes"] and size > limits["ratio"] * part.compress_size:
                rule = f"at most {limits['ratio']} bytes out of one"
                message = (
                    f"part {part.filename!r} unpacks to more than {limits['ratio']} times its size."
                )
                raise _RefusedError("too_dense", message, save, rule)
    if size != part.file_size:
        message = f"part {part.filename!r} states {part.file_size:,} bytes and unpacks to {size:,}."
        raise _RefusedError("unreadable_file", message, "Save it again as .xlsx.", "sizes are true")
    return size


def _sheet_rows(
    data: bytes, limits: Limits, sheet: str, *, cached: bool
) -> tuple[dict[int, list[Any]], str]:
    """Return the filled rows of a sheet, as they were calculated or as they were written."""
    from openpyxl import load_workbook
    from openpyxl.worksheet._reader import WorkSheetParser

    _check_order(WorkSheetParser)
    book = load_workbook(BytesIO(data), read_only=True, data_only=cached, keep_links=False)
    sheets = {page.title: page for page in book.worksheets}
    name = _chosen(sheet, list(sheets), limits["notes_sheet"])
    # What a sheet says of its own size is not believed.
    sheets[name].reset_dimensions()
    return dict(_filled_rows(sheets[name].iter_rows(values_only=True), limits)), name


def _check_order(parser: Any) -> None:
    """Let a parser refuse rows and cells that do not follow each other: it would drop them."""
    read = vars(parser).get("parse_row_unchecked", parser.parse_row)

    def checked(self: Any, row: Any) -> tuple[int, list[dict[str, Any]]]:
        before = self.row_counter
        number, cells = read(self, row)
        columns = [0, *(cell["column"] for cell in cells)]
        if number <= before or any(b <= a for a, b in pairwise(columns)):
            message = f"row {number} or a cell of it stands twice, or not in its place."
            raise _RefusedError("unreadable_file", message, "Save it again as .xlsx.")
        return number, cells

    parser.parse_row_unchecked, parser.parse_row = read, checked


def _filled_rows(rows: Iterator[Sequence[Any]], limits: Limits) -> Iterator[tuple[int, list[Any]]]:
    n_cells = n_chars = 0
    for number, row in enumerate(rows, 1):
        filled = max((i for i, cell in enumerate(row, 1) if cell is not None), default=0)
        if filled > limits["columns"]:
            raise _RefusedError("too_many_columns", "", row=number, columns=filled)
        if number > limits["rows"] + 1 and (filled or number > limits["last_row"]):
            raise _RefusedError("too_many_rows", "")
        if not filled:
            continue
        n_cells += filled
        n_chars += sum(len(cell) for cell in row if isinstance(cell, str))
        if n_cells > limits["cells"]:
            raise _RefusedError("too_many_cells", "")
        if n_chars > limits["text_chars"]:
            message = f"its cells hold more than {limits['text_chars']:,} characters."
            raise _RefusedError("too_large", message, "Leave columns of text out.")
        yield number, list(row[:filled])


def _chosen(sheet: str, names: list[str], notes_sheet: str) -> str:
    if sheet and sheet not in names:
        raise _RefusedError("unknown_sheet", "", names=names)
    tables = [name for name in names if name != notes_sheet] or names
    if not sheet and len(tables) != 1:
        message = f"the workbook has {len(tables)} sheets: {', '.join(tables)[:300]}."
        raise _RefusedError("sheet_missing", message, "Name one with --sheet.")
    return sheet or tables[0]


def _calculated(written: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    return [w if v is None else v for v, w in zip_longest(values, written)]


def _text(value: object) -> str:
    """Return a cell as text; a whole number without a decimal point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return "" if value is None else str(value)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
