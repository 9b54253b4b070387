"""The rules of making a unit: composition, ratios, solubility, process, what must not meet.

They need no study: a product of one's own is judged by them as well.
"""

from collections.abc import Iterator, Mapping

from attrs import frozen

from formulation.blends import SECOND_SHARE, least_soluble, lots_of
from formulation.choices import active_parameters, chosen_in
from formulation.composition import ROUNDING_MG
from formulation.delivery import FORM, Form, Relation, selection_text
from formulation.design import BALANCE_MG, SECOND_SALT, Design, on_grid
from formulation.excipients import Incompatibility, Severity, incompatibilities
from formulation.parameters import ChoiceParameter, Parameter
from formulation.units import shown_after, with_unit


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


def making_violations(form: Form, design: Design) -> Iterator[Violation]:
    """Yield what keeps a unit from being made: composition, process, pairs.

    Parameters
    ----------
    form : Form
        The form of the design, [-].
    design : Design
        Any design, [-].

    Yields
    ------
    Violation
        One for each rule that is broken, [-].
    """
    yield from _component_violations(form, design)
    yield from _selection_violations(form, design)
    yield from _relation_violations(form, design)
    yield from _solvent_violations(form, design)
    yield from _process_violations(form, design)
    for rule in invalid_pairs(salts_of(design), present(design), design.process):
        yield Violation(
            rule="incompatibility",
            value=f"{design.salt_name} with {rule.second}",
            limit="not together",
            unit="-",
            message=f"{design.salt_name} with {rule.second}: {rule.message} {rule.hint}",
        )


def _component_violations(form: Form, design: Design) -> Iterator[Violation]:
    mass = design.unit_mass_mg
    low, high = form.range_of("unit_mass")
    if not low - ROUNDING_MG <= mass <= high + ROUNDING_MG:
        yield range_violation("unit_mass", "Unit mass", mass, low, high, "mg")
    known = [component.name for component in form.components]
    for name, amount in design.amounts_mg.items():
        if name not in (*known, SECOND_SALT):
            yield Violation(
                rule="component",
                value=name,
                limit=", ".join(known),
                unit="-",
                message=f"Component {name!r} does not belong to {design.system} {form.name}.",
            )
        if abs(amount - on_grid(amount)) > ROUNDING_MG:
            yield Violation(
                rule="balance",
                value=amount,
                limit=f"multiples of {BALANCE_MG:g}",
                unit="mg",
                message=f"{name} {amount:g} mg cannot be weighed to {BALANCE_MG:g} mg.",
            )
    for name in form.names_of(chosen_in(form, design)):
        component, share = form.component(name), design.share_pct(name)
        slack = 100 * ROUNDING_MG / mass + 1e-7
        if not component.low_pct - slack <= share <= component.high_pct + slack:
            yield range_violation(
                "share", name, share, component.low_pct, component.high_pct, "% w/w"
            )


def _selection_violations(form: Form, design: Design) -> Iterator[Violation]:
    for selection, taken in zip(form.selections, chosen_in(form, design), strict=True):
        if taken not in selection.choices:
            yield choice_violation(selection.name, selection_text(taken), selection.texts)


def _relation_violations(form: Form, design: Design) -> Iterator[Violation]:
    sizes = {d.name: design.process.get(d.name) for d in form.dimensions}
    values = {
        **{name: float(x) for name, x in sizes.items() if isinstance(x, float)},
        **design.amounts_mg,
        "salt": design.salt_mass_mg,
        "unit_mass": design.unit_mass_mg,
    }
    for relation in form.relations:
        whole = sum(values.get(name, 0.0) for name in relation.whole)
        if relation.is_about(values) and whole > 0:
            yield from _ratio_violations(relation, values, whole)


def _ratio_violations(
    relation: Relation, values: Mapping[str, float], whole: float
) -> Iterator[Violation]:
    part = sum(values.get(name, 0.0) for name in relation.part)
    ratio = part / whole * relation.per
    low = 0.0 if relation.low is None else relation.low
    high = float("inf") if relation.high is None else relation.high
    slack = ROUNDING_MG * relation.per / whole + 1e-9 * ratio
    if not low - slack <= ratio <= high + slack:
        yield range_violation(relation.name, relation.title, ratio, low, high, relation.unit)


def _solvent_violations(form: Form, design: Design) -> Iterator[Violation]:
    if not form.dissolves_in:
        return
    solvent = design.amounts_mg.get(form.dissolves_in, 0.0)
    most = least_soluble(lots_of(design)) * solvent
    if design.salt_mass_mg > most + ROUNDING_MG:
        # To a hundredth, so that what is over by the grid of the balance is seen to be over.
        salt, water, dissolved = (round(x, 2) for x in (design.salt_mass_mg, solvent, most))
        yield Violation(
            rule="solubility",
            value=design.salt_mass_mg,
            limit=f"<= {dissolved:g}",
            unit="mg",
            message=f"{salt:g} mg of {design.salt_name} do not dissolve in {water:g} mg of"
            f" {form.dissolves_in}; {dissolved:g} mg do.",
        )


def invalid_pairs(
    salts: frozenset[str], excipients: frozenset[str], process: Mapping[str, float | str]
) -> Iterator[Incompatibility]:
    """Yield the rules against what must not meet.

    Parameters
    ----------
    salts : frozenset of str
        Salt keys, [-].
    excipients : frozenset of str
        Excipient keys, [-].
    process : mapping of str to float or str
        Process settings, [-].

    Yields
    ------
    Incompatibility
        One for each pair, [-].
    """
    for rule in incompatibilities():
        if rule.severity is Severity.INVALID and rule.applies(salts, excipients, process):
            yield rule


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
    salts = ("salt", SECOND_SALT)
    return frozenset(n for n, mg in design.amounts_mg.items() if mg > 0 and n not in salts)


def salts_of(design: Design) -> frozenset[str]:
    """Return the salts of a design.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    frozenset of str
        Salt keys, [-].
    """
    return frozenset(part.salt for part in design.parts)


def _process_violations(form: Form, design: Design) -> Iterator[Violation]:
    active = active_parameters(form, chosen_in(form, design), design.process)
    known = [FORM, *(p.name for p in active), *(d.name for d in form.dimensions)]
    if design.second_salt:
        known.append(SECOND_SHARE)
        yield from _mixture_violations(design)
    for name, value in design.process.items():
        if name not in known:
            yield Violation(
                rule="process",
                value=value,
                limit=", ".join(known),
                unit="-",
                message=f"Parameter {name!r} does not belong to this {design.system} {form.name}.",
            )
    for parameter in active:
        yield from _setting_violations(parameter, design.process.get(parameter.name, "missing"))
    for d in form.dimensions:
        size = design.process.get(d.name, "missing")
        if isinstance(size, str) or not d.low - ROUNDING_MG <= size <= d.high + ROUNDING_MG:
            limit = f"{d.low:g} to {d.high:g}"
            yield Violation(
                rule="process",
                value=size,
                limit=limit,
                unit=d.unit,
                message=f"{d.name} {_stated(size, d.unit)} lies outside the limits of {limit}"
                f"{shown_after(d.unit)}.",
            )


def _mixture_violations(design: Design) -> Iterator[Violation]:
    """Yield whether the share of the second salt is what its setting says."""
    stated = design.process.get(SECOND_SHARE, "missing")
    amount = design.amounts_mg[SECOND_SALT]
    if isinstance(stated, str) or abs(amount - design.salt_mass_mg * stated / 100) > BALANCE_MG:
        share = 100 * amount / design.salt_mass_mg
        yield Violation(
            rule="process",
            value=stated,
            limit=f"{share:.4g}",
            unit="%",
            message=f"{SECOND_SHARE} {stated} is not the share of {design.second_salt} in the"
            f" salt mass, {share:.4g} %.",
        )


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
    stated, unit = _stated(value, parameter.unit), shown_after(parameter.unit)
    if isinstance(value, str) or not parameter.low <= value <= parameter.high:
        message = f"{name} {stated} lies outside the limits of {limit}{unit}."
    elif parameter.snap(value) != value:
        limit += f" in steps of {parameter.step:g}"
        message = f"{name} {stated} cannot be set; it goes from {limit}."
    if message:
        yield Violation(
            rule="process", value=value, limit=limit, unit=parameter.unit, message=message
        )


def _figure(value: float, digits: int) -> str:
    """Return a number with so many digits, and never with an exponent for a large one."""
    return f"{value:.0f}" if value >= 10.0**digits else f"{value:.{digits}g}"


def _stated(value: float | str, unit: str) -> str:
    return value if isinstance(value, str) else with_unit(value, unit)


def choice_violation(rule: str, value: str, choices: tuple[str, ...]) -> Violation:
    """Return that a setting is none of those on offer.

    Parameters
    ----------
    rule : str
        What is chosen, [-].
    value : str
        What the design has, [-].
    choices : tuple of str
        What is on offer, [-].

    Returns
    -------
    Violation
        The rule in words, [-].
    """
    known = ", ".join(choices)
    return Violation(
        rule=rule,
        value=value,
        limit=known,
        unit="-",
        message=f"{rule} {value!r} is none of this study's: {known}.",
    )


def range_violation(
    rule: str, title: str, value: float, low: float, high: float, unit: str
) -> Violation:
    """Return that a value lies outside its range.

    Parameters
    ----------
    rule : str
        Short name of the rule, [-].
    title : str
        What has the value, [-].
    value : float
        The value, in `unit`, [-].
    low, high : float
        Ends of the range, in `unit`, [-].
    unit : str
        Unit of all three, [-].

    Returns
    -------
    Violation
        The rule in words, [-].
    """
    relation, bound = ("over", high) if value > high else ("under", low)
    return Violation(
        rule=rule,
        value=value,
        limit=f"{low:g} to {high:g}",
        unit=unit,
        message=f"{title} {_figure(value, 4)} {unit} is {relation} the limit of {bound:g} {unit}"
        f" by {_figure(abs(value - bound), 3)}.",
    )
