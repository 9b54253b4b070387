"""The option ``--require`` of the commands that run a study, and how its outcome is told."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from experiments.requirements import Outcome

Require = Annotated[
    list[str] | None,
    typer.Option(
        "--require",
        help="What must be reached, else exit code 5: 'hypervolume >= 0.2', 'invalid_asked == 0'.",
    ),
]


def with_requirements(document: Mapping[str, Any], found: Sequence["Outcome"]) -> dict[str, Any]:
    """Return a study's document with what was required of it.

    Parameters
    ----------
    document : mapping
        The document of the study, [-].
    found : sequence of Outcome
        How it did, [-].

    Returns
    -------
    dict
        The document with ``requirements``, [-].
    """
    return {**document, "requirements": [outcome.as_dict() for outcome in found]}


def requirement_lines(found: Sequence["Outcome"]) -> list[str]:
    """Return every requirement with its limit and what was reached.

    Parameters
    ----------
    found : sequence of Outcome
        How a study did, [-].

    Returns
    -------
    list of str
        Lines; none where nothing was required, [-].
    """
    if not found:
        return []
    return ["", "Required:", *(f"  {outcome.text}" for outcome in found)]


def refuse_failed(found: Sequence["Outcome"]) -> None:
    """End with exit code 5 where a requirement failed.

    Parameters
    ----------
    found : sequence of Outcome
        How a study did, [-].

    Raises
    ------
    RequirementError
        A problem for each that failed.
    """
    from experiments.requirements import problems_of
    from formulation.errors import RequirementError

    if problems := problems_of(found):
        raise RequirementError.of(problems)
