"""What the program itself says of its commands, settings, endpoints, errors and documents."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from attrs import fields
from cells import cell, code, table
from typer.main import get_command

from experiments.cli import app
from experiments.executors import limits
from experiments.requirements.measures import (
    BEST,
    CONFIRMED,
    MEASURES,
    NOTHING_CONFIRMED,
    NOTHING_FEASIBLE,
    Measure,
)
from experiments.workspace import VARIABLES
from formulation import errors
from formulation.endpoint_keys import STATISTIC_WORDS, every_key
from formulation.endpoints import ENDPOINTS, Endpoint
from formulation.possible import ANY

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("formulation", "models", "experiments")

SETTINGS = {
    "home": "workspace folder",
    "store": "database of a PostgreSQL server instead of a file",
    "executor": "`inline`, `process` or `ray`",
    "workers": "how many workers",
    "tracking_uri": "MLflow server; `off` leaves everything in the outbox",
    "track_children": "which trials get a run of their own in MLflow: `front` or `all`",
    "tracking_wait_s": "seconds `run` waits for its links in MLflow",
}
"""What each setting of `formulation.toml` means."""

DEADLINES = {
    limits.START_DEADLINE_VARIABLE: "seconds Ray may take to start",
    limits.CHUNK_DEADLINE_VARIABLE: "seconds one chunk may take before its worker is replaced",
}
"""Settings that only the environment has."""

SIGNALS = {130: "ended by Ctrl-C; what was done is kept", 143: "ended by SIGTERM, likewise"}


def each_command() -> Iterator[tuple[str, Any]]:
    """Return every command with its full name, groups before their members."""
    for name, command in get_command(app).commands.items():
        members = getattr(command, "commands", None)
        yield name, command
        for member, inner in (members or {}).items():
            yield f"{name} {member}", inner


def commands() -> str:
    """Return every command with its arguments and options."""
    parts = []
    for name, command in each_command():
        parts += [f"## {name}\n", f"{command.help}\n"]
        if hasattr(command, "commands"):
            continue
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        words = [p.name.upper() if p.required else f"[{p.name.upper()}]" for p in arguments]
        parts.append(f"```text\nformulation {' '.join([name, *words])} [OPTIONS]\n```\n")
        parts.append(table(("", "default", ""), (_option(p) for p in command.params)))
    return "\n".join(parts)


def _option(parameter: Any) -> tuple[str, str, str]:
    is_argument = parameter.param_type_name == "argument"
    names = [parameter.name.upper()] if is_argument else parameter.opts
    default = parameter.default
    shown = "" if default in (None, False) or callable(default) else code(default)
    again = " May be given several times." if parameter.multiple else ""
    needed = "needed" if parameter.required else shown
    return ", ".join(map(code, names)), needed, cell(f"{parameter.help or ''}{again}")


def endpoints() -> str:
    """Return every endpoint with its unit and how it may be read."""
    keys = every_key()
    rows = []
    for endpoint in ENDPOINTS:
        own = [k.split(".")[1:] for k in keys if k.partition(".")[0] == endpoint.name]
        suffixes = list(dict.fromkeys(part for parts in own for part in parts))
        rows.append(
            (
                code(endpoint.name),
                cell(endpoint.title),
                cell({"1": "", "percent": "%"}.get(endpoint.unit, endpoint.unit)),
                cell(_possible(endpoint)),
                endpoint.scope.value,
                " ".join(f"`.{s}`" for s in suffixes),
            )
        )
    words = "; ".join(f"`.{name}` {title}" for name, title in STATISTIC_WORDS.items())
    heads = ("endpoint", "what it is", "unit", "can be", "from", "may be followed by")
    return f"{table(heads, rows)}\n{words}.\n"


def _possible(endpoint: Endpoint) -> str:
    """Return the bounds of an endpoint; nothing where every number is possible."""
    return "" if endpoint.possible == ANY else endpoint.possible.text(endpoint.unit)


def settings() -> str:
    """Return where a setting may stand."""
    rows = [
        (code(name), code(VARIABLES[name]), code(_flag(name)) if _has_flag(name) else "", words)
        for name, words in SETTINGS.items()
    ]
    rows += [("", code(name), "", words) for name, words in DEADLINES.items()]
    return table(("`formulation.toml`", "environment", "flag", "what it is"), rows)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _has_flag(name: str) -> bool:
    return any(_flag(name) in p.opts for _, command in each_command() for p in command.params)


def error_classes() -> str:
    """Return every exit code with what ends the program so."""
    rows = [("0", "", "done")]
    for found in sorted(_classes(), key=lambda c: (c.exit_code, c.__name__)):
        first = (found.__doc__ or "").strip().splitlines()[0].replace("``", "")
        words = cell(first) if found is not errors.FormulationError else "a fault of ours"
        rows.append((str(found.exit_code), code(found.code), words))
    rows += [(str(number), "", words) for number, words in SIGNALS.items()]
    return table(("exit code", "code of the error", "when"), rows)


def _classes() -> list[type[errors.FormulationError]]:
    found = [c for c in vars(errors).values() if isinstance(c, type)]
    return [c for c in found if issubclass(c, errors.FormulationError)]


def error_codes() -> str:
    """Return every code that a problem may carry, and the modules that give it."""
    rows = [
        (code(name), ", ".join(code(module) for module in sorted(modules)))
        for name, modules in sorted(codes_given().items())
    ]
    return table(("code", "given by"), rows)


@cache
def codes_given() -> dict[str, set[str]]:
    """Return the codes that the sources give to problems, with their modules.

    Whatever takes a parameter named ``code`` is looked for, then each call of it with a text there.
    """
    trees = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text("utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not path.name.startswith("_kernel")  # generated, and longer than the rest
    }
    places = {"Problem": None}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
                if "code" in names:
                    places[node.name] = names.index("code")
    found: dict[str, set[str]] = {c.code: {"formulation.errors"} for c in _classes()}
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (name := _called(node)) in places:
                given = _text_at(node, places[name])
                if given is not None and re.fullmatch(r"[a-z]+(?:_[a-z]+)*", given):
                    found.setdefault(given, set()).add(module)
    return found


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _text_at(node: ast.Call, place: int | None) -> str | None:
    given = [k.value for k in node.keywords if k.arg == "code"]
    if place is not None and len(node.args) > place:
        given.append(node.args[place])
    texts = [g.value for g in given if isinstance(g, ast.Constant) and isinstance(g.value, str)]
    return texts[0] if texts else None


def requirements() -> str:
    """Return every number that may be required of a study."""
    always = fields(Measure).absent.default
    rows = [
        (
            code(m.name),
            "count" if m.is_count else "fraction",
            cell(m.title),
            "" if m.absent == always else cell(m.absent),
        )
        for m in MEASURES
    ]
    own = "each objective, as predicted or as confirmed"
    rows += [
        (f"`{first}.<endpoint>`", "in the endpoint's unit", f"the best of {own}", cell(why))
        for first, why in (
            (BEST, NOTHING_FEASIBLE),
            (CONFIRMED, NOTHING_CONFIRMED),
        )
    ]
    return table(("name", "kind", "what it is", "none where"), rows)


def documents() -> str:
    """Return the names and versions of the JSON documents, found in the sources."""
    pattern = re.compile(r'"(formulation/[a-z-]+)"')
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for name in pattern.findall(path.read_text(encoding="utf-8")):
                found.setdefault(name, set()).add(module)
    rows = [
        (code(name), ", ".join(map(code, sorted(modules))))
        for name, modules in sorted(found.items())
    ]
    return table(("`schema`", "named in"), rows)
