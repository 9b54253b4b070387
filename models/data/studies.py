"""Studies of the panel, recognised in what somebody writes as a source, however it is spelt.

A study is named by its key or name, by its first author and year wherever they stand, or by its
DOI, PMID or PMC number where a table or the register of sources knows one. A study whose role is
neither kernel nor calibration is held out of training.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from unicodedata import combining, normalize
from urllib.parse import unquote

from attrs import frozen

from formulation.data import find_table, load_sources, read_rows
from models.data import TABLES

TRAINING_ROLES = ("kernel", "calibration")
"""Roles of studies that may decide or train something."""

_VERSION = re.compile(r"([^@\s]+)@[0-9a-f]{16}(?=: )")
_DOI = re.compile(r"10\.\d{4,}/[^\s,;]+")
_NUMBER = re.compile(r"(?:PMID |PMC)(\d+)")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ø": "oe", "ü": "ue"})
_BETWEEN = "[^a-z0-9]*"


@frozen(kw_only=True)
class PanelStudy:
    """A study of the panel and how it may be named."""

    name: str
    """Study, as people cite it."""

    role: str
    """Role in the panel."""

    names: tuple[re.Pattern[str], ...]
    """Its name and its key, in folded text."""

    authors: tuple[re.Pattern[str], ...]
    """Its first author, in folded text."""

    years: tuple[re.Pattern[str], ...]
    """Its year, in folded text."""

    dois: tuple[str, ...]
    """DOIs, as `plain` writes them."""

    numbers: tuple[re.Pattern[str], ...]
    """PMIDs and PMC numbers."""

    @property
    def is_held_out(self) -> bool:
        """Whether it must train nothing."""
        return self.role not in TRAINING_ROLES

    @property
    def reason(self) -> str:
        """Say why it must train nothing, without full stop."""
        return f"{self.name} has role {self.role} in the panel and is held out of training"

    def is_named_in(self, text: str) -> bool:
        """Return whether a source names this study.

        Parameters
        ----------
        text : str
            What somebody wrote, [-].

        Returns
        -------
        bool
            Whether it is named, [-].
        """
        if any(doi in plain(unquote(text)) for doi in self.dois):
            return True
        return any(self._is_spelt_in(folded) for folded in _spellings(text))

    def _is_spelt_in(self, folded: str) -> bool:
        def has(patterns: Iterable[re.Pattern[str]]) -> bool:
            return any(pattern.search(folded) for pattern in patterns)

        return has(self.names) or has(self.numbers) or (has(self.authors) and has(self.years))


@lru_cache(maxsize=4096)
def studies_named(source: str) -> tuple[PanelStudy, ...]:
    """Return the studies of the panel that a source names.

    Parameters
    ----------
    source : str
        What stands as the source of a number; the hash of a data set's version is passed over, [-].

    Returns
    -------
    tuple of PanelStudy
        In the order of the panel, [-].

    Examples
    --------
    >>> [study.name for study in studies_named("Firoz & Graber, Magnes Res (2001)")]
    ['Firoz 2001']
    """
    text = _VERSION.sub(r"\1", source)
    return tuple(study for study in panel_studies() if study.is_named_in(text))


def held_out_study(source: str) -> PanelStudy | None:
    """Return the first study that a source names and that must train nothing.

    Parameters
    ----------
    source : str
        What stands as the source of a number, [-].

    Returns
    -------
    PanelStudy or None
        The study, [-].
    """
    return next((study for study in studies_named(source) if study.is_held_out), None)


def data_set_of(source: str) -> str:
    """Return the version of a data set that a source begins with.

    Parameters
    ----------
    source : str
        Source, such as ``trial@0123456789abcdef: notebook 7``, [-].

    Returns
    -------
    str
        Name and hash; empty when it begins with none, [-].

    Examples
    --------
    >>> data_set_of("trial@0123456789abcdef: notebook 7"), data_set_of("notebook 7")
    ('trial@0123456789abcdef', '')
    """
    found = _VERSION.match(source)
    return found[0] if found else ""


@cache
def panel_studies() -> tuple[PanelStudy, ...]:
    """Return every study of the panel.

    Returns
    -------
    tuple of PanelStudy
        In the order of the table of contrasts, [-].
    """
    rows = read_rows(find_table("contrasts", TABLES))
    by_key: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_key.setdefault(row["source"], []).append(row)
    return tuple(_study(key, of_study) for key, of_study in by_key.items())


def plain(study: str) -> str:
    """Return a study's name without spaces, marks and capitals, so that spellings agree.

    Parameters
    ----------
    study : str
        Name or key, [-].

    Returns
    -------
    str
        Letters and digits, [-].

    Examples
    --------
    >>> plain("Sabatier 2002") == plain("sabatier_2002")
    True
    """
    return re.sub(r"[^a-z0-9]", "", _without_accents(study))


def _study(key: str, rows: list[dict[str, str]]) -> PanelStudy:
    names = [rows[0]["study"], key, *_names_in_trials().get(key, ())]
    cited = " ".join([load_sources()[key], *_identifiers().get(key, ())])
    # Every study has one role; if one row is held out, all of it is.
    roles = sorted((row["role"] for row in rows), key=TRAINING_ROLES.__contains__)
    dated = [name for name in names if re.search(r" \d{4}$", name)]
    authors = sorted({name.partition(" ")[0] for name in dated})
    return PanelStudy(
        name=rows[0]["study"],
        role=roles[0],
        names=tuple(dict.fromkeys(_pattern(name) for name in names)),
        authors=tuple(_pattern(author, more="(?:etal)?(?![a-z])") for author in authors),
        years=tuple(
            re.compile(rf"(?<!\d)(?:{year}|['’]{year[2:]})(?!\d)")
            for year in sorted({name[-4:] for name in dated})
        ),
        dois=tuple(sorted({plain(doi) for doi in _DOI.findall(cited)})),
        numbers=tuple(
            re.compile(rf"(?<!\d){number}(?!\d)") for number in sorted(set(_NUMBER.findall(cited)))
        ),
    )


def _pattern(name: str, more: str = r"(?!\d)") -> re.Pattern[str]:
    """Return what finds a name in folded text, whatever stands between its words."""
    words = re.findall(r"[a-z]+|\d+", _without_accents(name))
    return re.compile("(?<![a-z])" + _BETWEEN.join(words) + more)


@cache
def _names_in_trials() -> Mapping[str, list[str]]:
    """Return what the table of trials calls the studies, by key."""
    found: dict[str, list[str]] = {}
    for row in read_rows(find_table("trials", TABLES)):
        if re.search(r"\d{4}$", row["study"]):
            found.setdefault(row["source"], []).append(row["study"])
    return found


@cache
def _identifiers() -> Mapping[str, list[str]]:
    """Return what all tables say of DOI, PMID and PMC number, by key of the source."""
    found: dict[str, list[str]] = {}
    for table in TABLES:
        for row in read_rows(table):
            if row.get("doi_pmid"):
                found.setdefault(row["source"], []).append(row["doi_pmid"])
    return found


def _spellings(text: str) -> tuple[str, str]:
    """Return folded text with umlauts as one letter, and as two."""
    lower = normalize("NFKC", unquote(text)).casefold()
    return _without_accents(lower), _without_accents(lower.translate(_DIGRAPHS))


def _without_accents(text: str) -> str:
    folded = normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if not combining(letter))
