"""An Excel workbook from bytes to cells, read by a process of its own.

A workbook of four kilobytes can ask for gigabytes, and a library that is given one may end the
process it runs in. So nothing of it is unpacked here: a child with limits on memory, time and
output answers with its cells as JSON, or with why there are none, or is ended.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from attrs import asdict, frozen

from formulation.errors import DataError, InputError, UnknownNameError
from models.data.table_limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_FILE_BYTES,
    MAX_ROWS,
    Row,
    kept_rows,
    refusal,
    too_many_cells,
    too_many_columns,
    too_many_rows,
)

NOTES_SHEET = "about the columns"
"""Sheet of our templates that explains the columns; it is passed over."""

MAX_EXCEL_ROW = 1_048_576
"""Last row a spreadsheet has, [-]."""

CHILD = Path(__file__).with_name("workbook_child.py")
"""What reads a workbook; it is run, never imported."""

_SAVE = "Save only the sheet with the data as a new workbook, or as 'CSV UTF-8'."


@frozen(kw_only=True)
class Fence:
    """What the process that reads a workbook may use, and what the workbook may unpack to."""

    memory_bytes: int = 1_000_000_000
    """Address space, [-] (bytes)."""

    cpu_s: int = 20
    """CPU time, [s]."""

    wall_s: float = 30.0
    """Time until it is ended, [s]."""

    answer_bytes: int = 100_000_000
    """Longest answer, [-] (bytes)."""

    unpacked_bytes: int = 100_000_000
    """Most that all parts of a workbook may unpack to, [-] (bytes)."""

    ratio: int = 100
    """Most that a part may unpack to, over its size, [-]; a full sheet of numbers has 10 to 20."""

    free_bytes: int = 1_000_000
    """Up to which a part may unpack to any multiple of its size, [-] (bytes)."""

    parts: int = 1000
    """Most parts, [-]."""

    text_chars: int = MAX_FILE_BYTES
    """Most text of all cells, [-] (characters)."""


FENCE = Fence()
"""The limits in use."""


def read_workbook(data: bytes, *, file: str, sheet: str = "") -> tuple[tuple[Row, ...], str]:
    """Return the rows of a sheet in the bytes of an Excel workbook.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    sheet : str, optional
        Sheet; may be left out when there is only one beside the notes of a template, [-].

    Returns
    -------
    tuple
        The rows, header first, and the name of the sheet, [-].

    Raises
    ------
    InputError
        It is damaged, costs more than its limits allow, is empty, or has no such sheet.
    DataError
        This machine has no room for the process that reads it.
    """
    try:
        answer = _answer(data, file, sheet)
    except OSError as error:
        raise DataError(
            f"{file}: the process that reads workbooks could not be used ({error.strerror}).",
            hint="Make room in the temporary folder, or give a CSV file.",
        ) from None
    refused = answer.get("refused")
    if refused is not None:
        raise _refused(file, sheet, refused)
    return kept_rows(((n, cells) for n, cells in answer["rows"]), file), answer["sheet"]


def _answer(data: bytes, file: str, sheet: str) -> dict[str, Any]:
    """Return what the child says of a workbook, or why it says nothing."""
    limits = {
        **asdict(FENCE),
        **{"rows": MAX_ROWS, "columns": MAX_COLUMNS, "cells": MAX_CELLS},
        **{"last_row": MAX_EXCEL_ROW, "sheet": sheet, "notes_sheet": NOTES_SHEET},
    }
    command = [sys.executable, "-I", "-X", "utf8", str(CHILD), json.dumps(limits)]
    kept = {k: v for k, v in os.environ.items() if k in ("LD_LIBRARY_PATH", "TMPDIR")}
    with TemporaryFile() as given, TemporaryFile() as answer:
        given.write(data)
        given.seek(0)
        child = subprocess.Popen(
            command,
            stdin=given,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env=kept,
            start_new_session=True,
        )
        try:
            code = child.wait(timeout=FENCE.wall_s)
        except subprocess.TimeoutExpired:
            raise _too_slow(file, f"{FENCE.wall_s:g} s") from None
        finally:
            child.kill()
            child.wait()
        if code:
            raise _lost(file, code)
        answer.seek(0)
        try:
            found: dict[str, Any] = json.loads(answer.read())
        except ValueError:
            raise _lost(file, code) from None
        return found


def _lost(file: str, code: int) -> InputError:
    """Return the error for a workbook whose reader ended without an answer."""
    if -code in (signal.SIGXCPU, signal.SIGKILL):
        return _too_slow(file, f"{FENCE.cpu_s} s of CPU time")
    message = f"the workbook could not be read; its reader ended with {code}."
    return refusal(file, "unreadable_file", message, _SAVE)


def _too_slow(file: str, limit: str) -> InputError:
    message = f"reading the workbook takes more than {limit}."
    return refusal(file, "too_slow", message, _SAVE, rule=f"at most {limit}")


def _refused(file: str, sheet: str, said: dict[str, Any]) -> InputError:
    """Return the error for what the child refused."""
    match said["code"]:
        case "unknown_sheet":
            return UnknownNameError(f"{file}: sheet", sheet, said["names"])
        case "too_many_rows":
            return too_many_rows(file)
        case "too_many_columns":
            return too_many_columns(file, said["row"], said["columns"])
        case "too_many_cells":
            return too_many_cells(file)
        case "too_much_memory":
            rule = f"at most {FENCE.memory_bytes:,} bytes of memory"
            message = f"reading the workbook takes more than {FENCE.memory_bytes:,} bytes."
            return refusal(file, "too_much_memory", message, _SAVE, rule=rule)
        case code:
            hint = said.get("hint") or _SAVE
            return refusal(file, code, said["message"], hint, rule=said.get("rule", ""))
