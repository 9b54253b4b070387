"""Everything that is wrong with a document as one error, so that all is reported at once."""

from collections.abc import Sequence

from formulation.errors import FormulationError, InputError, Problem, RefusedError


def error_of(problems: Sequence[Problem]) -> FormulationError:
    """Return everything wrong with a document as one error.

    Parameters
    ----------
    problems : sequence of Problem
        What was found, in the order in which it is told; at least one, [-].

    Returns
    -------
    FormulationError
        A refusal where nothing is wrong but that it is refused on medical grounds, [-].
    """
    is_refusal = all(p.code == RefusedError.code for p in problems)
    return (RefusedError if is_refusal else InputError).of(problems)


def by_line(problem: Problem) -> tuple[int, int]:
    """Return what problems of one file are sorted by.

    Parameters
    ----------
    problem : Problem
        One of them, [-].

    Returns
    -------
    tuple of int
        Line and column; zeros for what stands nowhere, [-].
    """
    return problem.line or 0, problem.column or 0
