"""A study of this program as a study of Optuna, for its dashboard and for other tools.

Every finished trial is added once, in the order of the numbers, so that a later export adds only
what is new. Parameters are natural amounts with their units, the target's values are in theirs, and
limits stand in both forms that Optuna knows: by name, and as the list that older readers look for.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from attrs import frozen

from experiments.config import StudySpec
from experiments.store import StudyRecord, TrialRecord, without_password
from formulation.delivery import FORM
from formulation.design import Design
from formulation.errors import InputError
from formulation.parameters import ChoiceParameter
from formulation.space import DesignSpace
from formulation.targets import Goal, get_endpoint

NUMBER, OWNER = "formulation_trial", "formulation_study"
"""User attributes by which an exported trial and its study are known again."""

OLD_CONSTRAINTS = "constraints"
"""System attribute in which readers before version 5 look for limits."""

OPTUNA_TABLES = ("studies", "trials", "version_info")
"""Tables by which a storage of Optuna is known."""


@frozen(kw_only=True)
class Exported:
    """What an export did."""

    study_name: str
    """Name of Optuna's study."""

    added: int
    """Trials added now, [-]."""

    total: int
    """Trials there are now, [-]."""

    infeasible: int
    """Of these, complete ones that miss a limit, [-]."""


def export_to_optuna(
    study: StudyRecord, spec: StudySpec, trials: Sequence[TrialRecord], url: str
) -> Exported:
    """Add the finished trials of a study to a storage of Optuna.

    Parameters
    ----------
    study : StudyRecord
        The study, [-].
    spec : StudySpec
        What it wants, [-].
    trials : sequence of TrialRecord
        Its trials, [-].
    url : str
        Address of the storage, such as ``sqlite:///optuna.db``, [-].

    Returns
    -------
    Exported
        How many were added, and how many there are, [-].

    Raises
    ------
    InputError
        The storage cannot be opened, or holds another study of that name.
    """
    import optuna
    from optuna.exceptions import ExperimentalWarning, StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name = f"{study.label} {study.name} {study.id[:8]}"
    try:
        _refuse_foreign(url)
        target = optuna.create_study(
            storage=optuna.storages.RDBStorage(url),
            study_name=name,
            directions=[_direction(o.goal) for o in spec.objectives],
            load_if_exists=True,
        )
        there = _numbers_there(target, study)
        target.set_user_attr(OWNER, study.id)
        with warnings.catch_warnings():
            # Names of metrics are experimental in name only; without them values have no units.
            warnings.simplefilter("ignore", ExperimentalWarning)
            target.set_metric_names([_named(o.endpoint) for o in spec.objectives])
        finished = sorted((t for t in trials if t.state != "running"), key=lambda t: t.number)
        known = _distributions(spec.space, finished)
        new = [t for t in finished if t.number not in there]
        for trial in new:
            target.add_trial(_frozen(trial, spec, known))
        return Exported(
            study_name=name,
            added=len(new),
            total=len(finished),
            infeasible=sum(t.state == "complete" and not t.is_feasible for t in finished),
        )
    except (SQLAlchemyError, StorageInternalError, RuntimeError, ImportError) as error:
        reason = without_password(str(error).splitlines()[0])
        raise InputError(
            f"Storage {without_password(url)!r} cannot be used: {reason}.",
            hint="Write it such as sqlite:///optuna.db or postgresql+psycopg://user@host/name.",
        ) from error


def parameters_of(design: Design) -> dict[str, float | str]:
    """Return a design as named parameters in natural units.

    Parameters
    ----------
    design : Design
        A design, [-].

    Returns
    -------
    dict of str to float or str
        Choices, amounts in mg a unit, process settings (unit as suffix) and intakes, [-].
    """
    regimen = design.regimen
    return {
        "system": design.system,
        "salt_name": design.salt_name,
        **{f"{name} [mg]": amount for name, amount in design.amounts_mg.items()},
        **design.process,
        "units_per_intake": float(regimen.units_per_intake),
        "intakes_per_day": float(regimen.intakes_per_day),
        "with_meals": "yes" if regimen.with_meals else "no",
    }


def _refuse_foreign(url: str) -> None:
    """Refuse a database of something else, such as this program's own; nothing is written to it."""
    from sqlalchemy import create_engine, inspect

    engine = create_engine(url)
    if engine.dialect.name == "sqlite" and engine.url.database in (None, "", ":memory:"):
        raise InputError(
            f"Storage {url!r} is a database in memory, which is gone when the export ends.",
            hint="Name a file, such as sqlite:///optuna.db.",
        )
    try:
        tables = set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if tables and not set(OPTUNA_TABLES) <= tables:
        raise InputError(
            f"Storage {without_password(url)!r} holds tables of another program"
            f" ({', '.join(sorted(tables)[:3])}).",
            hint="Give a storage of Optuna's own, or a new one.",
        )


def _numbers_there(target: Any, study: StudyRecord) -> set[int]:
    """Return which trials were exported before; another study of that name is refused."""
    trials = target.get_trials(deepcopy=False)
    if trials and target.user_attrs.get(OWNER) != study.id:
        raise InputError(
            f"The storage holds another study named {target.study_name!r}.",
            hint="Give another storage.",
        )
    return {trial.user_attrs[NUMBER] for trial in trials if NUMBER in trial.user_attrs}


def _distributions(space: DesignSpace, trials: Sequence[TrialRecord]) -> dict[str, Any]:
    """Return every choice with all that the study allows, every number with the range it had.

    Optuna refuses choices that change from one export to the next, and takes any range.
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    seen: dict[str, list[float]] = {}
    for trial in trials:
        for name, value in parameters_of(Design.from_dict(trial.design)).items():
            if not isinstance(value, str):
                seen.setdefault(name, []).append(value)
    return {
        **{name: CategoricalDistribution(texts) for name, texts in _choices(space).items()},
        **{name: FloatDistribution(min(values), max(values)) for name, values in seen.items()},
    }


def _choices(space: DesignSpace) -> dict[str, tuple[str, ...]]:
    parts = [space.space_of(system) for system in space.systems]
    forms = [form for part in parts for form in part.system.forms]
    found: dict[str, set[str]] = {
        "system": set(space.systems),
        "salt_name": {source.name for part in parts for source in part.sources},
        FORM: {form.name for form in forms},
        "with_meals": {"yes", "no"},
    }
    for parameter in (parameter for form in forms for parameter in form.process):
        if isinstance(parameter, ChoiceParameter):
            found.setdefault(parameter.name, set()).update(parameter.choices)
    return {name: tuple(sorted(texts)) for name, texts in found.items()}


def _frozen(trial: TrialRecord, spec: StudySpec, known: Mapping[str, Any]) -> Any:
    from optuna.trial import TrialState, create_trial

    design = Design.from_dict(trial.design)
    parameters = parameters_of(design)
    is_complete = trial.state == "complete"
    limits = {name: -slack for name, slack in trial.slacks.items()}
    return create_trial(
        state=TrialState.COMPLETE if is_complete else TrialState.FAIL,
        values=[trial.values[o.endpoint] for o in spec.objectives] if is_complete else None,
        params=parameters,
        distributions={name: known[name] for name in parameters},
        user_attrs={
            NUMBER: trial.number,
            "design": design.key,
            "rung": trial.rung,
            "reasons": list(trial.reasons),
        },
        system_attrs={OLD_CONSTRAINTS: list(limits.values())} if limits else None,
        constraints=limits or None,
    )


def _direction(goal: Goal) -> Literal["maximize", "minimize"]:
    return "maximize" if goal is Goal.MAXIMISE else "minimize"


def _named(key: str) -> str:
    return f"{key} [{get_endpoint(key).unit}]"
