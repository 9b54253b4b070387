"""Two measured curves held against each other: f1, f2 with its rules, its interval, a verdict."""

from typing import Any

import numpy as np
from attrs import asdict, evolve, frozen

from experiments.bench_curves.fitting import curve_dict
from experiments.bench_curves.reading import find_curve, is_computed
from formulation.errors import InputError
from formulation.similarity import MIN_TIMES, f1, f2
from models.data.unit_curves import UnitCurveFile, UnitCurves
from models.dissolution.bootstrap import MIN_UNITS as MIN_RESAMPLED
from models.dissolution.bootstrap import N_DRAWS, F2Interval, bootstrap_f2
from models.dissolution.eligibility import (
    FDA,
    GUIDELINES,
    SIMILAR_F2,
    Eligibility,
    ProductMeans,
    at_times,
    check_eligibility,
)

SCATTER_RULES = frozenset({"cv_early", "cv_late"})
"""Rules that an interval over units makes up for."""

RULE_WORDS = {
    "same_times": "the same times",
    "times": "three times or more",
    "units": "twelve units",
    "cv_early": "little scatter at the early times",
    "cv_late": "little scatter at the later times",
    "exemption": "85 % within 15 minutes",
}
"""What the rules are called in a sentence, by their names."""

TIME_RULES = frozenset({"same_times", "times"})
"""Rules that f2 alone needs, so none where no f2 is needed."""


@frozen(kw_only=True, eq=False)
class Similarity:
    """Two measured products."""

    reference: UnitCurves
    """The one that the other should resemble."""

    test: UnitCurves
    """The other one."""

    eligibility: Eligibility
    """The rules, and the times that count."""

    f1: float | None
    """Difference factor at the times that count, [%]; None for too few."""

    f2: float | None
    """Similarity factor at the times that count, [-]; None for too few."""

    interval: F2Interval | None
    """f2 over resampled units; None where there is none."""

    no_interval: str
    """Why there is none; empty otherwise."""

    notes: tuple[str, ...]
    """What a reader has to know of the two."""

    @property
    def verdict(self) -> str:
        """What may be said, in words."""
        rules = self.eligibility
        if rules.is_exempt:
            return self._exempt_verdict()
        if self.f2 is None:
            return f"no f2: {len(rules.times_h)} of the {MIN_TIMES} times it needs count"
        side = "at least" if self.f2 >= SIMILAR_F2 else "below"
        if rules.is_eligible:
            word = "similar" if self.f2 >= SIMILAR_F2 else "not similar"
            return f"{word}: every rule is met, and f2 is {side} {SIMILAR_F2:g}"
        missed, open_ = self._unmet(False), self._unmet(None)
        text = f"f2 is {side} {SIMILAR_F2:g}, but decides nothing by itself"
        text += _unmet_text(missed, open_)
        if missed and SCATTER_RULES.issuperset(missed + open_) and self.interval is not None:
            low = self.interval.percentile[0]
            meets = "is" if low >= SIMILAR_F2 else "is not"
            text += (
                f". Where scatter alone is the matter, the lower end of the interval over units"
                f" counts: {low:.1f} {meets} at least {SIMILAR_F2:g}"
            )
        return text

    def _unmet(self, met: bool | None) -> list[str]:
        """Return the rules that are missed (False) or cannot be told (None), each once."""
        return list(dict.fromkeys(r.name for r in self.eligibility.rules if r.met is met))

    def _exempt_verdict(self) -> str:
        """Return what may be said where no f2 is needed; the means must still be good."""
        missed, open_ = (
            [name for name in self._unmet(met) if name not in TIME_RULES] for met in (False, None)
        )
        if not missed + open_:
            return "similar without f2: both release 85 % within 15 minutes"
        text = "both release 85 % within 15 minutes, so no f2 is needed, but the means decide"
        return f"{text} nothing by themselves{_unmet_text(missed, open_)}"


def _unmet_text(missed: list[str], open_: list[str]) -> str:
    missed, open_ = ([RULE_WORDS[name] for name in names] for names in (missed, open_))
    text = f"; rules missed: {', '.join(missed)}" if missed else ""
    return text + (f"; rules that cannot be told: {', '.join(open_)}" if open_ else "")


def compare_curves(
    table: UnitCurveFile,
    *,
    reference: str,
    test: str = "",
    guideline: str = FDA,
    seed: int = 1,
    n_draws: int = N_DRAWS,
) -> tuple[Similarity, ...]:
    """Compare products of a table with one of them.

    Parameters
    ----------
    table : UnitCurveFile
        A table without problems, [-].
    reference : str
        Name of the reference, [-].
    test : str, optional
        Name of the other one; every other one when empty, [-].
    guideline : str, optional
        Whose rules, in capitals or not, [-].
    seed : int, optional
        Seed of the resampling, [-].
    n_draws : int, optional
        Resampled pairs, [-].

    Returns
    -------
    tuple of Similarity
        One for each other product, [-].

    Raises
    ------
    InputError
        A product is not in the table, or is compared with itself.
    """
    first = find_curve(table.products, reference)
    others = [find_curve(table.products, test)] if test else list(table.products)
    others = [other for other in others if other is not first]
    if not others:
        raise InputError(
            f"{reference!r} would be compared with itself.",
            hint="Name another formulation of the file with --test, or give a file with two.",
        )
    rules = guideline.lower() if guideline.lower() in GUIDELINES else guideline
    return tuple(
        _compare(first, other, guideline=rules, seed=seed, n_draws=n_draws) for other in others
    )


def _compare(
    reference: UnitCurves, test: UnitCurves, *, guideline: str, seed: int, n_draws: int
) -> Similarity:
    means = _means(reference), _means(test)
    rules = check_eligibility(*means, guideline=guideline)
    times = np.array(rules.times_h)
    first, second = (at_times(product, times).mean_pct for product in means)
    is_enough = times.size >= MIN_TIMES
    interval, reason = _interval(reference, test, rules.times_h, seed, n_draws)
    return Similarity(
        reference=reference,
        test=test,
        eligibility=rules,
        f1=f1(first, second) if is_enough and first.sum() > 0 else None,
        f2=f2(first, second) if is_enough else None,
        interval=interval,
        no_interval=reason,
        notes=_notes(reference, test),
    )


def _means(product: UnitCurves) -> ProductMeans:
    return ProductMeans(
        name=product.name,
        times_h=product.times_h,
        mean_pct=product.mean_pct,
        sd_pct=product.sd_pct,
        n_units=product.n_units,
    )


def _interval(
    reference: UnitCurves, test: UnitCurves, times_h: tuple[float, ...], seed: int, n_draws: int
) -> tuple[F2Interval | None, str]:
    """Return f2 over resampled units, or why there is none."""
    if len(times_h) < MIN_TIMES:
        return None, "too few times count"
    units = []
    for product in (reference, test):
        if product.values_pct is None:
            return None, f"{product.name} is given as means; an interval needs every unit"
        index = [int(np.abs(product.times_h - time).argmin()) for time in times_h]
        values = product.values_pct[:, index]
        if lost := int(np.isnan(values).any(axis=1).sum()):
            return None, f"{lost} unit(s) of {product.name} lost a sample at a time that counts"
        if len(values) < MIN_RESAMPLED:
            return None, f"{product.name} has {len(values)} unit(s); {MIN_RESAMPLED} are needed"
        units.append(values)
    return bootstrap_f2(*units, seed=seed, n_draws=n_draws), ""


def _notes(reference: UnitCurves, test: UnitCurves) -> tuple[str, ...]:
    """Return what the table says of the two that sets them apart, or makes them no measurement."""
    stated = [{evolve(c, source=None) for c in product.conditions} for product in (reference, test)]
    fields: dict[str, set[Any]] = {}
    for conditions in set.union(*stated):
        for name, value in asdict(conditions).items():
            if value is not None:
                fields.setdefault(name, set()).add(value)
    apart = [
        f"{name} ({', '.join(sorted(map(str, values)))})"
        for name, values in fields.items()
        if len(values) > 1
    ]
    notes = [
        f"{product.name} is stated to be {product.origin}: the rules and the interval are those of"
        " measured units, and say nothing of such numbers."
        for product in (reference, test)
        if is_computed(product.origin)
    ]
    if not fields:
        notes.append("The file does not say in which vessel either was measured.")
    if apart:
        notes.append(f"They were not measured alike: {'; '.join(apart)}.")
    return tuple(notes)


def comparison_dict(table: UnitCurveFile, found: tuple[Similarity, ...]) -> dict[str, Any]:
    """Return comparisons as the JSON document has them.

    Parameters
    ----------
    table : UnitCurveFile
        The table they are of, [-].
    found : tuple of Similarity
        The comparisons, [-].

    Returns
    -------
    dict
        The document without its schema, [-].
    """
    return {
        "form": table.form,
        "notes": list(table.notes),
        "origin": table.stated,
        "guideline": found[0].eligibility.guideline,
        "comparisons": [_similarity_dict(one) for one in found],
    }


def _similarity_dict(one: Similarity) -> dict[str, Any]:
    rules, interval = one.eligibility, one.interval
    return {
        "reference": {"name": one.reference.name, **curve_dict(one.reference)},
        "test": {"name": one.test.name, **curve_dict(one.test)},
        "times_h": list(rules.times_h),
        "left_out_h": list(rules.left_out_h),
        "times_end": rules.times_end,
        "f1_pct": one.f1,
        "f2": one.f2,
        "rules": [asdict(rule) for rule in rules.rules],
        "is_eligible": rules.is_eligible,
        "is_exempt": rules.is_exempt,
        "interval": None if interval is None else asdict(interval),
        "no_interval": one.no_interval,
        "verdict": one.verdict,
        "notes": list(one.notes),
    }
