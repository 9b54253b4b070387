"""``formulation scenarios``: text, page, JSON, and what is wrong before anything is run."""

import json
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.scenarios import render

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def test_an_expectation_that_fails_is_said_to_fail(tmp_path, capsys):
    """The opposite of what physics gives: the run ends well, and the answer is no."""
    text = (CONFIGS / "scenarios" / "skin.yaml").read_text(encoding="utf-8")
    text = text.replace("../products", str(CONFIGS / "products"))
    path = tmp_path / "skin.yaml"
    path.write_text(text.replace("    against: tablet\n    is: lower\n    because: \"intact",
                                 "    against: tablet\n    is: higher\n    because: \"intact"),
                    encoding="utf-8")  # fmt: skip
    assert main(["scenarios", str(path), "--size", "12", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["held"], found["expected"]) == (4, 5)
    assert "did not hold" in render(found)


def test_the_command_writes_text_and_page(tmp_path, capsys, monkeypatch):
    """Names are those of the folder; claims come first."""
    monkeypatch.chdir(CONFIGS.parent)
    path = tmp_path / "pages" / "ibs.html"
    assert main(["scenarios", "ibs", "--size", "8", "--report", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Scenario ibs, lactate as osmotic: What follows if these claims")
    assert "Acts on" in out
    assert str(path) in err
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("skins",), 2, "Did you mean 'skin'?"),
        (("nowhere.yaml",), 2, "does not exist"),
        (("skin", "--size", "0"), 2, "between 1 and 100,000"),
        (("skin", "--size", "nan"), 2, "valid integer"),
        (("skin", "--report", str(CONFIGS)), 2, "it is a folder"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_run(words, code, message, capsys, monkeypatch):
    """With exit code 2 and no traceback; the simulator is never asked."""

    def refuse(*_, **__):
        raise AssertionError("integrated")

    monkeypatch.chdir(CONFIGS.parent)
    monkeypatch.setattr("experiments.scenarios.arms.settle", refuse)
    assert main(["scenarios", *words]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in " ".join(err.split())


def test_a_refusal_that_nobody_expected_ends_with_code_3(tmp_path, capsys):
    """As on every command."""
    path = tmp_path / "s.yaml"
    path.write_text(
        f"scenario: s\nquestion: Why?\npeople: {CONFIGS}/patients/refused-egfr-25.yaml\n"
        "placebo: {with: {}}\narms: {a: {with: {inulin: 5 g/d}}}\n"
        "expect: [{endpoint: serum, arm: a, against: placebo, is: higher, because: x}]\n",
        encoding="utf-8",
    )
    assert main(["scenarios", str(path)]) == 3
    assert "an eGFR of 25" in capsys.readouterr().err


def test_too_many_subject_days_are_refused(capsys, monkeypatch):
    """With the number that would fit, before anything is integrated."""
    monkeypatch.chdir(CONFIGS.parent)
    monkeypatch.setattr("experiments.scenarios.arms.settle", lambda *_, **__: 1 / 0)
    assert main(["scenarios", "skin", "--size", "100000"]) == 2
    assert "--size 11904" in capsys.readouterr().err
