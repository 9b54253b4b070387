"""Where a stored study stands: done, at work, or left by its driver; and what it repeats."""

from experiments.store import Store, StudyState

REPEATS = "repeats"
"""Entry of what a study records about itself: the uuid of the study it repeats."""


def state_of(store: Store, study_id: str) -> StudyState:
    """Return the state of a study; whoever was killed could not write that it is interrupted.

    Parameters
    ----------
    store : Store
        Where it is kept, [-].
    study_id : str
        Uuid of the study, [-].

    Returns
    -------
    str
        Its state; interrupted where no driver is at work on what is not done, [-].
    """
    # The owner first: one that ends between the two looks has written how before it gave it back.
    owner = store.owner(study_id)
    study = store.study(study_id)
    is_at_work = owner is not None and owner.is_at_work
    is_left = "models" in study.info and "tracking" not in study.info  # nothing was handed out
    is_open = study.state == "running" or (study.state == "complete" and is_left)
    return "interrupted" if is_open and not is_at_work else study.state
