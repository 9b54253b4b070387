"""Scores: by study, beside two models that know nothing of products."""

import numpy as np
import pytest
from attrs import evolve

from models.panel.contrasts import get_contrast
from models.panel.prediction import Prediction, Verdict
from models.panel.rows import experiments
from models.panel.scoring import ALL_STUDIES, Model, common_score, interval_score, scores


def predicted(row, factor, spread=1.2):
    """Return a prediction that is so many times what was published."""
    value = get_contrast(row).observed * factor
    return Prediction(
        contrast=get_contrast(row),
        verdict=Verdict.INSIDE,
        experiment=experiments()[row],
        value=value,
        lo=value / spread,
        hi=value * spread,
    )


def score(found, study, model=Model.SIMULATOR):
    (one,) = (s for s in found if s.study == study and s.model is model)
    return one


def test_studies_count_alike_however_many_rows_they_have():
    """Three rows of one study weigh as much as one of another."""
    rows = [
        predicted("C02", 2.0),
        predicted("C03", 2.0),
        predicted("C04", 2.0),
        predicted("C13", 1.0),
    ]
    whole = score(scores(rows), ALL_STUDIES)
    assert whole.log_error == pytest.approx(np.log(2) / 2)
    assert whole.fold_error == pytest.approx(2**0.5)
    assert whole.within == (0.5, 1.0)


def test_the_worst_study_comes_first():
    """In the list of every model."""
    found = scores([predicted("C13", 1.1), predicted("C05", 3.0)])
    assert next(s.study for s in found if s.model is Model.SIMULATOR) == "Sabatier 2003"


def test_only_held_out_rows_with_a_number_are_scored():
    """Calibration rows, controls and rows without a number are passed over."""
    lost = Prediction(contrast=get_contrast("C20"), verdict=Verdict.NOT_COMPUTABLE)
    rows = [predicted("C06", 2.0), predicted("C24", 2.0), predicted("C05", 1.5), lost]
    assert score(scores(rows), ALL_STUDIES).rows == ("C05",)
    assert scores([lost]) == []


def test_no_effect_says_nothing_of_fractions():
    """It is scored on ratios and differences, and the simulator beside it on the same ones."""
    rows = [predicted("C02", 1.0), predicted("C03", 3.0)]
    assert score(scores(rows), ALL_STUDIES, Model.NO_EFFECT).rows == ("C02",)
    common = common_score(rows, Model.NO_EFFECT)
    assert common is not None
    assert (common.rows, common.log_error) == (("C02",), 0.0)
    assert common_score([predicted("C03", 1.0)], Model.NO_EFFECT) is None


def test_null_models_are_given_the_same_width():
    """A null model that says the same scores the same."""
    told = experiments()["C02"].dose_curve
    row = predicted("C02", told / get_contrast("C02").observed)
    found = scores([row])
    ours, curve = (score(found, ALL_STUDIES, m) for m in (Model.SIMULATOR, Model.DOSE_CURVE))
    assert ours.interval_score == pytest.approx(curve.interval_score)


def test_a_difference_of_another_sign_is_tenfold_wrong():
    """Logarithms of what is not positive are clipped, never refused."""
    wrong = evolve(predicted("C19", 1.0), value=-0.1, lo=-0.5, hi=0.3)
    assert score(scores([wrong]), ALL_STUDIES).fold_error == pytest.approx(10)


@pytest.mark.parametrize(("observed", "penalty"), [(0.5, 0.0), (1.2, 4.0), (-0.1, 2.0)])
def test_an_interval_score_is_width_and_penalty(observed, penalty):
    """Twenty times what lies outside a 90 % interval."""
    assert interval_score(0.0, 1.0, observed) == pytest.approx(1.0 + penalty)
