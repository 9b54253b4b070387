"""How many processors this process may use."""

import os


def available_processors() -> int:
    """Return how many processors this process may use.

    Returns
    -------
    int
        Number; where no list is kept of them, of all that there are, [-].
    """
    affinity = getattr(os, "sched_getaffinity", None)  # not every system keeps that list
    return len(affinity(0)) if affinity else os.cpu_count() or 1
