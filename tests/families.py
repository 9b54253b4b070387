"""Products that differ in one thing, for the picture of release curves and the test of its order.

Every design can be made: the test of the order checks that none breaks a rule of its system.
"""

from collections.abc import Mapping

from attrs import frozen

from formulation.design import Design
from formulation.regimen import Regimen
from formulation.salts import make_lot

TWICE = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=False)


@frozen(kw_only=True)
class Family:
    """Designs of one system that differ in its main parameter, slow ones last."""

    title: str
    """What is changed."""

    hours: float
    """Length of the picture, [h]."""

    designs: Mapping[str, Design]
    """By label."""


def product(system, amounts, process, *, salt="chloride", balance=None, mass=0.0):
    """Return a design; the balance component fills the unit mass."""
    if balance:
        amounts = {**amounts, balance: round(mass - sum(amounts.values()), 1)}
    return Design(
        system=system,
        salt=salt,
        salt_mg_pct=make_lot(salt).mg_pct,
        amounts_mg=amounts,
        process=process,
        regimen=TWICE,
    )


def tablet(force_kn):
    amounts = {"salt": 620.0, "povidone": 30.0, "croscarmellose": 30.0, "magnesium_stearate": 10.0}
    process = {"form": "tablet", "compression_force_kn": force_kn}
    return product(
        "immediate_release", amounts, process, salt="citrate", balance="mcc", mass=1000.0
    )


def solution():
    amounts = {
        "salt": 836.0,
        "citric_acid": 30.0,
        "sorbitol": 500.0,
        "sucralose": 5.0,
        "potassium_sorbate": 15.0,
        "flavour": 10.0,
    }
    process = {"form": "solution"}
    return product("immediate_release", amounts, process, balance="water", mass=10_000.0)


def matrix(hpmc_pct, *, grade="K4M", coat=(), lag_h=None):
    amounts = {"salt": 450.0, "hpmc": 10 * hpmc_pct, "magnesium_stearate": 8.0}
    amounts |= {name: 30.0 if name == "sub_coat" else 70.0 for name in coat}
    process = {"form": "hpmc_matrix", "hpmc_grade": grade, "compression_force_kn": 15.0}
    if lag_h is not None:
        process["coat_lag_h"] = lag_h
    return product("timed_release", amounts, process, balance="mcc", mass=1000.0)


def liposome(lecithin_pct):
    amounts = {
        "salt": 400.0,
        "sunflower_lecithin": 100 * lecithin_pct,
        "cholesterol": 15 * lecithin_pct,
        "potassium_sorbate": 20.0,
    }
    process = {"form": "liposome", "size_nm": 150.0, "extrusion_passes": 5.0}
    return product("lipid_nanoparticle", amounts, process, balance="water", mass=10_000.0)


def gel(hec_pct):
    amounts = {"salt": 500.0, "hec": 60 * hec_pct, "potassium_sorbate": 6.0}
    process = {"form": "swallowed", "ph": 6.0}
    return product("mucoadhesive_gel", amounts, process, balance="water", mass=6000.0)


def patch(form, enhancer_mg=0.0):
    settings = {
        "passive": {"membrane_um": 20.0, "area_cm2": 30.0},
        "microneedle": {"needle_length_um": 500.0, "needles_per_cm2": 200.0, "area_cm2": 30.0},
    }[form]
    matrix_mg = {"hec": 20.0} if form == "passive" else {"hyaluronic_acid": 250.0}
    amounts = {"salt": 200.0, **matrix_mg, "glycerol": 20.0}
    amounts |= {"propylene_glycol": enhancer_mg} if enhancer_mg else {}
    process = {"form": form, **settings}
    return product("transdermal", amounts, process, balance="water", mass=1000.0)


FAMILIES = (
    Family(
        title="Immediate release: form and force",
        hours=4.0,
        designs={
            "solution": solution(),
            "tablet, 8 kN": tablet(8.0),
            "tablet, 15 kN": tablet(15.0),
            "tablet, 30 kN": tablet(30.0),
        },
    ),
    Family(
        title="Timed release: hypromellose K4M",
        hours=24.0,
        designs={f"{pct} %": matrix(float(pct)) for pct in (20, 30, 40, 50)},
    ),
    Family(
        title="Timed release: coats on 30 % K4M",
        hours=24.0,
        designs={
            "lag 1 h": matrix(30.0, coat=("pulsatile_coat",), lag_h=1.0),
            "lag 3 h": matrix(30.0, coat=("pulsatile_coat",), lag_h=3.0),
            "lag 6 h": matrix(30.0, coat=("pulsatile_coat",), lag_h=6.0),
        },
    ),
    Family(
        title="Liposomes: lecithin",
        hours=24.0,
        designs={f"{pct} %": liposome(pct) for pct in (3.0, 6.0, 9.0)},
    ),
    Family(
        title="Swallowed gel: hydroxyethylcellulose",
        hours=8.0,
        designs={f"{pct} %": gel(pct) for pct in (1.2, 2.0, 2.8)},
    ),
    Family(
        title="Patch of 30 cm2",
        hours=24.0,
        designs={
            "microneedles": patch("microneedle"),
            "passive, 15 % glycol": patch("passive", 150.0),
            "passive": patch("passive"),
        },
    ),
)
"""The panels of the picture, in order; within each, the quickest first."""
