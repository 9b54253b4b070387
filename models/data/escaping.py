"""Text cells that a spreadsheet would take for formulas, written so that it does not.

A cell of text that begins with one of ``= + - @``, a tab or a carriage return gets an apostrophe
before it, and so does one that begins with apostrophes and then such a mark: undoing it gives back
what was written. Numbers are left as they are; a negative number is no formula. What no workbook
can hold, control characters and unpaired halves of characters, is written as its escape.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_UNHELD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escaped(text: str) -> str:
    """Return the text of a cell as it is safe in a spreadsheet.

    Parameters
    ----------
    text : str
        Text without blanks around it, [-].

    Returns
    -------
    str
        The text, with an apostrophe before it where it would be a formula, [-].

    Examples
    --------
    >>> escaped("=1+1"), escaped("lab-07")
    ("'=1+1", 'lab-07')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    """Return the text of a cell as it was before `escaped`.

    Parameters
    ----------
    text : str
        Content of a cell, [-].

    Returns
    -------
    str
        The text, [-].

    Examples
    --------
    >>> unescaped("'=1+1"), unescaped("'quoted'")
    ('=1+1', "'quoted'")
    """
    return text[1:] if _ESCAPED.match(text) else text


def holdable(text: str) -> str:
    r"""Return text as a workbook and UTF-8 can hold it.

    Parameters
    ----------
    text : str
        Any text, [-].

    Returns
    -------
    str
        The same, with what they cannot hold as its escape, and one kind of line break, [-].

    Examples
    --------
    >>> holdable("a\x07b"), holdable("a\r\nb")
    ('a\\x07b', 'a\nb')
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNHELD.sub(lambda found: ascii(found.group())[1:-1], lines)
