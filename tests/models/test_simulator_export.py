"""What the simulator gives to other tools: that it is complete, and that it is the same."""

import csv
import io
import json
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from attrs import evolve

from formulation.errors import InputError
from formulation.patients import named_population
from formulation.regimen import Regimen
from models.population import draw_subjects
from models.release import release_law
from models.simulator.arms import taken_daily
from models.simulator.export import (
    MAX_DAYS,
    adapted,
    case_of,
    case_tables,
    equation_tables,
    trajectory_table,
)
from models.simulator.fluxes import Flux
from models.simulator.reference import step
from models.simulator.run import follow
from models.simulator.sbml import MATH_NAMESPACE, SBML_NAMESPACE, sbml
from models.simulator.settle import settle
from tests.families import matrix, tablet
from tests.roadrunner import needs_roadrunner, run_there

CORE = f"{{{SBML_NAMESPACE}}}"
MATH = f"{{{MATH_NAMESPACE}}}"
LAWS = {
    "tablet": release_law(tablet(15.0)),
    "coated": release_law(matrix(30.0, coat=("pulsatile_coat",), lag_h=3.0)),
}
SUBJECT = 3

SIMULATE = """
import json, sys, roadrunner
given = json.load(sys.stdin)
model = roadrunner.RoadRunner(given["sbml"])
model.integrator.relative_tolerance = 1e-9
model.integrator.absolute_tolerance = 1e-10
model.selections = given["names"]
rows = [list(row) for row in model.simulate(times=given["times"])]
print()
print(json.dumps(rows))
"""


@pytest.fixture(scope="module")
def people():
    """Adults at the steady state of their diet."""
    subjects = draw_subjects(named_population("healthy_adults", size=16))
    return settle(subjects), subjects


@pytest.fixture(scope="module")
def taken():
    """Products taken twice in one day."""
    regimen = Regimen(units_per_intake=1, intakes_per_day=2, with_meals=True)
    return {name: taken_daily(law, regimen, 1) for name, law in LAWS.items()}


@pytest.fixture(scope="module")
def case(people, taken):
    """One subject who takes the tablet."""
    return case_of(taken["tablet"], *people, subject=SUBJECT)


def rows(text):
    """Return a table as dictionaries."""
    return list(csv.DictReader(io.StringIO(text)))


def test_tables_hold_every_state_number_and_flux(case):
    """Each declared name stands in its table once, with unit and words."""
    tables = {n: rows(text) for n, text in (equation_tables() | case_tables(case)).items()}
    model = case.model
    assert [r["name"] for r in tables["states.csv"]] == [*model.state_names]
    assert [r["name"] for r in tables["parameters.csv"]] == [p.name for p in model.parameters]
    assert [r["rate"] for r in tables["fluxes.csv"]] == [f.rate for f in model.fluxes]
    assert [r["expression"] for r in tables["definitions.csv"]] == [*model.definitions.values()]
    assert [r["name"] for r in tables["constants.csv"]] == [*model.constants]
    assert all(r["title"] for r in tables["states.csv"] + tables["parameters.csv"])
    told = [r for name, table in tables.items() if name != "forcing.csv" for r in table]
    assert all(r["unit"] for r in told)


def test_tables_lose_no_digit(case):
    """Values and forcing read from the tables are those of the case, to the last bit."""
    tables = {name: rows(text) for name, text in case_tables(case).items()}
    assert [float(r["value"]) for r in tables["parameters.csv"]] == case.parameters.tolist()
    read = [[float(x) for x in r.values()] for r in tables["forcing.csv"]]
    assert np.array_equal(np.array(read)[:, 2:], case.inputs)
    assert np.array_equal(np.array(read)[:, 1], case.edges_h[1:])


def test_a_trajectory_starts_where_the_case_does_and_loses_no_digit(case, people, taken):
    """A line for the start and one for every step, with all states."""
    path = follow([taken["tablet"]], *people, days=1, keep_path=True).path[0, 0, :, :, SUBJECT]
    read = [[float(x) for x in r.values()] for r in rows(trajectory_table(case, path))]
    assert [r[0] for r in read] == case.edges_h.tolist()
    assert read[0][1:] == case.state.tolist()
    assert [r[1:] for r in read[1:]] == path.tolist()


def test_adaptation_is_the_one_the_engine_takes(people, taken):
    """Followed day by day with the level held, each day ends where the engine's course did."""
    subjects, start = people[1], people[0]
    daily = evolve(taken["tablet"], units=np.repeat(taken["tablet"].units, 3, axis=0))
    course = follow([daily], start, subjects, days=3, replay=False)
    levels = adapted(start, course)
    assert levels.shape == (4, len(subjects))
    assert (levels[0] == 1).all()
    case = case_of(daily, start, subjects, subject=SUBJECT, days=3, adaptation=levels[:-1, SUBJECT])
    y, numbers = case.state[:, None], case.parameters
    for held, step_h in zip(case.inputs, np.diff(case.edges_h), strict=True):
        y = step(case.model, y, np.concatenate([numbers, held])[:, None], step_h)
    np.testing.assert_allclose(y[:, 0], course.end[0][:, SUBJECT], rtol=1e-8, atol=1e-10)


def test_sbml_has_a_reaction_for_each_flux_and_what_it_takes(case):
    """Species, reactions and rules are as many as states, fluxes and definitions."""
    root = fromstring(sbml(case))
    m = case.model
    assert (root.get("level"), root.get("version")) == ("3", "1")
    assert len(root.findall(f".//{CORE}species")) == len(m.states)
    takes = sum(bool(f.takes) for f in m.fluxes)
    assert len(root.findall(f".//{CORE}reaction")) == len(m.fluxes) + takes
    assert len(root.findall(f".//{CORE}assignmentRule")) == len(m.definitions)
    assert len(root.findall(f".//{CORE}rateRule")) == len(m.integrals)


def test_sbml_declares_every_name_it_uses(case):
    """Identifiers are unique, and every name in a formula, unit or event is declared."""
    root = fromstring(sbml(case))
    tags = ("compartment", "species", "parameter", "reaction", "event")
    ids = [e.get("id") for tag in tags for e in root.findall(f".//{CORE}{tag}")]
    assert len(ids) == len(set(ids))
    assert {e.text for e in root.iter(f"{MATH}ci")} <= set(ids)
    assert {e.get("variable") for e in root.iter(f"{CORE}eventAssignment")} <= set(ids)
    units = {e.get("id") for e in root.iter(f"{CORE}unitDefinition")} | {"dimensionless"}
    used = {e.get("units") for e in root.iter(f"{CORE}parameter")} - {None}
    assert used | {e.get("substanceUnits") for e in root.iter(f"{CORE}species")} <= units


def test_events_repeat_the_forcing(case):
    """Played back, the events give every input of every step."""
    root = fromstring(sbml(case))
    names = [p.name for p in case.model.inputs]
    now = case.inputs[0].copy()
    at = {}
    for event in root.iter(f"{CORE}event"):
        changes = {
            a.get("variable"): float(a.find(f".//{MATH}cn").text)
            for a in event.iter(f"{CORE}eventAssignment")
        }
        at[float(event.find(f"{CORE}trigger").find(f".//{MATH}cn").text)] = changes
    for edge, wanted in zip(case.edges_h, case.inputs, strict=False):
        for name, value in at.get(float(edge), {}).items():
            now[names.index(name)] = value
        assert np.array_equal(now, wanted)


def test_an_expression_that_cannot_be_written_is_refused(case):
    """A comparison has no place in a rate, and the message shows it."""
    odd = Flux("odd", "D1", "D2", "D1 * (D1 > 2)")
    wrong = evolve(case.model, fluxes=(odd,), integrals={})
    with pytest.raises(InputError, match=r"D1 > 2.*cannot be exported"):
        sbml(evolve(case, model=wrong, state=case.state[: len(wrong.states)]))


def test_a_unit_without_counterpart_is_refused(case):
    """An unknown unit names the table to extend."""
    odd = evolve(case.model.parameters[0], unit="furlong")
    model = evolve(case.model, parameters=(odd, *case.model.parameters[1:]))
    with pytest.raises(InputError, match=r"furlong.*no counterpart"):
        sbml(evolve(case, model=model))


def test_a_case_longer_than_a_red_cell_lives_is_refused(people, taken):
    """Cells that leave after 120 days were made within the case."""
    units = np.repeat(taken["tablet"].units, MAX_DAYS + 1, axis=0)
    with pytest.raises(InputError, match="121 days are too many; a case has at most 120"):
        case_of(evolve(taken["tablet"], units=units), *people, subject=0, days=MAX_DAYS + 1)


@pytest.mark.parametrize("subject", [-1, 16])
def test_a_subject_who_is_not_there_is_refused(subject, people, taken):
    """Subjects are counted from 0 to one less than their number."""
    with pytest.raises(InputError, match="none of the 16"):
        case_of(taken["tablet"], *people, subject=subject)


def test_a_case_of_other_days_than_the_schedule_is_refused(people, taken):
    """A schedule of one day is not exported as two."""
    with pytest.raises(InputError, match="units for 1 days, but 2 days"):
        case_of(taken["tablet"], *people, subject=0, days=2)


@needs_roadrunner
@pytest.mark.parametrize("name", LAWS)
def test_libroadrunner_simulates_what_the_engine_simulates(name, people, taken):
    """CVODE at 1e-9 on the exported case stays within 1e-4 of the engine in every column.

    Undissolved stool, half a percent of a dose on its first day, does with steps half as long;
    with the ordinary ones it is up to 3e-4 off behind a coat.
    """
    case = case_of(taken[name], *people, subject=SUBJECT)
    columns = ["absorbed", "urine", "stool_dissolved", "stool_solid", "serum_hours"]
    columns += ["E", "R", "T", "W", "B", "K"]
    given = {"sbml": sbml(case), "names": columns, "times": case.edges_h.tolist()}
    theirs = np.array(json.loads(run_there("-c", SIMULATE, given=json.dumps(given))))[1:]
    ours, halved = (
        follow([taken[name]], *people, days=1, keep_path=True, adapts=False, refine=parts).path[
            0, 0
        ][:, case.model.index(*columns), SUBJECT]
        for parts in (1, 2)
    )
    solid = columns.index("stool_solid")
    ours[:, solid] = halved[:, solid]
    size = np.maximum(np.abs(theirs).max(axis=0), 1e-3)
    worst = dict(zip(columns, (np.abs(ours - theirs).max(axis=0) / size).tolist(), strict=True))
    assert {column: e for column, e in worst.items() if e > 1e-4} == {}
