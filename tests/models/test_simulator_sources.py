"""Units and origins of the flux list: its equations are sound, and every number says its source."""

import re

import numpy as np
import pytest
from attrs import evolve

from formulation.data import TABLES, find_table, load_sources
from formulation.errors import InputError, UnknownNameError
from formulation.modulators import Target
from formulation.patients import patient_fields
from models.population import alike
from models.simulator.dimensions import dimension, unit_of, units
from models.simulator.equations import flux_model
from models.simulator.fluxes import Flux
from models.simulator.numbers import subject_numbers
from models.simulator.sources import PRODUCT_FILE, fields_in, origins, recipes

MODEL = flux_model()


def test_every_flux_moves_its_state_per_hour():
    """The unit worked out from the rate is that of the state it leaves or enters, each hour."""
    found = units(MODEL)
    of_state = {s.name: s.unit for s in MODEL.states}
    for flux in MODEL.fluxes:
        for end in filter(None, (flux.source, flux.target)):
            assert dimension(found[flux.name]) == dimension(f"{of_state[end]}/h"), flux.name


def test_what_is_taken_beside_is_in_the_unit_of_its_state():
    """Acid is taken in mEq an hour."""
    taking = tuple(
        Flux(f"{f.name}_takes", f.takes, "", f"({f.rate}) * ({f.takes_per_unit})")
        for f in MODEL.fluxes
        if f.takes
    )
    assert len(taking) == 4
    found = units(evolve(MODEL, fluxes=taking, integrals={}))
    assert {found[f.name] for f in taking} == {"mEq/h"}


def test_integrals_have_the_unit_of_their_rate_times_hours():
    """What is absorbed in mmol, and serum times time."""
    found = units(MODEL)
    assert {name: found[name] for name in MODEL.integrals} == {
        "absorbed": "mmol",
        "serum_hours": "mmol*h/L",
    }


def test_a_rate_that_adds_litres_to_millimoles_is_refused():
    """The message shows both units and the expression."""
    odd = evolve(MODEL, fluxes=(Flux("odd", "D1", "D2", "D1 + volume"),), integrals={})
    with pytest.raises(InputError, match=r"'D1 \+ volume' adds mmol and L"):
        units(odd)


@pytest.mark.parametrize("unit", ["L/mEq/h", "1/h", "mmol*h/L", "-"])
def test_a_unit_survives_its_dimension(unit):
    """Powers and back."""
    assert unit_of(dimension(unit)) == unit


def test_a_unit_that_is_none_is_refused():
    """With its name."""
    with pytest.raises(UnknownNameError, match="furlong"):
        dimension("mmol/furlong")


def test_every_number_of_the_flux_list_says_where_it_comes_from():
    """Parameters, inputs and constants, none forgotten and none made up."""
    wanted = {p.name for p in (*MODEL.parameters, *MODEL.inputs)} | set(MODEL.constants)
    found = origins()
    assert found.keys() == wanted
    assert all(o.made_of and o.basis and o.source for o in found.values())


def test_every_source_is_a_key_of_the_bibliography_a_table_or_a_file():
    """Nothing is cited that nobody can look up."""
    others = {PRODUCT_FILE, "subject.csv", "models.absorption.speciation"}
    for name, origin in origins().items():
        for source in origin.source.split("; "):
            table = re.fullmatch(r"table (\w+)", source)
            if table:
                assert find_table(table.group(1), TABLES)
            else:
                assert source in load_sources() or source in others, name


def test_recipes_name_fields_and_targets_that_exist():
    """Small letters with an underscore are fields, brackets are targets of modulators."""
    targets = {t.value for t in Target}
    for recipe in recipes().values():
        assert set(re.findall(r"\[(\w+)\]", recipe)) <= targets
        plain = re.sub(r"[\[{]\w+[\]}]", "", recipe)
        assert set(re.findall(r"\b[a-z][a-z0-9]*_\w+", plain)) <= patient_fields().keys()


@pytest.mark.parametrize("field", [n for n, f in patient_fields().items() if f.acts])
def test_a_field_moves_only_the_numbers_that_name_it(field):
    """Moved half way to its end, it changes no number whose recipe is silent."""
    f = patient_fields()[field].default
    value = 1.0 if patient_fields()[field].is_flag else (f.value + float(f.high)) / 2
    before, after = (subject_numbers(alike(1, **x), 3) for x in ({}, {field: value}))
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    silent = {name for name in moved & recipes().keys() if field not in fields_in(recipes()[name])}
    assert silent == set()
