"""The answer says what to make, whether a plain tablet does as well, and when to make nothing."""

import pytest

from experiments.plain_tablets import is_plain_soluble
from experiments.reports.answers import Verdict, answer
from experiments.reports.comparison import merit, objectives_of
from tests.experiments.example_document import (
    SIMULATED,
    SUBJECTS,
    example_document,
)


def candidate(**changes) -> dict:
    """Return a candidate of the front as far as the comparator looks at it."""
    design = {"system": "immediate_release", "salt": "citrate", "process": {"form": "tablet"}}
    return {"design": {**design, **changes}}


def test_answer_is_the_largest_product_of_confirmed_objectives():
    """The best all-round candidate is recomputed here from the document."""
    document = example_document()
    found = answer(document)
    held = [c for c in document["front"] if c["confirmation"]["is_confirmed"]]
    best = max(held, key=lambda c: merit(objectives_of(document), c))
    assert found.verdict is Verdict.RECOMMENDED
    assert found.label == best["label"] == "C017"


def test_answer_says_when_a_plain_tablet_does_as_well():
    """The first sentence admits that the elaborate product does no better."""
    found = answer(example_document())
    assert found.does_no_better
    assert found.rival == "C005"
    assert "but does no better than C005, a plain immediate-release tablet" in found.sentence


def test_answer_says_where_it_beats_the_plain_tablets():
    """Beyond the intervals, the first sentence names the objective that makes the difference."""
    found = answer(example_document(best_peak=1.5))
    assert not found.does_no_better
    assert "does better than C005, a plain immediate-release tablet" in found.sentence
    assert found.sentence.endswith("Most dissolved Mg in the upper gut at once (median).")


def test_answer_without_a_plain_tablet_says_so():
    """Without comparator on the front the first sentence claims nothing against it."""
    document = example_document()
    document["front"] = [c for c in document["front"] if not is_plain_soluble(c)]
    found = answer(document)
    assert found.rival is None
    assert "none is a plain immediate-release tablet of a soluble salt" in found.sentence


def test_a_plain_tablet_off_the_front_is_compared_with_too():
    """Beaten on paper, yet as good within the intervals: the first line says so."""
    document = example_document()
    plain = [c for c in document["front"] if is_plain_soluble(c)]
    document["front"] = [c for c in document["front"] if not is_plain_soluble(c)]
    document["plain"] = [{**c, "confirmation": None} for c in plain]
    found = answer(document)
    assert found.does_no_better
    assert (
        f"no better than {found.rival} off the front, a plain immediate-release" in found.sentence
    )


def told(best, label: str, *, worth: bool, mean: float = 0.4, crossover: int | None = 12) -> None:
    """State of a candidate what a trial against a plain tablet would show."""
    sentence = f"Absorbed Mg by 24 h urine: C017 minus {label} is +0.4 mg/d in the middle subject"
    best["account"]["against_plain"] = {
        "label": label,
        "worth_a_trial": worth,
        "sentence": sentence,
        "mean_difference": mean,
        "trial_size_crossover": crossover,
        "trial_size_parallel": 20,
        "n_subjects": 256,
    }


def alike_in_mass() -> dict:
    """Return the example with a plain tablet that is not smaller than the best."""
    document = example_document()
    best, plain = (
        next(c for c in document["front"] if c["label"] == label) for label in ("C017", "C005")
    )
    for part in ("objectives", "intervals"):
        plain[part]["swallowed_mass"] = best[part]["swallowed_mass"]
    for part in ("values", "lo90", "hi90"):
        mass = best["confirmation"][part]["swallowed_mass"]
        plain["confirmation"][part]["swallowed_mass"] = mass
    return document


@pytest.mark.parametrize(
    ("crossover", "which"), [(12, "12 people who take both"), (None, "20 people in each of two")]
)
def test_what_the_same_people_tell_apart_is_not_said_to_be_no_better(crossover, which):
    """The intervals overlap, and the comparison of each person with themselves does not."""
    document = alike_in_mass()
    best = next(c for c in document["front"] if c["label"] == "C017")
    told(best, "C005", worth=True, crossover=crossover)
    found = answer(document)
    assert "The 90 % intervals do not tell it from C005, a plain" in found.sentence
    assert f"in the same people it absorbs more, which a trial of {which}" in found.sentence
    assert found.does_no_better


def test_what_the_plain_tablet_does_better_in_is_not_passed_over():
    """Its smaller mass is exact arithmetic, and tells the two apart."""
    document = example_document()
    told(next(c for c in document["front"] if c["label"] == "C017"), "C005", worth=True)
    assert "but does no better than C005" in answer(document).sentence


def test_of_one_person_no_trial_is_spoken_of():
    """A difference in one patient has no trial size, however large it is."""
    document = example_document()
    document["objectives"] = document["objectives"][:1]
    key = document["objectives"][0]["key"]
    best = next(c for c in document["front"] if c["label"] == "C017")
    for candidate in document["front"]:
        value = 60 if candidate is best else 10
        candidate["confirmation"]["values"][key] = value
        for end in ("lo90", "hi90"):
            candidate["confirmation"][end][key] = value
        candidate["intervals"][key] = [value - 1, value + 1]
    told(best, "C005", worth=False, crossover=None)
    best["account"]["against_plain"].update(n_subjects=1, trial_size_parallel=None)
    found = answer(document)
    assert "does better than C005" in found.sentence
    assert not found.does_no_better


@pytest.mark.parametrize(
    "other", [{"label": "C005", "worth": False}, {"label": "C005", "worth": True, "mean": -0.4}]
)
def test_what_the_same_people_do_not_tell_apart_does_no_better(other):
    """No trial worth its while, or one that would show the tablet ahead."""
    document = alike_in_mass()
    best = next(c for c in document["front"] if c["label"] == "C017")
    told(best, **other)
    assert "but does no better than C005" in answer(document).sentence


def test_of_plain_tablets_that_come_as_near_the_one_in_the_same_people_is_named():
    """One answer names one plain tablet, the one whose trial it speaks of."""
    document = example_document()
    best = next(c for c in document["front"] if c["label"] == "C017")
    plain = next(c for c in document["front"] if c["label"] == "C005")
    document["plain"] = [{**plain, "label": "C099"}]
    assert answer(document).rival == "C005"
    told(best, "C099", worth=False)
    assert answer(document).rival == "C099"


@pytest.mark.parametrize("worth", [True, False])
def test_an_uptake_that_no_trial_would_tell_apart_is_not_sold_as_better(worth):
    """Beyond the intervals of the search, yet below what fewer than 50 people would show."""
    document = example_document()
    document["objectives"] = document["objectives"][:1]
    best = next(c for c in document["front"] if c["label"] == "C017")
    for candidate in document["front"]:
        low, high = (30, 31) if candidate is best else (20, 21)
        key = document["objectives"][0]["key"]
        candidate["confirmation"]["values"][key] = low
        candidate["confirmation"]["lo90"][key], candidate["confirmation"]["hi90"][key] = low, high
        candidate["intervals"][key] = [low, high]
    told(best, "C005", worth=worth)
    found = answer(document)
    assert found.label == "C017"
    assert found.does_no_better != worth
    assert ("no trial of fewer than 50 people would tell its uptake" in found.sentence) != worth
    assert ("does better than" in found.sentence) == worth
    assert "Absorbed Mg by 24 h urine: C017 minus C005" in found.text


def test_what_is_better_besides_uptake_needs_no_trial():
    """A smaller load in the gut is no matter of 24 h urine."""
    document = example_document(best_peak=1.5)
    best = next(c for c in document["front"] if c["label"] == "C017")
    told(best, "C005", worth=False)
    assert "does better than C005" in answer(document).sentence


def test_a_product_that_hardly_releases_is_not_sold_as_better():
    """The first line says how little comes out, whatever its other values are."""
    document = example_document(best_peak=1.5)
    best = next(c for c in document["front"] if c["label"] == "C017")
    assert "does better than" in answer(document).sentence
    for curve in best["curves"].values():
        curve["y"] = [0.2 * y / max(curve["y"]) for y in curve["y"]]
    found = answer(document)
    assert found.label == "C017"
    assert found.does_no_better
    assert "hardly releases: 0.2 % of its label in 24 h on the bench" in found.sentence
    assert "not better than a plain soluble salt" in found.sentence
    assert "does better" not in found.sentence


def test_answer_that_is_a_plain_tablet_says_so():
    """When the simplest product wins, nothing is compared with itself."""
    document = example_document()
    document["front"] = [c for c in document["front"] if is_plain_soluble(c)]
    sentence = answer(document).sentence
    assert ", an immediate-release tablet of magnesium" in sentence
    assert "it is itself a plain tablet of a soluble salt" in sentence


def test_answer_calls_the_product_by_its_form():
    """The form says more than the system, which comes in several."""
    assert answer(example_document()).sentence.startswith(
        "C017, a hypromellose matrix tablet of magnesium citrate, is the best"
    )


def test_designs_of_the_first_version_are_called_as_those_of_today():
    """They name no form, because each system had one only."""
    document = example_document()
    for candidate in document["front"]:
        del candidate["design"]["process"]["form"]
    assert answer(document) == answer(example_document())


def test_a_form_of_many_pieces_stands_without_an_article():
    """Nobody says a liposomes."""
    document = example_document()
    best = next(c for c in document["front"] if c["label"] == "C017")
    best["design"].update(system="lipid_nanoparticle", process={"form": "liposome"})
    best["recipe_mg"] = {"salt": best["unit_mass_mg"]}
    assert answer(document).sentence.startswith("C017, liposomes of magnesium citrate, is the best")


def test_oxide_is_no_soluble_comparator():
    """Only salts of which 250 mg of magnesium dissolve in a glass of water count as soluble."""
    assert not is_plain_soluble(candidate(salt="oxide"))
    assert is_plain_soluble(candidate(salt="chloride"))


@pytest.mark.parametrize(
    "changes",
    [
        {"system": "timed_release", "process": {"form": "hpmc_matrix"}},
        {"process": {"form": "capsule"}},
        {"process": {"form": "effervescent"}},
        {"process": {"form": "solution"}},
        {"second_salt": "citrate"},
    ],
)
def test_only_a_plain_tablet_of_one_salt_is_the_comparator(changes):
    """Neither another system, nor another form of this one, nor a mixture."""
    assert not is_plain_soluble(candidate(salt="chloride", **changes))


def test_answer_states_recipe_regimen_values_and_confirmation():
    """What to weigh, how to take it, and how each number is known."""
    text = answer(example_document()).text
    assert "Magnesium citrate 618.8 mg (55.0 % w/w), Hypromellose K4M 344.3 mg" in text
    assert "compression force 15 kN" in text
    assert "Taken as 1 unit × 2 a day with meals." in text
    assert f"confirmed 22.3 mg/d (21.2 to 23.4 mg/d; {SUBJECTS})" in text
    assert f"predicted 22.1 mg/d (16.4 to 27.8 mg/d; {SIMULATED})" in text
    assert "Mass taken: 2.25 g/d (exact arithmetic)." in text
    assert (
        "over 256 virtual subjects, each integrated, the percentiles still meet every limit" in text
    )


OTHERS = (
    "The search asked surrogates fitted on 64 subjects; these 256 are others of the same"
    " population."
)


def test_the_people_of_the_search_and_of_the_confirmation_are_told_apart():
    """Once, where both counts stand first; one person has no others."""
    document = example_document()
    assert answer(document).text.count(OTHERS) == 1
    for candidate in document["front"]:
        candidate["confirmation"].update(is_confirmed=False, reasons=["the gut is overloaded"])
    assert answer(document).text.count(OTHERS) == 1
    for candidate in document["front"]:
        candidate["confirmation"].update(n_subjects=1)
    assert "are others" not in answer(document).text
    for candidate in document["front"]:
        candidate["confirmation"].update(is_confirmed=True, reasons=[])
    assert "are others" not in answer(document).text


def test_a_candidate_that_failed_confirmation_is_never_recommended():
    """A refuted candidate is passed over even with the largest product."""
    document = example_document()
    best = next(c for c in document["front"] if c["label"] == "C017")
    best["confirmation"].update(is_confirmed=False, reasons=["too much"])
    assert answer(document).label not in ("C017", "C026", None)


def test_a_front_that_fails_confirmation_as_a_whole_is_not_to_be_made():
    """When every candidate is refuted the answer is no, with the reason of the nearest."""
    document = example_document()
    for candidate in document["front"]:
        candidate["confirmation"].update(is_confirmed=False, reasons=["the gut is overloaded"])
    found = answer(document)
    assert found.verdict is Verdict.REFUTED
    assert "do not make any of them" in found.sentence
    assert "the gut is overloaded" in found.text


def test_of_a_front_that_was_confirmed_in_part_only_confirmed_candidates_are_recommended():
    """Whatever the surrogate says of the others."""
    document = example_document()
    best = answer(document).label
    for candidate in document["front"]:
        if candidate["label"] == best:
            candidate["confirmation"] = None
    found = answer(document)
    assert found.verdict is Verdict.RECOMMENDED
    assert found.label != best
    n = len(document["front"])
    assert f"of {n - 1} confirmed, far apart, of {n} on the front" in found.sentence


def test_a_front_whose_confirmed_candidates_all_fail_is_not_to_be_made():
    """Those that nobody confirmed save nothing."""
    document = example_document()
    for candidate in document["front"][1:]:
        candidate["confirmation"]["is_confirmed"] = False
    document["front"][0]["confirmation"] = None
    found = answer(document)
    assert found.verdict is Verdict.REFUTED
    n = len(document["front"])
    assert f"all {n - 1} confirmed of {n} on the front" in found.sentence


def test_an_unconfirmed_answer_says_how_to_confirm_it():
    """Without confirmation the predicted value stands alone, and the next step is named."""
    document = example_document()
    for candidate in document["front"]:
        candidate["confirmation"] = None
    document["confirmation"].update(n_candidates=0, objectives={})
    text = answer(document).text
    assert "Not confirmed at mechanistic fidelity yet: run `formulation resume S014`." in text
    assert "confirmed 2" not in text


def test_objective_beyond_its_worst_value_is_a_reservation():
    """A best candidate that lies beyond the worst acceptable value says so."""
    document = example_document()
    document["objectives"][0].update(worst=35.0, ideal=40.0)
    text = answer(document).text
    assert (
        "increment over diet (median) lies beyond the worst acceptable value of 35.0 mg/d" in text
    )
