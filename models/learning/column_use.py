"""What each column of somebody's table is for, from a mapping and from what was named beside it.

A name written beside the mapping stands where the mapping is silent or says the same; where the two
contradict each other, neither is believed.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from attrs import evolve, field, frozen

from formulation.errors import InputError, Problem, UnknownNameError
from formulation.units import to_unit
from models.data.lab_tables import LabTable

ROLES = ("target", "group", "time", "curve", "early", "feature", "ignore")
"""What a column may be: measured, never split, when, one series, an early value, known, unread."""

FORMS = ("number", "text")
"""How the cells of a column may be read."""

_SINGLE = ("target", "time", "curve")
_WORDS = {
    **{role: f"the {role}" for role in ("target", "group", "time", "curve")},
    **{"early": "an early value", "feature": "a feature", "ignore": "ignored"},
}


@frozen(kw_only=True)
class ColumnUse:
    """What a mapping says about one column."""

    role: str = ""
    """One of `ROLES`; empty when the mapping does not say."""

    unit: str = ""
    """Unit of its numbers; empty when the mapping does not say."""

    read_as: str = ""
    """One of `FORMS`; empty to let the cells decide."""

    at: str = ""
    """Time of an early value with its unit, such as ``0.25 d``."""

    low: float = -inf
    """Least number that is possible, in `unit`."""

    high: float = inf
    """Greatest number that is possible, in `unit`."""

    is_known: bool = False
    """Whether a column of the group is a feature too, such as a descriptor of the drug."""

    file: str = ""
    """File that says so."""

    line: int | None = None
    """Line in it, from 1."""

    column: int | None = None
    """Column in that line, from 1."""

    def problem(self, name: str, code: str, message: str, *, hint: str = "") -> Problem:
        """Return a problem with what the mapping says.

        Parameters
        ----------
        name : str
            Column it says it of, [-].
        code : str
            Stable name of the rule's family, [-].
        message : str
            What is wrong, [-].
        hint : str, optional
            What to do, [-].

        Returns
        -------
        Problem
            The problem, where the mapping says so, [-].
        """
        return Problem(
            code=code,
            message=message,
            pointer=f"columns.{name}",
            file=self.file,
            line=self.line,
            column=self.column,
            hint=hint,
        )


@frozen(kw_only=True)
class Roles:
    """Which column of a table is what, by index from 0."""

    target: int
    """What was measured, [-]."""

    groups: tuple[int, ...]
    """Columns that together name the group."""

    time: int | None = None
    """When it was measured; None for a table without times."""

    curve: int | None = None
    """Which series it belongs to; None when the rows tell."""

    early: Mapping[int, float] = field(factory=dict)
    """Early values of the same curve, and when, in the unit of the time."""

    features: tuple[int, ...] = ()
    """Everything else that is read, the early values with it."""

    uses: Mapping[int, ColumnUse] = field(factory=dict)
    """What the mapping says of each."""


def resolve_roles(
    table: LabTable,
    *,
    named: Mapping[str, str],
    mapping: Mapping[str, ColumnUse],
    ignore: Sequence[str],
) -> tuple[Roles | None, tuple[Problem, ...]]:
    """Return what every column of a table is.

    Parameters
    ----------
    table : LabTable
        A table whose columns are the user's own, [-].
    named : mapping of str to str
        Name of a column by role, as given beside the mapping; empty when it is not given, [-].
    mapping : mapping of str to ColumnUse
        What is said of columns, by name, [-].
    ignore : sequence of str
        Columns that are not to be read, [-].

    Returns
    -------
    tuple
        The roles, or None when something is wrong; and everything wrong, [-].
    """
    reading = _Reading(table=table)
    for name, use in mapping.items():
        if (index := reading.find(name, use)) is not None:
            reading.say(index, name, use)
    for role, name in named.items():
        if name and (index := reading.find(name)) is not None:
            reading.name(role, index)
    for name in ignore:
        if (index := reading.find(name)) is not None:
            reading.name("ignore", index)
    return reading.roles(), tuple(reading.problems)


@frozen(kw_only=True)
class _Reading:
    """One header being understood, with what is wrong so far."""

    table: LabTable
    uses: dict[int, ColumnUse] = field(factory=dict)
    mapped: dict[str, list[int]] = field(factory=lambda: {role: [] for role in ROLES})
    given: dict[str, list[int]] = field(factory=lambda: {role: [] for role in ROLES})
    problems: list[Problem] = field(factory=list)

    def find(self, name: str, use: ColumnUse | None = None) -> int | None:
        """Return the column of a name, whatever its case when only one fits."""
        names = self.table.header.cells
        if name in names:
            return names.index(name)
        near = [i for i, n in enumerate(names) if n.casefold() == name.strip().casefold()]
        if len(near) == 1:
            return near[0]
        error = UnknownNameError("Column", name, [n for n in names if n])
        where: dict[str, Any] = {"file": self.table.file, "line": None, "column": None}
        if use is not None and use.file:
            where = {"file": use.file, "line": use.line, "column": use.column}
        self.problems.extend(evolve(p, **where) for p in error.problems)
        return None

    def say(self, index: int, name: str, use: ColumnUse) -> None:
        """Note what the mapping says of a column."""
        if index in self.uses:
            message = f"column {self._name(index)!r} stands twice in the mapping."
            self.problems.append(use.problem(name, "duplicate", message))
            return
        self.uses[index] = use
        if use.role:
            self.mapped[use.role].append(index)

    def name(self, role: str, index: int) -> None:
        """Note what was named beside the mapping, unless the mapping says something else."""
        said = self.uses.get(index, ColumnUse()).role
        others = [] if role == "ignore" else self.mapped[role]
        if said and said != role and {said, role} != {"group", "curve"}:
            here, there = _WORDS[role], _WORDS[said]
            message = f"column {self._name(index)!r} is {here} here, but {there} in the mapping."
            self._contradict(index, message)
        elif others and others != [index]:
            names = ", ".join(repr(self._name(i)) for i in others)
            message = f"the {role} is {self._name(index)!r} here, but {names} in the mapping."
            self._contradict(others[0], message)
        else:
            self.given[role].append(index)

    def roles(self) -> Roles | None:
        """Return the roles; None when something is wrong."""
        found = {r: list(dict.fromkeys((*self.mapped[r], *self.given[r]))) for r in ROLES}
        self._check(found)
        if self.problems:
            return None
        time = found["time"][0] if found["time"] else None
        early = {} if time is None else self._early(found["early"], time)
        known = {i for i in found["group"] if self.uses.get(i, ColumnUse()).is_known}
        taken = {i for r in ("group", "ignore", *_SINGLE) for i in found[r]} - known
        return (
            None
            if self.problems
            else Roles(
                target=found["target"][0],
                groups=tuple(found["group"]),
                time=time,
                curve=found["curve"][0] if found["curve"] else None,
                early=early,
                features=tuple(i for i in range(len(self.table.header.cells)) if i not in taken),
                uses=self.uses,
            )
        )

    def _check(self, found: Mapping[str, list[int]]) -> None:
        for role in ("target", "group"):
            if not found[role] and not self.problems:
                message = f"no column is the {role}."
                hint = f"Name one with --{role}, or with 'role: {role}' in the mapping."
                self._refuse("missing_column", message, hint)
        for role in _SINGLE:
            if len(found[role]) > 1:
                names = ", ".join(repr(self._name(i)) for i in found[role])
                self._refuse("duplicate", f"{names} each are the {role}; one is wanted.")
        for index in range(len(self.table.header.cells)):
            held = [role for role in ROLES if index in found[role]]
            if len(held) > 1 and held != ["group", "curve"]:
                words = " and ".join(_WORDS[role] for role in held)
                message = f"column {self._name(index)!r} is {words} at once."
                self._refuse("contradiction", message, "Give it one role.")
        if found["early"] and not found["time"]:
            use, name = self.uses[found["early"][0]], self._name(found["early"][0])
            message = f"column {name!r} is an early value, but no column is the time."
            self.problems.append(use.problem(name, "missing_column", message))

    def _early(self, columns: Sequence[int], time: int) -> dict[int, float]:
        """Return when each early value was read, in the unit of the time."""
        unit, found = self.uses.get(time, ColumnUse()).unit, {}
        for index in columns:
            use, name = self.uses[index], self._name(index)
            if not unit:
                message = f"the time {self._name(time)!r} has no unit, so {use.at!r} means nothing."
                hint = f"Say 'unit:' of {self._name(time)!r} in the mapping."
                self.problems.append(use.problem(name, "unit_missing", message, hint=hint))
                continue
            try:
                found[index] = to_unit(use.at, unit)
            except InputError as error:
                hint = error.problems[0].hint
                self.problems.append(use.problem(name, "unknown_unit", error.message, hint=hint))
        return found

    def _name(self, index: int) -> str:
        return self.table.header.cells[index]

    def _contradict(self, index: int, message: str) -> None:
        use, name = self.uses[index], self._name(index)
        hint = "Change one of them."
        self.problems.append(use.problem(name, "contradiction", message, hint=hint))

    def _refuse(self, code: str, message: str, hint: str = "") -> None:
        problem = Problem(code=code, message=message, file=self.table.file, hint=hint)
        self.problems.append(problem)
