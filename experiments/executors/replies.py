"""What a worker sends back, and how an exception crosses from its process to the driver's.

Everything travels as bytes of the standard pickle between processes of one distribution and one
user; nothing is kept on disk. An error of ours is rebuilt from its class and state, because not
every constructor takes the arguments that pickle would give it.
"""

import pickle
import traceback
from typing import Any

from attrs import frozen

from formulation.errors import ExecutorError, FormulationError

RESUME_HINT = "Finished trials are kept; `formulation resume` continues once the cause is gone."
"""What to do after a run ended early."""


class RemoteTraceback(Exception):
    """The traceback of a worker, as text: the cause of an error raised in the driver."""


@frozen(kw_only=True)
class GivenUp:
    """Stands in place of a result: the chunk cost one worker after another."""

    reason: str
    """How often it was tried, and how it ended the last time."""


@frozen(kw_only=True)
class Failure:
    """An exception that a worker caught."""

    summary: str
    """Type and message."""

    trace: str
    """The worker's traceback."""

    ours: bytes | None
    """Class, arguments and state of a `FormulationError`; none for others."""

    is_memory: bool = False
    """Whether memory ran out: the worker lives, but what it holds is not to be relied on."""

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Return what can be sent of an exception.

        Parameters
        ----------
        error : Exception
            What was caught, [-].

        Returns
        -------
        Failure
            Always picklable, [-].
        """
        return cls(
            summary=_summary(error),
            trace="".join(traceback.format_exception(error)),
            ours=_portable(error),
            is_memory=isinstance(error, MemoryError),
        )

    def rebuilt(self, place: str) -> FormulationError | None:
        """Return the error of ours that the worker caught, its traceback as a note.

        Parameters
        ----------
        place : str
            Which worker, for the note, [-].

        Returns
        -------
        FormulationError or None
            None when the exception was not ours, [-].
        """
        if self.ours is None:
            return None
        kind, arguments, state = pickle.loads(self.ours)
        error: FormulationError = kind.__new__(kind, *arguments)
        error.__dict__.update(state)
        error.add_note(f"In {place}:\n{self.trace}")
        return error


@frozen(kw_only=True)
class Reply:
    """One answer of a worker."""

    pid: int
    """The process that answers."""

    value: Any = None
    """What the evaluator returned."""

    failure: Failure | None = None
    """What went wrong instead."""

    def packed(self) -> bytes:
        """Return the reply as bytes; a result that cannot be pickled becomes a failure.

        Returns
        -------
        bytes
            For `Reply.unpacked`, [-].
        """
        try:
            return pickle.dumps(self, protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # worker boundary: a class may raise anything
            return Reply(pid=self.pid, failure=Failure.of(error)).packed()

    @staticmethod
    def unpacked(data: bytes) -> "Reply":
        """Return the reply that was packed.

        Parameters
        ----------
        data : bytes
            From `packed`, [-].

        Returns
        -------
        Reply
            The answer, [-].
        """
        reply: Reply = pickle.loads(data)
        return reply


def pack(thing: object, name: str) -> bytes:
    """Return an object as bytes for the workers.

    Parameters
    ----------
    thing : object
        An evaluator or a chunk, [-].
    name : str
        What to call it in an error, [-].

    Returns
    -------
    bytes
        Its pickle, [-].

    Raises
    ------
    ExecutorError
        It cannot be pickled.
    """
    try:
        return pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # worker boundary: a class may raise anything
        raise ExecutorError(
            f"{name} cannot be sent to a worker: {_summary(error)}; it must be picklable.",
            hint="Use functions and classes of an importable module, or the inline executor.",
        ) from error


def evaluator_failed(index: int, error: Exception | str) -> ExecutorError:
    """Return the error for an evaluator that raised something that is not ours.

    Parameters
    ----------
    index : int
        Index of the chunk, [-].
    error : Exception or str
        What was raised, or its summary, [-].

    Returns
    -------
    ExecutorError
        To be raised from its cause, [-].
    """
    summary = _summary(error) if isinstance(error, Exception) else error
    return ExecutorError(
        f"The evaluator failed on chunk {index} with {summary}; it was not tried again.",
        hint=RESUME_HINT,
    )


def _summary(error: Exception) -> str:
    return "".join(traceback.format_exception_only(error)).strip()


def _portable(error: Exception) -> bytes | None:
    if not isinstance(error, FormulationError):
        return None
    try:
        return pickle.dumps((type(error), error.args, error.__dict__))
    except Exception:  # worker boundary: then summary and traceback carry it
        return None
