"""Process and geometry parameters of a delivery system."""

from collections.abc import Mapping

from attrs import field, frozen

from formulation.errors import InputError, UnknownNameError
from formulation.units import with_unit

_ROUNDING = 1e-6
"""Share of a step by which an end may miss the grid, [-]."""

Condition = Mapping[str, tuple[str, ...]]
"""When a parameter exists: settings, by name of the choice or selection that decides."""


def holds(when: Condition, settings: Mapping[str, object]) -> bool:
    """Tell whether a condition is met.

    Parameters
    ----------
    when : mapping of str to tuple of str
        Settings by name of the choice that decides; an empty mapping always holds, [-].
    settings : mapping of str to object
        What was chosen so far, [-].

    Returns
    -------
    bool
        True when every choice has one of its settings, [-].
    """
    return all(settings.get(name) in values for name, values in when.items())


@frozen(kw_only=True)
class RealParameter:
    """A number on a grid between two ends.

    Raises
    ------
    InputError
        The range is reversed or not a whole number of steps.
    """

    name: str
    """Name with its unit as suffix."""

    unit: str
    """Unit of the values."""

    low: float
    """Smallest value, in `unit`."""

    high: float
    """Largest value, in `unit`."""

    step: float
    """Distance between two settings that a machine can tell apart, in `unit`."""

    source: str
    """Key in ``formulation/sources.bib``."""

    when: Condition = field(factory=dict)
    """Choices under which the parameter exists."""

    def __attrs_post_init__(self) -> None:
        if not self.low <= self.high:
            raise InputError(
                f"Parameter {self.name!r}: low {self.low:g} lies above high"
                f" {with_unit(self.high, self.unit)}."
            )
        steps = (self.high - self.low) / self.step if self.step > 0 else 0.5
        if abs(steps - round(steps)) > _ROUNDING:
            raise InputError(
                f"Parameter {self.name!r}: {self.low:g} to {with_unit(self.high, self.unit)} is not"
                f" a whole number of steps of {with_unit(self.step, self.unit)}.",
                hint=f"Move an end to a multiple of {self.step:g} above the other.",
            )

    def snap(self, value: float) -> float:
        """Return the setting nearest to a value.

        Parameters
        ----------
        value : float
            Value in the parameter's unit, [-].

        Returns
        -------
        float
            Setting inside the range, [-].
        """
        steps = round((value - self.low) / self.step)
        most = round((self.high - self.low) / self.step)
        return round(self.low + min(max(steps, 0), most) * self.step, 9)


@frozen(kw_only=True)
class ChoiceParameter:
    """One of several named settings.

    Raises
    ------
    InputError
        There is nothing to choose from.
    """

    name: str
    """Name of the parameter."""

    choices: tuple[str, ...]
    """Settings."""

    source: str
    """Key in ``formulation/sources.bib``."""

    when: Condition = field(factory=dict)
    """Choices under which the parameter exists."""

    def __attrs_post_init__(self) -> None:
        if not self.choices:
            raise InputError(f"Parameter {self.name!r} has no choices.")

    def check(self, value: object) -> str:
        """Return the setting, or refuse an unknown one.

        Parameters
        ----------
        value : object
            Setting as written, [-].

        Returns
        -------
        str
            The setting, [-].

        Raises
        ------
        UnknownNameError
            It is none of the choices.
        """
        if value not in self.choices:
            raise UnknownNameError(f"{self.name} setting", value, self.choices)
        return str(value)


Parameter = RealParameter | ChoiceParameter
