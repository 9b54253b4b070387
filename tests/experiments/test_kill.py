"""SIGKILL the driver at 20 moments: nothing acknowledged is lost, nothing is done twice.

The acknowledgements on stderr are the witness: the driver writes a number there only after the
commit. Each study below is killed four times, at every named moment once, resumed each time, and
then finished. The last test takes the protection out and sees the same check fail.
"""

import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.experiments.driving import copy_of, drive, rows_of

pytestmark = [pytest.mark.kill, pytest.mark.timeout(1800)]

BUDGET = 80
CYCLES = [
    ("process", ("ask:1", "flight:1", "commit:1", "tell:1")),
    ("process", ("ask:2", "flight:2", "commit:2", "tell:1")),
    ("process", ("tell:2", "commit:1", "flight:3", "ask:2")),
    ("process", ("commit:2", "ask:1", "tell:2", "flight:2")),
    ("ray", ("flight:2", "commit:1")),
    ("process", ("commit:3", "tell:3")),
]
"""Executor and the moment of each kill: 20 in all, two of them on Ray."""

assert sum(len(points) for _, points in CYCLES) == 20


@pytest.mark.parametrize(
    ("executor", "points"), CYCLES, ids=lambda v: "-".join(v) if isinstance(v, tuple) else v
)
def test_no_acknowledged_trial_is_lost_or_done_twice(
    executor: str, points: tuple[str, ...], fitted_home: Path, tmp_path: Path
) -> None:
    """Kill, look, resume, four times over; then every number is complete exactly once."""
    home = copy_of(fitted_home, tmp_path / "home")
    acknowledged: list[int] = []
    for k, point in enumerate(points):
        words = ("run", str(fitted_home / "study.yaml")) if k == 0 else ("resume", "S002")
        driven = drive(home, *words, executor=executor, FORMULATION_FAILPOINT=point)
        assert driven.code == -signal.SIGKILL, f"{point} was not reached"
        acknowledged += driven.acks
        kept = rows_of(home, "S002")
        assert set(acknowledged) <= set(kept), f"lost at {point}"
        assert max(kept.values(), default=1) == 1
    driven = drive(home, "resume", "S002", executor=executor)
    assert driven.code == 0
    acknowledged += driven.acks
    kept = rows_of(home, "S002")
    assert kept == Counter(range(BUDGET)), "budget not met, or a number is there twice"
    assert max(Counter(acknowledged).values()) == 1, "acknowledged twice"


def test_the_check_fails_when_acknowledgement_precedes_the_commit(
    fitted_home: Path, tmp_path: Path
) -> None:
    """With the protection taken out, an acknowledged trial is missing after the kill."""
    home = copy_of(fitted_home, tmp_path / "home")
    driven = drive(
        home,
        "run",
        str(fitted_home / "study.yaml"),
        FORMULATION_FAILPOINT="commit:1",
        FORMULATION_BREAK="ack_before_commit",
    )
    assert driven.code == -signal.SIGKILL
    assert driven.acks, "the broken order must acknowledge first"
    lost = set(driven.acks) - set(rows_of(home, "S002"))
    assert lost, "the kill test cannot see a lost trial"
