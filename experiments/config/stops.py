"""What a budget may leave out without a default: ends, time for an ask, mode; and its writing."""

from collections.abc import Mapping
from typing import Any

from attrs import asdict

from experiments.config.items import Item
from experiments.config.quantities import quantity_text
from experiments.config.spec import (
    GENERATION,
    MAX_SECONDS,
    MODES,
    REPRODUCIBLE,
    Budget,
    Stagnation,
)
from formulation.errors import InputError

TIMES = {"wall_time": "wall_time_s", "ask_seconds": "ask_seconds"}
"""Fields of `Budget` that are times, [s], by their key in a study."""

STOPS = (*TIMES, "stagnation", "mode")
"""Keys of a budget that are written only where they change something."""


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
    if key == "mode":
        return key, item.name("Mode", MODES)
    seconds = item.quantity("s")
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        item.refuse(
            "out_of_range",
            f"{seconds:g} s is not possible; more than 0 and at most {MAX_SECONDS} s is wanted.",
            rule=f"0 < time <= {MAX_SECONDS} s",
            hint=f"Write it such as '{key}: 2 h', or leave it out for no such end."
            if key == "wall_time"
            else f"Write it such as '{key}: 10 s', or leave it out.",
        )
        return TIMES[key], None
    return TIMES[key], seconds


def refuse_skipping(budget: Budget, study: Item | None = None) -> None:
    """Refuse a batch that holds more than a generation of the evolutionary search.

    Parameters
    ----------
    budget : Budget
        What is asked for, [-].
    study : Item or None, optional
        The study file that asks for it; None where flags do, [-].

    Raises
    ------
    InputError
        The batch holds more than a generation.
    """
    if not budget.skips_generations:
        return
    message = (
        f"a batch of {budget.batch} is more than one generation of {budget.strategy}, which is"
        f" {GENERATION}: trials beyond it would have parents that are out of date."
    )
    hint = f"State 'batch: {GENERATION}' or less, or take another strategy."
    if study is None:
        raise InputError(message, hint=hint)
    rule = f"at most {GENERATION} with strategy {budget.strategy}"
    study.entries()["budget"].entries()["batch"].refuse(
        "out_of_range", message, rule=rule, hint=hint
    )
    raise InputError.of(study.problems)


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
    left_out = (*TIMES.values(), "stagnation", "mode")
    found = asdict(budget, filter=lambda field, _: field.name not in left_out)
    for key, name in TIMES.items():
        seconds = getattr(budget, name)
        if seconds is not None:
            found[key] = quantity_text(seconds, "s")
    if budget.stagnation is not None:
        found["stagnation"] = {
            "trials": budget.stagnation.trials,
            "gain": quantity_text(budget.stagnation.gain_pct, "percent"),
        }
    if budget.mode != REPRODUCIBLE:
        found["mode"] = budget.mode
    return found


def mode_of_config(config: Mapping[str, Any]) -> str:
    """Return the mode of a stored study.

    Parameters
    ----------
    config : mapping
        The `StudySpec.config` of a study, [-].

    Returns
    -------
    str
        One of `MODES`, [-].
    """
    return str(config.get("budget", {}).get("mode", REPRODUCIBLE))


def refuse_endless(item: Item, budget: Budget) -> None:
    """Refuse a rule of stagnation that can never end the search.

    Parameters
    ----------
    item : Item
        The rule, [-].
    budget : Budget
        The budget it belongs to, [-].
    """
    rule = budget.stagnation
    if rule is not None and rule.trials >= budget.trials:
        item.entries()["trials"].refuse(
            "contradiction",
            f"stagnation looks back over {rule.trials} trials, but the budget of"
            f" {budget.trials} ends the search before there are more; it can never end it.",
            rule="fewer trials than the budget",
            hint=f"Write fewer than {budget.trials}, raise the budget, or leave stagnation out.",
        )


def _read_stagnation(item: Item) -> Stagnation | None:
    members = item.members(required=("trials", "gain"))
    trials = members["trials"].whole(1, 100_000) if "trials" in members else None
    gain = members["gain"].quantity("percent") if "gain" in members else None
    if gain is not None and not 0 < gain <= 100:
        members["gain"].refuse(
            "out_of_range",
            f"{gain:g} % is not possible; a gain above 0 and at most 100 % is wanted.",
            rule="0 < gain <= 100 %",
            hint="Write it such as 'gain: 1 %', of what the hypervolume is then.",
        )
        return None
    if trials is None or gain is None:
        return None
    return item.attempt(lambda: Stagnation(trials=trials, gain_pct=gain))
