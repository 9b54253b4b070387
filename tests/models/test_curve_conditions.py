"""What the rows of a curve say of batch and vessel: kept, converted, held against each other."""

import pytest

from formulation.errors import InputError
from formulation.profiles import HCL_01M, MEDIA, PHOSPHATE_68
from models.data.release_curves import read_release_curves
from models.data.vessels import (
    Conditions,
    find_apparatus,
    find_medium,
    in_volume,
    resolve,
    state_medium,
)

LABELS = {"A": 100.0, "B": 50.0}
HEADER = "product,batch,vessel,time [min],released [%]"


def read(header, rows, **options):
    text = "\n".join([header, *rows]) + "\n"
    return read_release_curves(text.encode(), file="curves.csv", labels_mg=LABELS, **options)


def three(extra, released=(10, 40, 80)):
    """Return the rows of a curve of A, each with the same cells behind it."""
    return [f"A,{15 * i},{value},{extra}" for i, value in enumerate(released, 1)]


def vessel(header, extra, **options):
    """Return the vessel of a curve whose rows all say the same."""
    found = read(f"product,time [min],released [%],{header}", three(extra), **options)
    assert found.problems == ()
    return resolve(found.curves[0].conditions)


def flaw(header, rows, **options):
    found = read(header, rows, **options)
    assert len(found.problems) == 1, found.problems
    return found.problems[0]


def test_a_batch_is_a_curve_of_its_own():
    """Vessels are averaged, batches are not."""
    rows = [
        f"A,{b},{v},{t},{b * t + v}" for b in (1, 2) for v in (1, 2) for t in (10, 20, 30)
    ]  # fmt: skip
    found = read(HEADER, rows)
    assert found.problems == ()
    assert [c.name for c in found.curves] == ["A, batch 1", "A, batch 2"]
    assert [c.fraction[0] for c in found.curves] == [0.115, 0.215]
    assert [c.n for c in found.curves] == [(2, 2, 2)] * 2


def test_the_long_table_of_openpkflow_is_read_once_its_time_has_a_unit():
    """Its header names no unit of time, so it is asked for."""
    header = "formulation,batch,time,percent_released"
    rows = [f"A,{b},{t},{t * 2}" for b in ("R1", "R2") for t in (5, 10, 15)]
    problem = flaw(header, rows)
    assert (problem.code, problem.column) == ("unit_missing", 3)
    assert "--time-unit" in problem.hint
    found = read(header, rows, time_unit="min")
    assert found.problems == ()
    assert [(c.batch, c.times_h, c.fraction) for c in found.curves] == [
        ("R1", (0.083333333, 0.166666667, 0.25), (0.1, 0.2, 0.3)),
        ("R2", (0.083333333, 0.166666667, 0.25), (0.1, 0.2, 0.3)),
    ]


@pytest.mark.parametrize(
    ("header", "extra", "name", "value"),
    [
        ("medium", "phosphate buffer pH 6.8", "name", PHOSPHATE_68.name),
        ("medium", "0.1 N HCl", "name", HCL_01M.name),
        ("medium", "water", "acid_meq", 0.0),
        ("pH", "6.8", "name", PHOSPHATE_68.name),
        ("apparatus", "USP I", "apparatus", "USP 1 (basket)"),
        ("apparatus", "paddle", "apparatus", "USP 2 (paddle)"),
        ("rpm", "100", "rpm", 100.0),
        ("temperature [°C]", "37.5", "temperature_c", 37.5),
        ("temperature [K]", "310.15", "temperature_c", 37.0),
        ("temperature [F]", "98.6", "temperature_c", 37.0),
        ("volume [mL]", "500", "volume_l", 0.5),
        ("volume_l", "0.5", "volume_l", 0.5),
        ("volume [mL]", "500", "acid_meq", 50.0),
        ("volume [mL]", "500", "name", "0.1 M HCl, 500 mL"),
    ],
)
def test_what_a_row_states_of_its_vessel_beats_what_is_assumed(header, extra, name, value):
    """In our units, and the acid goes with the volume."""
    assert getattr(vessel(header, extra).medium, name) == pytest.approx(value)


def test_only_what_is_not_stated_is_assumed():
    """The file says the speed and a pH, which names the medium; the apparatus is left."""
    stated = vessel("rpm,ph", "75,6.8")
    assert stated.assumed == ("apparatus",)
    assert (stated.medium.rpm, stated.medium.ph) == (75, 6.8)
    assert vessel("source", "notebook 7").conditions.source == "notebook 7"


def test_a_cell_left_empty_says_nothing():
    """It is enough to state a vessel once."""
    header = "product,time [min],released [%],rpm"
    found = read(header, ["A,15,10,75", "A,30,40,", "A,60,80,"])
    assert found.problems == ()
    assert found.curves[0].conditions == Conditions(rpm=75.0)


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        ("medium", "hcl", "water"),
        ("apparatus", "USP 1", "USP 2"),
        ("rpm", "50", "75"),
        ("volume [mL]", "900", "500"),
        ("temperature [°C]", "37", "25"),
        ("pH", "1.2", "1.3"),
        ("source", "page 1", "page 2"),
    ],
)
def test_the_rows_of_a_curve_must_agree(column, first, second):
    """The row that differs is named, with the one it differs from."""
    header = f"product,time [min],released [%],{column}"
    problem = flaw(header, [f"A,15,10,{first}", f"A,30,40,{first}", f"A,60,80,{second}"])
    assert (problem.code, problem.line, problem.column) == ("mixed_conditions", 4, 4)
    assert "than in row 2 of the same curve" in problem.message


def test_the_same_written_differently_agrees():
    """Names and numbers are compared as they are understood."""
    header = "product,time [min],released [%],medium,apparatus,rpm"
    rows = ["A,15,10,hcl,USP 2,50", "A,30,40,0.1 N HCl,paddle,50.0", "A,60,80,0.1 M HCl,USP II,5e1"]
    assert read(header, rows).problems == ()


def test_other_curves_may_be_of_other_vessels():
    """Each product and batch has its own."""
    header = "product,batch,time [min],released [%],medium"
    rows = [f"A,{b},{t},{t},{m}" for b, m in ((1, "hcl"), (2, "water")) for t in (10, 20, 30)]
    found = read(header, rows)
    assert found.problems == ()
    assert [c.conditions.medium for c in found.curves] == ["hcl", "water"]


@pytest.mark.parametrize(
    ("column", "cell", "options"),
    [
        ("medium", "water", {"medium": "hcl"}),
        ("apparatus", "USP 1", {"apparatus": "USP 2"}),
        ("rpm", "75", {"rpm": 50.0}),
    ],
)
def test_a_file_and_an_option_must_agree(column, cell, options):
    """Once for the curve, at the row that states it; agreeing is fine."""
    header, stated = f"product,time [min],released [%],{column}", state_medium(**options)
    problem = flaw(header, three(cell), stated=stated.conditions)
    assert (problem.code, problem.line, problem.column) == ("mixed_conditions", 2, 4)
    assert f"--{column}" in problem.hint
    same = three(f"{options[column]}")
    assert read(header, same, stated=stated.conditions).problems == ()


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("medium", "blood", "unknown_medium"),
        ("apparatus", "USP", "unknown_apparatus"),
        ("rpm", "fast", "out_of_range"),
        ("rpm", "0", "out_of_range"),
        ("pH", "15", "out_of_range"),
        ("pH", "3", "unknown_medium"),
        ("temperature [°C]", "310", "out_of_range"),
        ("volume [L]", "900", "out_of_range"),
    ],
)
def test_a_vessel_that_cannot_be_is_named_by_row_and_column(column, cell, code):
    """It stands in the second row only."""
    header = f"product,time [min],released [%],{column}"
    problem = flaw(header, ["A,15,10,", f"A,30,40,{cell}", "A,60,80,"])
    assert (problem.code, problem.line, problem.column) == (code, 3, 4)


def test_a_ph_that_is_not_that_of_its_medium_is_refused():
    """The column of the pH, where the medium is in the file or stated beside it."""
    header = "product,time [min],released [%],medium,ph"
    problem = flaw(header, three("phosphate-6.8,7.4"))
    assert (problem.code, problem.column) == ("mixed_conditions", 5)
    assert "pH 7.4 is not that of phosphate buffer pH 6.8, 900 mL (6.8)" in problem.message
    stated = state_medium("water").conditions
    assert flaw("product,time [min],released [%],ph", three("1.2"), stated=stated).column == 4


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("temperature", "unit_missing"),
        ("volume", "unit_missing"),
        ("temperature [bar]", "unknown_unit"),
        ("volume [kg]", "unknown_unit"),
        ("apparatis", "unknown_column"),
        ("temprature [°C]", "unknown_column"),
        ("lot", "duplicate"),
    ],
)
def test_a_header_of_the_vessel_is_held_to_the_same_rules(column, code):
    """Units are never guessed, and a misspelt name is not passed over."""
    problem = flaw(f"product,batch,time [min],released [%],{column}", ["A,1,15,10,1"])
    assert (problem.code, problem.line, problem.column) == (code, 1, 5)


def test_a_row_that_was_forgotten_is_found():
    """Vessel 2 has none at half an hour; an empty value would say that it was lost."""
    rows = [f"A,1,{v},{t},{t}" for v, t in ((1, 15), (1, 30), (1, 60), (2, 15), (2, 60))]
    problem = flaw(HEADER, rows)
    assert (problem.code, problem.line, problem.column) == ("missing_row", 6, 5)
    assert "vessel 2, has no row at 30 min" in problem.message
    assert read(HEADER, [*rows, "A,1,2,30,"]).problems == ()


@pytest.mark.parametrize(
    ("unit", "factor"), [("mmol", 24.305), ("µmol", 0.024305), ("g", 1000.0), ("ug", 0.001)]
)
def test_amounts_are_converted_to_a_share_of_the_label(unit, factor):
    """In moles of magnesium, or in any mass."""
    rows = [f"A,{t},{share * 100 / factor}" for t, share in ((1, 0.1), (2, 0.4), (3, 0.8))]
    found = read(f"product,time [d],released [{unit}]", rows)
    assert found.problems == ()
    assert found.curves[0].fraction == pytest.approx((0.1, 0.4, 0.8))
    assert found.curves[0].times_h == (24.0, 48.0, 72.0)


@pytest.mark.parametrize("key", MEDIA)
def test_every_medium_is_found_by_its_names(key):
    """By its key, and by the title that is shown for it."""
    assert find_medium(key) == find_medium(MEDIA[key].name.upper()) == key


def test_a_name_that_could_mean_several_is_refused():
    """Nothing is guessed."""
    for text in ("", "usp", "4", "flow-through cell"):
        with pytest.raises(InputError, match="Apparatus"):
            find_apparatus(text)


def test_a_medium_in_another_volume_is_as_strong_as_before():
    """Acid for each litre stays, also of what comes later."""
    medium = in_volume(MEDIA["acid-then-buffer"], 0.45)
    assert medium.acid_meq == pytest.approx(45.0)
    assert medium.then is not None
    assert medium.then.acid_meq == pytest.approx(4.5)
