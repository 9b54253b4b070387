"""The risk of a product for a person or a population, with the reasons in order.

A pure function of what is taken, who takes it, and what a simulation said: limits of the
jurisdiction, magnesium in serum, loose stools, irritation, medicines. Limits bound elemental
magnesium of oral supplements, neither diet nor skin. Who is refused is decided by
`formulation.refusals`. A low class only says that no rule of this product was touched.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
from attrs import asdict, frozen

from formulation.arrays import FloatArray
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.intake import CKD_SHARE, NORMAL_EGFR, Intake, LimitCheck, Simulated, check_limits
from formulation.interactions import Interaction, spacing
from formulation.patients import get_patient_field
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity, assumed
from formulation.refusals import MIN_EGFR, REFUSED_CONDITIONS
from formulation.tolerance import (
    IRRITATION_CLASSES,
    LAXATION_MIDPOINT,
    LAXATION_STEEPNESS,
    PER_DOSE_WEIGHT,
    Irritation,
    Laxation,
    irritation,
    laxation,
    magnesium_equivalent_mmol,
)
from formulation.units import MG_PER_MMOL

RAISED_LAXATION = assumed(0.05, "1", "one in twenty with loose stools is worth a word", 0.02, 0.1)
HIGH_LAXATION = assumed(0.20, "1", "one in five with loose stools is no supplement", 0.1, 0.4)
MANY_WITH_EXCESS = assumed(0.05, "1", "share above the definition that is no single case", 0, 0.1)

ASSUMPTIONS: Mapping[str, Quantity] = {
    "laxation_midpoint": LAXATION_MIDPOINT,
    "laxation_steepness": LAXATION_STEEPNESS,
    "laxation_per_dose_weight": PER_DOSE_WEIGHT,
    "raised_laxation": RAISED_LAXATION,
    "high_laxation": HIGH_LAXATION,
    "many_with_excess": MANY_WITH_EXCESS,
    "ckd_share_of_limit": CKD_SHARE,
}
"""Assumed figures behind every class, by what they are."""


class RiskClass(StrEnum):
    """How much attention a product needs, in rising order."""

    LOW = "low"
    RAISED = "raised"
    HIGH = "high"
    REFUSED = "refused"

    @property
    def rank(self) -> int:
        """Place in rising order, from 0."""
        return list(RiskClass).index(self)


@frozen(kw_only=True)
class SerumRisk:
    """How many subjects have too much magnesium in serum."""

    n_subjects: int
    """Subjects, [-]."""

    share_above_definition: float
    """Share above the definition of hypermagnesaemia, [-]."""

    share_above_silent: float
    """Share above what is borne without signs, [-]."""

    words: str
    """Both in one sentence."""


@frozen(kw_only=True)
class Reason:
    """One thing that decided the class."""

    risk_class: RiskClass
    """Class it asks for."""

    rule: str
    """Stable name."""

    words: str
    """What was found."""


@frozen(kw_only=True)
class RiskAssessment:
    """Everything that is said of the risk of one product for these people."""

    risk_class: RiskClass
    """The highest class any reason asks for."""

    reasons: tuple[Reason, ...]
    """What decided it, gravest first."""

    limits: tuple[LimitCheck, ...]
    """Limits that apply; none for the skin."""

    hypermagnesaemia: SerumRisk
    """Magnesium in serum."""

    laxation: Laxation
    """Loose stools."""

    irritation: Irritation
    """Irritation where it lies."""

    interactions: tuple[Interaction, ...]
    """Hours to keep from the medicines stated."""

    assumptions: Mapping[str, Quantity]
    """Assumed figures that may have moved the result, by what they are."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as they are shown and stored."""
        return asdict(self)


def assess(
    intake: Intake,
    jurisdiction: str,
    patient: Mapping[str, FloatArray],
    simulated: Simulated,
    *,
    conditions: Sequence[str] = (),
    medication: Sequence[str] = (),
) -> RiskAssessment:
    """Judge the risk of a product for a person or a population.

    Parameters
    ----------
    intake : Intake
        What is taken in a day, [-].
    jurisdiction : str
        ``EU`` or ``US``, [-].
    patient : mapping of str to ndarray
        Patient fields, each of shape (n_subjects,), in the field's unit, [-]; `egfr_ml_min` is
        needed.
    simulated : Simulated
        What a simulation said of the same subjects, [-].
    conditions : sequence of str, optional
        Conditions from `REFUSED_CONDITIONS`, [-].
    medication : sequence of str, optional
        Medicines taken, [-].

    Returns
    -------
    RiskAssessment
        Class, reasons in order, and everything they rest on, [-].

    Raises
    ------
    InputError
        A field is missing, impossible or of other subjects.
    UnknownNameError
        A jurisdiction, field, condition, salt or medicine is not known.
    """
    values = _checked(patient, simulated.n_subjects)
    limits = check_limits(intake, jurisdiction, float(values["egfr_ml_min"].min()))
    serum = _serum_risk(simulated.serum_mmol_per_l)
    other = magnesium_equivalent_mmol(np.atleast_1d(simulated.other_solute_mosm_per_day))
    loose = laxation(
        simulated.soluble_unabsorbed_mmol_per_day + other,
        simulated.soluble_unabsorbed_mmol_per_dose + other / intake.intakes_per_day,
    )
    per_intake = intake.elemental_mg_per_intake / MG_PER_MMOL
    local = irritation(intake.route, intake.salts, per_intake, simulated.peak_gut_load_mmol)
    apart = tuple(rule for name in medication for rule in spacing(name))
    reasons = (
        *_refusals(conditions, values["egfr_ml_min"]),
        *_limit_reasons(limits),
        *_serum_reasons(serum, values.get("baseline_serum_mmol_per_l")),
        *_gut_reasons(loose, local),
        *_people_reasons(values["egfr_ml_min"], apart),
    )
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.risk_class.rank))
    return RiskAssessment(
        risk_class=ordered[0].risk_class if ordered else RiskClass.LOW,
        reasons=ordered or (_NO_REASON,),
        limits=limits,
        hypermagnesaemia=serum,
        laxation=loose,
        irritation=local,
        interactions=apart,
        assumptions=ASSUMPTIONS,
    )


def _checked(patient: Mapping[str, FloatArray], n_subjects: int) -> dict[str, FloatArray]:
    if "egfr_ml_min" not in patient:
        raise InputError(
            f"The patient fields {', '.join(sorted(patient)) or '(none)'} hold no filtration rate,"
            " which limits and risk depend on.",
            hint="Add egfr_ml_min.",
        )
    values = {
        name: np.atleast_1d(np.asarray(given, dtype=np.float64)) for name, given in patient.items()
    }
    for name, array in values.items():
        known = get_patient_field(name)
        if array.shape not in ((n_subjects,), (1,)):
            raise InputError(
                f"Patient field {name} has shape {array.shape}; the simulation has"
                f" {_subjects(n_subjects)}, so give one value, or one for each."
            )
        for extreme in (float(array.min()), float(array.max())):
            known.check(extreme)
    return values


@cache
def _serum_threshold(item: str) -> Quantity:
    rows = read_rows(find_table("safety", TABLES))
    row = next(r for r in rows if (r["topic"], r["item"]) == ("hypermagnesaemia", item))
    return Quantity(
        value=float(row["value"]),
        unit=row["unit"],
        basis=EVIDENCE_TO_BASIS[row["evidence"]],
        source=row["source"],
        note=row["action_or_meaning"],
    )


def _serum_risk(serum: FloatArray) -> SerumRisk:
    defined, silent = (_serum_threshold(item) for item in ("definition", "asymptomatic until"))
    above = [float(np.mean(serum > threshold.value)) for threshold in (defined, silent)]
    return SerumRisk(
        n_subjects=serum.size,
        share_above_definition=above[0],
        share_above_silent=above[1],
        words=f"Of {_subjects(serum.size)}, {100 * above[0]:.3g} % end above {defined.value:g}"
        f" {defined.unit} (hypermagnesaemia by definition) and {100 * above[1]:.3g} % above"
        f" {silent.value:g} {silent.unit} (signs begin).",
    )


def _subjects(n: int) -> str:
    return f"{n} subject{'s' if n > 1 else ''}"


def _refusals(conditions: Sequence[str], egfr: FloatArray) -> Iterator[Reason]:
    for name in conditions:
        if name not in REFUSED_CONDITIONS:
            raise UnknownNameError("Condition", name, REFUSED_CONDITIONS)
        words = f"No candidate is offered with {name}: {REFUSED_CONDITIONS[name]}."
        yield Reason(risk_class=RiskClass.REFUSED, rule=name, words=words)
    if egfr.min() < MIN_EGFR:
        yield Reason(
            risk_class=RiskClass.REFUSED,
            rule="egfr",
            words=f"No candidate is offered below an eGFR of {MIN_EGFR:g} mL/min/1.73m2, and"
            f" {egfr.min():.3g} occurs: the kidney cannot remove what is absorbed.",
        )


def _limit_reasons(limits: Iterable[LimitCheck]) -> Iterator[Reason]:
    for check in limits:
        if not check.is_met:
            least = check.rule == "min_intakes"
            risk_class = RiskClass.RAISED if least else RiskClass.HIGH
            yield Reason(risk_class=risk_class, rule=check.rule, words=check.words)


def _serum_reasons(serum: SerumRisk, before: FloatArray | None) -> Iterator[Reason]:
    if serum.share_above_silent > 0:
        words = f"{serum.words} Nobody may end above the latter."
        yield Reason(risk_class=RiskClass.REFUSED, rule="serum_silent", words=words)
    if serum.share_above_definition > 0:
        many = serum.share_above_definition >= MANY_WITH_EXCESS.value
        risk_class = RiskClass.HIGH if many else RiskClass.RAISED
        yield Reason(risk_class=risk_class, rule="serum_definition", words=serum.words)
    defined = _serum_threshold("definition")
    if before is not None and before.max() > defined.value:
        yield Reason(
            risk_class=RiskClass.HIGH,
            rule="serum_before",
            words=f"Serum magnesium of {before.max():.3g} mmol/L before the product is above"
            f" {defined.value:g} mmol/L already.",
        )


def _gut_reasons(loose: Laxation, local: Irritation) -> Iterator[Reason]:
    if loose.probability >= RAISED_LAXATION.value:
        many = loose.probability >= HIGH_LAXATION.value
        yield Reason(
            risk_class=RiskClass.HIGH if many else RiskClass.RAISED,
            rule="laxation",
            words=f"Loose stools are {loose.word}: {100 * loose.probability:.2g} % of people"
            f" ({100 * loose.low:.2g} to {100 * loose.high:.2g} % as the assumed curve is moved).",
        )
    if local.category == IRRITATION_CLASSES[-1]:
        yield Reason(risk_class=RiskClass.RAISED, rule="irritation", words=local.words)


def _people_reasons(egfr: FloatArray, apart: Iterable[Interaction]) -> Iterator[Reason]:
    share = float(np.mean(egfr < NORMAL_EGFR))
    if share > 0:
        yield Reason(
            risk_class=RiskClass.RAISED,
            rule="ckd",
            words=f"{100 * share:.3g} % of people have an eGFR below {NORMAL_EGFR:g}"
            " mL/min/1.73m2: what is absorbed shows in serum.",
        )
    for rule in apart:
        if not rule.is_general:
            yield Reason(
                risk_class=RiskClass.RAISED,
                rule="interaction",
                words=f"{rule.medicine} must come {rule.before_h:g} h before or"
                f" {rule.after_h:g} h after magnesium: {rule.why}.",
            )


_NO_REASON = Reason(
    risk_class=RiskClass.LOW, rule="none", words="No rule of this product was touched."
)
