"""Units: text in, float out, or an error a person can act on; nothing in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formulation.errors import InputError
from formulation.units import MG_PER_MMOL, to_unit


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("0.25 g", "mg", 250.0),
        ("250mg", "mg", 250.0),
        (" 1e3 mL ", "L", 1.0),
        ("90 min", "h", 1.5),
        ("37 degC", "degC", 37.0),
        ("98.6 degF", "degC", 37.0),
        ("10 cm^2", "cm2", 10.0),
        ("10 cm2", "cm^2", 10.0),
        ("5 %", "percent", 5.0),
        ("5 %", "1", 0.05),
        ("0.05", "1", 0.05),
        ("2 1/h", "1/d", 48.0),
        ("-3 mg", "mg", -3.0),
        ("24.2 mEq", "mEq", 24.2),
    ],
)
def test_a_written_quantity_becomes_the_magnitude_asked_for(text, unit, value):
    """Prefixes, spellings, percent and temperatures convert."""
    assert to_unit(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("5", "mg", "'5' has no unit; a value in mg is wanted. Write it as '5 mg'"),
        ("5", "percent", "'5' has no unit; a value in percent is wanted"),
        ("mg", "mg", "'mg' is not a number with a unit"),
        ("", "mg", "'' is not a number with a unit"),
        ("3 mg + 4 mg", "mg", "'mg . 4 mg' is no unit"),
        ("5 blorg", "mg", "'blorg' is no unit"),
        ("5 km", "mg", "'5 km' is not a value in mg. Write it in mg"),
        ("nan mg", "mg", "'nan mg' is not a finite number"),
        ("1e999 mg", "mg", "'1e999 mg' is not a finite number"),
    ],
)
def test_anything_else_is_refused_in_words(text, unit, message):
    """The message repeats the text and says what to write."""
    with pytest.raises(InputError, match=message):
        to_unit(text, unit)


def test_mass_is_not_turned_into_amount_in_silence():
    """250 mg of which substance? Mass, amount and equivalents are three things."""
    for text, unit in (("250 mg", "mmol"), ("21 mEq", "mmol"), ("10 mmol", "mEq")):
        with pytest.raises(InputError, match=f"'{text}' is not a value in {unit}"):
            to_unit(text, unit)


@given(st.floats(-1e9, 1e9, allow_subnormal=False), st.sampled_from(["mg", "g", "kg", "ug"]))
def test_converting_there_and_back_changes_nothing(value, unit):
    """A mass in any unit comes back as it went, to twelve decimals of a milligram."""
    mg = to_unit(f"{value!r} {unit}", "mg")
    assert to_unit(f"{mg!r} mg", "mg") == mg
    factor = {"mg": 1, "g": 1e3, "kg": 1e6, "ug": 1e-3}[unit]
    assert mg == pytest.approx(value * factor, rel=1e-12, abs=1e-11)


@given(st.text(max_size=12) | st.text("0123456789.eE+-*/()mgh% ^_[]{},;'\\#\n\t", max_size=12))
def test_no_text_brings_the_parser_down(text):
    """Whatever is written, the answer is a number or an InputError."""
    try:
        found = to_unit(text, "mg")
    except InputError:
        return
    assert isinstance(found, float)


def test_molar_mass_is_that_of_magnesium():
    """250 mg are 10.286 mmol, as the guides of the field print it."""
    assert 250 / MG_PER_MMOL == pytest.approx(10.286, abs=5e-4)
