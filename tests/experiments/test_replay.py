"""A stored study is replayed: the same history, the same proposals; else the upgrade is named."""

import pytest

from experiments.conditions import installed
from tests.experiments.golden_studies import conditions, history_of, stored
from tests.experiments.reproducing import LAST_RUNG, SPEC, fresh

BATCH = SPEC.budget.batch
SEED = SPEC.budget.seed


def difference(strategy: str, rows: list[dict]) -> int | None:
    """Return the first number whose proposal is another than the stored one."""
    history = history_of(rows)
    for first in range(0, len(rows), BATCH):
        asked = fresh(strategy).propose(history[:first], (), BATCH, SEED)
        for row, proposal in zip(rows[first : first + BATCH], asked, strict=True):
            if (proposal.design.as_dict(), proposal.rung) != (row["design"], row["rung"]):
                return row["number"]
    return None


def blame(before: dict[str, str], now: dict[str, str]) -> str:
    """Return what may have moved the proposals."""
    moved = [
        f"{name} {before[name]} -> {now[name]}" for name in before if before[name] != now[name]
    ]
    return ", ".join(moved) or "no version differs: the code of this product has changed"


@pytest.mark.parametrize("strategy", LAST_RUNG)
def test_a_stored_study_is_replayed(strategy: str) -> None:
    """Every batch from its stored history alone, by the versions that are pinned now."""
    kept, now = stored(), conditions()
    number = difference(strategy, kept["studies"][strategy])
    cause = blame(kept["conditions"], now)
    if number is not None and cause.startswith("processor"):
        pytest.skip(f"{strategy} differs from trial {number} on; {cause}")
    assert number is None, f"{strategy} proposes otherwise from trial {number} on; {cause}"


def test_a_proposal_that_moved_is_seen_and_the_package_named() -> None:
    """With one stored value changed, and with the versions of another day."""
    kept = stored()
    rows = kept["studies"]["tpe"]
    for row in rows[:8]:
        for endpoint in row["values"]:
            row["values"][endpoint] += 5.0 * (row["number"] % 3)
    assert difference("tpe", rows) in range(8, len(rows))
    older = {**kept["conditions"], "optuna": "4.9.0"}
    assert blame(older, kept["conditions"]) == "optuna 4.9.0 -> " + installed()["optuna"]
    assert "the code of this product" in blame(older, older)


def test_the_stored_studies_are_of_the_versions_that_are_pinned() -> None:
    """Who raises a pin replays the studies, and stores them anew if they moved."""
    kept = stored()["conditions"]
    assert {n: kept[n] for n in ("numpy", "optuna", "scikit-learn")} == {
        n: installed()[n] for n in ("numpy", "optuna", "scikit-learn")
    }
