"""Measured absorption against simulated: who may speak, what is made of it, and what stays."""

from math import exp, log, sqrt

import numpy as np
import pytest
from attrs import frozen

from formulation.design import Design
from formulation.errors import DataError, UnknownNameError
from formulation.patients import named_population
from models.panel.contrasts import Role, contrasts
from models.population import draw_subjects
from models.responses import simulate_responses
from models.surrogates.absorption import PANEL_ROWS, literature_ratios, measured_ratios, panel_ratio
from models.surrogates.absorption_gap import LogRatio, discrepancies, model_error_of
from models.surrogates.emulator import ENDPOINT_MODEL_ERROR, NORMAL_90, fit
from models.surrogates.table import ENDPOINT_KEYS, build_table, space_filling
from tests.experiments.small_study import small_study

SPEC = small_study()
TABLETS = SPEC.space.space_of("immediate_release")
(DESIGN,) = space_filling(TABLETS, 1, seed=4)
ABSORBED = "absorbed_increment"
UNTRAINABLE = [c for c in contrasts().values() if c.role in (Role.HELD_OUT, Role.NEGATIVE_CONTROL)]


@frozen(kw_only=True)
class Row:
    """A measured row as an import makes it."""

    design: Design = DESIGN
    population: str = "healthy_adults"
    endpoint: str = ABSORBED
    value: float = 20.0
    sd: float | None = 6.0
    n: int = 12
    design_kind: str = "crossover"
    source: str = "own trial 1"


def people_of(name):
    return named_population(name, size=8)


def simulated_mean(endpoint=ABSORBED, population="healthy_adults"):
    subjects = draw_subjects(people_of(population))
    return float(simulate_responses([DESIGN], subjects).values[endpoint].mean())


def studies(*values, error=0.05, family=ABSORBED):
    return [
        LogRatio(study=f"trial {k}", family=family, value=value, error=error)
        for k, value in enumerate(values)
    ]


@pytest.mark.parametrize("contrast", UNTRAINABLE, ids=lambda c: c.id)
def test_a_held_out_study_trains_nothing_whoever_brings_it(contrast) -> None:
    """By its name and by its key, in a user's row too, however it is spelt."""
    for source in (contrast.study, contrast.source, contrast.study.upper().replace(" ", "_")):
        with pytest.raises(DataError, match=f"{contrast.study} has role {contrast.role.value}"):
            measured_ratios([Row(source=f"table of {source}, p. 3")], people_of)


def test_a_held_out_row_of_the_panel_is_refused(monkeypatch) -> None:
    """Even if somebody lists it among the rows that speak."""
    monkeypatch.setitem(PANEL_ROWS, "C05", ABSORBED)
    with pytest.raises(DataError, match=r"C05 of Sabatier 2003 has role held_out; it trains"):
        panel_ratio("C05")
    assert all("Sabatier" not in ratio.study for ratio in literature_ratios())


def test_a_row_that_decided_a_parameter_is_no_evidence() -> None:
    """The colon's leak rests on C08, the kidney's splay on C30."""
    for row in ("C08", "C30"):
        with pytest.raises(DataError, match="has decided a parameter already"):
            panel_ratio(row)
    assert [ratio.study for ratio in literature_ratios()] == ["Bohn 2004"]


def test_a_row_of_the_panel_that_is_no_level_is_unknown() -> None:
    """A contrast of two meals says nothing of a product's level."""
    with pytest.raises(UnknownNameError, match="C10"):
        panel_ratio("C10")


def test_a_ratio_is_measured_over_simulated_in_the_rows_own_people() -> None:
    """Twice the simulated mean is log 2, in each population, in the order of the rows."""
    names = ("ppi_users", "healthy_adults", "ppi_users")
    rows = [Row(population=name, value=2 * simulated_mean(population=name)) for name in names]
    found = measured_ratios([*rows, Row(value=simulated_mean())], people_of)
    assert [r.value for r in found] == pytest.approx([log(2)] * 3 + [0.0], abs=1e-9)


def test_a_share_of_the_dose_speaks_of_the_absorbed_amount() -> None:
    """The same magnesium in other units."""
    value = simulated_mean("fraction_absorbed") * 1.5
    (found,) = measured_ratios([Row(endpoint="fraction_absorbed", value=value)], people_of)
    assert (found.family, found.value) == (ABSORBED, pytest.approx(log(1.5)))


def test_more_people_and_a_smaller_spread_make_a_smaller_error() -> None:
    """Without a stated spread that of the simulated people stands."""
    rows = [Row(), Row(n=48), Row(sd=3.0), Row(sd=None)]
    usual, many, even, unstated = (r.error for r in measured_ratios(rows, people_of))
    assert many < usual
    assert even < usual
    assert unstated > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"endpoint": "colour"}, "no surrogate learns 'colour'"),
        ({"value": 0.0}, "a ratio needs a value above 0"),
        ({"value": float("nan")}, "a ratio needs a value above 0"),
        ({"n": 0}, "of 0 people"),
    ],
)
def test_a_row_without_a_ratio_is_refused_by_name(change, message) -> None:
    """It is not silently left out."""
    with pytest.raises(DataError, match=rf"'own trial 1'.*{message}"):
        measured_ratios([Row(**change)], people_of)


def test_two_studies_are_told_and_three_are_applied() -> None:
    """In words, and in the model error of that endpoint alone."""
    (two,), (three,) = discrepancies(studies(0.2, 0.3)), discrepancies(studies(0.2, 0.3, 0.1))
    assert "told, not applied; the stated model error holds" in two.sentence()
    assert np.isnan(model_error_of([two])).all()
    assert "Values are unchanged; intervals reach" in three.sentence()
    error = model_error_of([three])
    speaks = np.array([key.startswith(ABSORBED) for key in ENDPOINT_KEYS])
    assert (~np.isnan(error[:, 0]) == speaks).all()
    assert error[speaks][0].tolist() == [
        pytest.approx(max(1 - three.product_lo90, 0)),
        pytest.approx(three.product_hi90 - 1),
    ]


def test_rows_of_one_study_count_as_one_however_it_is_spelt() -> None:
    """Nine rows of three spellings are one study, no surer than one row of it."""
    names = ("Own Trial 1", "own trial 1", "own_trial_1")
    rows = [LogRatio(study=s, family=ABSORBED, value=0.2, error=0.05) for s in names * 3]
    (nine,), (one,) = discrepancies(rows), discrepancies(rows[:1])
    assert nine.studies == ("Own Trial 1",)
    assert not nine.is_applied
    assert nine.hi90 == pytest.approx(one.hi90)


def test_the_factor_is_the_studies_mean_and_more_of_them_are_surer() -> None:
    """Equal studies: their own ratio, with an interval that shrinks."""
    (few,), (many,) = discrepancies(studies(*[0.3] * 3)), discrepancies(studies(*[0.3] * 12))
    assert few.factor == pytest.approx(exp(0.3))
    assert many.factor == pytest.approx(exp(0.3))
    assert many.hi90 / many.lo90 < few.hi90 / few.lo90


def test_studies_that_disagree_widen_what_one_more_product_may_do() -> None:
    """By a spread near theirs; where they agree it is below the stated error."""
    (agree,), (disagree,) = (
        discrepancies(studies(*values)) for values in ([0.0] * 8, [-0.5, 0.5] * 4)
    )
    stated = log(1 + float(ENDPOINT_MODEL_ERROR[ABSORBED])) / NORMAL_90
    assert agree.between < stated
    assert 0.4 < disagree.between < 0.75
    assert disagree.product_hi90 > 2 * agree.product_hi90 / 1.2


def test_one_study_leaves_the_spread_at_the_stated_error() -> None:
    """It says nothing of the spread between studies, so the prior's size stands."""
    (found,) = discrepancies(studies(0.0))
    stated = log(1 + float(ENDPOINT_MODEL_ERROR[ABSORBED])) / NORMAL_90
    assert found.between == pytest.approx(stated, rel=0.05)
    assert log(found.hi90) / NORMAL_90 == pytest.approx(sqrt(0.05**2 + stated**2), rel=0.05)


def test_values_are_kept_and_only_the_intervals_of_what_was_measured_move() -> None:
    """Measured at half of what is simulated: the interval reaches down to there, not up."""
    table = build_table(TABLETS, SPEC.population, n_designs=24, seed=1)
    plain, _ = fit(table)
    (found,) = discrepancies(studies(*np.log([0.5, 0.52, 0.48])))
    told, _ = fit(table, None, model_error_of([found]))
    before, after = plain.predict(table.features), told.predict(table.features)
    np.testing.assert_array_equal(before.endpoints, after.endpoints)
    k = ENDPOINT_KEYS.index(f"{ABSORBED}.p50")
    others = [j for j, key in enumerate(ENDPOINT_KEYS) if not key.startswith(ABSORBED)]
    np.testing.assert_array_equal(before.endpoints_lo90[:, others], after.endpoints_lo90[:, others])
    assert (after.endpoints_lo90[:, k] < 0.55 * after.endpoints[:, k]).all()
    assert (after.endpoints_hi90[:, k] < before.endpoints_hi90[:, k]).all()
    assert (after.endpoints[:, k] <= after.endpoints_hi90[:, k]).all()
    assert told.calibration.endpoint_kind.endswith(
        "plus a stated model error (of absorbed_increment: that of measured studies)"
    )
