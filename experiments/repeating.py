"""Two studies side by side, and a study repeated from its record.

The same record, seed and code give the same trials to the last digit. Where they do not, the first
trial that differs is named with what changed in between: code, libraries, models. A study in
asynchronous mode may propose other designs each time; what the same design gives must not differ.
"""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from experiments.config import study_from_config
from experiments.config.spec import ASYNCHRONOUS
from experiments.config.stops import mode_of_config
from experiments.differing import Evidence, differences
from experiments.reports.account_words import is_refused, risk_reasons
from experiments.reports.answers import Answer, answer
from experiments.results import front_of, study_document
from experiments.standing import REPEATS, state_of
from experiments.store import Store, StudyRecord
from experiments.studies import Listener, finished_trials, run_study
from experiments.workspace import Workspace
from formulation.errors import DataError, InputError

CONDITIONS = ("code_sha256", "versions")
"""What a study records about itself beside its file that decides its trials."""


def compare_studies(first: str, second: str, workspace: Workspace) -> dict[str, Any]:
    """Set two studies of a workspace side by side.

    Parameters
    ----------
    first, second : str
        Label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where they are kept, [-].

    Returns
    -------
    dict
        What differs in what was asked, answers and results of both; a hypervolume only where both
        are counted between the same values, [-].

    Raises
    ------
    InputError
        They are one and the same.
    """
    with Store.open(workspace.store_place, create=False) as store:
        records = store.study(first), store.study(second)
        if records[0].id == records[1].id:
            raise InputError(
                f"{first!r} and {second!r} are the same study, {records[0].label}.",
                hint="`formulation status` lists the studies of the workspace.",
            )
        a, b = (_document(store, record) for record in records)
    same_scale = a["objectives"] == b["objectives"]
    of_a, of_b, same_recipe = answers_of(a, b)
    return {
        "a": {**_summary(a, with_volume=same_scale), "answer": of_a},
        "b": {**_summary(b, with_volume=same_scale), "answer": of_b},
        "same_recipe": same_recipe,
        "changed": _changed(*records),
        "same_scale": same_scale,
        "objectives": _best_by_objective(a, b),
        "designs_in_both": len(
            {c["design_key"] for c in a["front"]} & {c["design_key"] for c in b["front"]}
        ),
    }


def rerun_study(ref: str, workspace: Workspace, listener: Listener) -> dict[str, Any]:
    """Repeat a study from its record, and say in what the trials differ.

    Parameters
    ----------
    ref : str
        Label such as ``S001``, name or uuid, [-].
    workspace : Workspace
        Where it is kept; the repetition becomes a study of its own there, [-].
    listener : Listener
        Who is told, [-].

    Returns
    -------
    dict
        Both studies, what `experiments.differing.differences` finds, and what changed, [-].

    Raises
    ------
    DataError
        The study has no finished trial to compare with.
    """
    with Store.open(workspace.store_place, create=False) as store:
        study = store.study(ref)
        before = finished_trials(store.trials(study.id))
    if not before:
        raise DataError(
            f"Study {study.label} has no finished trial; there is nothing to repeat.",
            hint=f"Go on with it: formulation resume {study.label}",
        )
    spec = evolve(study_from_config(study.config), text=study.config_text)
    document = run_study(spec, workspace, listener, repeats=study)
    return _repetition(document["study"]["id"], workspace)


def repetition(document: Mapping[str, Any], workspace: Workspace) -> dict[str, Any] | None:
    """Return how a complete study that repeats another differs from it.

    Parameters
    ----------
    document : mapping
        Document of any study, such as one that was resumed, [-].
    workspace : Workspace
        Where it is kept, [-].

    Returns
    -------
    dict or None
        As `rerun_study` returns it; None of a study that repeats none, [-].
    """
    with Store.open(workspace.store_place, create=False) as store:
        if REPEATS not in store.study(document["study"]["id"]).info:
            return None
    return _repetition(document["study"]["id"], workspace)


def _repetition(ref: str, workspace: Workspace) -> dict[str, Any]:
    with Store.open(workspace.store_place, create=False) as store:
        again = store.study(ref)
        study = store.study(again.info[REPEATS])
        before = _evidence(store, study)
        after = _evidence(store, again, beside=None if before.is_complete else before)
        state = state_of(store, study.id)
    mode = mode_of_config(study.config)
    return {
        "study": _named(study),
        "again": _named(again),
        "mode": mode,
        "unfinished": None if before.is_complete else _unfinished(study, state, before, after),
        **differences(before, after, is_asynchronous=mode == ASYNCHRONOUS),
        "changed": _changed(study, again),
    }


def _evidence(store: Store, study: StudyRecord, beside: Evidence | None = None) -> Evidence:
    """Return what is compared of a study; its front is of the trials that a shorter one has too."""
    trials = finished_trials(store.trials(study.id))
    objectives = study_from_config(study.config).objectives
    shared = [t for n, t in trials.items() if beside is None or n in beside.trials]
    return Evidence(
        trials=trials,
        confirmations={c.number: c for c in store.confirmations(study.id)},
        front=tuple(t.number for t in front_of(objectives, shared)),
        is_complete=study.state == "complete",
    )


def _unfinished(
    study: StudyRecord, state: str, before: Evidence, after: Evidence
) -> dict[str, Any]:
    """Return how far a study came that did not reach its end, and how far its repetition did."""
    return {
        "state": state,
        "trials": len(before.trials),
        "budget": study.budget,
        "trials_again": len(after.trials),
    }


def _changed(a: StudyRecord, b: StudyRecord) -> list[dict[str, Any]]:
    """Return what differs in what was asked and in what answered, one line a part."""
    left, right = _parts(a), _parts(b)
    return [
        {"what": name, "a": left.get(name), "b": right.get(name)}
        for name in dict.fromkeys([*left, *right])
        if left.get(name) != right.get(name)
    ]


def _parts(study: StudyRecord) -> dict[str, Any]:
    found = dict(_flat(study.config))
    for name in CONDITIONS:
        found |= dict(_flat({name: study.info.get(name, {})}))
    return found | {f"model {m['name']}": m["sha256"][:12] for m in study.info.get("models", [])}


def _flat(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping) or not value:
        return [(name, value)]
    return [
        pair
        for key, member in value.items()
        for pair in _flat(member, f"{name}.{key}" if name else str(key))
    ]


def _document(store: Store, study: StudyRecord) -> dict[str, Any]:
    document = study_document(store, study)
    document["study"]["state"] = state_of(store, study.id)
    return document


def answers_of(
    a: Mapping[str, Any], b: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], bool | None]:
    """Return how two studies answer.

    Parameters
    ----------
    a, b : mapping
        What `experiments.results.study_document` made of each, [-].

    Returns
    -------
    tuple of dict, dict and (bool or None)
        Verdict, first line and what is recommended, of each; whether both recommend one recipe,
        however it is taken; None where one recommends none.
    """
    found = answer(a), answer(b)
    one, other = (
        next((c for c in document["front"] if c["label"] == told.label), None)
        for document, told in zip((a, b), found, strict=True)
    )
    same = None if one is None or other is None else _recipe(one) == _recipe(other)
    return _answer(found[0], one), _answer(found[1], other), same


def _answer(found: Answer, best: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "verdict": found.verdict.value,
        "sentence": found.sentence,
        "candidate": found.label,
        "taken": None if best is None else best["regimen"],
    }


def _recipe(candidate: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in candidate["design"].items() if k != "regimen"}


def _summary(document: Mapping[str, Any], *, with_volume: bool) -> dict[str, Any]:
    study = document["study"]
    return {
        "id": study["id"],
        "label": study["label"],
        "name": study["name"],
        "state": study["state"],
        "strategy": study["strategy"],
        "seed": document["seed"],
        "trials": document["trials"],
        "feasible_fraction": document["feasible_fraction"],
        "hypervolume": document["hypervolume"] if with_volume else None,
        "on_front": len(document["front"]),
        "confirmed": document["confirmation"]["n_confirmed"],
    }


def _best_by_objective(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    wanted = {o["key"]: o for o in [*a["objectives"], *b["objectives"]]}
    return [
        {
            "key": key,
            "title": objective["title"],
            "unit": objective["unit"],
            "goal": objective["goal"],
            "a": _best(a, key, objective["goal"]),
            "b": _best(b, key, objective["goal"]),
        }
        for key, objective in wanted.items()
    ]


def _best(document: Mapping[str, Any], key: str, goal: str) -> dict[str, Any] | None:
    """Return the best candidate of a front in one objective, with its interval."""
    having = [c for c in document["front"] if key in c["objectives"]]
    if not having:
        return None
    sign = 1 if goal == "maximise" else -1
    best = max(having, key=lambda c: sign * c["objectives"][key])
    low, high = best["intervals"][key]
    return {
        "label": best["label"],
        "value": best["objectives"][key],
        "lo90": low,
        "hi90": high,
        **_standing(best),
    }


def _standing(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether a candidate held up when every subject was integrated; None before that."""
    confirmation = candidate["confirmation"]
    if confirmation is None:
        return {"is_confirmed": None, "refuted_because": []}
    refusals = risk_reasons(candidate, "refused") if is_refused(candidate) else []
    holds = confirmation["is_confirmed"] and not refusals
    because = [] if holds else [*confirmation["reasons"], *refusals]
    return {"is_confirmed": holds, "refuted_because": because}


def _named(study: StudyRecord) -> dict[str, str]:
    return {"id": study.id, "label": study.label, "name": study.name}
