"""What the gut makes of magnesium that it does not take up: loose stools and irritation.

Laxation follows the soluble load that is left in the bowel, of a day and of one dose, on a
logistic curve over the logarithm of the load. The curve is set by hand to the sparse figures on
supplements (SCF2001): one to three in a hundred at 250 mg a day, some more at 360, common at 1000.
Two observations lie below it: 500 mg at once without complaints (Greupner2020), and four weeks of
24 mmol a day as oxide, of which only the dissolved part counts. So it errs on the high side.

Irritation of the upper gut or of a mucosa is another thing: the salt and the concentration where
it lies decide. No figure behind it was measured. Not modelled: habituation, transit, pain, and
what a patch does to skin.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import field, frozen, validators

from formulation.arrays import FloatArray
from formulation.delivery import Route
from formulation.errors import InputError
from formulation.provenance import Quantity, assumed
from formulation.salts import get_salt

LAXATION_MIDPOINT_RANGE = (28.0, 60.0)
"""Where the midpoint of the laxation curve may lie, [mmol/d]."""

LAXATION_MIDPOINT = assumed(
    *(43.0, "mmol/d"),
    "load with loose stools in half the people; set to the shares at 250, 360 and 1000 mg a day",
    *LAXATION_MIDPOINT_RANGE,
)

LAXATION_STEEPNESS = assumed(
    *(2.5, "1"), "slope over the logarithm of the load; set to the same shares", *(2.0, 3.5)
)

PER_DOSE_WEIGHT = assumed(
    *(1.0, "1"), "how much one dose counts beside the day; nobody measured both", *(0.0, 2.0)
)

USUAL_DOSES_PER_DAY = assumed(
    2.0, "1/d", "the shares are read as those of two equal doses, as SCF2001 asks for"
)

OSMOLES_PER_MMOL = assumed(
    *(2.0, "mOsm/mmol"), "particles that one unabsorbed magnesium keeps in the bowel", *(2.0, 3.0)
)

MOST_MMOL_PER_DAY = 1000.0
"""A load above this is no supplement, [mmol/d]."""

ROUNDING_MMOL = 1e-6
"""A load below zero by less than this is zero, [mmol]."""

LAXATION_WORDS = ((0.01, "rare"), (0.05, "occasional"), (0.20, "frequent"), (1.0, "common"))
"""Word for a probability up to each bound, [-]."""

NOT_PREDICTED = "not predicted"
"""Class of irritation where there is no model."""

IRRITATION_CLASSES = ("little", "some", "marked")
"""Classes of irritation in rising order."""

IRRITATION_BOUNDS: tuple[Quantity, ...] = (
    assumed(50.0, "mmol/L", "about half the strength of an isotonic magnesium salt", 30.0, 80.0),
    assumed(150.0, "mmol/L", "clearly above an isotonic magnesium salt", 100.0, 250.0),
)
"""Weighted concentration from which the next class begins, [mmol/L]."""

IRRITANCY: Mapping[str, Quantity] = {
    "inorganic_neutral": assumed(2.0, "1", "chloride and sulfate are known as irritant", 1.0, 4.0),
    "inorganic_alkaline": assumed(1.0, "1", "buffers acid, little dissolves at once", 0.5, 2.0),
    "organic_acid": assumed(1.0, "1", "taken as the reference", 0.5, 2.0),
    "amino_acid": assumed(0.5, "1", "said to be borne best; one small study", 0.25, 1.0),
}
"""How much a salt irritates against citrate at the same concentration, by family, [-]."""

LOCAL_VOLUME_ML: Mapping[Route, Quantity] = {
    Route.ORAL: assumed(250.0, "mL", "a glass of water and what is secreted", 50.0, 500.0),
    Route.BUCCAL: assumed(2.0, "mL", "saliva around a gel", 0.5, 5.0),
    Route.RECTAL: assumed(10.0, "mL", "a gel and the little water of an empty rectum", 5.0, 30.0),
}
"""Fluid in which the magnesium lies at first, [mL]."""

_ML_PER_L = 1000.0


@frozen(kw_only=True)
class Laxation:
    """How likely loose stools are in daily use."""

    probability: float
    """Mean over the subjects, [-]."""

    lo90: float
    """5th percentile between subjects, [-]."""

    hi90: float
    """95th percentile between subjects, [-]."""

    low: float
    """Mean when the midpoint lies at the high end of its range, [-]."""

    high: float
    """Mean when the midpoint lies at the low end of its range, [-]."""

    word: str
    """One of `LAXATION_WORDS`, for the mean."""


@frozen(kw_only=True)
class Irritation:
    """How much the product irritates where it lies; every figure behind it is assumed."""

    category: str = field(validator=validators.in_((NOT_PREDICTED, *IRRITATION_CLASSES)))
    """One of `IRRITATION_CLASSES`, or `NOT_PREDICTED`."""

    concentration_mmol_per_l: float | None
    """Local magnesium in the middle subject, [mmol/L]; None when not predicted."""

    words: str
    """What that means, and what decided it."""

    @property
    def rank(self) -> int | None:
        """Place of the class in rising order from 0; None when not predicted."""
        if self.category == NOT_PREDICTED:
            return None
        return IRRITATION_CLASSES.index(self.category)


def laxation_probability(
    load_mmol_per_day: FloatArray,
    per_dose_mmol: FloatArray,
    *,
    midpoint_mmol_per_day: float = LAXATION_MIDPOINT.value,
) -> FloatArray:
    """Return how likely loose stools are, by the soluble load the bowel keeps.

    Parameters
    ----------
    load_mmol_per_day : ndarray of shape (n_subjects,)
        Soluble unabsorbed magnesium of a day, [mmol/d].
    per_dose_mmol : ndarray of shape (n_subjects,)
        The same of one dose, at most that of the day, [mmol].
    midpoint_mmol_per_day : float, optional
        Load at which half the people are affected, [mmol/d].

    Returns
    -------
    ndarray of shape (n_subjects,)
        Probability; 0 without a load, [-].

    Raises
    ------
    InputError
        A load is negative, not finite or beyond any supplement, or a dose exceeds its day.

    References
    ----------
    .. [1] SCF2001

    Examples
    --------
    >>> laxation_probability(np.array([0.0, 9.3, 37.0]), np.array([0.0, 4.65, 18.5])).round(2)
    array([0.  , 0.02, 0.41])
    """
    day = _load("Soluble unabsorbed load", load_mmol_per_day, "mmol/d")
    dose = _load("Soluble unabsorbed load of one dose", per_dose_mmol, "mmol")
    if np.any(dose > day + ROUNDING_MMOL):
        raise InputError(
            f"One dose leaves up to {dose.max():g} mmol where the day leaves {day.max():g} mmol;"
            " a dose is a part of its day.",
            hint="Give both for the same subjects, in the same order.",
        )
    weight = PER_DOSE_WEIGHT.value
    load = (day + weight * dose) / (1 + weight / USUAL_DOSES_PER_DAY.value)
    odds = (load / midpoint_mmol_per_day) ** LAXATION_STEEPNESS.value
    return np.asarray(odds / (1 + odds), dtype=np.float64)


def magnesium_equivalent_mmol(other_solute_mosm: FloatArray) -> FloatArray:
    """Return the magnesium that would hold as much water as another solute.

    Parameters
    ----------
    other_solute_mosm : ndarray of shape (n_subjects,)
        Solute the bowel does not take up, such as sorbitol, [mOsm].

    Returns
    -------
    ndarray of shape (n_subjects,)
        Magnesium, [mmol].
    """
    solute = _load("Solute beside magnesium", other_solute_mosm, "mOsm")
    return np.asarray(solute / OSMOLES_PER_MMOL.value, dtype=np.float64)


def laxation(load_mmol_per_day: FloatArray, per_dose_mmol: FloatArray) -> Laxation:
    """Summarise the probability of loose stools over the subjects.

    Parameters
    ----------
    load_mmol_per_day : ndarray of shape (n_subjects,)
        Soluble unabsorbed load of a day, [mmol/d].
    per_dose_mmol : ndarray of shape (n_subjects,)
        The same of one dose, [mmol].

    Returns
    -------
    Laxation
        Mean, spread between subjects, and range of the assumption, [-].

    Raises
    ------
    InputError
        As `laxation_probability`.
    """
    each = laxation_probability(load_mmol_per_day, per_dose_mmol)
    near, far = (
        laxation_probability(load_mmol_per_day, per_dose_mmol, midpoint_mmol_per_day=midpoint)
        for midpoint in LAXATION_MIDPOINT_RANGE
    )
    lo90, hi90 = np.percentile(each, (5, 95)).tolist()
    mean = float(each.mean())
    return Laxation(
        probability=mean,
        lo90=lo90,
        hi90=hi90,
        low=float(far.mean()),
        high=float(near.mean()),
        word=next(word for bound, word in LAXATION_WORDS if mean <= bound),
    )


def irritation(
    route: Route, salts: Sequence[str], mmol_per_intake: float, peak_gut_load_mmol: FloatArray
) -> Irritation:
    """Judge how much a product irritates where it lies.

    Parameters
    ----------
    route : Route
        Way into the body, [-].
    salts : sequence of str
        Keys of the salts; the worst one decides, [-].
    mmol_per_intake : float
        Magnesium of one occasion, which decides on a mucosa, [mmol].
    peak_gut_load_mmol : ndarray of shape (n_subjects,)
        Most dissolved magnesium in the upper gut, which decides when swallowed, [mmol].

    Returns
    -------
    Irritation
        Class, concentration and words, [-].
    """
    if route not in LOCAL_VOLUME_ML:
        return Irritation(
            category=NOT_PREDICTED,
            concentration_mmol_per_l=None,
            words="Irritation of the skin is not predicted.",
        )
    swallowed = route is Route.ORAL
    peak = _load("Peak gut load", peak_gut_load_mmol, "mmol")
    amount = float(np.median(peak)) if swallowed else mmol_per_intake
    concentration = amount * _ML_PER_L / LOCAL_VOLUME_ML[route].value
    worst = max(salts, key=lambda key: IRRITANCY[get_salt(key).family].value)
    weighted = concentration * IRRITANCY[get_salt(worst).family].value
    category = IRRITATION_CLASSES[sum(weighted >= bound.value for bound in IRRITATION_BOUNDS)]
    place = "upper gut" if swallowed else "mucosa"
    return Irritation(
        category=category,
        concentration_mmol_per_l=concentration,
        words=f"{category.capitalize()} irritation of the {place} is expected of {worst} at about"
        f" {concentration:.3g} mmol/L; every figure behind this is assumed.",
    )


def _load(what: str, values: FloatArray, unit: str) -> FloatArray:
    load = np.asarray(values, dtype=np.float64)
    if not (np.isfinite(load) & (load >= -ROUNDING_MMOL) & (load <= MOST_MMOL_PER_DAY)).all():
        raise InputError(
            f"{what} lies between {load.min():g} and {load.max():g} {unit}; it must be finite and"
            f" between 0 and {MOST_MMOL_PER_DAY:g} {unit}."
        )
    return np.maximum(load, 0.0)
