"""Limits on supplemental magnesium by jurisdiction, as data.

They bound oral supplemental elemental magnesium; neither diet nor skin counts towards them. They
bound what may be proposed, never what may be simulated to compare with a publication.
"""

from functools import cache

from attrs import frozen

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import UnknownNameError
from formulation.provenance import EVIDENCE_TO_BASIS, Quantity


@frozen(kw_only=True)
class Limits:
    """What one jurisdiction allows adults."""

    jurisdiction: str
    """``EU`` or ``US``."""

    daily_supplemental: Quantity
    """Most elemental magnesium a day, [mg/d]."""

    per_occasion: Quantity
    """Most elemental magnesium at one occasion, [mg]."""

    min_intakes: Quantity
    """Fewest intakes the daily amount is spread over, [1/d]."""

    def max_elemental_mg_per_unit(self, units_per_intake: int, intakes_per_day: int) -> float:
        """Return the most magnesium one unit may hold under a regimen.

        Parameters
        ----------
        units_per_intake : int
            Units swallowed at one occasion, [-].
        intakes_per_day : int
            Occasions a day, [1/d].

        Returns
        -------
        float
            Elemental magnesium per unit; 0 when the regimen itself is not allowed, [mg].
        """
        if intakes_per_day < self.min_intakes.value:
            return 0.0
        return min(
            self.per_occasion.value / units_per_intake,
            self.daily_supplemental.value / (units_per_intake * intakes_per_day),
        )


@cache
def all_limits() -> dict[str, Limits]:
    """Return the limits of every jurisdiction.

    Returns
    -------
    dict of str to Limits
        By jurisdiction, [-].
    """
    rules: dict[str, dict[str, Quantity]] = {}
    for row in read_rows(find_table("limits", TABLES)):
        rules.setdefault(row["jurisdiction"], {})[row["rule"]] = Quantity(
            value=float(row["value"]),
            unit=row["unit"],
            basis=EVIDENCE_TO_BASIS[row["evidence"]],
            source=row["source"],
            note=row["note"],
        )
    return {name: Limits(jurisdiction=name, **found) for name, found in rules.items()}


def get_limits(jurisdiction: str) -> Limits:
    """Return the limits of one jurisdiction.

    Parameters
    ----------
    jurisdiction : str
        ``EU`` or ``US``, [-].

    Returns
    -------
    Limits
        The limits, [-].

    Raises
    ------
    UnknownNameError
        The jurisdiction is not in the table.
    """
    try:
        return all_limits()[jurisdiction]
    except KeyError:
        raise UnknownNameError("Jurisdiction", jurisdiction, all_limits()) from None
