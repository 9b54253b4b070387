"""Who may know whom, what an import may cost, and what must never be in the tree."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import experiments
import formulation
import models
from formulation.delivery import DELIVERY_SYSTEMS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("formulation", "models", "experiments")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

UNPICKLERS = {"pickle", "cloudpickle", "joblib", "dill", "shelve", "marshal", "torch"}
LOADERS = {"load_model", "load_pyfunc", "_load_pyfunc", "read_pickle"}
TRANSPORT = ROOT / "experiments" / "executors"
"""Bytes one process of ours hands to another over a pipe; nothing there comes from a file."""

FORBIDDEN_TEXT = {
    "a package registry's host": re.compile(
        r"\b(?:py" r"pi\.org|python" r"hosted\.org|npm" r"js\.(?:org|com))|://\S+/sim" r"ple\b"
    ),
    "a path of one machine": re.compile(r"(?<![\w.~-])/(?:wo" r"rk|ro" r"ot|Us" r"ers)/"),
}


def loaded_by(statement):
    code = f"import sys\n{statement}\nprint(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def lint_imports(folder):
    code = "import sys; from importlinter.cli import lint_imports as run; sys.exit(run())"
    command = [sys.executable, "-c", code.replace("run()", "run(no_cache=True, no_logo=True)")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def sources_of(*packages):
    return [path for name in packages for path in sorted((ROOT / name).rglob("*.py"))]


@pytest.mark.parametrize("statement", ["import formulation", "import formulation.space"])
def test_the_domain_is_light(statement):
    """Neither solver nor learner nor parser of units is loaded before it is used."""
    assert loaded_by(statement) & {"scipy", "sklearn", "pandas", "pint"} == set()


def test_the_chain_knows_no_tool_of_the_service():
    """Loading the models brings no scheduler, tracker, optimiser or database along."""
    assert loaded_by("import models.chain") & {"ray", "mlflow", "optuna", "sqlalchemy"} == set()


def test_the_cost_of_an_import_is_measured_at_all():
    """The two checks above would see a heavy module."""
    assert "scipy" in loaded_by("import formulation, scipy")


def test_the_three_packages_are_of_one_distribution():
    """A foreign package of the same name would be noticed by this constant."""
    names = {package.DISTRIBUTION for package in (formulation, models, experiments)}
    assert names == {PROJECT["project"]["name"]}


def test_the_import_contracts_hold():
    """As `make check` runs them."""
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        ("formulation/units.py", "import models"),
        ("models/population.py", "import experiments.store"),
        ("models/population.py", "import optuna"),
        ("formulation/salts.py", "import sklearn"),
        ("formulation/delivery/timed_release.py", "import formulation.delivery.immediate_release"),
    ],
)
def test_a_bad_import_breaks_a_contract(file, statement, tmp_path):
    """Each contract fails when somebody breaks it, and the message names the importer."""
    for package in PACKAGES:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint_imports(tmp_path).returncode == 0
    with (tmp_path / file).open("a") as code:
        code.write(f"\n{statement}\n")
    done = lint_imports(tmp_path)
    assert done.returncode != 0
    assert "BROKEN" in done.stdout
    assert file.removesuffix(".py").replace("/", ".") in done.stdout


def test_every_delivery_system_stands_in_the_independence_contract():
    """A new system is held apart from the others from its first day."""
    (contract,) = (
        c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "independence"
    )
    assert set(contract["modules"]) == {f"formulation.delivery.{s.name}" for s in DELIVERY_SYSTEMS}


def unsafe_loads(text):
    """Return the lines of a source text that could run code out of a file."""
    tree, aliases, lines = ast.parse(text), {}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {a.asname or a.name.partition(".")[0]: a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNPICKLERS:
            names = {a.name for a in node.names}
            lines += [node.lineno] * bool(names & {"load", "loads", "Unpickler"})
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            unpickles = aliases.get(owner, "").partition(".")[0] in UNPICKLERS
            if unpickles and node.attr in ("load", "loads", "Unpickler"):
                lines.append(node.lineno)
            if node.attr in LOADERS:
                lines.append(node.lineno)
        elif isinstance(node, ast.Name) and node.id in LOADERS:
            lines.append(node.lineno)
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            lines += [node.value.lineno] * (getattr(node.value, "value", None) is not False)
    return sorted(lines)


def test_nothing_that_could_run_code_is_loaded_from_a_file():
    """No pickle, joblib or model of the tracker is read back, but for pipes between workers."""
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources_of(*PACKAGES)
        if TRANSPORT not in path.parents
        for line in unsafe_loads(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_skops_files_are_read_in_one_place_with_its_own_list():
    """Nobody asks a file what to trust, and nobody else reads one."""
    found = {
        str(path.relative_to(ROOT))
        for path in sources_of(*PACKAGES)
        if re.search(r"skops\.io import .*\bload", path.read_text(encoding="utf-8"))
    }
    assert found == {"models/keeping/files.py"}
    for path in sources_of(*PACKAGES):
        assert "get_untrusted_types" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    "code",
    [
        "import pickle\npickle.load(f)",
        "import joblib as j\nj.load(f)",
        "from cloudpickle import loads",
        "import mlflow\nmlflow.pyfunc.load_model(u)",
        "from mlflow.sklearn import load_model\nload_model(u)",
        "import mlflow.pyfunc as p\np.load_pyfunc(u)",
        "import torch\ntorch.load(f)",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
        "import pandas as pd\npd.read_pickle(f)",
    ],
)
def test_an_unsafe_load_would_be_noticed(code):
    """In each of its spellings."""
    assert unsafe_loads(code)


def test_safe_loads_are_not_mistaken_for_unsafe_ones():
    """JSON, YAML and skops with its allow-list may be read."""
    assert unsafe_loads("import json, pickle\njson.loads(t)\npickle.dumps(x)\nskops.load(f)") == []


def test_no_python_file_lies_in_the_root():
    """It would shadow one of the packages, or be shadowed."""
    assert [path.name for path in ROOT.glob("*.py")] == []


def repository_files():
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"not a git checkout: {done.stderr.strip()}")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN_TEXT)
def test_no_text_of_the_repository_names(what):
    """Neither hosts of registries nor paths of the machine it was written on."""
    found = set()
    for path in repository_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            if FORBIDDEN_TEXT[what].search(line):
                found.add(f"{path.relative_to(ROOT)}:{number}")
    assert found == set()


def test_forbidden_text_would_be_noticed():
    """The needles are put together here, so that this file itself passes."""
    host, path = FORBIDDEN_TEXT.values()
    assert host.search("https://files.python" + "hosted.org/packages")
    assert host.search("index = https://mirror.example/py/sim" + "ple")
    assert path.search("cd /ro" + "ot/project")
    assert not path.search("see docs/work/notes.md or framework/root/x")
