"""When f2 of measured curves may be used: the rules of two guidelines, each with what was found.

Common to both [1]_ [2]_: at least three times, zero not counted, the same for both products; means
of twelve units; a coefficient of variation bounded at 20 % early and 10 % later; and no f2 at all
where both products release 85 % within 15 minutes. They differ in detail:

- FDA: early is up to 15 minutes (or the first time, if all are later), and the coefficient of
  variation is **at most** 20 and 10 %; times are counted up to the first at which **both** have
  released more than 85 %; 85 % within 15 minutes is enough.
- EMA: early is the first time, and the coefficient of variation is **below** 20 and 10 %; times
  are counted up to the first at which **either** has released more than 85 %; it must be more than
  85 % within 15 minutes.

That one time after 85 % counts is no rule that a product could miss: the times are chosen so, and
where they end is told. Where nothing is released of any unit, there is no scatter.

Not judged: whether medium, apparatus and strength are those a guideline asks for.

References
----------
.. [1] FDADissolution1997
.. [2] EMABioequivalence2010
"""

from collections.abc import Iterator

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.errors import InputError, UnknownNameError
from formulation.similarity import FULL_PCT, MIN_TIMES

FDA, EMA = "fda", "ema"

GUIDELINES = (FDA, EMA)
"""Whose rules there are."""

EARLY_H = 0.25
"""The 15 minutes of the rules, [h]."""

EARLY_CV_PCT, LATE_CV_PCT = 20.0, 10.0
"""Bounds of the coefficient of variation at early and at later times, [%]."""

ROUNDING_PCT = 1e-6
"""Shares and their scatter this near to a bound lie on it: the rest is rounding, [%]."""

MIN_UNITS = 12
"""Units behind each mean, [-]."""

SIMILAR_F2 = 50.0
"""f2 from which two profiles count as similar, [-]."""

TIME_ROUNDING_H = 1e-6
"""Times this near to each other are one, [h]."""


def _array(values: object) -> FloatArray:
    found = np.array(values, dtype=float)
    found.setflags(write=False)
    return found


@frozen(kw_only=True, eq=False)
class ProductMeans:
    """Mean release of one product at the times it was measured.

    Raises
    ------
    InputError
        Shapes differ, or the times do not rise.
    """

    name: str
    """Name of the product."""

    times_h: FloatArray = field(converter=_array)
    """Times, rising, of shape (n_times,), [h]."""

    mean_pct: FloatArray = field(converter=_array)
    """Mean released, of shape (n_times,), [%]."""

    sd_pct: FloatArray = field(converter=_array)
    """Standard deviation between units, of shape (n_times,), [%]; NaN where it is not known."""

    n_units: FloatArray = field(converter=_array)
    """Units behind each mean, of shape (n_times,), [-]."""

    def __attrs_post_init__(self) -> None:
        shapes = {x.shape for x in (self.times_h, self.mean_pct, self.sd_pct, self.n_units)}
        if len(shapes) > 1 or self.times_h.ndim != 1 or (np.diff(self.times_h) <= 0).any():
            raise InputError(f"Means of {self.name!r}: one mean at each rising time is wanted.")


@frozen(kw_only=True)
class Rule:
    """One rule, and what was found."""

    name: str
    """Stable name."""

    wanted: str
    """What the rule asks for."""

    found: str
    """What was found, with its unit."""

    met: bool | None
    """Whether it is met; None where it cannot be told."""


@frozen(kw_only=True, eq=False)
class Eligibility:
    """Whether f2 of two measured products may be used."""

    guideline: str
    """Whose rules these are."""

    rules: tuple[Rule, ...]
    """Each rule with what was found."""

    times_h: tuple[float, ...]
    """Times that count for f2, [h]."""

    left_out_h: tuple[float, ...]
    """Common times that do not count because they lie after 85 %, [h]."""

    times_end: str
    """Where the times that count end, and why, in words."""

    is_exempt: bool
    """Whether both release 85 % within 15 minutes, so that no f2 is needed."""

    @property
    def is_eligible(self) -> bool | None:
        """Whether every rule is met; None where that cannot be told."""
        met = [rule.met for rule in self.rules]
        return False if False in met else None if None in met else True


def check_eligibility(
    reference: ProductMeans, test: ProductMeans, *, guideline: str = FDA
) -> Eligibility:
    """Return whether f2 of two products may be used, and the times that count.

    Parameters
    ----------
    reference, test : ProductMeans
        The two products, [-].
    guideline : str, optional
        Whose rules, one of `GUIDELINES`, [-].

    Returns
    -------
    Eligibility
        Each rule with its outcome, [-].

    Raises
    ------
    UnknownNameError
        There are no rules of this name.
    """
    if guideline not in GUIDELINES:
        raise UnknownNameError("Guideline", guideline, GUIDELINES)
    shared = common_times(reference, test)
    first, second = (at_times(product, shared) for product in (reference, test))
    is_over = np.stack([p.mean_pct > FULL_PCT + ROUNDING_PCT for p in (first, second)])
    over = np.flatnonzero(is_over.all(axis=0) if guideline == FDA else is_over.any(axis=0))
    n = int(over[0]) + 1 if over.size else shared.size
    kept = at_times(first, shared[:n]), at_times(second, shared[:n])
    is_exempt, exemption = _exemption(reference, test, guideline)
    rules = (
        _same_times(reference, test, shared),
        Rule(
            name="times",
            wanted=f"at least {MIN_TIMES} times that count, zero apart",
            found=f"{n}",
            met=n >= MIN_TIMES,
        ),
        *(_units(product) for product in kept),
        *(rule for product in kept for rule in _variation(product, guideline)),
    )
    return Eligibility(
        guideline=guideline,
        rules=(exemption, *rules) if is_exempt else rules,
        times_h=tuple(shared[:n].tolist()),
        left_out_h=tuple(shared[n:].tolist()),
        times_end=_times_end(shared, n, bool(over.size), guideline),
        is_exempt=is_exempt,
    )


def common_times(reference: ProductMeans, test: ProductMeans) -> FloatArray:
    """Return the times above zero at which both products were measured.

    Parameters
    ----------
    reference, test : ProductMeans
        The two products, [-].

    Returns
    -------
    ndarray of shape (n_times,)
        Times of the reference, [h].
    """
    gaps = np.abs(reference.times_h[:, None] - test.times_h[None, :])
    is_common = (gaps <= TIME_ROUNDING_H).any(axis=1) & (reference.times_h > 0)
    return np.asarray(reference.times_h[is_common])


def at_times(product: ProductMeans, times_h: FloatArray) -> ProductMeans:
    """Return a product at some of its times.

    Parameters
    ----------
    product : ProductMeans
        The product, [-].
    times_h : ndarray of shape (n_times,)
        Times at which it was measured, [h].

    Returns
    -------
    ProductMeans
        The same at these times, [-].
    """
    index = [int(np.abs(product.times_h - time).argmin()) for time in times_h]
    return ProductMeans(
        name=product.name,
        times_h=times_h,
        mean_pct=product.mean_pct[index],
        sd_pct=product.sd_pct[index],
        n_units=product.n_units[index],
    )


def _same_times(reference: ProductMeans, test: ProductMeans, shared: FloatArray) -> Rule:
    lone = [
        f"{product.name} alone at {', '.join(f'{60 * t:g}' for t in times)} min"
        for product in (reference, test)
        if (times := [t for t in product.times_h if t > 0 and not _is_among(t, shared)])
    ]
    return Rule(
        name="same_times",
        wanted="the same times for both products",
        found="; ".join(lone) or f"{shared.size} common times, no other",
        met=not lone,
    )


def _is_among(time: float, times: FloatArray) -> bool:
    return bool((np.abs(times - time) <= TIME_ROUNDING_H).any())


def _times_end(shared: FloatArray, n: int, is_cut: bool, guideline: str) -> str:
    whom = "both products have" if guideline == FDA else "either product has"
    if not is_cut:
        return f"every common time counts: at none {whom} released more than {FULL_PCT:g} %"
    left = shared.size - n
    return (
        f"counted up to {60 * shared[n - 1]:g} min, the first at which {whom} released more than"
        f" {FULL_PCT:g} %; {left or 'none'} left out"
    )


def _units(product: ProductMeans) -> Rule:
    fewest = int(product.n_units.min()) if product.n_units.size else 0
    return Rule(
        name="units",
        wanted=f"{MIN_UNITS} units behind each mean",
        found=f"{product.name}: {fewest}" if fewest else f"{product.name}: not known",
        met=fewest >= MIN_UNITS if fewest else None,
    )


def _variation(product: ProductMeans, guideline: str) -> Iterator[Rule]:
    """Yield the rule on early and on later scatter, with the worst that was found."""
    if not product.times_h.size:
        return
    early = product.times_h <= EARLY_H + TIME_ROUNDING_H
    if guideline == EMA or not early.any():
        early = np.arange(product.times_h.size) == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = 100 * product.sd_pct / product.mean_pct
    cv[(product.mean_pct == 0) & (product.sd_pct == 0)] = 0.0
    for name, at, limit in (("cv_early", early, EARLY_CV_PCT), ("cv_late", ~early, LATE_CV_PCT)):
        if not at.any():
            continue
        words = "early" if name == "cv_early" else "later"
        bound = "at most" if guideline == FDA else "below"
        wanted = f"coefficient of variation {bound} {limit:g} % at {words} times"
        known = np.flatnonzero(at & np.isfinite(cv))
        worst = int(known[cv[known].argmax()]) if known.size else -1
        is_within = worst >= 0 and _is_within(float(cv[worst]), limit, guideline)
        if known.size < at.sum() and (worst < 0 or is_within):
            yield Rule(name=name, wanted=wanted, found=f"{product.name}: not known", met=None)
            continue
        found = f"{product.name}: {_cv_text(float(cv[worst]), limit)} at"
        found += f" {60 * product.times_h[worst]:g} min"
        yield Rule(name=name, wanted=wanted, found=found, met=is_within)


def _is_within(cv: float, limit: float, guideline: str) -> bool:
    return cv <= limit + ROUNDING_PCT if guideline == FDA else cv < limit - ROUNDING_PCT


def _cv_text(cv: float, limit: float) -> str:
    """Return a coefficient of variation that does not read as its bound where it is not."""
    short = f"{cv:.3g} %"
    is_bound = abs(cv - limit) <= ROUNDING_PCT
    return short if is_bound or float(f"{cv:.3g}") != limit else f"{cv:.9g} %"


def _exemption(reference: ProductMeans, test: ProductMeans, guideline: str) -> tuple[bool, Rule]:
    """Return whether both are out within 15 minutes, and the rule that says so."""
    highest = []
    for product in (reference, test):
        within = product.mean_pct[product.times_h <= EARLY_H + TIME_ROUNDING_H]
        highest.append(float(within.max()) if within.size else 0.0)
    rounding = -ROUNDING_PCT if guideline == FDA else ROUNDING_PCT
    is_exempt = all(high > FULL_PCT + rounding for high in highest)
    found = ", ".join(
        f"{product.name} {high:.3g} %"
        for product, high in zip((reference, test), highest, strict=True)
    )
    words = "85 % or more" if guideline == FDA else "more than 85 %"
    wanted = f"no f2 is needed where both release {words} within 15 min"
    return is_exempt, Rule(name="exemption", wanted=wanted, found=found, met=is_exempt)
