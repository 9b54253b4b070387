"""``formulation init``: a starter that passes ``check`` for every system, never over a file."""

import json
import os
import re
import shlex
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from experiments import starter
from experiments.cli import main
from experiments.config import load_study
from experiments.config.study import OPTIONAL, REQUIRED
from experiments.starter import LADDER, choose_systems, plan_start, starter_text, write_starter
from formulation.delivery import DELIVERY_SYSTEMS
from formulation.errors import InputError, UnknownNameError
from formulation.limits import all_limits, get_limits
from formulation.salts import salts

NAMES = [system.name for system in DELIVERY_SYSTEMS]
FIRST = NAMES[0]


@cache
def text_for(*names: str, jurisdiction: str = "EU") -> str:
    """Return the starter text for these systems, made once for each."""
    return starter_text(plan_start(choose_systems(names), get_limits(jurisdiction)))


@pytest.mark.parametrize("jurisdiction", all_limits())
@pytest.mark.parametrize("names", [*([name] for name in NAMES), NAMES], ids="+".join)
def test_the_starter_of_every_system_loads(names, jurisdiction):
    """Alone and together each system can make something, and nothing else is in the study."""
    study = load_study(text_for(*names, jurisdiction=jurisdiction))
    assert study.space.systems == tuple(names)
    assert study.jurisdiction == jurisdiction


def test_every_key_of_a_study_file_stands_in_the_starter_under_a_comment():
    """Nothing that a person may state is left to be guessed."""
    lines = text_for().splitlines()
    keys = {line.partition(":")[0]: i for i, line in enumerate(lines) if re.match(r"\w+:", line)}
    assert set(keys) == {*REQUIRED, *OPTIONAL}
    assert all(lines[i - 1].startswith("#") for key, i in keys.items() if key != "question")
    assert len(lines) < 60


def test_the_profile_of_the_starter_is_empty_and_its_example_is_one():
    """As it stands the usual ranges are used; what the comment shows can be written instead."""
    text = text_for(FIRST)
    example = re.search(r"as in (\[.*\]);", text)
    assert example is not None
    assert load_study(text).profile == ()
    stated = load_study(text.replace("profile: []", f"profile: {example.group(1)}"))
    assert len(stated.profile) == 1


def test_the_starter_offers_only_salts_that_can_be_made():
    """Each salt is designable and fits at least one system."""
    space = load_study(text_for()).space
    offered = re.search(r"^salts: \[(.*)\]$", text_for(), flags=re.MULTILINE)
    assert offered is not None
    listed = offered.group(1).split(", ")
    assert {salt for part in space.spaces for salt in part.options} == set(listed)
    assert all(salts()[key].is_designable for key in listed)


def test_the_dose_is_lowered_only_as_far_as_the_weakest_system_asks(monkeypatch):
    """The first rung with which every system can make something is taken."""
    asked = []

    def made(start):
        asked.append((start.least_share, start.most_units))
        weak = ("oxide",) if start.least_share <= LADDER[2][0] else ()
        return {NAMES[0]: ("citrate",), NAMES[1]: weak}

    monkeypatch.setattr(starter, "_salts_by_system", made)
    start = plan_start(choose_systems(NAMES[:2]), get_limits("EU"))
    assert asked == list(LADDER[:3])
    assert (start.least_mg_per_day, start.most_mg_per_day) == (50, 250)
    assert start.salts == ("oxide", "citrate")


def test_each_rung_allows_all_that_the_one_before_allows():
    """So the last tells for certain that nothing can be made."""
    for (share, units), (wider_share, more_units) in pairwise(LADDER):
        assert wider_share <= share
        assert more_units >= units


def test_a_system_that_can_make_nothing_is_named(monkeypatch):
    """The others are not blamed."""
    monkeypatch.setattr(starter, "_salts_by_system", lambda _: {NAMES[0]: ("citrate",)})
    with pytest.raises(InputError, match=f"'{NAMES[1]}' cannot stand in a study for EU") as caught:
        plan_start(choose_systems(NAMES[:2]), get_limits("EU"))
    assert NAMES[0] not in str(caught.value)
    assert "--system" in str(caught.value)


def test_the_file_is_written_whole_with_the_next_two_commands(tmp_path, monkeypatch, capsys):
    """It lies in the current folder, readable as any file, and the commands work as printed."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--system", FIRST]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"Wrote study.yaml: {FIRST} for EU."
    check, run = (shlex.split(line) for line in told[-2:])
    assert run == ["formulation", "run", "study.yaml"]
    assert main(check[1:]) == 0
    assert os.listdir(tmp_path) == ["study.yaml"]
    (tmp_path / "other").touch()
    assert Path("study.yaml").stat().st_mode == Path("other").stat().st_mode


def test_the_json_document_names_file_systems_and_next_commands(tmp_path, capsys):
    """Names with blanks are quoted for a shell."""
    path = tmp_path / "my study.yaml"
    words = ["init", str(path), "--system", FIRST, "--system", FIRST, "--jurisdiction", "US"]
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "formulation/init"
    assert document["version"] == 1
    assert document["systems"] == [FIRST]
    assert document["jurisdiction"] == "US"
    assert [shlex.split(line)[-1] for line in document["next"]] == [str(path)] * 2


def test_a_file_name_like_an_option_still_makes_commands_that_work(tmp_path, monkeypatch, capsys):
    """It is written with its folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--system", FIRST, "--json", "--", "-x.yaml"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["next"][0] == "formulation check ./-x.yaml"


def test_an_existing_file_is_never_replaced(tmp_path, capsys):
    """Exit 2, the file is named, its content stays; a dangling link counts as well."""
    path, link = tmp_path / "study.yaml", tmp_path / "link.yaml"
    path.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for taken in (path, link):
        assert main(["init", str(taken)]) == 2
        assert f"{taken}: error the file exists and is never replaced." in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["link.yaml", "study.yaml"]


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    """The link into place decides, not the look before it."""
    path = tmp_path / "study.yaml"
    monkeypatch.setattr(starter, "_refuse_place", lambda place: place.write_text("theirs"))
    with pytest.raises(InputError, match="the file exists and is never replaced"):
        write_starter(path, [FIRST], "EU")
    assert path.read_text() == "theirs"
    assert os.listdir(tmp_path) == ["study.yaml"]


def test_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    """Neither the file nor a draft of it stays."""

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(starter.os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written: No space left on device\."):
        write_starter(tmp_path / "study.yaml", [FIRST], "EU")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (".", "this is a directory. Name a file in it."),
        ("missing/study.yaml", "does not exist. Make the folder first."),
        ("/proc/study.yaml", "the file cannot be written: "),
        ("x" * 300, "the file cannot be written: "),
    ],
    ids=["directory", "no folder", "not writable", "name too long"],
)
def test_a_place_that_cannot_take_the_file_is_refused(place, said, tmp_path, monkeypatch, capsys):
    """With exit code 2, the name of the file and what to do."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", place, "--system", FIRST]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"{place}: error ")
    assert said in err
    assert os.listdir(tmp_path) == []


def test_unknown_names_list_the_nearest(tmp_path, capsys):
    """Systems and jurisdictions alike, and nothing is written."""
    with pytest.raises(UnknownNameError, match=f"Did you mean '{FIRST}'"):
        choose_systems([FIRST[:-1]])
    path = tmp_path / "study.yaml"
    assert main(["init", str(path), "--system", FIRST[:-1], "--json"]) == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert error["code"] == "unknown_name"
    assert main(["init", str(path), "--jurisdiction", "EV"]) == 2
    assert "Jurisdiction 'EV' is not known. Known: EU, US." in capsys.readouterr().err
    assert not path.exists()
