"""Magnesium salts: elemental content, solubility, acid demand, and the lot on the shelf.

Doses are always elemental magnesium. The salt mass follows from the assayed content of the lot;
without an assay the formula decides. A salt whose chemistry is not in the tables can be listed and
shown, but no study may choose it: an unknown solubility is left empty, never guessed.
"""

from functools import cache

from attrs import frozen

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity

ASSAY_WARNING_PCT = 10.0
"""Assay above the formula's content by more than this share is worth a warning, [%]."""

MOSTLY_OXIDE = 0.5
"""A lot with more of its magnesium as oxide is not the salt it is sold as, [-]."""


@frozen(kw_only=True)
class Salt:
    """One magnesium salt of the reference table."""

    key: str
    """Name used in study files."""

    label: str
    """Name as the reference table spells it."""

    formula: str
    """Chemical formula with its water of crystallisation."""

    mg_pct: Quantity
    """Elemental magnesium of the pure salt, [%]."""

    solubility: Quantity | None = None
    """Saturation in water as dissolved magnesium, [mmol/L]; None when unknown."""

    acid_demand: Quantity | None = None
    """Acid taken per magnesium that dissolves, [mEq/mmol]; None when unknown."""

    osmoles: Quantity | None = None
    """Osmotically active particles per magnesium, [mOsm/mmol]; None when unknown."""

    tolerability: str = ""
    """What the literature says of the gut's view of it."""

    @property
    def is_designable(self) -> bool:
        """Whether the chemistry needed to simulate it is known."""
        return None not in (self.solubility, self.acid_demand, self.osmoles)


@frozen(kw_only=True)
class Lot:
    """A salt as delivered: the same salt with an assayed magnesium content.

    Raises
    ------
    InputError
        The assay is impossible, or says that the lot is mostly oxide.
    """

    salt: Salt
    """The salt it is sold as."""

    mg_pct: float
    """Assayed elemental magnesium, [%]; the formula's value without an assay."""

    def __attrs_post_init__(self) -> None:
        if not 1.0 <= self.mg_pct <= 61.0:
            raise InputError(
                f"Salt {self.salt.key!r}: an assay of {self.mg_pct:g} % magnesium is impossible;"
                " pure oxide holds 60.3 %.",
                hint="Give elemental magnesium as % of the lot's mass.",
            )
        if self.oxide_share_of_mg > MOSTLY_OXIDE:
            raise InputError(
                f"Salt {self.salt.key!r}: a lot with {self.mg_pct:g} % magnesium would hold"
                f" {self.oxide_share_of_mg:.0%} of it as oxide.",
                hint="Check the assay, or choose the salt 'oxide'.",
            )

    @property
    def oxide_share_of_mg(self) -> float:
        """Share of the magnesium that must be oxide to explain the assay, [-]."""
        pure, oxide = self.salt.mg_pct.value, get_salt("oxide").mg_pct.value
        if self.mg_pct <= pure * (1 + ASSAY_WARNING_PCT / 100):
            return 0.0
        return (self.mg_pct - pure) / (oxide - pure) * oxide / self.mg_pct

    @property
    def warning(self) -> str:
        """Say what an assay far above the formula means; empty otherwise."""
        of_mg = self.oxide_share_of_mg
        if not of_mg:
            return ""
        pure = self.salt.mg_pct.value
        share = of_mg * self.mg_pct / get_salt("oxide").mg_pct.value
        return (
            f"A {self.salt.key} lot at {self.mg_pct:g} % magnesium cannot be pure ({pure:g} %):"
            f" it holds about {share:.1%} magnesium oxide, {of_mg:.0%} of its magnesium."
        )


@cache
def salts() -> dict[str, Salt]:
    """Return every salt of the reference table by key.

    Returns
    -------
    dict of str to Salt
        In the order of the table, [-].
    """
    chemistry: dict[str, dict[str, Quantity]] = {}
    for row in read_rows(find_table("salt_chemistry", TABLES)):
        chemistry.setdefault(row["key"], {})[row["quantity"]] = _quantity(row)
    return {
        row["key"]: Salt(
            key=row["key"],
            label=row["salt"],
            formula=row["formula"],
            mg_pct=Quantity(
                value=float(row["elemental_Mg_pct"]),
                unit="percent",
                basis=EVIDENCE_TO_BASIS[row["evidence"]],
                source=row["source"],
                note=row.get("note") or "elemental share by formula",
            ),
            tolerability=row["GI_tolerability_note"],
            **chemistry.get(row["key"], {}),
        )
        for row in read_rows(find_table("salts", TABLES))
    }


def get_salt(key: str) -> Salt:
    """Return the salt of that key.

    Parameters
    ----------
    key : str
        Name used in study files, such as ``"citrate"``, [-].

    Returns
    -------
    Salt
        The salt, [-].

    Raises
    ------
    UnknownNameError
        No salt has that key; the message lists the nearest.

    Examples
    --------
    >>> get_salt("oxide").mg_pct.value
    60.3
    """
    try:
        return salts()[key]
    except KeyError:
        raise UnknownNameError("Salt", key, salts()) from None


def make_lot(key: str, mg_pct: float | None = None) -> Lot:
    """Return a lot of a salt that studies may choose.

    Parameters
    ----------
    key : str
        Name of the salt, [-].
    mg_pct : float, optional
        Assayed elemental magnesium; the formula's value when absent, [%].

    Returns
    -------
    Lot
        The lot, [-].

    Raises
    ------
    InputError
        The salt is unknown, its chemistry is not in the tables, or the assay is impossible.
    """
    salt = get_salt(key)
    if not salt.is_designable:
        ready = ", ".join(s.key for s in salts().values() if s.is_designable)
        raise InputError(
            f"Salt {key!r} is listed, but its solubility or acid demand is unknown here.",
            hint=f"Choose from: {ready}.",
        )
    return Lot(salt=salt, mg_pct=salt.mg_pct.value if mg_pct is None else mg_pct)


def _quantity(row: dict[str, str]) -> Quantity:
    return Quantity(
        value=float(row["value"]),
        low=float(row["low"]),
        high=float(row["high"]),
        unit=row["unit"],
        basis=EVIDENCE_TO_BASIS[row["evidence"]],
        source=row["source"],
        where=row["where"],
        note=row["note"],
    )
