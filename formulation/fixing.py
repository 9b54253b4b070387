"""Fixed factors: the delivery system in which one quantity or choice has a stated value.

"What if HPMC is 20 %": every design that remains has it, so forms that do not know it fall away,
and what decides whether it exists is restricted to where it does. A fixed amount is held to within
what rounding to the balance may move it by, so that it can surely be weighed.
"""

from collections.abc import Iterable

from attrs import evolve

from formulation.choices import every_choice
from formulation.delivery import FORM, DeliverySystem, Form, Selection
from formulation.design import BALANCE_MG
from formulation.errors import InputError, UnknownNameError
from formulation.parameters import Parameter, RealParameter
from formulation.units import with_unit

SPARE = 0.6
"""How far a fixed amount may stray, in steps of the balance: half a step is rounding, [-]."""

_STEPS = 1e-6
"""Share of a step by which a setting may miss the grid, [-]."""


def fixed(system: DeliverySystem, name: str, value: float | str) -> DeliverySystem:
    """Return the system in which something has one value.

    Parameters
    ----------
    system : DeliverySystem
        The system, as far as a study has narrowed it, [-].
    name : str
        A component, setting, size or choice, ``unit_mass`` or ``form``; ``<form>.<name>`` keeps
        that form alone, [-].
    value : float or str
        A number in its unit (% w/w for a component; 0 leaves an optional one out), or the setting
        of a choice, [-].

    Returns
    -------
    DeliverySystem
        With the forms that can have it, [-].

    Raises
    ------
    InputError
        No form can have that value; the message says why of each.
    """
    unit = system.names().get(name)
    if unit is None:
        raise UnknownNameError(f"{system.name}: fixed", name, system.names())
    if isinstance(value, str) == bool(unit):
        raise InputError(
            f"{system.name}.{name} is {'a number' if unit else 'a choice'}; {value!r} is none.",
            hint=f"Give a value in {unit}." if unit else _listed(system.settings(name)),
        )
    if name == FORM:
        return system.restricted(FORM, (str(value),))
    where, _, bare = name.rpartition(".")
    forms, reasons = [], []
    for form in system.forms:
        if where not in ("", form.name) or bare not in {**form.ranges(), **form.choices()}:
            continue
        try:
            forms.append(_with(form, bare, value))
        except InputError as error:
            reasons.append(error.message)
    if not forms:
        raise InputError(f"{system.name}: {' '.join(reasons)}", hint="Fix another value.")
    return evolve(system, forms=tuple(forms))


def _with(form: Form, name: str, value: float | str) -> Form:
    if isinstance(value, str):
        return _with_choice(form, name, value)
    if any(c.name == name for c in form.components):
        return _with_share(form, name, value)
    if any(p.name == name for p in form.process):
        return _with_setting(form, name, value)
    return _with_amount(form, name, value)


def _with_choice(form: Form, name: str, value: str) -> Form:
    known = form.choices()[name]
    if value not in known:
        raise InputError(f"{form.name}.{name} {value!r} is no setting of it. {_listed(known)}")
    decided = [p for p in form.process if p.name == name]
    return _under(form, decided).restricted(name, (value,))


def _with_share(form: Form, name: str, value: float) -> Form:
    """Fix a component in % w/w; where it is optional, it is there, or with 0 it is not."""
    for selection in form.selections:
        if name in selection.members:
            form = _chosen(form, selection, name, is_there=value > 0)
            if not value > 0:
                return form
    component = form.component(name)
    low, high = component.low_pct, component.high_pct
    _check(form, name, value, low, high, "% w/w")
    # The last component of a recipe takes up what rounding leaves of all the others.
    moved = _balanced(form, name) or 1 + value / 100
    spare = 100 * SPARE * BALANCE_MG * moved / form.range_of("unit_mass")[0]
    return form.narrowed(name, *_band(value, spare, low, high))


def _chosen(form: Form, selection: Selection, name: str, *, is_there: bool) -> Form:
    """Return the form whose selection takes a component in every choice, or in none."""
    named = zip(selection.texts, selection.choices, strict=True)
    kept = tuple(text for text, chosen in named if (name in chosen) == is_there)
    if not kept:
        state = "in no" if is_there else "in every"
        raise InputError(f"{form.name}.{name} is {state} choice of {selection.name} here.")
    return form.restricted(selection.name, kept)


def _with_setting(form: Form, name: str, value: float) -> Form:
    """Fix a process parameter; what decides whether it exists is set so that it does."""
    fitting, reasons = [], []
    for parameter in form.process:
        if parameter.name != name or not isinstance(parameter, RealParameter):
            continue
        try:
            _check(form, name, value, parameter.low, parameter.high, parameter.unit)
            steps = (value - parameter.low) / parameter.step
            if abs(steps - round(steps)) > _STEPS:
                raise InputError(
                    f"{form.name}.{name}: {with_unit(value, parameter.unit)} is no setting;"
                    f" it goes in steps of {parameter.step:g} from"
                    f" {with_unit(parameter.low, parameter.unit)}."
                )
        except InputError as error:
            reasons.append(error.message)
        else:
            fitting.append(parameter)
    if not fitting:
        raise InputError(" ".join(dict.fromkeys(reasons)))
    return _under(form, fitting).narrowed(name, value, value)


def _with_amount(form: Form, name: str, value: float) -> Form:
    """Fix a size, the unit mass or the content of a unit."""
    low, high, unit = form.ranges()[name]
    _check(form, name, value, low, high, unit)
    spare = SPARE * BALANCE_MG
    return form.narrowed(name, *_band(value, spare, low, high))


def _band(value: float, spare: float, low: float, high: float) -> tuple[float, float]:
    """Return the range that stands for a value; at an end of its range it lies to one side."""
    top = min(high, max(low, value - spare) + 2 * spare)
    return max(low, top - 2 * spare), top


def _under(form: Form, parameters: Iterable[Parameter]) -> Form:
    """Return the form with the choices under which one of these parameters exists."""
    allowed: dict[str, list[str]] = {}
    for parameter in parameters:
        for name, settings in parameter.when.items():
            allowed.setdefault(name, []).extend(settings)
    for decider, wanted in allowed.items():
        kept = tuple(s for s in form.choices().get(decider, ()) if s in wanted)
        if not kept:
            raise InputError(
                f"{form.name}: it exists with {decider} {' or '.join(wanted)} only, which this"
                " study leaves out."
            )
        form = form.restricted(decider, kept)
    return form


def _balanced(form: Form, name: str) -> int:
    """Return how many others a component may balance as the last of a recipe; 0 if never last."""
    recipes = [form.names_of(chosen) for chosen in every_choice(form)]
    return max((len(names) for names in recipes if names[-1] == name), default=0)


def _check(form: Form, name: str, value: float, low: float, high: float, unit: str) -> None:
    if not low - _STEPS <= value <= high + _STEPS:
        raise InputError(
            f"{form.name}.{name}: {with_unit(value, unit)} lies outside {low:g} to"
            f" {with_unit(high, unit)}."
        )


def _listed(settings: tuple[str, ...]) -> str:
    return f"Known: {', '.join(settings)}."
