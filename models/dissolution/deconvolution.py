"""Fraction absorbed over time by Wagner and Nelson, and from what it may be taken.

fraction(t) = (C(t) + k AUC(0, t)) / (k AUC(0, inf)) [1]_, areas by straight lines, the rest behind
the last value as C / k. It is the share of what is absorbed at all, not of the dose, and it rests
on one compartment, first-order elimination and values that begin and end at zero.

Total magnesium in serum or plasma has none of this: its endogenous baseline is hundreds of times
the change that a product makes, it is held by the kidney's threshold, and what is absorbed goes on
to bone and muscle. It is refused. A tracer (an isotope given with the product, as its concentration
in plasma) does begin at zero; so does the rate of urinary excretion above that of a day without the
product, each value at the middle of its collection. Two compartments (Loo and Riegelman) and
numerical deconvolution are not here.

k is given, or fitted to the end of the curve: of all runs of at least three values after the
highest, the longest whose adjusted R2 of ln C against t lies within 1e-4 of the best. Of a product
that releases slowly the end of the curve is that of its absorption: then k must come from a quick
one.
"""

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import DataError, InputError, UnknownNameError
from models.dissolution.moments import check_curve

TRACER, URINE, SERUM = "tracer", "urine", "serum"

SAMPLED: Mapping[str, str] = {
    TRACER: "isotopic tracer in plasma",
    URINE: "rate of urinary excretion above a day without the product",
    SERUM: "total magnesium in serum or plasma",
}
"""What may have been sampled, in words; the last is refused."""

MIN_VALUES = 4
"""Fewest values of a curve, [-]."""

MIN_TERMINAL = 3
"""Fewest values to which k is fitted, [-]."""

IMPOSSIBLE_SHARE = 0.03
"""By this a share may exceed one, or fall, before it is told of, [-]."""

R2_TOLERANCE = 1e-4
"""Runs whose adjusted R2 is this near to the best are as good, [-]."""


@frozen(kw_only=True)
class TerminalPhase:
    """The end of a curve, to which k was fitted."""

    k_per_h: float
    """Rate constant, [1/h]."""

    n_values: int
    """Values it rests on, [-]."""

    from_h: float
    """Time of the first of them, [h]."""

    r2_adjusted: float
    """Of ln C against time, [-]."""


@frozen(kw_only=True, eq=False)
class Absorbed:
    """Share of what is absorbed at all, over time."""

    sampled: str
    """What was sampled, one of `SAMPLED`."""

    times_h: FloatArray
    """Times, from zero, of shape (n_times,), [h]."""

    fraction: FloatArray
    """Share absorbed by then, of shape (n_times,), [-]."""

    k_per_h: float
    """Rate constant of elimination, [1/h]."""

    terminal: TerminalPhase | None
    """Where it was fitted; None where it was given."""

    auc_inf: float
    """Area under the curve without end, [value h]."""

    extrapolated: float
    """Share of that area behind the last value, [-]."""

    @property
    def flaws(self) -> tuple[str, ...]:
        """What no share absorbed does, in words: exceed one, or fall, by more than areas err."""
        highest = float(self.fraction.max())
        falls = np.maximum.accumulate(self.fraction) - self.fraction
        texts = []
        if highest > 1 + IMPOSSIBLE_SHARE:
            texts.append(f"rises to {100 * highest:.4g} % at {self._hour(self.fraction)} h")
        if falls.max() > IMPOSSIBLE_SHARE:
            texts.append(
                f"falls by {100 * float(falls.max()):.3g} percentage points to"
                f" {self._hour(falls)} h"
            )
        return tuple(texts)

    def _hour(self, values: FloatArray) -> str:
        return f"{self.times_h[int(values.argmax())]:.4g}"


def wagner_nelson(
    times_h: FloatArray,
    values: FloatArray,
    *,
    sampled: str,
    k_per_h: float | None = None,
) -> Absorbed:
    """Return the share absorbed over time.

    Parameters
    ----------
    times_h : ndarray of shape (n_times,)
        Times, rising; time 0 with the value 0 is added when it is not among them, [h].
    values : ndarray of shape (n_times,)
        Concentration of the tracer, or rate of excretion, in any one unit, [any].
    sampled : str
        What was sampled, one of `SAMPLED`, [-].
    k_per_h : float or None, optional
        Rate constant of elimination; fitted to the end of the curve when absent, [1/h].

    Returns
    -------
    Absorbed
        The share absorbed at each time, [-].

    Raises
    ------
    DataError
        Total magnesium in serum or plasma was sampled.
    InputError
        It is no curve, too short, below zero, zero throughout, does not begin at zero, or k is
        none.

    References
    ----------
    .. [1] WagnerNelson1963
    """
    check_sampled(sampled)
    times, found = check_curve(times_h, values)
    if times.size < MIN_VALUES or (found < 0).any() or not found.max() > 0:
        raise InputError(
            f"Wagner-Nelson of {times.size} values from {found.min():g} to {found.max():g}: at"
            f" least {MIN_VALUES} are wanted, none below zero and one above it.",
            hint="Take the value before the dose off, and leave out what lies below detection.",
        )
    if times[0] == 0 and found[0] > 0:
        raise InputError(
            f"Wagner-Nelson of a curve that is {found[0]:g} at 0 h: it must begin at zero, for a"
            " baseline would be counted as absorbed.",
            hint="Take the value before the dose off every value.",
        )
    if k_per_h is not None and not (np.isfinite(k_per_h) and k_per_h > 0):
        raise InputError(f"Wagner-Nelson: a rate constant of {k_per_h:g} 1/h; above 0 is wanted.")
    terminal = terminal_phase(times, found) if k_per_h is None else None
    k = terminal.k_per_h if terminal else float(k_per_h or 0.0)
    if times[0] > 0:
        times, found = np.insert(times, 0, 0.0), np.insert(found, 0, 0.0)
    steps = np.diff(times) * (found[1:] + found[:-1]) / 2
    area = np.concatenate([[0.0], np.cumsum(steps)])
    rest = float(found[-1]) / k
    total = float(area[-1]) + rest
    return Absorbed(
        sampled=sampled,
        times_h=times,
        fraction=(found + k * area) / (k * total),
        k_per_h=k,
        terminal=terminal,
        auc_inf=total,
        extrapolated=rest / total,
    )


def terminal_phase(times_h: FloatArray, values: FloatArray) -> TerminalPhase:
    """Return the rate constant of the end of a curve.

    Parameters
    ----------
    times_h : ndarray of shape (n_times,)
        Times, rising, [h].
    values : ndarray of shape (n_times,)
        Concentration or rate, [any].

    Returns
    -------
    TerminalPhase
        The constant and where it was fitted, [-].

    Raises
    ------
    InputError
        Fewer than three values above zero lie after the highest, or they do not fall.
    """
    times, found = check_curve(times_h, values)
    after = (np.arange(times.size) > int(found.argmax())) & (found > 0)
    t, logs = times[after], np.log(found[after])
    runs = []
    for start in range(t.size - MIN_TERMINAL + 1):
        x, y = t[start:] - t[start:].mean(), logs[start:] - logs[start:].mean()
        slope = float((x * y).sum() / (x**2).sum())
        left = float(((y - slope * x) ** 2).sum())
        total = float((y**2).sum())
        r2 = 1 - left / total if total > 0 else 0.0
        n = x.size
        if slope < 0:
            adjusted = 1 - (1 - r2) * (n - 1) / (n - 2)
            runs.append(
                TerminalPhase(
                    k_per_h=-slope, n_values=n, from_h=float(t[start]), r2_adjusted=adjusted
                )
            )
    if not runs:
        raise InputError(
            f"Terminal phase: {t.size} values above zero lie after the highest, and they do not"
            f" fall over at least {MIN_TERMINAL}.",
            hint="Give the rate constant of elimination, from a quick form.",
        )
    best = max(run.r2_adjusted for run in runs)
    return max(
        (run for run in runs if run.r2_adjusted >= best - R2_TOLERANCE),
        key=lambda run: run.n_values,
    )


def check_sampled(sampled: str) -> None:
    """Refuse what tells no share absorbed.

    Parameters
    ----------
    sampled : str
        What was sampled, [-].

    Raises
    ------
    DataError
        Total magnesium in serum or plasma was.
    UnknownNameError
        It is none of `SAMPLED`.
    """
    if sampled not in SAMPLED:
        raise UnknownNameError("Sampled", sampled, SAMPLED)
    if sampled == SERUM:
        raise DataError(
            "Wagner-Nelson on total magnesium in serum or plasma is invalid: an endogenous"
            " baseline and the kidney's threshold hold it, so its curve is not that of what was"
            " absorbed.",
            hint="Use an isotopic tracer in plasma, or the rate of urinary excretion above a day"
            " without the product.",
        )
