"""What of a design can be moved alone, and how far: a mass, a setting that is a number, a size."""

import re
from collections.abc import Callable, Iterator

from attrs import evolve, field, frozen

from experiments.reports.process_words import setting_title
from experiments.reports.wording import component_name
from formulation.blends import SECOND_SHARE
from formulation.choices import active_parameters, chosen_in
from formulation.delivery import get_system
from formulation.design import BALANCE_MG, SECOND_SALT, Design, on_grid
from formulation.parameters import RealParameter
from formulation.rules import Violation
from formulation.space import DesignSpace

DIMENSION_STEP = 0.1
"""Step in which a size that is no mass is set, in its unit."""

MOST_STEPS = 1_000_000
"""Steps beyond which no edge is looked for, [-]."""

FIGURES = range(5, 16)
"""Significant digits that are tried where the four of a message say the limit itself, [-]."""


@frozen(kw_only=True)
class Factor:
    """One thing that is moved."""

    name: str
    """Component or setting."""

    title: str
    """What people call it."""

    unit: str
    """Unit of its values."""

    step: float
    """Grid on which it is weighed or set, in `unit`."""

    value: float
    """Where the candidate has it, in `unit`."""

    moved: Callable[[float], Design] = field(repr=False, eq=False)
    """The candidate with this factor at another value."""

    def at(self, k: int) -> float:
        """Return the value so many steps from the candidate, in `unit`."""
        return round(self.value + k * self.step, 9)


@frozen(kw_only=True)
class Edge:
    """Where one side of a range ends."""

    steps: int
    """How far from the candidate, never away from its side, [-]."""

    by: str
    """What ends it, in words."""


def factors_of(design: Design) -> Iterator[Factor]:
    """Yield what can be moved alone: masses, settings that are numbers, sizes.

    Parameters
    ----------
    design : Design
        A design, [-].

    Yields
    ------
    Factor
        Two salts of a mixture count as one, in their share, [-].
    """
    system = get_system(design.system)
    form, plain = system.form_of(design), design.as_dict()
    for name, mg in design.amounts_mg.items():
        if name == SECOND_SALT:
            continue
        is_mixture = name == "salt" and bool(design.second_salt)
        yield Factor(
            name=name,
            title="Both salts, in their share" if is_mixture else component_name(name, plain),
            unit="mg",
            step=BALANCE_MG,
            value=design.salt_mass_mg if is_mixture else mg,
            moved=_salts_to(design) if is_mixture else _amount_to(design, name),
        )
    active = active_parameters(form, chosen_in(form, design), design.process)
    for parameter in active:
        if isinstance(parameter, RealParameter):
            yield _setting(design, parameter.name, parameter.unit, parameter.step)
    for size in form.dimensions:
        yield _setting(design, size.name, size.unit, DIMENSION_STEP)


def space_edges(space: DesignSpace, factor: Factor) -> tuple[Edge, Edge]:
    """Return how far a factor may go before an input rule is broken.

    Parameters
    ----------
    space : DesignSpace
        What may be made, [-].
    factor : Factor
        A factor of a design of that space, [-].

    Returns
    -------
    tuple of Edge
        Below and above the candidate, [-].

    Notes
    -----
    Every rule on amounts is linear and every range an interval, so what they allow is one interval
    around the candidate, whose ends are found by halving. What the study excludes cuts it step by
    step.
    """
    return _space_edge(space, factor, -1), _space_edge(space, factor, 1)


def told_apart(broken: Violation) -> str:
    """Return a broken rule in words, with as many digits as tell its value from its limit.

    Parameters
    ----------
    broken : Violation
        The rule and the value that breaks it, [-].

    Returns
    -------
    str
        Its message, [-].

    Examples
    --------
    >>> from formulation.rules import range_violation
    >>> told_apart(range_violation("share", "film_coat", 3.00015, 2.0, 3.0, "% w/w"))
    'film_coat 3.0002 % w/w is over the limit of 3 % w/w by 0.00015.'
    """
    value, unit = broken.value, re.escape(broken.unit)
    words = (
        rf"(?P<value>\S+)(?= {unit} is (?P<side>over|under) the limit of (?P<limit>\S+) {unit} )"
    )
    said = re.search(words, broken.message)
    if said is None or isinstance(value, str):
        return broken.message

    def is_beyond(figure: str) -> bool:
        beyond = float(figure) - float(said["limit"])
        return beyond > 0 if said["side"] == "over" else beyond < 0

    figures = [said["value"], *(f"{value:.{digits}g}" for digits in FIGURES)]
    told = next(filter(is_beyond, figures), figures[-1])
    return f"{broken.message[: said.start()]}{told}{broken.message[said.end() :]}"


def _space_edge(space: DesignSpace, factor: Factor, side: int) -> Edge:
    def broken(k: int) -> str:
        value = factor.at(side * k)
        if value < 0:
            return f"{factor.title} cannot be below 0."
        found = space.violations(factor.moved(value))
        return told_apart(found[0]) if found else ""

    inside, outside = 0, 1
    while not broken(outside) and outside < MOST_STEPS:
        inside, outside = outside, 2 * outside
    while outside - inside > 1:
        middle = (inside + outside) // 2
        inside, outside = (inside, middle) if broken(middle) else (middle, outside)
    for k in range(1, inside + 1 if space.excluded else 1):
        design = factor.moved(factor.at(side * k))
        if region := next((r for r in space.excluded if r.holds(design)), None):
            return Edge(steps=side * (k - 1), by=region.violation(design).message)
    return Edge(steps=side * inside, by=broken(outside))


def _setting(design: Design, name: str, unit: str, step: float) -> Factor:
    return Factor(
        name=name,
        title=setting_title(name, unit),
        unit=unit,
        step=step,
        value=float(design.process[name]),
        moved=lambda value: evolve(design, process={**design.process, name: value}),
    )


def _amount_to(design: Design, name: str) -> Callable[[float], Design]:
    return lambda mg: evolve(design, amounts_mg={**design.amounts_mg, name: on_grid(mg)})


def _salts_to(design: Design) -> Callable[[float], Design]:
    share = float(design.process[SECOND_SHARE]) / 100

    def moved(total: float) -> Design:
        second = on_grid(total * share)
        both = {"salt": on_grid(total - second), SECOND_SALT: second}
        return evolve(design, amounts_mg={**design.amounts_mg, **both})

    return moved
