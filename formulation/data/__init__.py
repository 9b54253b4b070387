"""Reference tables of the domain and the register of every source they cite.

A table is a CSV file in the package, read as text: an empty cell means unknown, never zero. All
end with ``source`` (a key of ``sources.bib``), ``evidence`` (a word of
`formulation.provenance.EVIDENCE_TO_BASIS`) and, where they have them, ``also`` (further keys,
separated by "; ": where the figure was seen, or what it rests on as well), ``where`` (table, page
or row) and ``doi_pmid``. Figures keep the unit of their publication; nothing is converted here.
"""

import csv
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from attrs import field, frozen, validators

from formulation.data.bibliography import load_sources
from formulation.errors import DataError, UnknownNameError

__all__ = ["TABLES", "Table", "find_table", "load_sources", "read_rows"]


@frozen(kw_only=True)
class Table:
    """A CSV file of reference data inside one of the packages."""

    name: str = field(validator=validators.min_len(1))
    """Name it is asked for by."""

    file: str = field(validator=validators.matches_re(r"[a-z_]+\.csv"))
    """File name within `package`."""

    title: str = field(validator=validators.min_len(1))
    """Heading a person sees."""

    description: str = field(validator=validators.min_len(1))
    """What a row is, and what its unusual columns mean."""

    package: str = "formulation.data"
    """Import name of the package that holds the file."""


TABLES: tuple[Table, ...] = (
    Table(
        name="salts",
        file="salts.csv",
        title="Magnesium salts",
        description=(
            "One salt or hydrate a row: n_Mg magnesium per formula, molar mass [g/mol], elemental"
            " content [%], and solubility at 25 degC as salt [g/100 mL] and as magnesium [mmol/L]."
        ),
    ),
    Table(
        name="delivery_ranges",
        file="delivery_ranges.csv",
        title="Ranges of the delivery systems",
        description=(
            "One parameter of a delivery system a row, low to high with a typical value; role"
            " says whether it is a design variable, constraint, calibration, quality or context."
        ),
    ),
    Table(
        name="thermodynamics",
        file="thermodynamics.csv",
        title="Equilibrium constants",
        description=(
            "One reaction a row: decadic log K at 25 degC, reaction enthalpy [kJ/mol], and the"
            " ionic strength [mol/L] the constant holds at. Cumulative ones start from bare ions."
        ),
    ),
    Table(
        name="safety",
        file="safety.csv",
        title="Limits and safety",
        description=(
            "One limit, threshold or interaction a row; for interactions low to high is the hours"
            " to keep between magnesium and the drug."
        ),
    ),
    Table(
        name="salt_chemistry",
        file="salt_chemistry.csv",
        title="Chemistry of the salts that studies may choose",
        description=(
            "One quantity of one salt a row: saturation as dissolved magnesium, acid taken and"
            " osmoles given per magnesium."
        ),
    ),
    Table(
        name="unabsorbed",
        file="unabsorbed.csv",
        title="Solutes that may stay in the bowel",
        description=(
            "One counter-ion or excipient a row: its osmoles for each magnesium [mOsm/mmol] or for"
            " its mass [mOsm/g], and the share that is neither taken up nor fermented [-]. An"
            " excipient that is not listed is not counted."
        ),
    ),
    Table(
        name="salt_uses",
        file="salt_uses.csv",
        title="What the salts may be used for",
        description=(
            "One salt a row: counter-ion per magnesium [mg/mg], water per magnesium [mol/mol],"
            " humidity of deliquescence [%], permission by jurisdiction, limits of lead, cadmium"
            " and arsenic as specified and not as measured [ug/g], and trade price [EUR/kg]."
        ),
    ),
    Table(
        name="excipients",
        file="excipients.csv",
        title="Excipients",
        description=(
            "One excipient or grade a row with its roles, the chief one first; viscosity of a 2 %"
            " solution [mPa.s], usual share of the unit in the chief role [% w/w], acceptable"
            " intake of a 70 kg adult [mg/d], sodium [mg/g] and trade price [EUR/kg]."
        ),
    ),
    Table(
        name="incompatibilities",
        file="incompatibilities.csv",
        title="Incompatibilities",
        description=(
            "One pair a row; invalid pairs are never proposed, warnings are shown. A rule is lifted"
            " by the excipient in unless, and holds only while the process setting lies from low"
            " to high."
        ),
    ),
    Table(
        name="quality_attributes",
        file="quality_attributes.csv",
        title="Quality attributes",
        description=(
            "One attribute of a finished product a row: the systems or forms it applies to, how it"
            " is known, what moves it, its usual range (in the forms of usual_in, if any are named)"
            " and how much finished units scatter around it [% of the value]."
        ),
    ),
    Table(
        name="limits",
        file="limits.csv",
        title="Limits by jurisdiction",
        description="One rule on supplemental elemental magnesium a row.",
    ),
    Table(
        name="patient_fields",
        file="patient_fields.csv",
        title="Patient fields",
        description=(
            "One field a row with default and possible range; acts is 1 when a model or a modulator"
            " that is not neutral uses it, flag is 1 when it is 0 (no) or 1 (yes). New rows go to"
            " the end, since the order decides who is drawn."
        ),
    ),
    Table(
        name="populations",
        file="populations.csv",
        title="Populations",
        description=(
            "One field of one population a row: a normal truncated to low and high; of a flag the"
            " mean is the share of those who have it."
        ),
    ),
    Table(
        name="correlations",
        file="correlations.csv",
        title="Correlations between patient fields",
        description=(
            "One pair of fields a row: correlation of their normal scores in adults (a Gaussian"
            " copula); pairs that are not listed are drawn independently but for shared partners."
        ),
    ),
    Table(
        name="modulators",
        file="modulators.csv",
        title="Modulators",
        description=(
            "One patient field acting on one target of the body model a row. With the field held"
            " between held_low and held_high: ratio multiplies by effect^((field - reference)/per),"
            " power by (field/reference)^effect, shift adds effect (field - reference)/per."
        ),
    ),
    Table(
        name="cofactors",
        file="cofactors.csv",
        title="Co-factors",
        description=(
            "One thing taken, or left out, beside a product a row: the patient field it shifts, by"
            " per_unit for each unit of its amount, and the claim that only acts where it is taken."
        ),
    ),
    Table(
        name="claims",
        file="claims.csv",
        title="Claims",
        description=(
            "One popular claim a row, without effect until it is switched on by name; effect is"
            " what follows if it were true (none where no target stands for it), for subjects who"
            " meet the condition while a product with one of product_values is taken, and"
            " decided_by is the experiment that would tell."
        ),
    ),
    Table(
        name="interactions",
        file="interactions.csv",
        title="Hours between magnesium and medicines",
        description=(
            "One medicine or class a row with its members; before_h is how long the medicine has"
            " to come before magnesium, after_h how long after it [h]."
        ),
    ),
    Table(
        name="monitoring",
        file="monitoring.csv",
        title="What to measure, and when",
        description=(
            "One measurement for one fact about a person a row: whether before the start, in which"
            " weeks, and every how many weeks from then on."
        ),
    ),
)
"""Tables of the domain, in the order they are listed to people."""


def find_table(name: str, tables: Iterable[Table]) -> Table:
    """Return the table of that name.

    Parameters
    ----------
    name : str
        Name of the table, such as ``"salts"``, [-].
    tables : iterable of Table
        Tables to look in, [-].

    Returns
    -------
    Table
        The table, [-].

    Raises
    ------
    UnknownNameError
        No table has that name; the message lists the nearest.

    Examples
    --------
    >>> find_table("salts", TABLES).title
    'Magnesium salts'
    """
    known = {table.name: table for table in tables}
    if name not in known:
        raise UnknownNameError("table", name, known)
    return known[name]


def read_rows(table: Table) -> list[dict[str, str]]:
    """Return the rows of a table as text, in the order of the file.

    Parameters
    ----------
    table : Table
        The table to read, [-].

    Returns
    -------
    list of dict of str to str
        Column to cell, a fresh copy at each call; an empty string means unknown, [-].

    Raises
    ------
    DataError
        The file is missing or empty, a column is named twice, or a row has another number of
        cells than the header.

    Examples
    --------
    >>> read_rows(find_table("salts", TABLES))[0]["formula"]
    'MgO'
    """
    return [dict(row) for row in _parsed_rows(table.package, table.file)]


@cache
def _parsed_rows(package: str, file: str) -> tuple[dict[str, str], ...]:
    name = f"Table {package}/{file}"
    path = files(package).joinpath(file)
    if not path.is_file():
        raise DataError(f"{name} is missing.", hint="Install the package again.")
    try:
        header, *lines = csv.reader(path.read_text(encoding="utf-8").splitlines(), strict=True)
    except (csv.Error, ValueError) as error:
        raise DataError(f"{name} is no CSV file in UTF-8 with a header: {error}.") from error
    if not lines or len(set(header)) != len(header):
        raise DataError(
            f"{name} has {len(lines)} rows and the columns {', '.join(header)};"
            " it needs a row at least, and each column once."
        )
    for number, cells in enumerate(lines, start=1):
        if len(cells) != len(header):
            raise DataError(
                f"{name}, row {number}: {len(cells)} cells under {len(header)} columns.",
                hint="Quote cells that hold a comma; leave unknown ones empty.",
            )
    return tuple(dict(zip(header, cells, strict=True)) for cells in lines)
