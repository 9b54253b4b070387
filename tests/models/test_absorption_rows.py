"""Absorption data: one row an endpoint in people, in our units, and every problem at its cell."""

import pytest
from scipy.stats import t

from formulation.design import Design
from formulation.regimen import Regimen
from formulation.targets import get_endpoint
from models.data.absorption_rows import AbsorptionRow, read_absorption_rows
from models.data.absorption_units import MEASURABLE

P1 = Design(
    system="immediate_release",
    salt="citrate",
    salt_mg_pct=16.0,
    amounts_mg={"salt": 625.0, "mcc": 200.0},
    process={"form": "tablet"},
    regimen=Regimen(units_per_intake=1, intakes_per_day=1, with_meals=False),
)
COLUMNS = {
    "product": "P1",
    "dose [mg/d]": "400",
    "intakes_per_day": "2",
    "with_meals": "yes",
    "population": "healthy_adults",
    "endpoint": "urine_change",
    "value": "1.2",
    "unit": "mmol/d",
    "sd": "0.8",
    "ci_low": "",
    "ci_high": "",
    "n": "12",
    "design": "crossover",
    "source": "notebook 7",
}


def table(*rows, header=None):
    """Return the text of a table with these rows, each given by what differs from the usual."""
    names = list(COLUMNS) if header is None else header
    lines = [";".join(names)]
    lines += [";".join(str((COLUMNS | row).get(name, "")) for name in names) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def read(*rows, header=None, products=None):
    given = {"P1": P1} if products is None else products
    return read_absorption_rows(table(*rows, header=header), file="a.csv", products=given)


def row(**changed):
    """Return the row that is read, which has no problem."""
    found = read(changed)
    assert found.problems == ()
    (only,) = found.rows
    return only


def flaw(*rows, header=None):
    found = read(*rows, header=header)
    assert len(found.problems) == 1, found.problems
    return found.problems[0]


def test_a_row_is_a_product_as_it_was_taken_in_named_people():
    """The recipe with the regimen of the trial: 400 mg in two intakes are two tablets each."""
    got = row()
    assert isinstance(got, AbsorptionRow)
    assert got.design.amounts_mg == P1.amounts_mg
    assert got.design.regimen == Regimen(units_per_intake=2, intakes_per_day=2, with_meals=True)
    assert (got.population, got.endpoint, got.value, got.unit) == (
        *("healthy_adults", "urine_change"),
        *(1.2, "mmol/d"),
    )
    assert (got.sd, got.n, got.design_kind, got.source) == (0.8, 12, "crossover", "notebook 7")


@pytest.mark.parametrize(
    ("endpoint", "value", "unit", "wanted"),
    [
        ("urine_change", "24.305", "mg/d", 1.0),
        ("urine_change", "2", "mEq/day", 1.0),
        ("urine_change", "1", "mmol/24 h", 1.0),
        ("absorbed_increment", "2", "mmol/d", 48.61),
        ("fraction_absorbed", "0.25", "fraction", 25.0),
        ("fraction_absorbed", "25", "%", 25.0),
        ("serum", "2.0", "mg/dL", 0.822876),
        ("serum_change", "0.1", "mEq/L", 0.05),
        ("serum", "0,85", "mmol/L", 0.85),
        ("red_cell_change", "5", "percent", 5.0),
        ("laxation_risk", "12", "%", 12.0),
    ],
)
def test_values_come_out_in_the_unit_of_the_endpoint(endpoint, value, unit, wanted):
    """Millimoles, milligrams, equivalents, shares; a decimal comma where no comma separates."""
    got = row(endpoint=endpoint, value=value, unit=unit, sd="")
    assert got.value == pytest.approx(wanted, rel=1e-5)
    assert got.unit == get_endpoint(endpoint).unit


@pytest.mark.parametrize(
    ("column", "dose"),
    [
        ("dose [mg/d]", "400"),
        ("dose [g/d]", "0.4"),
        ("dose [mmol/day]", "16.4575"),
        ("elemental dose [mg/d]", "400"),
    ],
)
def test_doses_are_elemental_magnesium_a_day(column, dose):
    """In any unit that says so."""
    header = [column if name.startswith("dose") else name for name in COLUMNS]
    found = read({column: dose}, header=header)
    assert found.problems == ()
    assert found.rows[0].dose_mg_per_day == pytest.approx(400, rel=1e-5)


def test_a_standard_deviation_is_in_the_unit_of_its_mean():
    """It is converted with it."""
    assert row(value="24.305", sd="12.1525", unit="mg/d").sd == pytest.approx(0.5)


def test_a_spread_follows_from_an_interval_of_the_mean():
    """Half of it is a standard error times the quantile of that many people."""
    found = read({"sd": "", "ci_low": "0.7", "ci_high": "1.7"})
    half = found.rows[0].sd / 12**0.5 * t.ppf(0.975, 11)
    assert half == pytest.approx(0.5)
    assert any("follow from a 95 % interval" in note for note in found.notes)


def test_a_form_without_a_recipe_is_kept_and_told_of():
    """Nothing can be simulated of it."""
    found = read({}, {"product": "mineral water"})
    assert [r.form for r in found.rows] == ["P1"]
    assert [r.form for r in found.without_recipe] == ["mineral water"]
    assert any("Forms without a recipe: mineral water" in note for note in found.notes)
    assert read({}, products={}).without_recipe[0].form == "P1"


def test_the_unit_may_stand_in_the_header_of_the_value():
    """Where all rows have one endpoint."""
    names = ["value [mmol/d]" if name == "value" else name for name in COLUMNS if name != "unit"]
    found = read({"value [mmol/d]": "1.2"}, header=names)
    assert found.problems == ()
    assert found.rows[0].value == 1.2


CELLS = [
    ({"product": "P11"}, "unknown_product", 1),
    ({"product": ""}, "missing", 1),
    ({"dose [mg/d]": "250"}, "dose_mismatch", 2),
    ({"dose [mg/d]": "-100"}, "out_of_range", 2),
    ({"dose [mg/d]": ""}, "not_a_number", 2),
    ({"dose [mg/d]": "400 mg"}, "mixed_units", 2),
    ({"intakes_per_day": "4"}, "wrong_count", 3),
    ({"intakes_per_day": "1.5"}, "wrong_count", 3),
    ({"with_meals": "sometimes"}, "unknown_name", 4),
    ({"population": "helthy_adults"}, "unknown_name", 5),
    ({"endpoint": "urine_chang"}, "unknown_name", 6),
    ({"endpoint": "peak_gut_load"}, "unknown_name", 6),
    ({"value": "much"}, "not_a_number", 7),
    ({"value": "120"}, "out_of_range", 7),
    ({"endpoint": "serum", "value": "2.0", "unit": "mmol/L", "sd": ""}, "out_of_range", 7),
    ({"endpoint": "absorbed_increment", "value": "410", "unit": "mg/d"}, "out_of_range", 7),
    ({"unit": "furlong"}, "unknown_unit", 8),
    ({"unit": "mmol"}, "unknown_unit", 8),
    ({"endpoint": "serum", "unit": "mmol/d"}, "unknown_unit", 8),
    ({"unit": ""}, "missing", 8),
    ({"sd": "-1"}, "negative_sd", 9),
    ({"sd": "1e308"}, "out_of_range", 9),
    ({"sd": "", "ci_low": "-1e308", "ci_high": "1e308"}, "out_of_range", 10),
    ({"ci_low": "1", "ci_high": "2"}, "mixed_rows", 10),
    ({"sd": "", "ci_low": "1"}, "missing", 10),
    ({"sd": "", "ci_low": "2", "ci_high": "3"}, "out_of_range", 10),
    ({"sd": "", "ci_low": "1", "ci_high": "3", "n": "1"}, "wrong_count", 10),
    ({"n": "0"}, "wrong_count", 12),
    ({"n": ""}, "not_a_number", 12),
    ({"design": "before-after"}, "unknown_name", 13),
    ({"source": ""}, "missing", 14),
]


@pytest.mark.parametrize(("changed", "code", "column"), CELLS)
def test_a_bad_value_is_named_by_row_and_column(changed, code, column):
    """In the second row, the first being good."""
    problem = flaw({"source": "another"}, changed)
    assert (problem.code, problem.line, problem.column) == (code, 3, column)
    assert problem.file == "a.csv"


def test_a_row_that_stands_twice_is_refused():
    """The same people would count twice; another source or endpoint is another row."""
    problem = flaw({}, {"value": "1.3"})
    assert (problem.code, problem.line) == ("duplicate", 3)
    assert (
        read({}, {"source": "notebook 8"}, {"endpoint": "red_cell_change", "unit": "%"}).problems
        == ()
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("dose [mg/d]", "dose", "unit_missing"),
        ("dose [mg/d]", "dose [mg]", "unknown_unit"),
        ("value", "value [mmol/d]", "unit_missing"),
        ("unit", "remark", "unit_missing"),
        ("source", "remark", "missing_column"),
        ("ci_low", "remark", "missing_column"),
        ("population", "populations", "missing_column"),
        ("sd", "n", "duplicate"),
    ],
)
def test_a_bad_header_is_named(old, new, code):
    """Nothing is guessed."""
    header = [new if name == old else name for name in COLUMNS]
    found = read({}, header=header)
    assert code in {problem.code for problem in found.problems}
    assert all(problem.line == 1 for problem in found.problems)
    assert found.rows == ()


def test_a_misspelt_column_is_refused_and_a_foreign_one_listed():
    """As in release data."""
    found = read({}, header=[*COLUMNS, "sorce"])
    assert [p.code for p in found.problems] == ["unknown_column"]
    assert read({}, header=[*COLUMNS, "weather"]).notes == ("Columns that were not read: weather.",)


@pytest.mark.parametrize("endpoint", MEASURABLE)
def test_every_measurable_endpoint_is_one_of_the_targets(endpoint):
    """And its bounds hold something."""
    assert get_endpoint(endpoint).unit in ("mg/d", "mmol/d", "mmol/L", "percent")
    assert MEASURABLE[endpoint].low < MEASURABLE[endpoint].high
