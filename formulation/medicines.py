"""What a medicine does to the simulated body: those that act set a flag among the patient fields.

Which medicines there are, and the hours to keep between them and magnesium, is told by
`formulation.interactions`. Doses are not modelled.
"""

from formulation.errors import UnknownNameError
from formulation.interactions import MEDICINES_OF_FACT, interactions, medicine_name

ACTING = ("thiazide", "loop_diuretic", "ppi")
"""Facts of `MEDICINES_OF_FACT` that are patient fields with a modulator."""


def medication_flag(medicine: str) -> str | None:
    """Return the patient field that a medicine sets.

    Parameters
    ----------
    medicine : str
        Name of a medicine or class, in any case, [-].

    Returns
    -------
    str or None
        A flag; None when it does not act on the body model but has to be kept apart or watched,
        [-].

    Raises
    ------
    UnknownNameError
        No table names it, so nobody could say what it does; the message lists the nearest.

    Examples
    --------
    >>> medication_flag("hydrochlorothiazide"), medication_flag("levothyroxine")
    ('thiazide', None)
    """
    name = medicine_name(medicine)
    for fact, members in MEDICINES_OF_FACT.items():
        if name in (fact, *members):
            return fact if fact in ACTING else None
    kept_apart = {n for i in interactions() for n in (i.medicine, *i.members)}
    if name not in kept_apart:
        known = {n for fact, members in MEDICINES_OF_FACT.items() for n in (fact, *members)}
        raise UnknownNameError("Medicine", medicine, kept_apart | known)
    return None
