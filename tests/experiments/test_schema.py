"""JSON Schemas: made from the domain, true to every file that stands, strict about names."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from attrs import evolve
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from experiments.cli import main
from experiments.config import load_study
from experiments.config import product as product_file
from experiments.config import schema as schemas
from experiments.config import study as study_file
from experiments.config.schema import product_schema, schema_of, study_schema
from formulation.delivery import DELIVERY_SYSTEMS
from formulation.errors import UnknownNameError
from formulation.salts import salts
from formulation.targets import ENDPOINTS, endpoint_key

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted((ROOT / "configs" / "studies").glob("*.yaml"))
PRODUCTS = sorted((ROOT / "configs" / "products").glob("*.yaml"))
FILES = [*(("study", p) for p in STUDIES), *(("product", p) for p in PRODUCTS)]

SYSTEMS = [system.name for system in DELIVERY_SYSTEMS]
DESIGNABLE = [salt.key for salt in salts().values() if salt.is_designable]


def read(path):
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def faults(kind, document):
    return [error.message for error in Draft202012Validator(schema_of(kind)).iter_errors(document)]


def reference():
    return read(ROOT / "tests" / "experiments" / "reference_study.yaml")


def tablet():
    return read(ROOT / "configs" / "products" / "citrate-tablet.yaml")


@pytest.mark.parametrize("kind", schemas.SCHEMAS)
def test_a_schema_is_one_of_draft_2020_12_and_the_same_each_time(kind):
    """Validators take it, and two runs agree byte for byte."""
    found = schema_of(kind)
    Draft202012Validator.check_schema(found)
    assert json.dumps(found) == json.dumps(schema_of(kind))
    assert (found["schema"], found["version"]) == (f"formulation/{kind}-schema", 1)


@pytest.mark.parametrize(("kind", "path"), FILES, ids=lambda x: getattr(x, "name", x))
def test_every_file_of_the_repository_validates(kind, path):
    """Studies and products, as they are written."""
    assert faults(kind, read(path)) == []


@pytest.mark.parametrize("path", STUDIES, ids=lambda p: p.name)
def test_a_study_with_every_default_written_out_validates(path):
    """What the store keeps is a study file too."""
    assert faults("study", load_study(path).config) == []


@pytest.mark.parametrize("people", ["../populations/ckd_3b.yaml", "../patients/ckd-3b.yaml"])
def test_people_of_a_file_validate_by_name_and_written_out(people, tmp_path):
    """An editor accepts the file's name, and what the store keeps of it."""
    text = (ROOT / "configs" / "studies" / "quickstart.yaml").read_text(encoding="utf-8")
    people = people.replace("..", str(ROOT / "configs"))
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("population: healthy_adults", f"population: {people}"))
    assert faults("study", read(path)) == []
    assert faults("study", load_study(path).config) == []


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ((), "objectivs"),
        (("dose",), "hihg"),
        (("systems", 1), "range"),
        (("systems", 1, "ranges"), "hpcm"),
        (("systems", 1, "choices"), "hpmc_grad"),
        (("salts", 3), "mg_contents"),
        (("regimens",), "with_meal"),
        (("objectives", 0), "gaol"),
        (("limits", 0), "hgih"),
        (("budget",), "trails"),
    ],
)
def test_a_misspelt_key_of_a_study_does_not_validate(place, key):
    """At every level of the file."""
    document = reference()
    assert faults("study", document) == []
    target = document
    for step in place:
        target = target[step]
    target[key] = "1 mg"
    assert faults("study", document)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("systems", 0), "imediate_release"),
        (("salts", 0), "oxyde"),
        (("jurisdiction",), "EUR"),
        (("population",), "healthy"),
        (("objectives", 0, "endpoint"), "absorbed_increment.p99"),
        (("objectives", 0, "goal"), "maximize"),
        (("dose", "low"), "150"),
        (("dose", "low"), 150),
        (("systems", 1, "choices", "hpmc_grade"), ["K5M"]),
        (("budget", "strategy"), "grid"),
        (("budget", "trials"), 0),
    ],
)
def test_a_value_no_study_may_have_does_not_validate(place, value):
    """Unknown names, values without unit, counts out of range."""
    document = reference()
    target = document
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    assert faults("study", document)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("amounts", {"salt": "620 mg", "mcx": "168 mg"}),
        ("amounts", {"salt": "-620 mg"}),
        ("amounts", {"mcc": "168 mg"}),
        ("amounts", {"salt": "620 mg", "water": 5}),
        ("process", {"form": "tablet", "force_kn": "15 kN"}),
        ("process", {"form": "hpmc_matrix"}),
        ("process", {"form": "tablet", "area_cm2": "50 cm2"}),
        ("second_salt", "oxide"),
        ("salts", "citrate"),
    ],
)
def test_a_product_with_a_foreign_entry_does_not_validate(key, change):
    """Components and settings are those of its own system."""
    assert faults("product", tablet()) == []
    assert faults("product", {**tablet(), key: change})


def test_several_products_validate_as_one_by_one():
    """A fault in the second one is seen."""
    second = deepcopy(tablet())
    assert faults("product", {"products": [tablet(), second]}) == []
    second["amounts"]["sugar"] = "5 mg"
    assert faults("product", {"products": [tablet(), second]})


def test_names_are_those_of_the_domain():
    """Systems, salts that can be designed, endpoints with and without percentile."""
    found = study_schema()["properties"]
    by_name, *narrowed = found["systems"]["items"]["anyOf"]
    assert by_name["enum"] == SYSTEMS
    assert [s["properties"]["name"]["const"] for s in narrowed] == SYSTEMS
    assert found["salts"]["items"]["anyOf"][0]["enum"] == DESIGNABLE
    endpoints = found["objectives"]["items"]["properties"]["endpoint"]["enum"]
    assert {name.partition(".")[0] for name in endpoints} == {e.name for e in ENDPOINTS}
    assert {endpoint_key(e.name) for e in ENDPOINTS} <= set(endpoints)
    for system, schema in zip(DELIVERY_SYSTEMS, narrowed, strict=True):
        stated = {*schema["properties"]["ranges"]["properties"]}
        stated |= {*schema["properties"]["choices"]["properties"]}
        assert stated == set(system.names())
    product = product_schema()["$defs"]["product"]
    assert product["properties"]["system"]["enum"] == SYSTEMS


def test_keys_are_those_the_readers_know():
    """A key that a reader learns must stand in its schema."""
    study, product = study_schema(), product_schema()["$defs"]["product"]
    assert set(study["properties"]) == {*study_file.REQUIRED, *study_file.OPTIONAL}
    assert set(product["properties"]) == {*product_file.REQUIRED, *product_file.OPTIONAL}


def test_a_schema_follows_the_domain(monkeypatch):
    """A new delivery system stands in it without another line of code."""
    new = evolve(DELIVERY_SYSTEMS[0], name="sublingual_film")
    monkeypatch.setattr(schemas, "DELIVERY_SYSTEMS", (*DELIVERY_SYSTEMS, new))
    document = {**reference(), "systems": ["sublingual_film"]}
    assert faults("study", document) == []
    monkeypatch.undo()
    assert faults("study", document)


def test_the_command_prints_or_writes_the_same_schema(tmp_path, capsys):
    """On stdout or into a file, with the line an editor wants."""
    assert main(["schema", "product"]) == 0
    printed = capsys.readouterr().out
    path = tmp_path / "product.json"
    assert main(["schema", "product", "-o", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == printed
    assert f"# yaml-language-server: $schema={path}" in capsys.readouterr().out
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == study_schema()


def test_a_schema_of_nothing_and_a_file_nowhere_are_refused(tmp_path, capsys):
    """With what to do instead."""
    assert main(["schema", "studdy"]) == 2
    assert "Did you mean 'study'?" in capsys.readouterr().err
    assert main(["schema", "study", "-o", str(tmp_path / "none" / "a.json")]) == 2
    assert "Name a file in a folder that exists." in capsys.readouterr().err
    with pytest.raises(UnknownNameError, match="Kind of file 'patient' is not known"):
        schema_of("patient")
