"""The keys of a study file, read from the JSON Schema that `formulation schema` prints."""

from collections.abc import Iterator, Mapping
from typing import Any

from cells import cell, code, table

from experiments.config.schema import schema_of
from formulation.delivery import DELIVERY_SYSTEMS
from formulation.salts import salts as all_salts

MOST_KEYS = 14
"""Members of a mapping that are listed one by one at most, [-]; more are names of the domain."""

MOST_WORDS = 8
"""Words to choose from that are listed at most, [-]."""

Node = Mapping[str, Any]


def keys() -> str:
    """Return every key of a study file with what may stand there."""
    return _keys(schema_of("study"), schema_of("study"))


def product_keys() -> str:
    """Return every key of a product file, which may also stand in a list."""
    schema = schema_of("product")
    return _keys(schema["$defs"]["product"], schema)


def _keys(root: Node, schema: Node) -> str:
    rows = []
    for path, node, is_needed in _walk("", root, schema["$defs"]):
        told = [_kind(node, schema["$defs"]), _description(node)]
        rows.append((code(path), "needed" if is_needed else "", *map(cell, told)))
    return table(("key", "", "what may stand there", "what it means"), rows)


def _walk(prefix: str, node: Node, defs: Node) -> Iterator[tuple[str, Node, bool]]:
    """Return path, schema and whether it is needed, of every member below a mapping."""
    members = _members(node, defs)
    if len(members) > MOST_KEYS and prefix:
        return
    for name, member in members.items():
        path = f"{prefix}{name}"
        yield path, member, name in node.get("required", ())
        inner = _resolved(member, defs)
        mark = ""
        if inner.get("type") == "array":
            inner, mark = _resolved(inner["items"], defs), "[]"
        yield from _walk(f"{path}{mark}.", inner, defs)


def _members(node: Node, defs: Node) -> dict[str, Node]:
    """Return the members of a mapping, those of all its alternatives together."""
    found: dict[str, Node] = dict(node.get("properties", {}))
    for alternative in node.get("anyOf", ()):
        for name, member in _members(_resolved(alternative, defs), defs).items():
            found.setdefault(name, member)
    return found


def _resolved(node: Node, defs: Node) -> Node:
    reference = node.get("$ref")
    return {**defs[reference.removeprefix("#/$defs/")], **node} if reference else node


def _description(node: Node) -> str:
    """Return what a key means; long lists of names have pages of their own."""
    if "const" in node:
        return ""
    lines = str(node.get("description", "")).splitlines()
    return lines[0] if len(lines) == 1 else ""


def _kind(node: Node, defs: Node) -> str:
    """Return in words what may stand there."""
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    if name in ("quantity", "amount"):
        return "a quantity with its unit"
    if name in ("ends", "numbers"):
        return "low and high, one of them or both"
    node = _resolved(node, defs)
    if "const" in node:
        return "name of a delivery system"
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(_kind(part, defs) for part in node["anyOf"]))
    if "enum" in node:
        words = list(map(str, node["enum"]))
        return " or ".join(words) if len(words) <= MOST_WORDS else f"one of {len(words)} names"
    kind = node.get("type")
    if kind == "array":
        return f"a list: {_kind(node['items'], defs)}"
    if kind == "object":
        return "a mapping"
    if kind in ("integer", "number"):
        low, high = node.get("minimum"), node.get("maximum")
        ends = f", {low:,} to {high:,}" if None not in (low, high) else ""
        return f"{'a whole number' if kind == 'integer' else 'a number'}{ends}"
    return {"boolean": "true or false", "string": "text"}.get(str(kind), str(kind))


def delivery_systems() -> str:
    """Return every delivery system with its forms, components and settings."""
    parts = []
    for system in DELIVERY_SYSTEMS:
        parts.append(f"## {system.name}\n\n{cell(system.title)}.\n")
        for form in system.forms:
            parts.append(f"### {system.name}: {form.name}\n")
            rows = [
                (code(c.name), cell(c.role), f"{c.low_pct:g} to {c.high_pct:g} %", code(c.source))
                for c in form.components
            ]
            parts.append(table(("component", "role", "of the unit", "range from"), rows))
            settings = ", ".join(code(p.name) for p in form.process)
            if settings:
                parts.append(f"Settings: {settings}.\n")
            if form.dimensions:
                parts.append(f"Sizes: {', '.join(code(d.name) for d in form.dimensions)}.\n")
    return "\n".join(parts)


def salts() -> str:
    """Return every salt with its content and where that comes from."""
    rows = [
        (code(name), cell(salt.label), f"{salt.mg_pct.value:g}", code(salt.mg_pct.source))
        for name, salt in all_salts().items()
    ]
    return table(("salt", "what it is", "magnesium, % w/w", "source"), rows)
