"""Dissolved against absorbed on the command line: level A, its check, and serum refused."""

import json

import numpy as np
import pytest

from experiments.cli import main

K = 0.18
BENCH = (0.5, 1, 2, 3, 4, 6, 8, 12)
PEOPLE = (0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24)
RATES = {"quick": 0.6, "slow": 0.25}


def tracer(ka, times):
    t = np.array(times)
    return 50 * ka / (ka - K) * (np.exp(-K * t) - np.exp(-ka * t))


def bench(tmp_path, rates=RATES):
    path = tmp_path / "bench.csv"
    rows = [
        f"{name},{t},{100 * (1 - np.exp(-rate * t)):.3f}\n"
        for name, rate in rates.items()
        for t in BENCH
    ]
    path.write_text("product,time [h],released [%]\n" + "".join(rows), encoding="utf-8")
    return path


def people(tmp_path, rates=RATES, head="product,time [h],tracer [nmol/L]\n", per_h=1):
    path = tmp_path / "people.csv"
    rows = [
        f"{name},{t * per_h:g},{value:.4f}\n"
        for name, rate in rates.items()
        for t, value in zip(PEOPLE, tracer(rate, PEOPLE), strict=True)
    ]
    path.write_text(head + "".join(rows), encoding="utf-8")
    return path


def run(capsys, bench_path, people_path, *words, sampled="tracer"):
    given = ["--release", bench_path, "--absorption", people_path, "--sampled", sampled, *words]
    code = main(["dissolution", "ivivc", *map(str, given)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def document(capsys, *arguments, **options):
    code, out, _ = run(capsys, *arguments, "--json", **options)
    assert code == 0, out
    return json.loads(out)


def test_a_relation_of_one_to_one_is_found(tmp_path, capsys):
    """Products whose absorption is their dissolution, coarsely sampled."""
    found = document(capsys, bench(tmp_path), people(tmp_path), "--k", K)
    assert (found["schema"], found["version"]) == ("formulation/dissolution-ivivc", 1)
    assert found["slope"] == pytest.approx(1, abs=0.03)
    assert found["intercept"] == pytest.approx(0, abs=0.03)
    assert found["passes"] is True
    assert {a["name"] for a in found["absorbed"]} == set(RATES)
    assert all(a["terminal"] is None for a in found["absorbed"])
    assert not any("k was fitted" in note for note in found["notes"])


def test_the_text_says_what_was_sampled_and_what_is_not_covered(tmp_path, capsys):
    """Units, errors, verdict, and the warning about a fitted rate."""
    code, out, _ = run(capsys, bench(tmp_path), people(tmp_path))
    text = " ".join(out.split())
    assert code == 0
    for words in (
        "isotopic tracer in plasma [nmol/L], as stated in people.csv",
        "cmax predicted [nmol/L]",
        "internal check passed",
        "k was fitted to the end of each curve",
        "Not covered: the check with a product that was not fitted",
    ):
        assert words in text


@pytest.mark.parametrize("as_json", [False, True])
def test_serum_is_refused_with_code_3_and_the_reason(tmp_path, capsys, as_json):
    """Before any file is read: the numbers do not matter."""
    words = ("--json",) if as_json else ()
    code, out, err = run(capsys, tmp_path / "a", tmp_path / "b", *words, sampled="serum")
    assert code == 3
    told = json.loads(out)["errors"][0]["message"] if as_json else err
    assert "endogenous baseline" in told
    assert "threshold" in told


@pytest.mark.parametrize("name", ["serum", "Serum magnesium", "total_magnesium", "plasma"])
def test_a_column_of_serum_is_refused_whatever_is_said_of_it(tmp_path, capsys, name):
    """Calling it a tracer does not make it one."""
    path = people(tmp_path, head=f"product,time [h],{name} [mmol/L]\n")
    code, _, err = run(capsys, bench(tmp_path), path)
    assert code == 2
    assert "tells no share absorbed" in err


def test_urine_is_taken(tmp_path, capsys):
    """Its rate stands for the level in the body."""
    path = people(tmp_path, head="product,time [h],excretion_rate [mg/h]\n")
    found = document(capsys, bench(tmp_path), path, "--k", K, sampled="urine")
    assert found["sampled_words"].startswith("rate of urinary excretion")
    assert found["value_unit"] == "mg/h"


@pytest.mark.parametrize("unit", ["nmol/L", "mg", "mg/L", "%", "1/h", "shovels"])
def test_urine_in_a_unit_that_is_no_rate_is_refused(tmp_path, capsys, unit):
    """A concentration or an amount is no rate; those that are one are named."""
    path = people(tmp_path, head=f"product,time [h],tracer [{unit}]\n")
    code, _, err = run(capsys, bench(tmp_path), path, "--k", K, sampled="urine")
    assert code == 2
    assert err.startswith(f"{path}:1:3: error ")
    assert f"{unit!r} is no unit of a rate of excretion. Write an amount over time: mg/h" in err


@pytest.mark.parametrize("unit", ["mmol/d", "µmol/min", "mEq/d", "mg/day"])
def test_urine_may_be_any_amount_over_time(tmp_path, capsys, unit):
    """Only shares are made of it."""
    path = people(tmp_path, head=f"product,time [h],rate [{unit}]\n")
    found = document(capsys, bench(tmp_path), path, "--k", K, sampled="urine")
    assert found["value_unit"] == unit


def test_a_bench_table_of_shares_under_percent_is_refused(tmp_path, capsys):
    """With exit code 2, before anything is related."""
    path = bench(tmp_path)
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.rsplit(",", 1) for line in lines]
    shares = [f"{front},{float(value) / 100}" for front, value in cells]
    path.write_text("\n".join([head, *shares]), encoding="utf-8")
    code, _, err = run(capsys, path, people(tmp_path), "--k", K)
    assert code == 2
    assert "these look like shares from 0 to 1" in err


def test_a_time_scale_is_looked_for_when_asked(tmp_path, capsys):
    """People take longer than the bench."""
    slower = {name: rate / 1.5 for name, rate in RATES.items()}
    found = document(
        capsys, bench(tmp_path), people(tmp_path, slower), "--k", K, "--time-scale", "fit"
    )
    assert found["scale_is_fitted"]
    assert found["time_scale"] == pytest.approx(1.5, rel=0.05)


def test_one_product_under_two_names_is_no_check(tmp_path, capsys):
    """What was found on the bench is said, and what is wanted."""
    twice = {"one": 0.6, "again": 0.6}
    found = document(capsys, bench(tmp_path, twice), people(tmp_path, twice), "--k", K)
    assert found["passes"] is None
    assert found["bench_gap_pct"] == 0
    assert "lie at most 0 percentage points apart" in found["verdict"]
    assert "from 10 on" in found["verdict"]


def test_a_baseline_is_refused_at_zero_and_told_of_later(tmp_path, capsys):
    """A course that begins above zero, and one whose baseline was not sampled at zero."""
    path = people(tmp_path)
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    raised = [",".join((p, t, f"{float(v) + 8:.4f}")) for p, t, v in lines[1:]]
    head = ",".join(lines[0])
    path.write_text("\n".join([head, *raised]) + "\n", encoding="utf-8")
    code, _, err = run(capsys, bench(tmp_path), path, "--k", K)
    assert code == 2
    assert "quick: Wagner-Nelson of a curve that is 8 at 0 h" in err
    assert "before the dose off" in err
    later = [line for line in raised if line.split(",")[1] != "0"]
    path.write_text("\n".join([head, *later]) + "\n", encoding="utf-8")
    notes = document(capsys, bench(tmp_path), path, "--k", K / 4)["notes"]
    assert any("quick: its share absorbed rises to" in note for note in notes)


def test_a_course_that_is_stated_to_be_simulated_is_told_of(tmp_path, capsys):
    """Rows of one course must agree."""
    path = people(tmp_path)
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    told = [f"{row},{'simulated' if row.startswith('slow') else ''}" for row in rows]
    path.write_text("\n".join([f"{head},origin", *told]) + "\n", encoding="utf-8")
    found = document(capsys, bench(tmp_path), path, "--k", K)
    assert found["notes"][0] == "slow in people is stated to be simulated, not measured."
    told[-1] = told[-1].replace("simulated", "measured")
    path.write_text("\n".join([f"{head},origin", *told]) + "\n", encoding="utf-8")
    code, out, _ = run(capsys, bench(tmp_path), path, "--json")
    assert code == 2
    assert json.loads(out)["errors"][0]["code"] == "mixed_origins"


def test_minutes_are_read_as_minutes(tmp_path, capsys):
    """The same course in another unit of time."""
    hours = document(capsys, bench(tmp_path), people(tmp_path), "--k", K)
    path = people(tmp_path, head="product,time_min,tracer [nmol/L]\n", per_h=60)
    assert document(capsys, bench(tmp_path), path, "--k", K)["slope"] == hours["slope"]


def test_products_of_one_file_alone_are_named(tmp_path, capsys):
    """They are left out aloud; one product is no check."""
    one = {"quick": 0.6}
    found = document(capsys, bench(tmp_path), people(tmp_path, one | {"other": 0.4}), "--k", K)
    assert "Left out, on the bench alone: slow." in found["notes"]
    assert "Left out, in people alone: other." in found["notes"]
    assert found["passes"] is None
    assert found["verdict"].startswith("no verdict")


def test_no_product_in_common_is_refused(tmp_path, capsys):
    """With both lists."""
    code, _, err = run(capsys, bench(tmp_path), people(tmp_path, {"x": 0.4}))
    assert code == 2
    assert "share no product: the bench has quick, slow, people took x" in err


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (("tracer [nmol/L]", "tracer"), "unit_missing", 1),
        (("time [h]", "time"), "unit_missing", 1),
        (("time [h]", "time [mg]"), "unknown_unit", 1),
        (("tracer [nmol/L]", "saliva [nmol/L]"), "missing_column", 1),
        (("tracer [nmol/L]", "trcer [nmol/L]"), "unknown_column", 1),
        (("quick,0.5,", "quick,0,"), "duplicate_time", 3),
        (("quick,0.5,", "quick,-1,"), "negative_time", 3),
        (("quick,0.5,", "quick,0.5,-"), "negative_value", 3),
        (("quick,0.5,", "quick,soon,"), "not_a_number", 3),
        (("quick,0.5,", ",0.5,"), "unknown_product", 3),
    ],
)
def test_what_is_wrong_in_a_course_is_told_by_row(tmp_path, capsys, change, code, line):
    """One problem, at its place."""
    path = people(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    ended, out, _ = run(capsys, bench(tmp_path), path, "--json")
    errors = json.loads(out)["errors"]
    assert ended == 2
    assert (code, line) in {(e["code"], e["line"]) for e in errors}
    assert all(e["file"] == str(path) for e in errors)


@pytest.mark.parametrize(
    ("words", "sampled", "message"),
    [
        ((), "saliva", "Sampled 'saliva' is not known"),
        (("--k", "-1"), "tracer", "rate constant of -1"),
        (("--time-scale", "twice"), "tracer", "time scale of 'twice'"),
        (("--time-scale", "nan"), "tracer", "time scale of nan"),
    ],
)
def test_what_is_asked_wrongly_ends_with_code_2(tmp_path, capsys, words, sampled, message):
    """In words."""
    code, _, err = run(capsys, bench(tmp_path), people(tmp_path), *words, sampled=sampled)
    assert code == 2
    assert message in err


def test_a_course_that_was_broken_off_is_told_of(tmp_path, capsys):
    """Much of its area is then made up by the rate constant."""
    path = people(tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [x for x in lines if not x.startswith(("slow,8", "slow,12", "slow,16", "slow,24"))]
    path.write_text("".join(kept), encoding="utf-8")
    found = document(capsys, bench(tmp_path), path, "--k", K)
    assert any("slow" in note and "lies behind the last value" in note for note in found["notes"])
