"""What one check found: a status, one sentence, and what to do."""

from enum import StrEnum
from typing import Any

from attrs import asdict, frozen

from formulation.errors import FormulationError


class Status(StrEnum):
    """How a check came out, from good to bad."""

    OK = "ok"
    WARNING = "warning"
    """Studies run, but somebody should know."""

    FAILED = "failed"
    """Studies cannot run or would lose something."""


@frozen(kw_only=True)
class Finding:
    """What one check found."""

    status: Status
    """How it came out."""

    message: str
    """What was found, in one sentence."""

    hint: str = ""
    """What to do; empty when nothing need be done."""

    exit_code: int = 0
    """What the command ends with on account of it; 0 unless it failed."""

    def as_dict(self) -> dict[str, Any]:
        """Return the plain values."""
        return asdict(self)


def fine(message: str) -> Finding:
    """Return that all is well.

    Parameters
    ----------
    message : str
        What was found, [-].

    Returns
    -------
    Finding
        With status ok, [-].
    """
    return Finding(status=Status.OK, message=message)


def warning(message: str, hint: str) -> Finding:
    """Return something that does not stop a study.

    Parameters
    ----------
    message : str
        What was found, [-].
    hint : str
        What to do, [-].

    Returns
    -------
    Finding
        With status warning, [-].
    """
    return Finding(status=Status.WARNING, message=message, hint=hint)


def failed(error: FormulationError) -> Finding:
    """Return what stands in the way of any study.

    Parameters
    ----------
    error : FormulationError
        What a study would end with, [-].

    Returns
    -------
    Finding
        With status failed and the exit code of the error, [-].
    """
    problem = error.problems[0]
    return Finding(
        status=Status.FAILED,
        message=problem.message,
        hint=problem.hint,
        exit_code=error.exit_code,
    )
