"""The tables of measured runs, made from the JSON beside the pages as the README's are."""

from collections.abc import Callable, Mapping

from tests.bench import readme

COMMANDS: Mapping[str, str] = {
    "surrogates": "make bench-surrogates",
    "gains": "make bench-surrogates",
    "costs": "make bench-surrogates",
    "row-wise": "make bench-surrogates",
    "emulator": "make bench-emulator",
    "engine": "make bench-engine",
    "search": "make bench-search",
    "search figures": "make bench-search",
    "simulator": "make bench-simulator",
    "tracking": "make bench-tracking",
    "smoke": "make bench-smoke",
    "panel": "make bench-panel",
    "scores": "make bench-panel",
}
"""What writes the file behind each table."""


def of(mark: str) -> Callable[[], str]:
    """Return what writes a table with the command and the file behind it."""

    def write() -> str:
        file = readme.TABLES[mark][0]
        told = f"`{COMMANDS[mark]}` writes `docs/{file}`, with everything behind it."
        return f"{readme.made(mark)}\n{told}\n"

    return write
