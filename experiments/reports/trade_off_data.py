"""What the trade-off picture shows, on paper and for the mouse.

The first two objectives are the axes, a third is the size of the markers, further ones stand in the
table only. Colour is the delivery system, shape the salt, a star the recommended candidate, a ring
the plain tablet it is compared with, which need not be on the front. These and the front carry
intervals, unless the front is too large for them.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, Literal

from attrs import evolve, frozen

from experiments.plain_tablets import is_plain_soluble
from experiments.reports.answers import Answer, answer
from experiments.reports.plots import COLOURS
from experiments.reports.wording import salt_name
from experiments.store import candidate_label
from formulation.delivery import DELIVERY_SYSTEMS
from formulation.errors import InputError

MOST_LABELS = 7
"""Most candidates named inside the trade-off picture; the table names all, [-]."""

MOST_INTERVALS = 64
"""Candidates of a front up to which their intervals are drawn; the table has them all, [-]."""

STAR_AREA = 260.0
"""Area of the mark of the recommended candidate, [pt2]."""

RING_AREA = 330.0
"""Area of the ring around the plain tablet it is compared with, [pt2]."""

AREA, LEAST_AREA, MORE_AREA = 60.0, 30.0, 130.0
"""Area of a mark where sizes mean nothing; where they do, that of the least value, and what that of
the greatest has more, [pt2]."""

SHAPES = (
    ("o", "circle"),
    ("s", "square"),
    ("^", "triangle-up"),
    ("D", "diamond"),
    ("v", "triangle-down"),
    ("P", "cross"),
    ("X", "x"),
    ("<", "triangle-left"),
    (">", "triangle-right"),
)
"""Shapes of the salts, as Matplotlib and as Plotly call them."""

PointState = Literal["front", "feasible", "infeasible"]


@frozen(kw_only=True)
class Point:
    """One design in the trade-off picture."""

    number: int
    """Trial number."""

    label: str
    """Candidate label on the front and of the plain tablet it is compared with, empty elsewhere."""

    system: str
    """Delivery system."""

    salt: str
    """Salt key."""

    state: PointState
    """Where it stands."""

    values: tuple[float, ...]
    """Value of each objective shown, in its unit."""

    intervals: tuple[tuple[float, float], ...] = ()
    """90 % interval of each objective shown; of those with a label."""

    is_recommended: bool = False
    """Whether the answer of the study names it."""

    is_plain: bool = False
    """Whether the answer compares with it as the plain tablet, or recommends it and it is one."""

    @property
    def role(self) -> str:
        """What a legend calls it, where it has a mark of its own; empty for all others."""
        if not (self.is_recommended or self.is_plain):
            return ""
        words = "recommended" if self.is_recommended else "plain tablet it is compared with"
        itself = ", itself a plain tablet" if self.is_recommended and self.is_plain else ""
        return f"{self.label}, {words}{itself} ({salt_name(self.salt)})"

    @property
    def place(self) -> tuple[float, float]:
        """Where it is drawn, in the units of the first two objectives."""
        return self.values[0], self.values[1]


@frozen(kw_only=True)
class TradeOff:
    """The first two or three objectives of every design."""

    keys: tuple[str, ...]
    """Endpoint keys: abscissa, ordinate and, with three objectives, the marker size."""

    points: tuple[Point, ...]
    """Every design that gave numbers."""

    n_without_values: int
    """Designs that could not be evaluated, [-]."""

    def of(self, state: PointState) -> tuple[Point, ...]:
        """Return the points of one state.

        Parameters
        ----------
        state : str
            ``front``, ``feasible`` or ``infeasible``, [-].

        Returns
        -------
        tuple of Point
            In trial order, [-].
        """
        return tuple(p for p in self.points if p.state == state)

    def words(self, state: PointState) -> str:
        """Return what a legend calls the points of one state.

        Parameters
        ----------
        state : str
            ``front``, ``feasible`` or ``infeasible``, [-].

        Returns
        -------
        str
            With how many there are, [-].
        """
        called = "feasible, but beaten" if state == "feasible" else state
        told = ", 90 % intervals" if state == "front" and self.with_intervals else ""
        return f"{called} ({len(self.of(state))}){told}"

    @property
    def recommended(self) -> Point | None:
        """The candidate that the answer of the study names."""
        return next((p for p in self.points if p.is_recommended), None)

    @property
    def plain(self) -> Point | None:
        """The plain tablet that the recommended candidate is compared with, on the front or off."""
        return next((p for p in self.points if p.is_plain and not p.is_recommended), None)

    @property
    def shapes(self) -> dict[str, tuple[str, str]]:
        """Shape of each salt of which a design met every limit, one of `SHAPES`."""
        salts = sorted({p.salt for p in self.points if p.state != "infeasible"})
        return dict(zip(salts, cycle(SHAPES)))

    @property
    def systems(self) -> tuple[str, ...]:
        """Delivery systems of which a design met every limit."""
        return tuple(sorted({p.system for p in self.points if p.state != "infeasible"}))

    @property
    def with_intervals(self) -> tuple[Point, ...]:
        """Points whose intervals are drawn; none where a front is too large to tell them apart."""
        if len(self.of("front")) > MOST_INTERVALS:
            return ()
        return tuple(p for p in self.points if p.intervals)

    @property
    def named(self) -> tuple[Point, ...]:
        """Points that are labelled: those with a mark of their own, both ends, others between."""
        front = sorted(self.of("front"), key=lambda p: p.place)
        if not front:
            return ()
        share = (len(front) - 1) / (MOST_LABELS - 1)
        spread = (front[round(k * share)] for k in range(MOST_LABELS))
        marked = [p for p in (self.recommended, self.plain) if p is not None]
        return tuple(dict.fromkeys([*marked, front[0], front[-1], *spread]))[:MOST_LABELS]

    @property
    def interval_words(self) -> str:
        """Whose intervals are drawn, as the end of a sentence on the marks; empty for nobody's."""
        if not self.with_intervals:
            return ""
        has_other = self.plain is not None and self.plain.state != "front"
        return f", with 90 % intervals on the front{' and of the plain tablet' * has_other}"

    @property
    def marked_text(self) -> str:
        """What is said of star and ring for who does not see them."""
        marked = (("Star", self.recommended), ("Ring", self.plain))
        return "".join(f" {mark}: {point.role}." for mark, point in marked if point is not None)


def trade_off_data(document: Mapping[str, Any]) -> TradeOff:
    """Return the points of the trade-off picture.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    TradeOff
        Every design that gave numbers, [-].

    Raises
    ------
    InputError
        The study has one objective only.
    """
    keys = tuple(o["key"] for o in document["objectives"][:3])
    if len(keys) < 2:
        raise InputError(
            f"Study {document['study']['label']} has one objective, {keys[0]}; a trade-off needs"
            " two.",
            hint="Draw its history instead.",
        )
    found = answer(document)
    front = {c["label"]: c for c in document["front"]}
    rival = {c["label"]: c for c in document.get("plain", []) if c["label"] == found.rival}
    points, missing = [], 0
    for row in document["points"]:
        values = tuple(row["objectives"][key] for key in keys)
        if None in values:
            missing += 1
            continue
        point = Point(
            number=row["number"],
            label="",
            system=row["system"],
            salt=row["salt"],
            state="feasible" if row["is_feasible"] else "infeasible",
            values=values,
        )
        label = candidate_label(row["number"])
        if label in front:
            point = _labelled(evolve(point, state="front"), keys, front[label], found)
        elif label in rival:
            point = _labelled(point, keys, rival[label], found)
        points.append(point)
    return TradeOff(keys=keys, points=tuple(points), n_without_values=missing)


def system_colour(system: str) -> str:
    """Return the colour of a delivery system, the same in every picture.

    Parameters
    ----------
    system : str
        Delivery system, [-].

    Returns
    -------
    str
        A colour of `COLOURS`, [-].
    """
    names = [s.name for s in DELIVERY_SYSTEMS]
    return COLOURS[names.index(system) % len(COLOURS)]


class Sizes:
    """Areas of marks: constant for two objectives, growing with the value of a third, [pt2].

    Parameters
    ----------
    data : TradeOff
        What is drawn, [-].
    """

    def __init__(self, data: TradeOff) -> None:
        self.key = data.keys[2] if len(data.keys) > 2 else ""
        shown = [p.values[2] for p in data.points if p.state != "infeasible"] if self.key else []
        self.low, self.high = (min(shown), max(shown)) if shown else (0.0, 0.0)

    def area(self, value: float) -> float:
        """Return the area of a mark.

        Parameters
        ----------
        value : float
            The third objective, in its unit, [-].

        Returns
        -------
        float
            Area, [pt2].
        """
        if self.high <= self.low:
            return AREA
        return LEAST_AREA + MORE_AREA * (value - self.low) / (self.high - self.low)

    def of(self, point: Point) -> float:
        """Return the area of the mark of a point.

        Parameters
        ----------
        point : Point
            A design, [-].

        Returns
        -------
        float
            Area, [pt2].
        """
        return self.area(point.values[2]) if self.key else AREA

    def samples(self) -> list[float]:
        """Return the values that a legend explains.

        Returns
        -------
        list of float
            In the unit of the third objective; none where sizes mean nothing, [-].
        """
        if self.high <= self.low:
            return []
        return [self.low, (self.low + self.high) / 2, self.high]


def _labelled(
    point: Point, keys: Sequence[str], candidate: Mapping[str, Any], found: Answer
) -> Point:
    """Return a point with what is known of a candidate."""
    label = candidate["label"]
    is_best = label == found.label
    return evolve(
        point,
        label=label,
        intervals=tuple((candidate["intervals"][k][0], candidate["intervals"][k][1]) for k in keys),
        is_recommended=is_best,
        is_plain=label == found.rival or (is_best and is_plain_soluble(candidate)),
    )
