"""Chunks of one run that no worker holds: all in hand at once, or asked for one by one."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any


class Waiting:
    """What is still to be sent, and how much of what was given is not answered yet.

    Parameters
    ----------
    chunks : iterable
        A sequence is taken at once; anything else may need what came back before to say what comes
        next, and is asked for one chunk at a time, [-].
    """

    def __init__(self, chunks: Iterable[Any]) -> None:
        self.is_open = not isinstance(chunks, Sequence)
        """Whether there may be more than what was given so far."""
        self._source = enumerate(chunks)
        self.in_hand: deque[tuple[int, Any]] = deque()
        """Index and chunk of what a free worker gets, first come first served."""
        if not self.is_open:
            self.in_hand.extend(self._source)
        self.n_unanswered = len(self.in_hand)
        """Chunks that were given and have no result yet, [-]."""

    @property
    def is_done(self) -> bool:
        """Whether every chunk has a result and no more will come."""
        return not self.is_open and self.n_unanswered == 0

    def ask(self) -> bool:
        """Ask for one more chunk.

        Returns
        -------
        bool
            Whether there was one; it is in hand then, [-].
        """
        found = next(self._source, None)
        if found is None:
            self.is_open = False
            return False
        self.in_hand.append(found)
        self.n_unanswered += 1
        return True
