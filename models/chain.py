"""The chain: designs and a population in, endpoints with intervals and origin out.

One question at two fidelities. ``mechanistic`` integrates every subject; ``surrogate`` (in
`models.surrogates`) was trained on it. Both return the same table, so a search never knows which
one answered, and a report always says.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from attrs import field, frozen

from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.endpoint_keys import get_endpoint
from formulation.endpoints import BENCH_TIMES_H, MEAN, STATISTICS, Scope
from formulation.errors import InputError
from formulation.patients import Population
from formulation.provenance import Origin
from models.exact import Columns, cost_columns, exact_columns
from models.population import draw_subjects
from models.release import ReleaseLaw, release_law
from models.release.bench import bench_curves
from models.surrogates.gaps import NORMAL_90

if TYPE_CHECKING:
    from models.responses import Watch

PERCENTILES = {"p05": 5.0, "p50": 50.0, "p95": 95.0}
CURVE_TIMES_H = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24])
"""Times at which release curves are kept, [h]."""

assert set(PERCENTILES) == set(STATISTICS)


@frozen(kw_only=True, eq=False)
class EndpointTable:
    """Endpoint values of several designs."""

    keys: tuple[str, ...]
    """Endpoint keys, the columns."""

    value: FloatArray
    """Values, of shape (n_designs, n_keys), each in its endpoint's unit; nan for the costs of a
    design with an ingredient of unknown price, and nowhere else."""

    lo90: FloatArray
    """Lower end of the 90 % interval, of shape (n_designs, n_keys)."""

    hi90: FloatArray
    """Upper end of the 90 % interval, of shape (n_designs, n_keys)."""

    origin: Origin
    """Where the numbers come from."""

    kind: str
    """What the interval is an interval of."""

    reasons: tuple[tuple[str, ...], ...] = field(factory=tuple)
    """Remarks on each design, such as an extrapolation."""

    reach_pct: FloatArray | None = None
    """How far each design lies from what a surrogate was fitted on, of shape (n_designs,), [%], as
    `models.learning.applicability.Assessment.reach`; None where nothing was fitted."""

    def row(self, index: int) -> dict[str, float]:
        """Return the values of one design by endpoint key.

        Parameters
        ----------
        index : int
            Position of the design, [-].

        Returns
        -------
        dict of str to float
            Values in each endpoint's unit, [-].
        """
        return dict(zip(self.keys, self.value[index].tolist(), strict=True))


class Chain(Protocol):
    """Answers for designs in a population, at one fidelity."""

    def evaluate(
        self, designs: Sequence[Design], population: Population, outputs: Sequence[str]
    ) -> EndpointTable:
        """Return the outputs asked for, one row a design.

        Parameters
        ----------
        designs : sequence of Design
            Designs of any system, [-].
        population : Population
            Who takes them, [-].
        outputs : sequence of str
            Endpoint keys, [-].

        Returns
        -------
        EndpointTable
            Values with intervals and their origin, each in its endpoint's unit, [-].
        """

    def release(
        self, designs: Sequence[Design], times_h: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return release on the bench, each design in the medium of its form.

        Parameters
        ----------
        designs : sequence of Design
            Designs of any system, [-].
        times_h : ndarray of shape (n_times,)
            Increasing times within `CURVE_TIMES_H`, [h].

        Returns
        -------
        tuple of ndarray of shape (n_designs, n_times)
            Fraction released, lower and upper end of its 90 % interval, [-].
        """


def percentile_interval(values: FloatArray, percent: float) -> tuple[FloatArray, FloatArray]:
    """Return the 90 % interval of a percentile that so many subjects allow.

    Ranks follow the binomial distribution, so no shape is assumed.

    Parameters
    ----------
    values : ndarray of shape (n_designs, n_subjects)
        Responses, [-].
    percent : float
        The percentile, [%].

    Returns
    -------
    tuple of ndarray of shape (n_designs,)
        Lower and upper end, in the unit of the values, [-].
    """
    from scipy.stats import binom

    n = values.shape[1]
    low, high = (int(binom.ppf(q, n, percent / 100)) for q in (0.05, 0.95))
    ranked = np.sort(values, axis=1)
    return ranked[:, max(low - 1, 0)], ranked[:, min(high, n - 1)]


@frozen(kw_only=True)
class MechanisticChain:
    """Every subject integrated: what confirms a front and trains the surrogates."""

    watch: "Watch | None" = None
    """Told of the designs while their days are still at hand; changes no number."""

    def evaluate(
        self, designs: Sequence[Design], population: Population, outputs: Sequence[str]
    ) -> EndpointTable:
        """Return the outputs asked for, one row a design.

        Parameters
        ----------
        designs : sequence of Design
            Designs of any system, [-].
        population : Population
            Who takes them, [-].
        outputs : sequence of str
            Endpoint keys, [-].

        Returns
        -------
        EndpointTable
            Simulated percentiles with the interval that the number of subjects allows, [-].

        Raises
        ------
        InputError
            There is no design.
        """
        if not designs:
            raise InputError("MechanisticChain: no design to evaluate.")
        from models.responses import simulate_responses

        scopes = {get_endpoint(key).scope for key in outputs}
        exact = exact_columns(designs)
        columns = {key: (column, column, column) for key, column in exact.items()}
        if Scope.POPULATION in scopes:
            responses = simulate_responses(
                designs, draw_subjects(population), watch=self.watch
            ).values
            columns |= _percentiles(responses)
            columns |= cost_columns(exact["cost_eur_per_day"], columns)
        if not BENCH_TIMES_H.keys().isdisjoint(outputs):
            bench = bench_values([release_law(d) for d in designs])
            columns |= {key: (column, column, column) for key, column in bench.items()}
        value, lo90, hi90 = (np.column_stack([columns[k][i] for k in outputs]) for i in range(3))
        return EndpointTable(
            keys=tuple(outputs),
            value=value,
            lo90=lo90,
            hi90=hi90,
            origin=Origin.SIMULATED,
            kind=self.interval_kind(population),
        )

    def release(
        self, designs: Sequence[Design], times_h: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return release on the bench by the law itself, which has no interval.

        Parameters
        ----------
        designs : sequence of Design
            Designs of any system, [-].
        times_h : ndarray of shape (n_times,)
            Increasing times, [h].

        Returns
        -------
        tuple of ndarray of shape (n_designs, n_times)
            Fraction released, three times, [-].
        """
        profiles = bench_curves([release_law(design) for design in designs], times_h)
        found = np.array([profile.fraction for profile in profiles])
        return found, found, found

    @staticmethod
    def interval_kind(population: Population) -> str:
        """Return what the intervals of a population's percentiles are called.

        Parameters
        ----------
        population : Population
            Who takes the products, [-].

        Returns
        -------
        str
            A phrase, [-].
        """
        if population.is_alike:
            return "one person: every percentile is that person's own value; no model error"
        return (
            f"90 % sampling error of the percentile with {population.size} virtual subjects;"
            " not the spread between people, no model error"
        )


def _percentiles(responses: Mapping[str, FloatArray]) -> Columns:
    found = {}
    for name, values in responses.items():
        for statistic, percent in PERCENTILES.items():
            low, high = percentile_interval(values, percent)
            found[f"{name}.{statistic}"] = (np.percentile(values, percent, axis=1), low, high)
        found[f"{name}.{MEAN}"] = _mean(values)
    return found


def _mean(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean over subjects with the interval that so many allow; one has no interval."""
    n = values.shape[1]
    mean = values.mean(axis=1)
    if n == 1:
        return mean, mean, mean
    half = NORMAL_90 * values.std(axis=1, ddof=1) / np.sqrt(n)
    return mean, mean - half, mean + half


def bench_values(laws: Sequence[ReleaseLaw]) -> dict[str, FloatArray]:
    """Return the bench endpoints of several laws, each in its own bench medium.

    Parameters
    ----------
    laws : sequence of ReleaseLaw
        Laws of one unit, [-].

    Returns
    -------
    dict of str to ndarray of shape (n_laws,)
        Released by endpoint, [% of label].
    """
    curves = bench_curves(laws, np.array(list(BENCH_TIMES_H.values())))
    return {
        name: np.array([100 * curve.fraction[k] for curve in curves])
        for k, name in enumerate(BENCH_TIMES_H)
    }
