"""From a study file to a confirmed front through the command line, and every way it can end."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from experiments.cli import main
from experiments.reports.answers import answer
from experiments.store import Store
from tests.experiments.driving import hold

STUDY = """\
study: small
question: Does <img src=x> the machinery hold together?
jurisdiction: EU
systems: [immediate_release, timed_release]
salts: [citrate, chloride]
dose: {low: 150 mg/d, high: 250 mg/d}
population: {name: healthy_adults, size: 16, seed: 3}
objectives:
  - {endpoint: absorbed_increment, goal: maximise, worst: 0 mg/d, ideal: 40 mg/d}
  - {endpoint: swallowed_mass, goal: minimise, worst: 6 g/d, ideal: 0.5 g/d}
limits:
  - {endpoint: peak_gut_load.p95, high: 12 mmol}
budget: {trials: 40, batch: 8, seed: 5}
"""
IMPOSSIBLE = STUDY.replace("high: 12 mmol", "high: 0.01 mmol")
TRIALS = 20
RUN = ("--trials", str(TRIALS), "--seed", "1", "--executor", "inline")
FIELDS = {
    "": "study trials invalid_asked feasible_fraction hypervolume front rows_by_origin executor"
    " seed store tracking report",
    "executor": "kind worker_pids chunks",
    "tracking": "uri run_id links",
}
CANDIDATE_FIELDS = "design recipe_mg objectives intervals limits confirmation"
"""What `docs/contracts.md` promises of ``run --json``."""


def command(*words: str, home: Path) -> list[str]:
    """Return the words that start the program on a workspace."""
    return [sys.executable, "-m", "experiments.cli", *words, "--home", str(home)]


def environment(**settings: str) -> dict[str, str]:
    """Return this environment without settings of the machine, tracking off unless asked for."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FORMULATION_")}
    return {**kept, "OMP_NUM_THREADS": "1", "FORMULATION_TRACKING_URI": "off", **settings}


def drive(*words: str, home: Path, **settings: str) -> subprocess.CompletedProcess:
    """Run the program to its end; whatever happens, nobody is shown a traceback."""
    done = subprocess.run(
        command(*words, home=home),
        env=environment(**settings),
        cwd=home.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert done.returncode != 1, done.stderr
    return done


def events_of(stderr: str, name: str) -> list[dict]:
    """Return the events of one kind."""
    events = [json.loads(line) for line in stderr.splitlines() if line.startswith("{")]
    return [event for event in events if event["event"] == name]


def facts(document: dict) -> list[tuple]:
    """Return what must be equal between two runs of one seed."""
    return [(c["number"], c["design_key"], c["values"], c["limits"]) for c in document["front"]]


def rows(home: Path) -> list[str]:
    """Return everything a store holds, as text."""
    connection = sqlite3.connect(home / "store.sqlite")
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


@frozen
class Finished:
    """A study that ran to its end."""

    home: Path
    file: Path
    done: subprocess.CompletedProcess

    @property
    def document(self) -> dict:
        """What was printed."""
        return json.loads(self.done.stdout)

    def copy(self, folder: Path) -> Path:
        """Return a copy of the workspace; its models are loaded from the original."""
        return Path(shutil.copytree(self.home, folder / "home"))


def run_small_study(folder: Path) -> Finished:
    """Run the small study in a fresh workspace."""
    file, home = folder / "study.yaml", folder / "home"
    file.write_text(STUDY, encoding="utf-8")
    done = drive("run", str(file), *RUN, "--json", "--progress", "jsonl", home=home)
    assert done.returncode == 0, done.stderr
    return Finished(home, file, done)


@pytest.fixture(scope="module")
def finished(untracked: Finished) -> Finished:
    """Return the small study, which these tests only look at, or copy."""
    return untracked


@pytest.fixture(scope="module")
def whole(finished, tmp_path_factory) -> dict:
    """Return the document of the study of 40 trials, never interrupted."""
    home = finished.copy(tmp_path_factory.mktemp("whole"))
    done = drive("run", str(finished.file), "--executor", "inline", "--json", home=home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def stalled_driver(finished: Finished, home: Path) -> Iterator[subprocess.Popen]:
    """Give a driver of the 40 trials, stopped by SIGSTOP at its first acknowledgement."""
    words = ("run", str(finished.file), "--executor", "inline", "--progress", "jsonl")
    with subprocess.Popen(
        command(*words, "--json", home=home),
        env=environment(),
        cwd=home.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as driver:
        try:
            for line in driver.stderr:
                if json.loads(line)["event"] == "ack":
                    break
            hold(driver, home)
            yield driver
        finally:
            driver.kill()


def test_a_run_prints_one_document_and_nothing_else(finished):
    """Its standard output is JSON from the first character to the last."""
    document = finished.document
    assert (document["schema"], document["version"]) == ("formulation/run", 1)
    assert (document["trials"], document["invalid_asked"], document["seed"]) == (TRIALS, 0, 1)
    assert set(document["trials_by"]["system"]) == {"immediate_release", "timed_release"}
    assert document["study"]["state"] == "complete"
    pid = document["executor"]["driver_pid"]
    assert (document["executor"]["kind"], document["executor"]["worker_pids"]) == ("inline", [pid])


def test_the_document_has_every_field_of_the_contracts(finished):
    """What the contracts promise of ``run --json`` is there."""
    document = finished.document
    for part, names in FIELDS.items():
        held = document[part] if part else document
        assert set(names.split()) <= set(held), part or "document"
    assert document["front"]
    for candidate in document["front"]:
        assert set(CANDIDATE_FIELDS.split()) <= set(candidate)


def test_files_of_a_run_lie_where_its_document_says(finished):
    """The store can be opened, its audit trail holds, and the report is for this study."""
    document = finished.document
    assert document["store"] == str(finished.home / "store.sqlite")
    assert "<html" in Path(document["report"]).read_text(encoding="utf-8")
    with Store.open(document["store"], create=False) as store:
        assert store.verify_audit().rows > 0
        assert len(store.trials(document["study"]["id"])) == TRIALS


def test_every_candidate_is_confirmed_on_256_subjects_and_weighs_what_it_says(finished):
    """Confirmation is mechanistic; a recipe sums to its unit mass and meets its limits."""
    for candidate in finished.document["front"]:
        assert candidate["confirmation"]["n_subjects"] >= 256
        assert set(candidate["confirmation"]["values"]) >= set(candidate["objectives"])
        assert sum(candidate["recipe_mg"].values()) == pytest.approx(candidate["unit_mass_mg"])
        assert min(candidate["limits"].values()) >= 0
        for key, value in candidate["objectives"].items():
            low, high = candidate["intervals"][key]
            assert low <= value <= high


def test_no_candidate_of_the_front_is_beaten_by_another(finished):
    """More absorbed always costs more to swallow."""
    pairs = [
        (c["objectives"]["absorbed_increment.p50"], -c["objectives"]["swallowed_mass"])
        for c in finished.document["front"]
    ]
    for a in pairs:
        assert not any(b != a and b[0] >= a[0] and b[1] >= a[1] for b in pairs)


def test_the_progress_stream_acknowledges_every_trial_once(finished):
    """Every line is an event, and what is counted as done was acknowledged before."""
    events = [json.loads(line) for line in finished.done.stderr.splitlines()]
    assert {e["event"] for e in events} == {"started", "step", "progress", "ack"}
    assert events[0]["event"] == "started"
    assert events[0]["id"] == finished.document["study"]["id"]
    acknowledged: list[int] = []
    for event in events:
        if event["event"] == "ack":
            assert event["study"] == "S001"
            acknowledged += event["trials"]
        elif event["event"] == "progress":
            assert (event["done"], event["budget"]) == (len(acknowledged), TRIALS)
    assert sorted(acknowledged) == list(range(TRIALS))


def test_the_same_seed_finds_the_same_front(finished, tmp_path):
    """With the models loaded instead of fitted, to the last digit."""
    home = finished.copy(tmp_path)
    again = drive("run", str(finished.file), *RUN, "--json", home=home)
    assert again.returncode == 0
    assert facts(json.loads(again.stdout)) == facts(finished.document)
    assert "fitting" not in again.stderr


def test_front_tells_what_run_told(finished):
    """As JSON the whole document; as lines its candidates with recipes."""
    done = drive("front", "S001", "--json", home=finished.home)
    assert (done.returncode, done.stderr) == (0, "")
    # What a run was required to reach is nothing of the study.
    assert {**json.loads(done.stdout), "requirements": []} == finished.document
    shown = drive("front", "small", home=finished.home)
    assert shown.returncode == 0
    for candidate in finished.document["front"]:
        assert f"{candidate['label']}  {candidate['unit_mass_mg']:.1f} = " in shown.stdout
    assert "20 trials" in shown.stdout


def test_an_unknown_study_is_an_error_that_lists_the_known(finished):
    """Exit code 2 and the nearest name."""
    done = drive("front", "smal", home=finished.home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'small'?" in done.stderr


def test_report_writes_the_file_that_is_asked_for(finished, tmp_path):
    """The path is printed; a folder is refused."""
    path = tmp_path / "new" / "out.html"
    done = drive("report", "S001", "-o", str(path), home=finished.home)
    assert (done.returncode, done.stdout.strip()) == (0, str(path))
    assert "&lt;img src=x&gt;" in path.read_text(encoding="utf-8")
    refused = drive("report", "S001", "-o", str(tmp_path), home=finished.home)
    assert refused.returncode == 2
    assert "would replace a folder" in refused.stderr


def test_every_candidate_tells_serum_urine_losses_risk_monitoring_and_drivers(finished):
    """In the people who confirmed it, with percentiles in order and shares that sum to 100."""
    for candidate in finished.document["front"]:
        told = {row["name"]: row for row in candidate["confirmation"]["body"]}
        assert {"serum", "serum_change", "urine_change"} <= set(told)
        assert all(row["p05"] < row["p50"] < row["p95"] for row in told.values())
        account = candidate["account"]
        assert sum(p["percent"] for p in account["losses"]["parts"]) == pytest.approx(100)
        assert account["risk"]["class"] in ("low", "raised", "high")
        assert all(limit["source"] for limit in account["risk"]["limits"])
        assert all(r["source"] for c in account["monitoring"]["checks"] for r in c["reasons"])
        assert {q["basis"] for q in account["assumptions"]["quantities"]} <= {
            "assumed",
            "estimated",
        }


def test_the_slices_are_those_of_the_recommended_candidate_and_start_where_it_was_judged(finished):
    """Through the candidate of the answer, whose own place has the values of its trial."""
    told = finished.document["profiler"]
    assert told["candidate"] == answer(finished.document).label
    candidate = next(c for c in finished.document["front"] if c["label"] == told["candidate"])
    for factor in told["factors"]:
        here = factor["x"].index(factor["value"])
        for key in told["objectives"]:
            value = factor["values"][key]["y"][here]
            assert value == pytest.approx(candidate["objectives"][key], rel=1e-4)


def test_a_report_is_written_from_the_store_alone(finished, tmp_path):
    """Without models, and the same to the last byte: nobody is integrated again."""
    home = tmp_path / "alone"
    home.mkdir()
    for file in finished.home.glob("store.sqlite*"):
        shutil.copy(file, home)
    pages = []
    for place, name in ((finished.home, "there.html"), (home, "here.html")):
        path = tmp_path / name
        assert drive("report", "S001", "-o", str(path), home=place).returncode == 0
        pages.append(path.read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert "What limits absorption" in pages[0]
    assert "What to monitor" in pages[0]


@pytest.mark.slow
def test_a_study_for_one_person_says_so(tmp_path):
    """A patient file, from the check to the report: values of that person, no spread."""
    patient = Path(__file__).resolve().parents[2] / "configs" / "patients" / "ckd-3b.yaml"
    people = "population: {name: healthy_adults, size: 16, seed: 3}"
    text = STUDY.replace(people, f"population: {patient}").replace(", timed_release]", "]")
    file = tmp_path / "study.yaml"
    file.write_text(text.replace("high: 250 mg/d", "high: 180 mg/d"), encoding="utf-8")
    home = tmp_path / "home"
    done = drive("run", str(file), "--trials", "16", *RUN[2:], "--json", home=home)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["study"]["population"]["is_one_person"]
    for candidate in document["front"]:
        assert candidate["confirmation"]["n_subjects"] == 1
        assert all(row["p05"] == row["p95"] for row in candidate["confirmation"]["body"])
        assert candidate["account"]["risk"]["class"] in ("raised", "high")
    page = Path(document["report"]).read_text(encoding="utf-8")
    assert "every percentile is that person&#39;s own value" in page
    assert "levothyroxine" in page


def test_status_lists_a_finished_study_that_nobody_owns(finished):
    """As JSON and as a line."""
    done = drive("status", "--json", home=finished.home)
    (study,) = json.loads(done.stdout)["studies"]
    assert (study["label"], study["state"], study["is_owned"]) == ("S001", "complete", False)
    assert (study["done"], study["budget"]) == (TRIALS, TRIALS)
    assert "20/20" in drive("status", home=finished.home).stdout


def test_resuming_a_finished_study_changes_nothing(finished):
    """Not one row of the store, and the same document."""
    before = rows(finished.home)
    done = drive("resume", "S001", "--executor", "inline", "--json", home=finished.home)
    assert done.returncode == 0
    assert "nothing is left to do" in done.stderr
    assert json.loads(done.stdout) == finished.document
    assert rows(finished.home) == before


@pytest.mark.parametrize(
    ("old", "new", "flags"),
    [
        ("citrate,", "citrat,", ()),
        ("", "", ("--trials", "0")),
        ("", "", ("--executor", "inline", "--workers", "2")),
        ("", "", ("--progress", "loud")),
    ],
)
def test_bad_input_leaves_stored_results_untouched(finished, tmp_path, capsys, old, new, flags):
    """A wrong file or flag ends with 2 before anything is stored."""
    before = rows(finished.home)
    path = tmp_path / "bad.yaml"
    path.write_text(STUDY.replace(old, new, 1), encoding="utf-8")
    assert main(["run", str(path), *flags, "--home", str(finished.home)]) == 2
    out, err = capsys.readouterr()
    assert (out, "error" in err) == ("", True)
    assert rows(finished.home) == before


def test_a_study_stopped_by_ctrl_c_is_resumed_to_the_same_front(finished, whole, tmp_path):
    """The signal comes after an acknowledgement; what was done is kept and not done again."""
    home = finished.copy(tmp_path)
    stop(finished, home, signal.SIGINT, 130)
    assert "stopped; formulation resume S002" in drive("status", home=home).stdout
    with Store.open(home / "store.sqlite") as store:
        kept = {t.number for t in store.trials(store.study("S002").id) if t.state == "complete"}
    assert kept >= set(range(8))
    words = ("--executor", "inline", "--json", "--progress", "jsonl")
    resumed = drive("resume", "S002", *words, home=home)
    assert resumed.returncode == 0
    document = json.loads(resumed.stdout)
    assert (document["trials"], document["study"]["state"]) == (40, "complete")
    assert facts(document) == facts(whole)
    acknowledged = [n for event in events_of(resumed.stderr, "ack") for n in event["trials"]]
    assert sorted(acknowledged) == sorted(set(range(40)) - kept)


def test_a_study_stopped_by_the_system_ends_with_143(finished, tmp_path):
    """SIGTERM keeps what was done and gives the study back, as Ctrl-C does."""
    home = finished.copy(tmp_path)
    stop(finished, home, signal.SIGTERM, 143)
    with Store.open(home / "store.sqlite") as store:
        study = store.study("S002")
        assert study.state == "interrupted"
        assert store.owner(study.id).pid is None


def stop(finished: Finished, home: Path, number: signal.Signals, code: int) -> None:
    """Send a signal to a driver after its first acknowledgement, and read how it ends."""
    with stalled_driver(finished, home) as driver:
        driver.send_signal(number)
        driver.send_signal(signal.SIGCONT)
        out, err = driver.communicate(timeout=120)
    assert driver.returncode == code
    document = json.loads(out)
    assert (document["schema"], document["status"]) == ("formulation/interrupted", "interrupted")
    assert document["message"] == "Study S002 was interrupted; what was done is kept."
    resume = f"formulation resume S002 --home {home}"
    assert (document["exit_code"], document["resume"]) == (code, resume)
    assert (document["study"]["label"], document["trials"] >= 8) == ("S002", True)
    *_, last = (json.loads(line) for line in err.splitlines())
    assert (last["event"], last["id"]) == ("interrupted", document["study"]["id"])
    assert last["resume"] == resume


def test_a_second_driver_is_refused_while_the_first_lives(finished, tmp_path):
    """The message names the process that owns the study, and nothing is started."""
    home = finished.copy(tmp_path)
    with stalled_driver(finished, home) as driver:
        refused = drive("resume", "S002", *RUN[4:], "--progress", "jsonl", home=home)
        status = json.loads(drive("status", "--json", home=home).stdout)["studies"]
    assert (refused.returncode, refused.stdout) == (6, "")
    assert f"Study S002 is owned by pid {driver.pid} on " in refused.stderr
    assert events_of(refused.stderr, "started") == []
    assert [s["is_owned"] for s in status] == [False, True]


def test_nothing_feasible_ends_with_4_and_names_the_limit(finished, tmp_path):
    """The document is printed and the report written all the same; the problem goes to stderr."""
    home = finished.copy(tmp_path)
    path = tmp_path / "impossible.yaml"
    path.write_text(IMPOSSIBLE, encoding="utf-8")
    done = drive("run", str(path), *RUN, "--json", home=home)
    document = json.loads(done.stdout)
    assert (done.returncode, document["front"], document["feasible_fraction"]) == (4, [], 0.0)
    assert "do not make any of them" in done.stderr
    assert "upper gut at once (95th percentile) at most 0.01 mmol" in done.stderr
    assert "do not make any" in Path(document["report"]).read_text(encoding="utf-8")


def test_an_empty_folder_has_no_study_yet(tmp_path):
    """Asking for the list is no mistake; asking for a study is, and nothing is created."""
    home = tmp_path / "home"
    done = drive("status", home=home)
    assert (done.returncode, done.stdout) == (
        0,
        f"no study yet (the folder {home} does not exist yet); start one with: formulation run"
        f" --home {home} STUDY.yaml\n",
    )
    missing = drive("front", "S001", home=home)
    assert (missing.returncode, missing.stdout) == (6, "")
    assert "does not exist. Run a study first" in missing.stderr
    for words in (["report", "S001"], ["track"], ["resume", "S001"]):
        assert main([*words, "--home", str(home)]) == 6, words
    assert not home.exists()


def test_a_truncated_store_is_told_and_left_as_it_is(finished, tmp_path):
    """Exit code 6, and the damaged file is not written over."""
    home = finished.copy(tmp_path)
    path = home / "store.sqlite"
    content = path.read_bytes()[: path.stat().st_size // 3]
    path.write_bytes(content)
    done = drive("front", "S001", home=home)
    assert (done.returncode, done.stdout) == (6, "")
    assert str(path) in done.stderr
    run = drive("run", str(finished.file), *RUN, home=home)
    assert run.returncode == 6
    assert path.read_bytes() == content


def test_a_damaged_model_is_not_used(finished, tmp_path):
    """One changed byte ends the run with 3; the message says how to get on."""
    home = finished.copy(tmp_path)
    path = next((finished.home / "models").glob("immediate_release*")) / "surrogate.skops"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        done = drive("run", str(finished.file), *RUN, home=home)
    finally:
        path.write_bytes(content)
    assert (done.returncode, done.stdout) == (3, "")
    assert f"Model file {path} is not the one that was saved" in done.stderr
    assert "the next run fits the model again" in done.stderr
