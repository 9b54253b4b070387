"""Which scenario files are meant by the names a person gives."""

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from experiments.config.refusing import error_of
from experiments.config.scenario import load_scenario
from experiments.config.scenario_spec import Scenario, Who
from formulation.errors import InputError, Problem, RefusedError, UnknownNameError

FOLDER = Path("configs/scenarios")
"""Where scenarios are looked for, from the current folder."""

ENDING = ".yaml"


def find_scenarios(
    names: Sequence[str] = (), *, folder: Path = FOLDER, size: int | None = None
) -> tuple[Scenario, ...]:
    """Return the scenarios of some names, read and checked together.

    Parameters
    ----------
    names : sequence of str, optional
        Names of files in the folder without their ending, or paths; all of the folder when left
        out, [-].
    folder : Path, optional
        Where names are looked for, [-].
    size : int or None, optional
        Virtual subjects of every population; that of each when left out, [-].

    Returns
    -------
    tuple of Scenario
        In the order of the names, or of the file names, [-].

    Raises
    ------
    InputError
        There is no scenario, one is asked for twice, or a file is wrong; every problem is held.
    RefusedError
        Nothing is wrong but that people are refused whose refusal is not expected.
    UnknownNameError
        No scenario of the folder has that name.
    """
    problems: list[Problem] = []
    found: list[Scenario] = []
    for path in _paths(names, folder):
        try:
            found.append(load_scenario(path))
        except (InputError, RefusedError) as error:
            problems.extend(error.problems)
    if problems:
        raise error_of(problems)
    for k, scenario in enumerate(found):
        if scenario.name in [s.name for s in found[:k]]:
            raise InputError(
                f"Scenario {scenario.name!r} is asked for twice.", hint="Name it once."
            )
    return tuple(found if size is None else [_sized(s, size) for s in found])


def _paths(names: Sequence[str], folder: Path) -> list[Path]:
    known = {path.stem: path for path in sorted(folder.glob(f"*{ENDING}"))}
    if not names and not known:
        raise InputError(
            f"There are no scenarios in {folder}.",
            hint="Go to a folder that has them, or name their files.",
        )
    return [_path(name, known) for name in names] or list(known.values())


def _path(name: str, known: dict[str, Path]) -> Path:
    if name in known:
        return known[name]
    if name.endswith((ENDING, ".yml")) or Path(name).is_file():
        return Path(name)
    raise UnknownNameError("Scenario", name, known)


def _sized(scenario: Scenario, size: int) -> Scenario:
    def resized(who: Who) -> Who:
        if who.population is None or who.is_patient:
            return who
        return evolve(who, population=evolve(who.population, size=size))

    arms = tuple(
        arm if arm.who is None else evolve(arm, who=resized(arm.who)) for arm in scenario.arms
    )
    return evolve(scenario, who=resized(scenario.who), arms=arms)
