"""What differs between two studies in words: an item a line, so that no number is cut off."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LONGEST = 60
"""Characters of a side from which on it is told from where it differs, [-]."""

LONGEST_ALONE = 240
"""The same where the other side is nothing, [-]."""

NOTHING = "nothing"

BEFORE = 12
"""Characters told before that place, [-]."""

ONE_OF = {"limits": "limit", "objectives": "objective", "systems": "system", "salts": "salt"}
"""What one element of a list is called."""

NAMES = ("endpoint", "name", "attribute")
"""Keys that name an element of a list."""


def changed_lines(change: Mapping[str, Any]) -> Iterator[str]:
    """Yield what one changed part says before and after.

    Parameters
    ----------
    change : mapping
        With ``what`` is changed, and its values ``a`` and ``b``, [-].

    Yields
    ------
    str
        One line for each thing that differs, [-].

    Examples
    --------
    >>> limit = {"endpoint": "serum.p95", "high": "1.1 mmol/L"}
    >>> change = {"what": "limits", "a": [limit], "b": [{**limit, "high": "1.2 mmol/L"}]}
    >>> list(changed_lines(change))
    ['limit serum.p95: up to 1.1 mmol/L -> up to 1.2 mmol/L']
    """
    for name, before, after in _parts(change["what"], change["a"], change["b"]):
        left, right = _shortened(before, after)
        yield f"{name}: {left} -> {right}"


def _parts(name: str, a: Any, b: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the name and both texts of everything that differs."""
    if a == b:
        return
    if isinstance(a, Mapping) and isinstance(b, Mapping) and not _is_span(a) and not _is_span(b):
        for key in dict.fromkeys([*a, *b]):
            yield from _parts(f"{name} {key}", a.get(key), b.get(key))
        return
    left, right = _by_name(a), _by_name(b)
    if left is None or right is None or not (left or right):
        yield name, _words(a), _words(b)
        return
    one = ONE_OF.get(name, name)
    for key in dict.fromkeys([*left, *right]):
        yield from _parts(f"{one} {key}", left.get(key), right.get(key))
    if list(left) != list(right) and sorted(left) == sorted(right):
        yield f"order of {name}", ", ".join(left), ", ".join(right)


def _by_name(value: Any) -> dict[str, Any] | None:
    """Return the elements of a list by their names; None where they have none of their own."""
    if value is None:
        return {}
    if isinstance(value, str) or not isinstance(value, Sequence):
        return None
    found: dict[str, Any] = {}
    for element in value:
        if not isinstance(element, Mapping):
            return None
        key = next((str(element[name]) for name in NAMES if name in element), "")
        if not key or key in found:
            return None
        found[key] = {k: v for k, v in element.items() if k not in NAMES}
    return found


def _is_span(value: Mapping[str, Any]) -> bool:
    return bool(value) and set(value) <= {"low", "high"}


def _words(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if not _is_span(value):
            return ", ".join(f"{key} {_words(v)}" for key, v in value.items()) or NOTHING
        if len(value) > 1:
            return f"{value['low']} to {value['high']}"
        return f"up to {value['high']}" if "high" in value else f"at least {value['low']}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(map(_words, value)) or "none"
    return str(value)


def _shortened(a: str, b: str) -> tuple[str, str]:
    """Return both texts, long ones from a little before the place where they differ."""
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    start = max(same - BEFORE, 0) if max(len(a), len(b)) > LONGEST else 0
    # What was not there before, or is not any more, has nothing to be held against.
    room = LONGEST_ALONE if NOTHING in (a, b) else LONGEST
    return _cut(a, start, room), _cut(b, start, room)


def _cut(text: str, start: int, room: int) -> str:
    if len(text) <= room:
        return text
    told = ("…" if start else "") + text[start : start + room]
    return told + ("…" if start + room < len(text) else "")
