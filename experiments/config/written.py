"""A study written as a file again: with what flags changed, every default and every spread."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

HEAD = "# The study as it was run, with what flags changed; comments of its file are left out.\n"
"""First line of the file."""


def study_yaml(config: Mapping[str, Any]) -> str:
    """Return the study file of a study's plain data.

    Parameters
    ----------
    config : mapping
        `StudySpec.config`, as stores keep it, [-].

    Returns
    -------
    str
        YAML; read again it is the same study, with the same hash, [-].
    """
    from ruamel.yaml import YAML

    yaml, text = YAML(), StringIO()
    yaml.width = 110
    yaml.dump(dict(config), text)
    return HEAD + text.getvalue()
