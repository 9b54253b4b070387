"""Values of a document, each with its pointer, and one list for everything wrong with them.

An `Item` turns its node into what is wanted or notes the problem and returns None, so that reading
goes on and a person sees all mistakes at once.
"""

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import TypeVar

from attrs import evolve, field, frozen

from experiments.config.documents import Node
from experiments.config.files import Place
from experiments.config.quantities import parse_quantity, shown_unit
from formulation.errors import InputError, Problem, RefusedError, UnknownNameError, did_you_mean
from formulation.possible import Possible
from formulation.units import with_unit

T = TypeVar("T")

MAX_TEXT = 1000
"""Longest text of a study, [-] (characters)."""


@frozen(kw_only=True)
class Item:
    """A node of a document with its way there."""

    node: Node
    """The node."""

    file: str
    """File the user wrote, as they named it."""

    pointer: str = ""
    """Path inside the document."""

    key_place: Place | None = None
    """Where the key stands that leads to it."""

    problems: list[Problem] = field(repr=False)
    """Everything wrong so far, shared by all items of a document."""

    def refuse(
        self, code: str, message: str, *, rule: str = "", hint: str = "", at_key: bool = False
    ) -> None:
        """Note that something is wrong here.

        Parameters
        ----------
        code : str
            Stable name of the rule's family, [-].
        message : str
            What is wrong, [-].
        rule : str, optional
            The rule, [-].
        hint : str, optional
            What to do, [-].
        at_key : bool, optional
            Whether the key is at fault rather than its value, [-].
        """
        place = self._place(at_key)
        problem = Problem(code=code, message=message, rule=rule, hint=hint)
        self.problems.append(self._placed(problem, place))

    def attempt(self, make: Callable[[], T], *, at_key: bool = False) -> T | None:
        """Return what a function makes, or note why the domain refuses it.

        Parameters
        ----------
        make : callable
            Makes a value of the domain, [-].
        at_key : bool, optional
            Whether the key is at fault rather than its value, [-].

        Returns
        -------
        object or None
            The value; None after a refusal, [-].
        """
        try:
            return make()
        except (InputError, RefusedError) as error:
            place = self._place(at_key)
            self.problems.extend(self._placed(p, place) for p in error.problems)
            return None

    def members(
        self, required: Collection[str] = (), optional: Collection[str] = ()
    ) -> dict[str, "Item"]:
        """Return the members of a mapping, noting unknown and missing ones.

        Parameters
        ----------
        required, optional : collection of str
            Keys it must have, and may have, [-].

        Returns
        -------
        dict of str to Item
            Known members by key; empty when it is no mapping, [-].
        """
        known = (*required, *optional)
        found = self.entries()
        for key in [key for key in found if key not in known]:
            found.pop(key).refuse(
                "unknown_key",
                f"key {key!r} is not known here.",
                rule="only known keys",
                hint=did_you_mean(key, known),
                at_key=True,
            )
        for key in required if isinstance(self.node.value, dict) else ():
            if key not in found:
                self._child(key, self.node).refuse(
                    "missing_key",
                    "the key is missing.",
                    rule=f"{key} is required",
                    hint=f"Add '{key}: ...'.",
                )
        return found

    def entries(self) -> dict[str, "Item"]:
        """Return the members of a mapping whose keys are free.

        Returns
        -------
        dict of str to Item
            Members by key; empty when it is no mapping, [-].
        """
        if not isinstance(self.node.value, dict):
            self._wrong_type("a mapping 'key: value'")
            return {}
        return {key: self._child(key, node) for key, node in self.node.value.items()}

    def elements(self, *, most: int, least: int = 1) -> list["Item"]:
        """Return the elements of a list.

        Parameters
        ----------
        most, least : int
            Most and fewest elements, [-].

        Returns
        -------
        list of Item
            Its elements; empty when it is no list, [-].
        """
        if not isinstance(self.node.value, tuple):
            self._wrong_type("a list")
            return []
        n = len(self.node.value)
        if not least <= n <= most:
            self.refuse(
                "wrong_length",
                f"the list has {n} elements; {least} to {most} are wanted.",
                rule=f"{least} to {most} elements",
            )
            return []
        return [
            evolve(self, node=node, pointer=f"{self.pointer}[{i}]", key_place=None)
            for i, node in enumerate(self.node.value)
        ]

    def text(
        self, pattern: str = ".*", rule: str = "one line of text", *, most: int = MAX_TEXT
    ) -> str:
        """Return a text of printable characters.

        Parameters
        ----------
        pattern : str, optional
            Regular expression that all of it must match, [-].
        rule : str, optional
            The same in words, [-].
        most : int, optional
            Longest text, [-] (characters).

        Returns
        -------
        str
            The text; empty after a refusal, [-].
        """
        value = self.node.value
        if value is None or isinstance(value, tuple | dict):
            self._wrong_type(rule)
            return ""
        text = self.node.text
        if len(text) > most:
            self.refuse(
                "wrong_text",
                f"it has {len(text):,} characters; at most {most:,} are taken, because it may stand"
                " in tables, reports and runs, which a longer one would fill.",
                rule=f"at most {most:,} characters",
                hint="Shorten it; what else is to be said may stand in a comment of the file, # ….",
            )
            return ""
        if not text.isprintable() or not re.fullmatch(pattern, text):
            self.refuse("wrong_text", f"{self.node.kind} is not {rule}.", rule=rule)
            return ""
        return text

    def whole(self, low: int, high: int) -> int | None:
        """Return a whole number.

        Parameters
        ----------
        low, high : int
            Ends of what is accepted, [-].

        Returns
        -------
        int or None
            The number; None after a refusal, [-].
        """
        value, rule = self.node.value, f"a whole number from {low:,} to {high:,}"
        if isinstance(value, bool) or not isinstance(value, int):
            self._wrong_type(rule)
            return None
        if not low <= value <= high:
            self.refuse("out_of_range", f"{value} is not possible; {rule} is wanted.", rule=rule)
            return None
        return value

    def flag(self) -> bool | None:
        """Return a yes or no.

        Returns
        -------
        bool or None
            The flag; None after a refusal, [-].
        """
        if not isinstance(self.node.value, bool):
            self._wrong_type("true or false")
            return None
        return self.node.value

    def name(self, kind: str, known: Collection[str]) -> str | None:
        """Return a name out of a table.

        Parameters
        ----------
        kind : str
            What it names, for the message, [-].
        known : collection of str
            Names of the table, [-].

        Returns
        -------
        str or None
            The name; None after a refusal, [-].
        """
        if self.node.value is None or isinstance(self.node.value, tuple | dict):
            self._wrong_type(f"the name of a {kind.lower()}")
            return None
        if self.node.text not in known:
            error = UnknownNameError(kind, self.node.text[:80], known)
            self.problems.extend(self._placed(p, self.node.place) for p in error.problems)
            return None
        return self.node.text

    def quantity(self, unit: str, *, why: str = "") -> float | None:
        """Return a written quantity in the unit asked for.

        Parameters
        ----------
        unit : str
            Unit wanted; "1" for a pure number, [-].
        why : str, optional
            Why this unit is wanted, for the hint, [-].

        Returns
        -------
        float or None
            Magnitude in `unit`; None after a refusal, [-].
        """
        value = self.node.value
        if value is None or isinstance(value, bool | tuple | dict):
            self._wrong_type(f"a value in {shown_unit(unit)}")
            return None
        return self.attempt(partial(_parsed, self.node.text, unit, why))

    def possible_quantity(self, unit: str, possible: Possible, name: str) -> float | None:
        """Return a written quantity that something can be; a stored study is taken as it is.

        Parameters
        ----------
        unit : str
            Unit wanted; "1" for a pure number, [-].
        possible : Possible
            Which values there are, in `unit`, [-].
        name : str
            What it is asked of, [-].

        Returns
        -------
        float or None
            Magnitude in `unit`; None after a refusal, [-].
        """
        value = self.quantity(unit)
        if value is None or not self.file or possible.includes(value):
            return value
        wanted, nearest = possible.text(unit), with_unit(possible.nearest(value), unit)
        self.refuse(
            "out_of_range",
            f"{name} cannot be {with_unit(value, unit)}; it is {wanted}.",
            rule=wanted,
            hint=f"Write a value in that range; {nearest} is the nearest.",
        )
        return None

    def _child(self, key: str, node: Node) -> "Item":
        pointer = f"{self.pointer}.{key}".removeprefix(".")
        return evolve(self, node=node, pointer=pointer, key_place=self.node.keys.get(key))

    def _place(self, at_key: bool) -> Place:
        # What stands nowhere is blamed on its key: YAML places it at what comes next.
        is_key = at_key or self.node.value is None
        return self.key_place if is_key and self.key_place else self.node.place

    def _wrong_type(self, wanted: str) -> None:
        self.refuse("wrong_type", f"{self.node.kind} was given; {wanted} is wanted.", rule=wanted)

    def _placed(self, problem: Problem, place: Place) -> Problem:
        value = None if isinstance(self.node.value, tuple | dict) else self.node.value
        return evolve(
            problem,
            file=self.file,
            line=place.line,
            column=place.column,
            pointer=self.pointer,
            value=value[:MAX_TEXT] if isinstance(value, str) else value,
        )


def _parsed(text: str, unit: str, why: str) -> float:
    try:
        return parse_quantity(text, unit)
    except InputError as error:
        if not why:
            raise
        hint = f"{error.problems[0].hint} {why}".strip()
        raise InputError(error.message, hint=hint) from None
