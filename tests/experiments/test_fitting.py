"""Surrogates are fitted once and loaded after, but never from a file that is not theirs."""

from pathlib import Path

import numpy as np
import pytest
from attrs import evolve, frozen

from experiments import fitting
from experiments.config.product import load_products
from experiments.datasets import accept, preview, preview_absorption, state_medium
from experiments.fitting import content_key, fit_or_load
from experiments.store import Store
from formulation.design import Design
from formulation.errors import DataError
from formulation.space import DesignSpace, DoseRange
from models import responses
from models.keeping.files import MODEL_FILE
from models.surrogates.table import space_filling
from tests.experiments.small_study import small_study

SPEC = small_study()
SYSTEMS = SPEC.space.systems
TABLETS = DesignSpace(spaces=(SPEC.space.space_of("immediate_release"),))


LAB_PRODUCT = """\
products:
  - product: P1
    system: immediate_release
    salt: citrate
    amounts:
      {salt: 600 mg, povidone: 20 mg, croscarmellose: 25 mg, magnesium_stearate: 7 mg, mcc: 200 mg}
    process: {form: tablet, compression_force_kn: 15 kN}
"""


@pytest.fixture(autouse=True)
def few_designs(monkeypatch) -> None:
    """Train on few designs."""
    monkeypatch.setattr(fitting, "TRAINING_DESIGNS", 16)


@pytest.fixture
def run(tmp_path: Path):
    """Return a function that fits or loads in a workspace of its own."""

    def fit_in(
        space=TABLETS, population=SPEC.population, *, store="s.sqlite", said=None, absorption=None
    ):
        with Store.open(tmp_path / store) as opened:
            say = [].append if said is None else said.append
            folder = tmp_path / "models"
            return fit_or_load(space, population, opened, folder, say, absorption=absorption)

    return fit_in


def changed_dose() -> DesignSpace:
    part = TABLETS.space_of("immediate_release")
    return DesignSpace(
        spaces=(evolve(part, dose=DoseRange(low_mg_per_day=150, high_mg_per_day=240)),)
    )


def test_the_second_call_loads_what_the_first_fitted(run) -> None:
    """Nothing is fitted, nothing is said, and the answers are the same bit for bit."""
    said: list[str] = []
    first, second = run(SPEC.space, said=said), run(SPEC.space, said=said)
    assert (first.n_fitted, second.n_fitted) == (2, 0)
    assert said == [f"fitting {s}: 16 designs × 8 subjects" for s in SYSTEMS]
    assert [r.id for r in second.records] == [r.id for r in first.records]
    designs = [d for s in SYSTEMS for d in space_filling(SPEC.space.space_of(s), 8, seed=2)]
    before, after = (
        found.chain.evaluate(designs, SPEC.population, ["absorbed_increment.p50", "released_2h"])
        for found in (first, second)
    )
    for part in ("value", "lo90", "hi90"):
        np.testing.assert_array_equal(getattr(before, part), getattr(after, part))


def test_a_record_holds_card_checksum_and_place(run, tmp_path: Path) -> None:
    """Named after system and population; the folder after content and checksum."""
    (record,) = run().records
    key = content_key(TABLETS.space_of("immediate_release"), SPEC.population)
    assert record.name == "immediate_release@healthy_adults"
    assert record.card["key"] == key
    folder = f"immediate_release-{key[:16]}-{record.sha256[:16]}"
    assert Path(record.path) == tmp_path / "models" / folder
    assert record.card["rows_by_origin"] == {"simulated": 16, "measured": 0}
    assert isinstance(record.card["warnings"], list)


@pytest.mark.parametrize(
    "change",
    [{"name": "others"}, {"size": 9}, {"seed": 4}, {"spreads": {}}],
)
def test_another_population_is_fitted_again(run, change) -> None:
    """By name, size, seed or spread; the first model stays for its own people."""
    run()
    assert run(population=evolve(SPEC.population, **change)).n_fitted == 1
    assert run().n_fitted == 0


def test_another_space_is_fitted_again(run) -> None:
    """A narrower dose is another training set."""
    run()
    assert run(changed_dose()).n_fitted == 1
    assert run().n_fitted == 0


def test_a_system_that_is_known_is_loaded_beside_one_that_is_not(run) -> None:
    """Only what is missing is fitted."""
    run()
    both = run(SPEC.space)
    assert both.n_fitted == 1
    assert set(both.chain.surrogates) == set(SYSTEMS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("code_fingerprint", lambda: "0" * 64), ("TRAINING_DESIGNS", 17), ("TRAINING_SEED", 1)],
)
def test_other_code_or_training_is_fitted_again(run, monkeypatch, name, value) -> None:
    """What decides the rows decides the name of the fit."""
    run()
    monkeypatch.setattr(fitting, name, value)
    assert run().n_fitted == 1


def test_the_content_key_does_not_depend_on_the_process() -> None:
    """Equal content, equal key; another dose, another key."""
    part = TABLETS.space_of("immediate_release")
    again = small_study().space.space_of("immediate_release")
    assert content_key(part, SPEC.population) == content_key(again, SPEC.population)
    assert content_key(part, SPEC.population) != content_key(
        changed_dose().space_of("immediate_release"), SPEC.population
    )


def test_a_model_that_the_store_does_not_know_is_fitted_again(run, tmp_path: Path) -> None:
    """A file without a checksum in this store is never read; the new fit lies beside it."""
    (record,) = run().records
    planted = Path(record.path) / MODEL_FILE
    planted.write_bytes(b"not a model")
    again = run(store="other.sqlite")
    assert again.n_fitted == 1
    assert again.records[0].path != record.path
    assert planted.read_bytes() == b"not a model"
    assert run(store="other.sqlite").n_fitted == 0


def test_a_damaged_model_file_is_refused_with_what_to_do(run) -> None:
    """It is not quietly fitted again: somebody changed it."""
    (record,) = run().records
    with (Path(record.path) / MODEL_FILE).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(DataError, match=r"its checksum differs\. Remove the folder") as caught:
        run()
    assert caught.value.exit_code == 3


def test_a_folder_without_its_model_file_is_refused_with_what_to_do(run) -> None:
    """A half-deleted folder is said to be one."""
    (record,) = run().records
    (Path(record.path) / MODEL_FILE).unlink()
    with pytest.raises(DataError, match=r"cannot be read: No such file.*Remove the folder"):
        run()


def test_after_removing_the_folder_the_model_is_fitted_again(run) -> None:
    """What the hint promises; the newer of two records of one content counts."""
    (record,) = run().records
    folder = Path(record.path)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    again = run()
    assert again.n_fitted == 1
    assert run().n_fitted == 0


def test_an_accepted_data_set_is_learnt_by_the_next_fit_and_left_out_once_retired(
    run, tmp_path: Path
) -> None:
    """The key changes with the version, the card counts the rows and says how far they lie."""
    assert run().records[0].card["rows_by_origin"]["measured"] == 0
    accept_curves(tmp_path)
    taught = run()
    assert taught.n_fitted == 1
    card = taught.records[0].card
    assert card["rows_by_origin"]["measured"] == 1
    assert "points below the release law" in card["against_law"]
    with Store.open(tmp_path / "s.sqlite") as store:
        store.retire_dataset("lab", "a test")
    assert run().n_fitted == 0


@pytest.fixture
def simulations(monkeypatch) -> list[int]:
    """Count the designs of every simulation."""
    counted: list[int] = []
    inner = responses.simulate_responses

    def counting(designs, subjects, **rest):
        counted.append(len(designs))
        return inner(designs, subjects, **rest)

    monkeypatch.setattr(responses, "simulate_responses", counting)
    return counted


def accept_curves(tmp_path: Path) -> None:
    """Import and accept one measured curve."""
    (tmp_path / "products.yaml").write_text(LAB_PRODUCT)
    rows = "".join(f"P1,{minutes},{minutes / 4}\n" for minutes in (15, 60, 120))
    (tmp_path / "curves.csv").write_text("product,time [min],released [%]\n" + rows)
    with Store.open(tmp_path / "s.sqlite") as store:
        found = preview(
            tmp_path / "curves.csv", tmp_path / "products.yaml", name="lab", stated=state_medium()
        )
        accept(found, store, tmp_path / "data")


def test_a_refit_after_new_curves_simulates_nothing(run, tmp_path: Path, simulations) -> None:
    """The rows of the first fit are read; the endpoints are the same bit for bit."""
    first = run()
    assert simulations == [16]
    accept_curves(tmp_path)
    said: list[str] = []
    second = run(said=said)
    assert second.n_fitted == 1
    assert simulations == [16]
    assert said == ["fitting immediate_release: 16 designs simulated before, 1 measured curves"]
    assert second.records[0].card["rows"] == first.records[0].card["rows"]
    designs = space_filling(TABLETS.space_of("immediate_release"), 8, seed=2)
    before, after = (
        found.chain.evaluate(designs, SPEC.population, ["absorbed_increment.p50"])
        for found in (first, second)
    )
    for part in ("value", "lo90", "hi90"):
        np.testing.assert_array_equal(getattr(before, part), getattr(after, part))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:-1] + b"x"), "their checksum differs"),
        (lambda file: file.unlink(), "cannot be read: No such file"),
    ],
)
def test_damaged_rows_are_simulated_again_and_it_is_said(
    run, tmp_path: Path, simulations, damage, what
) -> None:
    """Nothing of such a file is used; the next refit reads the new one."""
    rows = run().records[0].card["rows"]
    damage(Path(rows["path"]))
    accept_curves(tmp_path)
    said: list[str] = []
    again = run(said=said)
    assert simulations == [16, 16]
    assert what in said[0]
    assert said[0].endswith("They are simulated again.")
    assert again.records[0].card["rows"]["path"] != rows["path"]


def test_rows_of_other_people_are_not_taken(run, simulations) -> None:
    """Another population is another simulation."""
    run()
    run(population=evolve(SPEC.population, seed=4))
    assert simulations == [16, 16]


@frozen(kw_only=True)
class MeasuredRow:
    """A measured value of a tablet in people."""

    design: Design
    source: str
    value: float
    population: str = "healthy_adults"
    endpoint: str = "absorbed_increment"
    sd: float | None = None
    n: int = 20
    design_kind: str = "crossover"


def test_measured_absorption_is_told_on_the_card_and_moves_intervals_from_three_studies(
    run, simulations
) -> None:
    """Values are the same; without rows the published study alone is told, not applied."""
    (design, *_) = designs = space_filling(TABLETS.space_of("immediate_release"), 8, seed=2)
    rows = [MeasuredRow(design=design, source=f"trial {k}", value=30.0) for k in range(3)]
    first, two, three = run(), run(absorption=rows[:1]), run(absorption=rows)
    assert simulations == [16, 1, 3]
    assert [f.n_fitted for f in (first, two, three)] == [1, 1, 1]
    assert run(absorption=rows).n_fitted == 0
    told = [f.records[0].card["measured_absorption"] for f in (first, two, three)]
    assert [t[0]["applied"] for t in told] == [False, False, True]
    assert told[0][0]["studies"] == ["Bohn 2004"]
    assert told[2][0]["studies"] == ["Bohn 2004", "trial 0", "trial 1", "trial 2"]
    tables = [
        f.chain.evaluate(designs, SPEC.population, ["absorbed_increment.p50"])
        for f in (first, two, three)
    ]
    for table in tables[1:]:
        np.testing.assert_array_equal(table.value, tables[0].value)
    np.testing.assert_array_equal(tables[1].hi90, tables[0].hi90)
    assert (tables[2].hi90 > tables[0].hi90).all()


def test_a_held_out_study_stops_the_fit(run) -> None:
    """By name, before anything is stored."""
    (design,) = space_filling(TABLETS.space_of("immediate_release"), 1, seed=2)
    row = MeasuredRow(design=design, source="Siener 2011", value=30.0)
    with pytest.raises(DataError, match="Siener 2011 has role held_out in the panel"):
        run(absorption=[row])


IN_PEOPLE = (
    "product,dose [mg/d],intakes_per_day,with_meals,population,endpoint,value,unit,n,design,source"
)


def accept_absorption(tmp_path: Path, *rows: tuple[str, str, str, str]) -> None:
    """Import and accept rows of endpoint, value, unit and source."""
    (tmp_path / "products.yaml").write_text(LAB_PRODUCT)
    dose = load_products(tmp_path / "products.yaml")[0].design.elemental_mg_per_unit
    lines = (
        f"P1,{dose:.4f},1,yes,healthy_adults,{endpoint},{value},{unit},9,crossover,{source}"
        for endpoint, value, unit, source in rows
    )
    (tmp_path / "people.csv").write_text("\n".join([IN_PEOPLE, *lines]) + "\n")
    with Store.open(tmp_path / "s.sqlite") as store:
        found = preview_absorption(
            tmp_path / "people.csv", tmp_path / "products.yaml", name="notebook"
        )
        accept(found, store, tmp_path / "data")


def test_pages_of_an_accepted_data_set_are_one_study_and_what_cannot_speak_is_told(
    run, tmp_path: Path
) -> None:
    """No risk and a fall of urine block nothing; the version names the study."""
    accept_absorption(
        tmp_path,
        *(("absorbed_increment", "20", "mg/d", f"page {k}") for k in range(4)),
        ("laxation_risk", "0", "%", "page 1"),
        ("urine_change", "-0.2", "mmol/d", "page 1"),
    )
    (record,) = run().records
    (told,) = record.card["measured_absorption"]
    assert told["studies"][0] == "Bohn 2004"
    (mine,) = told["studies"][1:]
    assert mine.startswith("notebook@")
    assert not told["applied"]
    reason = "1 row of {} left out; a value at or below 0 has no ratio to what is simulated."
    assert set(record.card["measured_absorption_left_out"]) == {
        f"{mine}: {reason.format(endpoint)}" for endpoint in ("laxation_risk", "urine_change")
    }


def test_a_held_out_study_that_is_in_the_store_nevertheless_stops_the_fit(
    run, tmp_path: Path, monkeypatch
) -> None:
    """A version accepted before imports refused it, for one."""
    with monkeypatch.context() as patch:
        patch.setattr("models.data.absorption_reader.held_out_study", lambda _source: None)
        accept_absorption(tmp_path, ("absorbed_increment", "20", "mg/d", "Firoz & Graber 2001"))
    with pytest.raises(DataError, match="Firoz 2001 has role held_out in the panel") as caught:
        run()
    assert caught.value.exit_code == 3
