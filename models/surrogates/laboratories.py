"""Simulated laboratories whose tablets obey another structure than the release laws.

They show what a discrepancy from the laws can learn, and how well its intervals hold. Each has one
effect that the laws lack or place elsewhere, and a matrix of its own: release follows a power of
time of its own exponent instead of the law's. Every number is assumed, as an invention and not as a
fact about any tablet. What comes out is simulated, never measured, although a surrogate learns it
as if it were.
"""

from collections.abc import Mapping, Sequence
from math import exp

import numpy as np
from attrs import evolve, frozen

from formulation.arrays import FloatArray
from formulation.delivery.timed_release import SALTING_OUT, polymer_of
from formulation.design import Design
from formulation.errors import UnknownNameError
from formulation.profiles import MAX_FRACTION, ReleaseProfile
from formulation.provenance import Origin, assumed
from formulation.units import MG_PER_MMOL
from models.release import ReleaseLaw, release_law
from models.release.bench import bench_curves
from models.surrogates.gaps import BATCH_SD, READING_SD

SALT_DENSITY = assumed(1.8, "g/mL", "of the salt in the matrix; between citrate and oxide")
REST_DENSITY = assumed(1.35, "g/mL", "of polymers and fillers together")
THRESHOLD = assumed(0.35, "1", "share of volume at which grains of salt touch through a tablet")
THRESHOLD_WIDTH = assumed(0.02, "1", "width of that threshold")
PERCOLATED_GAIN = assumed(3.0, "1", "rate beyond the threshold over that below")
SLOW_EXPONENT = assumed(0.6, "1", "power of time of these matrices; the law has 0.45")
SLOW_RATE = assumed(0.14, "1/h^0.6", "rate of a matrix of 35 % polymer below the threshold")
TRAPPED = assumed(0.25, "1", "share that stays behind in an ethylcellulose matrix below it")
ANION_LIMIT = assumed(3.0, "mmol/g", "citrate or sulfate per polymer that keeps it from swelling")
ANION_WIDTH = assumed(0.4, "mmol/g", "width of that limit")
BURST_RATE = assumed(2.5, "1/h", "rate at which a matrix that does not swell falls apart")
BURST_SHARE = assumed(0.8, "1", "share of the dose that leaves with it")
DEFECTS = assumed(0.25, "1", "share of units without coat at 10 mg of coat per 100 mg of core")
DEFECT_LEVEL = assumed(10.0, "percent", "coat over core at which that is so; more coat, fewer")
DEFECT_PACE = assumed(0.8, "1", "pace of the cores, relative to the law")
CORE_EXPONENT = assumed(0.55, "1", "power of time of cores in the other two laboratories")
REFERENCE_POLYMER = assumed(35.0, "percent", "polymer level at which the rate holds")
COATS = ("enteric_l100_55", "enteric_l100", "enteric_s100", "pulsatile_coat")

Mixture = Sequence[tuple[float, ReleaseLaw]]
"""Shares of the units, and the law of each."""


@frozen(kw_only=True)
class Laboratory:
    """A simulated laboratory."""

    name: str
    """Key."""

    title: str
    """For pictures."""

    structure: str
    """What differs from the laws, in words."""


def measure(
    laboratory: str, designs: Sequence[Design], times_h: FloatArray, seed: int
) -> list[ReleaseProfile]:
    """Return what a simulated laboratory reads of timed-release designs, with its noise.

    Parameters
    ----------
    laboratory : str
        One of `LABORATORIES`, [-].
    designs : sequence of Design
        Timed-release designs, [-].
    times_h : ndarray of shape (n_times,)
        Times of its readings, [h].
    seed : int
        Seed of batches and readings, [-].

    Returns
    -------
    list of ReleaseProfile
        Simulated profiles, [-].

    Raises
    ------
    UnknownNameError
        There is no such laboratory.
    """
    if laboratory not in LABORATORIES:
        raise UnknownNameError("Simulated laboratory", laboratory, LABORATORIES)
    mixtures = [_TRUTHS[laboratory](design) for design in designs]
    laws = [law for mixture in mixtures for _, law in mixture]
    profiles = iter(bench_curves(laws, times_h))
    rng = np.random.default_rng(seed)
    found = []
    for mixture in mixtures:
        parts = [(share, next(profiles)) for share, _ in mixture]
        truth = np.sum([share * profile.fraction for share, profile in parts], axis=0)
        found.append(
            ReleaseProfile(
                times_h=times_h,
                fraction=_read(truth, rng),
                medium=parts[0][1].medium,
                origin=Origin.SIMULATED,
            )
        )
    return found


def _read(truth: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return a curve as read: the batch moves all of it, most where it is steep, then noise."""
    batch = BATCH_SD * rng.normal() * np.sqrt(4 * np.clip(truth * (1 - truth), 0.0, 0.25))
    noise = READING_SD * rng.normal(size=truth.shape) * np.minimum(1.0, truth / READING_SD)
    return np.maximum.accumulate(np.clip(truth + batch + noise, 0.0, MAX_FRACTION))


def _percolation(design: Design) -> Mixture:
    law = release_law(design)
    polymer = polymer_of(design)
    salt = design.share_pct("salt") / float(SALT_DENSITY)
    volume = salt / (salt + (100 - design.share_pct("salt")) / float(REST_DENSITY))
    touching = _step(volume - float(THRESHOLD), float(THRESHOLD_WIDTH))
    level = (float(REFERENCE_POLYMER) / design.share_pct(polymer)) ** 0.5
    rate = float(SLOW_RATE) * level * (1 + (float(PERCOLATED_GAIN) - 1) * touching)
    trapped = float(TRAPPED) * (1 - touching) if polymer == "ethylcellulose" else 0.0
    changed = {
        "exponent": float(SLOW_EXPONENT),
        "k_diffusion": rate,
        "k_relaxation": 0.0,
        "plateau": law.parameters["plateau"] * (1 - trapped),
    }
    return [(1.0, evolve(law, parameters={**law.parameters, **changed}))]


def _salting_out(design: Design) -> Mixture:
    core = _core(design)
    if polymer_of(design) != "hpmc":
        return [(1.0, core)]
    anions = sum(p.elemental_mg for p in design.parts if p.salt in SALTING_OUT) / MG_PER_MMOL
    per_gram = 1000 * anions / design.amounts_mg["hpmc"]
    dry = _step(per_gram - float(ANION_LIMIT), float(ANION_WIDTH)) * float(BURST_SHARE)
    falls_apart = {
        "lag_h": 0.0,
        "k_liberation_per_h": float(BURST_RATE),
        "k_residue_per_h": 0.0,
        "plateau": 1.0,
    }
    burst = evolve(core, mechanism="disintegration", parameters=falls_apart)
    return [(dry, burst), (1 - dry, core)]


def _coat_defects(design: Design) -> Mixture:
    core = _core(design, float(DEFECT_PACE))
    coat = sum(design.amounts_mg.get(name, 0.0) for name in COATS)
    if not coat:
        return [(1.0, core)]
    level = 100 * coat / (design.unit_mass_mg - coat)
    bare = float(DEFECTS) ** (level / float(DEFECT_LEVEL))
    return [(1 - bare, core), (bare, evolve(core, coat=None))]


def _core(design: Design, pace: float = 1.0) -> ReleaseLaw:
    """Return the law with another power of time, the same at about 4 h."""
    law = release_law(design)
    p = law.parameters
    old, new = p["exponent"], float(CORE_EXPONENT)
    changed = {
        "exponent": new,
        "k_diffusion": p["k_diffusion"] * 4 ** (old - new) * pace**new,
        "k_relaxation": p["k_relaxation"] * 4 ** (2 * (old - new)) * pace ** (2 * new),
    }
    return evolve(law, parameters={**p, **changed})


def _step(distance: float, width: float) -> float:
    return 1 / (1 + exp(-distance / width))


_TRUTHS = {
    "percolation": _percolation,
    "salting_out": _salting_out,
    "coat_defects": _coat_defects,
}

LABORATORIES: Mapping[str, Laboratory] = {
    "percolation": Laboratory(
        name="percolation",
        title="Percolation",
        structure="Release depends on whether grains of salt touch, at 35 % of the volume, and"
        " hardly on polymer or grade; below it ethylcellulose keeps a quarter for good.",
    ),
    "salting_out": Laboratory(
        name="salting_out",
        title="Salting out",
        structure="Above 3 mmol of citrate or sulfate per gram of hypromellose the matrix does not"
        " swell, and most of the dose leaves in the first hour.",
    ),
    "coat_defects": Laboratory(
        name="coat_defects",
        title="Coat defects",
        structure="Some units have no coat, fewer the thicker it is, and the cores are slower.",
    ),
}
"""Simulated laboratories by key."""
