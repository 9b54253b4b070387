"""The documents say what the program does: figures, commands, keys, codes."""

import json
import re
from pathlib import Path

import pytest

from experiments.cli import app
from experiments.config import load_study
from experiments.config.patient import read_patient, read_population_file
from experiments.config.product import load_product
from experiments.config.scenario import load_scenario
from experiments.workspace import VARIABLES
from formulation import errors
from formulation.data import find_table, read_rows
from formulation.delivery import DELIVERY_SYSTEMS
from formulation.errors import RefusedError
from formulation.targets import ENDPOINTS
from models.data import TABLES
from tests.bench import readme

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONTRACTS = (ROOT / "docs" / "contracts.md").read_text()


def command_names() -> set[str]:
    """Return every command of the program, groups with their commands."""
    names = {c.name or c.callback.__name__ for c in app.registered_commands}
    for group in app.registered_groups:
        names |= {
            f"{group.name} {c.name or c.callback.__name__}"
            for c in group.typer_instance.registered_commands
        }
    return names


def blocks(language: str) -> list[str]:
    """Return the README's code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_readme_figures_are_those_of_the_measured_runs() -> None:
    """Each cell is computed again from the JSON beside the documents."""
    found = json.loads((ROOT / "docs" / "quality.json").read_text())
    runs = found["runs"]
    mean = {
        name: sum(r["hypervolume"][name] for r in runs) / len(runs) for name in ("tpe", "random")
    }
    agreement = [r["confirmation"]["objectives"] for r in runs]
    increment = [row["absorbed_increment.p50"] for row in agreement]
    every = [pair for row in agreement for pair in row.values()]
    candidates = sum(r["confirmation"]["n_candidates"] for r in runs)
    confirmed = sum(r["confirmation"]["n_confirmed"] for r in runs)
    wins = sum(r["hypervolume"]["tpe"] > r["hypervolume"]["random"] for r in runs)
    table = README.split("<!-- quality -->")[1].split("<!-- /quality -->")[0]
    cells = [line.split("|")[-2].strip() for line in table.strip().splitlines()[2:]]
    assert cells == [
        f"{wins} of {len(runs)}",
        f"{mean['tpe'] / mean['random']:.2f}",
        f"{confirmed} of {candidates}",
        f"{min(pair['spearman'] for pair in increment):.3f}",
        f"{min(pair['spearman'] for pair in every):.3f}",
        f"{100 * max(pair['median_relative_gap'] for pair in every):.1f} %",
    ]
    assert wins == found["wins"] >= found["needed"]
    assert f"{found['budget']} designs" in table


def test_the_readme_figures_of_the_space_are_those_of_the_measured_run() -> None:
    """Each cell is read again from the JSON; every system drew as many as the table says."""
    found = json.loads((ROOT / "docs" / "space.json").read_text())
    table = README.split("<!-- space -->")[1].split("<!-- /space -->")[0]
    cells = [line.split("|")[-2].strip() for line in table.strip().splitlines()[2:]]
    assert cells == [
        str(found["invalid"]),
        f"{found['slowest_ms_per_design']:.2f}",
        f"{found['least_linear_programs_over_ours']:.0f}",
        f"{max(mixture['ms_per_uniform_recipe'] for mixture in found['mixtures']):.2f}",
    ]
    assert [run["system"] for run in found["runs"]] == [s.name for s in DELIVERY_SYSTEMS]
    assert all(f"{run['designs']:,} designs" in table for run in found["runs"])


@pytest.mark.parametrize("mark", readme.TABLES)
def test_the_readme_tables_are_those_of_the_measured_runs(mark: str) -> None:
    """Made again from the JSON, cell by cell; `make readme` writes them."""
    assert readme.written(mark) == readme.made(mark)


def test_the_readme_hides_no_figure_that_was_missed() -> None:
    """Every figure with a bound has its line, and every contrast that lies outside its name."""
    found = json.loads((ROOT / "docs" / "simulator.json").read_text())["figures"]
    figures = [f for f in found if f["must"] is not None]
    lines = readme.written("simulator").splitlines()[2:]
    assert [line.split(" | ")[0].strip("| ") for line in lines] == [f["name"] for f in figures]
    missed = [f["name"] for f in figures if f["verdict"] == "MISSED"]
    assert [line.split(" | ")[0].strip("| ") for line in lines if "missed" in line] == missed
    rows = json.loads((ROOT / "docs" / "panel.json").read_text())["panel"]["rows"]
    outside = {r["id"] for r in rows if r["verdict"] != "inside"}
    assert set(re.findall(r"\bC\d\d\b", readme.written("panel"))) == outside


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.5494, "1.5"), (0.0, "0"), (209.95, "210"), (9990.95, "10,000"), (99.6, "100"),
     (0.9996, "1.0"), (8.24e-05, "8.2e-05"), (0.0356, "0.036"), (4.0e-15, "4.0e-15")],
)  # fmt: skip
def test_figures_have_two_significant_figures(value: float, text: str) -> None:
    """However large or small."""
    assert readme.two(value) == text


def test_the_panel_of_the_documents_is_whole() -> None:
    """Commit, versions, seed, and every contrast with its role and verdict."""
    found = json.loads((ROOT / "docs" / "panel.json").read_text())
    assert (found["schema"], found["version"], len(found["commit"])) == ("panel-bench", 1, 40)
    assert found["versions"].keys() == {"python", "numpy", "numba", "scipy"}
    assert isinstance(found["seed"], int)
    rows = found["panel"]["rows"]
    known = read_rows(find_table("contrasts", TABLES))
    assert sorted(r["id"] for r in rows) == sorted(row["id"] for row in known)
    assert {r["id"]: r["role"] for r in rows} == {row["id"]: row["role"] for row in known}
    counted = found["panel"]["summary"]["verdicts"]
    assert sum(counted.values()) == len(rows)


def test_the_readme_explains_the_quickstart_as_it_is() -> None:
    """The study in the README and the file are the same study."""
    (text,) = blocks("yaml")
    file = ROOT / "configs" / "studies" / "quickstart.yaml"
    assert load_study(text).config == load_study(file).config


def test_every_command_stands_in_the_contracts() -> None:
    """And none stands there that does not exist."""
    line = re.search(r"- Standing: (.*?)\.\n", CONTRACTS, flags=re.DOTALL)
    assert line is not None
    assert set(re.findall(r"`([a-z -]+)`", line.group(1))) == command_names()


@pytest.mark.parametrize("variable", VARIABLES.values())
def test_every_setting_of_the_environment_is_documented(variable: str) -> None:
    """In the README and in the contracts."""
    assert variable in README
    assert variable in CONTRACTS


@pytest.mark.parametrize("name", [e.name for e in ENDPOINTS])
def test_every_endpoint_is_named_in_the_readme(name: str) -> None:
    """A user finds what may be asked for."""
    assert f"`{name}`" in README


@pytest.mark.parametrize("system", [s.name for s in DELIVERY_SYSTEMS])
def test_every_delivery_system_has_its_row_and_its_study(system: str) -> None:
    """The row names a study file that uses it."""
    row = re.search(rf"\| `{system}` \|.*\| `(.*)` \|", README)
    assert row is not None
    assert system in (ROOT / row.group(1)).read_text()


def test_every_exit_code_is_in_the_contracts() -> None:
    """Each error class's code stands in the sentence on exit codes."""
    sentence = re.search(r"Exit codes: (.*?)\n- ", CONTRACTS, flags=re.DOTALL)
    assert sentence is not None
    classes = [c for c in vars(errors).values() if isinstance(c, type)]
    codes = {c.exit_code for c in classes if issubclass(c, errors.FormulationError)} | {130, 143}
    told = {int(n) for n in re.findall(r"(?:^|;\s+)(\d+) ", sentence.group(1).replace("\n", " "))}
    assert codes <= told


LOADED_BY = {
    "patients": read_patient,
    "populations": read_population_file,
    "products": load_product,
    "scenarios": load_scenario,
    "smoke": load_study,
    "studies": load_study,
}
"""What reads the files of each folder of configs."""

REFUSED = {"refused-egfr-25.yaml"}
"""Files that show a refusal, so loading them is one."""


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda p: p.name)
def test_every_file_of_configs_loads(path: Path) -> None:
    """No file is stale, and the one that shows a refusal is refused."""
    load = LOADED_BY[path.parent.name]
    if path.name in REFUSED:
        with pytest.raises(RefusedError, match="eGFR"):
            load(path)
    else:
        assert load(path)


def test_every_file_the_readme_links_to_exists() -> None:
    """No dead link."""
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
