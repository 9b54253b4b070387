"""What the command line prints: one JSON document, or lines for people; problems go to stderr."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import typer
from attrs import evolve

from experiments.cli.hints import with_home
from formulation.errors import Problem

if TYPE_CHECKING:
    from rich.console import Console

ERRORS_SCHEMA, ERRORS_VERSION = "formulation/errors", 1

MIN_WRAPPED = 24
"""Narrowest column into which long cells are wrapped, [-] (characters)."""


def out() -> "Console":
    """Return the console for results, on stdout; text is printed as it is, never as markup.

    Returns
    -------
    rich.console.Console
        The console, [-].
    """
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


def err() -> "Console":
    """Return the console for everything beside the result, on stderr.

    Returns
    -------
    rich.console.Console
        The console, [-].
    """
    from rich.console import Console

    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def emit_json(document: Mapping[str, Any]) -> None:
    """Print the one JSON document of a command on stdout.

    Parameters
    ----------
    document : mapping
        What is printed, with its ``schema`` and ``version``; numbers must be finite, [-].
    """
    missing = {"schema", "version"} - set(document)
    assert not missing, f"a JSON document lacks {missing}"
    typer.echo(json.dumps(document, allow_nan=False, indent=2))


def emit_json_line(document: Mapping[str, Any]) -> None:
    """Print one of several JSON documents of a command as one line (JSON lines).

    Parameters
    ----------
    document : mapping
        What is printed, with its ``schema`` and ``version``; numbers must be finite, [-].
    """
    missing = {"schema", "version"} - set(document)
    assert not missing, f"a JSON document lacks {missing}"
    typer.echo(json.dumps(document, allow_nan=False, separators=(",", ":")))


def emit_lines(lines: Iterable[str]) -> None:
    """Print the result of a command for people on stdout.

    Parameters
    ----------
    lines : iterable of str
        Lines, [-].
    """
    for line in lines:
        typer.echo(printable(with_home(line)))


def note(line: str) -> None:
    """Tell a person something beside the result, on stderr.

    Parameters
    ----------
    line : str
        One line, [-].
    """
    typer.echo(printable(with_home(line)), err=True)


def emit_problems(problems: Sequence[Problem], *, as_json: bool) -> None:
    """Print what went wrong: a JSON document on stdout, or a line each on stderr.

    Parameters
    ----------
    problems : sequence of Problem
        The problems, [-].
    as_json : bool
        Whether the JSON document is wanted, [-].
    """
    if as_json:
        told = [evolve(problem, hint=with_home(problem.hint)) for problem in problems]
        errors = [problem.as_dict() for problem in told]
        emit_json({"schema": ERRORS_SCHEMA, "version": ERRORS_VERSION, "errors": errors})
        return
    for problem in problems:
        note(problem_line(problem))


def problem_line(problem: Problem) -> str:
    """Return a problem as ``file:line:column: error pointer: message hint``.

    Parameters
    ----------
    problem : Problem
        The problem, [-].

    Returns
    -------
    str
        One line, [-].

    Examples
    --------
    >>> problem_line(Problem(code="tag", message="no tags.", file="a.yaml", line=2, column=7))
    'a.yaml:2:7: error no tags.'
    """
    place = ":".join(str(p) for p in (problem.file, problem.line, problem.column) if p)
    parts = (
        f"{place}:" if place else "",
        "error",
        f"{problem.pointer}:" if problem.pointer else "",
        problem.message,
        problem.hint,
    )
    return " ".join(part for part in parts if part)


def printable(text: str) -> str:
    r"""Return text as one line without control characters, which could drive a terminal.

    Parameters
    ----------
    text : str
        Any text, [-].

    Returns
    -------
    str
        The same with control and unpaired characters escaped, [-].

    Examples
    --------
    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def terminal_width() -> int:
    """Return the characters of a line: the terminal's, and 160 where there is none.

    Returns
    -------
    int
        Width, [-].
    """
    return get_terminal_size((160, 24)).columns


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return rows as aligned columns, or as one block a row where the columns do not fit.

    Parameters
    ----------
    columns : sequence of str
        Headings, [-].
    rows : sequence of sequence of str
        Cells, [-].
    width : int
        Characters of a line, [-].

    Returns
    -------
    list of str
        Lines; columns without any content are left out, the widest one is wrapped, [-].
    """
    used = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    table = [[columns[i] for i in used], *([row[i] for i in used] for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    widest = widths.index(max(widths))
    room = width - sum(widths) + widths[widest] - 2 * (len(widths) - 1)
    if room < min(widths[widest], MIN_WRAPPED):
        return [line for row in table[1:] for line in _block(table[0], row)]
    widths[widest] = min(widths[widest], room)
    return [line for row in table for line in _row(row, widths)]


def _row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return the lines of one row, long cells wrapped to their column."""
    wrapped = [wrap(cell, w) or [""] for cell, w in zip(row, widths, strict=True)]
    return [
        "  ".join(part.ljust(w) for part, w in zip(parts, widths, strict=True)).rstrip()
        for parts in zip_longest(*wrapped, fillvalue="")
    ]


def _block(heads: Sequence[str], row: Sequence[str]) -> list[str]:
    """Return one row as a line for each filled cell."""
    room = max(map(len, heads))
    filled = [(head, cell) for head, cell in zip(heads, row, strict=True) if cell]
    return [*(f"{head.ljust(room)}  {cell}" for head, cell in filled), ""]
