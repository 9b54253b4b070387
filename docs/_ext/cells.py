"""Markdown from rows: tables and cells that any text can stand in."""

from collections.abc import Iterable, Sequence


def cell(text: object) -> str:
    """Return text that stays in its cell, with Markdown's own signs as text."""
    plain = " ".join(str(text).split())
    for sign in ("\\", "|", "*", "_", "[", "]", "<", ">", "$", "`"):
        plain = plain.replace(sign, f"\\{sign}")
    return plain


def code(text: object) -> str:
    """Return text as code inside a cell; nothing for nothing."""
    plain = " ".join(str(text).split()).replace("|", "\\|")
    return f"`{plain}`" if plain else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows of finished cells as a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
