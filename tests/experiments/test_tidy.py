"""Tables of somebody's own by their file, with a mapping file beside them."""

import pytest

from experiments.config.mapping import read_mapping
from experiments.datasets.tidy import load_tidy
from formulation.errors import InputError

MAPPING = """\
source: our bench
licence: none
columns:
  batch: {role: group}
  hours: {role: time, unit: h}
  out: {role: target, unit: "%", range: 0 to 120}
  first: {role: early, at: 30 min}
  site: {role: ignore}
"""


@pytest.fixture
def curves(tmp_path):
    lines = [f"B{g},{20 + g},{t},{t * (g + 9)},{g / 8},A{t}" for g in range(4) for t in range(1, 8)]
    path = tmp_path / "curves.csv"
    path.write_text("\n".join(["batch,hpmc,hours,out,first,site", *lines]) + "\n")
    return path


@pytest.fixture
def mapping(tmp_path):
    path = tmp_path / "mapping.yaml"
    path.write_text(MAPPING)
    return path


def refused(text):
    with pytest.raises(InputError) as caught:
        read_mapping(text, "m.yaml")
    return [(p.line, p.column, p.pointer, p.code) for p in caught.value.problems]


def test_a_table_is_read_by_flags_alone(curves):
    """Notes stay with the table."""
    table = load_tidy(curves, target="out", group="batch", time="hours", ignore=["site"])
    assert (len(table), table.n_groups, table.n_curves) == (28, 4, 4)
    assert table.source == str(curves)
    assert table.notes == ("Curves, told by group and features: 4.",)


def test_a_table_is_read_by_its_mapping_alone(curves, mapping):
    """Roles, units, the time of early values, and where it comes from."""
    table = load_tidy(curves, mapping_path=mapping)
    assert list(table.features) == ["hpmc", "first"]
    assert table.early == {"first": 0.5}
    assert table.units == {"hours": "h", "out": "%"}
    assert table.source == f"{curves} (our bench)"


def test_flag_and_mapping_that_contradict_are_a_problem_at_the_mapping(curves, mapping):
    """With line and column of the mapping file."""
    with pytest.raises(InputError) as caught:
        load_tidy(curves, target="hpmc", mapping_path=mapping)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.column) == (str(mapping), 6, 3)


def test_a_mapping_of_a_column_that_is_not_there_names_the_nearest(curves, mapping):
    """At its line, not at the table's."""
    mapping.write_text(MAPPING.replace("hours:", "hour:"))
    with pytest.raises(InputError) as caught:
        load_tidy(curves, mapping_path=mapping)
    problem = caught.value.problems[0]
    assert (problem.file, problem.line, problem.hint) == (str(mapping), 5, "Did you mean 'hours'?")


def test_problems_of_both_files_are_told_at_once(tmp_path, mapping):
    """Each in one line."""
    mapping.write_text("columns: {a: {role: x}}")
    with pytest.raises(InputError) as caught:
        load_tidy(tmp_path / "none.csv", mapping_path=mapping)
    assert [p.code for p in caught.value.problems] == ["unreadable_file", "unknown_name"]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("columns: {a: {role: tim}}", (1, 21, "columns.a.role", "unknown_name")),
        ("columns: {a: {rule: time}}", (1, 15, "columns.a.rule", "unknown_key")),
        ("columns: {a: {unit: kgg}}", (1, 21, "columns.a.unit", "invalid_input")),
        ("columns: {a: {unit: 9**9**9}}", (1, 21, "columns.a.unit", "invalid_input")),
        ("columns: {a: {as: digits}}", (1, 19, "columns.a.as", "unknown_name")),
        ("columns: {a: {role: early}}", (1, 14, "columns.a", "missing_key")),
        ("columns: {a: {role: early, at: 3 mg}}", (1, 32, "columns.a.at", "invalid_input")),
        ("columns: {a: {role: time, unit: mg}}", (1, 33, "columns.a.unit", "invalid_input")),
        ("columns: {a: {role: time, unit: fraction}}", (1, 33, "columns.a.unit", "invalid_input")),
        ("columns: {a: {role: time, at: 3 h}}", (1, 31, "columns.a.at", "contradiction")),
        ("columns: {a: {range: 5}}", (1, 22, "columns.a.range", "wrong_text")),
        ("columns: {a: {range: 5 to 2}}", (1, 22, "columns.a.range", "out_of_range")),
        ("columns: {a: {feature: true}}", (1, 24, "columns.a.feature", "contradiction")),
        ("columns: [a]", (1, 10, "columns", "wrong_type")),
        ("colums: {}", (1, 1, "colums", "unknown_key")),
    ],
)
def test_a_mistake_in_a_mapping_is_told_where_it_stands(written, place):
    """Line, column, pointer and kind."""
    assert place in refused(written)


@pytest.mark.parametrize("text", ["", "  \n", "- a\n", "columns: {a: {}\n"])
def test_what_is_no_mapping_is_refused(text):
    """Empty, a list, broken."""
    assert refused(text)


@pytest.mark.parametrize(
    "unit",
    ["g/mol", "1/cm", "cm2", "cm^2", "µg/mL", "degC", "°C", '"%"', "fraction", "W/m2*K", "d"],
)
def test_units_of_every_usual_spelling_are_known(unit):
    """Kept as they were written."""
    found = read_mapping(f"columns: {{a: {{unit: {unit}}}}}", "m.yaml")
    assert found.columns["a"].unit == unit.strip('"')
