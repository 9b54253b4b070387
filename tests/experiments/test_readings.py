"""How aims are judged: pessimistic, in the worst case, by chances, by likeness to a reference."""

from math import erf, sqrt
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments.cli.check import describe
from experiments.config import load_study, study_from_config
from experiments.config.schema import schema_of
from experiments.confirmation import confirm
from experiments.executors import make_executor
from experiments.objective import REPORTED, StudyEvaluator, Task
from experiments.readings import Judging, judging_of
from experiments.store import TrialRecord
from formulation.endpoint_keys import get_endpoint
from formulation.endpoints import Scope
from formulation.errors import InputError
from formulation.executed import Tolerances, neighbours
from formulation.patients import named_population
from formulation.provenance import Origin
from formulation.similarity import ReferenceRelease, f2
from formulation.targets import Goal, Objective, OutcomeLimit
from models.chain import EndpointTable
from tests.experiments.small_study import TEXT
from tests.families import matrix, tablet

ADULTS = named_population("healthy_adults", size=8)
NOISE = Tolerances(weighing_pct=1, process_pct=3, batch_pct=3, draws=16)
REFERENCE = ReferenceRelease(times_h=[1, 2, 4, 8], released_pct=[20, 35, 55, 80])
HALF = 4.0


class Lines:
    """A chain whose every number is the elemental dose a day over 10, give or take `HALF`."""

    def __init__(self):
        self.calls = []

    def evaluate(self, designs, population, outputs):
        """Return a straight line for every key."""
        self.calls.append(len(designs))
        column = np.array([d.elemental_mg_per_day / 10 for d in designs])
        value = np.repeat(column[:, None], len(outputs), axis=1)
        exact = np.array([get_endpoint(key).scope is Scope.RECIPE for key in outputs])
        half = np.where(exact, 0.0, HALF)
        return EndpointTable(
            keys=tuple(outputs),
            value=value,
            lo90=value - half,
            hi90=value + half,
            origin=Origin.SIMULATED,
            kind="a straight line",
        )

    def release(self, designs, times_h):
        """Return the reference itself, less certain below than above."""
        wanted = np.tile(np.array(REFERENCE.released_pct) / 100, (len(designs), 1))
        return wanted, wanted - 0.1, wanted + 0.05


def maximise(key):
    return Objective(endpoint=key, goal=Goal.MAXIMISE, worst=0, ideal=100)


def minimise(key):
    return Objective(endpoint=key, goal=Goal.MINIMISE, worst=100, ideal=0)


def judged(objectives=(), limits=(), *, judging=None, designs=(None,), chain=None):
    """Return the outcome of the tablet, or of several designs."""
    evaluator = StudyEvaluator(
        chain=chain or Lines(),
        population=ADULTS,
        objectives=tuple(objectives) or (maximise("serum"),),
        limits=tuple(limits),
        judging=judging or Judging(),
    )
    tasks = [Task(number=k, design=d or tablet(12)) for k, d in enumerate(designs)]
    found = evaluator(tasks)
    return found[0] if len(found) == 1 else found


PLAN = tablet(12).elemental_mg_per_day / 10


def test_a_pessimistic_objective_takes_the_worse_end_of_its_interval():
    """The lower where more is better, the upper where less is; the interval stays beside it."""
    key = "serum.p50.pessimistic"
    for objective, end in ((maximise(key), PLAN - HALF), (minimise(key), PLAN + HALF)):
        found = judged([objective])
        assert found.values[key] == pytest.approx(end)
        assert (found.lo90[key], found.hi90[key]) == pytest.approx((PLAN - HALF, PLAN + HALF))
        assert found.values["serum.p50"] == pytest.approx(PLAN)


def test_a_pessimistic_limit_is_missed_by_what_only_probably_meets_it():
    """A value inside with its upper end outside is infeasible, with the reason in words."""
    plain = OutcomeLimit(endpoint="serum", high=PLAN + HALF / 2)
    strict = OutcomeLimit(endpoint="serum.pessimistic", high=PLAN + HALF / 2)
    found = judged(limits=[plain, strict])
    assert found.slacks[plain.name] == pytest.approx(HALF / 2)
    assert found.slacks[strict.name] == pytest.approx(-HALF / 2)
    (reason,) = found.reasons
    assert "at the pessimistic end of its 90 % interval" in reason


def test_one_key_may_be_limited_from_the_other_side_than_it_is_asked_for():
    """The limit looks at its own end, not at that of the objective."""
    key = "serum.p50.pessimistic"
    limit = OutcomeLimit(endpoint=key, high=100)
    found = judged([maximise(key)], [limit])
    assert found.values[key] == pytest.approx(PLAN - HALF)
    assert found.slacks[limit.name] == pytest.approx(100 - PLAN - HALF)


def executed():
    return sorted(d.elemental_mg_per_day / 10 for d in neighbours(tablet(12), NOISE, 5))


def test_the_worst_case_is_the_worst_of_plan_and_neighbours():
    """Of the draws of this seed, towards the side that the goal dislikes."""
    key, judging = "serum.p50.worst_case", Judging(tolerances=NOISE, seed=5)
    low, high = min(executed()[0], PLAN), max(executed()[-1], PLAN)
    assert low < PLAN < high
    assert judged([maximise(key)], judging=judging).values[key] == pytest.approx(low)
    assert judged([minimise(key)], judging=judging).values[key] == pytest.approx(high)


def test_a_share_of_the_draws_may_be_worse():
    """At 50 % the middle one of plan and neighbours decides."""
    key = "serum.p50.worst_case"
    judging = Judging(tolerances=evolve(NOISE, share_pct=50), seed=5)
    found = judged([maximise(key)], judging=judging).values[key]
    assert found == pytest.approx(sorted([*executed(), PLAN])[8])


def test_a_worst_case_limit_is_missed_by_a_plan_that_meets_it():
    """Though the value as planned lies inside."""
    limit = OutcomeLimit(endpoint="elemental_dose.worst_case", high=PLAN + 1e-6)
    found = judged(limits=[limit], judging=Judging(tolerances=NOISE, seed=5))
    assert found.slacks[limit.name] < 0
    assert "in the worst case as executed" in found.reasons[0]


def test_all_neighbours_are_evaluated_in_one_call():
    """Draws times designs, after the designs themselves; without a worst case none."""
    chain, two = Lines(), (tablet(12), matrix(35))
    worst = [maximise("serum.worst_case")]
    judged(worst, judging=Judging(tolerances=NOISE), designs=two, chain=chain)
    assert chain.calls == [2, 2 * NOISE.draws]
    plain = Lines()
    judged([maximise("serum")], judging=Judging(tolerances=NOISE), designs=two, chain=plain)
    assert plain.calls == [2]


def test_a_worst_case_does_not_depend_on_the_chunk():
    """A design alone is judged as beside others."""
    worst, judging = [maximise("serum.worst_case")], Judging(tolerances=NOISE, seed=2)
    together = judged(worst, judging=judging, designs=(matrix(35), tablet(12)))[1]
    alone = judged(worst, judging=judging)
    assert together.values == alone.values


def test_processes_meet_the_same_accidents():
    """However the tasks are cut and wherever they are evaluated."""
    evaluator = StudyEvaluator(
        chain=Lines(),
        population=ADULTS,
        objectives=(maximise("serum.worst_case"),),
        limits=(OutcomeLimit(endpoint="serum.pessimistic", low=0),),
        judging=Judging(tolerances=NOISE, seed=3),
    )
    tasks = [Task(number=k, design=tablet(5.0 + k)) for k in range(6)]

    def found(kind, workers, size):
        chunks = [tuple(tasks[k : k + size]) for k in range(0, 6, size)]
        with make_executor(kind, workers) as executor:
            executor.warm_up()
            return {
                o.number: (o.values, o.slacks)
                for _, outcomes in executor.run(evaluator, chunks)
                for o in outcomes
            }

    assert found("inline", 1, 6) == found("process", 2, 2)


def test_the_chance_that_limits_hold_is_that_of_the_normal():
    """One side at one half-width: 95 %; two such limits: the product; an exact one: all or none."""
    half = OutcomeLimit(endpoint="serum", high=PLAN + HALF)
    other = OutcomeLimit(endpoint="urine_change", low=PLAN - HALF / 2)
    sure = OutcomeLimit(endpoint="unit_mass", low=PLAN)
    never = OutcomeLimit(endpoint="unit_mass", low=PLAN + 1)
    at_half = 0.5 * (1 + erf(1.6448536 / 2 / sqrt(2)))
    for limits, chance in (
        ([half], 0.95),
        ([half, other], 0.95 * at_half),
        ([half, sure], 0.95),
        ([half, never], 0.0),
    ):
        found = judged([maximise("limits_met")], limits)
        assert found.values["limits_met"] == pytest.approx(100 * chance, abs=1e-3)


def test_the_chance_is_not_taken_twice_from_a_pessimistic_limit():
    """The interval is in the chance already; the bound is what counts."""
    chances = [
        judged([maximise("limits_met")], [OutcomeLimit(endpoint=key, high=PLAN + HALF)])
        for key in ("serum", "serum.pessimistic")
    ]
    assert chances[0].values["limits_met"] == chances[1].values["limits_met"]


def test_a_limit_on_the_chance_makes_a_doubtful_design_infeasible():
    """And is no part of the chance itself."""
    doubtful = OutcomeLimit(endpoint="serum", high=PLAN + HALF / 2)
    wanted = OutcomeLimit(endpoint="limits_met", low=90)
    found = judged(limits=[doubtful, wanted])
    assert found.slacks[doubtful.name] > 0
    assert found.slacks[wanted.name] == pytest.approx(found.values["limits_met"] - 90)
    assert found.slacks[wanted.name] < 0
    assert "Chance that every limit holds" in found.reasons[0]


def test_predicted_f2_is_that_of_the_further_end():
    """The curve itself is the reference; the bound counts the lower end, which is further."""
    found = judged([maximise("predicted_f2")], judging=Judging(reference=REFERENCE))
    wanted = np.array(REFERENCE.released_pct)
    assert found.values["predicted_f2"] == pytest.approx(f2(wanted, wanted - 10))


def test_a_study_without_such_aims_is_evaluated_as_before():
    """No key more, no call more."""
    chain = Lines()
    found = judged([maximise("serum")], [OutcomeLimit(endpoint="urine_change", low=0)], chain=chain)
    assert tuple(found.values) == REPORTED
    assert chain.calls == [1]


def test_a_mean_is_kept_beside_what_is_always_kept():
    """It is asked of the chain only where a study asks for it."""
    found = judged([maximise("serum.mean")])
    assert tuple(found.values) == (*REPORTED, "serum.mean")


def test_a_worst_case_or_f2_without_its_basis_is_refused():
    """A program that forgets it gets no number."""
    with pytest.raises(InputError, match="how far from the plan"):
        judged([maximise("serum.worst_case")])
    with pytest.raises(InputError, match="which profile"):
        judged([maximise("predicted_f2")])


JUDGED = TEXT.replace(
    "limits:\n",
    """\
  - {endpoint: limits_met, goal: maximise, worst: 50 %, ideal: 100 %, weight: 2, importance: 3}
robustness: {weighing: 0.5 %, process: 2 %, batch: 3 %, draws: 4, share: 90 %}
reference_release:
  - {time: 30 min, released: 25 %}
  - {time: 2 h, released: 55 %}
  - {time: 4 h, released: 80 %}
limits:
  - {endpoint: absorbed_increment.p05.worst_case, low: 2 mg/d}
  - {endpoint: serum.p95.pessimistic, high: 1.1 mmol/L}
  - {endpoint: predicted_f2, low: 30}
""",
)


def test_a_study_states_how_it_judges():
    """In the units of its author; its plain data are the study again."""
    study = load_study(JUDGED)
    assert study.tolerances == Tolerances(
        weighing_pct=0.5, process_pct=2, batch_pct=3, draws=4, share_pct=90
    )
    assert study.reference.times_h == (0.5, 2, 4)
    assert (study.objectives[-1].weight, study.objectives[-1].importance) == (2, 3)
    again = study_from_config(study.config)
    assert again == study
    assert again.sha256 == study.sha256
    assert (again.tolerances, again.reference) == (study.tolerances, study.reference)
    assert judging_of(again).seed == study.budget.seed


def test_each_way_of_judging_is_in_the_hash_and_none_is_not():
    """A study that states nothing keeps its name."""
    plain, hashes = load_study(TEXT), set()
    assert {"robustness", "reference_release"}.isdisjoint(plain.config)
    assert all(set(o) == {"endpoint", "goal", "worst", "ideal"} for o in plain.config["objectives"])
    hashes.add(load_study(JUDGED).sha256)
    for old, new in (("share: 90", "share: 95"), ("30 min", "40 min"), ("weight: 2", "weight: 3")):
        assert old in JUDGED
        hashes.add(load_study(JUDGED.replace(old, new)).sha256)
    assert len(hashes) == 4


def test_a_study_of_the_time_before_keeps_its_hash():
    """That of the release before there were readings, weights, tolerances and references."""
    study = load_study(Path(__file__).parent / "reference_study.yaml")
    assert study.sha256.startswith("fc1a060fb35c25a9e01e0b3184f7479b")


ASKED = (
    ("absorbed_increment.mean", "mg/d"),
    ("absorbed_increment.p05", "mg/d"),
    ("laxation_risk.p95", "%"),
    ("limits_met", "%"),
    ("serum.p95.worst_case", "mmol/L"),
    ("serum.p95.pessimistic", "mmol/L"),
    ("unit_mass", "mg"),
    ("units_per_intake", ""),
    ("cost_per_absorbed_mg", "EUR/mg"),
    ("predicted_f2", ""),
    ("dose_dumping_risk", "%"),
)
"""What studies are to ask for, each with its unit."""


@pytest.mark.parametrize(("key", "unit"), ASKED)
def test_what_is_asked_for_may_be_objective_and_limit_of_a_study_file(key, unit):
    """With its unit, or none; the schema of an editor offers it too."""
    worst, ideal = (f"{x} {unit}".strip() for x in (0, 1))
    text = TEXT.replace(
        "limits:\n",
        f"  - {{endpoint: {key}, goal: maximise, worst: {worst}, ideal: {ideal}}}\n"
        f"limits:\n  - {{endpoint: {key}, low: {worst}}}\n",
    ).replace("[citrate, chloride]", "[citrate]")
    if "worst_case" in key:
        text += "robustness: {weighing: 1 %}\n"
    if key == "predicted_f2":
        text += "reference_release: [{time: 1 h, released: 20 %}, {time: 2 h, released: 40 %},\n"
        text += "  {time: 4 h, released: 70 %}]\n"
    if key.startswith("cost"):
        text = text.replace(
            "systems: [immediate_release, timed_release]",
            "systems: [{name: immediate_release, choices: {form: [solution]}}]",
        )
    study = load_study(text)
    assert study.objectives[-1].endpoint == study.limits[0].endpoint
    assert (
        key
        in schema_of("study")["properties"]["objectives"]["items"]["properties"]["endpoint"]["enum"]
    )


def test_the_example_of_the_page_on_objectives_is_a_study():
    """As it stands there, with the rest of a study around it."""
    page = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "objectives.md"
    example = page.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    study = load_study(TEXT.split("objectives:")[0] + example)
    keys = [aim.endpoint for aim in (*study.objectives, *study.limits)]
    assert {key.rpartition(".")[2] for key in keys} >= {"pessimistic", "worst_case", "limits_met"}
    assert study.tolerances.draws == 16
    assert study.reference.released_pct == (25, 55, 80)


def test_check_says_how_values_are_judged():
    """In sentences; nothing of a study that reads them as predicted."""
    told = " ".join(describe(load_study(JUDGED))["judging"])
    for words in (
        "weighed ± 0.5 %",
        "setting ± 2 %",
        "lot ± 3 %",
        "what 90 % reach of the plan and 4",
        "Each evaluation is 5 evaluations",
        "no measured f2",
        "limits as independent",
    ):
        assert words in told
    assert describe(load_study(TEXT))["judging"] == []


@pytest.mark.parametrize(
    ("old", "new", "message", "pointer"),
    [
        ("weighing: 0.5 %", "weighing: 0.5", "has no unit", "robustness.weighing"),
        ("draws: 4", "draws: 1000", "1 to 256", "robustness.draws"),
        ("batch: 3 %", "lots: 3 %", "'lots' is not known", "robustness.lots"),
        ("process: 2 %", "process: 30 %", "process 30 %", "robustness"),
        ("released: 55 %", "released: 15 %", "falls with time", "reference_release"),
        (
            "released: 80 %}",
            "release: 80 %}",
            "'release' is not known",
            "reference_release[2].release",
        ),
        ("weight: 2", "weight: two", "not a number", "objectives[2].weight"),
        ("weight: 2", "weight: 20", "weight 20 is not between", "objectives[2]"),
        (".worst_case", "", "robustness is stated, but no", "robustness"),
        ("predicted_f2, low: 30", "serum, low: 0.3 mmol/L", "but no", "reference_release"),
    ],
)
def test_what_cannot_be_judged_is_refused_at_its_place(old, new, message, pointer):
    """With a pointer into the file."""
    assert old in JUDGED
    with pytest.raises(InputError, match=message) as caught:
        load_study(JUDGED.replace(old, new))
    assert pointer in {p.pointer for p in caught.value.problems}
    assert all(p.line for p in caught.value.problems)


def test_empty_keys_state_nothing():
    """As the starter has them; the hash is that of a study without."""
    study = load_study(TEXT + "robustness: {}\nreference_release: []\n")
    assert (study.tolerances, study.reference) == (None, None)
    assert study.sha256 == load_study(TEXT).sha256


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("absorbed_increment.worst_case", "'robustness' is missing"),
        ("predicted_f2", "'reference_release' is missing"),
    ],
)
def test_a_study_that_asks_for_what_it_does_not_state_is_refused(key, message):
    """With what to add."""
    unit = "1" if key == "predicted_f2" else "mg/d"
    text = TEXT.replace("limits:\n", f"limits:\n  - {{endpoint: {key}, low: '1 {unit}'}}\n")
    text = text.replace("'1 1'", "1")
    with pytest.raises(InputError, match=message) as caught:
        load_study(text)
    assert caught.value.problems[0].hint.startswith("Add '")


def test_a_chance_without_limits_is_refused():
    """Nothing could be met."""
    text = TEXT.replace(
        "endpoint: peak_gut_load.p95, high: 8 mmol", "endpoint: limits_met, low: 90 %"
    )
    with pytest.raises(InputError, match="no limit to be met"):
        load_study(text)


def test_the_confirmation_judges_as_the_search_did():
    """Every subject integrated, neighbours too; the watch sees the candidates alone."""
    study, seen = load_study(JUDGED), []
    trial = TrialRecord(number=3, state="complete", design=matrix(35).as_dict(), seed=1)
    (found,) = confirm(
        [trial],
        study.population,
        study.objectives,
        study.limits,
        256,
        watch=lambda followed: seen.extend(followed.rows),
        judging=judging_of(study),
    )
    keys = {aim.endpoint for aim in (*study.objectives, *study.limits)}
    assert keys <= found.values.keys()
    assert 0 <= found.values["limits_met"] <= 100
    assert (
        found.values["absorbed_increment.p05.worst_case"] < found.values["absorbed_increment.p05"]
    )
    assert seen == [0]
