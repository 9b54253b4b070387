"""Virtual subjects of a population, the same people for every design.

Each patient field owns one dimension of a scrambled Sobol sequence, in the order of the table of
fields, whatever a population states: stating one field more changes nobody's other fields, and a
larger population begins with the smaller one. The points become normal scores, a Gaussian copula
correlates them (table of correlations: weight with filtration, age with both, ...), and each score
becomes a quantile of the field's normal, truncated to its range. A flag is 1 for the upper share
that its mean states. Correlations hold between the scores of all adults; truncation weakens them a
little, and no population has correlations of its own.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
from attrs import evolve, frozen

from formulation.arrays import FloatArray
from formulation.data import TABLES, find_table, read_rows
from formulation.errors import DataError
from formulation.patients import Population, Spread, get_patient_field, patient_fields

DIMENSIONS = 64
"""Dimensions of the sequence, [-]; more than there are fields, so that new ones find a free one."""

SOBOL_BITS = 30
"""Bits of a coordinate, [-]."""


@frozen(kw_only=True, eq=False)
class Subjects:
    """Values of every patient field for each subject."""

    population: Population
    """Population they were drawn from."""

    values: Mapping[str, FloatArray]
    """Values by field, each of shape (n_subjects,), in the field's unit."""

    def __len__(self) -> int:
        return self.population.size


def draw_subjects(population: Population) -> Subjects:
    """Draw the subjects of a population.

    Parameters
    ----------
    population : Population
        Spreads, size and seed, [-].

    Returns
    -------
    Subjects
        The same subjects for the same population, [-].
    """
    n = population.size
    values: dict[str, FloatArray] = {
        name: np.full(n, f.default.value) for name, f in patient_fields().items()
    }
    if population.spreads:
        uniform = _uniform(n, population.seed)
        factor = np.linalg.cholesky(score_correlations())
        for row, name in enumerate(values):
            if name in population.spreads:
                share = _correlated(uniform, factor[row])
                values[name] = _marginal(name, population.spreads[name], share)
    return Subjects(population=population, values=values)


def typical_subject() -> Subjects:
    """Return one subject with the default of every field.

    Returns
    -------
    Subjects
        A population of one, [-].
    """
    return draw_subjects(Population(name="typical", size=1))


@cache
def score_correlations() -> FloatArray:
    """Return the correlations of the normal scores of all patient fields.

    Returns
    -------
    ndarray of shape (n_fields, n_fields)
        Symmetric with a unit diagonal, in the order of the table of fields, [-].

    Raises
    ------
    DataError
        A pair stands twice or is a field with itself, or no people can be correlated like that.
    """
    places = {name: i for i, name in enumerate(patient_fields())}
    found: FloatArray = np.eye(len(places))
    for row in read_rows(find_table("correlations", TABLES)):
        a, b = (get_patient_field(row[key]).name for key in ("field_a", "field_b"))
        i, j = places[a], places[b]
        if i == j or found[i, j] != 0:
            raise DataError(f"Correlations: {a} with {b} stands twice, or is a field with itself.")
        found[i, j] = found[j, i] = float(row["correlation"])
    if np.linalg.eigvalsh(found).min() <= 0:
        raise DataError(
            "Correlations: the pairs contradict each other (the matrix is not positive definite).",
            hint="Lower the largest of them.",
        )
    return found


def _uniform(n: int, seed: int) -> FloatArray:
    """Return points inside the unit cube, of shape (n, DIMENSIONS)."""
    from scipy.stats import qmc

    sobol = qmc.Sobol(DIMENSIONS, scramble=True, bits=SOBOL_BITS, rng=seed)
    points = sobol.random_base2((n - 1).bit_length())[:n]
    # The middle of each cell, so that no score is infinite.
    return np.asarray(points + 0.5 ** (SOBOL_BITS + 1))


def _correlated(uniform: FloatArray, loadings: FloatArray) -> FloatArray:
    """Return one field's shares, given the loadings of its score on those of all fields.

    Summed one by one: a matrix product rounds differently for another number of subjects.
    """
    from scipy.special import ndtr, ndtri

    partners = np.flatnonzero(loadings)
    if len(partners) == 1:
        return uniform[:, partners[0]]
    score: FloatArray = np.zeros(len(uniform))
    for k in partners:
        score += loadings[k] * ndtri(uniform[:, k])
    return np.asarray(ndtr(score))


def _marginal(name: str, spread: Spread, share: FloatArray) -> FloatArray:
    """Return the values of a field at the given shares of its distribution."""
    from scipy.stats import norm

    if get_patient_field(name).is_flag:
        return np.asarray(share > 1 - spread.mean, dtype=np.float64)
    if spread.sd == 0:
        return np.full(len(share), spread.mean)
    low = float(norm.cdf(spread.low, spread.mean, spread.sd))
    high = float(norm.cdf(spread.high, spread.mean, spread.sd))
    value = norm.ppf(low + share * (high - low), spread.mean, spread.sd)
    return np.clip(value, spread.low, spread.high)


def alike(n: int, **values: float) -> Subjects:
    """Return subjects with the default of every field but those given.

    Parameters
    ----------
    n : int
        Subjects, [-].
    **values : float
        Values by field, the same for all, each in the field's unit, [-].

    Returns
    -------
    Subjects
        So many times the same person, [-].
    """
    subjects = draw_subjects(Population(name="alike", size=n))
    for name, value in values.items():
        get_patient_field(name).check(value)
    stated = {name: np.full(n, float(value)) for name, value in values.items()}
    return evolve(subjects, values={**subjects.values, **stated})
