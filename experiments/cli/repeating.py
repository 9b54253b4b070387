"""``formulation compare`` and ``formulation rerun``: studies side by side, and once more."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

import typer

from experiments.cli.changed_text import changed_lines
from experiments.cli.interrupting import telling_interruptions
from experiments.cli.output import emit_json, emit_lines, table_lines, terminal_width
from experiments.cli.studies import (
    AsJson,
    Home,
    Kind,
    ProgressKind,
    Ref,
    Workers,
    followed,
    tell_which,
)

_ALONE = {
    "missing": "the repetition has none",
    "beyond": "only the repetition has one",
    "confirmation: missing": "only the study confirmed it",
    "confirmation: beyond": "only the repetition confirmed it",
}
"""What is said of a trial or a confirmation that one of the two lacks."""

_UNFINISHED = {"running": "still runs", "failed": "failed"}
"""What is said of a study that did not reach its end; any other was interrupted."""

SHOWN = 20
"""Differences of what was asked that are shown at most, [-]."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command()(compare)
    app.command()(rerun)


def compare(first: Ref, second: Ref, home: Home = None, as_json: AsJson = False) -> None:
    """Set two studies side by side: what was asked, what each answers, and what came out."""
    from experiments.repeating import compare_studies
    from experiments.workspace import open_workspace

    workspace = open_workspace(home=home)
    for study in (first, second):
        tell_which(study, workspace)
    found = compare_studies(first, second, workspace)
    if as_json:
        emit_json({"schema": "formulation/compare", "version": 1, **found})
    else:
        emit_lines(_side_by_side(found, terminal_width()))


def rerun(
    study: Ref,
    executor: Kind = None,
    workers: Workers = None,
    home: Home = None,
    as_json: AsJson = False,
    progress: ProgressKind = "auto",
) -> None:
    """Repeat a study from its record, and report any difference."""
    with telling_interruptions(progress=progress, as_json=as_json):
        from experiments.repeating import rerun_study
        from experiments.workspace import open_workspace

        workspace = open_workspace(home=home, executor=executor, workers=workers)
        tell_which(study, workspace)
        tell_repetition(
            followed(lambda listener: rerun_study(study, workspace, listener), progress, as_json),
            as_json=as_json,
        )


def tell_repetition(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print how a repetition differs from its study.

    Parameters
    ----------
    found : mapping
        What `experiments.repeating.rerun_study` returned, [-].
    as_json : bool
        Whether JSON is wanted, [-].

    Raises
    ------
    RequirementError
        It differs by more than speed explains.
    """
    from formulation.errors import RequirementError

    if as_json:
        emit_json({"schema": "formulation/rerun", "version": 1, **found})
    else:
        emit_lines(_repeated(found, terminal_width()))
    if found["unexplained"]:
        compared = found["compared"], found["confirmations"]["compared"]
        raise RequirementError(
            f"Study {found['again']['label']} differs from {found['study']['label']} in"
            f" {found['unexplained']} of {compared[0]} trials and {compared[1]} confirmations.",
            hint="Code, libraries or models changed, or a result depends on the machine.",
        )


def _side_by_side(found: Mapping[str, Any], width: int) -> Iterator[str]:
    from experiments.cli.studies_text import LONGEST_NAME, cut
    from experiments.config.quantities import shown_unit
    from experiments.reports.wording import endpoint_title

    a, b = found["a"], found["b"]
    rows = [
        ["strategy", *(side["strategy"].partition("(")[0] for side in (a, b))],
        ["seed", str(a["seed"]), str(b["seed"])],
        ["trials", str(a["trials"]), str(b["trials"])],
        ["feasible", *(f"{100 * side['feasible_fraction']:.0f} %" for side in (a, b))],
        ["on the front", str(a["on_front"]), str(b["on_front"])],
        ["confirmed", str(a["confirmed"]), str(b["confirmed"])],
    ]
    if found["same_scale"]:
        rows.append(["hypervolume", *(f"{side['hypervolume']:.3f}" for side in (a, b))])
    for objective in found["objectives"]:
        name = f"best {endpoint_title(objective['key'])} [{shown_unit(objective['unit'])}]"
        rows.append([name, *(_value(objective[side]) for side in ("a", "b"))])
    heads = (
        f"{side['label']} {cut(side['name'], LONGEST_NAME)} ({side['state']})" for side in (a, b)
    )
    yield from table_lines(["", *heads], rows, width)
    yield from ("", *_answers(found, width), "")
    yield from _refuted_lines(found["objectives"], width)
    yield f"{found['designs_in_both']} candidates stand on both fronts."
    if not found["same_scale"]:
        yield from wrap(
            "Hypervolumes are not compared: the studies do not count between the same values.",
            width,
        )
    yield from ("", *_differences(found["changed"], width))


def _answers(found: Mapping[str, Any], width: int) -> Iterator[str]:
    """Say what each study answers, and whether both recommend the same."""
    a, b = found["a"], found["b"]
    for side in (a, b):
        yield from wrap(f"{side['label']}: {side['answer']['sentence']}", width)
    yield from wrap(_recommended(a, b, found["same_recipe"]), width)


def _recommended(a: Mapping[str, Any], b: Mapping[str, Any], is_same: bool | None) -> str:
    whose = [f"{side['answer']['candidate']} of {side['label']}" for side in (a, b)]
    if is_same is None:
        without = [side["label"] for side in (a, b) if side["answer"]["candidate"] is None]
        return (
            f"There are no two recipes to compare: {' and '.join(without)}"
            f" {'recommends' if len(without) == 1 else 'recommend'} none."
        )
    if not is_same:
        return f"They recommend different recipes: {whose[0]} and {whose[1]}."
    taken = [side["answer"]["taken"] for side in (a, b)]
    same = f"Both recommend the same recipe: {whose[0]} is {whose[1]}"
    return f"{same}." if taken[0] == taken[1] else f"{same}, taken {taken[0]}, or {taken[1]}."


def _repeated(found: Mapping[str, Any], width: int) -> Iterator[str]:
    from experiments.config.spec import ASYNCHRONOUS
    from experiments.reports.choices_made import ASYNCHRONOUS_WORDS

    if found["unfinished"]:
        yield from wrap(_shorter(found), width)
    yield (
        f"{found['again']['label']} repeats {found['study']['label']}:"
        f" {found['equal']} of {found['compared']} trials are equal to the last digit."
    )
    if found["mode"] == ASYNCHRONOUS:
        yield from wrap(
            f"It is asynchronous: {ASYNCHRONOUS_WORDS}. So trials may differ;"
            f" of another design: {found['other_by_speed']}, which is no fault. The same design"
            " must give the same values.",
            width,
        )
    yield from wrap(" ".join(_beside_trials(found)), width)
    if found["first_difference"] is not None:
        yield from wrap(_first(found["first_difference"]), width)
    yield from _differences(found["changed"], width)


def _shorter(found: Mapping[str, Any]) -> str:
    """Say that the study did not reach its end, so that what came later is no difference."""
    told = found["unfinished"]
    ended = _UNFINISHED.get(told["state"], "was interrupted")
    return (
        f"{found['study']['label']} {ended} after {told['trials']} of {told['budget']} trials; its"
        f" repetition has {told['trials_again']}. Only what both have is compared."
    )


def _beside_trials(found: Mapping[str, Any]) -> Iterator[str]:
    """Say what there is beside the trials that both have."""
    if found["missing"]:
        yield f"Trials that the repetition lacks: {found['missing']}."
    if found["beyond"]:
        yield f"Trials that only the repetition has: {found['beyond']}."
    told = found["confirmations"]
    if told["compared"]:
        yield f"Of {told['compared']} confirmations, {told['equal']} are equal to the last digit."
    front = found["front"]
    for labels, whose in ((front["only_before"], "study"), (front["only_after"], "repetition")):
        if labels:
            more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
            shown = ", ".join(labels[:SHOWN])
            yield f"On the front of the {whose} only: {shown}{more}."


def _first(told: Mapping[str, Any]) -> str:
    """Return the first difference in words."""
    where, what = f"First difference, trial {told['number']}", told["what"]
    if told["before"] is None and told["after"] is None:
        return f"{where}: {_ALONE.get(what, f'its {what}')}."
    of = f" of {told['key']}" if told["key"] else ""
    was, now = ("absent" if x is None else repr(x) for x in (told["before"], told["after"]))
    return f"{where}: its {what}{of} was {was}, now {now}."


def _differences(changed: list[Mapping[str, Any]], width: int) -> Iterator[str]:
    if not changed:
        yield "Asked and answered by the same: file, code, libraries and models."
        return
    yield "Changed:"
    lines = [line for change in changed for line in changed_lines(change)]
    for line in lines[:SHOWN]:
        yield from wrap(f"  {line}", width, subsequent_indent="    ")
    if len(lines) > SHOWN:
        yield f"  and {len(lines) - SHOWN} more; --json lists them."


def _value(best: Mapping[str, Any] | None) -> str:
    if best is None:
        return ""
    word = " refuted" if best["is_confirmed"] is False else ""
    return f"{best['value']:.3g} ({best['lo90']:.3g} to {best['hi90']:.3g}) {best['label']}{word}"


def _refuted_lines(objectives: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """Say of each best candidate that did not hold up why, so that nobody makes it."""
    bests = [(side, o[side]) for side in ("a", "b") for o in objectives if o[side] is not None]
    refuted = {(side, b["label"]): b for side, b in bests if b["is_confirmed"] is False}
    for (side, label), best in refuted.items():
        because = "; ".join(best["refuted_because"]).rstrip(".")
        which = "first" if side == "a" else "second"
        yield from wrap(
            f"{label} of the {which} study was refuted when every subject was integrated:"
            f" {because}. Do not make it.",
            width,
        )
