"""How metals and ligands share each other out: the solver.

Every complex joins one metal to one ligand. Given free magnesium m and free calcium c, a ligand of
total T is therefore shared out in closed form: T p/D bare and protonated, T a m/D with magnesium
and T b c/D with calcium, where D = p + a m + b c. What is left are the balances of the two metals.
They are the gradient of a function that is strictly convex in ln m and ln c, the free energy of
the mixture up to a constant, so there is one equilibrium and a damped Newton iteration finds it.
"""

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.errors import FormulationError

TOLERANCE = 1e-13
"""Largest error of a metal's balance that counts as solved, as a share of its total, [-]."""

TRACE = 1e-40
"""A metal below this is not there, [mol/L]; one ion in a litre is 1.7e-24."""

MAX_ITERATIONS = 200
"""Newton steps after which the solver gives up."""

MAX_STEP = 3.0
"""Longest step in the natural logarithm of a concentration, [-]."""

DESCENT = 1e-4
"""Share of the promised fall of free energy that a step must deliver (Armijo), [-]."""

MAX_HALVINGS = 40
"""Halvings of a step before it is taken as it is; the iteration count then ends the search."""

_ROUNDING = 1e-15
"""Falls of free energy below this share of the metals are lost in double precision, [-]."""


@frozen(kw_only=True, eq=False)
class Balance:
    """Totals of a fluid and how firmly they hold each other, in mol/L."""

    ph: FloatArray
    """pH, of shape (...), which only messages name, [-]."""

    mg: FloatArray
    """Total magnesium, of shape (...), [mol/L]."""

    ca: FloatArray
    """Total calcium, of shape (...), [mol/L]."""

    mg_with_hydroxide: FloatArray
    """Free magnesium and its hydroxide per free magnesium, of shape (...), [-]."""

    ca_with_hydroxide: FloatArray
    """The same of calcium, of shape (...), [-]."""

    ligands: FloatArray
    """Totals of the ligands, of shape (n_ligands, ...), [mol/L]."""

    p: FloatArray
    """Bare and protonated ligand per bare one, of shape (n_ligands, ...), [-]."""

    a: FloatArray
    """How firmly bare ligands hold magnesium, of shape (n_ligands, ...), [L/mol]."""

    b: FloatArray
    """How firmly bare ligands hold calcium, of shape (n_ligands, ...), [L/mol]."""


def solve_free_metals(balance: Balance) -> tuple[FloatArray, FloatArray]:
    """Return the free metals at equilibrium, by damped Newton on their logarithms.

    A point that is solved is left alone while others go on, so that no point's answer depends on
    its neighbours.

    Parameters
    ----------
    balance : Balance
        The fluid, [-].

    Returns
    -------
    tuple of ndarray of shape (...)
        Free magnesium and free calcium, [mol/L].

    Raises
    ------
    FormulationError
        A point is not solved after `MAX_ITERATIONS` steps; the message names it.
    """
    x = _log(balance.mg / balance.mg_with_hydroxide)
    y = _log(balance.ca / balance.ca_with_hydroxide)
    for _ in range(MAX_ITERATIONS):
        gx, gy, step_x, step_y = _newton_step(balance, x, y)
        open_ = np.abs(gx) > TOLERANCE * balance.mg + TRACE
        open_ |= np.abs(gy) > TOLERANCE * balance.ca + TRACE
        if not open_.any():
            return _free(balance, x, y)
        length = np.where(open_, _damping(balance, (x, y), (gx, gy), (step_x, step_y)), 0.0)
        x, y = x + length * step_x, y + length * step_y
    raise _unsolved(balance, tuple(int(i) for i in np.argwhere(open_)[0]))


def ligand_shares(
    balance: Balance, m: FloatArray, c: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return where each ligand is.

    Parameters
    ----------
    balance : Balance
        The fluid, [-].
    m, c : ndarray of shape (...)
        Free magnesium and free calcium, [mol/L].

    Returns
    -------
    tuple of ndarray of shape (n_ligands, ...)
        Share with magnesium, with calcium and with neither, [-].
    """
    whole = balance.p + balance.a * m + balance.b * c
    return balance.a * m / whole, balance.b * c / whole, balance.p / whole


def _free(balance: Balance, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return free metals from their logarithms; exactly none of a metal that is not there."""
    m = np.where(balance.mg > TRACE, np.exp(x), 0.0)
    return m, np.where(balance.ca > TRACE, np.exp(y), 0.0)


def _newton_step(
    balance: Balance, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return both balances' errors, [mol/L], and Newton's step in the logarithms."""
    m, c = _free(balance, x, y)
    share_m, share_c, share_p = ligand_shares(balance, m, c)
    free_m, free_c = m * balance.mg_with_hydroxide, c * balance.ca_with_hydroxide
    gx = free_m + (balance.ligands * share_m).sum(axis=0) - balance.mg
    gy = free_c + (balance.ligands * share_c).sum(axis=0) - balance.ca
    # The Hessian is (A + S, -S; -S, B + S), written so that nothing cancels.
    rivalry = (balance.ligands * share_m * share_c).sum(axis=0)
    of_m = free_m + (balance.ligands * share_m * share_p).sum(axis=0)
    of_c = free_c + (balance.ligands * share_c * share_p).sum(axis=0)
    of_m = np.where(balance.mg > TRACE, of_m, 1.0)
    of_c = np.where(balance.ca > TRACE, of_c, 1.0)
    determinant = of_m * of_c + rivalry * (of_m + of_c)
    step_x = -(of_c * gx + rivalry * (gx + gy)) / determinant
    step_y = -(of_m * gy + rivalry * (gx + gy)) / determinant
    return gx, gy, step_x, step_y


def _damping(
    balance: Balance,
    at: tuple[FloatArray, FloatArray],
    gradient: tuple[FloatArray, FloatArray],
    step: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Return how much of each point's step to take, so that its free energy falls."""
    longest = np.maximum(np.abs(step[0]), np.abs(step[1]))
    length: FloatArray = MAX_STEP / np.maximum(longest, MAX_STEP)
    slope = gradient[0] * step[0] + gradient[1] * step[1]
    rounding = _ROUNDING * (balance.mg + balance.ca)
    for _ in range(MAX_HALVINGS):
        change = _energy_change(balance, at, (length * step[0], length * step[1]))
        short = change > DESCENT * length * slope + rounding
        if not short.any():
            break
        length = np.where(short, length / 2, length)
    return length


def _energy_change(
    balance: Balance, at: tuple[FloatArray, FloatArray], step: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Return by how much a step changes the function whose gradient the balances are, [mol/L]."""
    m, c = _free(balance, *at)
    more_m, more_c = m * np.expm1(step[0]), c * np.expm1(step[1])
    whole = balance.p + balance.a * m + balance.b * c
    ligands = balance.ligands * np.log1p((balance.a * more_m + balance.b * more_c) / whole)
    free = more_m * balance.mg_with_hydroxide + more_c * balance.ca_with_hydroxide
    change: FloatArray = free + ligands.sum(axis=0) - balance.mg * step[0] - balance.ca * step[1]
    return change


def _log(x: FloatArray) -> FloatArray:
    """Return the natural logarithm, 0 where there is nothing."""
    return np.log(x, out=np.zeros_like(x), where=x > 0)


def _unsolved(balance: Balance, index: tuple[int, ...]) -> FormulationError:
    return FormulationError(
        f"Speciation did not converge in {MAX_ITERATIONS} steps at point {index}: pH"
        f" {balance.ph[index]:g}, magnesium {balance.mg[index]:g} mol/L, calcium"
        f" {balance.ca[index]:g} mol/L.",
        hint="Report the composition; the equilibrium exists and is unique.",
    )
