"""A CSV file from bytes to cells: which encoding, which delimiter, and what is no text at all.

Nothing is guessed silently. Without a word from the user a text is UTF-8, or UTF-16 with its mark;
an 8-bit encoding cannot be told from another one by its bytes, so that it has to be named.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice

from attrs import frozen

from formulation.errors import UnknownNameError
from models.data.table_limits import MAX_LINE_CHARS, Row, kept_rows, refusal

DELIMITERS = {"\t": "tab", ";": "semicolon", ",": "comma"}
"""What may separate cells, the surest first."""

ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("utf-16", "utf16"), "utf-16"),
    **dict.fromkeys(("cp1252", "windows-1252"), "cp1252"),
    **dict.fromkeys(("latin-1", "latin1", "iso-8859-1"), "latin-1"),
}
"""Encodings by the names a user may give them."""

COMMENT = "#"
"""A line above the header that begins so, and then with a blank, explains it and is not read."""

_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_COMMENT = re.compile(rf'"?{COMMENT}( |"?[,;\t]*$)|"?sep=.?"?$')
_ENDS = re.compile(r"\r\n|\r|\n")
_SAVE = "Save it as 'CSV UTF-8'"


@frozen(kw_only=True)
class CsvText:
    """The rows of a CSV file, and how it was written."""

    form: str
    """What it was, such as ``CSV, semicolon, utf-8``."""

    delimiter: str
    """What separates its cells."""

    rows: tuple[Row, ...]
    """The header and everything below it."""


def read_csv(data: bytes, *, file: str, encoding: str = "") -> CsvText:
    """Return the rows in the bytes of a CSV file.

    Parameters
    ----------
    data : bytes
        Content of the file, [-].
    file : str
        Its name, for messages, [-].
    encoding : str, optional
        One of `ENCODINGS`; empty for UTF-8, or UTF-16 with its mark, [-].

    Returns
    -------
    CsvText
        Its rows, [-].

    Raises
    ------
    InputError
        It is no text in that encoding, empty, or larger than what is read.
    """
    text, written = _decode(data, file, encoding)
    _refuse_long_lines(text, file)
    start, n_above = _header_start(text)
    body = StringIO(text[start:], newline="")
    first = next((line for line in body if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda d: len(next(csv.reader([first], delimiter=d), [])))
    body.seek(0)
    reader = csv.reader(body, delimiter=delimiter)

    def lines() -> Iterator[tuple[int, Sequence[str]]]:
        line = 1 + n_above
        for cells in reader:
            yield line, cells
            line = 1 + n_above + reader.line_num

    try:
        rows = kept_rows(lines(), file)
    except csv.Error as error:
        message = f"line {reader.line_num + n_above} is no CSV: {error}."
        raise refusal(file, "not_text", message, "Save it again as CSV.") from None
    form = f"CSV, {DELIMITERS[delimiter]}, {written}"
    return CsvText(form=form, delimiter=delimiter, rows=rows)


def _decode(data: bytes, file: str, asked: str) -> tuple[str, str]:
    """Return the text and the name of its encoding."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    encoding = marked or "utf-8"
    if asked:
        encoding = _stated(data, file, asked, marked)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} is no {encoding} text."
        hint = f"{_SAVE}."
        if not asked:
            message = f"{message[:-1]}; this may be Latin-1 or Windows-1252."
            hint = f"{_SAVE}, or give --encoding cp1252 if that is what it is."
        raise refusal(file, "not_text", message, hint, line=line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        message = "a NUL byte was found; this is a binary file, or UTF-16 without its mark."
        raise refusal(file, "not_text", message, f"{_SAVE}.", line=line)
    return text, encoding.removesuffix("-sig")


def _stated(data: bytes, file: str, asked: str, marked: str) -> str:
    """Return the encoding a user named, unless the bytes speak against it."""
    known = ENCODINGS.get(asked.strip().casefold())
    if known is None:
        raise UnknownNameError("Encoding", asked, ENCODINGS)
    found = marked.removesuffix("-sig")
    if not marked and known in ("cp1252", "latin-1") and _is_utf8_beyond_ascii(data):
        found = "utf-8"
    if found and found != known:
        message = f"--encoding says {known}, but the bytes are {found}."
        raise refusal(file, "wrong_encoding", message, "Leave --encoding out.")
    if known == "utf-16" and not marked:
        message = "UTF-16 without its byte order mark could be read in two ways."
        raise refusal(file, "not_text", message, f"{_SAVE}.")
    return marked or known


def _is_utf8_beyond_ascii(data: bytes) -> bool:
    """Tell whether bytes are UTF-8 with more than ASCII; other texts are that by no accident."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not data.isascii()


def _refuse_long_lines(text: str, file: str) -> None:
    start, number = 0, 1
    for end in _ENDS.finditer(text):
        if end.start() - start > MAX_LINE_CHARS:
            break
        start, number = end.end(), number + 1
    else:
        if len(text) - start <= MAX_LINE_CHARS:
            return
    message = f"line {number:,} has more than {MAX_LINE_CHARS:,} characters."
    hint = "This is no table of a bench, or its line ends were lost; save it again as CSV."
    rule = f"at most {MAX_LINE_CHARS:,} characters a line"
    raise refusal(file, "line_too_long", message, hint, rule=rule, line=number)


def _header_start(text: str) -> tuple[int, int]:
    """Return where the table begins, past the lines that explain it, and how many those are."""
    start = n_above = 0
    for line in islice(StringIO(text, newline=""), 1000):
        if line.strip() and not _COMMENT.match(line.strip()):
            break
        start, n_above = start + len(line), n_above + 1
    return start, n_above
