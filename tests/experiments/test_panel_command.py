"""``formulation panel``: documents, tables, page and picture, and what is refused."""

import json

import pytest

from experiments.cli import main
from experiments.qualification.document import qualify
from experiments.qualification.page import page, sentence
from experiments.qualification.picture import drawn, picture

PNG = b"\x89PNG\r\n\x1a\n"
ROW_FIELDS = ("id", "role", "observed", "predicted", "lo", "hi", "accept_lo", "accept_hi", "passed")


@pytest.fixture(scope="module")
def document():
    return qualify(drop_role="held_out")


def run(capsys, *words):
    code = main(["panel", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_the_document_has_the_form_of_the_contracts(capsys):
    """Schema, version, rows with their fields, and a summary."""
    code, out, _ = run(capsys, "--role", "kernel", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["schema"], found["version"]) == ("formulation/panel", 1)
    (row,) = found["rows"]
    assert set(ROW_FIELDS) <= row.keys()
    assert (row["id"], row["role"], row["passed"]) == ("C01", "kernel", True)
    assert found["summary"]["rows"] == 1


def test_misses_come_first(document):
    """Outside, then inside, each with the farthest off on top."""
    verdicts = [row["verdict"] for row in document["rows"]]
    order = ["outside", "inside", "not computable"]
    assert verdicts == sorted(verdicts, key=order.index)
    assert {row["role"] for row in document["rows"]} == {
        "kernel",
        "calibration",
        "negative_control",
    }


def test_every_simulated_row_says_what_was_done(document):
    """Arms with their means, what was read off, and each assumption with its reason."""
    for row in document["rows"]:
        made = row["experiment"]
        assert made["arms"]
        assert made["outcome"]
        for assumption in made["assumptions"]:
            assert assumption["note"]
            assert assumption["unit"]


def test_the_summary_counts_every_row_once(document):
    """By verdict, and by role and verdict."""
    summary = document["summary"]
    assert sum(summary["verdicts"].values()) == summary["rows"] == len(document["rows"])
    by_role = [n for counts in summary["by_role"].values() for n in counts.values()]
    assert sum(by_role) == summary["rows"]
    assert f"Of {summary['rows']} rows" in sentence(document)


def test_without_held_out_rows_there_is_no_score(document):
    """Nothing is scored that decided a parameter."""
    assert document["summary"]["scores"] == []


def test_page_and_picture_are_written(tmp_path, capsys):
    """One file each; the page needs nothing from elsewhere."""
    report, image = tmp_path / "new" / "panel.html", tmp_path / "panel.png"
    code, out, err = run(capsys, "--role", "kernel", "--report", report, "--picture", image)
    assert code == 0
    assert "C01" in out
    assert str(report) in err
    text = report.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "http://" not in text.replace("http-equiv", "")
    assert image.read_bytes().startswith(PNG)


def test_the_page_lists_every_row_and_control(document):
    """What cannot be drawn is named below the picture."""
    text = page(document)
    for row in document["rows"]:
        assert f"<td>{row['id']}</td>" in text
    for control in document["controls"]:
        assert control["must"] in text
    assert "Not drawn" in text
    assert "C15" not in [row["id"] for row in drawn(document)]


def test_the_picture_is_the_same_each_time(document):
    """Byte for byte, for the same document."""
    assert picture(document) == picture(document)


def test_the_table_says_published_and_predicted(capsys):
    """Headings, and the result in a sentence on top."""
    code, out, _ = run(capsys, "--role", "kernel")
    assert code == 0
    assert out.startswith("Of 1 rows")
    for heading in ("Verdict", "Published", "Predicted", "90 % interval", "Accepted"):
        assert heading in out


def test_a_refit_without_a_row_says_what_moved(capsys):
    """Parameters that nothing else determines come first, without a value."""
    code, out, _ = run(capsys, "--recalibrate", "--without", "C16", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["schema"], found["without"]) == ("formulation/panel-parameters", "C16")
    first, *others = found["parameters"]
    assert (first["name"], first["without"], first["moved"]) == (
        "salts.citrate_solubility",
        None,
        True,
    )
    assert not any(p["moved"] for p in others)
    code, out, _ = run(capsys, "--recalibrate", "--without", "C16")
    assert "not determined" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--role", "kernal"), "kernel"),
        (("--drop-role", "held-out"), "held_out"),
        (("--recalibrate",), "belong together"),
        (("--without", "C10"), "belong together"),
        (("--recalibrate", "--without", "C99"), "C99"),
        (("--role", "kernel", "--drop-role", "held_out"), "exclude each other"),
        (("--recalibrate", "--without", "C10", "--role", "kernel"), "--role does not go"),
    ],
)
def test_what_is_wrong_is_refused(words, said, capsys):
    """With exit code 2, in words, before anything is simulated."""
    code, out, err = run(capsys, *words)
    assert code == 2
    assert said in err
    assert out == ""


@pytest.mark.parametrize("option", ["--picture", "--report"])
def test_a_file_that_cannot_be_written_is_refused(option, tmp_path, capsys, monkeypatch):
    """It says which, and why, before the minute of the panel begins."""

    def refuse(**_):
        raise AssertionError("predicted")

    monkeypatch.setattr("experiments.qualification.qualify", refuse)
    (tmp_path / "file").write_text("")
    code, _, err = run(capsys, option, tmp_path / "file" / "p")
    assert code == 2
    assert "cannot be written: nothing may be written into file" in err
    assert option in err
