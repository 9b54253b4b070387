"""A candidate of a stored study with what judges it, for whoever looks at its neighbours."""

from collections.abc import Callable, Sequence

from attrs import frozen

from experiments.config import StudySpec, study_from_config
from experiments.fitting import fit_or_load, refuse_other_models
from experiments.objective import StudyEvaluator
from experiments.searching import evaluator_of
from experiments.store import Store, StudyRecord, TrialRecord, as_candidate_label, candidate_label
from experiments.workspace import Workspace
from formulation.design import Design
from formulation.errors import InputError
from models.surrogates.chain import SurrogateChain


@frozen(kw_only=True, eq=False)
class OpenCandidate:
    """A candidate and what evaluates designs beside it as the search evaluated its trials."""

    study: StudyRecord
    """The study."""

    spec: StudySpec
    """What it asks for."""

    label: str
    """The candidate, such as C042."""

    design: Design
    """Its design."""

    chain: SurrogateChain
    """The surrogates its trials were judged with."""

    evaluator: StudyEvaluator
    """What evaluates designs of the study."""


def open_candidate(
    ref: str, candidate: str, workspace: Workspace, say: Callable[[str], None]
) -> OpenCandidate:
    """Return a candidate with the models of its study.

    Parameters
    ----------
    ref : str
        Study: label such as ``S001``, name or uuid, [-].
    candidate : str
        Its candidate, such as ``C042``, [-].
    workspace : Workspace
        Where the study is kept, [-].
    say : callable
        Told what is being done, in words, [-].

    Returns
    -------
    OpenCandidate
        With its study, [-].

    Raises
    ------
    InputError
        There is no such candidate, or it gave no number.
    """
    with Store.open(workspace.store_place, create=False) as store:
        study = store.study(ref)
        spec = study_from_config(study.config)
        trial = _trial(store.trials(study.id), candidate, study.label)
        models = fit_or_load(spec.space, spec.population, store, workspace.models_folder, say)
        refuse_other_models(study, models)
    return OpenCandidate(
        study=study,
        spec=spec,
        label=candidate_label(trial.number),
        design=Design.from_dict(trial.design),
        chain=models.chain,
        evaluator=evaluator_of(spec, models.chain),
    )


def _trial(trials: Sequence[TrialRecord], candidate: str, study: str) -> TrialRecord:
    known = {candidate_label(t.number): t for t in trials if t.state == "complete"}
    label = as_candidate_label(candidate)
    if label not in known:
        raise InputError(
            f"Study {study} has no candidate {candidate[:40]!r} with values.",
            hint=f"`formulation front {study}` lists its candidates, such as C042.",
        )
    return known[label]
