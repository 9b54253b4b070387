"""Virtual subjects of a population, the same people for every design.

Each field is a truncated normal driven by one dimension of a scrambled Sobol sequence, so a
population of 64 is already even. Fields are independent of each other; correlations (weight with
filtration, age with both) are not described yet.
"""

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.patients import Population, patient_fields


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
    from scipy.stats import norm, qmc

    spread_names = sorted(population.spreads)
    n = population.size
    values: dict[str, FloatArray] = {
        name: np.full(n, f.default.value) for name, f in patient_fields().items()
    }
    if spread_names:
        sobol = qmc.Sobol(len(spread_names), scramble=True, rng=population.seed)
        uniform = sobol.random_base2(max(int(np.ceil(np.log2(n))), 0))[:n]
        for k, name in enumerate(spread_names):
            spread = population.spreads[name]
            if spread.sd == 0:
                values[name] = np.full(n, spread.mean)
                continue
            low = float(norm.cdf(spread.low, spread.mean, spread.sd))
            high = float(norm.cdf(spread.high, spread.mean, spread.sd))
            quantile = low + uniform[:, k] * (high - low)
            values[name] = np.clip(
                norm.ppf(quantile, spread.mean, spread.sd), spread.low, spread.high
            )
    return Subjects(population=population, values=values)


def typical_subject() -> Subjects:
    """Return one subject with the default of every field.

    Returns
    -------
    Subjects
        A population of one, [-].
    """
    return draw_subjects(Population(name="typical", size=1))
