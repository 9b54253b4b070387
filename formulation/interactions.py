"""How many hours to keep between magnesium and a medicine.

The hours are those of product information and of trials (``interactions.csv``); of a span the
longer end is asked for. Where no row names a medicine, the general rule holds. What a medicine
does to the simulated body is not judged here.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from math import isfinite

from attrs import frozen

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import EVIDENCE_TO_BASIS, Basis

GENERAL_RULE = "any other medicine"
"""Row that holds for a medicine no other row names."""

HOURS_PER_DAY = 24.0
"""A day repeats itself after so long, [h]."""

ROUNDING_H = 1e-9
"""Hours nearer than this are equal, [h]."""

MISSPELT = 0.85
"""A name this like a known one is taken for a slip of the pen, [-]."""

MEDICINES_OF_FACT: Mapping[str, tuple[str, ...]] = {
    "thiazide": (
        *("thiazide", "hydrochlorothiazide", "chlorothiazide", "chlortalidone"),
        *("chlorthalidone", "indapamide", "bendroflumethiazide", "xipamide", "metolazone"),
    ),
    "loop_diuretic": ("loop diuretic", "furosemide", "torasemide", "torsemide", "bumetanide"),
    "potassium_sparing_diuretic": (
        *("potassium sparing diuretic", "amiloride", "triamterene", "spironolactone"),
        "eplerenone",
    ),
    "ppi": (
        *("omeprazole", "esomeprazole", "lansoprazole", "dexlansoprazole", "pantoprazole"),
        *("rabeprazole", "ppi", "proton pump inhibitor"),
    ),
    "digoxin": ("digoxin", "digitoxin"),
    "magnesium_wasting": (
        *("gentamicin", "tobramycin", "amikacin", "cisplatin"),
        *("ciclosporin", "cyclosporine", "tacrolimus"),
        *("cetuximab", "erlotinib", "panitumumab", "foscarnet", "amphotericin"),
    ),
}
"""Medicines by the fact of the monitoring plan that they make true."""


@frozen(kw_only=True)
class Interaction:
    """Hours to keep between magnesium and a medicine."""

    medicine: str
    """The medicine or class."""

    members: tuple[str, ...]
    """Names of medicines of the class."""

    before_h: float
    """How long the medicine has to come before magnesium, [h]."""

    after_h: float
    """How long after magnesium the medicine may come, [h]."""

    why: str
    """What happens otherwise."""

    source: str
    """Key in ``formulation/sources.bib``."""

    basis: Basis
    """How the hours are known."""

    note: str
    """How the hours were read."""

    @property
    def is_general(self) -> bool:
        """Whether it is the rule for medicines that no other row names."""
        return self.medicine == GENERAL_RULE


@frozen(kw_only=True)
class Clash:
    """A medicine and an intake of magnesium that lie too close."""

    medicine: str
    """The medicine as it was named."""

    medicine_h: float
    """When it is taken, [h] of the day."""

    intake_h: float
    """When magnesium is taken, [h] of the day."""

    gap_h: float
    """Time between them, [h]."""

    needed_h: float
    """Time to keep in that order, [h]."""

    message: str
    """The pair, the gap and what to do."""


@cache
def interactions() -> tuple[Interaction, ...]:
    """Return every interaction, the general rule last.

    Returns
    -------
    tuple of Interaction
        In the order of the table, [-].
    """
    return tuple(
        Interaction(
            medicine=row["medicine"],
            members=tuple(filter(None, row["members"].split("; "))),
            before_h=float(row["before_h"]),
            after_h=float(row["after_h"]),
            why=row["why"],
            source=row["source"],
            basis=EVIDENCE_TO_BASIS[row["evidence"]],
            note=row["note"],
        )
        for row in read_rows(find_table("interactions", TABLES))
    )


def medicine_name(medication: str) -> str:
    """Return a medicine as the tables spell it.

    Parameters
    ----------
    medication : str
        Name of a medicine or class, in any case, with its strength or salt or without, [-].

    Returns
    -------
    str
        The name in small letters, without underscores; one that no table names is allowed, [-].

    Raises
    ------
    UnknownNameError
        It is empty, or nearly the name of a known medicine: a slip of the pen would fall under
        the general rule.

    Examples
    --------
    >>> medicine_name("Ciprofloxacin 500 mg")
    'ciprofloxacin'
    """
    name = " ".join(medication.lower().replace("_", " ").split())
    known = _known_names()
    if named := [n for n in known if f"{name} ".startswith(f"{n} ")]:
        return max(named, key=len)
    first = name.partition(" ")[0]
    if not name or any(get_close_matches(n, known, n=1, cutoff=MISSPELT) for n in (name, first)):
        raise UnknownNameError("Medicine", medication, known)
    return name


def spacing(medication: str) -> tuple[Interaction, ...]:
    """Return the hours to keep between magnesium and a medicine.

    Parameters
    ----------
    medication : str
        Name of a medicine or class, in any case, [-].

    Returns
    -------
    tuple of Interaction
        Rows that name it; the general rule alone when none does, [-].

    Raises
    ------
    UnknownNameError
        As `medicine_name`.

    Examples
    --------
    >>> [(i.medicine, i.before_h, i.after_h) for i in spacing("Doxycycline")]
    [('tetracyclines', 3.0, 3.0)]
    """
    name = medicine_name(medication)
    named = tuple(i for i in interactions() if name in (i.medicine, *i.members))
    return named or tuple(i for i in interactions() if i.is_general)


def clashes(
    intakes_h: Sequence[float], medicines_h: Mapping[str, Sequence[float]]
) -> tuple[Clash, ...]:
    """Return every pair of a day's plan that lies too close.

    Every day is like this one, so a medicine late in the evening is close to the next morning.

    Parameters
    ----------
    intakes_h : sequence of float
        When magnesium is taken, [h] of the day.
    medicines_h : mapping of str to sequence of float
        Medicine to when it is taken, [h] of the day.

    Returns
    -------
    tuple of Clash
        Empty when every pair keeps its hours, [-].

    Raises
    ------
    InputError
        A time does not lie between 0 and 24 h.
    UnknownNameError
        As `medicine_name`.

    Examples
    --------
    >>> clashes([8.0], {"levothyroxine": [7.0]})[0].message
    'levothyroxine at 7 h lies 1 h before magnesium at 8 h; keep 4 h.'
    """
    for what, times in (("magnesium", intakes_h), *medicines_h.items()):
        _check_times(what, times)
    pairs = ((m, t, i) for m, times in medicines_h.items() for t in times for i in intakes_h)
    found = (_clash(*pair, rule) for pair in pairs for rule in spacing(pair[0]))
    return tuple(clash for clash in found if clash)


@cache
def _known_names() -> frozenset[str]:
    named = {n for i in interactions() for n in (i.medicine, *i.members)}
    watched = {n for members in MEDICINES_OF_FACT.values() for n in members}
    return frozenset(named | watched)


def _check_times(what: str, times: Iterable[float]) -> None:
    for time in times:
        if not (isfinite(time) and 0 <= time < HOURS_PER_DAY):
            raise InputError(
                f"Plan of the day: {what} at {time:g} h is no time of day; 0 <= time < 24.",
                hint="Write 18.5 for half past six in the evening.",
            )


def _clash(medicine: str, medicine_h: float, intake_h: float, rule: Interaction) -> Clash | None:
    before = (intake_h - medicine_h) % HOURS_PER_DAY
    after = (medicine_h - intake_h) % HOURS_PER_DAY
    for gap, needed, order in ((before, rule.before_h, "before"), (after, rule.after_h, "after")):
        if gap < needed - ROUNDING_H:
            words = f"{gap:.3g} h {order}" if gap else "together with"
            return Clash(
                medicine=medicine,
                medicine_h=medicine_h,
                intake_h=intake_h,
                gap_h=gap,
                needed_h=needed,
                message=f"{medicine} at {medicine_h:g} h lies {words} magnesium at"
                f" {intake_h:g} h; keep {needed:g} h.",
            )
    return None
