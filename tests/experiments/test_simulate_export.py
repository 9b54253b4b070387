"""One case for other tools, and a line for every subject: whole, right, and refused in one line."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from experiments.cli import main
from tests.bench.export import REPRODUCE
from tests.roadrunner import needs_roadrunner, run_there

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = ROOT / "configs" / "products"
TABLET = PRODUCTS / "citrate-tablet.yaml"
SMALL = ("--size", 17, "--days", 2)


def run(capsys, *words):
    code = main(["simulate", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def table(path):
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the folder of one case, the table of subjects, and the document beside them."""
    folder = tmp_path_factory.mktemp("export")
    from experiments.config.product import load_product
    from experiments.simulation import (
        Request,
        choose_people,
        document_of,
        write_case,
        write_subjects,
    )
    from experiments.simulation import run as run_request

    people = choose_people("healthy_adults", size=80)
    found = run_request(Request(product=load_product(TABLET), people=people, days=2))
    case = write_case(found, folder / "case")
    return case, write_subjects(found, folder / "people.csv"), document_of(found)


def test_a_case_is_a_folder_of_equations_numbers_and_trajectories(written):
    """Everything that the words beside it name, and nothing else."""
    case, _, _ = written
    files = {str(p.relative_to(case)) for p in case.rglob("*") if p.is_file()}
    arm = ("states.csv", "parameters.csv", "forcing.csv", "model.xml", "trajectory.csv")
    equations = ("fluxes", "definitions", "integrals", "constants", "inputs")
    assert files == {
        *("README.txt", "subject.csv", "intakes.csv", "salts.csv", "endpoints.csv"),
        *(f"equations/{name}.csv" for name in equations),
        *(f"{way}/{name}" for way in ("with_product", "without_product") for name in arm),
    }
    words = (case / "README.txt").read_text(encoding="utf-8")
    assert "Simulated, not measured" in words
    assert all(Path(name).name in words for name in files - {"README.txt"})


def test_the_exported_case_is_the_middle_one_of_what_was_told(written):
    """Its absorbed increment is that subject's in the table, next to the median of the document."""
    case, people, document = written
    told = {e["name"]: e["p50"] for e in document["endpoints"]}
    words = " ".join((case / "README.txt").read_text(encoding="utf-8").split())
    number = int(words.split("Subject: number ")[1].split()[0])
    line = table(people)[number]
    mine = {row["name"]: float(row["value"]) for row in table(case / "endpoints.csv")}
    units = {"absorbed_increment": "mg/d", "urine_change": "mmol/d", "serum": "mmol/L"}
    for name, unit in units.items():
        assert mine[name] == pytest.approx(float(line[f"{name} [{unit}]"]), rel=1e-9)
    assert mine["absorbed_increment"] == pytest.approx(told["absorbed_increment"], rel=0.02)


def test_the_arm_without_the_product_takes_nothing(written):
    """Nothing is let go there, and both arms start where the diet left the subject."""
    case, _, _ = written
    forcing = table(case / "without_product" / "forcing.csv")
    assert {float(r[f"let_go{i}"]) for r in forcing for i in range(7)} == {0.0}
    starts = [
        (case / arm / "states.csv").read_text() for arm in ("with_product", "without_product")
    ]
    assert starts[0] == starts[1]
    given = sum(
        (float(r["to_h"]) - float(r["from_h"])) * sum(float(r[f"let_go{i}"]) for i in range(7))
        for r in table(case / "with_product" / "forcing.csv")
    )
    assert given == pytest.approx(len(table(case / "intakes.csv")), rel=0.05)


def test_salts_and_covariates_stand_with_their_sources(written):
    """The rows of the product's own salt, and every field of the subject."""
    case, _, _ = written
    assert {(r["key"], bool(r["source"])) for r in table(case / "salts.csv")} == {("citrate", True)}
    fields = {r["field"]: r for r in table(case / "subject.csv")}
    assert fields["weight_kg"]["origin"] == "drawn"
    assert all(r["source"] and r["unit"] for r in fields.values())


def test_there_is_a_line_for_every_subject_with_every_endpoint(written):
    """Percentiles of the columns are those of the document; what few are followed for is empty."""
    _, people, document = written
    lines = table(people)
    assert [int(line["subject"]) for line in lines] == list(range(80))
    for e in document["endpoints"]:
        cells = [line[f"{e['name']} [{e['unit']}]"] for line in lines]
        values = [float(cell) for cell in cells if cell]
        assert len(values) == e["n_subjects"]
        assert np.percentile(values, [5, 50, 95]).tolist() == pytest.approx(
            [e["p05"], e["p50"], e["p95"]], rel=1e-12
        )
    assert lines[79]["serum_tmax [h]"] == lines[79]["lost_to_acid [mg/d]"] == ""
    assert len({line["weight_kg [kg]"] for line in lines}) == 80


def test_what_a_subject_absorbs_and_loses_is_the_dose(written):
    """Segments and losses of the line are the dose, but for what a first day leaves in the gut."""
    lines = table(written[1])[:64]
    for line in lines:
        told = {k: float(v) for k, v in line.items() if k.startswith(("lost_to_", "absorbed_"))}
        for whole in ("total", "diet", "increment"):
            del told[f"absorbed_{whole} [mg/d]"]
        assert sum(told.values()) == pytest.approx(200.4, rel=0.02)


def test_two_products_have_a_line_each_for_every_subject(tmp_path, capsys):
    """Told apart by the product, with the same covariates."""
    file = tmp_path / "people.csv"
    patch = PRODUCTS / "chloride-patch.yaml"
    code, _, err = run(capsys, TABLET, "--compare", patch, *SMALL, "--subjects", file)
    assert code == 0
    assert str(file) in err
    lines = table(file)
    assert [line["product"] for line in lines] == ["citrate-tablet"] * 17 + ["chloride-patch"] * 17
    weights = [line["weight_kg [kg]"] for line in lines]
    assert weights[:17] == weights[17:]
    skin = [line["absorbed_skin_skin [mg/d]"] for line in lines]
    assert set(skin[:17]) == {""}
    assert all(float(cell) > 0 for cell in skin[17:])


def test_a_patient_is_the_case_and_what_was_stated_says_so(tmp_path, capsys):
    """The one person, with the stated fields marked."""
    patient = ROOT / "configs" / "patients" / "ckd-3b.yaml"
    words = (TABLET, "--patient", patient, "--days", 1, "--export", tmp_path / "case")
    code, _, err = run(capsys, *words)
    assert code == 0
    assert str(tmp_path / "case") in err
    fields = {r["field"]: r for r in table(tmp_path / "case" / "subject.csv")}
    assert (fields["egfr_ml_min"]["value"], fields["egfr_ml_min"]["origin"]) == ("38.0", "stated")
    assert "patient ckd-3b" in (tmp_path / "case" / "README.txt").read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["case"]


@pytest.mark.parametrize(
    ("prepare", "words", "told"),
    [
        (lambda p: p.write_text("mine"), ("--export",), "it is a file"),
        (lambda p: (p / "x").mkdir(parents=True), ("--export",), "it is not empty"),
        (lambda p: p.mkdir(), ("--subjects",), "it is a folder"),
        (lambda p: None, ("--days", "121", "--export"), "days <= 120"),
    ],
)
def test_a_bad_place_is_one_line_before_anything_is_run(
    prepare, words, told, tmp_path, capsys, monkeypatch
):
    """Exit code 2, nothing integrated, and what was there is as it was."""

    def refuse(*_, **__):
        raise AssertionError("integrated")

    monkeypatch.setattr("experiments.simulation.document.settle", refuse)
    path = tmp_path / "there"
    prepare(path)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run(capsys, TABLET, *words, path)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_place_below_a_file_is_refused(tmp_path, capsys):
    """Nothing can be put into a file."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    code, _, err = run(capsys, TABLET, "--export", tmp_path / "file" / "case")
    assert code == 2
    assert "nothing may be written into file" in err


def test_a_folder_that_cannot_be_finished_leaves_nothing(tmp_path, capsys, monkeypatch):
    """A disk that is full in the middle is told, and the half is taken away."""
    written = []
    plain = Path.write_text

    def full(self, text, **how):
        written.append(self.name)
        if self.name == "trajectory.csv":
            raise OSError(28, "No space left on device")
        return plain(self, text, **how)

    monkeypatch.setattr(Path, "write_text", full)
    code, _, err = run(capsys, TABLET, *SMALL, "--export", tmp_path / "case")
    assert code == 2
    assert "No space left on device" in err
    assert len(written) > 5
    assert list(tmp_path.iterdir()) == []


@needs_roadrunner
@pytest.mark.parametrize("name", ["citrate-tablet", "coated-matrix", "chloride-patch"])
def test_another_tool_reproduces_the_case_from_its_files_alone(name, tmp_path, capsys):
    """CVODE agrees: 1e-4 of what is kept, 2e-2 of what passes, 1e-3 of every endpoint."""
    folder = tmp_path / "case"
    code, _, _ = run(capsys, PRODUCTS / f"{name}.yaml", *SMALL, "--export", folder)
    assert code == 0
    found = json.loads(run_there(REPRODUCE, folder))
    assert found["days"] == pytest.approx(2)
    assert found["worst_kept"] < 1e-4
    assert found["worst_passing"] < 2e-2
    assert len(found["endpoints"]) == 5
    assert max(e["relative"] for e in found["endpoints"].values()) < 1e-3
