"""Acceptable ranges: one factor at a time, to the edge of the space or the first missed limit."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from experiments import opening
from experiments.cli import main
from experiments.config import load_study
from experiments.factors import factors_of, told_apart
from experiments.fitting import FittedModels
from experiments.objective import StudyEvaluator, Task
from experiments.ranges import ranges_of
from experiments.readings import judging_of
from experiments.store import Store, TrialRecord
from experiments.workspace import STORE_FILE
from formulation.design import BALANCE_MG
from formulation.errors import InputError
from formulation.rules import range_violation
from formulation.targets import OutcomeLimit
from tests.experiments.small_study import TEXT
from tests.experiments.test_readings import HALF, Lines

CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "studies"
LIMIT = "  - {endpoint: peak_gut_load.p95, high: 8 mmol}"
MOST = 22.0
"""Limit on what `Lines` makes of the dose: 220 mg/d, with its interval 180 mg/d."""


class Lined(Lines):
    """The chain of straight lines, called what a fitted one is."""

    interval_kind = "a straight line"


def study_of(limit: str = f"{{endpoint: peak_gut_load.p95, high: {MOST:g} mmol}}", more: str = ""):
    return load_study(TEXT.replace(LIMIT, f"  - {limit}") + more)


def evaluator_of(spec):
    return StudyEvaluator(
        chain=Lined(),
        population=spec.population,
        objectives=spec.objectives,
        limits=spec.limits,
        judging=judging_of(spec),
    )


def a_design(spec, low, high, seed=0):
    """Return a design with a dose between two."""
    rng = np.random.default_rng(seed)
    return next(
        d
        for _ in range(500)
        for d in spec.space.sample(1, rng)
        if low < d.elemental_mg_per_day < high
    )


def found_of(spec, design):
    return ranges_of(design, spec, evaluator_of(spec))


def test_the_dose_ends_where_the_limit_does_to_the_grid_of_the_balance():
    """More salt by a hundredth and no more, or by a thousandth at the pessimistic end."""
    design = a_design(study_of(), 160, 175)
    dose = design.elemental_mg_per_day / 10
    for room, half, kind in ((1.01, 0.0, "predicted"), (1.001, HALF, "pessimistic")):
        spec = study_of(f"{{endpoint: peak_gut_load.p95, high: {dose * room + half:.9f} mmol}}")
        salt = next(f for f in found_of(spec, design)["factors"] if f["name"] == "salt")
        assert "upper gut" in salt[kind]["high_ends_by"]
        most = salt[kind]["high"] / design.amounts_mg["salt"]
        next_step = BALANCE_MG / design.amounts_mg["salt"]
        assert most <= room < most + next_step


@pytest.mark.parametrize("name", ["immediate_release", "timed_release", "lipid_nanoparticle",
                                  "mucoadhesive_gel", "transdermal"])  # fmt: skip
def test_every_end_holds_and_a_step_further_does_not(name):
    """In every system, for each factor, by space and limits judged one by one."""
    stated = OutcomeLimit(endpoint="peak_gut_load.p95", high=21)
    spec = evolve(load_study(CONFIGS / f"{name}.yaml"), limits=(stated,))
    evaluator = evaluator_of(spec)

    def holds(design):
        (outcome,) = evaluator([Task(number=0, design=design)])
        is_met = all(slack >= 0 for slack in outcome.slacks.values())
        return is_met and not spec.space.violations(design)

    rng = np.random.default_rng(4)
    design = next(d for _ in range(500) for d in spec.space.sample(1, rng) if holds(d))
    rows = ranges_of(design, spec, evaluator)["factors"]
    assert rows
    for factor, row in zip(factors_of(design), rows, strict=True):
        for side, end in ((-1, row["predicted"]["low"]), (1, row["predicted"]["high"])):
            assert holds(factor.moved(end)), (factor.name, end)
            beyond = round(end + side * factor.step, 9)
            assert beyond < 0 or not holds(factor.moved(beyond)), (factor.name, beyond)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3.000154, "film_coat 3.0002 % w/w is over the limit of 3 % w/w by 0.000154."),
        (1.99999987, "film_coat 1.9999999 % w/w is under the limit of 2 % w/w by 1.3e-07."),
        (3.5, "film_coat 3.5 % w/w is over the limit of 3 % w/w by 0.5."),
        (0.0, "film_coat 0 % w/w is under the limit of 2 % w/w by 2."),
    ],
)
def test_a_value_is_told_from_the_limit_it_breaks(value, said):
    """With more digits only where four are not enough."""
    assert told_apart(range_violation("share", "film_coat", value, 2.0, 3.0, "% w/w")) == said


@pytest.mark.parametrize(("value", "bound"), [(33.3334, 100 / 3), (12345.4, 12345.0)])
def test_a_limit_with_many_digits_is_told_from_what_breaks_it(value, bound):
    """33.33 is not over 33.3333, nor 12345 over itself."""
    said = told_apart(range_violation("unit_mass", "Unit mass", value, 1.0, bound, "mg"))
    assert said.startswith(f"Unit mass {value:.6g} mg is over the limit of {bound:g} mg by ")


def test_what_ends_a_range_lies_beyond_its_limit_as_it_is_written():
    """For every factor of a tablet: "3 % is over the limit of 3 %" says nothing."""
    spec = study_of()
    ends = [
        factor["space"][f"{side}_ends_by"]
        for factor in found_of(spec, a_design(spec, 160, 175))["factors"]
        for side in ("low", "high")
    ]
    told = [re.search(r"([\d.]+) [^\d.]* is (over|under) the limit of (\S+) ", by) for by in ends]
    pairs = [(m[2], float(m[1]), float(m[3])) for m in told if m]
    assert len(pairs) > 4
    assert all(value > limit if side == "over" else value < limit for side, value, limit in pairs)


def test_a_thin_region_that_is_excluded_ends_a_range():
    """Halving would step over it."""
    spec, name = study_of(), "magnesium_stearate"
    design = a_design(spec, 160, 175)
    (whole,) = (f for f in found_of(spec, design)["factors"] if f["name"] == name)
    share = 100 * (whole["value"] + 3) / (design.unit_mass_mg + 3)
    ends = f"{{low: {share - 0.01:.4f} %, high: {share + 0.01:.4f} %}}"
    more = f"exclude: [{{system: immediate_release, when: {{{name}: {ends}}}, because: sticks}}]\n"
    (cut,) = (f for f in found_of(study_of(more=more), design)["factors"] if f["name"] == name)
    assert whole["value"] + 2.8 < cut["space"]["high"] < whole["value"] + 3.1
    assert whole["space"]["high"] > whole["value"] + 3.2
    assert "is excluded by the study: sticks" in cut["space"]["high_ends_by"]


def test_ranges_lie_in_each_other_around_the_candidate():
    """Pessimistic in predicted in space, all with the candidate inside."""
    spec = study_of()
    for seed in range(3):
        for row in found_of(spec, a_design(spec, 155, 178, seed))["factors"]:
            low = [row[kind]["low"] for kind in ("space", "predicted", "pessimistic")]
            high = [row[kind]["high"] for kind in ("pessimistic", "predicted", "space")]
            assert low == sorted(low)
            assert high == sorted(high)
            assert low[-1] <= row["value"] <= high[0]


def test_a_candidate_that_only_probably_holds_has_no_pessimistic_range():
    """And it is said which limit it misses there."""
    spec = study_of()
    found = found_of(spec, a_design(spec, 190, 215))
    assert "upper gut" in found["pessimistic_misses"]
    assert {row["pessimistic"] for row in found["factors"]} == {None}
    assert all(row["predicted"] for row in found["factors"])


def test_a_candidate_that_misses_a_limit_is_refused():
    """There is no range around it."""
    spec = study_of()
    with pytest.raises(InputError, match="misses Most dissolved Mg in the upper gut"):
        found_of(spec, a_design(spec, 225, 245))


def test_a_mixture_moves_both_salts_in_their_share():
    """Else it would leave its share with the first step."""
    text = TEXT.replace(
        "[citrate, chloride]", "[{mix: [citrate, oxide], second: {low: 10 %, high: 40 %}}]"
    )
    spec = load_study(text.replace(LIMIT, "  - {endpoint: serum, high: 30 mmol/L}"))
    design = a_design(spec, 160, 200)
    (salt,) = (f for f in factors_of(design) if "salt" in f.name)
    assert salt.title == "Both salts, in their share"
    moved = salt.moved(salt.at(-50))
    assert moved.salt_mass_mg == pytest.approx(design.salt_mass_mg - 5)
    row = next(r for r in found_of(spec, design)["factors"] if r["name"] == "salt")
    assert row["space"]["low"] < row["value"] < row["space"]["high"]


def test_a_worst_case_narrows_the_range():
    """What is executed beyond the plan counts, where a limit is read in the worst case."""
    worst = "robustness: {weighing: 2 %, batch: 3 %}\n"
    design = a_design(study_of(), 160, 175)
    most = design.elemental_mg_per_day / 10 * 1.05
    plain, robust = (
        study_of(f"{{endpoint: elemental_dose{word}, high: {most:.9f} mg/d}}", more)
        for word, more in (("", ""), (".worst_case", worst))
    )
    ends = [
        next(f for f in found_of(spec, design)["factors"] if f["name"] == "salt")["predicted"]
        for spec in (plain, robust)
    ]
    assert ends[1]["high"] < ends[0]["high"]
    assert "in the worst case as executed" in ends[1]["high_ends_by"]


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Return a home with a study of one design, and a chain instead of fitted models."""
    spec = study_of()
    design = a_design(spec, 160, 175)
    with Store.open(tmp_path / STORE_FILE) as store:
        study = store.create_study(
            name=spec.name,
            config=spec.config,
            config_text=spec.text,
            config_sha256=spec.sha256,
            seed=1,
            budget=1,
        )
        with store.own(study.id) as lease:
            trial = TrialRecord(
                number=0, state="running", design=design.as_dict(), seed=1, rung="stated"
            )
            store.add_running(lease, [trial])
            (outcome,) = evaluator_of(spec)([Task(number=0, design=design)])
            done = evolve(
                trial,
                state="complete",
                values=outcome.values,
                lo90=outcome.lo90,
                hi90=outcome.hi90,
                slacks=outcome.slacks,
                origin=outcome.origin,
            )
            store.finish(lease, [done])
    chain = Lined()
    monkeypatch.setattr(
        opening,
        "fit_or_load",
        lambda *_: FittedModels(chain=chain, records=(), n_fitted=0),
    )
    return tmp_path


def test_the_command_says_how_far_and_what_ends_it(kept, capsys):
    """In text, with the reservations in words."""
    assert main(["ranges", "S001", "c000", "--home", str(kept)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for words in (
        "Acceptable ranges around C000 of S001, predicted",
        "One factor at a time, the others held",
        "Predicted, not proven",
        "Limits: Most dissolved Mg in the upper gut at once (95th percentile) at most 22 mmol",
        "Interval: a straight line",
    ):
        assert words in text


def test_the_command_gives_one_document(kept, capsys):
    """With schema and version, as all do."""
    assert main(["ranges", "S001", "C000", "--json", "--home", str(kept)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["version"]) == ("formulation/ranges", 1)
    assert found["n_evaluated"] > len(found["factors"])
    assert found["study"]["label"] == "S001"


def test_an_unknown_candidate_is_refused_in_words(kept, capsys):
    """With where to look."""
    assert main(["ranges", "S001", "C042", "--home", str(kept)]) == 2
    assert "has no candidate 'C042'" in capsys.readouterr().err
