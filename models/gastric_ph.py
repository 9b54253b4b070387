"""The pH of a stomach in which a form waits: fasted, or with a meal.

A film sees this pH before that of the bowel. It is the one of the moment of the intake: neither a
meal that comes later nor the acid that a product takes is followed. A product cannot open its own
film by taking acid, since a closed unit lets nothing go; only what is taken beside it could.
"""

import numpy as np

from formulation.arrays import FloatArray
from formulation.provenance import assumed

MEAL_PH = assumed(5.0, "1", "a meal lifts an ordinary stomach to about pH 5")
NEUTRALISED = assumed(0.15, "mEq", "acid at rest that saliva and mucus take")
JUICE = assumed(0.05, "L", "the fluid of a fasted stomach that holds the acid at rest")
NEUTRAL_PH = 7.0
"""Most that a stomach without acid comes to, [-]."""


def fasted_ph(acid_at_rest: FloatArray) -> FloatArray:
    """Return the pH of fasted stomachs.

    Parameters
    ----------
    acid_at_rest : ndarray of shape (n_subjects,)
        Acid that was secreted into the resting juice, [mEq].

    Returns
    -------
    ndarray of shape (n_subjects,)
        From the acid that saliva and mucus leave, at most 7, [-].
    """
    left_mol = np.maximum(acid_at_rest - float(NEUTRALISED), 0.0) / 1000
    return _ph(left_mol / float(JUICE))


def fed_ph(acid_factor: FloatArray) -> FloatArray:
    """Return the pH of stomachs that hold a meal.

    Parameters
    ----------
    acid_factor : ndarray of shape (n_subjects,)
        Acid output against the ordinary, [-].

    Returns
    -------
    ndarray of shape (n_subjects,)
        That of a meal, higher by a unit for a tenth of the acid, at most 7, [-].
    """
    return _ph(10 ** -float(MEAL_PH) * acid_factor)


def _ph(protons_mol_per_l: FloatArray) -> FloatArray:
    found: FloatArray = -np.log10(np.maximum(protons_mol_per_l, 10**-NEUTRAL_PH))
    return found
