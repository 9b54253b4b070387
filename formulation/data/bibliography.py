"""The register of sources: a narrow subset of BibTeX, read strictly.

Read are lines that are empty or start with "%"; ``@article{Key,`` or ``@misc{Key,`` alone on a
line; fields as ``  name = {value},`` one a line, indented by two spaces, without inner braces; and
``}`` alone on a line. Anything else is refused rather than half understood. Authors are joined by
" and ", unnamed ones written as "others". Not modelled: strings, macros, cross-references, LaTeX.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from formulation.errors import DataError

FILE = "sources.bib"
"""The register, in the package `formulation`."""

FIELDS = (
    *("author", "year", "title", "journal", "volume", "number", "pages"),
    *("howpublished", "doi", "pmid", "pmcid", "note"),
)
"""Fields an entry may have."""

_ENTRY = re.compile(r"@(?:article|misc)\{([A-Za-z][A-Za-z0-9]*),")
_FIELD = re.compile(r"  ([a-z]+) = \{([^{}]+)\},")


@cache
def load_sources() -> dict[str, str]:
    """Return every source as one line of citation, by key.

    Returns
    -------
    dict of str to str
        Key to citation, in the order of the file; shared, not to be changed, [-].

    Raises
    ------
    DataError
        The register is outside the subset this module reads.

    Examples
    --------
    >>> load_sources()["HixsonCrowell1931"].partition(";")[0]
    'Hixson, Crowell (1931), Ind Eng Chem 23:923'
    """
    text = files("formulation").joinpath(FILE).read_text(encoding="utf-8")
    return {key: cite(entry) for key, entry in parse_sources(text).items()}


def parse_sources(text: str) -> dict[str, dict[str, str]]:
    """Return the fields of every entry, by key.

    Parameters
    ----------
    text : str
        Content of the register, [-].

    Returns
    -------
    dict of str to dict
        Key to field to value, in the order of the text, [-].

    Raises
    ------
    DataError
        A line is outside the subset, a key or field stands twice, an entry has no field or is
        not closed; the message names the line.
    """
    entries: dict[str, dict[str, str]] = {}
    key = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("%"):
            continue
        if not key:
            key = _opened(line, number, entries)
            entries[key] = {}
        elif line == "}":
            if not entries[key]:
                raise _refusal(number, f"entry {key!r} says nothing", "Give it a title or a note.")
            key = ""
        else:
            _add_field(line, number, key, entries[key])
    if key:
        raise DataError(f"{FILE}: entry {key!r} is not closed.", hint="End it with a line '}'.")
    return entries


def cite(entry: Mapping[str, str]) -> str:
    """Return an entry as one line a person can look it up by.

    Parameters
    ----------
    entry : mapping of str to str
        Field to value, [-].

    Returns
    -------
    str
        Authors, year, title, place and identifiers, then the note, [-].

    Examples
    --------
    >>> cite({"author": "Fine and Fordtran", "year": "1991", "journal": "J Clin Invest",
    ...       "volume": "88", "pages": "396-402", "pmid": "1864954"})
    'Fine, Fordtran (1991), J Clin Invest 88:396-402, PMID 1864954'
    """
    authors = entry.get("author", "").replace(" and others", " et al.").replace(" and ", ", ")
    year = f"({entry['year']})" if "year" in entry else ""
    issue = entry.get("volume", "") + (f"({entry['number']})" if "number" in entry else "")
    place = f"{entry.get('journal', '')} {issue}".strip()
    pages = f":{entry['pages']}" if "pages" in entry else ""
    parts = [f"{authors} {year}".strip(), entry.get("title", ""), place + pages]
    parts += [entry.get("howpublished", "")]
    parts += [f"doi:{entry['doi']}" if "doi" in entry else ""]
    parts += [f"PMID {entry['pmid']}" if "pmid" in entry else "", entry.get("pmcid", "")]
    line = ", ".join(part for part in parts if part)
    return "; ".join(part for part in (line, entry.get("note", "")) if part)


def _opened(line: str, number: int, entries: Mapping[str, object]) -> str:
    match = _ENTRY.fullmatch(line)
    if match is None:
        raise _refusal(number, f"{line!r} opens no entry", "Write '@article{Key,' or '@misc{Key,'.")
    if match[1] in entries:
        raise _refusal(number, f"key {match[1]!r} stands twice", "Merge the two entries.")
    return match[1]


def _add_field(line: str, number: int, key: str, entry: dict[str, str]) -> None:
    match = _FIELD.fullmatch(line)
    if match is None:
        raise _refusal(number, f"{line!r} in {key!r} is no field", "Write '  name = {value},'.")
    name, value = match[1], match[2]
    if name not in FIELDS:
        raise _refusal(
            number, f"field {name!r} of {key!r} is not known", f"Use {', '.join(FIELDS)}."
        )
    if name in entry:
        raise _refusal(number, f"field {name!r} of {key!r} stands twice", "Keep one of them.")
    entry[name] = value


def _refusal(number: int, what: str, hint: str) -> DataError:
    return DataError(f"{FILE}, line {number}: {what}.", hint=hint)
