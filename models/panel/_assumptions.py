"""What the panel's studies leave open and several rows share."""

from formulation.provenance import Basis, Quantity, assumed

ISOTOPE_NOISE = assumed(
    0.05,
    "1",
    "fraction of label: between and within people are not told apart in print",
    0.03,
    0.07,
)
URINE_NOISE = assumed(
    1.0, "mmol/d", "day-to-day scatter and lost urine, about a quarter of a day's", 0.5, 1.6
)
URINE_4H_NOISE = assumed(0.15, "mmol", "a few hours' urine, collected under watch", 0.05, 0.3)
SERUM_NOISE = assumed(0.034, "mmol/L", "about 4 % of 0.85 within a person; recalled", 0.02, 0.05)


def people_of(n: int, source: str) -> Quantity:
    """Return how many people a study had, as printed.

    Parameters
    ----------
    n : int
        People, [-].
    source : str
        Key of the study, [-].

    Returns
    -------
    Quantity
        Measured, [-].
    """
    return Quantity(value=float(n), unit="1", basis=Basis.MEASURED, source=source)


def people_assumed(n: int, note: str) -> Quantity:
    """Return how many people a study is assumed to have had.

    Parameters
    ----------
    n : int
        People, [-].
    note : str
        Why, [-].

    Returns
    -------
    Quantity
        Assumed, [-].
    """
    return assumed(float(n), "1", note)
