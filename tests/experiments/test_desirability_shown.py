"""Desirability in documents, tables and the list of studies: beside the front, never instead."""

import pytest
from attrs import evolve

from experiments.candidates import candidate, most_desirable
from experiments.config import load_study, objectives_of_config
from experiments.listing import list_studies
from experiments.plain_tablets import MOST_PLAIN, plain_tablets
from experiments.reports.comparison import merit, objectives_of
from experiments.reports.model_tables import model_table
from experiments.reports.tables import candidates_table
from experiments.reports.wording import endpoint_title, limit_text, value_text
from experiments.store import ConfirmationRecord, Store, TrialRecord
from experiments.workspace import open_workspace
from formulation.targets import OutcomeLimit
from models.exact import recipe_values
from tests.experiments.example_document import example_document
from tests.experiments.small_study import TEXT
from tests.families import matrix, tablet

SPEC = load_study(TEXT)
ABSORBED, MASS, PEAK = "absorbed_increment.p50", "swallowed_mass", "peak_gut_load.p95"


def trial(number, mg, grams, *, design=None, slack=1.0):
    """Return a finished trial with two objectives and a limit."""
    values = {**recipe_values(tablet(12)), ABSORBED: mg, MASS: grams, PEAK: 3.0}
    return TrialRecord(
        number=number,
        state="complete",
        design=(design or tablet(12)).as_dict(),
        values=values,
        lo90=values,
        hi90=values,
        slacks={SPEC.limits[0].name: slack},
        seed=1,
    )


def test_a_candidate_has_its_desirability_predicted_and_confirmed():
    """Half way in both objectives: 0.5; confirmed at the ideal of one: more."""
    found = trial(3, 20, 3.25)
    told = candidate(SPEC, found, None, {}, None, 9)["desirability"]
    assert told["predicted"] == pytest.approx(0.5)
    assert told["of"] == pytest.approx({ABSORBED: 0.5, MASS: 0.5})
    assert told["confirmed"] is None
    confirmed = {**found.values, ABSORBED: 40.0}
    record = ConfirmationRecord(
        number=3, n_subjects=256, values=confirmed, lo90=confirmed, hi90=confirmed,
        origin="simulated", kind="",
    )  # fmt: skip
    told = candidate(SPEC, found, record, {}, None, 9)["desirability"]
    assert told["confirmed"] == pytest.approx(0.5**0.5)


def test_the_table_of_candidates_has_a_column_of_it():
    """Predicted, and confirmed below, with its authors in the caption."""
    table = candidates_table(example_document())
    place = [c.title for c in table.columns].index("Desirability")
    assert {row[place] for row in table.rows} == {"0.50\nc 0.49"}
    assert "Derringer and Suich" in table.caption
    assert "the front decides" in table.caption


def test_the_most_desirable_is_feasible_and_first_among_equals():
    """What misses a limit is not desired, whatever it brings."""
    trials = [trial(0, 10, 2), trial(1, 30, 2), trial(2, 30, 2), trial(3, 39, 1, slack=-1)]
    assert most_desirable(SPEC.objectives, trials)["label"] == "C001"
    assert most_desirable(SPEC.objectives, trials[3:]) is None
    assert most_desirable(None, trials) is None


def test_the_list_of_studies_names_the_most_desirable(tmp_path):
    """Read from the stored study alone; one of other aims is listed without."""
    workspace = open_workspace(home=str(tmp_path))
    with Store.open(workspace.store_place) as store:
        for config in (SPEC.config, {"other": 1}):
            study = store.create_study(
                name="s", config=config, config_text="", config_sha256="", seed=1, budget=1
            )
            with store.own(study.id) as lease:
                done = trial(0, 20, 3.25)
                running = TrialRecord(number=0, state="running", design=done.design, seed=1)
                store.add_running(lease, [running])
                store.finish(lease, [done])
    found = {row["label"]: row["best"] for row in list_studies(workspace)}
    assert found["S001"] == {"label": "C000", "desirability": pytest.approx(0.5)}
    assert found["S002"] is None


def test_objectives_are_read_from_a_stored_study():
    """With their weights, as the whole study reads them."""
    weighted = load_study(TEXT.replace("ideal: 0.5 g/d", "ideal: 0.5 g/d, weight: 3"))
    assert objectives_of_config(weighted.config) == weighted.objectives
    assert weighted.objectives[1].weight == 3


def test_weight_and_importance_move_the_best_all_round():
    """As powers; without any the order is that of the plain product."""
    document = example_document()
    objectives, (first, *_) = objectives_of(document), document["front"]
    heavy = (evolve(objectives[0], importance=2, weight=1.5), *objectives[1:])
    share = objectives[0].normalise(first["confirmation"]["values"][ABSORBED])
    assert merit(heavy, first)[0] == pytest.approx(merit(objectives, first)[0] * share**2)


def test_plain_tablets_are_the_most_desirable_first():
    """Of a soluble salt alone, and not more than are compared."""
    trials = [trial(k, k, 2) for k in range(30)] + [trial(99, 39, 1, design=matrix(35))]
    found = plain_tablets(SPEC, trials)
    assert [c["label"] for c in found] == [f"C{29 - k:03d}" for k in range(MOST_PLAIN)]
    assert found[0]["objectives"] == {ABSORBED: 29, MASS: 2}
    assert found[0]["intervals"] == {ABSORBED: [29, 29], MASS: [2, 2]}
    assert sum(found[0]["recipe_mg"].values()) == pytest.approx(found[0]["unit_mass_mg"])


def test_every_kind_of_key_has_its_row_in_the_table_of_models():
    """A value that no surrogate learns says what it follows from; readings share a row."""
    document = example_document()
    keys = ("limits_met", "predicted_f2", f"{ABSORBED}.pessimistic", f"{ABSORBED}.worst_case",
            "absorbed_increment.mean")  # fmt: skip
    document["objectives"] = [{**document["objectives"][0], "key": key} for key in keys]
    document["front"] = []
    rows = {row[0]: row[-1] for row in model_table(document, document["models"][0]).rows}
    assert len(rows) == 5
    assert rows[endpoint_title("limits_met")].endswith("intervals of the other limits")
    assert rows[endpoint_title("predicted_f2")].endswith("the release curve with its interval")
    assert "three percentiles" in rows[endpoint_title("absorbed_increment.mean")]
    assert endpoint_title(ABSORBED) in rows


def test_readings_and_pure_numbers_have_words_for_people():
    """No dotted key and no unit "1" in a sentence."""
    limit = OutcomeLimit(endpoint="predicted_f2", low=50).name
    assert limit_text(limit) == "Predicted f2 to the reference profile, lower bound at least 50"
    assert value_text(61.2, "predicted_f2") == "61"
    assert endpoint_title("serum.p95.worst_case") == (
        "Serum Mg after six weeks (95th percentile, in the worst case as executed)"
    )
