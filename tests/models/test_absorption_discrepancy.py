"""Measured absorption against simulated: who may speak, what is made of it, and what stays."""

from math import exp, log, sqrt

import numpy as np
import pytest
from attrs import frozen

from formulation.data import read_rows
from formulation.design import Design
from formulation.errors import DataError, UnknownNameError
from formulation.patients import named_population
from models.data import TABLES
from models.data.studies import studies_named
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


SPELLINGS = {
    "Sabatier et al. 2002": "Sabatier 2002",
    "SABATIER, M. (2003) Am J Clin Nutr 77": "Sabatier 2003",
    "SabatierEtAl2011": "Sabatier 2011",
    "Siener et al., 2011": "Siener 2011",
    "Siéner '11": "Siener 2011",
    "Firoz & Graber 2001": "Firoz 2001",
    "2001, table 2 of Firoz": "Firoz 2001",
    "Blancquaert et al. (2019)": "Blancquaert 2019",
    "doi:10.3390/nu11071663": "Blancquaert 2019",
    "https://doi.org/10.3390%2FNU11071663": "Blancquaert 2019",
    "10.1007/s00240\u20110100309\u2011y": "Siener 2011",
    "https://pubmed.ncbi.nlm.nih.gov/11794633/": "Firoz 2001",
    "PMID: 21473800": "Sabatier 2011",
    "pmc 7281967": "PMC7281967",
    "ReMag pilot (2020)": "PMC7281967",
    "Kass, 10.1371/journal.pone.0174817": "Kass 2017",
    "Kass et al. 2017b": "Kass 2017",
    "Schütte et al. 1994": "Schuette 1994",
    "J Diet Suppl, 10.1080/19390211.2019.1629146": "Greupner 2020",
    "siener-2011@0123456789abcdef: table 2": "Siener 2011",
}


@pytest.mark.parametrize(("source", "study"), SPELLINGS.items())
def test_a_held_out_study_is_known_by_author_and_year_or_number(source, study) -> None:
    """Behind the version of a data set too."""
    for written in (source, f"mine@0123456789abcdef: {source}"):
        with pytest.raises(DataError, match=f"{study} has role .* held out of training"):
            measured_ratios([Row(source=written)], people_of)


@pytest.mark.parametrize(
    "source",
    [
        "Lukass 2017",
        "Siener 2012",
        "Sabatier, unpublished",
        "own trial 2011",
        "mine@a2017b0123456789: Kass's notebook",
        "PMID 117946331",
    ],
)
def test_another_study_of_like_name_year_or_number_may_speak(source) -> None:
    """The hash of a version is no year."""
    assert studies_named(source) == ()
    assert len(measured_ratios([Row(source=source)], people_of).ratios) == 1


def test_every_identifier_in_the_tables_is_known() -> None:
    """DOI, PMID and PMC number of each study of the panel, one by one."""
    known = {contrast.source: contrast.study for contrast in contrasts().values()}
    asked = 0
    for table in TABLES:
        for row in read_rows(table):
            for written in filter(None, row.get("doi_pmid", "").split("; ")):
                if row["source"] in known:
                    asked += 1
                    assert [s.name for s in studies_named(written)] == [known[row["source"]]]
    assert asked > 40


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


def test_a_users_row_of_a_study_that_decided_a_parameter_does_not_speak() -> None:
    """It is told; a study with a row of the panel that may speak joins that row."""
    sources = ("x@0123456789abcdef: Zhang et al. 2016", "Fine 1991", "y: Bohn et al. (2004)")
    heard = measured_ratios([Row(source=source) for source in sources], people_of)
    assert [ratio.study for ratio in heard.ratios] == ["Bohn 2004"]
    assert [line.partition(":")[0] for line in heard.left_out] == ["Zhang 2016", "Fine 1991"]
    assert all("has decided a parameter already" in line for line in heard.left_out)
    (gap,) = discrepancies([*literature_ratios(), *heard.ratios])
    assert gap.studies == ("Bohn 2004",)


def test_rows_of_one_data_set_are_one_study_unless_the_panel_knows_theirs() -> None:
    """Pages of a notebook share people, methods and laboratory."""
    sources = [f"mine@0123456789abcdef: page {k}" for k in range(4)]
    sources += ["other@fedcba9876543210: page 1", "mine@0123456789abcdef: Bohn 2004"]
    heard = measured_ratios([Row(source=source) for source in sources], people_of)
    (gap,) = discrepancies([*literature_ratios(), *heard.ratios])
    assert gap.studies == ("Bohn 2004", "mine@0123456789abcdef", "other@fedcba9876543210")


def test_a_value_at_or_below_zero_is_left_out_and_told() -> None:
    """The other rows speak as if it were not there."""
    usual = Row(value=simulated_mean())
    changes = ({"value": 0.0}, {"value": -3.0}, {"endpoint": "laxation_risk", "value": 0.0})
    silent = [Row(**change) for change in changes]
    heard = measured_ratios([silent[0], usual, *silent[1:]], people_of)
    assert heard.ratios == measured_ratios([usual], people_of).ratios
    reason = "left out; a value at or below 0 has no ratio to what is simulated."
    assert heard.left_out == (
        f"own trial 1: 2 rows of absorbed_increment {reason}",
        f"own trial 1: 1 row of laxation_risk {reason}",
    )


def test_a_product_that_simulates_to_nothing_is_left_out_and_told(monkeypatch) -> None:
    """There is no ratio to zero."""
    inner = simulate_responses

    def nothing_absorbed(designs, subjects):
        found = inner(designs, subjects)
        found.values[ABSORBED][:] = 0.0
        return found

    monkeypatch.setattr("models.responses.simulate_responses", nothing_absorbed)
    heard = measured_ratios([Row(), Row(endpoint="urine_change", value=1.0)], people_of)
    assert [ratio.family for ratio in heard.ratios] == ["urine_change"]
    assert "the simulator's own value is not above 0" in heard.left_out[0]


def test_a_row_of_the_panel_that_is_no_level_is_unknown() -> None:
    """A contrast of two meals says nothing of a product's level."""
    with pytest.raises(UnknownNameError, match="C10"):
        panel_ratio("C10")


def test_a_ratio_is_measured_over_simulated_in_the_rows_own_people() -> None:
    """Twice the simulated mean is log 2, in each population, in the order of the rows."""
    names = ("ppi_users", "healthy_adults", "ppi_users")
    rows = [Row(population=name, value=2 * simulated_mean(population=name)) for name in names]
    found = measured_ratios([*rows, Row(value=simulated_mean())], people_of).ratios
    assert [r.value for r in found] == pytest.approx([log(2)] * 3 + [0.0], abs=1e-9)


def test_a_share_of_the_dose_speaks_of_the_absorbed_amount() -> None:
    """The same magnesium in other units."""
    value = simulated_mean("fraction_absorbed") * 1.5
    (found,) = measured_ratios([Row(endpoint="fraction_absorbed", value=value)], people_of).ratios
    assert (found.family, found.value) == (ABSORBED, pytest.approx(log(1.5)))


def test_more_people_and_a_smaller_spread_make_a_smaller_error() -> None:
    """Without a stated spread that of the simulated people stands."""
    rows = [Row(), Row(n=48), Row(sd=3.0), Row(sd=None)]
    usual, many, even, unstated = (r.error for r in measured_ratios(rows, people_of).ratios)
    assert many < usual
    assert even < usual
    assert unstated > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"endpoint": "colour"}, "no surrogate learns 'colour'"),
        ({"value": float("nan")}, "a ratio needs a number"),
        ({"n": 0}, "of 0 people"),
    ],
)
def test_a_row_that_no_import_makes_is_refused_by_name(change, message) -> None:
    """It is not silently left out."""
    with pytest.raises(DataError, match=rf"'own trial 1'.*{message}"):
        measured_ratios([Row(**change)], people_of)


def test_two_studies_are_told_and_three_are_applied() -> None:
    """In words, and in the model error of that endpoint alone."""
    (two,), (three,) = discrepancies(studies(0.2, 0.3)), discrepancies(studies(0.2, 0.3, 0.1))
    assert "told, not applied; the stated model error holds" in two.sentence()
    assert np.isnan(model_error_of([two])).all()
    low, high = min(three.product_lo90, 1), three.product_hi90
    assert f"intervals reach from {low:.2f} to {high:.2f} times the value" in three.sentence()
    error = model_error_of([three])
    speaks = np.array([key.startswith(ABSORBED) for key in ENDPOINT_KEYS])
    assert (~np.isnan(error[:, 0]) == speaks).all()
    assert error[speaks][0].tolist() == [
        pytest.approx(max(1 - three.product_lo90, 0)),
        pytest.approx(three.product_hi90 - 1),
    ]


def test_the_sentence_says_what_intervals_do_where_no_study_agrees_with_the_value() -> None:
    """Measured at four times and a quarter: the interval still holds the value, and says so."""
    for factor in (4.4, 0.25):
        (found,) = discrepancies(studies(*[log(factor)] * 40))
        below, above = model_error_of([found])[ENDPOINT_KEYS.index(f"{ABSORBED}.p50")]
        said = f"intervals reach from {1 - below:.2f} to {1 + above:.2f} times the value"
        assert said in found.sentence()
        more = f"expected at {found.product_lo90:.2f} to {found.product_hi90:.2f} of it"
        assert more in found.sentence()


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
