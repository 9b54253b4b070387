"""The trade-off picture: what it shows, and how it is drawn.

The first two objectives are the axes, a third is the size of the markers, further ones stand in the
table only. Colour is the delivery system, shape the salt, a star the recommended candidate. Only
the front carries intervals, unless it is too large for them.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from experiments.reports.answers import answer
from experiments.reports.labels import Mark, name_marks
from experiments.reports.plots import COLOURS, GREY, INK, NORMAL, finish, legend_outside
from experiments.reports.wording import axis_title, salt_name, value_text
from formulation.delivery import DELIVERY_SYSTEMS, get_system
from formulation.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

MOST_LABELS = 7
"""Most candidates named inside the trade-off picture; the table names all, [-]."""

MOST_INTERVALS = 64
"""Candidates of a front up to which their intervals are drawn; the table has them all, [-]."""

STAR_AREA = 260.0
"""Area of the mark of the recommended candidate, [pt2]."""

COVERING: Mapping[str, float] = {"front": 1000.0, "feasible": 3.0, "infeasible": 1.0}
"""How bad it is that a label covers a mark, [-]."""

STAR = "*"
"""Mark of the recommended candidate, as in the other pictures."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

PointState = Literal["front", "feasible", "infeasible"]


@frozen(kw_only=True)
class Point:
    """One design in the trade-off picture."""

    number: int
    """Trial number."""

    label: str
    """Candidate label on the front, empty elsewhere."""

    system: str
    """Delivery system."""

    salt: str
    """Salt key."""

    state: PointState
    """Where it stands."""

    values: tuple[float, ...]
    """Value of each objective shown, in its unit."""

    intervals: tuple[tuple[float, float], ...] = ()
    """90 % interval of each objective shown; on the front only."""

    is_recommended: bool = False
    """Whether the answer of the study names it."""

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

    @property
    def recommended(self) -> Point | None:
        """The candidate that the answer of the study names."""
        return next((p for p in self.points if p.is_recommended), None)

    @property
    def named(self) -> tuple[Point, ...]:
        """Candidates that are labelled: the recommended, both ends, others spread between them."""
        front = sorted(self.of("front"), key=lambda p: p.place)
        if not front:
            return ()
        share = (len(front) - 1) / (MOST_LABELS - 1)
        spread = (front[round(k * share)] for k in range(MOST_LABELS))
        best = [p for p in front if p.is_recommended]
        return tuple(dict.fromkeys([*best, front[0], front[-1], *spread]))[:MOST_LABELS]

    @property
    def star_text(self) -> str:
        """What is said of the star for who does not see it."""
        best = self.recommended
        return "" if best is None else f" Star: {best.label}, recommended."


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
    front = {c["number"]: c for c in document["front"]}
    best = answer(document).label
    points, missing = [], 0
    for row in document["points"]:
        values = tuple(row["objectives"][key] for key in keys)
        if None in values:
            missing += 1
        else:
            points.append(_point(row, keys, values, front.get(row["number"]), best))
    return TradeOff(keys=keys, points=tuple(points), n_without_values=missing)


def draw_trade_off(data: TradeOff, axes: "Axes") -> None:
    """Draw the first two objectives against each other, a third as the size of the markers.

    Parameters
    ----------
    data : TradeOff
        What to draw, [-].
    axes : Axes
        Where, [-].
    """
    salts = sorted({p.salt for p in data.points if p.state != "infeasible"})
    size = _Sizes(data)
    style: dict[str, Any] = {"marker": "x", "color": GREY, "markersize": 4.5, "alpha": 0.75}
    infeasible = [p.place for p in data.of("infeasible")]
    axes.plot([x for x, _ in infeasible], [y for _, y in infeasible], ls="", zorder=1, **style)
    _marks(axes, data.of("feasible"), salts, size, alpha=0.4, edge="none", zorder=2)
    if _has_intervals(data):
        for point in data.of("front"):
            _error_bars(axes, point)
    others = [p for p in data.of("front") if not p.is_recommended]
    _marks(axes, others, salts, size, alpha=0.95, edge="black", zorder=4)
    if (best := data.recommended) is not None:
        colour = system_colour(best.system)
        axes.scatter(*best.place, s=STAR_AREA, c=colour, marker=STAR, edgecolors="black", zorder=6)
    axes.set_xlabel(fill(axis_title(data.keys[0]), 60), fontsize=NORMAL)
    axes.set_ylabel(fill(axis_title(data.keys[1]), 42), fontsize=NORMAL)
    finish(axes)
    legend_outside(axes, _trade_off_handles(data, salts, size))
    name_marks(axes, [_mark(p, size) for p in data.named], [_mark(p, size) for p in data.points])


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


def _point(
    row: Mapping[str, Any],
    keys: Sequence[str],
    values: tuple[float, ...],
    candidate: Mapping[str, Any] | None,
    best: str | None,
) -> Point:
    state: PointState = "feasible" if row["is_feasible"] else "infeasible"
    return Point(
        number=row["number"],
        label="" if candidate is None else candidate["label"],
        system=row["system"],
        salt=row["salt"],
        state=state if candidate is None else "front",
        values=values,
        intervals=()
        if candidate is None
        else tuple((candidate["intervals"][k][0], candidate["intervals"][k][1]) for k in keys),
        is_recommended=candidate is not None and candidate["label"] == best,
    )


class _Sizes:
    """Marker areas: constant for two objectives, growing with the value of a third."""

    def __init__(self, data: TradeOff) -> None:
        self.key = data.keys[2] if len(data.keys) > 2 else ""
        shown = [p.values[2] for p in data.points if p.state != "infeasible"] if self.key else []
        self.low, self.high = (min(shown), max(shown)) if shown else (0.0, 0.0)

    def area(self, value: float) -> float:
        if self.high <= self.low:
            return 60.0
        return 30.0 + 130.0 * (value - self.low) / (self.high - self.low)

    def of(self, point: Point) -> float:
        return self.area(point.values[2]) if self.key else 60.0

    def samples(self) -> list[float]:
        if self.high <= self.low:
            return []
        return [self.low, (self.low + self.high) / 2, self.high]


def _marker(salt: str, salts: Sequence[str]) -> str:
    return MARKERS[salts.index(salt) % len(MARKERS)]


def _marks(
    axes: "Axes",
    points: Sequence[Point],
    salts: Sequence[str],
    size: _Sizes,
    *,
    alpha: float,
    edge: str,
    zorder: int,
) -> None:
    for system, salt in sorted({(p.system, p.salt) for p in points}):
        members = [p for p in points if (p.system, p.salt) == (system, salt)]
        axes.scatter(
            [p.place[0] for p in members],
            [p.place[1] for p in members],
            s=[size.of(p) for p in members],
            c=system_colour(system),
            marker=_marker(salt, salts),
            edgecolors=edge,
            linewidths=0.9,
            alpha=alpha,
            zorder=zorder,
        )


def _has_intervals(data: TradeOff) -> bool:
    """Tell whether the front is small enough for its intervals to be told apart."""
    return len(data.of("front")) <= MOST_INTERVALS


def _error_bars(axes: "Axes", point: Point) -> None:
    (x, y), ((x_low, x_high), (y_low, y_high)) = point.place, point.intervals[:2]
    colour = system_colour(point.system)
    for xs, ys in (([x_low, x_high], [y, y]), ([x, x], [y_low, y_high])):
        axes.plot(xs, ys, color=colour, lw=0.9, alpha=0.55, zorder=3)


def _mark(point: Point, size: _Sizes) -> Mark:
    area = STAR_AREA if point.is_recommended else size.of(point)
    return Mark(
        place=point.place,
        radius_pt=3.0 if point.state == "infeasible" else area**0.5 / 2,
        cost=COVERING[point.state],
        label=point.label,
        is_bold=point.is_recommended,
    )


def _trade_off_handles(data: TradeOff, salts: Sequence[str], size: _Sizes) -> "list[Line2D]":
    from matplotlib.lines import Line2D

    def entry(label: str, **style: object) -> Line2D:
        return Line2D([], [], ls="", label=label, **style)  # type: ignore[arg-type]

    systems = sorted({p.system for p in data.points if p.state != "infeasible"})
    front = {"marker": "o", "color": "white", "markeredgecolor": "black"}
    intervals = ", 90 % intervals" if _has_intervals(data) else ""
    handles = []
    if (best := data.recommended) is not None:
        style = {"markerfacecolor": system_colour(best.system), "markeredgecolor": "black"}
        words = fill(f"{best.label}, recommended ({salt_name(best.salt)})", 28)
        handles.append(entry(words, marker=STAR, markersize=13, **style))
    handles += [
        entry(f"front ({len(data.of('front'))}){intervals}", **front),
        entry(
            f"feasible, but beaten ({len(data.of('feasible'))})", marker="o", color=GREY, alpha=0.4
        ),
        entry(f"infeasible ({len(data.of('infeasible'))})", marker="x", color=GREY),
    ]
    handles += [
        Line2D([], [], lw=6, color=system_colour(s), label=fill(get_system(s).title, 28))
        for s in systems
    ]
    handles += [entry(salt_name(s), marker=_marker(s, salts), color=INK) for s in salts]
    if size.samples():
        handles.append(entry(fill(f"size: {axis_title(size.key)}", 30), marker=""))
    handles += [
        entry(value_text(v, size.key), marker="o", color="#bbbbbb", markersize=size.area(v) ** 0.5)
        for v in size.samples()
    ]
    return handles
