"""Names and units of what a study narrows: which form has it, and why its unit is that one."""

from experiments.config.items import Item
from experiments.config.quantities import quantity_text
from formulation.delivery import DeliverySystem, Form, get_system


def is_elsewhere(system: DeliverySystem, name: str, item: Item) -> bool:
    """Refuse a name that only other forms of a system have, or that was left out before.

    Parameters
    ----------
    system : DeliverySystem
        The system as the study has narrowed it so far, [-].
    name : str
        What the study names, [-].
    item : Item
        What it says of it, [-].

    Returns
    -------
    bool
        True after a refusal, [-].
    """
    whole = get_system(system.name)
    where, _, bare = name.rpartition(".")
    mine = [form for form in system.forms if where in ("", form.name)]
    having = [form.name for form in whole.forms if bare in _names(form)]
    if name in system.names() or not having or not mine:
        return False
    forms = " and ".join(form.name for form in mine)
    where = f"the form{'s' if len(mine) > 1 else ''} {forms} (of {system.name})"
    if any(form.name in having for form in mine):
        message = f"{bare} is left out of {where} by what the study chooses or fixes."
        hint = "Leave it out here too, or allow it there."
    else:
        what = "component" if share_reason(whole, bare) else "part"
        message = f"{bare} is no {what} of {where}; it belongs to {', '.join(having)}."
        known = dict.fromkeys(name for form in mine for name in _names(form))
        hint = f"Leave it out, or take another form; {forms} has: {', '.join(known)}."
    rule = "a form has only its own components, settings and sizes"
    item.refuse("unknown_name", message, rule=rule, hint=hint, at_key=True)
    return True


def share_reason(system: DeliverySystem, name: str) -> str:
    """Return why a component is stated in % w/w; empty for anything else.

    Parameters
    ----------
    system : DeliverySystem
        The system, [-].
    name : str
        Name of a component, setting, size or choice, [-].

    Returns
    -------
    str
        A sentence for a hint, [-].
    """
    where, _, bare = name.rpartition(".")
    forms = [form for form in system.forms if where in ("", form.name)]
    if all(bare != component.name for form in forms for component in form.components):
        return ""
    return (
        "A component is stated as its share of one unit, in % w/w, because a study varies the mass"
        " of the unit (unit_mass)."
    )


def refuse_no_ends(item: Item, unit: str) -> None:
    """Refuse a range of which neither end is given.

    Parameters
    ----------
    item : Item
        The range, [-].
    unit : str
        Its unit, [-].
    """
    item.refuse(
        "missing_key",
        "neither low nor high is given.",
        rule="low, high or both",
        hint=f"Add one or both, such as 'high: {quantity_text(10.0, unit)}'.",
    )


def _names(form: Form) -> tuple[str, ...]:
    return (*form.ranges(), *form.choices())
