"""What can go wrong, as one tree and one error object.

::

    FormulationError                 our root; ``exit_code`` is what the command line ends with
    ├── InputError                   2  something wrong in what the user wrote (also ValueError)
    │   └── UnknownNameError         2  a name that is in no table (also KeyError)
    ├── DataError                    3  a data set, model or database that cannot be used
    ├── RefusedError                 3  no candidate is offered, on medical grounds
    ├── NothingFeasibleError         4  the search ran and found nothing that meets every limit
    ├── RequirementError             5  a ``--require`` of the user was not met
    ├── StoreError                   6  the database was lost, or refused a write
    │   └── OwnedError               6  a study belongs to another process
    ├── TrackingServerError          6  the MLflow server that was started is lost
    ├── ExecutorError                6  the workers were lost or could not be started
    └── TrackingError                6  messages for the tracking still wait, and why

An infeasible design is data (a slack below zero, with a reason), never an exception.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

from attrs import asdict, frozen
from typing_extensions import override


@frozen(kw_only=True)
class Problem:
    """One thing that is wrong, in the same shape for every face of the product."""

    code: str
    """Stable name of the rule's family, such as ``unknown_key``."""

    message: str
    """The object, the value given and the rule, in one sentence."""

    pointer: str = ""
    """Path inside the document, such as ``targets[0].worst``."""

    file: str = ""
    """File the user wrote, as they named it."""

    line: int | None = None
    """Line in that file, from 1."""

    column: int | None = None
    """Column in that line, from 1."""

    value: Any = None
    """The value given."""

    rule: str = ""
    """The rule it breaks."""

    hint: str = ""
    """What to do."""

    @override
    def __str__(self) -> str:
        place = ":".join(str(p) for p in (self.file, self.line, self.column) if p not in ("", None))
        parts = [f"{place}: " if place else "", f"{self.pointer}: " if self.pointer else ""]
        return "".join(parts) + self.message + (f" {self.hint}" if self.hint else "")

    def as_dict(self) -> dict[str, Any]:
        """Return the error object of the contracts, every field present."""
        return asdict(self)


class FormulationError(Exception):
    """Root of everything this product raises on purpose."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems: tuple[Problem, ...] = tuple(problems) or (
            Problem(code=self.code, message=message, hint=hint),
        )

    @override
    def __str__(self) -> str:
        return "\n".join(str(p) for p in self.problems)

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> "FormulationError":
        """Return one error for several problems, so that all are reported at once.

        Parameters
        ----------
        problems : iterable of Problem
            Everything that is wrong, [-].

        Returns
        -------
        FormulationError
            An error of this class, [-].
        """
        found = tuple(problems)
        return cls("; ".join(p.message for p in found), problems=found)


class InputError(FormulationError, ValueError):
    """Something is wrong in a file, flag or value that the user wrote."""

    exit_code = 2
    code = "invalid_input"


class UnknownNameError(InputError, KeyError):
    """A name is in no table; the message lists the nearest ones."""

    code = "unknown_name"

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        hint = did_you_mean(str(name), known)
        super().__init__(f"{kind} {name!r} is not known.", hint=hint)


class DataError(FormulationError):
    """A data set, a model file or a database cannot be used."""

    exit_code = 3
    code = "unusable_data"


class RefusedError(FormulationError):
    """No candidate is offered to these patients, and why."""

    exit_code = 3
    code = "refused"


class NothingFeasibleError(FormulationError):
    """The search ran, and no design met every limit."""

    exit_code = 4
    code = "nothing_feasible"


class RequirementError(FormulationError):
    """A ``--require`` of the user was not met."""

    exit_code = 5
    code = "requirement_failed"


class StoreError(FormulationError):
    """The database was lost, cannot be used, or refused a write."""

    exit_code = 6
    code = "store_lost"


class OwnedError(StoreError):
    """A study belongs to another process, which runs it, took it over or does not let go."""

    code = "study_owned"


class TrackingServerError(FormulationError):
    """The MLflow server of ``ui`` did not start, or ended by itself; studies are as they were."""

    exit_code = 6
    code = "tracking_server_lost"


class ExecutorError(FormulationError):
    """The workers were lost, or could not be started in time."""

    exit_code = 6
    code = "executor_lost"


class TrackingError(FormulationError):
    """The tracking is off, does not answer or refuses, so messages for it still wait."""

    exit_code = 6
    code = "tracking_waits"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint naming up to three known names nearest to `name`.

    Parameters
    ----------
    name : str
        What was written, [-].
    known : iterable of str
        What would be accepted, [-].

    Returns
    -------
    str
        A sentence, [-].

    Examples
    --------
    >>> did_you_mean("oxyde", ["oxide", "citrate"])
    "Did you mean 'oxide'?"
    """
    names = sorted(known)
    if not names:
        return "There is none yet."
    near = get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return "Did you mean " + " or ".join(repr(m) for m in near) + "?"
    return "Known: " + ", ".join(names[:12]) + (" …" if len(names) > 12 else "") + "."
