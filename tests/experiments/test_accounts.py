"""Accounts of candidates: told once at confirmation, the same as a simulation tells, then shown."""

from copy import deepcopy

import pytest
import typer
from attrs import evolve

from experiments.account import Accountant
from experiments.account.courses import rounded
from experiments.cli.studies import _refuse_nothing_to_make
from experiments.cli.study_text import front_lines
from experiments.config.product import Product
from experiments.confirmation import MIN_SUBJECTS, confirm, make_accountant
from experiments.reports import render
from experiments.reports.account_tables import body_table, drivers_table, losses_table, risk_table
from experiments.reports.accounts import account_sections
from experiments.reports.answers import Verdict, answer
from experiments.search.stratified import stratified
from experiments.simulation import People, Request, simulate
from experiments.store import TrialRecord
from formulation.design import Design
from formulation.errors import RefusedError
from tests.experiments.example_account import account, body
from tests.experiments.example_document import empty_front_document, example_document
from tests.experiments.rendered import page_of
from tests.experiments.small_study import small_study

SPEC = small_study()
TRIALS = [
    TrialRecord(
        number=10 + k,
        state="complete",
        design=stratified(SPEC.space, k, 3).as_dict(),
        origin="simulated",
        seed=5,
    )
    for k in range(3)
]
LABELS = ["C010", "C011", "C012"]


def confirmed(watch=None):
    return confirm(TRIALS, SPEC.population, SPEC.objectives, SPEC.limits, 256, watch=watch)


@pytest.fixture(scope="module")
def accountant() -> Accountant:
    """Return the accounts of three designs, as a study keeps them."""
    found = make_accountant(TRIALS, SPEC.jurisdiction)
    confirmed(found)
    return found


@pytest.fixture(scope="module")
def simulated():
    """Return what `formulation simulate` tells of the second of them in the same people."""
    people = evolve(SPEC.population, size=MIN_SUBJECTS, seed=SPEC.population.seed + 1)
    product = Product(name=LABELS[1], design=Design.from_dict(TRIALS[1].design))
    return simulate(Request(product=product, people=People(population=people)))


def test_watching_changes_no_confirmed_number(accountant):
    """The account is told of the days that were integrated anyway."""
    assert list(accountant.accounts) == LABELS
    assert confirmed(make_accountant(TRIALS, SPEC.jurisdiction)) == confirmed()


@pytest.mark.parametrize("part", ["losses", "risk", "monitoring", "assumptions"])
def test_a_study_tells_what_a_simulation_of_the_same_people_tells(part, accountant, simulated):
    """Bit by bit, although the candidates were followed together and share their controls."""
    assert accountant.accounts[LABELS[1]][part] == simulated[part]


def test_the_body_of_a_confirmation_is_that_of_the_simulation(simulated):
    """Percentiles of serum and urine come from the same integration."""
    record = confirmed()[1]
    for endpoint in simulated["endpoints"]:
        if endpoint["name"] in ("serum", "serum_change", "urine_change"):
            found = [record.values[f"{endpoint['name']}.{p}"] for p in ("p05", "p50", "p95")]
            assert found == pytest.approx([endpoint[p] for p in ("p05", "p50", "p95")], rel=1e-9)


def test_the_days_of_a_candidate_are_those_of_the_simulation(accountant, simulated):
    """Serum, urine and red cells of each of 42 days, with the same people without a product."""
    of_simulation = {curve["name"]: curve for curve in simulated["curves"]}
    for curve in rounded(accountant.courses[LABELS[1]]):
        expected = of_simulation[curve["name"]]
        assert curve["x"]["values"] == list(range(1, 43))
        assert curve["references"] == expected["references"]
        for line, other in zip(curve["series"], expected["series"], strict=True):
            assert line["label"] == other["label"]
            for end in ("p05", "p50", "p95"):
                assert line[end] == pytest.approx(other[end], rel=1e-4)


def test_shares_of_what_is_lost_sum_to_the_whole(accountant):
    """Of each candidate, and the mg to the dose less what is absorbed."""
    for trial, told in zip(TRIALS, accountant.accounts.values(), strict=True):
        losses = told["losses"]
        assert sum(part["percent"] for part in losses["parts"]) == pytest.approx(100)
        dose = Design.from_dict(trial.design).elemental_mg_per_day
        assert 0.7 * dose < losses["lost_mg_per_day"] < dose


def test_the_page_tells_serum_urine_losses_risk_monitoring_and_drivers():
    """Each once, with its unit, and simulated, never measured."""
    text = page_of(example_document)
    for words in (
        "What the candidates do in people",
        "Serum Mg, change against control",
        "24 h urine Mg",
        "What limits absorption",
        "Limits are of EFSA2006",
        "What to monitor",
        "Creatinine and eGFR: before the start",
        "The weeks are a choice of this product",
        "levothyroxine",
        "What drives the result",
        "the people who confirm the front; nothing here was measured",
    ):
        assert text.count(words) >= 1, words


def test_the_answer_tells_serum_limit_risk_and_assumption_of_the_best():
    """In four sentences, with the spread between subjects."""
    text = answer(example_document()).text
    assert "serum magnesium changes by 0.0" in text
    assert "Of the " in text
    assert "most go to: transport (9" in text
    assert "Risk class low: No rule of this product was touched." in text
    assert (
        "moves this most, and was not measured: passive (paracellular) rate (assumed) and" in text
    )


def test_a_high_risk_of_the_best_stands_before_its_recipe():
    """Once, and right below the headline."""
    document = deepcopy(example_document())
    label = answer(document).label
    best = next(c for c in document["front"] if c["label"] == label)
    best["account"]["risk"]["class"] = "high"
    found = answer(document)
    assert found.details[0].startswith("Risk class high: ")
    assert found.text.count("Risk class") == 1


def test_the_terminal_tells_each_candidate_in_people():
    """What changes, what is risked, and what most is lost to; nothing where nothing was kept."""
    document = example_document()
    lines = front_lines(document, 160)
    row = next(line for line in lines if line.startswith("C026") and "low" in line)
    assert "0.029 (0.019 to 0.039)" in row
    assert row.endswith("transport (91 %)")
    for candidate in document["front"]:
        candidate["account"] = None
    assert not any("In people" in line for line in front_lines(document, 160))


def test_tables_hold_a_row_for_each_candidate():
    """And no column for what no candidate loses anything to."""
    front = example_document()["front"]
    tables = (
        body_table(front, is_one_person=False),
        losses_table(front),
        risk_table(front),
        drivers_table(front),
    )
    assert all([row[0] for row in t.rows] == [c["label"] for c in front] for t in tables)
    heads = [column.title for column in losses_table(front).columns]
    assert heads[2:] == ["Not dissolved, for want of acid", "Bound by ligands", "Transport"]
    assert tables[0].rows[0][2] == "0.032 (0.021 to 0.042)"


def test_equal_monitoring_plans_are_told_once():
    """A candidate of a higher class has a plan of its own, which names it."""
    document = example_document()
    (section,) = account_sections(document, "C011")
    assert [t.caption[:4] for t in section.monitoring] == ["What"]
    document["front"][1]["account"] = account(29.4, 250, risk_class="raised")
    (section,) = account_sections(document, "C011")
    assert [t.caption[:4] for t in section.monitoring] == ["C011", "C026"]
    assert section.assumptions.caption.startswith("C011: assumed")


def test_one_person_has_values_and_no_percentiles():
    """And the page says so at its head."""
    document = deepcopy(example_document())
    document["study"]["population"].update(is_one_person=True, size=1, name="ckd-3b")
    for candidate in document["front"]:
        candidate["confirmation"].update(n_subjects=1, body=body(30.0))
    table = body_table(document["front"], is_one_person=True)
    assert table.rows[0][1:3] == ("0.860", "0.030")
    assert "one integrated person" in table.caption
    assert "every percentile is that person&#39;s own value" in render(document)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"account": None}, "confirmed by a version that did not keep"),
        ({"account": None, "confirmation": None}, "No candidate has been integrated"),
    ],
)
def test_a_study_without_accounts_says_so(change, words):
    """One of an earlier version, and one that has not been confirmed."""
    document = example_document()
    for candidate in document["front"]:
        candidate.update(change)
    document["confirmation"].update(n_candidates=0, objectives={})
    assert words in render(document)
    assert account_sections(empty_front_document(), None) == []


def test_a_candidate_refused_on_its_risk_is_never_recommended():
    """The next best is, and the table says why not."""
    document = example_document()
    best = answer(document).label
    for candidate in document["front"]:
        if candidate["label"] == best:
            candidate["account"] = account(30, 250, risk_class="refused")
    found = answer(document)
    assert found.verdict is Verdict.RECOMMENDED
    assert found.label != best
    assert "no, refused on its risk" in render(document)


def test_a_front_of_refused_candidates_ends_with_exit_code_3(capsys):
    """And says why, beside the document."""
    document = example_document()
    for candidate in document["front"]:
        candidate["account"] = account(30, 250, risk_class="refused")
    assert answer(document).verdict is Verdict.REFUTED
    with pytest.raises(typer.Exit) as caught:
        _refuse_nothing_to_make(document)
    assert caught.value.exit_code == RefusedError.exit_code
    told = capsys.readouterr().err
    assert "no candidate is offered on the grounds of its risk" in told
    assert "Nobody may end above the latter" in told


def test_every_loss_has_a_colour_of_its_own():
    """So that a stacked bar can be read."""
    from experiments.account.ledger import LOSSES
    from experiments.reports.plots import COLOURS

    assert len({*COLOURS}) + 1 >= len(LOSSES)
