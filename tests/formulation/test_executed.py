"""What is executed instead of a plan: near it, of its mass, the same accidents for every design."""

import pickle

import numpy as np
import pytest
from attrs import evolve

from formulation.errors import InputError
from formulation.executed import Tolerances, neighbours
from models.release import release_law
from tests.families import matrix, tablet
from tests.formulation.test_delivery_contract import every_salt, every_system, sample

TOLERANCES = Tolerances(weighing_pct=1, process_pct=5, batch_pct=3, draws=24)


def gap(executed, planned):
    return abs(executed / planned - 1)


@every_salt
@every_system
def test_neighbours_lie_within_the_tolerances_and_keep_the_mass_of_the_unit(system, salt):
    """Shares, settings and contents move, each by no more than is stated; each has a law."""
    for plan in sample(system, salt, 5)[1]:
        for found in neighbours(plan, TOLERANCES, 1):
            assert found.unit_mass_mg == pytest.approx(plan.unit_mass_mg)
            for name, mg in plan.amounts_mg.items():
                # Filling to the planned mass moves every share once more.
                assert found.amounts_mg[name] == pytest.approx(mg, rel=0.0203)
            for name, value in plan.process.items():
                if isinstance(value, str) or name.startswith("second"):
                    assert found.process[name] == value
                else:
                    assert found.process[name] == pytest.approx(value, rel=0.05001)
            assert gap(found.salt_mg_pct, plan.salt_mg_pct) <= 0.03
            assert (found.regimen, found.salt_name) == (plan.regimen, plan.salt_name)
            assert release_law(found).route is release_law(plan).route


def test_neighbours_are_off_the_balance_grid():
    """That is what executed means."""
    amounts = [mg for d in neighbours(tablet(12), TOLERANCES, 1) for mg in d.amounts_mg.values()]
    assert np.mean([abs(mg * 10 - round(mg * 10)) > 1e-6 for mg in amounts]) > 0.95


def test_the_same_seed_gives_the_same_neighbours_everywhere():
    """Also after a way to a worker, and whatever was drawn before."""
    far = pickle.loads(pickle.dumps(TOLERANCES))
    neighbours(matrix(35), far, 7)
    assert neighbours(tablet(12), far, 7) == neighbours(tablet(12), TOLERANCES, 7)
    assert neighbours(tablet(12), far, 8) != neighbours(tablet(12), TOLERANCES, 7)


def test_designs_meet_the_same_accidents():
    """The k-th draw of a lot is off by as much in every product made of it."""
    first, second = tablet(12), evolve(tablet(18), amounts_mg={"salt": 500.0, "mcc": 300.0})
    off = [
        [d.salt_mg_pct / plan.salt_mg_pct for d in neighbours(plan, TOLERANCES, 1)]
        for plan in (first, second)
    ]
    assert off[0] == pytest.approx(off[1])
    assert np.ptp(off[0]) > 0.03


@pytest.mark.parametrize("only", ["weighing_pct", "process_pct", "batch_pct"])
def test_what_has_no_tolerance_stays_as_planned(only):
    """Each source of scatter alone moves its own part."""
    plan = tablet(12)
    found = neighbours(plan, Tolerances(**{only: 2.0}), 1)
    moved = {
        "weighing_pct": [d.amounts_mg["salt"] / plan.amounts_mg["salt"] for d in found],
        "process_pct": [d.process["compression_force_kn"] / 12 for d in found],
        "batch_pct": [d.salt_mg_pct / plan.salt_mg_pct for d in found],
    }
    for name, factors in moved.items():
        assert (np.ptp(factors) > 1e-9) == (name == only), name


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({}, "nothing scatters"),
        ({"weighing_pct": -1}, "weighing -1 %"),
        ({"process_pct": 21}, "process 21 % is not between 0 and 20 %"),
        ({"batch_pct": float("nan")}, "batch nan %"),
        ({"weighing_pct": 1, "draws": 0}, "0 draws"),
        ({"weighing_pct": 1, "share_pct": 40}, "share of 40 %"),
    ],
)
def test_impossible_tolerances_are_refused(stated, message):
    """By name and value."""
    with pytest.raises(InputError, match=message):
        Tolerances(**stated)


@pytest.mark.parametrize(("share", "draws", "rank"), [(100, 16, 16), (50, 16, 8), (90, 19, 17)])
def test_the_share_picks_the_rank(share, draws, rank):
    """From the best as 0; the plan is one of them."""
    assert Tolerances(weighing_pct=1, share_pct=share, draws=draws).rank == rank
