"""``formulation models evaluate``: any tidy table, its own column names, one JSON document."""

import csv
import json

import numpy as np
import pytest
from attrs import evolve

from experiments.cli import main
from experiments.evaluation import evaluate_table
from formulation.errors import InputError, UnknownNameError
from tests.models.learning_tables import release_table, value_table


@pytest.fixture
def table_file(tmp_path):
    table = release_table(n_groups=6, per_group=2)
    path = tmp_path / "my table.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Batch no.", "run", "t", "share", "kind", "Released (%)"])
        features = table.features.itertuples(index=False)
        for g, c, t, (share, kind), y in zip(
            table.group, table.curve, table.time, features, table.target, strict=True
        ):
            gap = "" if c.endswith("-1") and t > 10 else f"{share:.3f}".replace(".", ",")
            value = f"{100 * y:.3f}".replace(".", ",")
            writer.writerow([g, c, f"{t:g}".replace(".", ","), gap, kind, value])
    return path


def words(path, *more):
    return [
        *("models", "evaluate", str(path), "--group", "Batch no.", "--target", "Released (%)"),
        *("--time", "t", "--curve", "run", "--family", "extra_trees", "--workers", "1", *more),
    ]


def test_a_table_with_its_own_names_gaps_and_words_gives_the_document(table_file, capsys):
    assert main(words(table_file, "--folds", "3", "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["version"]) == ("formulation/model-evaluation", 1)
    assert {"mae", "rmse", "r2", "coverage90", "width90"} <= set(found["metrics"])
    assert len(found["folds"]) == 3
    assert len(found["groups"]) == found["n_groups"] == 6
    assert found["metrics"]["mae"] < found["metrics"]["mae_without_features"]
    assert found["features"] == ["share", "kind"]


def test_the_scores_are_told_in_words(table_file, capsys):
    assert main(words(table_file, "--folds", "3")) == 0
    said = capsys.readouterr().out
    for word in ("MAE", "RMSE", "R2", "90 % meant", "extra_trees", "release curve"):
        assert word in said


def test_the_same_seed_gives_the_same_document_however_many_processes(table_file, capsys):
    documents = []
    for workers in ("1", "2"):
        assert main([*words(table_file, "--folds", "2", "--json")[:-3], "--workers", workers,
                     "--folds", "2", "--json"]) == 0  # fmt: skip
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0] == documents[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--target", "Relesed"), "Released (%)"),
        (("--family", "extra_tree"), "extra_trees"),
        (("--folds", "1"), "folds"),
    ],
)
def test_a_wrong_word_ends_with_code_2_and_says_what_is_known(table_file, capsys, change, said):
    assert main(words(table_file, *change)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_text_in_a_column_of_numbers_is_told_by_row(table_file, capsys):
    lines = table_file.read_text().splitlines()
    lines[5] = lines[5].rsplit(";", 1)[0] + ";soon"
    table_file.write_text("\n".join(lines))
    assert main(words(table_file)) == 2
    assert "6" in capsys.readouterr().err


def test_a_public_set_that_was_not_fetched_says_how_to_bring_it(tmp_path, capsys):
    assert main(["models", "evaluate", "lai", "--home", str(tmp_path)]) == 3
    assert f"`formulation data fetch --home {tmp_path} lai`" in capsys.readouterr().err


def test_the_columns_of_a_public_set_are_not_named_again(tmp_path, capsys):
    assert main(["models", "evaluate", "lai", "--group", "x", "--home", str(tmp_path)]) == 2
    assert "--group was given as well" in capsys.readouterr().err


def test_a_variant_of_a_file_is_refused(table_file, capsys):
    assert main(words(table_file, "--variant", "zero")) == 2
    assert "--variant zero is for fetched sets" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_one_line(tmp_path, capsys):
    assert main(words(tmp_path / "none.csv")) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) <= 2


def test_a_value_without_time_is_learnt_too():
    found = evaluate_table(value_table(), n_folds=3, families=["extra_trees"], workers=1)
    document = found.document()
    assert document["metrics"]["r2"] > 0.7
    assert document["shape"] == ""


def test_a_release_curve_cannot_be_forced_without_time():
    with pytest.raises(InputError, match="needs a column of times"):
        evaluate_table(value_table(), n_folds=3, release=True, workers=1)


def test_a_release_curve_that_is_forced_keeps_its_unit():
    """In percent: what is everything is not 1."""
    table = release_table(6, 2, noise=0.3)
    table = evolve(table, target=100 * np.clip(table.target, 0, 1), units={})
    found = evaluate_table(table, n_folds=3, families=["extra_trees"], release=True, workers=1)
    assert found.shape.full == 100
    assert found.document()["metrics"]["coverage90"] > 0.5


def test_a_feature_that_changes_along_a_curve_is_left_out_and_said():
    table = release_table(6, 2)
    moving = table.features.assign(ph=np.where(table.time > 2, 6.8, 1.2))
    found = evaluate_table(
        evolve(table, features=moving), n_folds=3, families=["extra_trees"], workers=1
    ).document()
    assert found["features"] == ["share", "kind"]
    assert any("change along a curve: ph" in line for line in found["notes"])


def test_a_gap_is_filled_from_the_other_rows_of_its_curve():
    """The scores are those of the table without gaps."""
    table = release_table(6, 2)
    gaps = table.features.copy()
    gaps.loc[table.time > 2, "share"] = np.nan
    gaps.loc[table.time < 2, "kind"] = ""
    ask = {"n_folds": 3, "families": ["extra_trees"], "workers": 1}
    whole = evaluate_table(table, **ask).document()["metrics"]
    assert evaluate_table(evolve(table, features=gaps), **ask).document()["metrics"] == whole


def test_a_training_part_of_one_group_is_refused():
    with pytest.raises(InputError, match="fewer than two groups to learn from"):
        evaluate_table(release_table(3, 2), n_folds=2, workers=1)


def test_more_folds_than_groups_are_refused():
    with pytest.raises(InputError, match="7 folds of 6 groups"):
        evaluate_table(release_table(6, 1), n_folds=7, workers=1)


def test_an_unknown_family_is_refused():
    with pytest.raises(UnknownNameError, match="forest"):
        evaluate_table(value_table(), n_folds=3, families=["forrest"], workers=1)


def test_without_shape_a_curve_may_fall():
    table = release_table(6, 2)
    found = evaluate_table(table, n_folds=3, families=["extra_trees"], release=False, workers=1)
    assert "no shape" in found.document()["shape"]
    assert np.isfinite(found.results[0].low).all()
