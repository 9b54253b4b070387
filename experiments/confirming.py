"""The end of a study's search: its front is confirmed, and what that found is kept."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiments.account import Accountant
from experiments.account.courses import rounded
from experiments.candidates import ACCOUNTS, COURSES, PROFILER
from experiments.config import StudySpec
from experiments.confirmation import against_plain, confirm, make_accountant, release_curves
from experiments.fitting import FittedModels
from experiments.plain_tablets import plain_trials
from experiments.profiling import profile
from experiments.readings import judging_of
from experiments.reports.answers import answer
from experiments.results import front_of, study_document
from experiments.search.front import normalised, spread_indices
from experiments.store import (
    CurveRecord,
    Lease,
    Store,
    StudyRecord,
    TrialRecord,
    candidate_label,
)
from formulation.design import Design

MOST_CONFIRMED = 64
"""Candidates of a front that are confirmed at most, [-]; of more, some that lie far apart."""


DAYS_PER_WEEK, HOURS_PER_DAY = 7, 24.0


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
    of_people = [
        record
        for trial in front
        for record in week_curves(trial.number, accountant.courses[candidate_label(trial.number)])
    ]
    store.put_curves(lease, [*release_curves(front, models.chain), *of_people])
    store.set_study(lease, info=_told_in_full(store, study, spec, models, whole, accountant))


def week_curves(number: int, courses: Sequence[Mapping[str, Any]]) -> list[CurveRecord]:
    """Return courses of people at the end of the first day and of each week.

    Every day of every candidate would be six times as much to keep and to tell the tracking.

    Parameters
    ----------
    number : int
        Number of the trial, [-].
    courses : sequence of mapping
        What `experiments.account.courses.course_curves` made, the candidate's line first, [-].

    Returns
    -------
    list of CurveRecord
        Medians with the 90 % band between people, against hours, [-].
    """
    found = []
    for curve in rounded(courses):
        days = curve["x"]["values"]
        kept = [k for k, day in enumerate(days) if k == 0 or day % DAYS_PER_WEEK == 0]
        line = curve["series"][0]
        y, lo90, hi90 = ([line[end][k] for k in kept] for end in ("p50", "p05", "p95"))
        found.append(
            CurveRecord(
                number=number,
                name=curve["name"].removesuffix("_weeks"),
                x_unit="h",
                x=[HOURS_PER_DAY * days[k] for k in kept],
                y_unit=curve["y"]["unit"],
                y=y,
                lo90=lo90,
                hi90=hi90,
                origin=line["origin"],
                kind="90 % of people, each of whom was integrated",
            )
        )
    return found


def _told_in_full(
    store: Store,
    study: StudyRecord,
    spec: StudySpec,
    models: FittedModels,
    front: Sequence[TrialRecord],
    accountant: Accountant,
) -> dict[str, Any]:
    """Return what is kept of one candidate only: the one the answer names, else the first."""
    by_label = {candidate_label(t.number): t for t in front}
    named = answer(study_document(store, store.study(study.id))).label
    best = named or next(iter(by_label))
    # After a resumption the best may be one that an earlier process confirmed.
    seen = best if best in accountant.courses else next(iter(accountant.courses))
    return {
        PROFILER: profile(best, Design.from_dict(by_label[best].design), spec, models.chain),
        COURSES: {"candidate": seen, "curves": rounded(accountant.courses[seen])},
    }
