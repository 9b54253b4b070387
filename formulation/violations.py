"""The input rules: what a design may not break, judged in words.

Every rule a study states or a system has is here, so a design without violations is one that the
space can draw again. Outcome limits are no input rules; see `formulation.targets`.
"""

from collections.abc import Iterator

from attrs import frozen

from formulation.delivery import Component, DeliverySystem
from formulation.design import BALANCE_MG, Design, on_grid
from formulation.errors import InputError
from formulation.excipients import Severity, incompatibilities
from formulation.limits import Limits
from formulation.parameters import ChoiceParameter, Parameter
from formulation.regimen import Regimen
from formulation.salts import Lot

ROUNDING_MG = 1e-6
"""Numbers nearer than this are equal, [mg]."""


@frozen(kw_only=True)
class Violation:
    """One input rule a design breaks."""

    rule: str
    """Short name of the rule."""

    value: float | str
    """What the design has."""

    limit: str
    """What the rule allows."""

    unit: str
    """Unit of value and limit."""

    message: str
    """The same in a sentence."""


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


def choice_violations(
    lots: tuple[Lot, ...], regimens: tuple[Regimen, ...], design: Design
) -> Iterator[Violation]:
    """Yield what is wrong with the salt, its lot and the regimen.

    Parameters
    ----------
    lots : tuple of Lot
        Salts as delivered to the study, [-].
    regimens : tuple of Regimen
        Ways of taking it that the study allows, [-].
    design : Design
        Any design, [-].

    Yields
    ------
    Violation
        One for each rule that is broken, [-].
    """
    contents = {lot.salt.key: lot.mg_pct for lot in lots}
    if design.salt not in contents:
        yield _choice("salt", design.salt, tuple(contents))
    elif abs(design.salt_mg_pct - contents[design.salt]) > ROUNDING_MG:
        content = contents[design.salt]
        yield Violation(
            rule="assay",
            value=design.salt_mg_pct,
            limit=f"{content:g}",
            unit="%",
            message=f"{design.salt} with {design.salt_mg_pct:g} % magnesium is not the lot of this"
            f" study, which holds {content:g} %.",
        )
    if design.regimen not in regimens:
        yield _choice("regimen", str(design.regimen), tuple(map(str, regimens)))


def component_violations(system: DeliverySystem, design: Design) -> Iterator[Violation]:
    """Yield what is wrong with the composition: mass, components, weighing, shares.

    Parameters
    ----------
    system : DeliverySystem
        The system with the ranges of the study, [-].
    design : Design
        Any design of that system, [-].

    Yields
    ------
    Violation
        One for each rule that is broken, [-].
    """
    mass = design.unit_mass_mg
    low, high = system.range_of("unit_mass")
    if not low - ROUNDING_MG <= mass <= high + ROUNDING_MG:
        yield _range("unit_mass", "Unit mass", mass, low, high, "mg")
    known = [c.name for c in system.components]
    for name in design.amounts_mg:
        if name not in known:
            yield Violation(
                rule="component",
                value=name,
                limit=", ".join(known),
                unit="-",
                message=f"Component {name!r} does not belong to {system.name}.",
            )
    for component in system.components:
        yield from _amount_violations(component, design)


def _amount_violations(component: Component, design: Design) -> Iterator[Violation]:
    name, mass = component.name, design.unit_mass_mg
    amount = design.amounts_mg.get(name, 0.0)
    if abs(amount - on_grid(amount)) > ROUNDING_MG:
        yield Violation(
            rule="balance",
            value=amount,
            limit=f"multiples of {BALANCE_MG:g}",
            unit="mg",
            message=f"{name} {amount:g} mg cannot be weighed to {BALANCE_MG:g} mg.",
        )
    low, high = component.low_pct, component.high_pct
    slack = ROUNDING_MG + 1e-9 * mass
    if not low / 100 * mass - slack <= amount <= high / 100 * mass + slack:
        yield _range("share", name, design.share_pct(name), low, high, "% w/w")


def dose_violations(
    system: DeliverySystem, limits: Limits, dose: DoseRange, design: Design
) -> Iterator[Violation]:
    """Yield what is wrong with the elemental magnesium per unit, occasion and day.

    Parameters
    ----------
    system : DeliverySystem
        The system with the ranges of the study, [-].
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
    low, high = system.range_of("elemental_mg_per_unit")
    where, per_day = limits.jurisdiction, design.elemental_mg_per_day
    most_at_once, most_a_day = limits.per_occasion.value, limits.daily_supplemental.value
    at_once, unit = design.elemental_mg_per_intake, design.elemental_mg_per_unit
    checks = (
        ("elemental_per_unit", "Elemental Mg per unit", unit, low, high, "mg"),
        ("per_occasion", f"Elemental Mg per occasion ({where})", at_once, 0.0, most_at_once, "mg"),
        (
            "daily_supplemental",
            f"Supplemental Mg a day ({where})",
            per_day,
            0.0,
            most_a_day,
            "mg/d",
        ),
        (
            *("dose", "Dose of this study", per_day),
            *(dose.low_mg_per_day, dose.high_mg_per_day, "mg/d"),
        ),
    )
    for rule, title, value, least, most, of_unit in checks:
        if not least - ROUNDING_MG <= value <= most + ROUNDING_MG:
            yield _range(rule, title, value, least, most, of_unit)
    if design.regimen.intakes_per_day < limits.min_intakes.value:
        yield Violation(
            rule="min_intakes",
            value=design.regimen.intakes_per_day,
            limit=f">= {limits.min_intakes.value:g}",
            unit="1/d",
            message=f"{design.regimen.intakes_per_day} intake a day is fewer than the"
            f" {limits.min_intakes.value:g} that {where} asks for.",
        )


def process_violations(system: DeliverySystem, design: Design) -> Iterator[Violation]:
    """Yield what is wrong with the process settings.

    Parameters
    ----------
    system : DeliverySystem
        The system with the ranges of the study, [-].
    design : Design
        Any design of that system, [-].

    Yields
    ------
    Violation
        One for each rule that is broken, [-].
    """
    known = [p.name for p in system.process]
    for name, value in design.process.items():
        if name not in known:
            yield Violation(
                rule="process",
                value=value,
                limit=", ".join(known),
                unit="-",
                message=f"Parameter {name!r} does not belong to {system.name}.",
            )
    for parameter in system.process:
        yield from _setting_violations(parameter, design.process.get(parameter.name, "missing"))


def _setting_violations(parameter: Parameter, value: float | str) -> Iterator[Violation]:
    name = parameter.name
    if isinstance(parameter, ChoiceParameter):
        if value not in parameter.choices:
            choices = ", ".join(parameter.choices)
            yield Violation(
                rule="process",
                value=value,
                limit=choices,
                unit="-",
                message=f"{name} {value} is none of {choices}.",
            )
        return
    limit = f"{parameter.low:g} to {parameter.high:g}"
    message = ""
    if isinstance(value, str) or not parameter.low <= value <= parameter.high:
        message = f"{name} {value} lies outside {limit} {parameter.unit}."
    elif parameter.snap(value) != value:
        limit += f" in steps of {parameter.step:g}"
        message = f"{name} {value:g} {parameter.unit} cannot be set; it goes from {limit}."
    if message:
        yield Violation(
            rule="process", value=value, limit=limit, unit=parameter.unit, message=message
        )


def incompatibility_violations(design: Design) -> Iterator[Violation]:
    """Yield which substances of a design must not meet.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Yields
    ------
    Violation
        One for each pair, [-].
    """
    for rule in incompatibilities():
        if rule.severity is Severity.INVALID and rule.applies(design.salt, present(design)):
            yield Violation(
                rule="incompatibility",
                value=f"{design.salt} with {rule.second}",
                limit="not together",
                unit="-",
                message=f"{rule.message} {rule.hint}",
            )


def present(design: Design) -> frozenset[str]:
    """Return the excipients of which a design holds any.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    frozenset of str
        Excipient names, [-].
    """
    return frozenset(n for n, mg in design.amounts_mg.items() if mg > 0 and n != "salt")


def _choice(rule: str, value: str, choices: tuple[str, ...]) -> Violation:
    known = ", ".join(choices)
    return Violation(
        rule=rule,
        value=value,
        limit=known,
        unit="-",
        message=f"{rule} {value!r} is none of this study's: {known}.",
    )


def _range(rule: str, title: str, value: float, low: float, high: float, unit: str) -> Violation:
    relation, bound = ("over", high) if value > high else ("under", low)
    return Violation(
        rule=rule,
        value=value,
        limit=f"{low:g} to {high:g}",
        unit=unit,
        message=f"{title} {value:.4g} {unit} is {relation} the limit of {bound:g} {unit}"
        f" by {abs(value - bound):.3g}.",
    )
