"""SIGTERM and SIGHUP stop a study, also where a library swallows what was raised amid its own call.

A signal is raised wherever the program happens to be. Compiled code that calls back into Python may
drop it there, and go on or stumble over what was left half done. So it is remembered: the next word
to the listener raises it again, and a stumble afterwards is the stop that was asked for.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, ParamSpec

import typer

from formulation.errors import FormulationError

if TYPE_CHECKING:
    from experiments.studies import Listener

Words = ParamSpec("Words")


class Stop:
    """Whether the system has asked this process to end."""

    def __init__(self) -> None:
        self.is_asked = False

    def heeded(self, tell: Callable[Words, None]) -> Callable[Words, None]:
        """Return a call that ends the study once it was asked to.

        Parameters
        ----------
        tell : callable
            What is called first, [-].

        Returns
        -------
        callable
            The same, and then the stop, [-].
        """
        from experiments.studies import Terminated

        def told(*words: Words.args, **named: Words.kwargs) -> None:
            tell(*words, **named)
            if self.is_asked:
                raise Terminated

        return told

    def heeding(self, listener: "Listener") -> "Listener":
        """Return a listener that ends the study once it was asked to.

        Parameters
        ----------
        listener : Listener
            Who is told, [-].

        Returns
        -------
        Listener
            The same, [-].
        """
        from experiments.studies import Listener

        return Listener(
            say=self.heeded(listener.say),
            on_started=self.heeded(listener.on_started),
            on_ack=self.heeded(listener.on_ack),
            on_progress=self.heeded(listener.on_progress),
        )


@contextmanager
def sigterm_stops() -> Iterator[Stop]:
    """Let SIGTERM, or the end of its terminal, end the block as a stop that keeps what was done.

    Yields
    ------
    Stop
        Whether it was asked for, [-].
    """
    from experiments.studies import Interrupted, Terminated

    stop = Stop()

    def asked(_number: int, _frame: FrameType | None) -> NoReturn:
        stop.is_asked = True
        raise Terminated

    # Who was started by nohup ignores a hangup, and goes on doing so.
    heeded = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, asked) for number in heeded}
    try:
        yield stop
    except Terminated:
        raise typer.Exit(128 + signal.SIGTERM) from None
    except (FormulationError, Interrupted, typer.Exit):
        raise
    except Exception:  # whatever a call that lost the stop stumbled over
        if not stop.is_asked:
            raise
        raise typer.Exit(128 + signal.SIGTERM) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
