"""A number without unit, range, basis and source cannot be made."""

import pytest

from formulation.errors import InputError
from formulation.provenance import EVIDENCE_TO_BASIS, Basis, Origin, Quantity


def quantity(**changes):
    given = {"value": 0.7, "unit": "1", "basis": Basis.MEASURED, "source": "Rude1980"}
    return Quantity(**{**given, **changes})


def test_a_quantity_is_a_number_where_one_is_needed():
    """float() gives the value."""
    assert float(quantity(low=0.5, high=0.8)) == 0.7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": float("nan")}, "is nan; a quantity must be a finite number"),
        ({"value": float("inf")}, "is inf; a quantity must be a finite number"),
        ({"source": ""}, "Quantity 0.7 1 names no source"),
        ({"basis": Basis.ASSUMED}, "is assumed; its note must say why"),
        ({"low": 0.8}, "lies outside its own range 0.8 to 0.7"),
        ({"high": 0.6}, "lies outside its own range 0.7 to 0.6"),
        ({"low": float("nan")}, "lies outside its own range nan"),
    ],
)
def test_a_quantity_that_says_too_little_is_refused(changes, message):
    """Not finite, without source, assumed without reason, outside its own range."""
    with pytest.raises(InputError, match=message):
        quantity(**changes)


def test_a_quantity_needs_a_unit():
    """An empty unit is no unit; a pure number says "1"."""
    with pytest.raises(ValueError, match="Length of 'unit' must be >= 1"):
        quantity(unit="")


def test_an_assumed_quantity_may_say_why():
    """With a note it stands."""
    assert quantity(basis=Basis.ASSUMED, note="recalled").basis == "assumed"


def test_recalled_evidence_is_never_called_measured():
    """What nobody looked up is assumed; what was computed is estimated."""
    assert EVIDENCE_TO_BASIS["recalled"] is Basis.ASSUMED
    assert EVIDENCE_TO_BASIS["computed"] is Basis.ESTIMATED


def test_simulated_is_no_synonym_of_measured():
    """The words shown to people keep the five origins apart."""
    assert {o.value for o in Origin} == {
        "measured",
        "literature",
        "simulated",
        "assumed",
        "claim",
    }
