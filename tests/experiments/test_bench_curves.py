"""Measured curves on the command line: fitted, compared, and what is said of them."""

import csv
import inspect
import json
import re
from math import log10

import pytest
from openpyxl import Workbook

from experiments.bench_curves.comparing import RULE_WORDS, SCATTER_RULES
from experiments.cli import main
from models.dissolution import eligibility

MINUTES = (5, 10, 15, 20, 30, 45, 60)
SLOWER = [20.0, 36.0, 50.0, 60.0, 75.0, 87.0, 93.0]
REFERENCE = [25.0, 43.0, 56.0, 66.0, 79.0, 90.0, 95.0]
HEAD = "formulation,batch,vessel,time [min],released [%],medium\n"


def values(name, mean, n=12, spread=0.5, medium=""):
    """Return rows whose units lie around a mean; the sum of what they are off by is zero."""
    return [
        (name, "b1", unit, minute, round(x + spread * (unit - (n - 1) / 2), 4), medium)
        for unit in range(n)
        for minute, x in zip(MINUTES, mean, strict=True)
    ]


def table(tmp_path, *rows, head=HEAD):
    path = tmp_path / "curves.csv"
    lines = [",".join(map(str, row)) + "\n" for part in rows for row in part]
    path.write_text(head + "".join(lines), encoding="utf-8")
    return path


def run(capsys, *words):
    code = main(["dissolution", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def document(capsys, *words):
    code, out, _ = run(capsys, *words, "--json")
    assert code == 0, out
    return json.loads(out)


@pytest.fixture
def two(tmp_path):
    return table(tmp_path, values("R", REFERENCE), values("T", SLOWER))


def test_a_fit_tells_moments_models_and_what_is_preferred(two, capsys):
    """With units on every number, and that it proves no mechanism."""
    code, out, _ = run(capsys, "fit", two, "--formulation", "T")
    assert code == 0
    text = " ".join(out.split())
    assert "File as stated in curves.csv; CSV" in text
    assert "Curve T: 12 units" in text
    assert "measured" not in text.replace("Note", "").split("Fitted to")[0]
    assert "By AICc the curve prefers" in text
    assert "it proves no mechanism" in text
    assert " 1/h" in text
    assert "Fitted to all times (n = 7, not weighted)" in text
    assert "Fitted to times up to 60 % (n = 4, not weighted)" in text
    assert "Peppas-Sahlin: 4 of the 5 times it needs" in text
    assert "Curve R" not in text


def test_the_document_of_a_fit_is_finite_and_ranked(two, capsys):
    """The lowest AICc first, apart for each choice of times."""
    found = document(capsys, "fit", two)
    assert (found["schema"], found["version"]) == ("formulation/dissolution-fit", 1)
    assert found["origin"] == "as stated in curves.csv"
    assert {f["origin"] for f in found["formulations"]} == {None}
    assert [f["name"] for f in found["formulations"]] == ["R", "T"]
    first = found["formulations"][0]
    for times, key in (("all times", "all_times"), ("times up to 60 %", "early_times")):
        own = [fit for fit in first["fits"] if fit["times"] == times]
        assert [f["aicc"] for f in own] == sorted(f["aicc"] for f in own)
        assert first["preferred"][key]["model"] == own[0]["model"]
    assert first["mean_pct"] == pytest.approx(REFERENCE)
    assert first["n_units"] == [12] * 7


def test_a_curve_without_scatter_prefers_nothing(tmp_path, capsys):
    """A line through every point is told as exact, in words and as a document."""
    path = table(tmp_path, values("A", [1.0 * m for m in MINUTES], n=1))
    code, out, _ = run(capsys, "fit", path)
    text = " ".join(out.split())
    assert code == 0
    assert "Preferred Through every point, to 0.000001 %: zero order" in text
    assert "k 60 %/h (exact)" in text
    assert "By AICc the curve prefers" not in text
    first = document(capsys, "fit", path)["formulations"][0]
    assert first["preferred"]["all_times"]["model"] is None
    line = next(fit for fit in first["fits"] if fit["model"] == "zero_order")
    assert (line["is_exact"], line["aicc"]) == (True, None)
    assert line["parameters"][0]["without_error"] == "exact"


def test_an_edge_is_named_on_parameters_that_lie_on_one_alone(tmp_path, capsys):
    """A curve that is over at the first time tells neither rate nor lag apart."""
    done = [96.0, 99.0, 97.0, 98.5, 99.0, 98.0, 97.5]
    code, out, _ = run(capsys, "fit", table(tmp_path, values("A", done, n=1)))
    assert code == 0
    (line,) = (x for x in out.splitlines() if x.startswith("first order with plateau, lag"))
    assert "not told apart" in line
    assert "at an edge" not in line


def test_the_fits_are_written_as_a_table(two, tmp_path, capsys):
    """One parameter a row, with unit; what was not fitted with its reason."""
    path = tmp_path / "fits.csv"
    assert run(capsys, "fit", two, "-o", path)[0] == 0
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert {row["formulation"] for row in rows} == {"R", "T"}
    fitted = [row for row in rows if not row["not_fitted"]]
    assert all(row["unit"] and float(row["value"]) is not None for row in fitted)
    assert any("times it needs" in row["not_fitted"] for row in rows)
    assert run(capsys, "fit", two, "-o", tmp_path / "fits.txt")[0] == 2


def test_a_weighted_fit_needs_the_scatter_of_every_mean(tmp_path, two, capsys):
    """A mean without one has no weight, and is not given the same as the others."""
    found = document(capsys, "fit", two, "--weighted")
    assert all(f["weighted"] for f in found["formulations"])
    lone = table(tmp_path, values("A", REFERENCE, n=1))
    code, _, err = run(capsys, "fit", lone, "--weighted")
    assert code == 2
    assert "no weight at 5 min" in err


def test_a_comparison_tells_rules_values_and_verdict(two, capsys):
    """f1 and f2 of the means by hand, over six times; the seventh lies after 85 %."""
    found = document(capsys, "compare", two, "--reference", "R")
    (one,) = found["comparisons"]
    assert [round(60 * t) for t in one["times_h"]] == [5, 10, 15, 20, 30, 45]
    gaps = [25, 49, 36, 36, 16, 9]
    assert one["f2"] == pytest.approx(100 - 25 * log10(1 + sum(gaps) / 6))
    assert one["f1_pct"] == pytest.approx(100 * (5 + 7 + 6 + 6 + 4 + 3) / sum(REFERENCE[:6]))
    assert one["is_eligible"] is True
    assert one["verdict"] == "similar: every rule is met, and f2 is at least 50"
    low, high = one["interval"]["percentile"]
    assert low < one["f2"] < high
    assert one["notes"] == ["The file does not say in which vessel either was measured."]


def test_what_a_file_calls_simulated_is_never_called_measured(tmp_path, capsys):
    """Over the table, beside the name, in the notes and in the document."""
    head = HEAD.replace("medium", "origin")
    rows = values("R", REFERENCE, medium="measured"), values("T", SLOWER, medium="Simulated")
    path = table(tmp_path, *rows, head=head)
    text = " ".join(run(capsys, "fit", path, "--formulation", "T")[1].split())
    assert "Curve T, stated to be simulated: 12 units" in text
    assert "of label [%], simulated" in text
    text = " ".join(run(capsys, "compare", path, "--reference", "R", "--draws", 200)[1].split())
    assert "reference [%] test [%], simulated counts" in text
    assert "Note T is stated to be simulated" in text
    (one,) = document(capsys, "compare", path, "--reference", "R")["comparisons"]
    assert (one["reference"]["origin"], one["test"]["origin"]) == ("measured", "simulated")


def test_notes_on_a_file_are_no_file(tmp_path, capsys):
    """One word in front of each, whatever the note begins with."""
    rows = [(*row[:5], "x") for row in values("R", REFERENCE)]
    path = table(tmp_path, rows, head=HEAD.replace("medium", "measured by"))
    out = run(capsys, "fit", path)[1]
    assert [line.split()[0] for line in out.splitlines()[:2]] == ["File", "Note"]


def test_the_seed_makes_the_interval_again(two, capsys):
    """And another one makes another."""
    words = ("compare", two, "--reference", "R", "--draws", 500, "--seed")
    first, again, other = (
        document(capsys, *words, seed)["comparisons"][0]["interval"]["percentile"]
        for seed in (5, 5, 6)
    )
    assert first == again != other


def test_the_guideline_that_is_asked_for_is_that_of_the_rules(two, capsys):
    """One of the two ends the times earlier."""
    found = document(capsys, "compare", two, "--reference", "R", "--guideline", "ema")
    assert found["guideline"] == "ema"
    code, _, err = run(capsys, "compare", two, "--reference", "R", "--guideline", "emea")
    assert code == 2
    assert "Did you mean 'ema'" in err


def test_a_guideline_may_be_written_in_capitals(tmp_path, capsys):
    """As its authority writes itself; a word that is none is told as it was typed."""
    path = table(tmp_path, values("R", REFERENCE), values("T", SLOWER))
    given = ["--reference", "R", "--draws", 500, "--guideline"]
    code, out, _ = run(capsys, "compare", path, *given, "EMA")
    assert code == 0
    assert "Rules of the EMA" in out
    _, _, err = run(capsys, "compare", path, *given, "EMEA")
    assert "'EMEA' is not known" in err


def test_every_rule_of_f2_has_words():
    """No name of the program stands in a verdict."""
    code = inspect.getsource(eligibility)
    assert set(re.findall(r'name="(\w+)"', code)) | SCATTER_RULES == set(RULE_WORDS)


def test_six_units_decide_nothing(tmp_path, capsys):
    """The value is shown, and what it lacks."""
    path = table(tmp_path, values("R", REFERENCE, n=6), values("T", SLOWER, n=6))
    code, out, _ = run(capsys, "compare", path, "--reference", "R", "--draws", 500)
    text = " ".join(out.split())
    assert code == 0
    assert "MISSED R: 6" in text
    assert "but decides nothing by itself" in text
    assert "rules missed: twelve units" in text
    assert "Where scatter alone" not in text


def test_where_scatter_alone_is_the_matter_the_interval_counts(tmp_path, capsys):
    """Its lower end against 50."""
    slower = [x - 3 for x in SLOWER]
    path = table(tmp_path, values("R", REFERENCE, spread=1.6), values("T", slower, spread=1.6))
    (one,) = document(capsys, "compare", path, "--reference", "R")["comparisons"]
    assert one["is_eligible"] is False
    low = one["interval"]["percentile"][0]
    assert low < 50 < one["f2"]
    assert one["verdict"].endswith(f"counts: {low:.1f} is not at least 50")


def test_means_have_no_interval_and_say_why(tmp_path, capsys):
    """Nothing is resampled that is not there."""
    head = "product,time [min],released [%],sd [%],n\n"
    rows = [
        (name, minute, x, 2.0, 12)
        for name, mean in (("R", REFERENCE), ("T", SLOWER))
        for minute, x in zip(MINUTES, mean, strict=True)
    ]
    path = table(tmp_path, rows, head=head)
    (one,) = document(capsys, "compare", path, "--reference", "R")["comparisons"]
    assert one["interval"] is None
    assert "is given as means" in one["no_interval"]
    assert one["is_eligible"] is True


def test_a_lost_sample_ends_the_interval_and_is_counted(tmp_path, capsys):
    """The unit is not left out unseen."""
    rows = values("R", REFERENCE)
    rows[1] = (*rows[1][:4], "", "")
    path = table(tmp_path, rows, values("T", SLOWER))
    (one,) = document(capsys, "compare", path, "--reference", "R")["comparisons"]
    assert one["no_interval"] == "1 unit(s) of R lost a sample at a time that counts"
    assert one["is_eligible"] is False


def test_curves_of_two_media_are_said_to_be_so(tmp_path, capsys):
    """They may still be compared, but nobody is left to think they were measured alike."""
    path = table(
        tmp_path, values("R", REFERENCE, medium="hcl"), values("T", SLOWER, medium="water")
    )
    (one,) = document(capsys, "compare", path, "--reference", "R")["comparisons"]
    assert one["notes"] == ["They were not measured alike: medium (hcl, water)."]


def test_quick_products_need_no_f2(tmp_path, capsys):
    """Both out within 15 minutes."""
    quick = [60.0, 80.0, 90.0, 95.0, 97.0, 98.0, 99.0]
    path = table(tmp_path, values("R", quick, spread=0.1), values("T", quick, spread=0.1))
    (one,) = document(capsys, "compare", path, "--reference", "R")["comparisons"]
    assert one["is_exempt"]
    assert one["verdict"].startswith("similar without f2")


def test_quick_products_of_unknown_units_are_not_similar_yet(tmp_path, capsys):
    """No f2 is needed, but means of an unknown number of units decide nothing."""
    quick = [60.0, 80.0, 90.0, 95.0, 97.0, 98.0, 99.0]
    rows = [(name, m, x) for name in "RT" for m, x in zip(MINUTES, quick, strict=True)]
    path = table(tmp_path, rows, head="product,time [min],released [%]\n")
    (one,) = document(capsys, "compare", path, "--reference", "R")["comparisons"]
    assert one["is_exempt"]
    assert one["verdict"].startswith("both release 85 % within 15 minutes, so no f2 is needed, but")
    assert one["verdict"].endswith(
        "; rules that cannot be told: twelve units, little scatter at the early times"
    )


def test_a_workbook_is_read_as_the_csv_is(two, tmp_path, capsys):
    """The same numbers from a sheet."""
    book = Workbook()
    with two.open(encoding="utf-8") as file:
        for i, row in enumerate(csv.reader(file)):
            kept = [float(c) if i and j in (3, 4) else c for j, c in enumerate(row)]
            book.active.append(kept)
    path = tmp_path / "curves.xlsx"
    book.save(path)
    words = ("--reference", "R", "--draws", 200)
    from_csv, from_book = (document(capsys, "compare", p, *words) for p in (two, path))
    assert from_book["comparisons"] == from_csv["comparisons"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("compare", "--reference", "X"), "Formulation 'X' is not known."),
        (("compare", "--reference", "R", "--test", "R"), "compared with itself"),
        (("compare", "--reference", "R", "--draws", "3"), "3 draws"),
        (("fit", "--formulation", "X"), "Formulation 'X' is not known."),
        (("fit", "--time-unit", "h"), "the header says min, but --time-unit says h"),
    ],
)
def test_what_is_asked_wrongly_ends_with_code_2(words, message, two, capsys):
    """With the name and what there is."""
    code, _, err = run(capsys, words[0], two, *words[1:])
    assert code == 2
    assert message in err


def test_what_is_wrong_in_the_table_is_told_by_row_and_column(tmp_path, capsys):
    """One problem a cell, as one document."""
    rows = values("R", REFERENCE)
    rows[3] = (*rows[3][:4], "lots", "")
    path = table(tmp_path, rows)
    code, out, _ = run(capsys, "fit", path, "--json")
    problem = json.loads(out)["errors"][0]
    assert code == 2
    assert (problem["line"], problem["column"], problem["code"]) == (5, 5, "not_a_number")


def test_a_curve_of_nothing_is_refused(tmp_path, capsys):
    """There is nothing to fit."""
    path = table(tmp_path, values("R", [0.0] * 7, spread=0.0))
    code, _, err = run(capsys, "fit", path)
    assert code == 2
    assert "nothing is released" in err
