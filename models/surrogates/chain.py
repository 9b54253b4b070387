"""The chain at surrogate fidelity: the same question as the mechanistic one, in milliseconds."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from formulation.arrays import FloatArray
from formulation.design import Design
from formulation.endpoint_keys import get_endpoint
from formulation.endpoints import BENCH_TIMES_H, MEAN
from formulation.errors import InputError
from formulation.patients import Population
from formulation.provenance import Origin
from models.chain import CURVE_TIMES_H, PERCENTILES, EndpointTable
from models.exact import Columns, cost_columns, exact_columns
from models.surrogates.emulator import Prediction, SystemSurrogate
from models.surrogates.table import ENDPOINT_KEYS, LEARNT, feature_row

OF_THE_MEAN = {"p05": 0.185, "p50": 0.63, "p95": 0.185}
"""Weights of the percentiles in the mean, the extended Pearson-Tukey approximation [1]_: for wide
families of distributions within a few hundredths of a standard deviation.

References
----------
.. [1] KeeferBodily1983
"""


@frozen(kw_only=True, eq=False)
class SurrogateChain:
    """Fitted surrogates of every system of a study, for one named population."""

    population: Population
    """Population the surrogates were fitted for."""

    surrogates: Mapping[str, SystemSurrogate]
    """By delivery system."""

    def evaluate(
        self, designs: Sequence[Design], population: Population, outputs: Sequence[str]
    ) -> EndpointTable:
        """Return the outputs asked for, one row a design.

        Parameters
        ----------
        designs : sequence of Design
            Designs of any fitted system, [-].
        population : Population
            Must be the one the surrogates were fitted for, [-].
        outputs : sequence of str
            Endpoint keys, [-].

        Returns
        -------
        EndpointTable
            Predicted values with 90 % intervals and extrapolation remarks, [-].

        Raises
        ------
        InputError
            There is no design, the population is another one, a system was not fitted, or an
            output is no endpoint.
        """
        for key in outputs:
            get_endpoint(key)
        if not designs:
            raise InputError("SurrogateChain: no design to evaluate.")
        if population != self.population:
            raise InputError(
                f"SurrogateChain: fitted for population {_named(self.population)},"
                f" asked for {_named(population)}.",
                hint="Fit surrogates for that population.",
            )
        shape = (len(designs), len(outputs))
        value, lo90, hi90 = np.empty(shape), np.empty(shape), np.empty(shape)
        reasons: list[tuple[str, ...]] = [()] * len(designs)
        reach = np.empty(len(designs))
        for system, rows in _by_system(designs).items():
            members = [designs[k] for k in rows]
            features = self.features(members)
            columns = _columns(members, self._surrogate(system).predict(features))
            for j, key in enumerate(outputs):
                value[rows, j], lo90[rows, j], hi90[rows, j] = columns[key]
            reach[rows], remarks = self._surrogate(system).outside(features)
            for k, said in zip(rows, remarks, strict=True):
                reasons[k] = said
        return EndpointTable(
            keys=tuple(outputs),
            value=value,
            lo90=lo90,
            hi90=hi90,
            origin=Origin.SIMULATED,
            kind=self.interval_kind,
            reasons=tuple(reasons),
            reach_pct=reach,
        )

    def reach_pct(self, designs: Sequence[Design]) -> FloatArray:
        """Return how far designs lie from what their surrogates were fitted on.

        Parameters
        ----------
        designs : sequence of Design
            Designs of any fitted system, [-].

        Returns
        -------
        ndarray of shape (n_designs,)
            `models.learning.applicability.Assessment.reach`, [%].
        """
        reach = np.empty(len(designs))
        for system, rows in _by_system(designs).items():
            features = self.features([designs[k] for k in rows])
            reach[rows] = self._surrogate(system).reach(features)
        return reach

    @property
    def interval_kind(self) -> str:
        """What the endpoints' intervals are called."""
        kinds = sorted({s.calibration.endpoint_kind for s in self.surrogates.values()})
        return "; ".join(kinds)

    def curve(self, design: Design) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the release curve of one design with its interval.

        Parameters
        ----------
        design : Design
            A design, [-].

        Returns
        -------
        tuple of ndarray of shape (n_times,)
            Mean, lower and upper end at `models.chain.CURVE_TIMES_H`, [-].
        """
        found = self._surrogate(design.system).predict(self.features([design]))
        return found.curve[0], found.curve_lo90[0], found.curve_hi90[0]

    def release(
        self, designs: Sequence[Design], times_h: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return predicted release on the bench, each design in the medium of its form.

        Parameters
        ----------
        designs : sequence of Design
            Designs of any fitted system, [-].
        times_h : ndarray of shape (n_times,)
            Increasing times; between those that are learnt lines are drawn, [h].

        Returns
        -------
        tuple of ndarray of shape (n_designs, n_times)
            Fraction released, lower and upper end of its 90 % interval, [-].
        """
        found = np.empty((3, len(designs), len(times_h)))
        known = np.concatenate([[0.0], CURVE_TIMES_H])
        for system, rows in _by_system(designs).items():
            features = self.features([designs[k] for k in rows])
            predicted = self._surrogate(system).predict(features)
            parts = (predicted.curve, predicted.curve_lo90, predicted.curve_hi90)
            for part, curves in enumerate(parts):
                for k, curve in zip(rows, curves, strict=True):
                    found[part, k] = np.interp(times_h, known, np.concatenate([[0.0], curve]))
        return found[0], found[1], found[2]

    def features(self, designs: Sequence[Design]) -> FloatArray:
        """Return the features of designs of one system.

        Parameters
        ----------
        designs : sequence of Design
            Designs of one system, [-].

        Returns
        -------
        ndarray of shape (n_designs, n_features)
            Features in the surrogate's order, [-].
        """
        names = self._surrogate(designs[0].system).feature_names
        rows = [feature_row(design) for design in designs]
        return np.array([[row[name] for name in names] for row in rows])

    def _surrogate(self, system: str) -> SystemSurrogate:
        try:
            return self.surrogates[system]
        except KeyError:
            raise InputError(f"SurrogateChain: no surrogate of {system!r} was fitted.") from None


def _named(population: Population) -> str:
    return f"{population.name!r} ({population.size} subjects, seed {population.seed})"


def _by_system(designs: Sequence[Design]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for k, design in enumerate(designs):
        rows.setdefault(design.system, []).append(k)
    return rows


def _columns(designs: Sequence[Design], found: Prediction) -> Columns:
    columns: Columns = {
        key: (found.endpoints[:, k], found.endpoints_lo90[:, k], found.endpoints_hi90[:, k])
        for k, key in enumerate(ENDPOINT_KEYS)
    }
    columns |= _means(columns)
    dose = np.array([d.elemental_mg_per_day for d in designs])
    for statistic in (*PERCENTILES, MEAN):
        absorbed = columns[f"absorbed_increment.{statistic}"]
        mean, low, high = absorbed
        columns[f"fraction_absorbed.{statistic}"] = (
            100 * mean / dose,
            100 * low / dose,
            100 * high / dose,
        )
    for name, time in BENCH_TIMES_H.items():
        columns[name] = (
            _at(found.curve, time),
            _at(found.curve_lo90, time),
            _at(found.curve_hi90, time),
        )
    exact = exact_columns(designs)
    columns |= {key: (column, column, column) for key, column in exact.items()}
    columns |= cost_columns(exact["cost_eur_per_day"], columns)
    return columns


def _means(columns: Columns) -> Columns:
    """Return means over people out of percentiles; errors of the three count as one."""
    weights = np.array(list(OF_THE_MEAN.values()))
    found: Columns = {}
    for name in LEARNT:
        parts = np.array([columns[f"{name}.{p}"] for p in OF_THE_MEAN])
        value, low, high = np.tensordot(weights, parts, axes=1)
        found[f"{name}.{MEAN}"] = (value, low, high)
    return found


def _at(curves: FloatArray, time_h: float) -> FloatArray:
    return np.array([100 * np.interp(time_h, CURVE_TIMES_H, curve) for curve in curves])
