"""The design space of a study: what may be made and taken, valid by construction.

One space holds several delivery systems. `DesignSpace.draw` walks the tree of choices once, asking
a picker for each; sampling, decoding and every search strategy are pickers. A recipe drawn this
way is a point of the system's polytope rounded to the balance, so it never breaks an input rule.
`DesignSpace.violations` judges any design, drawn or written by hand, in words.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from attrs import define

from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.excipients import Severity, incompatibilities
from formulation.rules import Violation, present, salts_of
from formulation.system_space import Picker, SystemSpace
from formulation.violations import DoseRange, product_violations

__all__ = [
    "DesignSpace",
    "DoseRange",
    "Picker",
    "SystemSpace",
    "Violation",
    "product_violations",
    "warnings",
]


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
            for space in self.spaces:
                space.check_composition()
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
    found, salts = present(design), salts_of(design)
    return tuple(
        f"{rule.message} {rule.hint}"
        for rule in incompatibilities()
        if rule.severity is Severity.WARNING and rule.applies(salts, found, design.process)
    )


def _why_empty(space: SystemSpace) -> str:
    reasons = [
        f"{source.name} would need at least {best[0]:.1f} mg of salt in one unit, at most"
        f" {best[1]:.1f} mg fit"
        for source in space.sources
        if (best := space.nearest_miss(source)) is not None
    ]
    return f"{space.name}: " + "; ".join(reasons or ["no form can be made of these salts"]) + "."
