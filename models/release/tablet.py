"""Immediate release: a form falls apart into particles, or its magnesium is dissolved already.

Tablets and capsules have a lag, a first-order disintegration and a slow residue. The rate and the
plateau of an ordinary marketed tablet come from three products in 0.1 M HCl (Ostrozka2015): the
rate alone would release 81 to 88 % in 2 h, 45 to 70 % was measured. What the plateau leaves behind
is not lost: it is assumed to erode slowly, a tenth in an hour. How composition, force and a capsule
move them is assumed; a laboratory's own curves replace that. An effervescent tablet is drunk as
what its spare acid and a glass of water have dissolved, with the rest as particles.
"""

from math import exp, log

from formulation.delivery import FORM, Route
from formulation.delivery.immediate_release import (
    BINDERS,
    DISINTEGRANTS,
    GLASS,
    LUBRICANTS,
    spare_acid_meq,
)
from formulation.design import Design
from formulation.provenance import Basis, Quantity, assumed
from formulation.salts import get_salt
from formulation.units import MG_PER_MMOL
from models.release._base import ReleaseLaw, solids_of

REFERENCE_RATE = Quantity(
    value=0.93,
    unit="1/h",
    low=0.828,
    high=1.08,
    basis=Basis.ESTIMATED,
    source="Ostrozka2015",
    note="mean of three marketed tablets in 0.1 M HCl",
)
REFERENCE_PLATEAU = Quantity(
    value=0.70,
    unit="1",
    low=0.556,
    high=0.79,
    basis=Basis.ESTIMATED,
    source="Ostrozka2015",
    note="fraction at 120 min over what the rate alone predicts",
)


REFERENCE_TABLET = {
    "disintegrant": assumed(2.0, "percent", "an ordinary marketed tablet"),
    "lubricant": assumed(1.0, "percent", "an ordinary marketed tablet"),
    "binder": assumed(3.0, "percent", "an ordinary marketed tablet"),
    "compression_force_kn": assumed(20.0, "kN", "an ordinary marketed tablet"),
}
RATE_EXPONENTS = {
    "disintegrant": assumed(0.8, "1", "more disintegrant, faster"),
    "lubricant": assumed(-0.3, "1", "more lubricant, slower wetting"),
    "binder": assumed(-0.2, "1", "more binder, slower"),
    "compression_force_kn": assumed(-0.5, "1", "harder tablet, slower"),
}
PLATEAU_EXPONENTS = {
    "disintegrant": assumed(0.9, "1", "on the odds of the plateau"),
    "lubricant": assumed(-0.5, "1", "on the odds of the plateau"),
    "binder": assumed(-0.2, "1", "on the odds of the plateau"),
    "compression_force_kn": assumed(-0.5, "1", "on the odds of the plateau"),
}
STRENGTH = {
    "sodium_starch_glycolate": assumed(0.9, "1", "disintegrant, against croscarmellose"),
    "crospovidone": assumed(1.1, "1", "disintegrant, against croscarmellose"),
    "hydroxypropyl_cellulose": assumed(1.3, "1", "binder, against povidone"),
    "sodium_stearyl_fumarate": assumed(0.5, "1", "lubricant, wets better than the stearate"),
}
RESIDUE_RATE = assumed(0.1, "1/h", "coarse fragments erode; nothing was measured beyond 2 h")
REFERENCE_LAG = assumed(0.1, "h", "six minutes to fall apart")
FILM_COAT_LAG = assumed(0.02, "h", "a film coat wets in a minute more")
SHELL_LAG = {
    "gelatin_shell": assumed(0.08, "h", "a gelatin shell opens in five minutes"),
    "hpmc_shell": assumed(0.13, "h", "a hypromellose shell opens in eight minutes"),
}
PLUG_FORCE = assumed(5.0, "kN", "a capsule's plug is hardly compressed")
POUR_RATE = assumed(60.0, "1/h", "a solution is drunk in a minute")


def tablet_law(design: Design) -> ReleaseLaw:
    """Return the law of an immediate-release unit.

    Parameters
    ----------
    design : Design
        An immediate-release design, [-].

    Returns
    -------
    ReleaseLaw
        Disintegration with lag, plateau and slow residue, or a solution, [-].
    """
    form = design.process[FORM]
    if form == "solution":
        return _poured(design, [1.0] * len(design.parts))
    if form == "effervescent":
        return _poured(design, dissolved_in_glass(design))
    return _falling_apart(design)


def dissolved_in_glass(design: Design) -> list[float]:
    """Return what an effervescent tablet's glass dissolves of each salt.

    Water takes each salt to its saturation; the acid left over by the bicarbonate then dissolves
    the rest, the first salt first.

    Parameters
    ----------
    design : Design
        An effervescent design, [-].

    Returns
    -------
    list of float
        Share of each salt, [-].
    """
    acid, shares = spare_acid_meq(design), []
    for part in design.parts:
        salt, dose = get_salt(part.salt), part.elemental_mg / MG_PER_MMOL
        assert salt.solubility is not None
        assert salt.acid_demand is not None
        by_water = min(salt.solubility.value * float(GLASS), dose)
        demand = salt.acid_demand.value
        by_acid = min(acid / demand, dose - by_water) if demand else 0.0
        acid -= by_acid * demand
        shares.append((by_water + by_acid) / dose if dose else 1.0)
    return shares


def _poured(design: Design, shares: list[float]) -> ReleaseLaw:
    return ReleaseLaw(
        route=Route.ORAL,
        mechanism="dispersed",
        parameters={"k_pour_per_h": float(POUR_RATE)},
        solids=solids_of(design, shares),
        is_suspended=True,
    )


def _falling_apart(design: Design) -> ReleaseLaw:
    settings = {
        "disintegrant": _effective_pct(design, DISINTEGRANTS),
        "lubricant": _effective_pct(design, LUBRICANTS),
        # A capsule's powder has no binder: a quarter of the ordinary share stands for cohesion.
        "binder": _effective_pct(design, BINDERS) or float(REFERENCE_TABLET["binder"]) / 4,
        "compression_force_kn": float(design.process.get("compression_force_kn", PLUG_FORCE.value)),
    }
    ratios = {name: log(settings[name] / float(REFERENCE_TABLET[name])) for name in settings}
    speed = exp(sum(float(RATE_EXPONENTS[name]) * ratios[name] for name in ratios))
    plateau = float(REFERENCE_PLATEAU)
    odds = plateau / (1 - plateau)
    odds *= exp(sum(float(PLATEAU_EXPONENTS[name]) * ratios[name] for name in ratios))
    shell = sum(float(lag) for name, lag in SHELL_LAG.items() if name in design.amounts_mg)
    film = float(FILM_COAT_LAG) if "film_coat" in design.amounts_mg else 0.0
    return ReleaseLaw(
        route=Route.ORAL,
        mechanism="disintegration",
        parameters={
            "lag_h": float(REFERENCE_LAG) / speed + shell + film,
            "k_liberation_per_h": float(REFERENCE_RATE) * speed,
            "k_residue_per_h": float(RESIDUE_RATE) * speed,
            "plateau": odds / (1 + odds),
        },
        solids=solids_of(design),
    )


def _effective_pct(design: Design, names: tuple[str, ...]) -> float:
    """Return the share of a role, each excipient counted by its strength."""
    return sum(
        design.share_pct(name) * (float(STRENGTH[name]) if name in STRENGTH else 1.0)
        for name in names
    )
