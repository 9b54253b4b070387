"""A YAML text as a tree of nodes that know their line and column.

Only what a study file needs is read: mappings, lists and plain values, one document of at most
20 levels and 10,000 nodes. Anchors may stand, aliases, tags and duplicate keys are refused.
Nothing is ever turned into an object of any class. Events are read one by one, so that a file
built to explode is left before it does.
"""

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, NoReturn

from attrs import field, frozen

from experiments.config.files import MAX_BYTES, NOWHERE, Place, refuse_file, refuse_size
from formulation.errors import InputError

MAX_DEPTH = 20
"""Most levels of lists and mappings inside each other, [-]."""

MAX_NODES = 10_000
"""Most values of one file, [-]."""

MAX_KEY = 100
"""Longest key, [-] (characters)."""

Scalar = str | int | float | bool | None
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:[0-9]{1,40}\.[0-9]{0,40}|\.?[0-9]{1,40})(?:[eE][-+]?[0-9]{1,2})?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@frozen(kw_only=True)
class Node:
    """A value, a list or a mapping of a document."""

    value: "Scalar | tuple[Node, ...] | dict[str, Node]"
    """The plain value, the elements, or the members by key."""

    text: str = ""
    """A plain value as it was written."""

    place: Place = NOWHERE
    """Where it begins."""

    keys: Mapping[str, Place] = field(factory=dict)
    """Where each key of a mapping stands."""

    @property
    def kind(self) -> str:
        """What it is, for messages."""
        if isinstance(self.value, dict):
            return "a mapping"
        if isinstance(self.value, tuple):
            return "a list"
        return "nothing" if self.value is None else f"{self.text[:80]!r}"


def parse(text: str, file: str) -> Node:
    """Return the tree of a YAML text.

    Parameters
    ----------
    text : str
        The text, [-].
    file : str
        Its name, for messages, [-].

    Returns
    -------
    Node
        The root of its only document, [-].

    Raises
    ------
    InputError
        The text is too large, empty, broken, or uses what a study file must not.
    """
    if (size := len(text.encode(errors="replace"))) > MAX_BYTES:
        refuse_size(file, size)
    lines = text.count("\n") + (not text.endswith("\n"))
    builder = _Builder(file=file, lines=max(lines, 1))
    root = builder.build(text)
    if root is None or root.value is None:
        message = "the file is empty; a study is wanted."
        refuse_file(file, "empty_file", message, hint="Start from configs/studies/quickstart.yaml.")
    return root


def node_of(value: Any) -> Node:
    """Return plain data as a tree without places.

    Parameters
    ----------
    value : object
        Mappings with text keys, lists, text, numbers, flags or None, [-].

    Returns
    -------
    Node
        The tree, [-].

    Raises
    ------
    InputError
        Something else is inside.
    """
    if isinstance(value, Mapping):
        return Node(value={str(key): node_of(member) for key, member in value.items()})
    if isinstance(value, list | tuple):
        return Node(value=tuple(map(node_of, value)))
    if isinstance(value, float) and not isfinite(value):
        raise InputError(f"{value} is not a finite number.", hint="Write a finite number.")
    if value is None or isinstance(value, str | int | float | bool):
        return Node(value=value, text="" if value is None else str(value))
    raise InputError(
        f"A {type(value).__name__} has no place in a study.", hint="Give text, numbers and lists."
    )


@frozen(kw_only=True)
class _Builder:
    """Builds the tree from events, keeping what is still open on a stack of its own."""

    file: str
    """Name of the file."""

    lines: int
    """Number of its lines."""

    def build(self, text: str) -> Node | None:
        """Return the root, or None for a text without a document."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            return self._root(YAML(typ="safe", pure=True).parse(text))
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            if r"'\t'" in str(error.problem):
                message = "a tab stands here, where YAML wants blanks."
                self._fail("invalid_yaml", message, self._place(mark), "Replace it by blanks.")
            what = ", ".join(x for x in (error.context, error.problem) if x)
            self._fail("invalid_yaml", f"this is no YAML: {what}.", self._place(mark))
        except YAMLError as error:
            self._fail("invalid_yaml", f"this is no YAML: {str(error).splitlines()[0]}.")
        except (AttributeError, IndexError, TypeError, ValueError, AssertionError) as error:
            # The parser trips over some malformed directives and escapes in its own code.
            if isinstance(error, InputError):
                raise
            self._fail("invalid_yaml", f"this is no YAML: {error}.")

    def _root(self, events: Iterator[Any]) -> Node | None:
        stack: list[_Open] = []
        root: Node | None = None
        count = 0
        for event in events:
            kind = type(event).__name__
            place = self._place(event.start_mark)
            if kind == "DocumentStartEvent" and root is not None:
                self._fail("invalid_yaml", "a second document starts here.", place, "Keep one.")
            if kind not in _NODE_EVENTS:
                continue
            count += not kind.endswith("EndEvent")
            self._check(event, kind, place, depth=len(stack), count=count)
            if kind in ("MappingStartEvent", "SequenceStartEvent"):
                stack.append(_Open(is_mapping=kind == "MappingStartEvent", place=place))
                continue
            closes = kind in ("MappingEndEvent", "SequenceEndEvent")
            node = stack.pop().close() if closes else _scalar(event, place)
            if not stack:
                root = node
            else:
                self._add(stack[-1], node)
        return root

    def _check(self, event: Any, kind: str, place: Place, *, depth: int, count: int) -> None:
        if kind == "AliasEvent":
            self._fail(
                "alias",
                f"alias '*{event.anchor}' is not allowed.",
                place,
                "Write the value out.",
            )
        if getattr(event, "tag", None):
            self._fail("tag", f"tag {event.tag!r} is not allowed.", place, "Leave the tag out.")
        if kind.endswith("StartEvent") and depth >= MAX_DEPTH:
            self._fail("too_deep", f"more than {MAX_DEPTH} levels are nested here.", place)
        if count > MAX_NODES:
            self._fail("too_large", f"the file has more than {MAX_NODES:,} values.", place)

    def _add(self, parent: "_Open", node: Node) -> None:
        if not parent.is_mapping:
            parent.elements.append(node)
        elif parent.key:
            parent.members[parent.key.pop()] = node
        else:
            if isinstance(node.value, tuple | dict):
                self._fail("invalid_key", f"{node.kind} cannot be a key.", node.place)
            self._refuse_comma(parent, node)
            if len(node.text) > MAX_KEY:
                self._fail("invalid_key", f"a key has {len(node.text):,} characters.", node.place)
            if node.text in parent.members:
                first = parent.places[node.text].line
                message = f"key {node.text[:80]!r} stands twice; it is on line {first} already."
                self._fail("duplicate_key", message, node.place, "Keep one of them.")
            parent.places[node.text] = node.place
            parent.key.append(node.text)

    def _refuse_comma(self, parent: "_Open", key: Node) -> None:
        """Refuse what YAML made of ``{high: 9,5 mmol}``: the value 9, and a key '5 mmol'."""
        name, before = next(reversed(parent.members.items()), ("", key))
        text, tail = before.text, key.text.split(" ")[0]
        comma = Place(line=before.place.line, column=(before.place.column or 0) + len(text) + 1)
        if key.place == comma and _INTEGER.fullmatch(text) and _DIGITS.fullmatch(tail):
            self._fail(
                "decimal_comma",
                f"'{text},{key.text}' of {name!r} is parted by its comma.",
                before.place,
                f"A decimal comma? Write a point: {text}.{key.text}.",
            )

    def _place(self, mark: Any) -> Place:
        """Return where a mark lies; the end of a broken file may lie past its last line."""
        if mark is None:
            return NOWHERE
        if mark.line >= self.lines:
            return Place(line=self.lines, column=1)
        return Place(line=mark.line + 1, column=mark.column + 1)

    def _fail(self, code: str, message: str, place: Place = NOWHERE, hint: str = "") -> NoReturn:
        refuse_file(self.file, code, message, place, hint)


_NODE_EVENTS = frozenset(
    f"{kind}Event"
    for kind in ("Alias", "Scalar", "MappingStart", "MappingEnd", "SequenceStart", "SequenceEnd")
)


@frozen(kw_only=True)
class _Open:
    """A list or mapping whose end has not been seen."""

    is_mapping: bool
    """Whether it is a mapping."""

    place: Place
    """Where it began."""

    elements: list[Node] = field(factory=list)
    """Elements of a list so far."""

    members: dict[str, Node] = field(factory=dict)
    """Members of a mapping so far."""

    places: dict[str, Place] = field(factory=dict)
    """Where the keys of a mapping stand."""

    key: list[str] = field(factory=list)
    """The key whose value comes next, if any."""

    def close(self) -> Node:
        """Return the finished node."""
        value = self.members if self.is_mapping else tuple(self.elements)
        return Node(value=value, place=self.place, keys=self.places)


def _scalar(event: Any, place: Place) -> Node:
    text: str = event.value
    is_plain = event.style in (None, "")
    return Node(value=_plain_value(text) if is_plain else text, text=text, place=place)


def _plain_value(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
