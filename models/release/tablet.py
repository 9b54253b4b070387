"""Immediate-release tablet: lag, first-order disintegration into particles, slow residue.

The rate and the plateau of an ordinary marketed tablet come from three products in 0.1 M HCl
(Ostrozka2015): the rate alone would release 81 to 88 % in 2 h, 45 to 70 % was measured. What the
plateau leaves behind is not lost: it is assumed to erode slowly, a tenth in an hour. How
composition and force move them is assumed; a laboratory's own curves replace that.
"""

from math import exp, log

from formulation.design import Design
from formulation.provenance import Basis, Quantity
from models.release._base import ReleaseLaw, dissolution_parameters

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


def _assumed(value: float, note: str, unit: str = "1") -> Quantity:
    return Quantity(
        value=value, unit=unit, basis=Basis.ASSUMED, source="ProductAssumption", note=note
    )


REFERENCE_TABLET = {
    "croscarmellose": _assumed(2.0, "an ordinary marketed tablet", "percent"),
    "magnesium_stearate": _assumed(1.0, "an ordinary marketed tablet", "percent"),
    "povidone": _assumed(3.0, "an ordinary marketed tablet", "percent"),
    "compression_force_kn": _assumed(20.0, "an ordinary marketed tablet", "kN"),
}
RATE_EXPONENTS = {
    "croscarmellose": _assumed(0.8, "more disintegrant, faster"),
    "magnesium_stearate": _assumed(-0.3, "more lubricant, slower wetting"),
    "povidone": _assumed(-0.2, "more binder, slower"),
    "compression_force_kn": _assumed(-0.5, "harder tablet, slower"),
}
PLATEAU_EXPONENTS = {
    "croscarmellose": _assumed(0.9, "on the odds of the plateau"),
    "magnesium_stearate": _assumed(-0.5, "on the odds of the plateau"),
    "povidone": _assumed(-0.2, "on the odds of the plateau"),
    "compression_force_kn": _assumed(-0.5, "on the odds of the plateau"),
}
RESIDUE_RATE = _assumed(0.1, "coarse fragments erode; nothing was measured beyond 2 h", "1/h")
REFERENCE_LAG = _assumed(0.1, "six minutes to fall apart", "h")


def tablet_law(design: Design) -> ReleaseLaw:
    """Return the law of an immediate-release tablet.

    Parameters
    ----------
    design : Design
        An immediate-release design, [-].

    Returns
    -------
    ReleaseLaw
        Disintegration with lag, plateau and slow residue, [-].
    """
    settings = {
        "croscarmellose": design.share_pct("croscarmellose"),
        "magnesium_stearate": design.share_pct("magnesium_stearate"),
        "povidone": design.share_pct("povidone"),
        "compression_force_kn": float(design.process["compression_force_kn"]),
    }
    ratios = {name: log(settings[name] / float(REFERENCE_TABLET[name])) for name in settings}
    speed = exp(sum(float(RATE_EXPONENTS[name]) * ratios[name] for name in ratios))
    plateau = float(REFERENCE_PLATEAU)
    odds = plateau / (1 - plateau)
    odds *= exp(sum(float(PLATEAU_EXPONENTS[name]) * ratios[name] for name in ratios))
    return ReleaseLaw(
        route="oral",
        mechanism="disintegration",
        parameters={
            **dissolution_parameters(design),
            "lag_h": float(REFERENCE_LAG) / speed,
            "k_liberation_per_h": float(REFERENCE_RATE) * speed,
            "k_residue_per_h": float(RESIDUE_RATE) * speed,
            "plateau": odds / (1 + odds),
        },
    )
