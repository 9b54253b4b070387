"""What came out, held against what was expected: higher, lower, no different, refused.

Higher and lower are directions: clearly more people stand above than below, the same people in
both arms, so that an effect on a part of them counts too; one patient has only a sign. No different
means that no trial of fewer than 50 subjects would show it, or that the ratio of the medians stays
within the stated ends. A difference may have a direction and yet not be worth a trial: then an
expectation of a direction holds, and a statement of the article is still not borne out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from experiments.config.scenario_spec import (
    MEASURED,
    Direction,
    Expectation,
    Scenario,
)
from experiments.scenarios.arms import Followed
from experiments.scenarios.wording import endpoint_head, name_words
from experiments.simulation.versus import loose_stools
from experiments.simulation.wording import unit_words
from formulation.arrays import FloatArray
from models.chain import percentile_interval
from models.comparison import compare, share_interval
from models.measurement import get_measurement

Told = dict[str, Any]

EVEN = 0.5
"""Share of people ahead where two arms are alike, [-]."""

BORNE_OUT, SMALL, CONTRADICTED = "borne_out", "not_worth_a_trial", "contradicted"
NO_EFFECT = "no_effect"
"""What may come of a statement of the popular article."""


def verdict(expectation: Expectation, scenario: Scenario, arms: Mapping[str, Followed]) -> Told:
    """Return what was expected, what came out, and whether the two agree.

    Parameters
    ----------
    expectation : Expectation
        What was expected, [-].
    scenario : Scenario
        Where it stands, [-].
    arms : mapping of str to Followed
        What came out, by name of the arm, [-].

    Returns
    -------
    dict
        Plain values: ``held``, a sentence ``came``, and ``outcome`` where an article says it, [-].
    """
    told = {
        "arm": expectation.arm,
        "is": expectation.direction.value,
        "endpoint": expectation.endpoint or None,
        "against": expectation.against or None,
        "within": None if expectation.ratio is None else list(expectation.ratio),
        "because": expectation.because,
        "says": expectation.says,
    }
    if expectation.direction is Direction.REFUSED:
        return told | _refusal(expectation, scenario)
    return told | _difference(expectation, arms)


def _refusal(expectation: Expectation, scenario: Scenario) -> Told:
    arm = next(a for a in (scenario.placebo, *scenario.arms) if a.name == expectation.arm)
    refusal = scenario.who_takes(arm).refusal
    came = refusal or f"Nothing refuses the people of {arm.name}."
    outcome = BORNE_OUT if refusal else CONTRADICTED
    return {"held": bool(refusal), "came": came, "comparison": None, "outcome": outcome}


def _difference(expectation: Expectation, arms: Mapping[str, Followed]) -> Told:
    first, second = arms[expectation.arm], arms[expectation.against]
    a, b = (x.values[expectation.endpoint] for x in (first, second))
    title, unit, _ = endpoint_head(expectation.endpoint)
    names = (name_words(expectation.arm), name_words(expectation.against))
    found = _measures(a, b) | {"title": title, "unit": unit}
    sentence = _plain(title, unit_words(unit), names, found)
    if expectation.endpoint in MEASURED:
        how = (
            loose_stools(a, b)
            if expectation.endpoint == "laxation_risk"
            else get_measurement(expectation.endpoint)
        )
        crosses = how.can_cross_over and first.who == second.who
        compared = compare(a, b, evolve(how, title=title, can_cross_over=crosses), names=names)
        sentence = compared.sentence.replace(f" {unit} ", f" {unit_words(unit)} ")
        found["worth_a_trial"] = compared.worth_a_trial
        found["trial_size_crossover"] = compared.trial_size_crossover
        found["trial_size_parallel"] = compared.trial_size_parallel
    held = _is_held(expectation, found)
    return {
        "held": held,
        "outcome": _outcome(held, found),
        "came": sentence + _ratio_words(expectation, found),
        "comparison": found,
    }


def _measures(a: FloatArray, b: FloatArray) -> Told:
    """Return how two arms differ in the same people; one patient has no intervals."""
    difference = a - b
    n, is_one = difference.size, difference.size == 1
    share = float(np.mean((difference > 0) + EVEN * (difference == 0)))
    low, high = (float(x[0]) for x in percentile_interval(difference[None, :], 50.0))
    ahead = (share, share) if is_one else share_interval(share, n)
    return {
        "n_subjects": n,
        "median_difference": float(np.median(difference)),
        "lo90": None if is_one else low,
        "hi90": None if is_one else high,
        "mean_difference": float(difference.mean()),
        "share_ahead": share,
        "share_lo90": ahead[0],
        "share_hi90": ahead[1],
        "ratio_of_medians": _ratio(a, b),
        "worth_a_trial": None,
        "trial_size_crossover": None,
        "trial_size_parallel": None,
    }


def _ratio(a: FloatArray, b: FloatArray) -> float | None:
    below = float(np.median(b))
    return float(np.median(a)) / below if below > 0 else None


def _is_held(expectation: Expectation, found: Told) -> bool:
    if expectation.direction is Direction.HIGHER:
        return bool(found["share_lo90"] > EVEN)
    if expectation.direction is Direction.LOWER:
        return bool(found["share_hi90"] < EVEN)
    if expectation.ratio is None:
        return not found["worth_a_trial"]
    least, most = expectation.ratio
    ratio = found["ratio_of_medians"]
    return ratio is not None and least <= ratio <= most


def _outcome(held: bool, found: Told) -> str:
    """Return what comes of a statement: a direction that no trial would show bears out nothing."""
    if not held:
        is_same = found["mean_difference"] == 0 and found["share_ahead"] == EVEN
        return NO_EFFECT if is_same else CONTRADICTED
    return SMALL if found["worth_a_trial"] is False else BORNE_OUT


def _plain(title: str, unit: str, names: tuple[str, str], found: Told) -> str:
    """Return the difference of an endpoint whose trial nobody can size."""
    what = f"{title}: {names[0]} minus {names[1]} is {found['median_difference']:+.3g} {unit}"
    if found["n_subjects"] == 1:
        return f"{what} in this patient."
    return (
        f"{what} in the middle subject, and {names[0]} is ahead in"
        f" {100 * found['share_ahead']:.3g} % of {found['n_subjects']:,}."
    )


def _ratio_words(expectation: Expectation, found: Told) -> str:
    if expectation.ratio is None:
        return ""
    ratio, (low, high) = found["ratio_of_medians"], expectation.ratio
    words = "cannot be told" if ratio is None else f"is {ratio:.2f}"
    return f" The ratio of the medians {words}; {low:g} to {high:g} counts as no different."
