"""What a study fixes, excludes and was told could not be made: read, kept, obeyed by all."""

from copy import deepcopy

import numpy as np
import pytest
from attrs import evolve
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from experiments.cli.check import _lines, describe
from experiments.cli.study_text import product_lines
from experiments.config import load_study, study_from_config
from experiments.config.flags import with_fixed
from experiments.config.product import load_product
from experiments.config.schema import study_schema
from experiments.config.spec import STRATEGIES
from experiments.reports.choices_made import choices_made
from experiments.results import study_document
from experiments.search.strategies import make_strategy
from experiments.store import Store
from formulation.errors import InputError, UnknownNameError
from tests.experiments.small_study import TEXT, small_study
from tests.experiments.test_config import problems_of
from tests.experiments.test_model_based import evaluated, history_of
from tests.experiments.test_not_makeable import recorded, with_unmade

SPEC = small_study()
LIST = "systems: [immediate_release, timed_release]"
FIXED = "{name: timed_release, fixed: {hpmc: 30 %, hpmc_grade: K4M, salt: citrate}}"
EXCLUDED = (
    "exclude: [{system: timed_release, when: {compression_force_kn: {low: 15 kN}}, because: it"
    " caps}, {system: immediate_release, when: {form: [tablet], salt: chloride}, because: wet}]"
)


def changed(systems="timed_release", more=""):
    return TEXT.replace(LIST, f"systems: [immediate_release, {systems}]\n{more}")


def test_what_is_fixed_and_excluded_survives_the_config_and_changes_the_hash():
    """A study that leaves the keys out keeps the hash it had."""
    study = load_study(changed(FIXED, EXCLUDED))
    again = study_from_config(study.config)
    assert again == study
    assert again.space == study.space
    assert study.sha256 != SPEC.sha256
    assert not {"exclude", "not_makeable"} & set(SPEC.config)
    assert all("fixed" not in part for part in SPEC.config["systems"])


def test_a_study_without_the_new_keys_has_the_hash_of_old():
    """Taken down before the keys came."""
    old = "ecd136ed553cbd7589dba22c21b9d418b50e55198ed459a7028cd17edead447d"
    assert SPEC.sha256 == old


def test_every_design_of_a_study_has_what_it_fixes():
    """Of that system alone; the other keeps its salts."""
    designs = load_study(changed(FIXED)).space.sample(200, np.random.default_rng(1))
    mine = [d for d in designs if d.system == "timed_release"]
    assert {(d.salt, d.process["hpmc_grade"]) for d in mine} == {("citrate", "K4M")}
    assert all(d.share_pct("hpmc") == pytest.approx(30, abs=0.06) for d in mine)
    assert {d.salt for d in designs if d not in mine} == {"citrate", "chloride"}


@pytest.mark.parametrize(
    ("systems", "more", "pointer", "message"),
    [
        ("{name: timed_release, fixed: {hpcm: 20 %}}", "", "fixed.hpcm", "Did you mean 'hpmc'"),
        ("{name: timed_release, fixed: {hpmc: 20}}", "", "fixed.hpmc", "'20' has no unit"),
        ("{name: timed_release, fixed: {hpmc: 60 %}}", "", "fixed.hpmc", "outside 20 to 50 %"),
        ("{name: timed_release, fixed: {mcc: -5 %}}", "", "fixed.mcc", "-5 % is below 0"),
        ("{name: timed_release, fixed: {salt: oxide}}", "", "fixed.salt", "Salt of the study"),
        (
            "{name: timed_release, fixed: {hpmc: 50 %, salt: 65 %, compression_force_kn: 20 kN}}",
            "",
            "systems[1].fixed.hpmc",
            "nothing can be made with hpmc 50 % with salt 65 %: ",
        ),
        ("timed_release", "exclude: [{system: x, when: {}, because: y}]", "system", "not known"),
        (
            "timed_release",
            "exclude: [{system: timed_release, when: {hpmc: {}}, because: y}]",
            "when.hpmc",
            "neither low nor high",
        ),
        (
            "timed_release",
            "exclude: [{system: timed_release, when: {hpmc: {low: 30 %}}, because: ''}]",
            "because",
            "a reason in words",
        ),
        (
            "timed_release",
            "exclude: [{system: timed_release, when: {salt: [citrte]}, because: y}]",
            "exclude[0].when.salt[0]",
            "'citrte' is not known",
        ),
        (
            "timed_release",
            "exclude: [{system: timed_release, when: {salt: [citrate, chloride]}, because: y}]",
            "exclude[0]",
            "leaves nothing",
        ),
        (
            "{name: timed_release, fixed: {hpmc: 30 %}}",
            "exclude: [{system: timed_release, when: {hpmc: {low: 30 %}}, because: y}]",
            "systems[1].fixed.hpmc",
            "hpmc 30 % lies in what the study excludes, timed_release with hpmc >= 30 %: y",
        ),
        (
            "{name: timed_release, fixed: {hpmc: 30 %, hpmc_grade: K4M, salt: citrate}}",
            "exclude: [{system: timed_release, when: {hpmc: {high: 30 %}, hpmc_grade: K4M,"
            " salt: citrate}, because: y}]",
            "systems[1].fixed.hpmc",
            "hpmc 30 % with hpmc_grade K4M with salt citrate lies in what the study excludes",
        ),
        (
            "timed_release",
            "not_makeable: [{product: capped.yaml, because: it caps}]",
            "not_makeable[0].product",
            "has no folder to look in",
        ),
        (
            "timed_release",
            "not_makeable: [{product: {product: a}, because: it caps}]",
            "not_makeable[0].product.system",
            "the key is missing",
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(systems, more, pointer, message):
    """With the rule, at its place in the file."""
    found = problems_of(changed(systems, more))
    assert any(p.pointer.endswith(pointer) and message in str(p) for p in found), found
    assert all(p.line for p in found)


@pytest.mark.parametrize(
    "when",
    [
        "{hpmc: {low: 30.1 %}}",
        "{hpmc: {low: 30 %}, hpmc_grade: K100M}",
        "{hpmc: {low: 30 %}, salt: chloride}",
        "{hpmc: {low: 30 %}, compression_force_kn: {low: 15 kN}}",
    ],
)
def test_a_fixed_value_beside_an_excluded_region_is_kept(when):
    """Something is left outside of it."""
    study = load_study(
        changed(FIXED, f"exclude: [{{system: timed_release, when: {when}, because: y}}]")
    )
    assert "timed_release" in study.space.systems


def test_flags_fix_factors_as_the_file_would():
    """In every system that knows the name, or in the one named before a dot."""
    both = with_fixed(SPEC, ["compression_force_kn=20 kN", "timed_release.salt = citrate"])
    parts = {part["name"]: part.get("fixed") for part in both.config["systems"]}
    assert parts["timed_release"] == {"compression_force_kn": "20 kN", "salt": "citrate"}
    assert parts["immediate_release"] == {"compression_force_kn": "20 kN"}
    assert with_fixed(SPEC, ()) is SPEC
    for text, message in (
        ("hpmc", "not written as name=value"),
        ("hpcm=20 %", "Did you mean 'hpmc'"),
        ("hpmc=90 %", "lies outside 20 to 50 %"),
    ):
        with pytest.raises(InputError, match=message):
            with_fixed(SPEC, [text])


@pytest.mark.parametrize("name", STRATEGIES)
def test_no_strategy_proposes_what_is_excluded_or_loses_what_is_fixed(name):
    """Over its start and beyond it, with rows from before anything was excluded."""
    study = load_study(changed(FIXED, EXCLUDED))
    asking = make_strategy(name, study.space, study.objectives)
    told = [evolve(o, is_own=False) for o in history_of(14)]
    assert any(study.space.violations(o.design) for o in told)
    history = list(told)
    for _ in range(3):
        for proposal in asking.propose(history, (), 10, 3):
            assert study.space.violations(proposal.design) == ()
            history.append(evaluated(proposal.design, len(history)))


def test_people_are_told_what_was_decided(tmp_path):
    """One sentence each."""
    study = load_study(changed(FIXED, EXCLUDED))
    told, _ = with_unmade(tmp_path)
    with Store.open(tmp_path / "s.sqlite") as store:
        lines, more = (
            choices_made(study_document(store, recorded(store, s))["study"]) for s in (study, told)
        )
    assert lines[0] == "Fixed: hpmc is 30 % in timed_release."
    assert lines[-1] == (
        "Excluded: immediate_release with form tablet and salt chloride, because wet."
    )
    assert "p0, because it caps at 20 kN." in more[0]
    assert choices_made({}) == []


def test_a_candidate_is_printed_as_a_product_file_that_is_read_again():
    """So that what could not be made is named by what was asked for."""
    for design in SPEC.space.sample(10, np.random.default_rng(6)):
        document = {
            "study": {"label": "S001", "name": "small"},
            "front": [{"label": "C042", "design": design.as_dict()}],
            "points": [],
        }
        text = "\n".join(product_lines(document, "C042"))
        found = load_product(text)
        assert (found.name, found.design) == ("S001-C042", design)
    with pytest.raises(UnknownNameError, match="Did you mean 'C042'"):
        product_lines(document, "C043")
    assert product_lines(document, "c42") == product_lines(document, "C042")


def test_check_says_what_was_decided_and_when_the_search_ends():
    """Beside the systems it leaves."""
    ends = "stagnation: {trials: 10, gain: 1 %}, wall_time: 1 h}"
    study = load_study(changed(FIXED, EXCLUDED).replace("seed: 5}", f"seed: 5, {ends}"))
    lines = list(_lines(describe(study)))
    assert "Decided       Fixed: hpmc is 30 % in timed_release." in lines
    assert any(line.startswith("Ends earlier  when the hypervolume") for line in lines)
    assert "Ends earlier  after 3600 s of searching, to be resumed" in lines


def faults(document):
    return list(Draft202012Validator(study_schema()).iter_errors(document))


def test_the_schema_knows_what_a_study_may_decide(tmp_path):
    """As it is written and as it is kept; misspelt names and bare numbers are marked."""
    ends = "stagnation: {trials: 10, gain: 1 %}, wall_time: 1 h}"
    text = changed(FIXED, EXCLUDED).replace("seed: 5}", f"seed: 5, {ends}")
    written = YAML(typ="safe", pure=True).load(text)
    told, _ = with_unmade(tmp_path)
    for document in (written, load_study(text).config, told.config):
        assert faults(document) == []
    for place, value in (
        (("systems", 1, "fixed", "hpmc"), 30),
        (("systems", 1, "fixed", "hpcm"), "30 %"),
        (("systems", 1, "fixed", "hpmc_grade"), "K5M"),
        (("exclude", 0, "when"), {}),
        (("exclude", 0, "when", "hpmc"), {"above": "30 %"}),
        (("budget", "stagnation"), {"trials": 100}),
        (("budget", "wall_time"), 3600),
    ):
        wrong = deepcopy(written)
        target = wrong
        for step in place[:-1]:
            target = target[step]
        target[place[-1]] = value
        assert faults(wrong), place
