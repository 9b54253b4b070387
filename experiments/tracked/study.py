"""The run of a study: what was asked, of what it was learnt, and how the search went."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from typing import Any

from experiments.tracked.candidates import (
    BODY_CURVES,
    MEASURED_METRIC,
    RELEASE_METRIC,
    curve_name,
)
from experiments.tracked.course import course
from experiments.tracked.facts import StudyFacts
from experiments.tracked.files import study_files
from experiments.tracking_messages import (
    NOTE_END,
    STUDY,
    RunContent,
    ShownNames,
    experiment_name,
    metric_name,
    study_key,
)

EXPERIMENT_NOTE = """\
Searches for magnesium products. A name ends with its unit: `_mg` of one unit of the product,
`_pct_ww` share of its mass, `_pct` percent, `_mg_per_d` per day, `_mmol`, `_mmol_per_d`, and so on.
`_lo90` and `_hi90` end the 90 % interval, `_confirmed` is with every subject integrated; `_by_min`
and `_by_h` are curves: the step is the time. `dissolved` is predicted by the surrogate,
`dissolved_by_law` by the release law, `measured` is what a laboratory read. `serum` (mean of a
day), `urine` and `red_cells` are medians of people who take the product, on the first day and at
the end of each week, with the band of 90 % of them. In the run of a study the step is the number
of the trial. Runs of kind `candidate` are designs; all of them is simulated but `measured`."""
"""What names and steps mean, as the description of every experiment of ours."""


def study_content(facts: StudyFacts) -> RunContent:
    """Return what is told of a study as a whole.

    Parameters
    ----------
    facts : StudyFacts
        The study, complete, [-].

    Returns
    -------
    RunContent
        Its run, with the artefacts, [-].
    """
    study, spec = facts.study, facts.spec
    last = facts.trials[-1].number if facts.trials else 0
    return RunContent(
        key=study_key(study.id),
        experiment=experiment_name(spec.project or study.name),
        name=f"{study.label} {study.name}",
        # MLflow shows a note as Markdown, in which HTML would be more than text.
        note=escape(spec.question) + NOTE_END,
        tags=_tags(facts),
        params={
            "budget": study.budget,
            "seed": study.seed,
            "jurisdiction": spec.jurisdiction,
            "population": spec.population.name,
            "n_subjects": spec.population.size,
            **{f"goal_{metric_name(o.endpoint)}": o.goal.value for o in spec.objectives},
        },
        metrics=[
            *course(spec.objectives, facts.trials),
            ("n_front", float(len(facts.front)), last),
            (
                "n_confirmed",
                float(sum(_holds(c.slacks) for c in facts.confirmations.values())),
                last,
            ),
        ],
        data=list(_data(facts.models).values()),
        files=study_files(facts),
    )


def shown_names(facts: StudyFacts) -> ShownNames:
    """Return what the view of a study's front draws.

    Parameters
    ----------
    facts : StudyFacts
        The study, [-].

    Returns
    -------
    ShownNames
        Its objectives, the bench curves, and what tells products apart, [-].
    """
    measured = [MEASURED_METRIC] if facts.measured_numbers & facts.front_numbers else []
    of_front = [c for number in facts.front_numbers for c in facts.curves.get(number, ())]
    there = {c.name: curve_name(c) for c in of_front}
    return ShownNames(
        objectives=[metric_name(o.endpoint) for o in facts.spec.objectives],
        curves=[[RELEASE_METRIC, *measured], *([there[n]] for n in BODY_CURVES if n in there)],
        params=["delivery_system", "salt", "elemental_mg_per_unit"],
    )


def _holds(slacks: Mapping[str, float]) -> bool:
    return min(slacks.values(), default=0.0) >= 0


def _data(cards: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the data behind the surrogates, simulated and accepted, each once."""
    return {f"{d['name']}@{d['digest']}": d for card in cards for d in card.get("data", ())}


def _tags(facts: StudyFacts) -> dict[str, str]:
    study, spec, info = facts.study, facts.spec, facts.study.info
    stopped = info.get("stopped") or {}
    versions, lock = info.get("versions", {}), info.get("lock", {})
    data = "\n".join(sorted(_data(facts.models)))
    return {
        "kind": STUDY,
        "study": study.label,
        "project": spec.project,
        "pareto": "false",
        "systems": ", ".join(spec.space.systems),
        "population": spec.population.name,
        "config_sha256": study.config_sha256,
        "data_sha256": sha256(data.encode()).hexdigest() if data else "",
        "data": "training data of its surrogates: " + (data.replace("\n", ", ") or "not recorded"),
        "code_version": versions.get("formulation-design", ""),
        "code_sha256": info.get("code_sha256", ""),
        "lock_sha256": lock.get("sha256", ""),
        "lock_of": lock.get("of", "not recorded"),
        "sampler": info.get("strategy", spec.budget.strategy),
        "executor": info.get("executor", {}).get("kind", ""),
        "state": study.state,
        "status_reason": stopped.get("because", ""),
    }
