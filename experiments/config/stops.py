"""What ends a search besides its budget, and how long an ask may take: read and written."""

from typing import Any

from attrs import asdict

from experiments.config.items import Item
from experiments.config.quantities import quantity_text
from experiments.config.spec import MAX_SECONDS, Budget, Stagnation

TIMES = {"wall_time": "wall_time_s", "ask_seconds": "ask_seconds"}
"""Fields of `Budget` that are times, [s], by their key in a study."""

STOPS = (*TIMES, "stagnation")
"""Keys of a budget that may be left out without a default."""


def read_stop(key: str, item: Item) -> tuple[str, Any]:
    """Return what a key of `STOPS` says, with the field of `Budget` it fills.

    Parameters
    ----------
    key : str
        The key, [-].
    item : Item
        Its value, [-].

    Returns
    -------
    tuple of str and object
        Field and value; None after a refusal, [-].
    """
    if key == "stagnation":
        return key, _read_stagnation(item)
    seconds = item.quantity("s")
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        item.refuse(
            "out_of_range",
            f"{seconds:g} s is not possible; more than 0 and at most {MAX_SECONDS} s is wanted.",
            rule=f"0 < time <= {MAX_SECONDS} s",
        )
        return TIMES[key], None
    return TIMES[key], seconds


def budget_config(budget: Budget) -> dict[str, Any]:
    """Return a budget as a study file writes it.

    Parameters
    ----------
    budget : Budget
        The budget, [-].

    Returns
    -------
    dict
        Plain values; what is not stated is left out, so that older studies keep their hash, [-].
    """
    found = asdict(
        budget, filter=lambda field, _: field.name not in (*TIMES.values(), "stagnation")
    )
    for key, name in TIMES.items():
        seconds = getattr(budget, name)
        if seconds is not None:
            found[key] = quantity_text(seconds, "s")
    if budget.stagnation is not None:
        found["stagnation"] = {
            "trials": budget.stagnation.trials,
            "gain": quantity_text(budget.stagnation.gain_pct, "percent"),
        }
    return found


def _read_stagnation(item: Item) -> Stagnation | None:
    members = item.members(required=("trials", "gain"))
    trials = members["trials"].whole(1, 100_000) if "trials" in members else None
    gain = members["gain"].quantity("percent") if "gain" in members else None
    if trials is None or gain is None:
        return None
    return item.attempt(lambda: Stagnation(trials=trials, gain_pct=gain))
