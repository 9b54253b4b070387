"""Mixtures of any ingredients: bounds, linear rules, and so many out of many, on the balance.

A unit of a given mass holds the ingredients that are always there and some of the optional ones:
first the support is chosen, then the amounts. Rules are linear in the shares; one with equal ends
is an equality, held as near as the balance can weigh. The sum is exact. No ingredient is a
privileged slack: what an equality determines is worked out for each support, and uniform points are
uniform whichever that is.

Delivery systems have spaces of their own (`formulation.system_space`); this one is for whatever can
be said by bounds and rules alone. Elimination grows with the number of inequalities that overlap:
up to five on twelve ingredients are a matter of milliseconds (see `formulation.polytope`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from attrs import define, field, frozen

from formulation.choices import next_in_turn
from formulation.design import BALANCE_MG, on_grid
from formulation.elimination import OverlappingRulesError
from formulation.errors import InputError
from formulation.rules import Violation, range_violation
from formulation.supports import SMALL, Support, solved, supported

SUPPORT_TRIES = 400
"""Supports tried until one can be made, [-]."""

MOST_KEPT = 2000
"""Supports whose polytope is kept, [-]."""

Picker = Callable[[str, tuple[str, ...] | None], str | float]
"""As in `formulation.system_space`."""


@frozen(kw_only=True)
class Ingredient:
    """An ingredient with its bounds where it is present.

    Raises
    ------
    InputError
        The bounds are reversed or outside 0 to 100 %.
    """

    name: str
    """Its name."""

    low_pct: float
    """Least share, [% w/w]."""

    high_pct: float
    """Greatest share, [% w/w]."""

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.low_pct <= self.high_pct <= 100:
            raise InputError(
                f"Ingredient {self.name!r}: {self.low_pct:g} to {self.high_pct:g} % w/w is"
                " impossible; 0 <= low <= high <= 100."
            )


@frozen(kw_only=True)
class LinearRule:
    """A weighted sum of shares that stays between two ends."""

    name: str
    """Name of the rule."""

    weights: Mapping[str, float]
    """Weight of each ingredient; absent ones count nothing."""

    low: float = -np.inf
    """Low end, [% w/w]."""

    high: float = np.inf
    """High end, [% w/w]; equal ends make an equality."""


@define(kw_only=True)
class Mixture:
    """The units of one mass that some ingredients can be made into.

    Raises
    ------
    InputError
        Nothing can be made, a rule names an unknown ingredient, or too many rules overlap.
    """

    ingredients: tuple[Ingredient, ...]
    """All ingredients, each once."""

    total_mg: float = field(converter=on_grid)
    """Mass of a unit, [mg]."""

    optional: tuple[str, ...] = ()
    """Ingredients out of which some are chosen; the others are always there."""

    n_chosen: int = 0
    """How many of the optional ones a unit holds, [-]."""

    rules: tuple[LinearRule, ...] = ()
    """What holds besides."""

    _kept: dict[frozenset[str], Support | None] = field(
        factory=dict, init=False, repr=False, eq=False
    )

    def __attrs_post_init__(self) -> None:
        named = [name for rule in self.rules for name in rule.weights]
        unknown = {*named, *self.optional} - set(self._by_name)
        if unknown or not 0 <= self.n_chosen <= len(self.optional):
            raise InputError(
                f"Mixture: {', '.join(sorted(unknown)) or self.n_chosen} is no ingredient or no"
                f" number of {len(self.optional)} optional ones."
            )
        for kind, names in (
            ("an ingredient", [i.name for i in self.ingredients]),
            ("optional", self.optional),
        ):
            if twice := sorted({name for name in names if list(names).count(name) > 1}):
                raise InputError(f"Mixture: {', '.join(twice)} is {kind} twice; name it once.")
        if self._witness is None:
            raise InputError(
                f"Mixture: none of {SUPPORT_TRIES} choices of ingredients can be made within the"
                " bounds and rules and be weighed.",
                hint="Widen a bound or a rule.",
            )

    def draw(self, pick: Picker) -> dict[str, float]:
        """Ask which ingredients, then where each free amount stands, and return the recipe.

        Parameters
        ----------
        pick : callable
            Answers each question, [-].

        Returns
        -------
        dict of str to float
            A valid recipe, [mg].
        """
        chosen: list[str] = []
        for k in range(self.n_chosen):
            left = [name for name in self.optional if name not in chosen]
            asked = str(pick(f"chosen.{k + 1}", self.optional))
            chosen.append(next_in_turn(self.optional, asked, left))
        support = self._support(frozenset(chosen)) or self._near(chosen)
        names = [support.names[j] for j in support.free]
        cube = np.array([float(pick(f"amount.{name}", None)) for name in names])
        recipe = support.amounts(support.outer.from_cube(cube), self.total_mg)
        if self.violations(recipe):
            recipe = support.amounts(support.inner.from_cube(cube), self.total_mg)
        return recipe

    def encode(self, recipe: Mapping[str, float]) -> dict[str, str | float]:
        """Return the answers that draw a recipe again.

        Parameters
        ----------
        recipe : mapping of str to float
            A valid recipe, [mg].

        Returns
        -------
        dict
            Answers by question, [-].
        """
        chosen = [name for name in self.optional if name in recipe]
        support = self._support(frozenset(chosen))
        if support is None:
            raise InputError(f"Mixture: nothing can be made with {', '.join(chosen)}.")
        names = [support.names[j] for j in support.free]
        cube = support.outer.to_cube(np.array([recipe[name] for name in names]))
        answers: dict[str, str | float] = {f"chosen.{k + 1}": n for k, n in enumerate(chosen)}
        return {**answers, **{f"amount.{n}": u for n, u in zip(names, cube.tolist(), strict=True)}}

    def uniform(self, n: int, rng: np.random.Generator) -> list[dict[str, float]]:
        """Return recipes uniform over supports that can be made, and over the polytope of each.

        Parameters
        ----------
        n : int
            How many, [-].
        rng : numpy.random.Generator
            Source of randomness, [-].

        Returns
        -------
        list of dict
            Valid recipes; what rounding leads outside is drawn again, [mg].
        """
        wanted: dict[frozenset[str], list[int]] = {}
        for k in range(n):
            wanted.setdefault(self._any_support(rng), []).append(k)
        found: dict[int, dict[str, float]] = {}
        for chosen, places in wanted.items():
            support = self._support(chosen)
            assert support is not None
            left = list(places)
            while left:
                for point in support.outer.uniform(len(left), rng):
                    recipe = support.amounts(point, self.total_mg)
                    if not self.violations(recipe):
                        found[left.pop()] = recipe
                    if not left:
                        break
        return [found[k] for k in range(n)]

    def violations(self, recipe: Mapping[str, float]) -> tuple[Violation, ...]:
        """Return every rule that a recipe breaks.

        Parameters
        ----------
        recipe : mapping of str to float
            Any recipe, [mg].

        Returns
        -------
        tuple of Violation
            Empty for a valid recipe, [-].
        """
        return tuple([*self._weighing(recipe), *self._ranges(recipe)])

    def _weighing(self, recipe: Mapping[str, float]) -> "list[Violation]":
        found = []
        present = [name for name in self.optional if name in recipe]
        if len(present) != self.n_chosen or not set(recipe) <= set(self._by_name):
            found.append(_broken("ingredients", f"{len(present)} of the optional ingredients"))
        if abs(sum(recipe.values()) - self.total_mg) > SMALL * self.total_mg:
            found.append(_broken("sum", f"{sum(recipe.values()):g} mg in a unit"))
        if any(abs(x - on_grid(x)) > SMALL for x in recipe.values()):
            found.append(_broken("balance", "an amount between two steps of the balance"))
        return found

    def _ranges(self, recipe: Mapping[str, float]) -> "list[Violation]":
        found = []
        for name, item in self._by_name.items():
            if name not in recipe:
                if name not in self.optional:
                    found.append(_broken("ingredients", f"no {name}"))
                continue
            share = 100 * recipe[name] / self.total_mg
            if not item.low_pct - 1e-7 <= share <= item.high_pct + 1e-7:
                found.append(
                    range_violation("share", name, share, item.low_pct, item.high_pct, "% w/w")
                )
        for rule in self.rules:
            weights = {name: w for name, w in rule.weights.items() if name in recipe}
            value = 100 * sum(w * recipe[name] for name, w in weights.items()) / self.total_mg
            spare = 1e-7
            if rule.low == rule.high and weights:
                # Half a step for each amount, and for each that follows from an equality.
                sizes = [abs(w) for w in weights.values()]
                steps = sum(sizes) + len(self.rules) * max(sizes)
                spare += 100 * BALANCE_MG / 2 * steps / self.total_mg
            if not rule.low - spare <= value <= rule.high + spare:
                found.append(
                    range_violation(rule.name, rule.name, value, rule.low, rule.high, "% w/w")
                )
        return found

    @cached_property
    def _by_name(self) -> dict[str, Ingredient]:
        return {item.name: item for item in self.ingredients}

    @cached_property
    def _witness(self) -> frozenset[str] | None:
        rng = np.random.default_rng(0)
        for _ in range(SUPPORT_TRIES if self.n_chosen else 1):
            chosen = frozenset(rng.permutation(self.optional)[: self.n_chosen].tolist())
            if self._support(chosen) is not None:
                return chosen
        return None

    def _any_support(self, rng: np.random.Generator) -> frozenset[str]:
        for _ in range(SUPPORT_TRIES):
            chosen = frozenset(rng.permutation(self.optional)[: self.n_chosen].tolist())
            if self._support(chosen) is not None:
                return chosen
        assert self._witness is not None
        return self._witness

    def _near(self, chosen: Sequence[str]) -> Support:
        """Return a support that can be made, with ingredients of another changed one by one."""
        seed = [self.optional.index(name) for name in chosen]
        rng = np.random.default_rng(seed)
        now = list(chosen)
        for _ in range(SUPPORT_TRIES):
            left = [name for name in self.optional if name not in now]
            if left and now:
                now[int(rng.integers(len(now)))] = left[int(rng.integers(len(left)))]
            found = self._support(frozenset(now))
            if found is not None:
                return found
        assert self._witness is not None
        found = self._support(self._witness)
        assert found is not None
        return found

    def _support(self, chosen: frozenset[str]) -> Support | None:
        if chosen not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            try:
                self._kept[chosen] = self._worked_out(chosen)
            except OverlappingRulesError:
                raise
            except InputError:
                self._kept[chosen] = None
        return self._kept[chosen]

    def _worked_out(self, chosen: frozenset[str]) -> Support:
        """Return free and following amounts of a support; refuse one that cannot be made."""
        items = [i for i in self.ingredients if i.name not in self.optional or i.name in chosen]
        rows = np.array([[r.weights.get(i.name, 0.0) for i in items] for r in self.rules])
        rows = rows.reshape(len(self.rules), len(items))
        unit, eye = self.total_mg / 100, np.eye(len(items))
        equal = [k for k, r in enumerate(self.rules) if r.low == r.high]
        ends = [(+1, r.high) for r in self.rules], [(-1, -r.low) for r in self.rules]
        bounded = [
            (sign * rows[k], unit * end)
            for side in ends
            for k, (sign, end) in enumerate(side)
            if k not in equal and np.isfinite(end)
        ]
        bounded += [(eye[k], unit * i.high_pct) for k, i in enumerate(items)]
        bounded += [(-eye[k], -unit * i.low_pct) for k, i in enumerate(items)]
        equalities = [(rows[k], unit * self.rules[k].high) for k in equal]
        width = np.array([i.high_pct - i.low_pct for i in items])
        free, follows, constant, slope = solved(equalities, self.total_mg, width)
        return supported(tuple(i.name for i in items), bounded, free, follows, constant, slope)


def _broken(rule: str, value: str) -> Violation:
    return Violation(
        rule=rule,
        value=value,
        limit="as the mixture says",
        unit="-",
        message=f"{value}: the rule on {rule} of this mixture is broken.",
    )
