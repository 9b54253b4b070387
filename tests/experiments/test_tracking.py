"""Tracking in MLflow: what stands there of a study, in the words and units of people."""

import json
import re
import sqlite3
from contextlib import closing
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas
import pytest
from attrs import evolve

from experiments import tracking
from experiments.publishing import tracking_views
from experiments.reports.answers import answer
from experiments.store import Store, TrialRecord, candidate_label
from experiments.tabulating import front_bytes
from experiments.tracked import StoredContents
from experiments.tracked.candidates import RELEASE_METRIC, candidate_content
from experiments.tracked.facts import StudyFacts
from experiments.tracking import deliver
from experiments.tracking.desk import Desk
from experiments.tracking_messages import RunContent, metric_name
from experiments.workspace import Workspace
from tests.experiments.delivered import EXPERIMENT, Tracked
from tests.experiments.test_end_to_end import STUDY
from tests.experiments.tracking_peers import local

# MLflow's own tables use what SQLAlchemy 2.1 calls outdated; nothing of ours does.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

BODY_METRICS = (
    "serum_mmol_per_L_by_h",
    "urine_mmol_per_d_by_h",
    "red_cells_mmol_per_L_by_h",
)
DEAD = "http://127.0.0.1:9"
"""Port of the discard service, where nothing answers."""


@pytest.fixture(scope="module")
def tracked(delivered) -> Tracked:
    """Return the workspace after its delivery, which these tests only look at."""
    return delivered


def n_messages(document: dict) -> int:
    """Return how many messages a study leaves: itself, its candidates, each surrogate."""
    return 2 + len(document["models"])


def deliver_all(store: Store, workspace: Workspace) -> tracking.TrackingResult:
    """Deliver what waits in a store, without the command line."""
    return deliver(store, workspace, StoredContents(store))


def series(tracked: Tracked, run: Any, name: str) -> dict[int, float]:
    """Return the values of one metric by step."""
    return {m.step: m.value for m in tracked.client.get_metric_history(run.info.run_id, name)}


def test_tracking_that_is_off_keeps_every_message(untracked):
    """Nothing is written, nothing is an error, and the run says where it stands."""
    document = untracked.document
    assert document["tracking"]["uri"] == "off"
    assert (document["tracking"]["run_id"], document["tracking"]["error"]) == (None, "")
    assert not (untracked.home / "mlflow.db").exists()
    with Store.open(untracked.home / "store.sqlite") as store:
        assert len(store.pending_outbox()) == n_messages(document)


def test_track_delivers_later_what_waited(tracked):
    """The study and each candidate of its front, and the study then knows its run."""
    assert tracked.told["delivered"] == n_messages(tracked.document)
    assert (tracked.told["waiting"], tracked.told["error"]) == (0, "")
    with Store.open(tracked.workspace.store_place) as store:
        noted = store.study("S001").info["tracking"]
    assert noted["run_id"] == tracked.parent().info.run_id
    links = tracking_views(tracked.workspace, 5123)["S001"]
    assert links["front"].startswith("http://127.0.0.1:5123/#/experiments/")
    assert tracked.document["study"]["id"] in links["front"]
    for run_id in noted["front_runs"]:
        assert run_id in links["compare"]


def test_the_recommended_candidate_is_tagged_and_comes_first(tracked):
    """It alone, and the page that compares candidates begins with its run."""
    best = answer(tracked.document).label
    (run,) = (r for r in tracked.runs() if r.data.tags.get("recommended") == "true")
    assert run.data.tags["outbox_key"].endswith(f"/{best}")
    with Store.open(tracked.workspace.store_place) as store:
        assert store.study("S001").info["tracking"]["front_runs"][0] == run.info.run_id


def test_the_run_of_a_study_says_what_it_was_made_with(tracked):
    """Study, people, hashes of file, data, code and packages, how it searched and why it ended."""
    run, document = tracked.parent(), tracked.document
    tags, study = run.data.tags, document["study"]
    assert run.info.status == "FINISHED"
    assert (tags["kind"], tags["pareto"], tags["study"]) == ("study", "false", "S001")
    assert (tags["study_id"], tags["config_sha256"]) == (study["id"], study["config_sha256"])
    assert tags["systems"] == "immediate_release, timed_release"
    assert (tags["population"], tags["state"]) == ("healthy_adults", "complete")
    assert (tags["sampler"], tags["executor"]) == (study["strategy"], "inline")
    assert tags["status_reason"] == study["stopped"]["because"]
    assert tags["code_version"] == study["versions"]["formulation-design"]
    lock = Path(__file__).parents[2] / "requirements.lock"
    assert tags["lock_sha256"] == sha256(lock.read_bytes()).hexdigest()
    assert tags["lock_of"] == "requirements.lock"


def test_the_data_of_a_study_are_named_by_hash(tracked):
    """Those its surrogates were fitted on, as inputs of the run and as one hash."""
    run = tracked.parent()
    expected = {(d["name"], d["digest"]) for m in tracked.document["models"] for d in m["data"]}
    found = run.inputs.dataset_inputs
    assert {(d.dataset.name, d.dataset.digest) for d in found} == expected
    named = "\n".join(sorted(f"{name}@{digest}" for name, digest in expected))
    assert run.data.tags["data_sha256"] == sha256(named.encode()).hexdigest()
    assert "training data of its surrogates" in run.data.tags["data"]


def test_metrics_of_a_search_go_over_its_trials(tracked):
    """The step is the number of the trial; the last values are those of the document."""
    run, document = tracked.parent(), tracked.document
    worth = series(tracked, run, "hypervolume")
    assert list(worth) == [p["number"] for p in document["points"]]
    assert list(worth.values()) == sorted(worth.values()), "a front never loses"
    assert worth[max(worth)] == pytest.approx(document["hypervolume"])
    for point in document["history"]:
        assert worth[point["trial"] - 1] == pytest.approx(point["hypervolume"])
    share = series(tracked, run, "feasible_fraction")
    assert share[max(share)] == pytest.approx(document["feasible_fraction"])
    for objective in document["objectives"]:
        best = series(tracked, run, f"best_{metric_name(objective['key'])}")
        ends = [c["objectives"][objective["key"]] for c in document["front"]]
        assert best[max(best)] == (max if objective["goal"] == "maximise" else min)(ends)


def test_html_in_the_question_stays_text(tracked):
    """MLflow shows the note as Markdown; nothing of it may become an element."""
    for run in tracked.runs():
        assert not any("<img" in value for value in run.data.tags.values())
    assert "&lt;img src=x&gt;" in tracked.parent().data.tags["mlflow.note.content"]


def artefacts(tracked: Tracked) -> dict[str, bytes]:
    """Return the artefacts of the study's run."""
    run_id = tracked.parent().info.run_id
    folder = tracked.workspace.artifacts_folder / EXPERIMENT / run_id / "artifacts"
    listed = {a.path for a in tracked.client.list_artifacts(run_id)}
    assert listed == {path.name for path in folder.iterdir()}
    return {name: (folder / name).read_bytes() for name in listed}


def test_the_run_of_a_study_holds_its_file_report_and_document(tracked):
    """All can be opened from the tracking alone."""
    held = artefacts(tracked)
    assert held["study_as_written.yaml"].decode() == STUDY
    assert json.loads(held["study.json"])["front"] == tracked.document["front"]
    assert b"<html" in held["report.html"]
    pictures = {name for name in held if name.endswith(".png")}
    systems = {c["design"]["system"] for c in tracked.document["front"]}
    assert pictures == {"trade_off.png", *(f"release_{system}.png" for system in systems)}
    assert all(held[name].startswith(b"\x89PNG") for name in pictures)


def test_every_trial_stands_in_a_parquet_file_with_units(tracked):
    """Also those that got no run of their own: values, intervals, distances to limits."""
    table = pandas.read_parquet(BytesIO(artefacts(tracked)["trials.parquet"]))
    points = tracked.document["points"]
    assert list(table["number"]) == [p["number"] for p in points]
    assert list(table["is_feasible"]) == [p["is_feasible"] for p in points]
    assert set(table[table["is_on_front"]]["label"]) == {
        c["label"] for c in tracked.document["front"]
    }
    assert (table["slack: peak_gut_load.p95 <= 12 mmol"] >= 0).tolist() == list(
        table["is_feasible"]
    )
    for objective in tracked.document["objectives"]:
        name = metric_name(objective["key"])
        assert list(table[name]) == [p["objectives"][objective["key"]] for p in points]
        assert (table[f"{name}_lo90"] <= table[f"{name}_hi90"]).all()


def test_the_front_stands_in_a_file_for_a_spreadsheet(tracked):
    """The same bytes as `front -o` writes, where no text can be taken for a formula."""
    assert artefacts(tracked)["front.csv"] == front_bytes(tracked.document, ".csv")


def test_an_experiment_says_what_its_names_mean(tracked):
    """Suffixes of units, of intervals and of steps, as its description."""
    note = tracked.experiment.tags["mlflow.note.content"]
    for word in ("`_mg_per_d`", "`_pct_ww`", "`_lo90`", "`_by_min`", "`_confirmed`"):
        assert word in note


def test_the_report_links_to_the_views(tracked):
    """Once it was delivered; and it says that the pages have to be started."""
    text = (tracked.workspace.home / "reports" / "S001.html").read_text()
    assert "formulation ui" in text
    links = re.findall(r'href="(http[^"]*)"', text)
    assert len(links) == 3
    assert all(link.startswith("http://127.0.0.1:5000/#/") for link in links)


def test_the_children_of_a_study_are_its_front(tracked):
    """One run for each candidate, marked as such, below the run of the study."""
    parent = tracked.parent()
    children = [run for run in tracked.runs() if run.data.tags["pareto"] == "true"]
    assert {run.data.tags["design_key"] for run in children} == {
        c["design_key"] for c in tracked.document["front"]
    }
    assert len(children) == len(tracked.document["front"]) == len(tracked.runs()) - 1
    for run in children:
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.data.params["delivery_system"] == run.data.tags["delivery_system"]
        assert (run.data.tags["feasible"], run.data.tags["lab_status"]) == ("true", "suggested")
    by_key = {run.data.tags["design_key"]: run.info.run_name for run in children}
    for candidate in tracked.document["front"]:
        name = f"S001-{candidate['label']} {candidate['title']}"
        assert by_key[candidate["design_key"]] == name


def test_only_what_may_be_made_is_suggested_to_a_laboratory(tracked):
    """Not what is beaten, misses a limit when integrated, or is refused; the risk stands beside."""
    with Store.open(tracked.workspace.store_place) as store:
        facts = StudyFacts(store, tracked.document["study"]["id"])
        on_front = facts.front[0]
        beaten = next(t for t in facts.trials if t.number not in facts.front_numbers)
        label = candidate_label(on_front.number)
        account = facts.study.info["accounts"][label]
        confirmation = facts.confirmations[on_front.number]

        def tags(trial: TrialRecord) -> tuple[str, str]:
            found = candidate_content(facts, trial).tags
            return found["lab_status"], found["risk"]

        assert tags(on_front) == ("suggested", account["risk"]["class"])
        assert tags(beaten) == ("", "")
        missed = evolve(confirmation, slacks=dict.fromkeys(confirmation.slacks, -1.0))
        facts.confirmations[on_front.number] = missed
        assert tags(on_front)[0] == ""
        facts.confirmations[on_front.number] = confirmation
        account["risk"]["class"] = "refused"
        assert tags(on_front) == ("", "refused")


def test_what_exceeds_one_batch_of_mlflow_arrives_whole(tmp_path):
    """A thousand metrics and a hundred parameters a batch; nothing is cut."""
    from mlflow import MlflowClient

    desk = Desk(local(tmp_path))
    content = RunContent(
        key="many",
        experiment="many",
        name="many",
        note="",
        tags={},
        params={f"p{k}": k for k in range(250)},
        metrics=[("m", 0.5 * k, k) for k in range(2100)],
    )
    run_id = desk.write(desk.experiment("many"), "s", content)
    client = MlflowClient(local(tmp_path).tracking_uri)
    assert client.get_run(run_id).data.params == {f"p{k}": str(k) for k in range(250)}
    told = client.get_metric_history(run_id, "m")
    assert {m.step: m.value for m in told} == {k: 0.5 * k for k in range(2100)}


def test_a_candidate_has_its_recipe_and_objectives_with_units(tracked):
    """Amounts in mg, endpoints with their unit and interval, confirmed values beside them."""
    by_key = {run.data.tags.get("design_key"): run.data.metrics for run in tracked.runs()}
    for candidate in tracked.document["front"]:
        metrics = by_key[candidate["design_key"]]
        for name, amount in candidate["recipe_mg"].items():
            assert metrics[f"{name}_mg"] == pytest.approx(amount)
        for key, value in candidate["objectives"].items():
            name = metric_name(key)
            assert metrics[name] == pytest.approx(value)
            assert metrics[f"{name}_lo90"] <= metrics[name] <= metrics[f"{name}_hi90"]
            confirmed = candidate["confirmation"]["values"][key]
            assert metrics[f"{name}_confirmed"] == pytest.approx(confirmed)


def test_of_what_nobody_asked_for_the_medians_are_told(tracked):
    """All percentiles over people stand with all trials; a chart each would bury the others."""
    with Store.open(tracked.workspace.store_place) as store:
        study = store.study("S001")
        trials = {candidate_label(t.number): t.values for t in store.trials(study.id)}
    asked = {o["key"] for o in tracked.document["objectives"]} | {"peak_gut_load.p95"}
    for run in tracked.runs():
        if run.data.tags["kind"] != "candidate":
            continue
        values = trials[run.data.tags["outbox_key"].rpartition("/")[2]]
        rest = {key for key in values if key.endswith((".p05", ".p95"))} - asked
        assert len(rest) > 10
        # Traces of metals, release at the times of the curve, and what a tablet does not have.
        rest |= {key for key in values if key.startswith(("released_", "lead", "cadmium", "arsen"))}
        of_some = ("volume_per_intake_ml", "area_per_day_cm2", "osmolality_mosm_per_kg")
        rest |= {key for key in of_some if values[key] == 0.0}
        assert {metric_name(key) for key in values.keys() - rest} <= set(run.data.metrics)
        assert not {metric_name(key) for key in rest} & set(run.data.metrics)


def test_the_database_of_the_workspace_keeps_a_write_ahead_log(tracked):
    """Whoever looks at the pages holds up no delivery, and each commit costs less."""
    with closing(sqlite3.connect(tracked.workspace.tracking_file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_release_curve_is_a_metric_by_minute_with_its_band(tracked):
    """Steps are minutes, values percent dissolved."""
    by_key = {run.data.tags.get("design_key"): run for run in tracked.runs()}
    candidate = tracked.document["front"][0]
    curve = candidate["curves"]["release"]
    minutes = [round(x) for x in curve["x"]]
    assert len(set(minutes)) == len(minutes), "two times share a step"
    for suffix, part in (("", "y"), ("_lo90", "lo90"), ("_hi90", "hi90")):
        found = series(tracked, by_key[candidate["design_key"]], RELEASE_METRIC + suffix)
        assert found == pytest.approx(dict(zip(minutes, curve[part], strict=True)))


def test_courses_of_people_are_metrics_by_hour_with_their_band(tracked):
    """Of every candidate of the front; the first day and the end of each week."""
    weeks = [24 * day for day in (1, 7, 14, 21, 28, 35, 42)]
    kept = tracked.document["courses"]
    by_label = {run.data.tags["outbox_key"].rpartition("/")[2]: run for run in tracked.runs()}
    for name, curve in zip(BODY_METRICS, kept["curves"], strict=True):
        for candidate in tracked.document["front"]:
            found = series(tracked, by_label[candidate["label"]], name)
            assert list(found) == weeks
        line = curve["series"][0]
        for suffix, end in (("", "p50"), ("_lo90", "p05"), ("_hi90", "p95")):
            found = series(tracked, by_label[kept["candidate"]], name + suffix)
            assert list(found.values()) == [line[end][hour // 24 - 1] for hour in weeks]
