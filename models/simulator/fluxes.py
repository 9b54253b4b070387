"""The language of the simulator: states, and fluxes that move amounts between them.

Everything is a flux from one state to another, or in from outside, so mass closes by construction.
A flux's rate is written once, as an expression; the reference evaluates it with NumPy, the
generator differentiates it and writes the compiled kernel, the exporter translates it. Expressions
use ``+ - * /``, powers, ``sqrt``, ``ramp`` and names of states, parameters, inputs and
definitions.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import CodeType
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError, UnknownNameError

NOWHERE = "nowhere"
"""What gives back an amount that is not magnesium."""


def ramp(x: Any, width: Any) -> Any:
    """Return the positive part of a number, with a bend instead of a corner.

    Parameters
    ----------
    x : float or ndarray of shape (...,)
        The number; of a complex one the real part decides, so that it can be differentiated by
        complex numbers, [-].
    width : float
        It is 0 below minus so much, ``x`` above so much, and a parabola between, [-].

    Returns
    -------
    float or ndarray of shape (...,)
        The positive part, in the unit of `x`, [-].
    """
    where = np.real(x)
    bent = (x + width) ** 2 / (4 * width)
    return np.where(where > width, x, np.where(where < -width, 0.0, bent))


FUNCTIONS: Mapping[str, Any] = {"sqrt": np.sqrt, "ramp": ramp}
"""Functions an expression may call."""


@frozen(kw_only=True)
class State:
    """An amount that is integrated."""

    name: str
    """Name in expressions."""

    unit: str
    """Unit of the amount."""

    title: str
    """What it is, in words."""

    spills_to: str = ""
    """State that gives back what a step took too much from this one, so that nothing is negative;
    empty where a step cannot take too much."""

    counts: bool = True
    """Whether it is an amount of magnesium in the mass balance."""


@frozen(kw_only=True)
class Parameter:
    """A number of a lane: of the subject, of the product, or of the step."""

    name: str
    """Name in expressions."""

    unit: str
    """Its unit."""

    title: str
    """What it is, in words."""


@frozen
class Flux:
    """An amount per hour from one state to another."""

    name: str
    """Name of the process and its place."""

    source: str
    """State it leaves; empty when it comes from outside."""

    target: str
    """State it enters; empty when it is only taken, as acid is."""

    rate: str
    """Expression, in the unit of the states per hour."""

    takes: str = ""
    """Another state that pays for it, such as acid; at the rate times `takes_per_unit`."""

    takes_per_unit: str = ""
    """Expression of what is taken for a unit that moves."""


@frozen(kw_only=True)
class FluxModel:
    """States, numbers, definitions and fluxes.

    Raises
    ------
    UnknownNameError
        An expression uses a name that nobody declared.
    InputError
        A name is declared twice.
    """

    states: tuple[State, ...]
    """In the order in which the linear systems are eliminated: upstream first."""

    parameters: tuple[Parameter, ...]
    """Numbers that stay the same for a lane."""

    inputs: tuple[Parameter, ...]
    """Numbers that hold during a step: what a form lets go, whether a meal rules."""

    constants: Mapping[str, float]
    """Numbers that are the same for everybody."""

    definitions: Mapping[str, str]
    """Names for parts of expressions, each in terms of what stands before it."""

    fluxes: tuple[Flux, ...]
    """What moves."""

    integrals: Mapping[str, str] = field(factory=dict)
    """Expressions whose integral is a state of that name outside the mass balance."""

    def __attrs_post_init__(self) -> None:
        names = [*self.state_names, *self.number_names, *self.constants, *self.definitions]
        if twice := {name for name in names if names.count(name) > 1}:
            raise InputError(f"Flux model: declared twice: {', '.join(sorted(twice))}.")
        known = set(names) | FUNCTIONS.keys() | {flux.name for flux in self.fluxes}
        for text in self._expressions():
            for name in compile(text, "flux", "eval").co_names:
                if name not in known:
                    raise UnknownNameError("Name in a flux", name, known)
        for flux in self.fluxes:
            for name in filter(None, (flux.source, flux.target, flux.takes)):
                if name not in self.state_names:
                    raise UnknownNameError(f"State of flux {flux.name!r}", name, self.state_names)

    def _expressions(self) -> Iterable[str]:
        yield from self.definitions.values()
        yield from self.integrals.values()
        for flux in self.fluxes:
            yield flux.rate
            yield from filter(None, [flux.takes_per_unit])

    @cached_property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states, integrals last."""
        return (*(state.name for state in self.states), *self.integrals)

    @cached_property
    def number_names(self) -> tuple[str, ...]:
        """Names of parameters, then of inputs."""
        return (*(p.name for p in self.parameters), *(p.name for p in self.inputs))

    def index(self, *names: str) -> list[int]:
        """Return the positions of states.

        Parameters
        ----------
        *names : str
            Names of states, [-].

        Returns
        -------
        list of int
            Rows of the state array, [-].
        """
        return [self.state_names.index(name) for name in names]

    @cached_property
    def _compiled(self) -> dict[str, CodeType]:
        return {text: compile(text, "flux", "eval") for text in self._expressions()}

    def rates(self, y: FloatArray, numbers: FloatArray) -> dict[str, FloatArray]:
        """Return the rate of every flux.

        Parameters
        ----------
        y : ndarray of shape (n_states, ...)
            Amounts, each in its state's unit, [-].
        numbers : ndarray of shape (n_parameters + n_inputs, ...)
            Parameters and inputs in the order of `number_names`, [-].

        Returns
        -------
        dict of str to ndarray of shape (...,)
            Rates by name of the flux, definitions and integrals included, per hour, [-].
        """
        space: dict[str, Any] = {
            **FUNCTIONS,
            **self.constants,
            **dict(zip(self.number_names, numbers, strict=True)),
            **dict(zip(self.state_names, y, strict=True)),
        }
        for name, text in self.definitions.items():
            space[name] = eval(self._compiled[text], {"__builtins__": {}}, space)
        found = {name: space[name] for name in self.definitions}
        for flux in self.fluxes:
            found[flux.name] = eval(self._compiled[flux.rate], {"__builtins__": {}}, space)
            if flux.takes:
                per_unit = eval(self._compiled[flux.takes_per_unit], {"__builtins__": {}}, space)
                found[f"{flux.name}:{flux.takes}"] = found[flux.name] * per_unit
        for name, text in self.integrals.items():
            found[name] = eval(self._compiled[text], {"__builtins__": {}}, {**space, **found})
        return found

    def derivative(self, y: FloatArray, numbers: FloatArray) -> FloatArray:
        """Return how fast every state changes.

        Parameters
        ----------
        y : ndarray of shape (n_states, ...)
            Amounts, each in its state's unit, [-].
        numbers : ndarray of shape (n_parameters + n_inputs, ...)
            Parameters and inputs in the order of `number_names`, [-].

        Returns
        -------
        ndarray of shape (n_states, ...)
            Changes per hour, each in its state's unit, [1/h].
        """
        change = np.zeros_like(y)
        row = {name: k for k, name in enumerate(self.state_names)}
        rates = self.rates(y, numbers)
        for flux in self.fluxes:
            if flux.source:
                change[row[flux.source]] -= rates[flux.name]
            if flux.target:
                change[row[flux.target]] += rates[flux.name]
            if flux.takes:
                change[row[flux.takes]] -= rates[f"{flux.name}:{flux.takes}"]
        for name in self.integrals:
            change[row[name]] = rates[name]
        return change


def upstream(model: FluxModel, names: Iterable[str]) -> FluxModel:
    """Return the part of a model that gets nothing back from the rest.

    What leaves the part is collected in states ``out_X``, X being where it went.

    Parameters
    ----------
    model : FluxModel
        The whole, [-].
    names : iterable of str
        States of the part, [-].

    Returns
    -------
    FluxModel
        The part, with the numbers of the whole, [-].
    """
    kept = set(names)
    counts = {state.name: state.counts for state in model.states}
    fluxes: list[Flux] = []
    collected: dict[str, str] = {}
    for flux in model.fluxes:
        source = flux.source if flux.source in kept else ""
        target = flux.target if flux.target in kept else ""
        if flux.target in counts and not target and source:
            target = collected.setdefault(flux.target, f"out_{flux.target}")
        if source or target:
            fluxes.append(evolve(flux, source=source, target=target))
    ends = (
        State(name=name, unit="mmol", title=f"passed on to {end}", counts=counts[end])
        for end, name in collected.items()
    )
    states = [
        evolve(s, spills_to=collected.get(s.spills_to, s.spills_to))
        for s in model.states
        if s.name in kept
    ]
    return _part(model, (*states, *ends), model.inputs, fluxes, {})


def downstream(model: FluxModel, names: Iterable[str], integrals: Mapping[str, str]) -> FluxModel:
    """Return the rest of a model, fed by what the part upstream passes on.

    Parameters
    ----------
    model : FluxModel
        The whole, [-].
    names : iterable of str
        States of the rest, [-].
    integrals : mapping of str to str
        Its integrals, [-].

    Returns
    -------
    FluxModel
        The rest, with an input ``in_X`` for every state X that is fed, after those of the whole.
    """
    kept = set(names)
    fluxes: list[Flux] = []
    fed: dict[str, str] = {}
    for flux in model.fluxes:
        if flux.source and flux.source not in kept:
            if flux.target in kept:
                fed[flux.target] = f"in_{flux.target}"
        elif flux.source in kept or flux.target in kept:
            fluxes.append(evolve(flux, target=flux.target if flux.target in kept else ""))
    feeds = tuple(
        Parameter(name=name, unit="mmol/h", title=f"passed on to {end}")
        for end, name in sorted(fed.items())
    )
    fluxes += [Flux(f"feeds_{end}", "", end, name) for end, name in sorted(fed.items())]
    states = tuple(state for state in model.states if state.name in kept)
    return _part(model, states, (*model.inputs, *feeds), fluxes, integrals)


def _part(
    model: FluxModel,
    states: tuple[State, ...],
    inputs: tuple[Parameter, ...],
    fluxes: Iterable[Flux],
    integrals: Mapping[str, str],
) -> FluxModel:
    """Return a model of some fluxes, with the definitions that they need."""
    fluxes = tuple(fluxes)
    wanted = {
        name
        for text in (*(f.rate for f in fluxes), *(f.takes_per_unit for f in fluxes if f.takes))
        for name in compile(text, "flux", "eval").co_names
    }
    definitions: dict[str, str] = {}
    for name, text in reversed([*model.definitions.items()]):
        if name in wanted:
            definitions = {name: text, **definitions}
            wanted |= set(compile(text, "flux", "eval").co_names)
    return evolve(
        model,
        states=states,
        inputs=inputs,
        fluxes=fluxes,
        definitions=definitions,
        integrals=integrals,
    )
