"""How a study is run again, and which popular claims it leaves off."""

from collections.abc import Mapping
from typing import Any

from formulation.claims import all_claims

DISTRIBUTION = "formulation-design"
"""Name of this program among the versions a study records."""


def commands(document: Mapping[str, Any]) -> list[str]:
    """Return the commands that give the same numbers again.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    list of str
        Lines for a shell; those that start with # are words, [-].
    """
    study, label = document["study"], document["study"]["label"]
    version = study["versions"].get(DISTRIBUTION)
    return [
        f"# {DISTRIBUTION} {version or '(version not recorded)'}, with the versions recorded below",
        "# STUDY.yaml: the study as it was run, below; what flags changed stands in it, and its",
        f"# content has the sha256 {study['config_sha256']}",
        "formulation check STUDY.yaml",
        "formulation run STUDY.yaml",
        f"# or, from the workspace of {label}: repeats it from its record, reports any difference",
        f"formulation rerun {label}",
        f"formulation resume {label}",
        f"formulation report {label}",
    ]


def claim_lines() -> list[str]:
    """Return which popular claims a study switches on: none, each with how its evidence stands.

    Returns
    -------
    list of str
        One sentence a claim of the table, [-].
    """
    return [f"{c.sentence.rstrip('.')}: {c.verdict.value}." for c in all_claims().values()]
