"""The comparator: plain tablets of a soluble salt, which every other product has to beat."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.candidates import form_name, recipe_of
from experiments.config import StudySpec
from experiments.store import TrialRecord
from formulation.desirability import overall_desirability
from formulation.salts import get_salt
from formulation.targets import Objective
from formulation.units import MG_PER_MMOL

PLAIN_SYSTEM = "immediate_release"
"""The delivery system every other one has to beat."""

PLAIN_FORM = "tablet"
"""Its form."""

GLASS_L = 0.25
"""Water taken with a product, as in the usual definition of a dose number, [L]."""

OCCASION_MG = 250.0
"""Elemental magnesium at one occasion that a soluble salt gives up in that water, [mg]."""

MOST_PLAIN = 20
"""Plain tablets off the front that candidates are compared with, the most desirable, [-]."""


def is_plain_soluble(candidate: Mapping[str, Any]) -> bool:
    """Tell whether a candidate is a plain immediate-release tablet of a soluble salt.

    Parameters
    ----------
    candidate : mapping
        Anything with a ``design`` as plain values, [-].

    Returns
    -------
    bool
        Whether it is such a tablet of one salt, and `OCCASION_MG` of magnesium
        as that salt dissolve in `GLASS_L` of water, [-].
    """
    design = candidate["design"]
    solubility = get_salt(design["salt"]).solubility
    needed_mmol_per_l = OCCASION_MG / MG_PER_MMOL / GLASS_L
    return (
        design["system"] == PLAIN_SYSTEM
        and form_name(design) == PLAIN_FORM
        and not design.get("second_salt")
        and solubility is not None
        and solubility.value >= needed_mmol_per_l
    )


def plain_trials(
    objectives: Sequence[Objective], trials: Sequence[TrialRecord]
) -> list[TrialRecord]:
    """Return the trials that are plain tablets of a soluble salt, the most desirable first.

    Parameters
    ----------
    objectives : sequence of Objective
        What is wanted, [-].
    trials : sequence of TrialRecord
        Feasible trials, [-].

    Returns
    -------
    list of TrialRecord
        Those that are, [-].
    """
    found = [t for t in trials if is_plain_soluble({"design": t.design})]
    return sorted(found, key=lambda t: (-overall_desirability(objectives, t.values), t.number))


def plain_tablets(spec: StudySpec, trials: Sequence[TrialRecord]) -> list[dict[str, Any]]:
    """Return plain tablets of a soluble salt, as far as candidates are compared with them.

    Parameters
    ----------
    spec : StudySpec
        The study, [-].
    trials : sequence of TrialRecord
        Feasible trials that are not on the front, [-].

    Returns
    -------
    list of dict
        At most `MOST_PLAIN`, the most desirable first, [-].
    """
    keys = [o.endpoint for o in spec.objectives]
    found = plain_trials(spec.objectives, trials)
    return [
        {
            **recipe_of(t),
            "objectives": {key: t.values[key] for key in keys},
            "intervals": {key: [t.lo90[key], t.hi90[key]] for key in keys},
            "confirmation": None,
        }
        for t in found[:MOST_PLAIN]
    ]
