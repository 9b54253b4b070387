"""What a study decides about its space beforehand, as plain data for every face."""

from typing import Any

from experiments.config.spec import StudySpec


def decided(spec: StudySpec) -> dict[str, Any]:
    """Return what a study fixes, excludes, and was told could not be made.

    Parameters
    ----------
    spec : StudySpec
        The study, [-].

    Returns
    -------
    dict
        Members ``fixed``, ``excluded`` and ``not_makeable``, JSON-able, [-].
    """
    return {
        "fixed": [
            {"system": part["name"], "name": name, "value": value}
            for part in spec.config["systems"]
            for name, value in part.get("fixed", {}).items()
        ],
        "excluded": [
            {"region": region.text, "because": region.because} for region in spec.space.excluded
        ],
        "not_makeable": [
            {"product": unmade.product, "design_key": unmade.design.key, "because": unmade.because}
            for unmade in spec.not_makeable
        ],
    }
