"""The pages of `docs`: what they say of the program is what the program says of itself."""

import importlib
import inspect
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from xml.etree import ElementTree

import pytest
from typer.main import get_command

from experiments.cli import app
from experiments.config import load_study
from experiments.requirements import read_requirements
from experiments.workspace import VARIABLES
from formulation import errors
from formulation.claims import all_claims
from formulation.delivery import DELIVERY_SYSTEMS
from formulation.endpoints import ENDPOINTS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_" not in path.parts[-2])
TEXTS = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PACKAGES = ("formulation", "models", "experiments")
PROGRAM = get_command(app)


@pytest.fixture
def ext(monkeypatch) -> object:
    """Return a function that imports one of the modules that write pages."""
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    names = {path.stem for path in (DOCS / "_ext").glob("*.py")}

    def load(name: str) -> ModuleType:
        for module in names:
            monkeypatch.delitem(sys.modules, module, raising=False)
        return importlib.import_module(name)

    yield load
    for module in names:
        sys.modules.pop(module, None)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_blocks(text: str) -> list[str]:
    """Return the shell and text blocks of a page."""
    return re.findall(r"```(?:sh|text)\n(.*?)```", text, flags=re.DOTALL)


def stated_commands(text: str) -> list[list[str]]:
    """Return the words of every command of ours in code blocks and in lines, without its name."""
    found = []
    for block in code_blocks(text):
        for line in block.replace("\\\n", " ").splitlines():
            line = line.removeprefix(".venv/bin/")
            if line.startswith("formulation "):
                found.append(shlex.split(line, comments=True)[1:])
    inline = re.findall(
        r"`(?:\.venv/bin/)?formulation ([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    )
    return [*found, *(shlex.split(" ".join(words.split())) for words in inline)]


def wrong_with(words: list[str]) -> str:
    """Return what the program would not understand of a command; empty where all exists."""
    words = words[: words.index(">")] if ">" in words else words
    command, rest = PROGRAM, list(words)
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        # A page may name several at once: `formulation data fetch|import`.
        names = rest.pop(0).split("|")
        if unknown := [name for name in names if name not in command.commands]:
            return f"no command {unknown[0]!r}"
        command = command.commands[names[0]]
    if hasattr(command, "commands"):
        return "" if rest in ([], ["--version"], ["--help"]) else f"no option {rest[0]!r}"
    options = {name: p for p in command.params for name in p.opts if name.startswith("-")}
    given = 0
    while rest:
        word, sign, _ = rest.pop(0).partition("=")
        if not re.match(r"--?[a-zA-Z]", word):
            given += 1
        elif word not in options:
            return f"no option {word!r}"
        elif not (options[word].is_flag or sign):
            rest = rest[1:]
    places = [p for p in command.params if p.param_type_name == "argument"]
    most = float("inf") if any(p.nargs < 0 for p in places) else len(places)
    return f"{given} arguments of {len(places)}" if given > most else ""


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_every_command_of_a_page_exists_with_its_options(path: Path) -> None:
    """In code blocks and inside of lines."""
    stated = stated_commands(path.read_text(encoding="utf-8"))
    assert [(" ".join(words), wrong) for words in stated if (wrong := wrong_with(words))] == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("run study.yaml --trials 3", ""),
        ("run study.yaml --trails 3", "no option '--trails'"),
        ("walk study.yaml", "no command 'walk'"),
        ("data import curves.csv --accept", ""),
        ("data inport curves.csv", "no command 'inport'"),
        ("check one.yaml two.yaml", "2 arguments of 1"),
    ],
)
def test_a_command_that_does_not_exist_would_be_noticed(line: str, wrong: str) -> None:
    """In its name, in its group, in an option."""
    assert wrong_with(line.split()) == wrong


def test_pages_state_commands_at_all() -> None:
    """The search above finds them."""
    tutorial = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    assert len(stated_commands(tutorial)) > 15


def test_what_pages_require_can_be_required() -> None:
    """Every requirement of the how-to is read."""
    text = (DOCS / "howto" / "ci.md").read_text(encoding="utf-8")
    objectives = load_study(ROOT / "configs/studies/smoke/immediate_release.yaml").objectives
    stated = re.findall(r'--require "([^"]+)"', text)
    assert len(read_requirements(stated, objectives)) == len(stated) >= 3


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_every_file_a_page_links_to_exists(path: Path) -> None:
    """No dead link inside of the repository."""
    text = re.sub(r"```(?!\{).*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(
        r"```\{(?:literal)?include\} (\S+)", text
    )
    missing = [t for t in targets if not re.match(r"https?:", t) and not (path.parent / t).exists()]
    assert missing == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_configuration_file_a_page_names_exists(path: Path) -> None:
    """Such as configs/studies/quickstart.yaml."""
    named = re.findall(r"\bconfigs/[\w./-]*[\w]", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_make_target_a_page_names_exists(path: Path) -> None:
    """`make help` would list it."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8"))
    assert set(named) <= targets


def test_every_part_that_pages_ask_for_is_there_and_none_is_idle(ext) -> None:
    """A part nobody shows would rot unseen."""
    asked = {
        name
        for path in PAGES
        for name in re.findall(r"```\{generated\} (.+)", path.read_text(encoding="utf-8"))
    }
    parts = set(ext("generated").PARTS)
    assert asked <= parts
    # The costs of fits belong to one machine and stand in their own document.
    assert parts - asked == {"benchmark gains", "benchmark costs"}


def test_every_command_and_option_stands_in_the_page_of_commands(ext) -> None:
    """With its help."""
    program = ext("program")
    text = program.commands()
    for name, command in program.each_command():
        assert f"## {name}\n" in text
        for parameter in () if hasattr(command, "commands") else command.params:
            assert parameter.help, f"{name} {parameter.name}"


def test_every_endpoint_stands_in_its_page(ext) -> None:
    """One row each, with its unit."""
    rows = ext("program").endpoints()
    assert [f"| `{e.name}` |" in rows for e in ENDPOINTS] == [True] * len(ENDPOINTS)


def flags_of(rows: str) -> dict[str, str]:
    """Return the flag of each setting, empty where it has none."""
    cells = [[c.strip(" `") for c in row.split("|")[1:-1]] for row in rows.splitlines()[2:]]
    return {setting: flag for setting, _, flag, _ in cells if setting}


def test_every_setting_stands_in_its_page(ext) -> None:
    """And every variable of the environment that the sources read."""
    program = ext("program")
    assert set(program.SETTINGS) == set(VARIABLES)
    read = {
        name
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r'"(FORMULATION_[A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    told = read - {"FORMULATION_FAILPOINT", "FORMULATION_BREAK"}  # tests break a driver with them
    assert told == {*VARIABLES.values(), *program.DEADLINES}
    rows = program.settings()
    assert all(f"`{name}`" in rows for name in told)
    assert flags_of(rows) == {
        "home": "--home",
        "store": "",
        "executor": "--executor",
        "workers": "--workers",
        "tracking_uri": "",
        "track_children": "--track-children",
        "tracking_wait_s": "",
    }


def test_the_codes_of_problems_are_found_in_the_sources(ext) -> None:
    """Given by keyword, by place and by class; every class of error has its row."""
    program = ext("program")
    codes = program.codes_given()
    assert "formulation.errors" in codes["unusable_data"]
    assert "experiments.config.documents" in codes["alias"]
    assert "experiments.cli.__init__" in codes["usage"]
    told, rows = program.error_codes(), program.error_classes()
    assert all(f"`{code}`" in told for code in codes)
    classes = [c for c in vars(errors).values() if isinstance(c, type)]
    for found in (c for c in classes if issubclass(c, errors.FormulationError)):
        assert f"| {found.exit_code} | `{found.code}`" in rows


def test_every_key_of_a_study_stands_in_its_page(ext) -> None:
    """Those of the quickstart and of the study that uses the rarer ones."""
    rows = ext("study_file").keys()
    shown = set(re.findall(r"^\| `([^`]+)`", rows, flags=re.MULTILINE))
    for name in ("quickstart", "robust_tablet"):
        config = load_study(ROOT / "configs" / "studies" / f"{name}.yaml").config
        assert set(config) <= shown
    assert {"systems[].ranges", "budget.trials", "objectives[].worst", "salts[].mix"} <= shown


def test_every_key_of_a_product_stands_in_its_page(ext) -> None:
    """Those of every product that comes along."""
    rows = ext("study_file").product_keys()
    shown = set(re.findall(r"^\| `([^`]+)`", rows, flags=re.MULTILINE))
    for path in (ROOT / "configs" / "products").glob("*.yaml"):
        stated = re.findall(r"^([a-z_]+):", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert set(stated) <= shown, path


def test_every_delivery_system_and_form_stands_in_its_page(ext) -> None:
    """With each component."""
    text = ext("study_file").delivery_systems()
    for system in DELIVERY_SYSTEMS:
        for form in system.forms:
            part = text.split(f"### {system.name}: {form.name}\n")[1].split("\n##")[0]
            assert all(f"| `{c.name}` |" in part for c in form.components)


def test_every_claim_stands_in_its_page_with_the_evidence(ext) -> None:
    """None without verdict and without what would decide it."""
    rows = ext("science").claims().splitlines()[2:]
    assert len(rows) == len(all_claims())
    for claim, row in zip(all_claims().values(), rows, strict=True):
        assert f"`{claim.name}`" in row
        assert claim.verdict.value in row


def test_every_table_of_the_benchmarks_names_its_command(ext) -> None:
    """And the make target runs what writes that file."""
    benchmarks = ext("benchmarks")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(benchmarks.COMMANDS) == set(benchmarks.readme.TABLES)
    for mark, command in benchmarks.COMMANDS.items():
        recipe = makefile.split(f"\n{command.removeprefix('make ')}:")[1].split("\n\n")[0]
        assert f"--out docs/{benchmarks.readme.TABLES[mark][0]}" in recipe
        assert f"`{command}`" in benchmarks.of(mark)()


def equations() -> list[str]:
    """Return every equation of the pages, a line each."""
    found = []
    for path in PAGES:
        text = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        blocks = re.findall(r"\$\$(.*?)\$\$", text, flags=re.DOTALL)
        inline = re.findall(r"\$([^$\n]+)\$", re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL))
        lines = [line for block in blocks for line in block.replace("\\\\", "\n").splitlines()]
        found += [line for line in (*lines, *inline) if line.strip()]
    return found


@pytest.mark.parametrize("tex", equations())
def test_every_equation_is_drawn_and_can_be_read_aloud(ext, tex: str) -> None:
    """As outlines inside the page, with the TeX as its label."""
    drawn = ElementTree.fromstring(ext("equations").svg(tex, 18))
    assert drawn.get("aria-label") == tex.strip()
    (path,) = drawn
    assert len(path.get("d")) > 40
    assert float(drawn.get("width")) < 900


def walked(package: str) -> set[str]:
    """Return the modules of a package, imported one by one, that define something public."""
    path = importlib.import_module(package).__path__
    names = [m.name for m in pkgutil.walk_packages(path, f"{package}.") if not m.ispkg]
    names = [name for name in names if not any(p.startswith("_") for p in name.split("."))]
    return {name for name in names if own_names(importlib.import_module(name))}


def own_names(module: ModuleType) -> list[str]:
    """Return the public classes and functions that a module defines itself."""
    made = (type, FunctionType)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
        if isinstance(inspect.unwrap(value), made)
    ]


def shown_in(text: str) -> set[str]:
    """Return the modules of a page of the interface."""
    return set(re.findall(r"^\.\. automodule:: (\S+)$", text, flags=re.MULTILINE))


def test_every_public_module_of_the_domain_is_in_its_page(ext) -> None:
    """Those that can be imported, no more and no less."""
    assert shown_in(ext("api").formulation()) == walked("formulation")


@pytest.mark.parametrize("package", ["models", "experiments"])
def test_every_public_module_that_others_stand_on_is_in_its_page(ext, package: str) -> None:
    """Those of the first level all, of those below what the page names; nothing else."""
    api = ext("api")
    found = walked(package)
    named = {"models": api.MODELS_SHOWN, "experiments": api.INTERFACES}[package]
    below = {
        n for n in found if n in named or n.startswith(tuple(p for p in named if p[-1] == "."))
    }
    wanted = {n for n in found if n.count(".") == 1} | below
    assert all(any(n.startswith(name) for n in found) for name in named)
    assert shown_in(getattr(api, package)()) == wanted


@pytest.mark.slow
def test_the_pages_are_built_without_a_warning_and_need_no_network(tmp_path: Path) -> None:
    """As `make docs` builds them; no page fetches a script, a style, a picture or a font."""
    out = tmp_path / "pages"
    words = ["-b", "html", "-W", "--keep-going", "-q", "-d", str(tmp_path / "trees")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *words, str(DOCS), str(out)],
        cwd=ROOT, capture_output=True, text=True, timeout=540, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for path in PAGES:
        assert (out / path.relative_to(DOCS)).with_suffix(".html").exists(), path
    fetched = re.compile(
        r"""<(?:script|img|iframe|source)[^>]+src=["']?(?:https?:)?//|"""
        r"""<link[^>]+href=["']?(?:https?:)?//|url\(["']?(?:https?:)?//|@import"""
    )
    for path in out.rglob("*"):
        if path.suffix in (".html", ".css"):
            assert not fetched.search(path.read_text(encoding="utf-8")), path
