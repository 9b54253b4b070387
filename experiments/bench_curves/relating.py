"""What is dissolved on the bench against what is absorbed in people: level A, with its check."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, frozen

from experiments.bench_curves.reading import ReadOptions, is_computed, read_curves
from experiments.datasets.files import read_bytes
from formulation.errors import InputError
from models.data.course_curves import Course, CourseFile, read_courses
from models.data.unit_curves import UnitCurveFile
from models.dissolution.deconvolution import SAMPLED, URINE, Absorbed, check_sampled, wagner_nelson
from models.dissolution.ivivc import (
    ENOUGH_DISSOLVED,
    MEAN_ERROR_PCT,
    MIN_GAP_PCT,
    MIN_PRODUCTS,
    SINGLE_ERROR_PCT,
    LevelA,
    Pair,
    level_a,
)

MAX_EXTRAPOLATED = 0.2
"""Share of the area behind the last value from which it is told of, [-]."""

NOT_COVERED = (
    "Not covered: the check with a product that was not fitted, levels B and C, curved relations,"
    " two compartments."
)


@frozen(kw_only=True, eq=False)
class Relation:
    """A level A relation of the products that both files hold."""

    sampled: str
    """What was sampled in people."""

    unit: str
    """Unit of what was sampled."""

    stated: str
    """Whose word it is, in words."""

    absorbed: dict[str, Absorbed]
    """Share absorbed, by product."""

    line: LevelA
    """The relation."""

    notes: tuple[str, ...]
    """What a reader has to know of it."""

    @property
    def verdict(self) -> str:
        """What the internal check says, in words."""
        passes, gap = self.line.passes, self.line.bench_gap_pct
        if len(self.line.errors) < MIN_PRODUCTS:
            return "no verdict: the guideline wants two products that release at different rates"
        if self.line.left_early:
            names = ", ".join(self.line.left_early)
            return (
                f"no verdict: the bench curve of {names} ends while it rises, so highest value and"
                f" area come out too low; measure on, to {100 * ENOUGH_DISSOLVED:g} % or a plateau"
            )
        if passes is None:
            return (
                f"no verdict: on the bench the products lie at most {gap:.3g} percentage points"
                f" apart at one time; from {MIN_GAP_PCT:g} on they count as different in rate"
            )
        word = "passed" if passes else "not passed"
        return (
            f"internal check {word}: mean error at most {MEAN_ERROR_PCT:g} %, none above"
            f" {SINGLE_ERROR_PCT:g} %; products up to {gap:.3g} percentage points apart on the"
            f" bench ({MIN_GAP_PCT:g} wanted)"
        )


def relate(
    release: Path,
    absorption: Path,
    *,
    sampled: str,
    options: ReadOptions,
    k_per_h: float | None = None,
    time_scale: float | None = 1.0,
) -> Relation:
    """Return the level A relation of a bench table and a table of people.

    Parameters
    ----------
    release, absorption : Path
        The two tables, [-].
    sampled : str
        What was sampled in people, [-].
    options : ReadOptions
        How the bench table is written, [-].
    k_per_h : float or None, optional
        Rate constant of elimination of every product; fitted for each when absent, [1/h].
    time_scale : float or None, optional
        Time in people over time on the bench; looked for when None, [-].

    Returns
    -------
    Relation
        Shares absorbed, line and check, [-].

    Raises
    ------
    DataError
        Total magnesium in serum or plasma was sampled.
    InputError
        A table is wrong, the two share no product, or they give no relation.
    """
    check_sampled(sampled)
    bench = read_curves(release, options)
    people = _read_people(absorption, sampled)
    courses = {course.name: course for course in people.courses}
    pairs = [_pair(p.name, bench, courses[p.name], sampled, k_per_h)
             for p in bench.products if p.name in courses]  # fmt: skip
    if not pairs:
        raise InputError(
            "The two files share no product: the bench has"
            f" {', '.join(p.name for p in bench.products)}, people took {', '.join(courses)}.",
            hint="Write the product with one name in both.",
        )
    return Relation(
        sampled=sampled,
        unit=people.unit,
        stated=people.stated,
        absorbed={pair.name: pair.absorbed for pair in pairs},
        line=level_a(pairs, time_scale=time_scale),
        notes=(*_origin_notes(bench, people), *_notes(bench, people, pairs)),
    )


def _read_people(path: Path, sampled: str) -> CourseFile:
    try:
        found = read_courses(read_bytes(path), file=str(path), is_rate=sampled == URINE)
    except InputError as error:
        raise InputError.of(evolve(p, file=str(path)) for p in error.problems) from None
    if found.problems:
        raise InputError.of(found.problems)
    return found


def _pair(
    name: str, bench: UnitCurveFile, course: Course, sampled: str, k_per_h: float | None
) -> Pair:
    product = next(product for product in bench.products if product.name == name)
    try:
        absorbed = wagner_nelson(course.times_h, course.values, sampled=sampled, k_per_h=k_per_h)
    except InputError as error:
        hint = error.problems[0].hint
        raise InputError(f"{name}: {error.message}", hint=hint) from None
    return Pair(
        name=name,
        times_h=product.times_h,
        dissolved=product.mean_pct / 100,
        absorbed=absorbed,
        values=course.values,
    )


def _origin_notes(bench: UnitCurveFile, people: CourseFile) -> Iterator[str]:
    """Yield what is not stated to be measured, for a relation of it is none of a product."""
    for where, named in (("on the bench", bench.products), ("in people", people.courses)):
        for one in named:
            if is_computed(one.origin):
                yield f"{one.name} {where} is stated to be {one.origin}, not measured."


def _notes(bench: UnitCurveFile, people: CourseFile, pairs: Sequence[Pair]) -> Iterator[str]:
    yield from bench.notes
    yield from people.notes
    names = {pair.name for pair in pairs}
    for where, others in (
        ("on the bench alone", [p.name for p in bench.products if p.name not in names]),
        ("in people alone", [c.name for c in people.courses if c.name not in names]),
    ):
        if others:
            yield f"Left out, {where}: {', '.join(others)}."
    if any(pair.absorbed.terminal for pair in pairs):
        yield (
            "k was fitted to the end of each curve. Of a product that releases slowly that is its"
            " absorption, and the share absorbed comes out too quick: give the k of a quick form."
        )
    for pair in pairs:
        if pair.absorbed.flaws:
            yield (
                f"{pair.name}: its share absorbed {', and '.join(pair.absorbed.flaws)}, which no"
                " share does: look at k, at a baseline that was left in, and at the samples."
            )
        if pair.absorbed.extrapolated > MAX_EXTRAPOLATED:
            yield (
                f"{pair.name}: {100 * pair.absorbed.extrapolated:.3g} % of its area lies behind the"
                " last value, where it is C / k and not measured."
            )


def relation_dict(found: Relation) -> dict[str, Any]:
    """Return a relation as the JSON document has it.

    Parameters
    ----------
    found : Relation
        The relation, [-].

    Returns
    -------
    dict
        The document without its schema, [-].
    """
    line = found.line
    return {
        "sampled": found.sampled,
        "sampled_words": SAMPLED[found.sampled],
        "value_unit": found.unit,
        "origin": found.stated,
        "absorbed": [
            {
                "name": name,
                "times_h": a.times_h.tolist(),
                "fraction": a.fraction.tolist(),
                "k_per_h": a.k_per_h,
                "terminal": None if a.terminal is None else asdict(a.terminal),
                "extrapolated_fraction": a.extrapolated,
            }
            for name, a in found.absorbed.items()
        ],
        "slope": line.slope,
        "slope_standard_error": line.slope_error,
        "intercept": line.intercept,
        "intercept_standard_error": line.intercept_error,
        "r2": line.r2,
        "rmse": line.rmse,
        "time_scale": line.time_scale,
        "scale_is_fitted": line.scale_is_fitted,
        "points": [
            {"name": name, "bench_h": time, "dissolved": x, "absorbed": y}
            for name, time, x, y in line.points
        ],
        "n_left_out": line.n_left_out,
        "errors": [asdict(error) for error in line.errors],
        "bench_gap_pct": line.bench_gap_pct,
        "left_early": list(line.left_early),
        "passes": line.passes,
        "verdict": found.verdict,
        "notes": list(found.notes),
        "remark": NOT_COVERED,
    }
