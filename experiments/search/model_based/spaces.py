"""What a model-based search needs of a space, and how the space of a study gives it.

A space is a tree of questions: `draw` walks it once and asks a picker for each, `encode` gives the
answers that draw a point again. Every set of answers makes a valid point, so candidates need no
repair. The features of a point are the same numbers for every branch of the tree: what a branch
does not have is zero, and a setting that does not exist stands in the middle of its range.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np
from attrs import define, frozen

from formulation.arrays import FloatArray
from formulation.delivery import FORM
from formulation.design import SECOND_SALT, Design
from formulation.parameters import ChoiceParameter
from formulation.space import DesignSpace
from formulation.system_space import Picker, SystemSpace

Answers = Mapping[str, str | float]
"""Answers by question: choices, and numbers between 0 and 1."""

Point = TypeVar("Point")
"""A point of some space: a `Design`, or what a benchmark evaluates."""


@frozen(kw_only=True, eq=False)
class Layout:
    """What the columns of a feature matrix are."""

    names: tuple[str, ...]
    """A name for each column."""

    groups: FloatArray
    """Number of the group of each column; the columns of one choice are one group."""


class SearchSpace(Protocol[Point]):
    """A space that a strategy can search without knowing what its points are."""

    @property
    def layout(self) -> Layout:
        """The columns of the features."""

    def draw(self, pick: Picker) -> Point:
        """Walk the tree of questions and return the valid point the answers make."""

    def encode(self, point: Point) -> Answers:
        """Return the answers that draw a point again."""

    def holds(self, point: Point) -> bool:
        """Tell whether a point, perhaps of another origin, lies in this space."""

    def key(self, point: Point) -> str:
        """Return a text that equal points share."""

    def features(self, points: Sequence[Point]) -> FloatArray:
        """Return a row of raw features for each point, inside this space or not."""


@define(kw_only=True, eq=False)
class ProductSpace:
    """The design space of a study, with features of a whole recipe: all systems at once."""

    space: DesignSpace
    """What may be made."""

    @cached_property
    def layout(self) -> Layout:
        """The columns: shares, unit mass, dose, settings, then choices."""
        names = [f"share.{name}" for name in self._components]
        names += ["log unit mass", "log dose per intake", "units per day", "with meals"]
        names += list(self._numbers)
        groups = list(range(len(names)))
        for k, (choice, texts) in enumerate(self._choices.items(), start=len(names)):
            names += [f"{choice}={text}" for text in texts]
            groups += [k] * len(texts)
        return Layout(names=tuple(names), groups=np.array(groups))

    def draw(self, pick: Picker) -> Design:
        """Walk the tree of questions.

        Parameters
        ----------
        pick : callable
            Answers each question, [-].

        Returns
        -------
        Design
            A valid design, [-].
        """
        return self.space.draw(pick)

    def encode(self, point: Design) -> Answers:
        """Return the answers that draw a design again.

        Parameters
        ----------
        point : Design
            A valid design, [-].

        Returns
        -------
        mapping
            Answers by question, [-].
        """
        return self.space.encode(point)

    def holds(self, point: Design) -> bool:
        """Tell whether a design breaks no rule of this space.

        Parameters
        ----------
        point : Design
            Any design, [-].

        Returns
        -------
        bool
            False for other systems too, [-].
        """
        return point.system in self.space.systems and not self.space.violations(point)

    def key(self, point: Design) -> str:
        """Return the design's key.

        Parameters
        ----------
        point : Design
            Any design, [-].

        Returns
        -------
        str
            Its key, [-].
        """
        return point.key

    def features(self, points: Sequence[Design]) -> FloatArray:
        """Return the features of designs.

        Parameters
        ----------
        points : sequence of Design
            Any designs; what this space does not know of them is left out, [-].

        Returns
        -------
        ndarray of shape (n_points, n_features)
            Raw features: shares in % w/w, logarithms of masses in mg, settings, [-].
        """
        return np.array([self._row(design) for design in points]).reshape(
            len(points), len(self.layout.names)
        )

    def _row(self, design: Design) -> list[float]:
        masses = {**design.amounts_mg, "salt": design.salt_mass_mg}
        total = design.unit_mass_mg
        row = [100 * masses.get(name, 0.0) / total for name in self._components]
        regimen = design.regimen
        row += [
            float(np.log(total)),
            float(np.log(design.elemental_mg_per_intake)),
            float(regimen.units_per_day),
            float(regimen.with_meals),
        ]
        row += [float(design.process.get(name, middle)) for name, middle in self._numbers.items()]
        shares = {part.salt: part.mass_mg / design.salt_mass_mg for part in design.parts}
        taken = {**design.process, "system": design.system}
        for name, texts in self._choices.items():
            if name == "salt":
                row += [shares.get(text, 0.0) for text in texts]
            else:
                row += [float(taken.get(name) == text) for text in texts]
        return row

    @cached_property
    def _components(self) -> tuple[str, ...]:
        named = [c.name for s in self._spaces for form in s.system.forms for c in form.components]
        return tuple(n for n in dict.fromkeys(named) if n != SECOND_SALT)

    @cached_property
    def _numbers(self) -> dict[str, float]:
        """Settings that are numbers, with the middle of their range for designs without."""
        ends: dict[str, list[float]] = {}
        for space in self._spaces:
            for form in space.system.forms:
                for given in (*form.process, *form.dimensions):
                    if not isinstance(given, ChoiceParameter):
                        ends.setdefault(given.name, []).extend((given.low, given.high))
        return {name: (min(given) + max(given)) / 2 for name, given in ends.items()}

    @cached_property
    def _choices(self) -> dict[str, tuple[str, ...]]:
        """Settings that are choices, by name."""
        found: dict[str, dict[str, None]] = {"system": dict.fromkeys(self.space.systems)}
        lots = [lot for space in self._spaces for source in space.sources for lot in source.lots]
        found["salt"] = dict.fromkeys(lot.salt.key for lot in lots)
        for space in self._spaces:
            for form in space.system.forms:
                found.setdefault(FORM, {})[form.name] = None
                for given in form.process:
                    if isinstance(given, ChoiceParameter):
                        found.setdefault(given.name, {}).update(dict.fromkeys(given.choices))
        return {name: tuple(texts) for name, texts in found.items()}

    @cached_property
    def _spaces(self) -> list[SystemSpace]:
        return [s for s in self.space.spaces if s.options]
