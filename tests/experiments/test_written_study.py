"""A study that flags changed is written as a file that is the study that was run."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from experiments.config import load_study, with_budget
from experiments.config.flags import with_fixed
from experiments.config.written import study_yaml
from experiments.reports import render
from experiments.reports.reproducing import commands
from experiments.results import study_document
from experiments.store import Store
from experiments.tracked.facts import StudyFacts
from experiments.tracked.files import study_files
from tests.experiments.small_study import TEXT, add_study

CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "studies"


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_study_that_is_written_again_keeps_its_hash(path: Path) -> None:
    """With what flags changed, and after a stay in a database."""
    spec = with_budget(load_study(path), trials=33, seed=9)
    again = load_study(study_yaml(json.loads(json.dumps(spec.config))))
    assert again.sha256 == spec.sha256
    assert again.config == spec.config


@pytest.fixture
def stored(tmp_path):
    """Return a study with all three flags, its record and what MLflow is told of it."""
    spec = with_fixed(with_budget(load_study(TEXT), trials=7, seed=3), ["salt=citrate"])
    with Store.open(tmp_path / "store.sqlite") as store:
        study = add_study(store, spec)
        yield spec, study_document(store, study), StudyFacts(store, study.id)


def test_the_report_holds_the_study_that_was_run_and_runs_that(stored) -> None:
    """The file it shows has the hash it names, with fixed values, trials and seed inside."""
    spec, document, _ = stored
    assert spec.sha256 != load_study(TEXT).sha256
    (shown,) = re.findall(r'<pre id="study">(.*?)</pre>', render(document), flags=re.DOTALL)
    assert load_study(unescape(shown)).sha256 == spec.sha256
    said = commands(document)
    assert any(spec.sha256 in line for line in said)
    assert "formulation run STUDY.yaml" in said


def test_the_artefact_of_mlflow_has_the_hash_of_its_tag(stored) -> None:
    """What was written by hand lies beside it."""
    spec, _, facts = stored
    files = study_files(facts)
    assert load_study(files["study.yaml"].decode()).sha256 == spec.sha256
    assert files["study_as_written.yaml"].decode() == spec.text
