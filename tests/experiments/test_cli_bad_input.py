"""Bad study files on the command line: one clear error, the right exit code, never a traceback."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook

from experiments.cli import main

REFERENCE = Path(__file__).parent / "reference_study.yaml"
TEXT = REFERENCE.read_text(encoding="utf-8")
EGFR_20 = "{name: healthy_adults, fields: {egfr_ml_min: 20 mL/min/1.73m2}}"
HPMC = "hpmc: {low: 25 %, high: 45 %}\n    choices:\n"
NARROW = "salt: {low: 20 %, high: 30 %}\n      mcc: {low: 5 %, high: 6 %}\n      "
NARROW += f"lactose: {{low: 3 %, high: 5 %}}\n      {HPMC}"
NARROW += "      fillers: [mcc+lactose]\n      coat: [none]\n"

CHANGES = {
    "unknown salt": (("oxide,", "oxyde,"), "unknown_name", "salts[0]", "Did you mean 'oxide'?"),
    "unknown key": (
        ("goal: maximise", "gaol: maximise, goal: maximise"),
        "unknown_key",
        "",
        "goal",
    ),
    "reversed range": (("low: 25 %", "low: 50 %"), "invalid_input", "systems[1]", "lies above"),
    "no sum": ((HPMC, NARROW), "invalid_input", "systems[1]", "cannot sum to 100"),
    "missing unit": (("low: 150 mg/d", "low: 150"), "invalid_input", "dose.low", "has no unit"),
    "wrong unit": (("150 mg/d", "150 mmol/d"), "invalid_input", "dose.low", "a value in mg/d"),
    "nan": (("150 mg/d", "nan mg/d"), "invalid_input", "dose.low", "not a finite number"),
    "yaml nan": (("trials: 120", "trials: .nan"), "wrong_type", "budget.trials", "whole number"),
    "negative dose": (("low: 150", "low: -150"), "invalid_input", "dose", "0 < low <= high"),
    "high over limit": (
        ("high: 250 mg/d", "high: 300 mg/d"),
        "over_limit",
        "dose.high",
        "250 mg/d",
    ),
    "all over limit": (
        ("{low: 150 mg/d, high: 250 mg/d}", "{low: 300 mg/d, high: 400 mg/d}"),
        "over_limit",
        "dose.low",
        "limit of 250 mg/d for supplements in EU",
    ),
    "empty population": (
        ("healthy_adults", "{name: healthy_adults, size: 0}"),
        "out_of_range",
        "population.size",
        "from 1 to 100,000",
    ),
    "tag": (("question: W", "question: !!python/object/apply:os.system W"), "tag", "", "tag"),
    "alias": (("salts: [", "salts: &a [*a, "), "alias", "", "'*a' is not allowed"),
    "duplicate key": (("dose:", "study: twice\ndose:"), "duplicate_key", "", "on line 2"),
}


def run(capsys: pytest.CaptureFixture, *words: str) -> tuple[int, str, str]:
    code = main(words)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def only_error(capsys: pytest.CaptureFixture, path: Path) -> tuple[int, dict]:
    code, out, err = run(capsys, "check", str(path), "--json")
    document = json.loads(out)
    assert (document["schema"], document["version"], err) == ("formulation/errors", 1, "")
    assert len(document["errors"]) == 1
    return code, document["errors"][0]


@pytest.mark.parametrize("case", CHANGES)
def test_a_mistake_in_a_study_is_one_error_with_exit_code_2(case, tmp_path, capsys):
    """Code, pointer, place and words of the error fit the mistake, as JSON and as a line."""
    (old, new), code, pointer, words = CHANGES[case]
    assert old in TEXT
    path = tmp_path / "study.yaml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    exit_code, error = only_error(capsys, path)
    assert exit_code == 2
    assert error["code"] == code
    assert error["pointer"].startswith(pointer)
    assert words in error["message"] + error["hint"]
    assert error["file"] == str(path)
    _, out, err = run(capsys, "check", str(path))
    assert out == ""
    assert err.startswith(f"{path}:{error['line']}:{error['column']}: error {error['pointer']}")
    assert err.count("\n") == 1


def test_an_egfr_of_20_is_a_refusal_with_exit_code_3(tmp_path, capsys):
    """Nobody is offered a candidate whose kidney cannot remove what is absorbed."""
    path = tmp_path / "study.yaml"
    path.write_text(TEXT.replace("healthy_adults", EGFR_20), encoding="utf-8")
    code, error = only_error(capsys, path)
    assert (code, error["code"]) == (3, "refused")
    assert error["pointer"] == "population.fields.egfr_ml_min"
    assert "an eGFR of 20" in error["message"]


def small_units(path: Path, choices: str) -> Path:
    """Write a study that asks for 250 mg of magnesium as bisglycinate in units of 500 mg."""
    path.write_text(
        "study: empty\njurisdiction: US\nsalts: [bisglycinate]\npopulation: healthy_adults\n"
        f"systems: [{{name: immediate_release, {choices}"
        "ranges: {unit_mass: {high: 500 mg}}}]\n"
        "dose: {low: 250 mg/d, high: 250 mg/d}\n"
        "regimens: {units_per_intake: [1], intakes_per_day: [1]}\n"
        "objectives:\n"
        "  - {endpoint: unit_mass, goal: minimise, worst: 500 mg, ideal: 300 mg}\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("forms", ["tablet", "capsule", "tablet, capsule"])
def test_an_empty_design_space_says_what_would_be_needed(forms, tmp_path, capsys):
    """250 mg of magnesium as bisglycinate does not fit one unit of 500 mg."""
    path = small_units(tmp_path / "study.yaml", f"choices: {{form: [{forms}]}}, ")
    code, error = only_error(capsys, path)
    assert (code, error["pointer"]) == (2, "systems")
    assert "design space is empty" in error["message"]
    assert "bisglycinate would need at least 1773.1 mg of salt" in error["message"]


def test_a_range_that_one_form_cannot_have_names_the_form_and_the_way_out(tmp_path, capsys):
    """No effervescent tablet weighs 500 mg, so the study says which forms it means."""
    code, error = only_error(capsys, small_units(tmp_path / "study.yaml", ""))
    assert (code, error["pointer"]) == (2, "systems[0].ranges.unit_mass")
    assert "immediate_release.effervescent.unit_mass" in error["message"]
    assert "'tablet.unit_mass'" in error["hint"]
    assert "choices: {form: [...]}" in error["hint"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"\x7fELF\x00\x01\x02", "not_text"), (b"\xff\xfe\x00", "not_text")],
)
def test_a_file_that_is_no_text_is_one_error(content, code, tmp_path, capsys):
    """Empty and binary files are named as such."""
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    assert only_error(capsys, path)[1]["code"] == code


def test_a_workbook_given_as_a_study_is_called_one(tmp_path, capsys):
    """Not by the byte at which it stops being text; and where to get a study is said."""
    path = tmp_path / "study.xlsx"
    Workbook().save(path)
    _, error = only_error(capsys, path)
    assert (error["code"], error["line"]) == ("not_text", 1)
    assert "this is an Excel workbook" in error["message"]
    assert "`formulation init`" in error["hint"]
    path.write_bytes(b"PK\x03\x04 something else")
    assert "a packed file (zip)" in only_error(capsys, path)[1]["message"]


def test_a_path_that_is_no_file_is_one_error(tmp_path, capsys):
    """A directory, a missing file and a path through a file are told apart from bad content."""
    (tmp_path / "file").write_text("a: 1", encoding="utf-8")
    for path in (tmp_path, tmp_path / "missing.yaml", tmp_path / "file" / "below"):
        exit_code, error = only_error(capsys, path)
        assert (exit_code, error["code"]) == (2, "unreadable_file")


def test_an_oversized_file_is_refused_unread(tmp_path, capsys):
    """More than 1 MB is no study."""
    path = tmp_path / "study.yaml"
    path.write_bytes(b"#" * 10_000_000)
    assert only_error(capsys, path)[1]["code"] == "too_large"


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path, capsys):
    """What a file holds is escaped before it is shown."""
    path = tmp_path / "study.yaml"
    path.write_text('"\\e[31m": 1\n', encoding="utf-8")
    _, _, err = run(capsys, "check", str(path))
    assert "\x1b" not in err
    assert "\\x1b[31m" in err


def test_a_good_study_is_described_as_one_json_document(capsys):
    """The document says what survives, what stays idle and how long it takes."""
    code, out, err = run(capsys, "check", str(REFERENCE), "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert (document["schema"], document["version"]) == ("formulation/check", 2)
    assert document["population"]["idle_fields"] == []
    oxide = document["systems"][0]["salts"][0]
    assert (oxide["name"], oxide["regimens_asked"]) == ("oxide", 8)
    assert 0 < len(oxide["regimens"]) < 8
    matrix, other = document["systems"][1]["forms"]
    assert (matrix["name"], other["name"]) == ("hpmc_matrix", "ethylcellulose_matrix")
    assert matrix["ranges"]["hpmc"] == {"low": 25, "high": 45, "unit": "% w/w"}
    assert matrix["choices"]["hpmc_grade"] == ["K4M", "K15M", "K100M"]
    assert "hpmc" not in other["ranges"]
    assert set(oxide["forms"]) <= {form["name"] for form in document["systems"][0]["forms"]}
    assert document["profile"] == []
    assert document["budget"]["trials"] == 120


def test_a_good_study_is_described_for_people(tmp_path, capsys):
    """The same as lines, with the warning of a lot that cannot be pure."""
    path = tmp_path / "study.yaml"
    lot = "{name: bisglycinate, mg_content: 18 %}"
    eats = "{mean: 700 mg/d, sd: 90 mg/d, low: 400 mg/d, high: 999 mg/d}"
    people = f"{{name: healthy_adults, fields: {{calcium_mg_per_day: {eats}}}}}"
    text = TEXT.replace("bisglycinate", lot).replace("healthy_adults", people)
    path.write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "check", str(path))
    assert (code, err) == (0, "")
    assert "Dose          150 mg/d to 250 mg/d" in out
    assert "hpmc 25 to 45 % w/w" in out
    assert "without effect on this version's body model: calcium_mg_per_day" in out
    assert "Warning       A bisglycinate lot at 18 % magnesium cannot be pure" in out


@pytest.mark.parametrize("words", [["check"], ["frob"], ["check", "a", "--frob"], ["--frob"]])
def test_wrong_usage_is_an_error_object_with_exit_code_2(words, capsys):
    """Usage mistakes look like every other mistake."""
    code, out, _ = run(capsys, *words, "--json")
    assert code == 2
    assert json.loads(out)["errors"][0]["code"] == "usage"


@pytest.mark.parametrize(
    ("words", "option", "hint", "command"),
    [
        ("run a --fxi b=1", "--fxi", "Did you mean '--fix'?", "run"),
        ("check a --fix b=1", "--fix", "It is an option of 'run'.", "check"),
        ("track sync --jsn", "--jsn", "Did you mean '--json'?", "track sync"),
        ("ui --watch", "--watch", "It is an option of 'status'.", "ui"),
        ("ui --executor ray", "--executor", "Known: --home, --port.", "ui"),
        ("ui --home x --prot 1", "--prot", "Did you mean '--port'?", "ui"),
    ],
)
def test_an_option_that_a_command_lacks_is_told_with_what_was_meant(
    words, option, hint, command, capsys
):
    """The nearest that the command has, or the command that has it."""
    code, out, err = run(capsys, *words.split())
    assert (code, out) == (2, "")
    helped = f"Try 'formulation {command} --help'."
    assert err == f"error No such option: {option}. {hint} {helped}\n"


@pytest.mark.parametrize(("key", "most"), [("study", 100), ("project", 100), ("question", 1000)])
def test_a_text_that_is_too_long_is_refused_with_the_limit_and_why(key, most, tmp_path, capsys):
    """One character less is taken."""
    path, rest = tmp_path / "study.yaml", re.sub(rf"(?m)^{key}:.*\n", "", TEXT)
    path.write_text(f"{key}: {'x' * most}\n{rest}", encoding="utf-8")
    assert run(capsys, "check", str(path))[0] == 0
    path.write_text(f"{key}: {'x' * (most + 1)}\n{rest}", encoding="utf-8")
    code, error = only_error(capsys, path)
    assert (code, error["code"], error["pointer"]) == (2, "wrong_text", key)
    assert error["message"].startswith(
        f"it has {most + 1:,} characters; at most {most:,} are taken, because"
    )
    assert error["rule"] == f"at most {most:,} characters"
    assert error["hint"].startswith("Shorten it")


def test_a_fault_of_ours_ends_with_1_and_keeps_the_traceback_in_a_file(
    monkeypatch, tmp_path, capsys
):
    """One line for the person, everything else in a log; on the screen only with --debug."""

    def broken(_path: Path) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("experiments.config.load_study", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, _, err = run(capsys, "check", "a.yaml")
    assert (code, err.count("\n")) == (1, 1)
    assert "internal error: RuntimeError: a fault" in err
    (log,) = tmp_path.glob("formulation-*.log")
    assert str(log) in err
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o077 == 0
    assert main(["--debug", "check", "a.yaml"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_with_130(monkeypatch, capsys):
    """Ctrl-C is no error."""

    def interrupted(_path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.config.load_study", interrupted)
    code, out, _ = run(capsys, "check", "a.yaml")
    assert (code, out) == (130, "")


def test_a_run_that_is_interrupted_before_its_study_is_told_in_one_document(monkeypatch, capsys):
    """Also to who reads events: there is nothing to resume."""

    def interrupted(_path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.config.load_study", interrupted)
    code, out, err = run(capsys, "run", "a.yaml", "--json", "--progress", "jsonl")
    told, event = json.loads(out), json.loads(err)
    assert (code, told["status"], told["study"]) == (130, "interrupted", None)
    assert (told["resume"], told["hint"]) == (None, "Run the command again.")
    assert (event["event"], event["exit_code"]) == ("interrupted", 130)


def _process(*words: str, code: str = "") -> subprocess.CompletedProcess:
    program = ["-c", code] if code else ["-m", "experiments.cli", *words]
    return subprocess.run(
        [sys.executable, *program], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_program_itself_ends_with_the_same_codes(tmp_path):
    """As a process: the version, a good file, a wrong one."""
    assert _process("--version").stdout.strip().count(".") == 2
    good = _process("check", str(REFERENCE), "--json")
    assert (good.returncode, json.loads(good.stdout)["study"], good.stderr) == (0, "reference", "")
    path = tmp_path / "study.yaml"
    path.write_text(TEXT.replace("healthy_adults", EGFR_20), encoding="utf-8")
    refused = _process("check", str(path))
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "Traceback" not in refused.stderr


def test_asking_for_help_loads_none_of_the_heavy_libraries():
    """Help must answer at once, so commands import what they need when they run."""
    heavy = "numpy scipy pint ruamel.yaml optuna ray mlflow sqlalchemy sklearn pandas matplotlib"
    code = (
        "import sys; from experiments.cli import main; code = main(['--help'])\n"
        f"loaded = [m for m in {heavy.split()!r} if m in sys.modules]\n"
        "sys.exit(f'loaded: {loaded}' if loaded or code else 0)"
    )
    done = _process(code=code)
    assert done.returncode == 0, done.stderr
    assert "check" in done.stdout
