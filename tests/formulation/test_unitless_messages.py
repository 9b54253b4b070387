"""A pure number has no unit in what people read: never "4.5 to 7 1"."""

import re

import pytest

from formulation.delivery import get_system
from formulation.errors import InputError
from formulation.fixing import fixed
from formulation.patients import patient_fields

STRAY = re.compile(r"\d 1(?![\d.])")


@pytest.mark.parametrize("value", [99.0, 5.55])
def test_a_ph_that_cannot_be_set_is_told_without_a_unit(value):
    """Outside its range, and between two settings."""
    with pytest.raises(InputError, match=f"ph: {value:g} ") as refused:
        fixed(get_system("mucoadhesive_gel"), "swallowed.ph", value)
    assert not STRAY.search(str(refused.value))


def test_an_impossible_pure_number_of_a_patient_is_told_without_a_unit():
    """Every field whose unit is 1."""
    for name, known in patient_fields().items():
        if known.default.unit == "1" and not known.is_flag and name != "age_years":
            with pytest.raises(InputError) as refused:
                known.check(1e9, "value")
            assert not STRAY.search(str(refused.value)), name
