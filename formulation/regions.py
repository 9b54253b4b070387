"""Excluded regions: parts of a design space that nobody wants designs from, and why.

A region is a conjunction of conditions: intervals of numbers, ends included, and settings of
choices. A component that a recipe does not hold has a share of zero; of a setting that does not
exist no condition is met.
"""

from collections.abc import Mapping

from attrs import field, frozen

from formulation.delivery import DeliverySystem, Form, get_system, selection_text
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.rules import Violation
from formulation.units import with_unit

SALT = "salt"
"""Names the salt of a design in a condition on texts, and its share in one on numbers."""


@frozen(kw_only=True)
class Interval:
    """Numbers from a low to a high end, both included.

    Raises
    ------
    InputError
        The ends are reversed.
    """

    low: float = -float("inf")
    """Low end."""

    high: float = float("inf")
    """High end."""

    unit: str = ""
    """Unit of both, for messages."""

    def __attrs_post_init__(self) -> None:
        if not self.low <= self.high:
            raise InputError(
                f"low {with_unit(self.low, self.unit)} lies above high"
                f" {with_unit(self.high, self.unit)}.",
                hint="Swap them, or drop one.",
            )

    @property
    def text(self) -> str:
        """The interval in words."""
        high = with_unit(self.high, self.unit)
        if self.low == -float("inf"):
            return f"<= {high}"
        if self.high == float("inf"):
            return f">= {with_unit(self.low, self.unit)}"
        return f"{self.low:g} to {high}"


@frozen(kw_only=True)
class Region:
    """A part of one delivery system's designs that is excluded.

    Raises
    ------
    InputError
        There is no condition, or one names nothing of the system, or nothing can meet it.
    """

    system: str
    """Name of the delivery system."""

    when: Mapping[str, Interval | tuple[str, ...]] = field()
    """Conditions by name; all must hold."""

    because: str
    """Why."""

    def __attrs_post_init__(self) -> None:
        if not self.when:
            raise InputError(
                f"{self.system}: an excluded region without a condition is all of it.",
                hint=f"Add a condition, such as 'when: {{salt: oxide}}', or leave {self.system} out"
                " of the systems.",
            )
        for name, wanted in self.when.items():
            check_condition(get_system(self.system), name, wanted)

    @property
    def text(self) -> str:
        """The region in words."""
        parts = (
            f"{name} {wanted.text if isinstance(wanted, Interval) else ' or '.join(wanted)}"
            for name, wanted in self.when.items()
        )
        return f"{self.system} with {' and '.join(parts)}"

    def holds(self, design: Design) -> bool:
        """Tell whether a design lies inside.

        Parameters
        ----------
        design : Design
            Any design, [-].

        Returns
        -------
        bool
            True when every condition is met, [-].
        """
        return design.system == self.system and all(
            _meets(design, name, wanted) for name, wanted in self.when.items()
        )

    def violation(self, design: Design) -> Violation:
        """Return the rule that a design inside breaks.

        Parameters
        ----------
        design : Design
            A design inside, [-].

        Returns
        -------
        Violation
            The rule, with its reason, [-].
        """
        return Violation(
            rule="excluded",
            value=design.system,
            limit="outside of what the study excludes",
            unit="-",
            message=f"{self.text} is excluded by the study: {self.because}",
        )


def check_condition(system: DeliverySystem, name: str, wanted: Interval | tuple[str, ...]) -> None:
    """Refuse a condition that names nothing of a system, or that nothing can meet.

    Parameters
    ----------
    system : DeliverySystem
        The system, [-].
    name : str
        A component, setting, size or choice, or `SALT`, [-].
    wanted : Interval or tuple of str
        Numbers, or settings, [-].

    Raises
    ------
    InputError
        The name is unknown, is of the other kind, or nothing of the system lies there.
    """
    if name == SALT and not isinstance(wanted, Interval):
        return
    unit = system.names().get(name)
    if unit is None:
        raise UnknownNameError(f"{system.name}: excluded", name, system.names())
    if isinstance(wanted, Interval) != bool(unit):
        kind = "a number; low or high is wanted" if unit else "a choice; its settings are wanted"
        raise InputError(
            f"{system.name}.{name} is {kind}.",
            hint=f"Write it such as '{name}: {{high: {with_unit(10, unit)}}}'."
            if unit
            else f"Known: {', '.join(system.settings(name))}.",
        )
    if not isinstance(wanted, Interval):
        for setting in wanted:
            if setting not in system.settings(name):
                raise UnknownNameError(f"{name} setting", setting, system.settings(name))
        return
    where, _, bare = name.rpartition(".")
    having = [f for f in system.forms if where in ("", f.name) and bare in f.ranges()]
    ends = [form.range_of(bare) for form in having]
    # An optional component may be missing, which is a share of zero.
    least = 0.0 if any(_is_optional(form, bare) for form in having) else min(e[0] for e in ends)
    most = max(e[1] for e in ends)
    if wanted.high < least or wanted.low > most:
        raise InputError(
            f"{system.name}.{name} {wanted.text} excludes nothing; it goes from {least:g} to"
            f" {with_unit(most, unit)}.",
            hint="Move its ends, or drop the condition.",
        )


def _is_optional(form: Form, name: str) -> bool:
    return any(name in selection.members for selection in form.selections)


def _meets(design: Design, name: str, wanted: Interval | tuple[str, ...]) -> bool:
    where, _, bare = name.rpartition(".")
    form = get_system(design.system).form_of(design)
    if where not in ("", form.name):
        return False
    if not isinstance(wanted, Interval):
        return _text(design, form, bare) in wanted
    value = _number(design, form, bare)
    return value is not None and wanted.low <= value <= wanted.high


def _text(design: Design, form: Form, name: str) -> str | None:
    if name == SALT:
        return design.salt_name
    for selection in form.selections:
        if selection.name == name:
            return selection_text(selection.made_in(design.amounts_mg))
    setting = design.process.get(name)
    return setting if isinstance(setting, str) else None


def _number(design: Design, form: Form, name: str) -> float | None:
    if any(component.name == name for component in form.components):
        return design.share_pct(name)
    if name == "unit_mass":
        return design.unit_mass_mg
    if name == "elemental_mg_per_unit":
        return design.elemental_mg_per_unit
    setting = design.process.get(name)
    return setting if isinstance(setting, float) else None
