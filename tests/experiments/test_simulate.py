"""The command that simulates a product: its words, its codes, its document and its page."""

import json
import re
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.simulation import render

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS, PATIENTS = ROOT / "configs" / "products", ROOT / "configs" / "patients"
TABLET, MATRIX, PATCH = (
    PRODUCTS / f"{name}.yaml" for name in ("citrate-tablet", "coated-matrix", "chloride-patch")
)
SMALL = ("--size", "17", "--days", "14")

DEMANDED = {
    *("released", "dissolved", "absorbed_increment", "fraction_absorbed"),
    *("absorbed_total", "absorbed_diet", "other_solute"),
    *("serum", "serum_change", "serum_cmax", "serum_tmax", "serum_auc_increment"),
    *("red_cell", "red_cell_change", "leukocytes_change", "muscle_change"),
    *("urine", "urine_change", "fractional_excretion", "clearance"),
    *("stool", "stool_change", "soluble_unabsorbed_load", "laxation_risk", "peak_gut_load"),
}
"""Endpoints that people were promised."""


def run(capsys, *words):
    code = main(["simulate", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def other(tmp_path, text="salt: oxide", amount="400 mg", name="oxide-tablet"):
    written = TABLET.read_text(encoding="utf-8").replace("salt: citrate", text, 1)
    written = written.replace("620 mg", amount).replace("citrate-tablet", name)
    path = tmp_path / f"{name}.yaml"
    path.write_text(written, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Return the document of two products, and the page written with it."""
    from experiments.config.product import load_product
    from experiments.simulation import Request, choose_people, simulate
    from formulation.profiles import MEDIA

    document = simulate(
        Request(
            product=load_product(TABLET),
            other=load_product(other(tmp_path_factory.mktemp("products"))),
            people=choose_people("healthy_adults", size=17),
            days=14,
            medium=MEDIA["hcl"],
        )
    )
    return document, render(document)


def test_the_first_lines_say_what_was_simulated_and_the_answer_follows(capsys):
    """Notice, product with elemental dose and regimen, people, days; nobody named, so it says."""
    code, out, err = run(capsys, TABLET, *SMALL)
    assert (code, err) == (0, "")
    lines = " ".join(out.split())
    for words in (
        "Notice Simulated, not measured",
        "citrate-tablet: citrate, tablet; 200.4 mg of elemental magnesium a day as 1 unit × 2",
        "17 virtual subjects of healthy adults (seed 0); nobody was named",
        "Answer The middle subject absorbs",
        "mg a day that are lost, most go to: transport",
    ):
        assert words in lines
    assert lines.index("Notice") < lines.index("Answer") < lines.index("Fractional excretion")


def test_the_document_names_every_endpoint_with_unit_and_percentiles(capsys):
    """One JSON document with the members of the contract, percentiles in rising order."""
    code, out, _ = run(capsys, MATRIX, *SMALL, "--json")
    document = json.loads(out)
    assert (code, document["schema"], document["version"]) == (0, "formulation/simulation", 1)
    assert {"endpoints", "curves", "risk", "monitoring", "assumptions"} <= document.keys()
    for endpoint in document["endpoints"]:
        assert endpoint["p05"] <= endpoint["p50"] <= endpoint["p95"]
        assert endpoint["unit"]
        assert endpoint["origin"] == "simulated"
    assert DEMANDED <= {e["name"] for e in document["endpoints"]}
    assert [c["name"] for c in document["curves"]] == [
        *("serum_day", "serum_weeks", "urine_weeks", "red_cells"),
    ]


def test_the_same_command_gives_the_same_numbers_and_another_seed_other_people(capsys):
    """Bit by bit; the seed draws the people."""
    documents = [
        run(capsys, TABLET, "--size", 16, "--days", 4, "--seed", seed, "--json")[1]
        for seed in (1, 1, 2)
    ]
    assert documents[0] == documents[1] != documents[2]


def test_a_patient_has_one_value_and_hours_to_keep_from_medicines(capsys):
    """No percentiles are told; the medicine of the file stands with its hours and source."""
    code, out, _ = run(capsys, TABLET, "--patient", PATIENTS / "ckd-3b.yaml", "--days", 14)
    lines = " ".join(out.split())
    assert code == 0
    assert "Patient ckd-3b, taking omeprazole, levothyroxine" in lines
    assert "One person, so one value." in lines
    assert re.search(r"levothyroxine +4 +4 .*DrugsComInteraction", out)
    assert "Risk class: high" in lines or "Risk class: raised" in lines


@pytest.mark.parametrize(
    ("population", "claim", "why"),
    [
        ("healthy_adults", (), ""),
        ("high_phytate_diet", (), "magnesium of both fills phytate"),
        ("healthy_adults", ("--claim", "dysbiosis"), "the claim acts on all magnesium"),
        ("healthy_adults", ("--claim", "intact_chelates"), ""),
    ],
)
def test_where_the_uptake_of_the_diet_moves_the_total_is_asked_for(population, claim, why, capsys):
    """The increment of a high-phytate eater flatters; nothing is said where nothing moves."""
    _, out, _ = run(capsys, TABLET, "--population", population, "--size", 8, "--days", 2, *claim)
    lines = " ".join(out.split())
    assert re.search(r"Diet and product together bring \d+\.\d mg a day, the diet alone", lines)
    assert ("by the total, not by the increment" in lines) == bool(why)
    assert why in lines


def test_a_claim_is_announced_first_and_acts_on_cells_alone(capsys):
    """Vitamin B6 fills muscle of people below a status; the gut takes up the same on day one."""
    words = (TABLET, "--population", "low_status", "--size", 16, "--days", 1, "--json")
    _, plain, _ = run(capsys, *words)
    _, claimed, _ = run(capsys, *words, "--claim", "b6_cellular_uptake")
    before, after = json.loads(plain), json.loads(claimed)
    assert before["announcement"] == ""
    assert "nobody has shown: b6_cellular_uptake" in after["announcement"]
    values = [{e["name"]: e["p50"] for e in document["endpoints"]} for document in (before, after)]
    assert values[0]["muscle_change"] != values[1]["muscle_change"]
    assert values[0]["absorbed_increment"] == pytest.approx(values[1]["absorbed_increment"], 1e-9)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--patient", PATIENTS / "refused-egfr-25.yaml"), 3, "an eGFR of 25"),
        (("--population", "helthy_adults"), 2, "Did you mean 'healthy_adults'?"),
        (("--population", "nowhere.yaml"), 2, "does not exist"),
        (("--claim", "b6_celular_uptake"), 2, "Did you mean 'b6_cellular_uptake'"),
        (("--vessel", "hlc"), 2, "Did you mean 'hcl'?"),
        (("--vessel", "franz"), 2, "is no patch"),
        (("--jurisdiction", "UK"), 2, "Known: EU, US."),
        (("--days", "0"), 2, "1 <= days <= 365"),
        (("--days", "100000"), 2, "1 <= days <= 365"),
        (("--size", "10000000"), 2, "between 1 and 100,000"),
        (("--size", "0"), 2, "between 1 and 100,000"),
        (("--size", "100000"), 2, "--size 11904"),
        (("--seed", "-1"), 2, "zero or more"),
        (("--population", "elderly", "--patient", "x.yaml"), 2, "one is wanted"),
        (("--patient", PATIENTS / "ckd-3b.yaml", "--size", "9"), 2, "is one person"),
        (("--compare", TABLET), 2, "both products are called 'citrate-tablet'"),
        (("--report", ROOT), 2, "it is a folder"),
        (("--days", "nan"), 2, "valid integer"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_run(words, code, told, capsys, monkeypatch):
    """Exit code 2 for words and files, 3 on medical grounds; the simulator is never asked."""

    def refuse(*_, **__):
        raise AssertionError("integrated")

    monkeypatch.setattr("experiments.simulation.document.settle", refuse)
    found, out, err = run(capsys, TABLET, *words)
    assert (found, out) == (code, "")
    assert told in " ".join(err.split())


def test_a_condition_that_forbids_supplements_is_refused(tmp_path, capsys):
    """Exit code 3 with the reason."""
    path = tmp_path / "dialysis.yaml"
    path.write_text(
        "patient: p\nfields: {egfr_ml_min: 60 mL/min/1.73m2}\nconditions: [dialysis]\n",
        encoding="utf-8",
    )
    code, _, err = run(capsys, TABLET, "--patient", path)
    assert code == 3
    assert "the kidney cannot remove what is absorbed" in err


def test_a_product_with_a_number_that_is_none_ends_with_code_2(tmp_path, capsys):
    """NaN is refused at its line."""
    code, out, err = run(capsys, other(tmp_path, amount="nan mg"))
    assert (code, out) == (2, "")
    assert "oxide-tablet.yaml:" in err


SOME = "  name: p\n  fields: {{weight_kg: {}}}\n  size: {}\n"
SPREAD = "{{mean: {}, sd: {}, low: 40 kg, high: 120 kg}}"
FIELDS = "fields: {egfr_ml_min: 90 mL/min/1.73m2, weight_kg: 70 kg}\n"


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--patient", FIELDS.replace("weight_kg", "wait_kg"), "'wait_kg' is not known"),
        ("--patient", FIELDS.replace("70 kg", "900 kg"), "weight_kg: value 900 kg is not possible"),
        ("--patient", FIELDS.replace("70 kg", "-70 kg"), "is not possible"),
        ("--patient", FIELDS.replace("70 kg", "nan kg"), "is not a finite number"),
        ("--patient", FIELDS.replace("70 kg", "70"), "has no unit"),
        ("--patient", FIELDS + "medication: [omeprazol]\n", "Did you mean 'omeprazole'"),
        ("--population", SOME.format(SPREAD.format("900 kg", "9 kg"), 9), "weight_kg"),
        (
            "--population",
            SOME.format(SPREAD.format("70 kg", "nan kg"), 9),
            "is not a finite number",
        ),
        ("--population", SOME.replace("weight", "wait").format("70 kg", 9), "is not known"),
        ("--population", SOME.format("70 kg", 0), "from 1 to 100,000"),
        ("--population", SOME.format("70 kg", 10_000_000), "from 1 to 100,000"),
    ],
)
def test_people_who_cannot_be_are_one_line_before_anything_is_run(
    option, text, told, tmp_path, capsys, monkeypatch
):
    """An unknown modulator, covariates nobody has, numbers that are none: code 2, at their line."""

    def refuse(*_, **__):
        raise AssertionError("integrated")

    monkeypatch.setattr("experiments.simulation.document.settle", refuse)
    path = tmp_path / "people.yaml"
    head = "patient: p\n" if option == "--patient" else "population:\n"
    path.write_text(head + text, encoding="utf-8")
    code, out, err = run(capsys, TABLET, option, path)
    assert (code, out) == (2, "")
    assert re.match(rf"{re.escape(str(path))}:[234]:\d+: error ", err)
    assert len(err.strip().splitlines()) == 1
    assert told in " ".join(err.split())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("intakes_per_day: 2", "intakes_per_day: 4", "a whole number from 1 to 3"),
        ("intakes_per_day: 2", "times: [8, 8]", "times"),
        ("units_per_intake: 1", "units_per_intake: 0", "a whole number from 1 to 6"),
        ("units_per_intake: 1", "units_per_intake: .nan", "units_per_intake"),
        ("with_meals: true", "with_meals: true, with_meals: false", "with_meals"),
    ],
)
def test_a_regimen_nobody_can_follow_is_one_line_before_anything_is_run(
    old, new, told, tmp_path, capsys, monkeypatch
):
    """Intakes that would overlap, none at all, or two at once."""

    def refuse(*_, **__):
        raise AssertionError("integrated")

    monkeypatch.setattr("experiments.simulation.document.settle", refuse)
    path = tmp_path / "product.yaml"
    path.write_text(TABLET.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    code, out, err = run(capsys, path)
    assert (code, out) == (2, "")
    assert "product.yaml:" in err
    assert told in " ".join(err.split())


def test_a_result_that_is_refused_is_told_and_ends_with_code_3(compared, capsys, monkeypatch):
    """The document is printed, and a script sees that nothing is offered."""
    document = json.loads(json.dumps(compared[0]))
    document["risk"]["class"] = "refused"
    monkeypatch.setattr("experiments.simulation.run", lambda _: None)
    monkeypatch.setattr("experiments.simulation.document_of", lambda _: document)
    code, out, _ = run(capsys, TABLET, "--json")
    assert code == 3
    assert json.loads(out)["risk"]["class"] == "refused"


def test_two_products_are_compared_in_the_same_people(compared):
    """Uptake, serum and loose stools; each with interval, trial sizes and a verdict in words."""
    document, _ = compared
    found = {c["name"]: c for c in document["comparison"]}
    assert list(found) == ["absorbed_increment", "serum_change", "laxation_risk"]
    for c in found.values():
        assert c["probability_lo90"] <= c["probability_of_superiority"] <= c["probability_hi90"]
        assert c["worth_a_trial"] or "No difference worth a trial" in c["sentence"]
    assert found["laxation_risk"]["median_difference"] < 0
    labels = [s["label"] for s in document["curves"][0]["series"]]
    assert labels == ["citrate-tablet", "oxide-tablet", "without a product"]


def test_the_vessel_is_shown_only_when_asked_for(compared):
    """Its curve starts at nothing, rises, and is called a vessel."""
    (curve,) = [c for c in compared[0]["curves"] if c["name"] == "vessel"]
    for series in curve["series"]:
        assert series["p50"][0] == 0
        assert series["p50"] == sorted(series["p50"])
    assert "0.1 M HCl" in curve["title"]


def test_the_page_needs_no_network_and_is_small(compared):
    """Below 1 MB, no script, no address but its own pictures."""
    _, page = compared
    assert len(page.encode()) < 1_000_000
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)
    assert not re.findall(r"https?://", page)


def test_the_page_has_question_and_answer_first_and_words_for_every_picture(compared):
    """Alternative texts, captions of tables, the notice."""
    _, page = compared
    question = page.index("What does citrate-tablet or oxide-tablet do")
    assert question < page.index("The middle subject absorbs") < page.index("<h2>")
    pictures = re.findall(r"<img [^>]*>", page)
    assert len(pictures) == 8
    assert all(re.search(r'alt="[^"]{20,}"', picture) for picture in pictures)
    assert page.count("<caption>") == page.count("<table>") == 10
    assert "Simulated, not measured" in page


def test_the_page_is_written_whole_and_says_where(tmp_path, capsys):
    """A folder that is not there is made; nothing unfinished is left."""
    path = tmp_path / "pages" / "patch.html"
    code, _, err = run(capsys, PATCH, "--size", 16, "--days", 2, "--report", path)
    assert code == 0
    assert str(path) in err
    assert [p.name for p in path.parent.iterdir()] == ["patch.html"]
    assert "through the skin" in path.read_text(encoding="utf-8")


def test_ranges_are_shown_with_their_source_and_red_cells_by_method(compared):
    """Two ranges of serum, two assays of red cells."""
    ranges = {c["name"]: c["references"] for c in compared[0]["curves"]}
    serum = [(r["low"], r["high"], r["source"]) for r in ranges["serum_weeks"]]
    assert serum == [(0.75, 0.95, "IOM1997"), (0.7, 1.1, "AlfredPathology")]
    assert all("range" in r["title"] for r in ranges["red_cells"])
    assert len({r["source"] for r in ranges["red_cells"]}) == 2
