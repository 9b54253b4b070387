"""The rows a surrogate learns from: which design, what came out, and where it comes from.

Simulated rows are a space-filling set of the study's own designs, run through the mechanistic
chain in the study's population. Measured release curves join them when a laboratory has some.
"""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.delivery import get_system
from formulation.design import Design
from formulation.errors import DataError
from formulation.patients import Population
from formulation.profiles import ReleaseProfile
from formulation.provenance import Origin
from formulation.space import SystemSpace
from formulation.unabsorbed import unabsorbed_mosm_per_day
from models.chain import CURVE_TIMES_H, PERCENTILES
from models.release import release_law
from models.release.bench import bench_curves, bench_medium
from models.surrogates.law_features import body_row

if TYPE_CHECKING:
    from models.surrogates.rows import SimulatedRows

LEARNT = (
    "absorbed_increment",
    "soluble_unabsorbed_load",
    "peak_gut_load",
    "serum_change",
    "serum",
    "urine_change",
    "red_cell_change",
    "muscle_change",
    "laxation_risk",
)
"""Population endpoints that are learnt; the others are arithmetic on these."""

ENDPOINT_KEYS = tuple(f"{name}.{statistic}" for name in LEARNT for statistic in PERCENTILES)
"""Columns of the learnt endpoints."""

LAW_TIMES_H = np.array([1.0, 4.0, 12.0])
"""Times at which the law's liberated fraction is a feature, [h]."""


@frozen(kw_only=True, eq=False)
class MeasuredCurve:
    """One release curve from a laboratory."""

    design: Design
    """What was made."""

    profile: ReleaseProfile
    """What was measured; its origin is ``measured``."""

    source: str
    """Data set and version."""

    name: str = ""
    """What the laboratory calls the formulation; empty when it is not known."""

    def __attrs_post_init__(self) -> None:
        if self.profile.origin is not Origin.MEASURED:
            raise DataError(
                f"Curve of {self.source!r} says {self.profile.origin.value};"
                " only a laboratory's curve is measured."
            )
        if not (self.profile.times_h > 0).any():
            raise DataError(
                f"Curve of {self.source!r} has no reading after the start.",
                hint="Give at least one later time, or leave it out.",
            )


@frozen(kw_only=True, eq=False)
class TrainingTable:
    """Rows of one delivery system for one named population."""

    system: str
    """Delivery system."""

    population: Population
    """Population the endpoints belong to."""

    feature_names: tuple[str, ...]
    """Columns of the features."""

    features: FloatArray
    """Of shape (n_rows, n_features), units in the names."""

    curves: FloatArray
    """Fraction released at `CURVE_TIMES_H`, of shape (n_rows, n_times), [-]."""

    endpoints: FloatArray
    """Learnt endpoints of the simulated rows, of shape (n_simulated, n_keys)."""

    n_simulated: int
    """Rows that were simulated; they come first, [-]."""

    groups: tuple[str, ...]
    """Design key of each row; a formulation never stands on both sides of a split."""

    sources: tuple[str, ...] = field(factory=tuple)
    """Data sets of the measured rows."""

    measured_names: Mapping[str, str] = field(factory=dict)
    """What people call each measured formulation, by the key of its design."""

    gaps: FloatArray = field(factory=lambda: np.zeros((0, len(CURVE_TIMES_H))))
    """Measured less what the release law gives, of shape (n_measured, n_times), [-]; NaN before
    the first reading and after the last."""

    @property
    def above_law(self) -> float:
        """Mean of measured curves less what the release law gives, [-]; 0 without any."""
        return float(np.nanmean(self.gaps)) if len(self.gaps) else 0.0

    @property
    def n_measured(self) -> int:
        """Rows a laboratory measured, [-]."""
        return len(self.features) - self.n_simulated

    @property
    def n_measured_groups(self) -> int:
        """Formulations a laboratory measured, [-]."""
        return len(set(self.groups[self.n_simulated :]))


def feature_row(design: Design) -> dict[str, float]:
    """Return what a surrogate sees of a design.

    Parameters
    ----------
    design : Design
        A design, [-].

    Returns
    -------
    dict of str to float
        The system's features, osmoles that stay in the bowel beside magnesium, the law's liberated
        fractions, and what the body sees, [-].
    """
    law = release_law(design)
    row = dict(get_system(design.system).features(design))
    row["unabsorbed_mosm_per_day"] = unabsorbed_mosm_per_day(design)
    for time, fraction in zip(LAW_TIMES_H, law.liberated(LAW_TIMES_H), strict=True):
        row[f"law_liberated_{time:g}h"] = float(fraction)
    return row | body_row(design, law)


def space_filling(space: SystemSpace, n: int, seed: int) -> list[Design]:
    """Return designs spread evenly over one system's space.

    Parameters
    ----------
    space : SystemSpace
        The space, [-].
    n : int
        How many, [-].
    seed : int
        Seed of the scrambled Sobol sequence, [-].

    Returns
    -------
    list of Design
        Valid designs, no two alike, [-].
    """
    from scipy.stats import qmc

    columns: dict[str, int] = {}

    def answer(row: FloatArray, name: str, choices: tuple[str, ...] | None) -> str | float:
        """Give each question a column of its own; those of different forms share columns."""
        stem = name.removeprefix(f"{space.name}.").split(".", 1)[-1]
        place = columns.setdefault(stem, len(columns))
        u = float(row[place])
        return u if choices is None else choices[min(int(u * len(choices)), len(choices) - 1)]

    sobol = qmc.Sobol(n_questions(space), scramble=True, rng=seed)
    found: dict[str, Design] = {}
    for row in sobol.random_base2(int(np.ceil(np.log2(2 * n)))):
        design = space.draw(partial(answer, row))
        found.setdefault(design.key, design)
        if len(found) == n:
            break
    return list(found.values())


def n_questions(space: SystemSpace) -> int:
    """Return the most questions that `space_filling` tells apart.

    Parameters
    ----------
    space : SystemSpace
        One system's space, [-].

    Returns
    -------
    int
        Number of columns its sequence needs, [-].
    """
    names = {"salt", "form", "regimen", "share", "unit_mass"}
    for form in space.system.forms:
        parts = (form.components, form.process, form.dimensions, form.selections)
        names |= {f"{type(x).__name__}.{x.name}" for part in parts for x in part}
    return len(names)


def build_table(
    space: SystemSpace,
    population: Population,
    *,
    n_designs: int,
    seed: int,
    measured: Sequence[MeasuredCurve] = (),
) -> TrainingTable:
    """Simulate a space-filling set of designs and add what was measured.

    Parameters
    ----------
    space : SystemSpace
        One system's space, [-].
    population : Population
        Who takes the products, [-].
    n_designs : int
        Simulated designs, [-].
    seed : int
        Seed of the design set, [-].
    measured : sequence of MeasuredCurve, optional
        A laboratory's curves of this system, [-].

    Returns
    -------
    TrainingTable
        Simulated rows first, [-].

    Raises
    ------
    DataError
        A measured curve is of another system, or from a medium that the simulated ones are not in.
    """
    from models.surrogates.rows import simulate_rows

    _check_measured(space.name, measured)
    rows = simulate_rows(space, population, n_designs=n_designs, seed=seed)
    return with_measured(rows, population, measured)


def with_measured(
    rows: "SimulatedRows", population: Population, measured: Sequence[MeasuredCurve]
) -> TrainingTable:
    """Add what was measured to rows that were simulated before.

    Parameters
    ----------
    rows : SimulatedRows
        Simulated rows of one system, [-].
    population : Population
        Who they were simulated in, [-].
    measured : sequence of MeasuredCurve
        A laboratory's curves of this system, [-].

    Returns
    -------
    TrainingTable
        Simulated rows first, [-].

    Raises
    ------
    DataError
        A measured curve is of another system, or from a medium that the simulated ones are not in.
    """
    _check_measured(rows.system, measured)
    found = [_on_curve_times(m.profile) for m in measured]
    by_law = bench_curves([release_law(m.design) for m in measured], CURVE_TIMES_H)
    gaps = [
        np.where(_was_read(m.profile), curve - law.fraction, np.nan)
        for m, curve, law in zip(measured, found, by_law, strict=True)
    ]
    features = [[feature_row(m.design)[name] for name in rows.feature_names] for m in measured]
    return TrainingTable(
        system=rows.system,
        population=population,
        feature_names=rows.feature_names,
        features=np.vstack([rows.features, *features]),
        curves=np.vstack([rows.curves, *found]),
        endpoints=rows.endpoints,
        n_simulated=len(rows.features),
        groups=(*rows.groups, *(m.design.key for m in measured)),
        sources=tuple(sorted({m.source for m in measured})),
        measured_names={m.design.key: f"{m.name or 'one'} of {m.source}" for m in measured},
        gaps=np.array(gaps).reshape(len(gaps), len(CURVE_TIMES_H)),
    )


def _check_measured(system: str, measured: Sequence[MeasuredCurve]) -> None:
    for curve in measured:
        if curve.design.system != system:
            raise DataError(
                f"Curve of {curve.source!r} is of {curve.design.system}, asked for {system}.",
                hint="Give each system its own curves.",
            )
        medium, wanted = curve.profile.medium, bench_medium(release_law(curve.design))
        if (medium.volume_l, medium.acid_meq) != (wanted.volume_l, wanted.acid_meq):
            raise DataError(
                f"Curve of {curve.source!r} was measured in {medium.name!r}; curves of such a form"
                f" are learnt in {wanted.name!r}.",
                hint="Measure it in that medium, or leave it out.",
            )


def _on_curve_times(profile: ReleaseProfile) -> FloatArray:
    """Return a measured curve at the common times; nothing is released at the start."""
    times, fraction = profile.times_h, profile.fraction
    if times[0] > 0:
        times, fraction = np.insert(times, 0, 0.0), np.insert(fraction, 0, 0.0)
    curve: FloatArray = np.interp(CURVE_TIMES_H, times, fraction)
    return curve


def _was_read(profile: ReleaseProfile) -> NDArray[np.bool_]:
    """Return at which common times a curve says something: within its readings.

    One that ends before the first common time is held at its end there.
    """
    first, last = profile.times_h[profile.times_h > 0][[0, -1]]
    within: NDArray[np.bool_] = (first <= CURVE_TIMES_H) & (last >= CURVE_TIMES_H)
    if not within.any():
        within[np.searchsorted(CURVE_TIMES_H, last).clip(max=len(CURVE_TIMES_H) - 1)] = True
    return within


@cache
def code_fingerprint() -> str:
    """Return a hash of everything that decides a simulated row: domain and models, code and data.

    Returns
    -------
    str
        SHA-256, [-].
    """
    digest = sha256()

    def walk(folder: Traversable) -> None:
        for entry in sorted(folder.iterdir(), key=lambda e: e.name):
            if entry.is_dir() and entry.name != "__pycache__":
                walk(entry)
            elif entry.name.endswith((".py", ".csv")):
                digest.update(entry.name.encode() + b"\0" + entry.read_bytes())

    for package in ("formulation", "models"):
        walk(files(package))
    return digest.hexdigest()
