"""Docstrings: every parameter says its unit, every array its shape, every source is registered."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from formulation.data import load_sources

ROOT = Path(__file__).resolve().parents[1]
KEY = re.compile(r"[A-Z][A-Za-z]+\d{4}")
"""A source key: author or body and year."""

GENERATED = frozenset({"models/simulator/_kernel.py"})
"""Written by `models.simulator.codegen` and read by nobody: its arrays are described in the engine,
which passes them on."""

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
ENTRY = re.compile(r"^(\S[^:\n]*?)(?: : (.*))?$")


@cache
def trees():
    paths = [p for package in ("formulation", "models") for p in sorted((ROOT / package).rglob("*.py"))]  # fmt: skip  # noqa: E501
    named = {str(p.relative_to(ROOT)): p for p in paths}
    written = {name: p for name, p in named.items() if name not in GENERATED}
    return {name: ast.parse(p.read_text(encoding="utf-8")) for name, p in written.items()}


def is_public(node):
    return not node.name.startswith("_")


def is_property(function):
    marks = [d.attr if isinstance(d, ast.Attribute) else getattr(d, "id", "") for d in
             function.decorator_list]  # fmt: skip
    return bool({"property", "cached_property", "overload"} & set(marks))


def public_functions():
    """Yield every public function and method with a name to find it by."""
    for path, tree in trees().items():
        owners = [(path, tree)]
        owners += [
            (f"{path}:{c.name}", c)
            for c in tree.body
            if isinstance(c, ast.ClassDef) and is_public(c)
        ]
        for name, owner in owners:
            for node in owner.body:
                if isinstance(node, ast.FunctionDef) and is_public(node) and not is_property(node):
                    yield f"{name}.{node.name}", node


def arguments(function):
    a = function.args
    given = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    return {x.arg: ast.unparse(x.annotation) if x.annotation else "" for x in given}.items() - {
        ("self", ""),
        ("cls", ""),
    }


def sections(docstring):
    """Return the text below each underlined heading."""
    parts = SECTION.split(docstring or "")
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(section):
    """Return (names, type, description) of each entry of a numpydoc section."""
    found = []
    for line in section.splitlines():
        if line and not line.startswith(" "):
            names, kind = ENTRY.fullmatch(line).groups()
            found.append(([n.strip(" *") for n in names.split(",")], kind or "", []))
        elif found:
            found[-1][2].append(line.strip())
    return [(names, kind, " ".join(text).strip()) for names, kind, text in found]


def faults(function):
    """Return what is missing in the Parameters section of one function."""
    documented = entries(sections(ast.get_docstring(function)).get("Parameters", ""))
    kinds = {name: kind for names, kind, _ in documented for name in names}
    given = dict(arguments(function))
    found = [f"{name} is not described" for name in given.keys() - kinds.keys()]
    found += [f"{name} is no parameter" for name in kinds.keys() - given.keys()]
    for names, kind, text in documented:
        if not re.search(r"\[[^\[\]]+\]", text):
            found.append(f"{', '.join(names)} has no [unit]")
        is_array = "ndarray" in kind or any("Array" in given.get(n, "") for n in names)
        if is_array and not re.search(r"of shape \(.*\)", kind + text):
            found.append(f"{', '.join(names)} has no shape")
    return found


def test_public_functions_are_found():
    """The walk sees functions and methods, and enough of them."""
    names = [name for name, _ in public_functions()]
    assert "formulation/units.py.to_unit" in names
    assert "formulation/polytope.py:Polytope.to_cube" in names
    assert len(names) > 80


def test_only_a_generated_file_is_passed_over():
    """It stands where it is said to, and says itself that nobody edits it."""
    for name in GENERATED:
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        assert "nobody edits them" in ast.get_docstring(tree)


def test_every_parameter_has_a_unit_and_every_array_a_shape():
    """In numpydoc, for all that anybody may call."""
    found = {name: missing for name, node in public_functions() if (missing := faults(node))}
    assert found == {}


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ("x : float\n        Size, [mg].", None),
        ("x : float\n        Size.", "x has no [unit]"),
        ("x : ndarray\n        Sizes, [mg].", "x has no shape"),
        ("y : float\n        Size, [mg].", "x is not described"),
    ],
)
def test_a_poor_docstring_would_be_noticed(parameters, fault):
    """Missing units, shapes and parameters each have their words."""
    underline = "-" * 10
    code = f'def f(x):\n    """F.\n\n    Parameters\n    {underline}\n    {parameters}\n    """\n'
    found = faults(ast.parse(code).body[0])
    assert fault in found if fault else found == []


def docstrings():
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield path, ast.get_docstring(node) or ""


def test_every_reference_is_registered():
    """Each numbered reference of a docstring is a key of the register of sources."""
    cited = {
        (path, key)
        for path, text in docstrings()
        for key in re.findall(r"^\.\. \[\d+\] (\w+)", sections(text).get("References", ""), re.M)
    }
    assert cited
    assert {(path, key) for path, key in cited if key not in load_sources()} == set()


def test_every_key_named_in_a_docstring_is_registered():
    """In running text too, where it looks like a source."""
    named = {(path, key) for path, text in docstrings() for key in KEY.findall(text)}
    assert named
    assert {(path, key) for path, key in named if key not in load_sources()} == set()


def source_literals(tree):
    """Yield every text given as a source, and every literal that has the form of a key."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "source":
            value = node.value
            if isinstance(value, ast.Constant):
                yield value.value
            elif isinstance(value, ast.Name) and value.id in constants:
                yield constants[value.id]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if KEY.fullmatch(node.value):
                yield node.value


def test_every_source_in_code_is_registered():
    """A quantity whose source nobody can look up has no source."""
    cited = {(path, key) for path, tree in trees().items() for key in source_literals(tree)}
    assert ("models/disposition/kidney.py", "Zhang2016") in cited
    assert {(path, key) for path, key in cited if key not in load_sources()} == set()
