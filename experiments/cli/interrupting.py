"""What is told of a study that was stopped: one document, one event, or a line for people."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from experiments.cli.hints import with_home
from experiments.cli.output import emit_json, note

if TYPE_CHECKING:
    from experiments.studies import Interrupted

SCHEMA, VERSION = "formulation/interrupted", 1

CTRL_C = 130
"""Exit code after Ctrl-C, [-]."""

AGAIN = "Run the command again."
"""What to do after a stop that came before there was a study."""


@contextmanager
def telling_interruptions(*, progress: str, as_json: bool) -> Iterator[None]:
    """Tell of a Ctrl-C within the block that came before there was a study to go on with.

    Parameters
    ----------
    progress : str
        ``auto``, ``jsonl`` or ``none``, [-].
    as_json : bool
        Whether a document is wanted, [-].

    Yields
    ------
    None
        Nothing.
    """
    try:
        yield
    except KeyboardInterrupt:
        tell_interrupted(None, CTRL_C, progress=progress, as_json=as_json)
        raise typer.Exit(CTRL_C) from None


def tell_interrupted(
    end: "Interrupted | None", exit_code: int, *, progress: str, as_json: bool
) -> None:
    """Tell that a study was stopped, and how to go on.

    Parameters
    ----------
    end : Interrupted or None
        What stopped it; None where no study was begun, [-].
    exit_code : int
        What the command ends with, [-].
    progress : str
        ``auto``, ``jsonl`` (an event on stderr) or ``none``, [-].
    as_json : bool
        Whether the document is wanted on stdout, [-].
    """
    from experiments.cli.progress import JSONL, write_event

    resume = None if end is None else with_home(f"formulation resume {end.study.label}")
    hint = AGAIN if resume is None else f"Go on with: {resume}"
    message = "The command was interrupted." if end is None else str(end)
    told = {"exit_code": exit_code, "message": message, "hint": hint, "resume": resume}
    if as_json:
        study, done = (None, 0) if end is None else (_study(end), end.done)
        emit_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "status": "interrupted",
                "study": study,
                "trials": done,
                **told,
            }
        )
    if progress == JSONL:
        labelled = {} if end is None else {"study": end.study.label, "id": end.study.id}
        write_event("interrupted", **labelled, **told)
    elif end is not None:
        note(f"{message} {hint}")


def _study(end: "Interrupted") -> dict[str, Any]:
    study = end.study
    return {"label": study.label, "id": study.id, "name": study.name, "budget": study.budget}
