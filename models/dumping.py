"""Dose dumping: how likely a timed-release unit lets go of more than half its dose in half an hour.

Five situations of use are gone through: water in the fasted stomach, a meal, two strengths of
alcohol, and a unit that was cracked or chewed. In each the rates of the release law are multiplied
by an assumed factor and a share of the coats is assumed to be open: after a meal because of its pH,
that of `models.gastric_ph`, round which bites and units differ. The law itself is uncertain by a
lognormal factor. The probability then is in closed form, because the law's fraction at half an hour
is proportional to that factor. Liberated counts as released: a salt that dissolves slowly
would release less. No factor was measured on magnesium.

Hydroalcohol tests of the product itself replace this.
"""

from collections.abc import Mapping
from math import erfc, log, sqrt

from attrs import field, frozen

from formulation.delivery.timed_release import PULSATILE, enteric_film, polymer_of
from formulation.design import Design
from formulation.provenance import Quantity, assumed
from models.gastric_ph import MEAL_PH
from models.release._base import LAG_SHIFTS, Coat, ReleaseLaw
from models.release.matrix import matrix_law

TIMED = "timed_release"
"""The system that should hold its dose back."""

DUMPED_H = 0.5
"""Time within which half the dose must not be out, [h]."""

DUMPED_SHARE = 0.5
"""Share of the dose that must not be out by then, [-]."""

LAW_SIGMA: Mapping[str, Quantity] = {
    "hpmc": assumed(0.5, "1", "of the logarithm of the rates; one reference matrix was measured"),
    "ethylcellulose": assumed(0.7, "1", "of the logarithm of the rates; nothing was measured"),
}
"""Uncertainty of the law's rates by matrix polymer, [-]."""

COAT_DEFECT = assumed(0.01, "1", "share of coats with a pinhole or crack from making")


@frozen(kw_only=True)
class Situation:
    """A way in which a unit may be taken."""

    name: str
    """Name in results."""

    title: str
    """Name for people."""

    faster: Mapping[str, Quantity] = field(factory=dict)
    """Factor on the rates of the matrix by polymer, [-]; 1 where none is named."""

    coats_open: Mapping[str, Quantity] = field(factory=dict)
    """Share of coats that do not hold by coat, [-]; `COAT_DEFECT` where none is named."""


def _both(value: float, note: str) -> dict[str, Quantity]:
    return dict.fromkeys(("hpmc", "ethylcellulose"), assumed(value, "1", note))


def _films(
    l100_55: float, l100: float, s100: float, pulsatile: float, note: str
) -> dict[str, Quantity]:
    shares = {"enteric_l100_55": l100_55, "enteric_l100": l100, "enteric_s100": s100}
    return {name: assumed(x, "1", note) for name, x in {**shares, PULSATILE: pulsatile}.items()}


SITUATIONS: tuple[Situation, ...] = (
    Situation(name="fasted", title="water, fasted stomach"),
    Situation(
        name="fed",
        title="after a meal",
        faster=_both(1.3, "longer churning in a fed stomach wears a matrix"),
        coats_open=_films(0.2, 0.08, 0.01, 0.01, MEAL_PH.note),
    ),
    Situation(
        name="ethanol_20",
        title="with alcohol, 20 %",
        faster={
            "hpmc": assumed(1.2, "1", "the gel forms more slowly"),
            "ethylcellulose": assumed(1.5, "1", "alcohol softens the polymer"),
        },
        coats_open=_films(0.1, 0.1, 0.1, 0.1, "films soften in 20 % alcohol"),
    ),
    Situation(
        name="ethanol_40",
        title="with alcohol, 40 %",
        faster={
            "hpmc": assumed(1.6, "1", "the gel forms late and weak"),
            "ethylcellulose": assumed(4.0, "1", "alcohol begins to dissolve the polymer"),
        },
        coats_open=_films(0.9, 0.9, 0.9, 0.7, "methacrylic films dissolve in 40 % alcohol"),
    ),
    Situation(
        name="damaged",
        title="cracked or chewed",
        faster=_both(2.0, "about twice the surface"),
        coats_open=_films(1.0, 1.0, 1.0, 1.0, "the coat is broken"),
    ),
)
"""What is gone through; each counts alike in the mean (assumed)."""


def dose_dumping_risk(design: Design) -> float:
    """Return the risk of dose dumping, the mean over the situations.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    float
        0 for a form that is meant to let go at once, where the question does not apply, [%].
    """
    found = dumping_by_situation(design)
    return sum(found.values()) / len(found) if found else 0.0


def dumping_by_situation(design: Design) -> dict[str, float]:
    """Return the probability that half the dose is out within half an hour, by situation.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    dict of str to float
        By name of the situation; empty where dumping does not apply, [%].
    """
    if design.system != TIMED:
        return {}
    law, polymer = matrix_law(design), polymer_of(design)
    return {s.name: 100 * _probability(design, law, polymer, s) for s in SITUATIONS}


def _probability(design: Design, law: ReleaseLaw, polymer: str, situation: Situation) -> float:
    faster = float(situation.faster.get(polymer, 1.0))
    sigma = float(LAW_SIGMA[polymer])
    bare = _core_dumps(law, faster, sigma, DUMPED_H)
    if law.coat is None:
        return bare
    coat = PULSATILE if PULSATILE in design.amounts_mg else enteric_film(design)
    is_open = float(situation.coats_open.get(coat, COAT_DEFECT))
    return is_open * bare + (1 - is_open) * _closed_dumps(law, law.coat, faster, sigma)


def _closed_dumps(law: ReleaseLaw, coat: Coat, faster: float, sigma: float) -> float:
    """Return the probability behind a coat that works; a film holds for the half hour."""
    if coat.threshold_ph:
        return 0.0
    left = [DUMPED_H - coat.lag_h * (1 + shift * coat.lag_cv) for shift in LAG_SHIFTS]
    dumps = sum(_core_dumps(law, faster, sigma, time) for time in left) / len(left)
    return dumps * (1 - coat.failure)


def _core_dumps(law: ReleaseLaw, faster: float, sigma: float, time_h: float) -> float:
    """Return the probability that a bare core has let go of half its dose by a time."""
    p = law.parameters
    if time_h <= 0 or p["plateau"] <= DUMPED_SHARE:
        return 0.0
    root = time_h ** p["exponent"]
    expected = faster * (p["k_diffusion"] * root + p["k_relaxation"] * root**2)
    distance = log(DUMPED_SHARE / p["plateau"] / expected) / sigma
    return 0.5 * erfc(distance / sqrt(2))
