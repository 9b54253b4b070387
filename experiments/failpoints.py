"""Named moments at which a test may kill this process; without the environment variable, nothing.

``FORMULATION_FAILPOINT=commit:3`` sends SIGKILL to the process at its third pass through "commit".
``FORMULATION_BREAK=ack_before_commit`` takes one protection out, so that its test can be seen to
fail.
"""

import os
import signal
from collections import Counter

POINTS = ("ask", "flight", "commit", "tell")
"""Before designs are stored as running; while workers evaluate; before the commit of results;
after it was acknowledged and before the next proposal."""

TRACKING_POINTS = (
    "track_create",
    "track_batch",
    "track_files",
    "track_end",
    "track_mark",
    "track_model",
)
"""While a study is delivered to the tracking: after a run was made, after a batch of metrics, after
its artefacts, before it is ended, before the message counts as delivered; after a surrogate was
registered and before it is noted with the study."""

_passes: Counter[str] = Counter()


def hit(point: str) -> None:
    """Die here if the environment asks for it.

    Parameters
    ----------
    point : str
        One of `POINTS` or `TRACKING_POINTS`, [-].
    """
    name, _, nth = os.environ.get("FORMULATION_FAILPOINT", "").partition(":")
    if name != point:
        return
    _passes[point] += 1
    if _passes[point] == int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def broken(protection: str) -> bool:
    """Tell whether the environment takes this protection out.

    Parameters
    ----------
    protection : str
        Name of the protection, [-].

    Returns
    -------
    bool
        Always false outside tests, [-].
    """
    return os.environ.get("FORMULATION_BREAK") == protection
