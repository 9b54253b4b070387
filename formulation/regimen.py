"""How a product is taken: units at one occasion, occasions a day, with meals or between them."""

from typing import Any

from attrs import field, frozen, validators
from typing_extensions import override

from formulation.errors import InputError

MAX_UNITS_PER_INTAKE = 6
"""More units than this at one occasion is not a product, [-]."""

MAX_INTAKES_PER_DAY = 3
"""One intake for each main meal, [1/d]."""


@frozen(kw_only=True, order=True)
class Regimen:
    """One way of taking a product.

    Raises
    ------
    InputError
        A count is below 1 or above what a person would follow.
    """

    units_per_intake: int = field(validator=validators.instance_of(int))
    """Units swallowed at one occasion, [-]."""

    intakes_per_day: int = field(validator=validators.instance_of(int))
    """Occasions a day, [1/d]."""

    with_meals: bool = field(validator=validators.instance_of(bool))
    """Whether it is taken with the meals of the day, or between them."""

    def __attrs_post_init__(self) -> None:
        for name, most in (
            ("units_per_intake", MAX_UNITS_PER_INTAKE),
            ("intakes_per_day", MAX_INTAKES_PER_DAY),
        ):
            count = getattr(self, name)
            if not 1 <= count <= most:
                raise InputError(f"Regimen {name} is {count}; it must lie between 1 and {most}.")

    @property
    def units_per_day(self) -> int:
        """Units a day, [1/d]."""
        return self.units_per_intake * self.intakes_per_day

    def as_dict(self) -> dict[str, Any]:
        """Return the plain values."""
        return {
            "units_per_intake": self.units_per_intake,
            "intakes_per_day": self.intakes_per_day,
            "with_meals": self.with_meals,
        }

    @override
    def __str__(self) -> str:
        meals = "with meals" if self.with_meals else "between meals"
        units = "unit" if self.units_per_intake == 1 else "units"
        return f"{self.units_per_intake} {units} × {self.intakes_per_day} a day {meals}"
