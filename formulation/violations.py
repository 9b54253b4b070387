"""The input rules of a study and of a product: what a design may not break, judged in words.

Every rule a study states or a system has is here or in `formulation.rules`, so a design without
violations is one that the space can draw again. Outcome limits are no input rules; see
`formulation.targets`.
"""

from collections.abc import Iterator
from itertools import chain

from attrs import frozen

from formulation.blends import SECOND_SHARE, SaltSource, lots_of
from formulation.choices import form_regimens
from formulation.composition import ROUNDING_MG
from formulation.delivery import FORM, DeliverySystem, Form, get_system
from formulation.design import Design
from formulation.errors import InputError
from formulation.limits import Limits
from formulation.regimen import Regimen
from formulation.rules import Violation, choice_violation, making_violations, range_violation


@frozen(kw_only=True)
class DoseRange:
    """Elemental magnesium a day that the study is about.

    Raises
    ------
    InputError
        The range is reversed, or its low end is not above zero.
    """

    low_mg_per_day: float
    """Least, [mg/d]."""

    high_mg_per_day: float
    """Most, [mg/d]."""

    def __attrs_post_init__(self) -> None:
        if not 0 < self.low_mg_per_day <= self.high_mg_per_day:
            raise InputError(
                f"Dose {self.low_mg_per_day:g} to {self.high_mg_per_day:g} mg/d of elemental"
                " magnesium is impossible; 0 < low <= high."
            )


def study_violations(
    system: DeliverySystem,
    sources: tuple[SaltSource, ...],
    regimens: tuple[Regimen, ...],
    limits: Limits,
    dose: DoseRange,
    design: Design,
) -> Iterator[Violation]:
    """Yield every input rule of a study that a design breaks.

    Parameters
    ----------
    system : DeliverySystem
        The system with the ranges of the study, [-].
    sources : tuple of SaltSource
        Salts as delivered to the study, [-].
    regimens : tuple of Regimen
        Ways of taking it that the study allows, [-].
    limits : Limits
        What the jurisdiction allows, [-].
    dose : DoseRange
        What the study asks for, [-].
    design : Design
        Any design of that system, [-].

    Yields
    ------
    Violation
        One for each rule that is broken, [-].
    """
    yield from _source_violations(sources, design)
    form = _form(system, design)
    if form is None:
        yield choice_violation(
            FORM, str(design.process.get(FORM, "")), tuple(f.name for f in system.forms)
        )
        return
    allowed = form_regimens(form, regimens)
    if design.regimen not in allowed:
        yield choice_violation("regimen", str(design.regimen), tuple(map(str, allowed)))
    yield from making_violations(form, design)
    yield from _dose_violations(form, limits, dose, design)


def product_violations(design: Design) -> tuple[Violation, ...]:
    """Return every rule of its delivery system that a product breaks, whatever the study.

    Parameters
    ----------
    design : Design
        Any design; its salts may be of any lot, [-].

    Returns
    -------
    tuple of Violation
        Empty for a product that can be made, [-].

    Raises
    ------
    InputError
        The system or a salt is unknown, or a salt's chemistry is.
    """
    system = get_system(design.system)
    lots_of(design)  # refuses a salt that is unknown, or of impossible content
    form = _form(system, design)
    if form is None:
        names = tuple(f.name for f in system.forms)
        return (choice_violation(FORM, str(design.process.get(FORM, "")), names),)
    return tuple(chain(making_violations(form, design), _content_violations(form, design)))


def _form(system: DeliverySystem, design: Design) -> Form | None:
    name = design.process.get(FORM)
    return next((form for form in system.forms if form.name == name), None)


def _source_violations(sources: tuple[SaltSource, ...], design: Design) -> Iterator[Violation]:
    source = next((s for s in sources if s.name == design.salt_name), None)
    if source is None:
        yield choice_violation("salt", design.salt_name, tuple(s.name for s in sources))
        return
    for lot, part in zip(source.lots, design.parts, strict=True):
        if abs(part.mg_pct - lot.mg_pct) > ROUNDING_MG:
            yield Violation(
                rule="assay",
                value=part.mg_pct,
                limit=f"{lot.mg_pct:g}",
                unit="%",
                message=f"{part.salt} with {part.mg_pct:g} % magnesium is not the lot of this"
                f" study, which holds {lot.mg_pct:g} %.",
            )
    share = design.process.get(SECOND_SHARE)
    if source.is_mixture and isinstance(share, float):
        low, high = float(source.low_pct), float(source.high_pct)
        if not low <= share <= high:
            yield range_violation(
                SECOND_SHARE, "Second salt in the salt mass", share, low, high, "%"
            )


def _content_violations(form: Form, design: Design) -> Iterator[Violation]:
    low, high = form.range_of("elemental_mg_per_unit")
    unit = design.elemental_mg_per_unit
    if not low - ROUNDING_MG <= unit <= high + ROUNDING_MG:
        yield range_violation("elemental_per_unit", "Elemental Mg per unit", unit, low, high, "mg")


def _dose_violations(
    form: Form, limits: Limits, dose: DoseRange, design: Design
) -> Iterator[Violation]:
    yield from _content_violations(form, design)
    where, per_day = limits.jurisdiction, design.elemental_mg_per_day
    checks = [("dose", "Dose of this study", per_day, dose.low_mg_per_day, dose.high_mg_per_day)]
    if form.route.is_supplement:
        at_once, most = design.elemental_mg_per_intake, limits.per_occasion.value
        checks += [
            ("per_occasion", f"Elemental Mg per occasion ({where})", at_once, 0.0, most),
            (
                *("daily_supplemental", f"Supplemental Mg a day ({where})", per_day),
                *(0.0, limits.daily_supplemental.value),
            ),
        ]
    for rule, title, value, least, most in checks:
        if not least - ROUNDING_MG <= value <= most + ROUNDING_MG:
            unit = "mg" if rule == "per_occasion" else "mg/d"
            yield range_violation(rule, title, value, least, most, unit)
    fewest = limits.min_intakes.value
    if form.route.is_supplement and design.regimen.intakes_per_day < fewest:
        yield Violation(
            rule="min_intakes",
            value=design.regimen.intakes_per_day,
            limit=f">= {fewest:g}",
            unit="1/d",
            message=f"{design.regimen.intakes_per_day} intake a day is fewer than the"
            f" {fewest:g} that {where} asks for.",
        )
