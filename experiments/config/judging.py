"""How values are judged, read from a study: what is executed instead of the plan, and a reference.

Tolerances are what the author of a study states; no source stands behind them, and a report calls
them assumed. What is stated must be used, and what is asked for must be stated.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from experiments.config.items import Item
from experiments.config.quantities import quantity_text
from formulation.endpoint_keys import WORST_CASE, parse_key
from formulation.endpoints import LIMITS_MET, PREDICTED_F2
from formulation.executed import DRAW_RANGE, Tolerances
from formulation.similarity import ReferenceRelease
from formulation.targets import Goal, Objective, OutcomeLimit

TOLERANCES = ("weighing", "process", "batch")
"""What may scatter, each with a tolerance in percent."""

ROBUSTNESS_EXAMPLE = "robustness: {weighing: 1 %, process: 3 %, batch: 2 %}"
REFERENCE_EXAMPLE = "reference_release: [{time: 1 h, released: 25 %}, ...]"

MAX_POINTS = 30
"""Most points of a reference profile, [-]."""


def read_robustness(item: Item | None) -> Tolerances | None:
    """Return how far from the plan designs may be executed.

    Parameters
    ----------
    item : Item or None
        Tolerances, draws and share; None for a study without, [-].

    Returns
    -------
    Tolerances or None
        What is stated; None without, for an empty mapping, or after a refusal, [-].
    """
    if item is None:
        return None
    members = item.members(optional=(*TOLERANCES, "draws", "share"))
    if not members:
        return None
    values: dict[str, Any] = {}
    for key, member in members.items():
        if key == "draws":
            values[key] = member.whole(*DRAW_RANGE)
        else:
            values[f"{key}_pct"] = member.quantity("percent")
    read = {key: value for key, value in values.items() if value is not None}
    if len(read) < len(values) and not any(f"{key}_pct" in read for key in TOLERANCES):
        return None
    tolerances = item.attempt(lambda: Tolerances(**read))
    return tolerances if len(read) == len(values) else None


def read_reference(item: Item | None) -> ReferenceRelease | None:
    """Return the release profile that products should resemble.

    Parameters
    ----------
    item : Item or None
        The list of its points, empty for none; None for a study without, [-].

    Returns
    -------
    ReferenceRelease or None
        The profile; None without, or after a refusal, [-].
    """
    if item is None:
        return None
    if item.node.value is None:
        item.refuse(
            "wrong_type",
            "nothing was given; a list of points is wanted, each a time and what is released.",
            rule="a list of points",
            hint=f"Write '{REFERENCE_EXAMPLE}', or leave the key out.",
        )
        return None
    points = item.elements(most=MAX_POINTS, least=0)
    times, released = [], []
    for point in points:
        members = point.members(required=("time", "released"))
        times.append(members["time"].quantity("h") if "time" in members else None)
        released.append(members["released"].quantity("percent") if "released" in members else None)
    if not points or None in times or None in released:
        return None
    return item.attempt(lambda: ReferenceRelease(times_h=times, released_pct=released))


def refuse_unjudged(
    item: Item,
    members: Mapping[str, Item],
    objectives: Iterable[Objective],
    limits: Iterable[OutcomeLimit],
) -> None:
    """Note what is asked for and not stated, and what is stated and not asked for.

    Parameters
    ----------
    item : Item
        The study, [-].
    members : mapping of str to Item
        Its members by key, [-].
    objectives : iterable of Objective
        What is wanted, [-].
    limits : iterable of OutcomeLimit
        What must hold, [-].
    """
    held = tuple(limits)
    names = [*(o.endpoint for o in objectives), *(limit.endpoint for limit in held)]
    keys = [parse_key(name) for name in names]
    _refuse_one(
        item,
        members.get("robustness"),
        any(key.reading == WORST_CASE for key in keys),
        f"an endpoint is read as .{WORST_CASE}",
        ROBUSTNESS_EXAMPLE,
    )
    _refuse_one(
        item,
        members.get("reference_release"),
        any(key.text == PREDICTED_F2 for key in keys),
        f"{PREDICTED_F2} is asked for",
        REFERENCE_EXAMPLE,
    )
    _refuse_two_readings(item, objectives, held)
    asks = any(key.text == LIMITS_MET for key in keys)
    if asks and all(limit.endpoint == LIMITS_MET for limit in held):
        item.refuse(
            "contradiction",
            f"{LIMITS_MET} is asked for, but there is no limit to be met.",
            rule="a chance that limits hold needs limits",
            hint="Add limits, or drop it.",
        )


def _refuse_two_readings(
    item: Item, objectives: Iterable[Objective], limits: Iterable[OutcomeLimit]
) -> None:
    """Refuse one key that is read at its worse end by aims which do not agree what is worse."""
    worse: dict[str, set[tuple[bool, bool]]] = {}
    for objective in objectives:
        is_low = objective.goal is Goal.MAXIMISE
        worse.setdefault(objective.endpoint, set()).add((is_low, not is_low))
    for limit in limits:
        ends = limit.low is not None, limit.high is not None
        worse.setdefault(limit.endpoint, set()).add(ends)
    for endpoint, sides in worse.items():
        if parse_key(endpoint).reading and len(sides) > 1:
            item.refuse(
                "contradiction",
                f"{endpoint} is asked for twice, and what is worse for one is better for the other",
                rule="one reading has one worse end",
                hint="Write one of the two without its reading.",
            )


def robustness_config(tolerances: Tolerances) -> dict[str, Any]:
    """Return tolerances as a study file states them.

    Parameters
    ----------
    tolerances : Tolerances
        The tolerances, [-].

    Returns
    -------
    dict
        Plain data with units, [-].
    """
    shares = {key: getattr(tolerances, f"{key}_pct") for key in (*TOLERANCES, "share")}
    texts = {key: quantity_text(value, "percent") for key, value in shares.items()}
    return {**texts, "draws": tolerances.draws}


def reference_config(reference: ReferenceRelease) -> list[dict[str, str]]:
    """Return a reference profile as a study file states it.

    Parameters
    ----------
    reference : ReferenceRelease
        The profile, [-].

    Returns
    -------
    list of dict
        Plain data with units, [-].
    """
    return [
        {"time": quantity_text(time, "h"), "released": quantity_text(released, "percent")}
        for time, released in zip(reference.times_h, reference.released_pct, strict=True)
    ]


def _refuse_one(item: Item, stated: Item | None, is_asked: bool, asked: str, example: str) -> None:
    key = example.partition(":")[0]
    rule = f"{key} is required where {asked}"
    if is_asked and stated is None:
        message = f"{asked}, and {key!r} is missing."
        item.refuse("missing_key", message, rule=rule, hint=f"Add '{example}'.")
    elif is_asked and stated is not None and not stated.node.value:
        message = f"{asked}, but nothing is stated here."
        stated.refuse("missing_key", message, rule=rule, hint=f"Write '{example}'.", at_key=True)
    if stated is not None and stated.node.value and not is_asked:
        stated.refuse(
            "contradiction",
            f"{key} is stated, but no objective or limit uses it.",
            rule=f"it is used where {asked}",
            hint="Leave it out, or ask for what uses it.",
            at_key=True,
        )
