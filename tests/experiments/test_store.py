"""The store: what is acknowledged is on disk, counted once, and never written over."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy.exc import DBAPIError

from experiments.store import (
    ConfirmationRecord,
    CurveRecord,
    Lease,
    Store,
    StudyRecord,
    TrialRecord,
)
from formulation.errors import DataError, InputError, StoreError, UnknownNameError
from tests.experiments.databases import drop_guard, rows, sql, states


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    with Store.open(place, actor="ana") as opened:
        yield opened


@pytest.fixture
def study(store: Store) -> StudyRecord:
    return make_study(store)


@pytest.fixture
def lease(store: Store, study: StudyRecord) -> Iterator[Lease]:
    with store.own(study.id) as held:
        yield held


def make_study(store: Store, name: str = "citrate") -> StudyRecord:
    return store.create_study(name, {"name": name}, f"name: {name}\n", "ab" * 32, 7, 100)


def running(number: int, attempt: int = 1) -> TrialRecord:
    return TrialRecord(
        number=number, attempt=attempt, state="running", design={"salt": "oxide"}, seed=number
    )


def complete(number: int, attempt: int = 1, slack: float = 1.0) -> TrialRecord:
    return evolve(
        running(number, attempt),
        state="complete",
        values={"absorbed_mg": 30.5},
        lo90={"absorbed_mg": 20.0},
        hi90={"absorbed_mg": 41.0},
        slacks={"unit_mass": slack},
        reasons=() if slack >= 0 else ("The unit is too heavy.",),
        origin="simulated",
        rung="sobol",
    )


def started(store: Store, lease: Lease, n: int) -> None:
    store.add_running(lease, [running(number) for number in range(n)])


def test_a_study_is_read_back_as_it_was_created(place: Path | str, store: Store) -> None:
    """A second store sees the same record, under the first label."""
    made = make_study(store)
    with Store.open(place, create=False) as other:
        assert other.studies() == (made,)
    assert (made.label, made.state, made.config) == ("S001", "running", {"name": "citrate"})
    assert made.created_utc.endswith("+00:00")


def test_a_study_is_found_by_uuid_prefix_label_and_name(store: Store) -> None:
    """Every way of writing it leads to the study; a name to its newest."""
    first, second = make_study(store), make_study(store)
    for ref in (first.id, first.id[:8], first.id[:8].upper(), "S001", "s1"):
        assert store.study(ref) == first
    assert store.study("citrate") == second


def test_an_unknown_study_lists_the_nearest(store: Store, study: StudyRecord) -> None:
    """A slip of the pen is answered with what was meant; five characters are no prefix."""
    with pytest.raises(UnknownNameError, match="Did you mean 'citrate'"):
        store.study("citrat")
    with pytest.raises(UnknownNameError, match="Study 'S002' is not known"):
        store.study("S002")
    with pytest.raises(UnknownNameError, match="is not known"):
        store.study(study.id[:5])


def test_an_empty_store_says_that_it_holds_no_study(store: Store) -> None:
    """There is nothing near to list."""
    with pytest.raises(UnknownNameError, match="this store holds no study yet"):
        store.study("S001")


def test_a_prefix_of_two_uuids_is_refused(place: Path | str, store: Store) -> None:
    """Neither is guessed."""
    for number, end in ((1, "a"), (2, "b")):
        sql(
            place,
            "INSERT INTO study VALUES "
            f"('abcdef0{end}', {number}, 'n', '{{}}', '', '', 0, 1, 'running', '', '', '{{}}')",
        )
    with pytest.raises(InputError, match=r"start of several uuids.*abcdef0b or abcdef0a"):
        store.study("abcdef")


def test_trials_are_read_back_with_their_results(store: Store, lease: Lease) -> None:
    """Values, intervals, slacks and reasons survive; the store adds epoch and time."""
    started(store, lease, 2)
    store.finish(lease, [complete(1), complete(0, slack=-0.5)])
    first, second = store.trials(lease.study_id)
    assert evolve(second, epoch=0, at_utc="") == complete(1)
    assert (first.is_feasible, second.is_feasible) == (False, True)
    assert first.reasons == ("The unit is too heavy.",)
    assert first.epoch == lease.epoch
    assert first.at_utc.endswith("+00:00")


def test_the_latest_attempt_stands_for_a_trial(
    place: Path | str, store: Store, lease: Lease
) -> None:
    """Trying again leaves the attempt before it as failed, with the reason."""
    store.add_running(lease, [running(3), running(1)])
    store.add_running(lease, [running(3, attempt=2)])
    found = store.trials(lease.study_id)
    assert [(t.number, t.attempt, t.state) for t in found] == [(1, 1, "running"), (3, 2, "running")]
    assert states(place)[3, 1] == "failed"


def test_a_number_is_completed_once(place: Path | str, store: Store, lease: Lease) -> None:
    """A second result for the same attempt is refused, and takes its whole group with it."""
    started(store, lease, 2)
    store.finish(lease, [complete(0)])
    with pytest.raises(StoreError, match="trials 0, 1 at least one is not running any more"):
        store.finish(lease, [complete(0), complete(1)])
    assert states(place) == {(0, 1): "complete", (1, 1): "running"}


def test_two_attempts_are_never_both_complete(
    place: Path | str, store: Store, lease: Lease
) -> None:
    """The database itself refuses the second, whatever the program does."""
    store.add_running(lease, [running(0), running(0, attempt=2)])
    store.finish(lease, [complete(0)])
    with pytest.raises(StoreError, match="a result is counted once"):
        store.finish(lease, [complete(0, attempt=2)])
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        sql(place, "UPDATE trial SET state = 'complete'")


def test_a_late_result_of_an_earlier_attempt_is_refused(store: Store, lease: Lease) -> None:
    """Only the attempt that is running now may finish."""
    store.add_running(lease, [running(0)])
    store.add_running(lease, [running(0, attempt=2)])
    with pytest.raises(StoreError, match="tried again under a later attempt"):
        store.finish(lease, [complete(0)])


def test_a_complete_trial_is_not_tried_again(store: Store, lease: Lease) -> None:
    """Its number is used up."""
    started(store, lease, 1)
    store.finish(lease, [complete(0)])
    with pytest.raises(StoreError, match="trial 0 is complete already"):
        store.add_running(lease, [running(0, attempt=2)])


def test_an_attempt_is_stored_once(store: Store, lease: Lease) -> None:
    """The same attempt twice is a mistake of the caller, and nothing of the call is stored."""
    started(store, lease, 1)
    with pytest.raises(StoreError, match="stored already with the same attempt"):
        store.add_running(lease, [running(1), running(0)])
    assert [trial.number for trial in store.trials(lease.study_id)] == [0]


def test_a_trial_must_be_in_the_state_of_its_call(store: Store, lease: Lease) -> None:
    """Running trials are added, the others finished."""
    with pytest.raises(StoreError, match="only trials in state running are added"):
        store.add_running(lease, [complete(0)])
    with pytest.raises(StoreError, match="only trials in state complete or failed are finished"):
        store.finish(lease, [running(0)])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_refused(store: Store, lease: Lease, value: float) -> None:
    """NaN and infinity are failures with a reason, never stored numbers."""
    started(store, lease, 1)
    result = evolve(complete(0), values={"absorbed_mg": value})
    with pytest.raises(DataError, match=r"S001, trial 0: values .* is not finite"):
        store.finish(lease, [result])


def test_a_value_that_is_not_json_is_refused(store: Store, lease: Lease) -> None:
    """An object has no place in a record."""
    with pytest.raises(DataError, match=r"design .* is not plain JSON"):
        store.add_running(lease, [evolve(running(0), design={"at": object()})])


def test_a_seed_beyond_the_column_is_refused() -> None:
    """The number would not come back as it was given."""
    with pytest.raises(DataError, match="seed 9223372036854775808 cannot be stored"):
        TrialRecord(number=0, state="running", design={}, seed=2**63)


def test_a_curve_has_as_many_points_on_both_axes() -> None:
    """Half an interval is refused too."""
    curve = {"number": 1, "name": "release", "x_unit": "h", "y_unit": "1"}
    with pytest.raises(DataError, match=r"C001: x has 2 points, y has 1"):
        CurveRecord(**curve, x=[0, 1], y=[0], origin="simulated", kind="")
    with pytest.raises(DataError, match="one end of its interval is missing"):
        CurveRecord(**curve, x=[0], y=[0], lo90=[0], origin="simulated", kind="")


def test_confirmations_and_curves_are_replaced_not_doubled(store: Store, lease: Lease) -> None:
    """Confirming a candidate again leaves one row."""
    old = ConfirmationRecord(
        number=42, n_subjects=10, values={"a": 1.0}, origin="simulated", kind="between subjects"
    )
    new = evolve(old, n_subjects=500, slacks={"limit": -1.0}, reasons=("Too low.",))
    store.put_confirmations(lease, [old, evolve(old, number=7, candidate="C007")])
    store.put_confirmations(lease, [new])
    assert [c.candidate for c in store.confirmations(lease.study_id)] == ["C007", "C042"]
    assert store.confirmations(lease.study_id)[1] == new
    curve = CurveRecord(
        number=42,
        name="release",
        x_unit="h",
        x=[0.0, 1.0],
        y_unit="1",
        y=[0.0, 0.5],
        origin="simulated",
        kind="",
    )
    store.put_curves(lease, [curve, evolve(curve, name="absorbed")])
    store.put_curves(lease, [evolve(curve, y=[0.0, 0.6])])
    assert [c.y[1] for c in store.curves(lease.study_id)] == [0.5, 0.6]


def test_a_candidate_is_called_after_its_trial() -> None:
    """Another label would lead to another design."""
    with pytest.raises(DataError, match="trial 42 is called 'C041'"):
        ConfirmationRecord(
            number=42, candidate="C041", n_subjects=1, values={}, origin="simulated", kind=""
        )


def test_a_model_version_is_stored_once(store: Store) -> None:
    """The same bytes at the same place keep their record."""
    given = {"name": "release", "sha256": "cd" * 32, "path": "models/a.skops"}
    first = store.put_model(**given, card={"r2": 0.9})
    assert store.put_model(**given, card={"r2": 0.1}) == first
    store.put_model(**{**given, "sha256": "ef" * 32}, card={})
    assert store.models()[0] == first
    assert len(store.models()) == 2


def test_the_outbox_holds_an_event_once_and_in_order(store: Store, lease: Lease) -> None:
    """The first payload under a key stays; a failed delivery stays pending."""
    first = store.enqueue(lease, "run", "a", {"n": 1})
    store.enqueue(lease, "run", "b", {"n": 2})
    assert store.enqueue(lease, "run", "a", {"n": 3}) == first
    store.mark_outbox(first.seq, error="server is down")
    again, second = store.pending_outbox(lease.study_id)
    assert (again.attempts, again.last_error, again.payload) == (1, "server is down", {"n": 1})
    store.mark_outbox(again.seq)
    assert store.pending_outbox() == (second,)
    assert store.pending_outbox("another") == ()
    with pytest.raises(StoreError, match="Outbox message 1 is not pending"):
        store.mark_outbox(again.seq)


def test_info_is_added_to_and_state_changed(store: Store, lease: Lease) -> None:
    """Entries under other keys stay."""
    store.set_study(lease, info={"executor": "inline", "scale": [0.0, 1.0]})
    after = store.set_study(lease, state="complete", info={"executor": "ray"})
    assert after == store.study("S001")
    assert (after.state, after.info) == ("complete", {"executor": "ray", "scale": [0.0, 1.0]})


def test_creation_and_states_are_in_the_audit_trail(
    place: Path | str, store: Store, lease: Lease
) -> None:
    """Each row names actor and object, and its new hash is the old one of the next."""
    store.set_study(lease, state="interrupted", reason="stopped by its owner")
    store.set_study(lease, info={"not": "audited"})
    made, stopped = rows(
        place, "SELECT actor, action, object, old_hash, new_hash, reason FROM audit ORDER BY seq"
    )
    assert made[:4] == ("ana", "study.create", f"study:{lease.study_id}", "")
    assert stopped[1:4] == ("study.state", f"study:{lease.study_id}", made[4])
    assert stopped[5] == "stopped by its owner"
    assert store.verify_audit().rows == 2


def test_audit_rows_cannot_be_changed_or_deleted(place: Path | str, study: StudyRecord) -> None:
    """The database refuses both."""
    with pytest.raises(DBAPIError, match="never changed or deleted"):
        sql(place, "UPDATE audit SET reason = 'none'")
    with pytest.raises(DBAPIError, match="never changed or deleted"):
        sql(place, "DELETE FROM audit")


def test_a_forged_audit_row_is_found(place: Path | str, store: Store) -> None:
    """With the guards dropped, the chain still tells which row it was."""
    for action in ("one", "two", "three"):
        store.audit(actor="a", action=action, object="o", old_hash="", new_hash="", reason="")
    head = store.verify_audit()
    assert (head.rows, len(head.hash)) == (3, 64)
    drop_guard(place, "update")
    sql(place, "UPDATE audit SET actor = 'b' WHERE seq = 2")
    with pytest.raises(StoreError, match="broken at row 2"):
        store.verify_audit()


def test_a_removed_audit_row_is_found(place: Path | str, store: Store) -> None:
    """The row after it no longer follows."""
    for action in ("one", "two", "three"):
        store.audit(actor="a", action=action, object="o", old_hash="", new_hash="", reason="")
    drop_guard(place, "delete")
    sql(place, "DELETE FROM audit WHERE seq = 2")
    with pytest.raises(StoreError, match="broken at row 2"):
        store.verify_audit()


def test_json_columns_are_text_that_other_tools_read(
    place: Path | str, store: Store, lease: Lease
) -> None:
    """The file is useful without this program."""
    started(store, lease, 1)
    store.finish(lease, [complete(0)])
    ((values,),) = rows(place, 'SELECT "values" FROM trial')
    assert json.loads(values) == {"absorbed_mg": 30.5}
