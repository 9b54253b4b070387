"""Numbers as people read them: without a negative zero, with the spread between subjects."""

from collections.abc import Mapping
from typing import Any

LEAST_SHARE = 0.001
"""A share below this is not given digits, [-]."""


def number(value: float, decimals: int) -> str:
    """Return a number without a negative zero.

    Parameters
    ----------
    value : float
        The number, [-].
    decimals : int
        Decimals, [-].

    Returns
    -------
    str
        The number, [-].

    Examples
    --------
    >>> number(-0.001, 1), number(2.345, 2)
    ('0.0', '2.35')
    """
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def significant(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, without a power of ten.

    Parameters
    ----------
    value : float
        The number, [-].
    digits : int, optional
        Significant digits, [-].

    Returns
    -------
    str
        The number, [-].

    Examples
    --------
    >>> significant(1083.2), significant(0.01234), significant(-0.0)
    ('1080', '0.0123', '0')
    """
    rounded = float(f"{value:.{digits}g}") + 0.0
    return f"{rounded:.15g}"


def share_text(share: float) -> str:
    """Return a share in percent, without the digits of one that is next to nothing.

    Parameters
    ----------
    share : float
        Share, [-].

    Returns
    -------
    str
        With its percent sign, [-].

    Examples
    --------
    >>> share_text(0.0123), share_text(1e-9)
    ('1.2 %', 'below 0.1 %')
    """
    return "below 0.1 %" if share < LEAST_SHARE else f"{100 * share:.2g} %"


def span(values: Mapping[str, Any], decimals: int, *, is_patient: bool) -> str:
    """Return the middle value and, for a population, the 5th to 95th percentile.

    Parameters
    ----------
    values : mapping
        ``p05``, ``p50`` and ``p95``, in one unit, [-].
    decimals : int
        Decimals, [-].
    is_patient : bool
        Whether it is one person, who has no percentiles, [-].

    Returns
    -------
    str
        Such as ``"18.3 (13.8 to 28.3)"``, [-].

    Examples
    --------
    >>> span({"p05": 1.0, "p50": 2.0, "p95": 3.0}, 1, is_patient=False)
    '2.0 (1.0 to 3.0)'
    """
    low, middle, high = (number(values[p], decimals) for p in ("p05", "p50", "p95"))
    return middle if is_patient else f"{middle} ({low} to {high})"
