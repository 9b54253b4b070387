"""What flags of the command line change of a study: they fix factors, as its file could."""

import json
from collections.abc import Sequence

from experiments.config.spec import StudySpec
from experiments.config.study import study_from_config
from formulation.delivery import get_system
from formulation.errors import InputError, UnknownNameError
from formulation.regions import SALT

_EXAMPLE = "Write it such as --fix 'hpmc=20 %' or --fix timed_release.salt=citrate."


def with_fixed(study: StudySpec, stated: Sequence[str]) -> StudySpec:
    """Return a study in which more is fixed, as flags of the command line ask for it.

    Parameters
    ----------
    study : StudySpec
        The study, [-].
    stated : sequence of str
        ``name=value``, for every system that knows the name, or ``system.name=value``, [-].

    Returns
    -------
    StudySpec
        The same study, with its `config` and hash following what is fixed, [-].

    Raises
    ------
    InputError
        A name is unknown to every system, or a value is not possible.
    """
    if not stated:
        return study
    config = json.loads(json.dumps(study.config))
    parts = {part["name"]: part for part in config["systems"]}
    for text in stated:
        name, sign, value = (piece.strip() for piece in text.partition("="))
        system, _, bare = name.partition(".")
        named, name = ((system,), bare) if system in parts else (tuple(parts), name)
        names = {part: {SALT, *get_system(part).names()} for part in named}
        having = [part for part in named if name in names[part]]
        if not (name and sign and value):
            raise InputError(f"--fix {text!r} is not written as name=value.", hint=_EXAMPLE)
        if not having:
            raise UnknownNameError("--fix", name, set().union(*names.values()))
        for part in having:
            parts[part].setdefault("fixed", {})[name] = value
    return study_from_config(config, text=study.text)
