"""Values of a laboratory at many times, averaged to one curve that never falls.

Replicates are averaged at each time. A mean may not fall by more than `NOISE_POINTS` below an
earlier one; smaller falls are taken for noise and made monotone by isotonic regression.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

from attrs import field, frozen

from models.data.table_limits import Row
from models.data.vessels import Conditions

NOISE_POINTS = 2.0
"""Largest fall, or value below zero, that counts as noise, [percentage points of label]."""

MIN_POINTS = 3
"""Fewest times of a curve, [-]."""


@frozen(kw_only=True)
class MeanCurve:
    """The mean release of one product."""

    product: str
    """Name of the product."""

    batch: str = ""
    """Batch of the product; empty where there is only one."""

    times_h: tuple[float, ...]
    """Times, rising, [h]."""

    fraction: tuple[float, ...]
    """Mean fraction of label released, never falling, [-]."""

    sd: tuple[float | None, ...]
    """Standard deviation of each mean, [-]; None where it is not known."""

    n: tuple[int, ...]
    """Replicates behind each mean, [-]."""

    largest_fall: float = 0.0
    """Largest fall that was taken for noise, [percentage points of label]."""

    conditions: Conditions = field(factory=Conditions)
    """What the file states of its vessel and source."""

    @property
    def name(self) -> str:
        """Product and, where there is one, batch."""
        return curve_name(self.product, self.batch)


@frozen(kw_only=True)
class Point:
    """One value of a product, and where it stands."""

    product: str
    """Name of the product."""

    batch: str = ""
    """Batch of the product; empty where there is only one."""

    replicate: str
    """Which replicate; empty for a mean, or where there is only one."""

    time_h: float
    """Time, [h]; below zero where it could not be read."""

    time_text: str
    """Time in the unit of the file, such as ``45 min``."""

    fraction: float
    """Fraction of label released, [-]."""

    sd: float | None
    """Standard deviation, where the value is a mean and says it, [-]."""

    n: int
    """Replicates behind the value, one where nothing is stated, [-]."""

    states_n: bool = False
    """Whether its row states how many these are."""

    origin: str = ""
    """What its row says the number is, such as ``simulated``; empty where it does not."""

    row: Row
    """Row of the table."""

    column: int
    """Index of its column, [-]."""

    @property
    def curve(self) -> str:
        """Name of the curve it is a value of."""
        return curve_name(self.product, self.batch)


@frozen(kw_only=True)
class Flaw:
    """Why some values are no curve."""

    point: Point
    """The value at fault."""

    code: str
    """Stable name of the rule's family."""

    message: str
    """What is wrong."""

    hint: str = ""
    """What to do."""


def curve_name(product: str, batch: str) -> str:
    """Return the name of a curve for people.

    Parameters
    ----------
    product, batch : str
        Product and batch; the batch may be empty, [-].

    Returns
    -------
    str
        Such as ``lab-07, batch 2``, [-].
    """
    return f"{product}, batch {batch}" if batch else product


def mean_curve(
    points: Sequence[Point], conditions: Conditions
) -> tuple[MeanCurve | None, tuple[Flaw, ...]]:
    """Return the mean curve of one product and batch, and what is wrong with it.

    Parameters
    ----------
    points : sequence of Point
        All its values, at least one, [-].
    conditions : Conditions
        What is stated of its vessel, [-].

    Returns
    -------
    tuple
        The curve, None when there are too few times; and its flaws, [-].
    """
    times, flaws = _by_time(points)
    ordered = [times[time] for time in sorted(times)]
    if len(ordered) < MIN_POINTS:
        message = f"{points[0].curve} has {len(ordered)} times; at least {MIN_POINTS} are wanted."
        return None, (*flaws, Flaw(point=points[0], code="too_few_points", message=message))
    means = [fmean(p.fraction for p in group) for group in ordered]
    counts = [group[0].n if len(group) == 1 else len(group) for group in ordered]
    falls = [100 * (max(means[: i + 1]) - mean) for i, mean in enumerate(means)]
    flaws += [
        _fall(ordered[i][0], fall, means[i])
        for i, fall in enumerate(falls)
        if fall > NOISE_POINTS + 1e-9
    ]
    is_falling = max(falls) > 1e-9
    curve = MeanCurve(
        product=points[0].product,
        batch=points[0].batch,
        times_h=tuple(sorted(times)),
        fraction=_monotone(means, counts) if is_falling else _rounded(means),
        sd=tuple(_deviation(group) for group in ordered),
        n=tuple(counts),
        largest_fall=round(max(falls), 6) if is_falling else 0.0,
        conditions=conditions,
    )
    return curve, tuple(flaws)


def missing_rows(points: Sequence[Point], others: Sequence[Point]) -> tuple[Flaw, ...]:
    """Return where a replicate has no row at a time at which another one has.

    A vessel that lost a sample has a row with an empty value; one without a row was forgotten. Of a
    vessel with a row whose time could not be read nothing is said: it may be the one that lacks.

    Parameters
    ----------
    points : sequence of Point
        All values of a curve, [-].
    others : sequence of Point
        Its rows without a value, empty or refused, [-].

    Returns
    -------
    tuple of Flaw
        One for each replicate that lacks rows, at its last one, [-].
    """
    rows: dict[str, list[Point]] = {}
    for point in (*points, *others):
        rows.setdefault(point.replicate, []).append(point)
    every = {point.time_h: point.time_text for point in points}
    flaws = []
    for replicate, own in rows.items():
        known = {point.time_h for point in own}
        lacking = [every[time] for time in sorted(every) if time not in known]
        if lacking and min(known) >= 0:
            more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            who = f"{own[0].curve}, vessel {replicate or 'without name'},"
            message = f"{who} has no row at {', '.join(lacking[:5])}{more}."
            hint = "Add it, and leave its value empty where nothing was measured."
            flaws.append(Flaw(point=own[-1], code="missing_row", message=message, hint=hint))
    return tuple(flaws)


def _by_time(points: Sequence[Point]) -> tuple[Mapping[float, list[Point]], list[Flaw]]:
    """Return the values at each time, a replicate's second value at a time as a flaw."""
    seen: set[tuple[str, float]] = set()
    times: dict[float, list[Point]] = {}
    flaws = []
    for point in points:
        key = (point.replicate, point.time_h)
        if key in seen:
            message = f"{point.curve} already has a value at this time ({point.time_text})."
            hint = "Keep one, or name the vessels in a column 'replicate'."
            flaws.append(Flaw(point=point, code="duplicate_time", message=message, hint=hint))
            continue
        seen.add(key)
        times.setdefault(point.time_h, []).append(point)
    return times, flaws


def _fall(point: Point, fall: float, mean: float) -> Flaw:
    message = (
        f"{point.curve} falls by {fall:.3g} percentage points to {100 * mean:.4g} % at"
        f" {point.time_text}; up to {NOISE_POINTS:g} may be noise."
    )
    hint = "Check the value; release is cumulative."
    return Flaw(point=point, code="falling_curve", message=message, hint=hint)


def _monotone(means: Sequence[float], counts: Sequence[int]) -> tuple[float, ...]:
    """Return the nearest means that never fall, each weighted by its replicates."""
    from scipy.optimize import isotonic_regression

    return _rounded(isotonic_regression(means, weights=counts).x.tolist())


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, 9) for value in values)


def _deviation(group: Sequence[Point]) -> float | None:
    if len(group) > 1:
        return round(stdev(p.fraction for p in group), 9)
    return group[0].sd
