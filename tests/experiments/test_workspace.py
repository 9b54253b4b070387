"""Where a study is kept and run: flag over environment over file over default."""

from pathlib import Path

import pytest

from experiments.executors import KINDS
from experiments.workspace import SETTINGS_FILE, VARIABLES, open_workspace
from formulation.errors import InputError, UnknownNameError

FLAGS = {"home": "by-flag", "executor": "inline", "workers": 1, "track_children": "all"}
ENVIRONMENT = {
    "home": "by-environment",
    "store": "postgresql://ana@environment/lab",
    "executor": "process",
    "workers": "2",
    "tracking_uri": "http://environment:5000",
    "track_children": "all",
    "tracking_wait_s": "1.5",
}
WRITTEN = {
    "home": "by-file",
    "store": "postgresql://ana@file/lab",
    "executor": "ray",
    "workers": 3,
    "tracking_uri": "http://file:5000",
    "track_children": "all",
    "tracking_wait_s": 3,
}
DEFAULTS = {
    "home": ".formulation",
    "store": "",
    "executor": "ray",
    "workers": None,
    "track_children": "front",
    "tracking_wait_s": 20.0,
}


def write(folder: Path, text: str) -> None:
    (folder / SETTINGS_FILE).write_text(text)


def as_toml(settings) -> str:
    return "".join(
        f"{name} = {value if isinstance(value, int) else repr(value)}\n"
        for name, value in settings.items()
    )


def as_environment(settings) -> dict[str, str]:
    return {VARIABLES[name]: value for name, value in settings.items()}


def shown(workspace) -> dict:
    """Return what was decided, the folder by its last part."""
    return {
        "home": workspace.home.name,
        "store": workspace.store,
        "executor": workspace.executor,
        "workers": workspace.workers,
        "tracking_uri": workspace.tracking_uri,
        "track_children": workspace.track_children,
        "tracking_wait_s": workspace.tracking_wait_s,
    }


@pytest.mark.parametrize(
    ("name", "given"),
    [(name, "flag") for name in FLAGS]
    + [(name, given) for name in VARIABLES for given in ("environment", "file", "default")],
)
def test_each_setting_is_decided_by_the_first_that_states_it(tmp_path: Path, name, given) -> None:
    """Flag, then environment, then file, then default; those before `given` say nothing."""
    order = ["flag", "environment", "file", "default"]
    says = {who: order.index(who) >= order.index(given) for who in order}
    if says["file"]:
        write(tmp_path, as_toml({name: WRITTEN[name]}))
    workspace = open_workspace(
        environment=as_environment({name: ENVIRONMENT[name]}) if says["environment"] else {},
        folder=tmp_path,
        **({name: FLAGS[name]} if says["flag"] else {}),
    )
    defaults = {**DEFAULTS, "tracking_uri": f"sqlite:///{workspace.home / 'mlflow.db'}"}
    by = {"flag": FLAGS, "environment": ENVIRONMENT, "file": WRITTEN, "default": defaults}
    expected = by[given][name]
    kinds = {"workers": int, "tracking_wait_s": float}
    assert shown(workspace)[name] == (kinds.get(name, str)(expected) if expected else expected)


def test_settings_are_decided_one_by_one(tmp_path: Path) -> None:
    """A flag for one leaves the others to the environment and the file."""
    write(tmp_path, as_toml(WRITTEN))
    workspace = open_workspace(
        home="by-flag", environment={"FORMULATION_EXECUTOR": "process"}, folder=tmp_path
    )
    assert shown(workspace) == {**WRITTEN, "home": "by-flag", "executor": "process"}


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    """As if it were not set."""
    write(tmp_path, as_toml(WRITTEN))
    empty = dict.fromkeys(VARIABLES.values(), "")
    assert shown(open_workspace(environment=empty, folder=tmp_path)) == WRITTEN


def test_the_environment_of_the_process_and_its_folder_are_the_default(
    tmp_path: Path, monkeypatch
) -> None:
    """Without arguments it reads what the command line would."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORMULATION_WORKERS", "7")
    write(tmp_path, 'executor = "inline"\n')
    workspace = open_workspace()
    assert (workspace.workers, workspace.executor) == (7, "inline")
    assert workspace.home == tmp_path / ".formulation"


def test_everything_lies_in_the_workspace_folder(tmp_path: Path) -> None:
    """Store, models, reports, artefacts and tracking; and deciding creates nothing."""
    home = tmp_path / "home"
    workspace = open_workspace(home=str(home), environment={}, folder=tmp_path)
    for place in (
        workspace.store_place,
        workspace.models_folder,
        workspace.reports_folder,
        workspace.artifacts_folder,
    ):
        assert place.parent == home
    assert workspace.tracking_uri == f"sqlite:///{home / 'mlflow.db'}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("excutor", "executor"),
        ("worker", "workers"),
        ("stor", "store"),
        ("tracking", "tracking_uri"),
    ],
)
def test_an_unknown_key_lists_the_nearest(tmp_path: Path, written, near) -> None:
    """A misspelt setting is not left unread."""
    write(tmp_path, f'{written} = "ray"\n')
    message = f"Setting in {SETTINGS_FILE} '{written}' is not known. Did you mean '{near}'"
    with pytest.raises(UnknownNameError, match=message) as caught:
        open_workspace(environment={}, folder=tmp_path)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("FORMULATION_TRACK_CHILDREN", "none", "Runs of the tracking 'none' is not known"),
        ("FORMULATION_TRACKING_WAIT_S", "-1", "must be seconds from 0"),
        ("FORMULATION_TRACKING_WAIT_S", "nan", "must be seconds from 0"),
        ("FORMULATION_TRACKING_WAIT_S", "soon", "must be seconds from 0"),
    ],
)
def test_what_the_tracking_is_told_is_checked_before_anything_runs(variable, value, rule) -> None:
    """A search of an hour does not end with a misspelt word."""
    with pytest.raises((InputError, UnknownNameError), match=rule):
        open_workspace(environment={variable: value})


def test_no_password_of_a_tracking_address_is_shown() -> None:
    """Neither where it is recorded, nor in what Python prints of the settings."""
    address = "https://ana:canary-7f3a@mlflow.example/lab"
    workspace = open_workspace(environment={"FORMULATION_TRACKING_URI": address})
    assert workspace.tracking_uri == address
    assert workspace.tracking_shown == "https://ana:***@mlflow.example/lab"
    assert "canary" not in repr(workspace)


@pytest.mark.parametrize("content", [b"executor = ray\n", b"[executor\n", b"home = '\xff'\n"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content) -> None:
    """It names the file and what is wrong in it."""
    (tmp_path / SETTINGS_FILE).write_bytes(content)
    with pytest.raises(InputError, match=f"Settings file {SETTINGS_FILE} is not TOML: "):
        open_workspace(environment={}, folder=tmp_path)


@pytest.mark.parametrize("value", ["3", "true", "['a', 'b']", "{uri = 'x'}"])
@pytest.mark.parametrize("name", ["home", "store", "executor", "tracking_uri"])
def test_a_text_setting_of_another_kind_is_refused(tmp_path: Path, name, value) -> None:
    """A number is not turned into a folder called after it."""
    write(tmp_path, f"{name} = {value}\n")
    with pytest.raises(InputError, match=f"Setting '{name}' in {SETTINGS_FILE} is .*a text"):
        open_workspace(environment={}, folder=tmp_path)


@pytest.mark.parametrize("value", ["0", "-2", "two", "1.5", "nan"])
def test_a_bad_worker_count_is_refused_from_the_environment(tmp_path: Path, value) -> None:
    """It must be a whole number from 1."""
    with pytest.raises(InputError, match=f"'workers' is '{value}'; it must be a whole number"):
        open_workspace(environment={"FORMULATION_WORKERS": value}, folder=tmp_path)


@pytest.mark.parametrize("value", ["0", "true", "2.0", "[2]", "'many'"])
def test_a_bad_worker_count_is_refused_from_the_file(tmp_path: Path, value) -> None:
    """Of whatever kind it is in TOML."""
    write(tmp_path, f"workers = {value}\n")
    with pytest.raises(InputError, match=r"'workers' is .*; it must be a whole number from 1"):
        open_workspace(environment={}, folder=tmp_path)


@pytest.mark.parametrize("workers", [0, -1])
def test_a_bad_worker_count_is_refused_from_the_flag(tmp_path: Path, workers) -> None:
    """Zero is a count that was stated, not one that is missing."""
    with pytest.raises(InputError, match=f"'workers' is {workers}; it must be a whole number"):
        open_workspace(workers=workers, environment={}, folder=tmp_path)


@pytest.mark.parametrize("given", ["flag", "environment", "file"])
def test_an_unknown_executor_lists_the_nearest(tmp_path: Path, given) -> None:
    """Wherever it was stated; no other kind takes its place."""
    if given == "file":
        write(tmp_path, 'executor = "proces"\n')
    with pytest.raises(UnknownNameError, match=r"Executor 'proces' is not known.*'process'"):
        open_workspace(
            executor="proces" if given == "flag" else None,
            environment={"FORMULATION_EXECUTOR": "proces"} if given == "environment" else {},
            folder=tmp_path,
        )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_executor_is_accepted(tmp_path: Path, kind) -> None:
    """As the executors list them."""
    assert open_workspace(executor=kind, environment={}, folder=tmp_path).executor == kind


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql://ana:canary@host/lab", "of kind 'mysql'; only PostgreSQL"),
        ("postgresql://ana:canary@host", "names no database"),
        ("postgresql://ana:canary@host:port/lab", "is not an address"),
        ("store.sqlite", "is not an address"),
        ("postgresql://ana@host?password=canary", "names no database"),
    ],
)
@pytest.mark.parametrize("given", ["environment", "file"])
def test_a_store_that_is_no_address_is_refused_without_its_password(
    tmp_path: Path, given, address, said
) -> None:
    """The message shows how one is written."""
    if given == "file":
        write(tmp_path, f"store = {address!r}\n")
    environment = {"FORMULATION_STORE": address} if given == "environment" else {}
    with pytest.raises(InputError, match=said) as caught:
        open_workspace(environment=environment, folder=tmp_path)
    assert "postgresql://user@host:port/database" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_the_password_of_a_store_is_shown_nowhere(tmp_path: Path) -> None:
    """Neither where the settings are printed nor where the store is named; it opens with it."""
    address = "postgresql://ana:canary@host/lab?password=canary"
    workspace = open_workspace(environment={"FORMULATION_STORE": address}, folder=tmp_path)
    assert "canary" not in repr(workspace) + workspace.store_shown
    assert workspace.store_place == address


def test_without_the_setting_studies_are_kept_in_a_file(tmp_path: Path) -> None:
    """In the workspace folder, as ever."""
    workspace = open_workspace(home=str(tmp_path / "home"), environment={}, folder=tmp_path)
    assert workspace.store_place == tmp_path / "home" / "store.sqlite"
    assert workspace.store_shown == str(tmp_path / "home" / "store.sqlite")
    assert not workspace.has_store
