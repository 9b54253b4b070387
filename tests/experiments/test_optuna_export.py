"""A study goes to a storage of Optuna once, whole, with units and limits."""

import json
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.study import StudyDirection
from optuna.trial import TrialState

from experiments.cli import main
from experiments.search.optuna_export import NUMBER, parameters_of
from experiments.store import Store, TrialRecord
from formulation.design import Design
from tests.experiments.small_study import add_study, small_study

SPEC = small_study()
N_DONE, N_MORE = 9, 5
LIMIT = "peak_gut_load.p95 <= 8 mmol"


def trial(number: int, design: Design) -> TrialRecord:
    """Return a finished trial: every third misses the limit, the fifth failed."""
    if number == 5:
        reasons = ("the model gave no finite number for x",)
        return TrialRecord(
            number=number, state="failed", design=design.as_dict(), seed=5, reasons=reasons
        )
    return TrialRecord(
        number=number,
        state="complete",
        design=design.as_dict(),
        seed=5,
        values={"absorbed_increment.p50": 10.0 + number, "swallowed_mass": 2.0},
        slacks={LIMIT: -0.5 if number % 3 == 0 else 0.5},
    )


@pytest.fixture
def home(tmp_path) -> Path:
    """Return a workspace with a study of which some trials are done."""
    folder = tmp_path / "home"
    with Store.open(folder / "store.sqlite") as store:
        add_study(store, SPEC)
    add(folder, 0, N_DONE)
    return folder


def add(folder: Path, first: int, last: int) -> None:
    """Store more trials, and one that is still under way."""
    designs = SPEC.space.sample(last + 1, np.random.default_rng(0))
    with Store.open(folder / "store.sqlite") as store:
        study = store.studies()[-1]
        with store.own(study.id) as lease:
            done = [trial(k, designs[k]) for k in range(first, last)]
            running = TrialRecord(
                number=last, state="running", design=designs[last].as_dict(), seed=5
            )
            left = [t for t in store.trials(study.id) if t.state == "running"]
            there = {t.number for t in left}
            store.add_running(
                lease, [t for t in _running([*done, running]) if t.number not in there]
            )
            store.finish(lease, done)


def _running(records):
    return [
        TrialRecord(number=r.number, state="running", design=r.design, seed=r.seed) for r in records
    ]


@pytest.fixture
def export(home, tmp_path, capsys):
    """Return a function that exports the study and gives the document and the storage's study."""
    url = f"sqlite:///{tmp_path}/optuna.db"

    def run() -> tuple[dict, optuna.Study]:
        assert main(["export-optuna", "S001", url, "--home", str(home), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        return told, optuna.load_study(study_name=told["study_name"], storage=url)

    return run


def test_every_finished_trial_is_there_once(export):
    """Complete and failed ones, in the order of their numbers; none that is under way."""
    told, study = export()
    assert (told["added"], told["total"]) == (N_DONE, N_DONE)
    assert [t.user_attrs[NUMBER] for t in study.trials] == list(range(N_DONE))
    assert [t.state for t in study.trials].count(TrialState.FAIL) == 1
    assert export()[0]["added"] == 0
    assert len(export()[1].trials) == N_DONE


def test_a_later_export_adds_the_rest(home, export):
    """And nothing again."""
    export()
    add(home, N_DONE, N_DONE + N_MORE)
    told, study = export()
    assert (told["added"], told["total"]) == (N_MORE, N_DONE + N_MORE)
    assert [t.user_attrs[NUMBER] for t in study.trials] == list(range(N_DONE + N_MORE))


def test_values_and_parameters_carry_their_units(export):
    """In natural amounts, with the directions of the study."""
    _, study = export()
    assert study.directions == [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE]
    assert study.metric_names == ["absorbed_increment.p50 [mg/d]", "swallowed_mass [g/d]"]
    first = SPEC.space.sample(N_DONE + 1, np.random.default_rng(0))[0]
    assert study.trials[0].params == parameters_of(first)
    assert f"{next(iter(first.amounts_mg))} [mg]" in study.trials[0].params
    assert study.trials[0].values == [10.0, 2.0]


def test_infeasible_trials_are_infeasible_in_both_forms(export):
    """By name, and in the list that older readers look for."""
    told, study = export()
    complete = [t for t in study.trials if t.state is TrialState.COMPLETE]
    by_name = [t for t in complete if t.constraints[LIMIT] > 0]
    by_list = [t for t in complete if any(c > 0 for c in t.system_attrs["constraints"])]
    assert len(by_name) == len(by_list) == told["infeasible"] == 3


def test_a_storage_in_memory_is_refused(home, capsys):
    """It would be gone with everything that was added."""
    for url in ("sqlite://", "sqlite:///", "sqlite:///:memory:"):
        assert main(["export-optuna", "S001", url, "--home", str(home)]) == 2
        assert "in memory, which is gone when the export ends" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "sqlite:////no/such/folder/x.db",
        "mysql://u:secret@nowhere/x",
        "mysql://u:se@secret@nowhere/x",
        "mysql://u@nowhere/x?password=secret",
    ],
)
def test_a_storage_that_cannot_be_used_is_refused_without_its_password(home, capsys, url):
    """In one line with what to write."""
    assert main(["export-optuna", "S001", url, "--home", str(home)]) == 2
    told = capsys.readouterr().err
    assert "cannot be used" in told
    assert "sqlite:///optuna.db" in told
    assert "secret" not in told


def test_the_programs_own_store_is_no_storage_of_optuna(home, capsys):
    """Nothing is written to it."""
    own = home / "store.sqlite"
    before = own.read_bytes()
    assert main(["export-optuna", "S001", f"sqlite:///{own}", "--home", str(home)]) == 2
    assert "tables of another program" in capsys.readouterr().err
    assert own.read_bytes() == before


def test_a_storage_that_may_only_be_read_is_refused(home, tmp_path, capsys):
    """In words."""
    path = tmp_path / "there.db"
    url = f"sqlite:///{path}"
    assert main(["export-optuna", "S001", url, "--home", str(home)]) == 0
    add(home, N_DONE, N_DONE + 1)
    read_only = f"sqlite:///file:{path}?mode=ro&uri=true"
    assert main(["export-optuna", "S001", read_only, "--home", str(home)]) == 2
    assert "cannot be used" in capsys.readouterr().err
