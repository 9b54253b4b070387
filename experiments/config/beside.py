"""Files that a study names: looked for beside the study file, their problems told with its own."""

from pathlib import Path

from experiments.config.documents import parse
from experiments.config.files import read_text
from experiments.config.items import Item
from formulation.errors import InputError, Problem

FILE_ENDINGS = (".yaml", ".yml")
"""How the name of such a file ends."""


def root_beside(item: Item, folder: Path | None) -> Item | None:
    """Return the root of a file that a study names.

    Parameters
    ----------
    item : Item
        The name of the file, [-].
    folder : Path or None
        Folder of the study; None for a study that is no file itself, [-].

    Returns
    -------
    Item or None
        The root, which shares the problems of the study; None after a refusal, [-].
    """
    named = item.node.text
    if folder is None:
        item.refuse(
            "unreadable_file",
            f"{named!r} is a file, and a study that is no file itself has no folder to look in.",
            rule="a file is looked for beside the study file",
            hint="Give the study as a file, or write its content out.",
        )
        return None
    path = folder / named
    try:
        root = parse(read_text(path), str(path))
    except InputError as error:
        for problem in error.problems:
            _tell(item, path, problem)
        return None
    return Item(node=root, file=str(path), problems=item.problems)


def _tell(item: Item, path: Path, problem: Problem) -> None:
    """Note what is wrong with a file: inside it, or where the study names it."""
    if problem.line is not None:
        item.problems.append(problem)
    else:
        item.refuse(problem.code, f"{path}: {problem.message}", hint=problem.hint)
