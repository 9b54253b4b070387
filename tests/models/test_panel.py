"""The panel: every row is simulated or says why not, and the roles of studies are honest."""

import numpy as np
import pytest
from attrs import evolve

from formulation.data import TABLES, find_table, read_rows
from formulation.errors import InputError, UnknownNameError
from models.data import TABLES as MODEL_TABLES
from models.panel import prediction
from models.panel.calibrated import calibrated_parameters
from models.panel.contrasts import Role, contrasts, get_contrast
from models.panel.controls import POSITIVE_CONTROLS, show_controls
from models.panel.experiment import Experiment, Statistic
from models.panel.prediction import Verdict, log_error, predict, predict_panel, rows_of, statistic
from models.panel.refit import TRANSPORT, recalibrate
from models.panel.rows import NOT_COMPUTABLE, experiments

UNTOUCHABLE = (Role.HELD_OUT, Role.NEGATIVE_CONTROL)


@pytest.fixture(scope="module")
def few():
    """Keep the panel quick: what is tested here does not depend on how many subjects there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prediction, "SUBJECTS", 16)
        yield


@pytest.fixture(scope="module")
def panel(few):
    return {p.contrast.id: p for p in predict_panel()}


def sources_of(table, tables, wanted=lambda row: True):
    rows = [row for row in read_rows(find_table(table, tables)) if wanted(row)]
    return {key for row in rows for key in (row["source"], *row["also"].split("; ")) if key}


def test_every_row_is_simulated_or_says_why_not():
    """Nothing is missing, and nothing is both."""
    assert experiments().keys() | NOT_COMPUTABLE.keys() == contrasts().keys()
    assert experiments().keys() & NOT_COMPUTABLE.keys() == set()


def test_no_study_is_held_out_and_scales_something():
    """Neither as a modulator of patients nor as a modifier that may act."""
    kept_out = {c.source for c in contrasts().values() if c.role in UNTOUCHABLE}
    acting = ("modifier", "ligand_calibration")
    modifiers = sources_of("modifiers", MODEL_TABLES, lambda row: row["use"] in acting)
    assert kept_out & (sources_of("modulators", TABLES) | modifiers) == set()


def test_calibrated_parameters_rest_on_calibration_rows_only():
    """Each names the rows it rests on, and none of them is held out."""
    found = calibrated_parameters()
    roles = {get_contrast(row).role for parameter in found for row in parameter.rows}
    assert roles == {Role.KERNEL, Role.CALIBRATION}
    named = {p.name.rpartition(".")[2]: p.rows for p in found}
    assert named["VMAX"] == ("C01",)
    assert named["PHYTATE_HELD"] == ("C10", "C11")
    assert named["citrate_solubility"] == ("C16",)


def test_leaving_out_a_role_changes_no_other_prediction(panel):
    """To the last bit, though other rows run beside it."""
    rows = rows_of(drop=Role.HELD_OUT)
    alone = {p.contrast.id: p for p in predict_panel(rows, threads=1)}
    assert alone.keys() == set(rows) < panel.keys()
    for row, found in alone.items():
        both = panel[row]
        assert (found.value, found.lo, found.hi) == (both.value, both.lo, both.hi), row
        assert found.arm_means == both.arm_means


def test_an_interval_holds_its_prediction(panel):
    """And is not a point where people are drawn or something is assumed."""
    for row, found in panel.items():
        if found.is_computable:
            assert found.lo <= found.value <= found.hi, row
            if experiments()[row].noise is not None:
                assert found.lo < found.hi, row


def test_a_verdict_follows_the_tolerance_of_the_table(panel):
    """Inside and outside are what the table accepts, whatever the interval."""
    for found in panel.values():
        c = found.contrast
        if found.is_computable and c.accept_lo is not None and c.accept_hi is not None:
            assert found.passed is (c.accept_lo <= found.value <= c.accept_hi)


def test_unknown_compositions_are_not_computed(panel):
    """The reason is told, and no number is made up."""
    for row in ("C20", "C21"):
        assert panel[row].verdict is Verdict.NOT_COMPUTABLE
        assert "composition" in panel[row].reason
        assert panel[row].value is panel[row].passed is None


def test_the_kernel_row_holds_by_construction(panel):
    """Within a few percent: three constants follow a curve of three numbers."""
    assert panel["C01"].value == pytest.approx(get_contrast("C01").observed, rel=0.05)


def test_phytate_takes_more_with_more_of_it(panel):
    """Row C10 has twice the phytate of row C11."""
    assert panel["C10"].value < panel["C11"].value < 1


def test_oxide_dissolves_no_more_than_acid_and_water_allow(panel):
    """24.2 mEq of acid dissolve 12.1 mmol; water hardly any."""
    assert panel["C14"].value == pytest.approx(24.2 / 2 / 25, abs=0.002)
    assert 0 < panel["C15"].value < 0.002


def test_a_refusal_of_the_simulator_is_no_number(monkeypatch):
    """It is told in the simulator's words."""

    def refuse(values, size):
        raise InputError("nobody can eat that.")

    refused = {**experiments(), "C05": evolve(experiments()["C05"], simulate=refuse)}
    monkeypatch.setattr(prediction, "experiments", lambda: refused)
    found = predict(get_contrast("C05"))
    assert found.verdict is Verdict.NOT_COMPUTABLE
    assert "nobody can eat that" in found.reason


def test_every_negative_control_is_paired():
    """With one positive control each."""
    negative = rows_of(keep=Role.NEGATIVE_CONTROL)
    assert [control.row for control in POSITIVE_CONTROLS] == negative


def test_positive_controls_are_seen():
    """The simulator can tell a difference where there is one."""
    shown = show_controls(rows_of(keep=Role.NEGATIVE_CONTROL))
    assert {s.control.row: s.passed for s in shown} == {"C22": True, "C24": True, "C28": True}


@pytest.mark.parametrize("row", ["C02", "C13", "C19", "C24", "C28"])
def test_leaving_out_what_is_held_out_moves_no_parameter(row):
    """It has decided none."""
    assert [p.name for p in recalibrate(row) if p.moved] == []


@pytest.mark.parametrize(
    ("row", "moving"),
    [
        ("C01", set(TRANSPORT)),
        ("C10", {"PHYTATE_HELD"}),
        ("C16", {"citrate_solubility"}),
        ("C27", {"low calcitriol"}),
    ],
)
def test_leaving_out_a_calibration_row_moves_what_rests_on_it(row, moving):
    """And nothing else."""
    moved = {p.name.rpartition(".")[2]: p.without for p in recalibrate(row) if p.moved}
    assert moved.keys() == moving
    refitted = row in ("C01", "C10")
    assert all((value is not None) is refitted for value in moved.values())


def test_an_unknown_row_is_refused():
    """The message lists the nearest."""
    with pytest.raises(UnknownNameError, match="C99"):
        get_contrast("C99")
    with pytest.raises(UnknownNameError, match="C99"):
        predict_panel(["C99"])


def test_a_statistic_is_made_of_means():
    """Ratio and difference are of the arms' means, not means of ratios."""
    arms = (np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    assert statistic(Statistic.RATIO, arms) == 2
    assert statistic(Statistic.DIFFERENCE, arms) == 1
    assert statistic(Statistic.MEAN, arms[:1]) == 2


def test_a_log_error_is_symmetric_and_clipped():
    """Half and double are equally wrong, another sign is tenfold wrong."""
    assert log_error(0.5, 1.0) == pytest.approx(log_error(2.0, 1.0))
    assert log_error(1e6, 1.0) == log_error(-1.0, 1.0) == log_error(1.0, 0.0) == np.log(10)


def test_larger_trials_have_narrower_intervals(few):
    """With everything else the same."""
    small = experiments()["C04"]
    large = evolve(small, n_people=evolve(small.n_people, value=1000.0))
    arms = small.simulate(small.base(), 16)
    widths = [np.ptp(np.percentile(prediction._trials(e, arms), [5, 95])) for e in (small, large)]
    assert widths[1] < widths[0] / 3


def test_what_is_assumed_says_its_range_and_why():
    """So that the report can tell what moved the result."""
    for experiment in experiments().values():
        assert isinstance(experiment, Experiment)
        for quantity in (experiment.n_people, *experiment.assumptions.values()):
            assert quantity.note or quantity.basis.value == "measured"
