"""How endpoints are measured in people, and how much a repeat in the same person scatters.

The noise holds body and assay together, of one measurement. Only urine has a figure from a trial;
the others are recalled or judged, and say so. Not modelled: the mean of several measurements, and
noise that grows with the level.
"""

from collections.abc import Mapping

from attrs import field, frozen

from formulation.errors import InputError, UnknownNameError
from formulation.provenance import Basis, Quantity, assumed
from formulation.units import MG_PER_MMOL


def _positive(instance: object, attribute: object, value: Quantity) -> None:
    if not value.value > 0:
        raise InputError(
            f"Noise of {value.value:g} {value.unit} is impossible; no measurement is free of it."
        )


@frozen(kw_only=True)
class Measurement:
    """How an endpoint is measured in one person on one occasion.

    Raises
    ------
    InputError
        The noise is not above zero.
    """

    title: str
    """Name for people."""

    noise: Quantity = field(validator=_positive)
    """Standard deviation of a repeat in the same person: body and assay together."""

    can_cross_over: bool = True
    """Whether one person can take both products one after the other within a trial."""

    is_change: bool = False
    """Whether a parallel trial measures it twice, before and with the product."""

    @property
    def unit(self) -> str:
        """Unit of the endpoint and of the noise."""
        return self.noise.unit


_URINE_NOISE_MMOL, _FREE_LIVING_MMOL = 0.533, 1.6
_URINE_NOTE = (
    "from the interval of the crossover difference in 20 men with filled stores; free-living days"
    " scatter more, up to about a third of the urine magnesium (recalled)"
)


def _urine_noise(unit: str, per_mmol: float) -> Quantity:
    return Quantity(
        value=_URINE_NOISE_MMOL * per_mmol,
        unit=unit,
        low=_URINE_NOISE_MMOL * per_mmol,
        high=_FREE_LIVING_MMOL * per_mmol,
        basis=Basis.ESTIMATED,
        source="Kappeler2017",
        where="trials table, 24 h urine",
        note=_URINE_NOTE,
    )


_SERUM_NOISE = assumed(
    *(0.034, "mmol/L", "about 4 % of 0.85 within a person, assay included; recalled"),
    *(0.02, 0.05),
)

MEASUREMENTS: Mapping[str, Measurement] = {
    "urine_change": Measurement(
        title="24 h urine Mg, change", noise=_urine_noise("mmol/d", 1.0), is_change=True
    ),
    "absorbed_increment": Measurement(
        title="Absorbed Mg by 24 h urine",
        noise=_urine_noise("mg/d", MG_PER_MMOL),
        is_change=True,
    ),
    "serum": Measurement(title="Serum Mg", noise=_SERUM_NOISE),
    "serum_change": Measurement(title="Serum Mg, change", noise=_SERUM_NOISE, is_change=True),
    "fraction_absorbed": Measurement(
        title="Fraction absorbed by isotope",
        noise=assumed(
            *(5.0, "percent", "no repeat in one person was found; 6.9 points between and within"),
            *(3.0, 6.9),
        ),
    ),
    "red_cell": Measurement(
        title="Red-cell Mg",
        noise=assumed(
            *(0.13, "mmol/L", "about 6 % of 2.1 within a person, assay included; by judgement"),
            *(0.06, 0.25),
        ),
        can_cross_over=False,
    ),
}
"""How endpoints of the chain are measured; red cells keep the first product for months."""


def get_measurement(endpoint: str) -> Measurement:
    """Return how an endpoint is measured.

    Parameters
    ----------
    endpoint : str
        Name of the endpoint, such as ``serum``, [-].

    Returns
    -------
    Measurement
        Its noise and whether people can cross over, [-].

    Raises
    ------
    UnknownNameError
        No measurement of it is known.
    """
    try:
        return MEASUREMENTS[endpoint]
    except KeyError:
        raise UnknownNameError("Measured endpoint", endpoint, MEASUREMENTS) from None
