"""What is taken in a day, what a simulation said of it, and the limits it is held against.

Limits bound elemental magnesium of oral supplements; neither diet nor skin counts. With an eGFR of
30 to 59 half the daily limit is asked for on top: a policy of this product, no guideline.
"""

from math import isfinite

import numpy as np
from attrs import asdict, field, frozen

from formulation.arrays import FloatArray
from formulation.composition import ROUNDING_MG
from formulation.delivery import FORM, Route, get_system
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.limits import get_limits
from formulation.provenance import Quantity, assumed

NORMAL_EGFR = 60.0
"""From this filtration rate on the ordinary limits hold, [mL/min/1.73m2] (WikisumCKD)."""

CKD_SHARE = assumed(0.5, "1", "policy of this product for eGFR 30-59: half the daily limit")


@frozen(kw_only=True)
class Intake:
    """What is taken in a day.

    Raises
    ------
    InputError
        No salt is named, the dose is not a number above zero, or there is no intake.
    """

    route: Route
    """Way into the body."""

    salts: tuple[str, ...]
    """Keys of the salts."""

    elemental_mg_per_day: float
    """Elemental magnesium, [mg/d]."""

    intakes_per_day: int
    """Equal occasions a day, [1/d]."""

    def __attrs_post_init__(self) -> None:
        if not self.salts or not self._is_possible:
            raise InputError(
                f"Intake of {self.elemental_mg_per_day:g} mg/d as {self.salts} in"
                f" {self.intakes_per_day} intakes is impossible; it needs a salt, a finite dose"
                " above 0 and an intake at least."
            )

    @property
    def _is_possible(self) -> bool:
        dose = self.elemental_mg_per_day
        return isfinite(dose) and dose > 0 and self.intakes_per_day >= 1

    @property
    def elemental_mg_per_intake(self) -> float:
        """Elemental magnesium at one occasion, [mg]."""
        return self.elemental_mg_per_day / self.intakes_per_day

    @classmethod
    def of_design(cls, design: Design) -> "Intake":
        """Return what a person takes who takes a design.

        Parameters
        ----------
        design : Design
            Any design of a known system, [-].

        Returns
        -------
        Intake
            Its route, salts and doses, [-].

        Raises
        ------
        UnknownNameError
            The system or its form is not known.
        """
        forms = {form.name: form for form in get_system(design.system).forms}
        name = design.process.get(FORM)
        if name not in forms:
            raise UnknownNameError(f"Form of {design.system}", name, forms)
        return cls(
            route=forms[str(name)].route,
            salts=tuple(part.salt for part in design.parts),
            elemental_mg_per_day=design.elemental_mg_per_day,
            intakes_per_day=design.regimen.intakes_per_day,
        )


def _array(values: FloatArray) -> FloatArray:
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


@frozen(kw_only=True, eq=False)
class Simulated:
    """What a simulation said of the subjects, each of shape (n_subjects,).

    Raises
    ------
    InputError
        The shapes differ, or a number is negative or not finite.
    """

    serum_mmol_per_l: FloatArray = field(converter=_array)
    """Serum magnesium with the product at steady state, [mmol/L]."""

    soluble_unabsorbed_mmol_per_day: FloatArray = field(converter=_array)
    """Soluble magnesium of the product that is not taken up in a day, [mmol/d]."""

    soluble_unabsorbed_mmol_per_dose: FloatArray = field(converter=_array)
    """The same of one dose, [mmol]."""

    peak_gut_load_mmol: FloatArray = field(converter=_array)
    """Most dissolved magnesium in the upper gut at once, [mmol]."""

    other_solute_mosm_per_day: FloatArray | float = 0.0
    """Solute besides magnesium that stays in the bowel, such as sorbitol or sulfate, spread over
    the doses like the magnesium; one number for all where it is the same, [mOsm/d]."""

    def __attrs_post_init__(self) -> None:
        n = self.serum_mmol_per_l.size
        for name, values in asdict(self, recurse=False).items():
            array = np.asarray(values)
            if array.ndim and array.shape != (n,):
                raise InputError(
                    f"Simulated {name} has shape {array.shape}, serum_mmol_per_l ({n},); all must"
                    " be of the same subjects."
                )
            if not (array.size and np.isfinite(array).all()):
                raise InputError(f"Simulated {name} holds no value, or one that is not finite.")
        if self.serum_mmol_per_l.min() <= 0 or np.min(self.other_solute_mosm_per_day) < 0:
            raise InputError("Simulated serum must be above 0, and other solute not below.")

    @property
    def n_subjects(self) -> int:
        """Subjects, [-]."""
        return self.serum_mmol_per_l.size


@frozen(kw_only=True)
class LimitCheck:
    """One limit that applies, and whether it is met."""

    rule: str
    """``daily_supplemental``, ``per_occasion``, ``min_intakes`` or ``ckd_daily_policy``."""

    jurisdiction: str
    """Whose limit it is; for the policy that whose limit was halved."""

    amount: float
    """What the product gives, in the unit of the limit."""

    limit: Quantity
    """The limit with its source."""

    is_met: bool
    """Whether the product keeps to it."""

    words: str
    """Amount, limit and verdict in one sentence."""


def check_limits(
    intake: Intake, jurisdiction: str, lowest_egfr_ml_min: float
) -> tuple[LimitCheck, ...]:
    """Hold a day's intake against every limit that applies to these people.

    Parameters
    ----------
    intake : Intake
        What is taken, [-].
    jurisdiction : str
        ``EU`` or ``US``, [-].
    lowest_egfr_ml_min : float
        Lowest filtration rate among the people, [mL/min/1.73m2].

    Returns
    -------
    tuple of LimitCheck
        Empty for the skin, which no limit bounds, [-].

    Raises
    ------
    UnknownNameError
        The jurisdiction is not in the table.
    """
    limits = get_limits(jurisdiction)
    if not intake.route.is_supplement:
        return ()
    daily, per_day = limits.daily_supplemental, intake.elemental_mg_per_day
    checks = [
        ("daily_supplemental", "Supplemental magnesium a day", per_day, daily),
        (
            *("per_occasion", "Magnesium at one occasion"),
            *(intake.elemental_mg_per_intake, limits.per_occasion),
        ),
        ("min_intakes", "Intakes a day", float(intake.intakes_per_day), limits.min_intakes),
    ]
    if lowest_egfr_ml_min < NORMAL_EGFR:
        policy = assumed(CKD_SHARE.value * daily.value, daily.unit, CKD_SHARE.note)
        checks.append(
            ("ckd_daily_policy", "Policy for eGFR 30-59, magnesium a day", per_day, policy)
        )
    return tuple(_check(jurisdiction, *check) for check in checks)


def _check(jurisdiction: str, rule: str, title: str, amount: float, limit: Quantity) -> LimitCheck:
    is_least = rule == "min_intakes"
    slack = amount - limit.value if is_least else limit.value - amount
    is_met = slack >= -ROUNDING_MG
    verdict = "met" if is_met else ("not reached" if is_least else "exceeded")
    bound = "at least" if is_least else "at most"
    unit = "" if is_least else f" {limit.unit}"
    return LimitCheck(
        rule=rule,
        jurisdiction=jurisdiction,
        amount=amount,
        limit=limit,
        is_met=is_met,
        words=f"{title} ({jurisdiction}): {amount:.4g}{unit}, {bound} {limit.value:g}{unit}:"
        f" {verdict}.",
    )
