"""What a laboratory measures of candidates arrives in MLflow, also after a study was told of."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import define

from experiments.store import Store, candidate_label
from tests.experiments.test_end_to_end import drive

# MLflow's own tables use what SQLAlchemy 2.1 calls outdated; nothing of ours does.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

READINGS = {5: 21.0, 15: 58.0, 30: 83.5, 60: 95.0}
"""Percent of label by minute, of every product; made up."""

PREDICTED, BY_LAW, MEASURED = (
    f"{name}_pct_by_min" for name in ("dissolved", "dissolved_by_law", "measured")
)


@define
class Lab:
    """A delivered study whose candidates go to a laboratory."""

    home: Path
    study: str
    on_front: str
    off_front: str

    @property
    def client(self) -> Any:
        """A client of the tracking."""
        from mlflow import MlflowClient

        return MlflowClient(f"sqlite:///{self.home / 'mlflow.db'}")

    def run(self, label: str) -> Any:
        """Return the run of a candidate; there is one at most."""
        place = self.client.get_experiment_by_name("mg-small").experiment_id
        key = f"tags.outbox_key = '{self.study}/{label}'"
        found = self.client.search_runs([place], key)
        assert len(found) <= 1, "a candidate has two runs"
        return next(iter(found), None)

    def series(self, label: str, name: str) -> list[tuple[int, float]]:
        """Return a metric of a candidate's run by step."""
        found = self.client.get_metric_history(self.run(label).info.run_id, name)
        return sorted((m.step, m.value) for m in found)

    def bring(self, products: list[dict], readings: dict[int, float]) -> None:
        """Import curves of products, and deliver."""
        folder = self.home.parent
        (folder / "batch.yaml").write_text(yaml.safe_dump({"products": products}))
        lines = [f"{p['product']},{t},{y}" for p in products for t, y in readings.items()]
        (folder / "curves.csv").write_text("\n".join(["product,time [min],released [%]", *lines]))
        words = ("--products", "batch.yaml", "--name", "bench", "--accept")
        done = drive("data", "import", "curves.csv", *words, home=self.home)
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.sync() > 0

    def sync(self) -> int:
        """Deliver what waits; return how many messages that were."""
        done = drive("track", "sync", "--json", home=self.home, FORMULATION_TRACKING_URI="")
        told = json.loads(done.stdout)
        assert (told["waiting"], told["error"]) == (0, "")
        return told["delivered"]


def product_of(label: str, design: dict, *, executed: dict | None = None) -> dict:
    """Return a trial as an entry of a product file."""

    def weighed(amounts: dict) -> dict:
        return {name: f"{mg} mg" for name, mg in amounts.items()}

    units = {"compression_force_kn": "kN", "coat_lag_h": "h"}
    return {
        "product": f"made-of-{label}",
        "system": design["system"],
        "salt": {"name": design["salt"], "mg_content": f"{design['salt_mg_pct']} %"},
        "amounts": weighed(design["amounts_mg"]),
        "process": {
            k: f"{x} {units[k]}" if k in units else x for k, x in design["process"].items()
        },
        **({"executed": weighed(executed)} if executed else {}),
    }


@pytest.fixture(scope="module")
def lab(untracked, tmp_path_factory) -> Lab:
    """Deliver the study, and only then measure a candidate of its front and one that is not."""
    home = untracked.copy(tmp_path_factory.mktemp("lab"))
    document = untracked.document
    front = {c["number"]: c["label"] for c in document["front"]}
    with Store.open(home / "store.sqlite") as store:
        trials = [t for t in store.trials(document["study"]["id"]) if t.design]
    # A solution has neither hardness nor a coat, so nothing of it is refused for those.
    first = next(t for t in trials if t.number in front)
    other = next(t for t in trials if t.number not in front)
    found = Lab(home, document["study"]["id"], front[first.number], candidate_label(other.number))
    assert found.sync() > 0
    before = found.run(found.on_front)
    assert before.data.tags["lab_status"] == "suggested"
    assert found.run(found.off_front) is None
    found.client.set_tag(before.info.run_id, "mlflow.note.content", "tastes of lemon")
    executed = {**first.design["amounts_mg"]}
    executed["salt"] = round(executed["salt"] * 1.01, 1)
    found.bring(
        [
            product_of(found.on_front, first.design, executed=executed),
            product_of(found.off_front, other.design),
        ],
        READINGS,
    )
    return found


def test_a_measured_candidate_off_the_front_gets_a_run(lab):
    """It says that it was measured, where, and that it is not of the front."""
    tags = lab.run(lab.off_front).data.tags
    assert (tags["lab_status"], tags["pareto"]) == ("measured", "false")
    assert tags["measured_in"].startswith(f"made-of-{lab.off_front} of bench@")
    assert tags["mlflow.parentRunId"]


def test_what_was_measured_stands_beside_what_was_predicted(lab):
    """Under names that differ; off the front the release law predicts, no surrogate."""
    minutes = [step for step, _ in lab.series(lab.on_front, PREDICTED)]
    assert lab.series(lab.on_front, MEASURED) == list(READINGS.items())
    assert lab.series(lab.off_front, MEASURED) == list(READINGS.items())
    assert [step for step, _ in lab.series(lab.off_front, BY_LAW)] == minutes
    assert lab.series(lab.off_front, PREDICTED) == []


def test_a_run_that_was_there_is_kept_when_its_candidate_is_measured(lab):
    """What people noted with it stays, though other amounts were weighed than were planned."""
    tags = lab.run(lab.on_front).data.tags
    assert (tags["lab_status"], tags["pareto"]) == ("measured", "true")
    assert tags["mlflow.note.content"] == "tastes of lemon"
    with Store.open(lab.home / "store.sqlite") as store:
        assert (
            lab.run(lab.on_front).info.run_id in store.study("S001").info["tracking"]["front_runs"]
        )


def test_what_was_measured_is_told_once(lab):
    """Nothing waits any more, and asking again brings nothing."""
    assert lab.sync() == 0
    assert lab.series(lab.on_front, MEASURED) == list(READINGS.items())


def test_what_is_corrected_stands_in_place_of_what_was_measured(lab):
    """Of a data set's later version only; the run is another, and there is one."""
    before = lab.run(lab.off_front).info.run_id
    with Store.open(lab.home / "store.sqlite") as store:
        number = int(lab.off_front[1:])
        (design,) = (t.design for t in store.trials(lab.study) if t.number == number)
    corrected = {**READINGS, 15: 61.5}
    lab.bring([product_of(lab.off_front, design)], corrected)
    assert lab.series(lab.off_front, MEASURED) == list(corrected.items())
    assert lab.run(lab.off_front).info.run_id != before
    assert lab.sync() == 0
