"""What tables say of candidates that were not confirmed: of a large front only some are."""

from collections.abc import Mapping
from typing import Any


def unconfirmed(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is said of a candidate that was not confirmed, in a cell and below a table.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    tuple of str
        A few words, and a sentence; none while the study goes on, or where all were, [-].
    """
    n_all = len(document["front"])
    n = sum(c["confirmation"] is not None for c in document["front"])
    if document["study"]["state"] != "complete" or not 0 < n < n_all:
        return "not yet", ""
    sentence = f"Not confirmed: of {n_all} candidates {n} that lie far apart were."
    return f"no, {n} of {n_all} were", sentence
