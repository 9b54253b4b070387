"""What a study may make, written back as plain data with every default filled in."""

from typing import Any, NamedTuple

from experiments.config.excluding import excluded_config
from experiments.config.fixing import SystemPart, fixed_config
from experiments.config.quantities import quantity_text
from formulation.blends import SaltSource
from formulation.delivery import get_system
from formulation.space import DesignSpace


class Made(NamedTuple):
    """What may be made, with what it was read from."""

    space: DesignSpace
    """All of it."""

    parts: list[SystemPart]
    """Delivery systems as the study narrows them."""

    sources: tuple[SaltSource, ...]
    """Salts of the study."""


def space_config(made: Made) -> dict[str, Any]:
    """Return what a study may make as a study file writes it.

    Parameters
    ----------
    made : Made
        What may be made, [-].

    Returns
    -------
    dict
        The keys ``systems``, ``salts``, ``exclude``, ``dose`` and ``regimens``, [-].
    """
    first = made.space.spaces[0]
    regimens = first.regimens
    excluded = [excluded_config(region) for region in made.space.excluded]
    return {
        "systems": [_system_config(part) for part in made.parts],
        "salts": [_source_config(source) for source in made.sources],
        # A study that excludes nothing keeps the hash it had before it could.
        **({"exclude": excluded} if excluded else {}),
        "dose": {
            "low": quantity_text(first.dose.low_mg_per_day, "mg/d"),
            "high": quantity_text(first.dose.high_mg_per_day, "mg/d"),
        },
        "regimens": {
            key: list(dict.fromkeys(getattr(regimen, key) for regimen in regimens))
            for key in ("units_per_intake", "intakes_per_day", "with_meals")
        },
    }


def _source_config(source: SaltSource) -> dict[str, Any]:
    lots = [
        {"name": lot.salt.key, "mg_content": quantity_text(lot.mg_pct, "percent")}
        for lot in source.lots
    ]
    if not source.is_mixture:
        return lots[0]
    ends = {"low": source.low_pct, "high": source.high_pct}
    return {"mix": lots, "second": {k: quantity_text(x, "percent") for k, x in ends.items()}}


def _system_config(part: SystemPart) -> dict[str, Any]:
    units = get_system(part.system.name).names()
    return {
        "name": part.system.name,
        "ranges": {
            name: {key: quantity_text(end, units[name]) for key, end in ends.items()}
            for name, ends in part.ranges.items()
        },
        "choices": part.choices,
        **({"fixed": fixed_config(part.system.name, part.fixed)} if part.fixed else {}),
    }
