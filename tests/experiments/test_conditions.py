"""Which packages decide a study's trials, and what is said when they are others than before."""

from importlib.metadata import version

from experiments.conditions import DECIDING, RECORDED, changed, installed, warning

NOW = installed()


def test_what_is_installed_is_recorded_by_name() -> None:
    """Every package that decides trials, and those that a study runs on."""
    assert set(NOW) == set(RECORDED) > set(DECIDING)
    assert NOW["optuna"] == version("optuna")


def test_nothing_is_said_when_nothing_that_decides_has_changed() -> None:
    """Nor of tools that change no trial, nor of a study that recorded nothing."""
    assert warning(NOW, NOW) == ""
    assert warning({**NOW, "mlflow": "2.0", "ray": "2.0"}, NOW) == ""
    assert warning({}, NOW) == ""
    assert warning({"optuna": NOW["optuna"]}, NOW) == ""


def test_what_has_changed_is_named_with_both_versions() -> None:
    """And with what the trials so far came from."""
    before = {**NOW, "optuna": "4.9.0", "numpy": "2.3.0"}
    assert changed(before, NOW) == {
        "numpy": ("2.3.0", NOW["numpy"]),
        "optuna": ("4.9.0", NOW["optuna"]),
    }
    said = warning(before, NOW)
    assert f"optuna 4.9.0 to {NOW['optuna']}" in said
    assert said.endswith("may differ from those of numpy 2.3.0 and optuna 4.9.0")
