"""Magnesium salts: content, chemistry, what they may be used for, and the lot on the shelf.

Doses are always elemental magnesium. The salt mass follows from the assayed content of the lot;
without an assay the formula decides. A salt whose chemistry is not in the tables can be listed and
shown, but no study may choose it: an unknown solubility is left empty. Where a handbook gives only
a word such as "slightly soluble", the middle of its class stands with the class as range.
"""

from collections.abc import Mapping
from functools import cache

from attrs import evolve, field, frozen, validators

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity
from formulation.units import MG_PER_MMOL

ASSAY_WARNING_PCT = 10.0
"""Assay above the formula's content by more than this share is worth a warning, [%]."""

MG_PER_LITRE_OF_WATER = 1e6
"""Mass of a litre of water, [mg/L]."""

MOSTLY_OXIDE = 0.5
"""A lot with more of its magnesium as oxide is not the salt it is sold as, [-]."""

FAMILIES = ("inorganic_alkaline", "inorganic_neutral", "organic_acid", "amino_acid")
"""Kinds of counter-ion."""

HYGROSCOPICITY = ("none", "slight", "hygroscopic", "deliquescent")
"""How readily a salt takes up water, in rising order."""

HEAVY_METALS = ("lead", "cadmium", "arsenic")
"""Elements a specification limits."""

_PERMITTED = {"yes": True, "no": False, "unknown": None}
_LIMIT_NOTE = "usual limit of a specification, no measurement"
_COST_NOTE = "order of magnitude, no quotation behind it"
_USES = {"EU": "eu_food_supplement", "US": "us_dietary_supplement"}


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

    counter_ion: str
    """Name of the counter-ion, with what else is bound in the formula besides water."""

    counter_ion_mg_per_mg: float
    """Mass of the counter-ion per mass of magnesium, [mg/mg]."""

    water_mol_per_mol: float
    """Water of crystallisation per magnesium, [mol/mol]."""

    family: str = field(validator=validators.in_(FAMILIES))
    """Kind of counter-ion, one of `FAMILIES`."""

    is_alkaline: bool
    """Whether it takes acid at any pH of the gut, so that an acrylic film needs a sub-coat."""

    hygroscopicity: str = field(validator=validators.in_(HYGROSCOPICITY))
    """How readily it takes up water, one of `HYGROSCOPICITY`."""

    critical_humidity: Quantity | None
    """Relative humidity at which it deliquesces, [%]; None when unknown."""

    permitted: Mapping[str, bool | None] = field(hash=False)
    """Whether a supplement may hold it, by jurisdiction; None when unknown."""

    heavy_metals: Mapping[str, Quantity] = field(hash=False)
    """Usual limit of a raw material's specification by element, no measurement, [ug/g]."""

    cost: Quantity | None
    """Order of magnitude of its trade price, [EUR/kg]; None when unknown."""

    taste: str
    """How it tastes, in a word."""

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

    @property
    def is_deliquescent(self) -> bool:
        """Whether it liquefies in humid air."""
        return self.hygroscopicity == "deliquescent"

    def is_permitted(self, jurisdiction: str) -> bool | None:
        """Tell whether a supplement of that jurisdiction may hold this salt.

        Parameters
        ----------
        jurisdiction : str
            ``EU`` or ``US``, [-].

        Returns
        -------
        bool or None
            None when the tables do not know, [-].

        Raises
        ------
        UnknownNameError
            The jurisdiction is neither of the two.
        """
        if jurisdiction not in self.permitted:
            raise UnknownNameError("Jurisdiction", jurisdiction, self.permitted)
        return self.permitted[jurisdiction]


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
    def per_water(self) -> float:
        """Most of the lot that dissolves in water at 25 degC; 0 when nobody knows, [mg/mg]."""
        if self.salt.solubility is None:
            return 0.0
        salt_mg_per_l = self.salt.solubility.value * MG_PER_MMOL * 100 / self.mg_pct
        return salt_mg_per_l / MG_PER_LITRE_OF_WATER

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
    uses = {row["key"]: row for row in read_rows(find_table("salt_uses", TABLES))}
    return {
        row["key"]: _salt(row, uses[row["key"]], chemistry.get(row["key"], {}))
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


def _salt(row: dict[str, str], use: dict[str, str], chemistry: dict[str, Quantity]) -> Salt:
    return Salt(
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
        counter_ion=use["counter_ion"],
        counter_ion_mg_per_mg=float(use["counter_ion_mg_per_mg_mg"]),
        water_mol_per_mol=float(use["water_of_crystallisation"]),
        family=use["family"],
        is_alkaline=use["is_alkaline"] == "1",
        hygroscopicity=use["hygroscopicity"],
        critical_humidity=_use(use, "critical_humidity_pct", "percent", use["source"], use["note"]),
        permitted={where: _PERMITTED[use[column]] for where, column in _USES.items()},
        heavy_metals=_heavy_metals(use),
        cost=_cost(use),
        taste=use["taste"],
        tolerability=row["GI_tolerability_note"],
        **chemistry,
    )


def _use(row: dict[str, str], column: str, unit: str, source: str, note: str) -> Quantity | None:
    if not row[column]:
        return None
    return Quantity(
        value=float(row[column]),
        unit=unit,
        basis=EVIDENCE_TO_BASIS[row["evidence"]],
        source=source,
        note=note,
    )


def _heavy_metals(row: dict[str, str]) -> dict[str, Quantity]:
    limits = {
        metal: _use(row, f"{metal}_limit_ug_per_g", "ug/g", "RawMaterialSpecs", _LIMIT_NOTE)
        for metal in HEAVY_METALS
    }
    return {metal: limit for metal, limit in limits.items() if limit is not None}


def _cost(row: dict[str, str]) -> Quantity | None:
    cost = _use(row, "cost_eur_per_kg", "EUR/kg", "TradePrices", _COST_NOTE)
    return cost and evolve(cost, low=float(row["cost_low"]), high=float(row["cost_high"]))


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
