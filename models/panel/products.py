"""The products of the panel's studies, as laws of the release models.

Where a study names no composition, an ordinary product of its kind stands for it; every number of
such a recipe is assumed and only shapes how fast the form falls apart.
"""

from attrs import evolve

from formulation.design import Design, on_grid
from formulation.provenance import assumed
from formulation.regimen import Regimen
from formulation.salts import get_salt
from models.release import Coat, ReleaseLaw, release_law

ONCE_WITH_MEAL = Regimen(units_per_intake=1, intakes_per_day=1, with_meals=True)
"""A design needs a regimen; the panel's own clock times stand above it."""

WITH_A_TABLET = {
    "povidone": assumed(4.0, "percent", "of the salt's mass, in an ordinary tablet"),
    "croscarmellose": assumed(5.0, "percent", "of the salt's mass, in an ordinary tablet"),
    "magnesium_stearate": assumed(1.0, "percent", "of the salt's mass, in an ordinary tablet"),
    "mcc": assumed(30.0, "percent", "of the salt's mass, in an ordinary tablet"),
}
WITH_A_CAPSULE = {
    "gelatin_shell": assumed(20.0, "percent", "of the salt's mass, in an ordinary capsule"),
    "croscarmellose": assumed(3.0, "percent", "of the salt's mass, in an ordinary capsule"),
    "magnesium_stearate": assumed(1.0, "percent", "of the salt's mass, in an ordinary capsule"),
    "mcc": assumed(15.0, "percent", "of the salt's mass, in an ordinary capsule"),
}
WITH_A_MATRIX = {
    "hpmc": assumed(50.0, "percent", "of the salt's mass, in an ordinary slow-release tablet"),
    "magnesium_stearate": assumed(1.0, "percent", "of the salt's mass, in an ordinary tablet"),
    "mcc": assumed(20.0, "percent", "of the salt's mass, in an ordinary slow-release tablet"),
}
FORCE = assumed(15.0, "kN", "an ordinary press")
FILM_H = assumed(0.5, "h", "half a pH above its threshold, an ordinary film")
FILM_FAILURE = assumed(0.02, "1", "share of films that never open")
WATER_PER_SOLUTION = assumed(40.0, "mg/mg", "a glass of water for some grams of salt")
ACID_PER_OXIDE = assumed(7.0, "mg/mg", "citric acid over oxide: enough to dissolve all of it")
BICARBONATE_PER_ACID = assumed(0.35, "mg/mg", "bicarbonate over citric acid, for the gas")
POWDER_IN_L = assumed(0.3, "L", "water a powder is stirred into")
QUICK_PER_H = assumed(4.0, "1/h", "a first phase of a quarter of an hour")


def solution(salt: str, mg: float) -> ReleaseLaw:
    """Return the law of a salt that is drunk dissolved.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium, [mg].

    Returns
    -------
    ReleaseLaw
        Everything dissolved, [-].
    """
    mass = _salt_mass(salt, mg)
    recipe = {"salt": mass, "water": on_grid(mass * float(WATER_PER_SOLUTION))}
    return release_law(_design("immediate_release", salt, recipe, {"form": "solution"}))


def powder(salt: str, mg: float, *, water_l: float = float(POWDER_IN_L)) -> ReleaseLaw:
    """Return the law of a salt that is stirred into water, or swallowed as dry powder.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium, [mg].
    water_l : float, optional
        Water it is stirred into; 0 for a dry powder, [L].

    Returns
    -------
    ReleaseLaw
        Dissolved up to saturation of the water, the rest as particles, [-].
    """
    law = solution(salt, mg)
    (solid,) = law.solids
    dissolved = min(solid.solubility_mmol_per_l * water_l / solid.dose_mmol, 1.0)
    return evolve(law, solids=(evolve(solid, predissolved=dissolved),), is_suspended=water_l > 0)


def tablet(salt: str, mg: float) -> ReleaseLaw:
    """Return the law of an ordinary tablet.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium of one, [mg].

    Returns
    -------
    ReleaseLaw
        Disintegration, [-].
    """
    process: dict[str, float | str] = {"form": "tablet", "compression_force_kn": float(FORCE)}
    recipe = _with(salt, mg, {name: float(x) for name, x in WITH_A_TABLET.items()})
    return release_law(_design("immediate_release", salt, recipe, process))


def capsule(salt: str, mg: float) -> ReleaseLaw:
    """Return the law of a hard capsule.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium of one, [mg].

    Returns
    -------
    ReleaseLaw
        Disintegration after the shell, [-].
    """
    recipe = _with(salt, mg, {name: float(x) for name, x in WITH_A_CAPSULE.items()})
    return release_law(_design("immediate_release", salt, recipe, {"form": "capsule"}))


def effervescent(salt: str, mg: float) -> ReleaseLaw:
    """Return the law of a tablet that is dissolved by citric acid before it is drunk.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium of one, [mg].

    Returns
    -------
    ReleaseLaw
        What the acid dissolves, the rest as particles, [-].
    """
    mass = _salt_mass(salt, mg)
    acid = on_grid(mass * float(ACID_PER_OXIDE))
    gas = on_grid(acid * float(BICARBONATE_PER_ACID))
    recipe = {"salt": mass, "citric_acid": acid, "sodium_bicarbonate": gas}
    process: dict[str, float | str] = {"form": "effervescent"}
    return release_law(_design("immediate_release", salt, recipe, process))


def enteric(salt: str, mg: float, *, threshold_ph: float) -> ReleaseLaw:
    """Return the law of a tablet under a film that opens above a pH.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium of one, [mg].
    threshold_ph : float
        pH above which the film dissolves, [-].

    Returns
    -------
    ReleaseLaw
        The tablet behind its coat, [-].
    """
    coat = Coat(threshold_ph=threshold_ph, film_h=float(FILM_H), failure=float(FILM_FAILURE))
    return evolve(tablet(salt, mg), coat=coat)


def late(salt: str, mg: float, *, lag_h: float) -> ReleaseLaw:
    """Return the law of a tablet whose coat bursts after a lag.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium of one, [mg].
    lag_h : float
        Lag, the same for every unit, [h].

    Returns
    -------
    ReleaseLaw
        The tablet behind its coat, [-].
    """
    return evolve(tablet(salt, mg), coat=Coat(lag_h=lag_h))


def slow(salt: str, mg: float) -> ReleaseLaw:
    """Return the law of a slow-release matrix tablet.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium of one, [mg].

    Returns
    -------
    ReleaseLaw
        A hypromellose matrix, [-].
    """
    process: dict[str, float | str] = {
        "form": "hpmc_matrix",
        "hpmc_grade": "K4M",
        "compression_force_kn": float(FORCE),
    }
    recipe = _with(salt, mg, {name: float(x) for name, x in WITH_A_MATRIX.items()})
    return release_law(_design("timed_release", salt, recipe, process))


def two_phase(salt: str, mg: float, *, delayed_share: float, delay_h: float) -> ReleaseLaw:
    """Return the law of a tablet that lets a part go at once and the rest over hours.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium of one, [mg].
    delayed_share : float
        Share of the second phase, [-].
    delay_h : float
        Mean time of the second phase, [h].

    Returns
    -------
    ReleaseLaw
        Two phases, [-].
    """
    law = tablet(salt, mg)
    return evolve(
        law,
        parameters={
            **law.parameters,
            "k_liberation_per_h": float(QUICK_PER_H),
            "plateau": 1 - delayed_share,
            "k_residue_per_h": 1 / delay_h,
        },
    )


def patch(
    salt: str, mg: float, *, area_cm2: float, mass_mg: float, needles: bool = False
) -> ReleaseLaw:
    """Return the law of a watery layer on skin, which stands for a cream too.

    Parameters
    ----------
    salt : str
        Salt key, [-].
    mg : float
        Elemental magnesium in it, [mg].
    area_cm2 : float
        Skin it covers, [cm^2].
    mass_mg : float
        Mass of the layer, [mg].
    needles : bool, optional
        Whether needles like those of the published experiment opened the skin, [-].

    Returns
    -------
    ReleaseLaw
        What passes the skin, [-].
    """
    from models.release.membrane import REFERENCE_NEEDLES

    mass = _salt_mass(salt, mg)
    recipe = {"salt": mass, "water": on_grid(mass_mg - mass)}
    process: dict[str, float | str] = {"form": "passive", "area_cm2": area_cm2}
    if needles:
        process["form"] = "microneedle"
        process |= {name: float(x) for name, x in REFERENCE_NEEDLES.items()}
    return release_law(_design("transdermal", salt, recipe, process))


def _salt_mass(salt: str, mg: float) -> float:
    return on_grid(100 * mg / get_salt(salt).mg_pct.value)


def _with(salt: str, mg: float, percent: dict[str, float]) -> dict[str, float]:
    """Return a recipe of the salt and excipients in percent of its mass, [mg]."""
    mass = _salt_mass(salt, mg)
    return {"salt": mass, **{name: on_grid(mass * x / 100) for name, x in percent.items()}}


def _design(
    system: str, salt: str, recipe: dict[str, float], process: dict[str, float | str]
) -> Design:
    return Design(
        system=system,
        salt=salt,
        salt_mg_pct=get_salt(salt).mg_pct.value,
        amounts_mg=recipe,
        process=process,
        regimen=ONCE_WITH_MEAL,
    )
