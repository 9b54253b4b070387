"""How many processors this process may use, and how many it uses."""

import os
from typing import Any


def available_processors() -> int:
    """Return how many processors this process may use.

    Returns
    -------
    int
        Number; where no list is kept of them, of all that there are, [-].
    """
    affinity = getattr(os, "sched_getaffinity", None)  # not every system keeps that list
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def one_thread() -> Any:
    """Keep matrix products and trees to one thread; more wait for each other longer than they work.

    Returns
    -------
    threadpoolctl.threadpool_limits
        Holds from now on, or within a ``with`` statement, [-].
    """
    # Only libraries that are loaded already are limited.
    import scipy.linalg  # noqa: F401
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
