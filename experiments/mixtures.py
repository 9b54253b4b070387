"""What is predicted over the mixtures of three components around a candidate.

The three share what they weigh together; everything else is held. The triangle that is looked at is
the smallest that holds every mixture which may be made: its edge is found by going out from the
candidate in all directions of the plane, and between two of them where the edge has a corner, which
is enough because every rule on amounts is linear. Looked at are a lattice over the triangle, the
edge and the candidate, weighed on the balance; what breaks an input rule is not evaluated.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from math import cos, pi, sin

import numpy as np
from attrs import frozen

from experiments.factors import factors_of
from experiments.objective import Outcome, Task
from experiments.opening import OpenCandidate
from experiments.reports.mixture_map import MixtureMap
from experiments.reports.wording import form_title
from formulation.arrays import FloatArray
from formulation.design import Design, on_grid
from formulation.errors import InputError, UnknownNameError
from formulation.space import DesignSpace

STEPS = 40
"""Steps along a side of the triangle, [-]."""

DIRECTIONS = 48
"""Directions in which the edge is looked for, [-]."""

HALVINGS = 5
"""Times that the angle between two directions is halved around a corner of the edge, [-]."""

EDGE_MG = 0.05
"""How near the edge is come to, [mg]; half of what the balance tells apart."""

MOST_TRIED = 5
"""Components, the heaviest, among which three are chosen where none are named, [-]."""

LEAST_SIDE_MG = 1.0
"""Side below which there is nothing to draw, [mg]."""

_ALONG = np.array([1.0, -1.0, 0.0]) / np.sqrt(2)
_ACROSS = np.array([1.0, 1.0, -2.0]) / np.sqrt(6)

_End = tuple[float, FloatArray]
"""Direction, and how far one may go in it."""


def mixture_data(opened: OpenCandidate, components: Sequence[str] = ()) -> MixtureMap:
    """Return what is predicted over the mixtures of three components.

    Parameters
    ----------
    opened : OpenCandidate
        A candidate with what evaluates its neighbours, [-].
    components : sequence of str, optional
        Three components of its recipe; of its heaviest, the three that leave most room when absent,
        [-].

    Returns
    -------
    MixtureMap
        Values where such a design may be made, [-].

    Raises
    ------
    InputError
        The recipe has no such components, or they cannot be exchanged.
    """
    plane = _plane(opened, components)
    edge = np.vstack([plane.own_mg, plane.edge(opened.spec.space)])
    low = np.array([on_grid(mg) for mg in edge.min(axis=0)])
    side = plane.total_mg - float(low.sum())
    if side < LEAST_SIDE_MG or _area(edge[1:]) < LEAST_SIDE_MG**2 / 4:
        raise _locked(opened, plane)
    amounts = np.vstack([plane.lattice(low, side), plane.weighed(edge)])
    outcomes = _outcomes(opened, plane, amounts)
    key = opened.spec.objectives[0].endpoint
    given = next((outcome for outcome in outcomes if outcome is not None), None)
    if given is None:
        raise _locked(opened, plane)
    own = plane.own_mg
    return MixtureMap(
        candidate=opened.label,
        form=form_title(opened.design.as_dict()),
        names=plane.names,
        titles=plane.titles,
        total_mg=plane.total_mg,
        low_mg=(float(low[0]), float(low[1]), float(low[2])),
        own_mg=(float(own[0]), float(own[1]), float(own[2])),
        steps=STEPS,
        amounts_mg=amounts,
        key=key,
        value=_column([None if o is None else o.values.get(key) for o in outcomes]),
        slacks={
            name: _column([None if o is None else o.slacks.get(name) for o in outcomes])
            for name in given.slacks
        },
        interval_kind=opened.chain.interval_kind,
    )


def _locked(opened: OpenCandidate, plane: "_Plane") -> InputError:
    """Return the error of components that leave no room."""
    return InputError(
        f"{opened.label}: {', '.join(plane.names)} cannot be exchanged within the study's ranges.",
        hint=f"Name three others of its recipe: {', '.join(_known(opened.design))}.",
    )


@frozen(kw_only=True, eq=False)
class _Plane:
    """Designs that differ in three masses with one sum."""

    design: Design
    names: tuple[str, str, str]
    titles: tuple[str, str, str]
    own_mg: FloatArray

    @property
    def total_mg(self) -> float:
        return on_grid(float(self.own_mg.sum()))

    def at(self, amounts_mg: FloatArray) -> Design:
        """Return the design with three masses of that sum."""
        design = self.design
        for name, mg in zip(self.names, self._weighed(amounts_mg), strict=True):
            design = next(f for f in factors_of(design) if f.name == name).moved(mg)
        return design

    def may_be_made(self, space: DesignSpace, amounts_mg: FloatArray) -> bool:
        is_there = min(amounts_mg) >= 0
        return bool(is_there) and not space.violations(self.at(amounts_mg))

    def extent(self, space: DesignSpace, n: int) -> FloatArray:
        """Return how far one may go from the candidate in n directions, shape (n, 3), [mg]."""
        return np.array([self._end(space, 2 * pi * k / n) for k in range(n)])

    def edge(self, space: DesignSpace) -> FloatArray:
        """Return the edge of what may be made, with its corners, shape (n, 3), [mg]."""
        turns = [2 * pi * k / DIRECTIONS for k in range(DIRECTIONS + 1)]
        ends = [(turn, self._end(space, turn)) for turn in turns]
        found = []
        for one, other in pairwise(ends):
            found += [one[1], *self._between(space, one, other, HALVINGS)]
        return np.array(found)

    def _between(
        self, space: DesignSpace, one: _End, other: _End, halvings: int
    ) -> list[FloatArray]:
        """Return ends between two directions; none where the edge is straight between them."""
        turn = (one[0] + other[0]) / 2
        middle = turn, self._end(space, turn)
        if not halvings or _distance(middle[1], one[1], other[1]) < 2 * EDGE_MG:
            return []
        before = self._between(space, one, middle, halvings - 1)
        return [*before, middle[1], *self._between(space, middle, other, halvings - 1)]

    def lattice(self, low_mg: FloatArray, side_mg: float) -> FloatArray:
        shares = [
            (i, j, STEPS - i - j) for i in range(STEPS + 1) for j in range(STEPS + 1 - i)
        ]  # fmt: skip
        return self.weighed(low_mg + np.array(shares) * (side_mg / STEPS))

    def weighed(self, amounts_mg: FloatArray) -> FloatArray:
        """Return mixtures on the grid of the balance, shape (n, 3), [mg]."""
        return np.array([self._weighed(row) for row in amounts_mg])

    def _weighed(self, amounts_mg: FloatArray) -> tuple[float, float, float]:
        """Return masses on the grid of the balance that keep the sum."""
        first, second = (on_grid(float(mg)) for mg in amounts_mg[:2])
        return first, second, on_grid(self.total_mg - first - second)

    def _end(self, space: DesignSpace, turn: float) -> FloatArray:
        direction: FloatArray = cos(turn) * _ALONG + sin(turn) * _ACROSS
        inside, outside = 0.0, self.total_mg
        while outside - inside > EDGE_MG:
            middle = (inside + outside) / 2
            if self.may_be_made(space, self.own_mg + middle * direction):
                inside = middle
            else:
                outside = middle
        return self.own_mg + inside * direction


def _plane(opened: OpenCandidate, components: Sequence[str]) -> _Plane:
    """Return the plane of the components named, else of the three that leave most room."""
    known = _known(opened.design)
    if components:
        for name in components:
            if name not in known:
                raise UnknownNameError(f"{opened.label}: component", name, known)
        if len(set(components)) != 3:
            raise InputError(
                f"A mixture is drawn of three components, not of {', '.join(components)}.",
                hint=f"Choose three of {', '.join(known)}.",
            )
        return _of(opened.design, known, components)
    if len(known) < 3:
        raise InputError(
            f"{opened.label} has {len(known)} components to weigh; a mixture needs three.",
            hint="Choose another candidate.",
        )
    tried = sorted(known, key=lambda name: -known[name][1])[:MOST_TRIED]
    planes = [_of(opened.design, known, three) for three in combinations(tried, 3)]
    return max(planes, key=lambda plane: _area(plane.extent(opened.spec.space, DIRECTIONS // 4)))


def _known(design: Design) -> dict[str, tuple[str, float]]:
    """Return title and mass of what is weighed and there at all, [mg]."""
    masses = {f.name: (f.title, f.value) for f in factors_of(design) if f.unit == "mg"}
    return {n: found for n, found in masses.items() if n in design.amounts_mg and found[1] > 0}


def _of(design: Design, known: Mapping[str, tuple[str, float]], names: Sequence[str]) -> _Plane:
    one, two, three = names
    return _Plane(
        design=design,
        names=(one, two, three),
        titles=(known[one][0], known[two][0], known[three][0]),
        own_mg=np.array([known[name][1] for name in names]),
    )


def _area(ends: FloatArray) -> float:
    """Return the area within ends that go around, [mg2]."""
    x, y = ends @ _ALONG, ends @ _ACROSS
    return float(abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))) / 2


def _distance(place: FloatArray, one: FloatArray, other: FloatArray) -> float:
    """Return how far a place lies from the line through two others, [mg]."""
    along = other - one
    length = float(np.linalg.norm(along))
    if length == 0:
        return float(np.linalg.norm(place - one))
    across = (place - one) - along * float((place - one) @ along) / length**2
    return float(np.linalg.norm(across))


def _outcomes(opened: OpenCandidate, plane: _Plane, amounts_mg: FloatArray) -> list[Outcome | None]:
    """Return what came out of each mixture; None where it may not be made or gave no number."""
    space = opened.spec.space
    asked = [k for k, row in enumerate(amounts_mg) if plane.may_be_made(space, row)]
    found: list[Outcome | None] = [None] * len(amounts_mg)
    tasks = [Task(number=k, design=plane.at(amounts_mg[k])) for k in asked]
    for k, outcome in zip(asked, opened.evaluator(tasks) if tasks else (), strict=True):
        found[k] = None if outcome.has_failed else outcome
    return found


def _column(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values])
