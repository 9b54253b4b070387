"""The end of a study's search: its front is confirmed, and what that found is kept."""

from collections.abc import Callable

from experiments.candidates import ACCOUNTS, plain_trials
from experiments.config import StudySpec
from experiments.confirmation import against_plain, confirm, make_accountant, release_curves
from experiments.fitting import FittedModels
from experiments.readings import judging_of
from experiments.results import front_of
from experiments.search.front import normalised, spread_indices
from experiments.store import Lease, Store, StudyRecord, TrialRecord, candidate_label

MOST_CONFIRMED = 64
"""Candidates of a front that are confirmed at most, [-]; of more, some that lie far apart."""


def confirm_front(
    store: Store,
    lease: Lease,
    study: StudyRecord,
    spec: StudySpec,
    models: FittedModels,
    trials: tuple[TrialRecord, ...],
    say: Callable[[str], None],
) -> None:
    """Confirm the front of a study, every subject integrated, and keep what was found.

    Parameters
    ----------
    store : Store
        Where the study is kept, [-].
    lease : Lease
        Held by this process, [-].
    study : StudyRecord
        The study, [-].
    spec : StudySpec
        The same as it was asked, [-].
    models : FittedModels
        What its trials were judged with, [-].
    trials : tuple of TrialRecord
        Its finished trials, [-].
    say : callable
        Told what is confirmed, in words, [-].
    """
    whole = front_of(spec.objectives, trials)
    if not whole:
        return
    scores = normalised(spec.objectives, [t.values for t in whole])
    front = [whole[k] for k in spread_indices(scores, MOST_CONFIRMED)]
    n_subjects = spec.budget.confirm_subjects
    of_all = "" if len(front) == len(whole) else f" of {len(whole)}, spread over the front"
    say(f"confirming {len(front)} candidates{of_all}, every subject integrated")
    # The plain tablet is integrated too, if only to say whether a trial would tell them apart.
    plain = plain_trials(spec.objectives, [t for t in trials if t.is_feasible])[:1]
    integrated = [*front, *(t for t in plain if t not in front)]
    accountant = make_accountant(integrated, spec.jurisdiction)
    confirmed = confirm(
        integrated,
        spec.population,
        spec.objectives,
        spec.limits,
        n_subjects,
        watch=accountant,
        judging=judging_of(spec),
    )[: len(front)]
    labels = [candidate_label(t.number) for t in front]
    against = against_plain(accountant, labels, candidate_label(plain[0].number)) if plain else {}
    # First the accounts, so that a stop between the two leaves no candidate confirmed without one.
    accounts = {
        label: {**accountant.accounts[label], "against_plain": against.get(label)}
        for label in labels
    }
    store.set_study(lease, info={ACCOUNTS: accounts})
    store.put_confirmations(lease, confirmed)
    store.put_curves(lease, release_curves(front, models.chain))
