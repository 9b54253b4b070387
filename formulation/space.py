"""The design space of a study: what may be made and taken, valid by construction.

One space holds several delivery systems. `DesignSpace.draw` walks the tree of choices once, asking
a picker for each; sampling, decoding and every search strategy are pickers. A recipe drawn this
way is a point of the system's polytope rounded to the balance, so it never breaks an input rule.
`DesignSpace.violations` judges any design, drawn or written by hand, in words.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import numpy as np
from attrs import define, field, frozen

from formulation.arrays import FloatArray
from formulation.delivery import DeliverySystem
from formulation.design import BALANCE_MG, Design, on_grid
from formulation.errors import InputError, UnknownNameError
from formulation.excipients import Severity, incompatibilities
from formulation.limits import Limits
from formulation.parameters import ChoiceParameter
from formulation.polytope import Polytope
from formulation.regimen import Regimen
from formulation.salts import Lot

Picker = Callable[[str, tuple[str, ...] | None], str | float]
"""Answers one question: a name, and either the choices or None for a number between 0 and 1."""

_ROUNDING_MG = 1e-6
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


@define(kw_only=True)
class SystemSpace:
    """What a study may vary within one delivery system."""

    system: DeliverySystem
    """The system, with the ranges of the study."""

    lots: tuple[Lot, ...]
    """Salts as delivered."""

    regimens: tuple[Regimen, ...]
    """Ways of taking it."""

    limits: Limits
    """What the jurisdiction allows."""

    dose: DoseRange
    """What the study asks for."""

    _polytopes: tuple[Polytope, Polytope] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """Name of the system."""
        return self.system.name

    def polytopes(self) -> tuple[Polytope, Polytope]:
        """Return the compositions as such, and those that stay valid under any rounding."""
        if self._polytopes is None:
            outer = _composition_polytope(self.system)
            self._polytopes = (outer, outer.shrunk(BALANCE_MG / 2))
        return self._polytopes

    def elemental_range(self, regimen: Regimen) -> tuple[float, float]:
        """Return the elemental magnesium one unit may hold under a regimen.

        Parameters
        ----------
        regimen : Regimen
            How it is taken, [-].

        Returns
        -------
        tuple of float
            Least and most; least exceeds most when nothing is allowed, [mg].
        """
        low, high = self.system.range_of("elemental_mg_per_unit")
        allowed = self.limits.max_elemental_mg_per_unit(
            regimen.units_per_intake, regimen.intakes_per_day
        )
        return (
            max(low, self.dose.low_mg_per_day / regimen.units_per_day),
            min(high, allowed, self.dose.high_mg_per_day / regimen.units_per_day),
        )

    def salt_range(self, lot: Lot, regimen: Regimen) -> tuple[float, float]:
        """Return the salt mass one unit may hold.

        Parameters
        ----------
        lot : Lot
            The salt as delivered, [-].
        regimen : Regimen
            How it is taken, [-].

        Returns
        -------
        tuple of float
            Least and most on the balance grid; least exceeds most when nothing fits, [mg].
        """
        low, high = (100 * mg / lot.mg_pct for mg in self.elemental_range(regimen))
        inner_low, inner_high = self.polytopes()[1].conditional_range(np.empty(0))
        return (
            np.ceil(max(low, inner_low) / BALANCE_MG - _ROUNDING_MG) * BALANCE_MG,
            np.floor(min(high, inner_high) / BALANCE_MG + _ROUNDING_MG) * BALANCE_MG,
        )

    @cached_property
    def options(self) -> dict[str, dict[str, Regimen]]:
        """Regimens by text, by salt: only those with which something can be made."""
        found: dict[str, dict[str, Regimen]] = {}
        for lot in self.lots:
            for regimen in self.regimens:
                low, high = self.salt_range(lot, regimen)
                if low <= high:
                    found.setdefault(lot.salt.key, {})[str(regimen)] = regimen
        return found

    def lot(self, salt: str) -> Lot:
        """Return the lot of a salt.

        Parameters
        ----------
        salt : str
            Salt key, [-].

        Returns
        -------
        Lot
            The lot of this study, [-].

        Raises
        ------
        UnknownNameError
            The study does not use that salt.
        """
        for lot in self.lots:
            if lot.salt.key == salt:
                return lot
        raise UnknownNameError(f"{self.name}: salt", salt, (x.salt.key for x in self.lots))

    def draw(self, pick: Picker) -> Design:
        """Walk the choices of this system and return the design they make.

        Parameters
        ----------
        pick : callable
            Answers each question, [-].

        Returns
        -------
        Design
            A valid design, [-].
        """
        salt = str(pick(f"{self.name}.salt", tuple(self.options)))
        regimens = self.options[salt]
        regimen = regimens[str(pick(f"{self.name}.{salt}.regimen", tuple(regimens)))]
        cube = np.array([float(pick(name, None)) for name in self._coordinate_names()])
        process: dict[str, float | str] = {}
        for parameter in self.system.process:
            name = f"{self.name}.{parameter.name}"
            if isinstance(parameter, ChoiceParameter):
                process[parameter.name] = str(pick(name, parameter.choices))
            else:
                u = float(pick(name, None))
                process[parameter.name] = parameter.snap(
                    parameter.low + u * (parameter.high - parameter.low)
                )
        lot = self.lot(salt)
        return Design(
            system=self.name,
            salt=salt,
            salt_mg_pct=lot.mg_pct,
            amounts_mg=self._amounts(cube, lot, regimen),
            process=process,
            regimen=regimen,
        )

    def encode(self, design: Design) -> dict[str, str | float]:
        """Return the answers that `draw` needs to make this design again.

        Parameters
        ----------
        design : Design
            A valid design of this system, [-].

        Returns
        -------
        dict
            Answers by question, [-].
        """
        lot = self.lot(design.salt)
        point = self._point(design.amounts_mg)
        cube = self.polytopes()[0].to_cube(point, self.salt_range(lot, design.regimen))
        answers: dict[str, str | float] = {
            f"{self.name}.salt": design.salt,
            f"{self.name}.{design.salt}.regimen": str(design.regimen),
            **dict(zip(self._coordinate_names(), cube.tolist(), strict=True)),
        }
        for parameter in self.system.process:
            value = design.process[parameter.name]
            if isinstance(parameter, ChoiceParameter):
                answers[f"{self.name}.{parameter.name}"] = value
            else:
                span = parameter.high - parameter.low
                u = (float(value) - parameter.low) / span if span else 0.5
                answers[f"{self.name}.{parameter.name}"] = u
        return answers

    def violations(self, design: Design) -> tuple[Violation, ...]:
        """Return every input rule a design of this system breaks.

        Parameters
        ----------
        design : Design
            Any design of this system, [-].

        Returns
        -------
        tuple of Violation
            Empty for a valid design, [-].
        """
        return (
            *_component_violations(self.system, design),
            *_dose_violations(self, design),
            *_process_violations(self.system, design),
            *_incompatibility_violations(design),
        )

    def _coordinate_names(self) -> list[str]:
        amounts = [c.name for c in self.system.components[:-1]]
        return [f"{self.name}.amount.{name}" for name in (amounts[0], "unit_mass", *amounts[1:])]

    def _point(self, amounts: Mapping[str, float]) -> FloatArray:
        names = [c.name for c in self.system.components[:-1]]
        mass = sum(amounts.values())
        return np.array([amounts[names[0]], mass, *(amounts[n] for n in names[1:])])

    def _amounts(self, cube: FloatArray, lot: Lot, regimen: Regimen) -> dict[str, float]:
        """Round to the balance; where rounding leaves the polytope, round an inner point."""
        outer, inner = self.polytopes()
        salt_range = self.salt_range(lot, regimen)
        point = np.array([on_grid(x) for x in outer.from_cube(cube, salt_range)])
        inside = salt_range[0] - _ROUNDING_MG <= point[0] <= salt_range[1] + _ROUNDING_MG
        if not (inside and outer.contains(point)):
            low, high = salt_range
            first = (low, high) if low < high else (low, low)
            point = np.array([on_grid(x) for x in inner.from_cube(cube, first)])
        names = [c.name for c in self.system.components]
        amounts = dict(zip((names[0], "", *names[1:-1]), point.tolist(), strict=True))
        mass = amounts.pop("")
        amounts[names[-1]] = on_grid(mass - sum(amounts.values()))
        return amounts


@define(kw_only=True)
class DesignSpace:
    """The designs of a study: several systems, each with salts and regimens.

    Raises
    ------
    InputError
        Nothing can be made in any of the systems; the message says why for each.
    """

    spaces: tuple[SystemSpace, ...]
    """One space for each delivery system."""

    def __attrs_post_init__(self) -> None:
        if not any(space.options for space in self.spaces):
            raise InputError(
                "The design space is empty: " + " ".join(map(_why_empty, self.spaces)),
                hint="Widen the dose, the regimens, the unit mass or the salts.",
            )

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems with which something can be made."""
        return tuple(space.name for space in self.spaces if space.options)

    def space_of(self, system: str) -> SystemSpace:
        """Return the space of one system.

        Parameters
        ----------
        system : str
            Name of the system, [-].

        Returns
        -------
        SystemSpace
            Its space, [-].

        Raises
        ------
        UnknownNameError
            The study does not use that system.
        """
        for space in self.spaces:
            if space.name == system:
                return space
        raise UnknownNameError("Delivery system", system, (s.name for s in self.spaces))

    def draw(self, pick: Picker) -> Design:
        """Walk the tree of choices and return the design they make.

        Parameters
        ----------
        pick : callable
            Answers each question, [-].

        Returns
        -------
        Design
            A valid design, [-].
        """
        return self.space_of(str(pick("system", self.systems))).draw(pick)

    def sample(self, n: int, rng: np.random.Generator) -> list[Design]:
        """Return random designs, uniform in the feasible coordinates.

        Parameters
        ----------
        n : int
            How many, [-].
        rng : numpy.random.Generator
            Source of randomness, [-].

        Returns
        -------
        list of Design
            Valid designs, [-].
        """

        def pick(_: str, choices: tuple[str, ...] | None) -> str | float:
            return rng.random() if choices is None else choices[rng.integers(len(choices))]

        return [self.draw(pick) for _ in range(n)]

    def encode(self, design: Design) -> dict[str, str | float]:
        """Return the answers that `decode` needs to make this design again.

        Parameters
        ----------
        design : Design
            A valid design, [-].

        Returns
        -------
        dict
            Answers by question, [-].
        """
        return {"system": design.system, **self.space_of(design.system).encode(design)}

    def decode(self, answers: Mapping[str, str | float]) -> Design:
        """Return the design that these answers make.

        Parameters
        ----------
        answers : mapping
            What `encode` returned, or numbers between 0 and 1 and valid choices, [-].

        Returns
        -------
        Design
            A valid design, [-].
        """
        return self.draw(lambda name, _: answers[name])

    def violations(self, design: Design) -> tuple[Violation, ...]:
        """Return every input rule a design breaks.

        Parameters
        ----------
        design : Design
            Any design, [-].

        Returns
        -------
        tuple of Violation
            Empty for a valid design, [-].
        """
        return self.space_of(design.system).violations(design)


def warnings(design: Design) -> tuple[str, ...]:
    """Return what a valid design deserves to be warned of.

    Parameters
    ----------
    design : Design
        A design, [-].

    Returns
    -------
    tuple of str
        Sentences, [-].
    """
    present = _present(design)
    return tuple(
        f"{rule.message} {rule.hint}"
        for rule in incompatibilities()
        if rule.severity is Severity.WARNING and rule.applies(design.salt, present)
    )


def _composition_polytope(system: DeliverySystem) -> Polytope:
    """Rows over (salt, unit mass, other components but the last, which balances the sum)."""
    n = len(system.components)
    amount = np.zeros((n, n))
    amount[0, 0] = 1.0
    for i in range(1, n - 1):
        amount[i, i + 1] = 1.0
    amount[n - 1] = -amount[: n - 1].sum(axis=0)
    amount[n - 1, 1] = 1.0
    mass = np.zeros(n)
    mass[1] = 1.0
    rows, bounds = [mass, -mass], [*reversed(system.range_of("unit_mass"))]
    bounds[1] = -bounds[1]
    for component, row in zip(system.components, amount, strict=True):
        rows += [component.low_pct / 100 * mass - row, row - component.high_pct / 100 * mass]
        bounds += [0.0, 0.0]
    try:
        return Polytope(matrix=np.array(rows), bounds=np.array(bounds))
    except InputError as error:
        low = sum(c.low_pct for c in system.components)
        high = sum(c.high_pct for c in system.components)
        raise InputError(
            f"{system.name}: the composition cannot sum to 100 % w/w; its components give"
            f" {low:g} to {high:g} %.",
            hint="Widen a component's range, or narrow the others.",
        ) from error


def _component_violations(system: DeliverySystem, design: Design) -> Iterator[Violation]:
    mass = design.unit_mass_mg
    low, high = system.range_of("unit_mass")
    if not low - _ROUNDING_MG <= mass <= high + _ROUNDING_MG:
        yield _violation("unit_mass", "Unit mass", mass, low, high, "mg")
    known = {c.name: c for c in system.components}
    for name in design.amounts_mg:
        if name not in known:
            yield Violation(
                rule="component",
                value=name,
                limit=", ".join(known),
                unit="-",
                message=f"Component {name!r} does not belong to {system.name}.",
            )
    for name, component in known.items():
        amount = design.amounts_mg.get(name, 0.0)
        if abs(amount - on_grid(amount)) > _ROUNDING_MG:
            yield Violation(
                rule="balance",
                value=amount,
                limit=f"multiples of {BALANCE_MG:g}",
                unit="mg",
                message=f"{name} {amount:g} mg cannot be weighed to {BALANCE_MG:g} mg.",
            )
        slack = _ROUNDING_MG + 1e-9 * mass
        if not (
            component.low_pct / 100 * mass - slack
            <= amount
            <= component.high_pct / 100 * mass + slack
        ):
            yield _violation(
                "share",
                name,
                design.share_pct(name),
                component.low_pct,
                component.high_pct,
                "% w/w",
            )


def _dose_violations(space: SystemSpace, design: Design) -> Iterator[Violation]:
    limits, regimen = space.limits, design.regimen
    low, high = space.system.range_of("elemental_mg_per_unit")
    tolerance = 1e-6
    checks = (
        (
            "elemental_per_unit",
            "Elemental Mg per unit",
            design.elemental_mg_per_unit,
            low,
            high,
            "mg",
        ),
        (
            "per_occasion",
            f"Elemental Mg per occasion ({limits.jurisdiction})",
            design.elemental_mg_per_intake,
            0.0,
            limits.per_occasion.value,
            "mg",
        ),
        (
            "daily_supplemental",
            f"Supplemental Mg a day ({limits.jurisdiction})",
            design.elemental_mg_per_day,
            0.0,
            limits.daily_supplemental.value,
            "mg/d",
        ),
        (
            "dose",
            "Dose of this study",
            design.elemental_mg_per_day,
            space.dose.low_mg_per_day,
            space.dose.high_mg_per_day,
            "mg/d",
        ),
    )
    for rule, title, value, least, most, unit in checks:
        if not least - tolerance <= value <= most + tolerance:
            yield _violation(rule, title, value, least, most, unit)
    if regimen.intakes_per_day < limits.min_intakes.value:
        yield Violation(
            rule="min_intakes",
            value=regimen.intakes_per_day,
            limit=f">= {limits.min_intakes.value:g}",
            unit="1/d",
            message=f"{regimen.intakes_per_day} intake a day is fewer than the"
            f" {limits.min_intakes.value:g} that {limits.jurisdiction} asks for.",
        )


def _process_violations(system: DeliverySystem, design: Design) -> Iterator[Violation]:
    for parameter in system.process:
        value = design.process.get(parameter.name, "missing")
        if isinstance(parameter, ChoiceParameter):
            if value not in parameter.choices:
                yield Violation(
                    rule="process",
                    value=value,
                    limit=", ".join(parameter.choices),
                    unit="-",
                    message=f"{parameter.name} {value} is none of {', '.join(parameter.choices)}.",
                )
        elif isinstance(value, str) or not parameter.low <= value <= parameter.high:
            yield Violation(
                rule="process",
                value=value,
                limit=f"{parameter.low:g} to {parameter.high:g}",
                unit=parameter.unit,
                message=f"{parameter.name} {value} lies outside {parameter.low:g} to"
                f" {parameter.high:g} {parameter.unit}.",
            )


def _incompatibility_violations(design: Design) -> Iterator[Violation]:
    present = _present(design)
    for rule in incompatibilities():
        if rule.severity is Severity.INVALID and rule.applies(design.salt, present):
            yield Violation(
                rule="incompatibility",
                value=f"{design.salt} with {rule.second}",
                limit="not together",
                unit="-",
                message=f"{rule.message} {rule.hint}",
            )


def _present(design: Design) -> frozenset[str]:
    return frozenset(n for n, mg in design.amounts_mg.items() if mg > 0 and n != "salt")


def _violation(
    rule: str, title: str, value: float, low: float, high: float, unit: str
) -> Violation:
    relation, bound = ("over", high) if value > high else ("under", low)
    return Violation(
        rule=rule,
        value=value,
        limit=f"{low:g} to {high:g}",
        unit=unit,
        message=f"{title} {value:.4g} {unit} is {relation} the limit of {bound:g} {unit}"
        f" by {abs(value - bound):.3g}.",
    )


def _why_empty(space: SystemSpace) -> str:
    reasons = []
    for lot in space.lots:
        best = max(
            (space.salt_range(lot, r) for r in space.regimens), key=lambda ends: ends[1] - ends[0]
        )
        reasons.append(
            f"{lot.salt.key} would need at least {best[0]:.0f} mg, at most {best[1]:.0f} fit"
        )
    return f"{space.name}: " + "; ".join(reasons) + "."
