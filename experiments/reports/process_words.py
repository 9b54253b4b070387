"""How the process of a design is written for people."""

from collections.abc import Mapping
from typing import Any

from formulation.blends import SECOND_SHARE
from formulation.delivery import FORM, get_system

SPELT = {"ph": "pH"}
"""Settings whose names are written otherwise than in small letters."""


def process_text(design: Mapping[str, Any]) -> str:
    """Return the process of a design in words.

    Parameters
    ----------
    design : mapping
        The design as plain values, [-].

    Returns
    -------
    str
        Such as ``"compression force 15 kN"``; the grade of hypromellose is in its name, [-].
    """
    units = get_system(design["system"]).names()
    found = []
    for name, value in design["process"].items():
        if name.endswith("_grade") or name == FORM:
            continue
        if isinstance(value, str):
            found.append(f"{name.replace('_', ' ')} {value}")
            continue
        unit = "%" if name == SECOND_SHARE else units.get(name, "")
        plain = setting_name(name, unit)
        found.append(f"{plain} {value:g} {'' if unit == '1' else unit}".rstrip())
    return ", ".join(found)


def setting_name(name: str, unit: str) -> str:
    """Return what people call a setting of the process, without the unit in its name.

    Parameters
    ----------
    name : str
        Name of the setting, [-].
    unit : str
        Its unit, [-].

    Returns
    -------
    str
        Such as ``"compression force"``, [-].

    Examples
    --------
    >>> setting_name("compression_force_kn", "kN")
    'compression force'
    >>> setting_name("ph", "1")
    'pH'
    """
    suffix = "_" + unit.lower().replace("/", "_per_").replace(".", "_").replace("^", "")
    plain = name.removesuffix("_pct") if name == SECOND_SHARE else name.removesuffix(suffix)
    return SPELT.get(plain, plain.replace("_", " "))


def setting_title(name: str, unit: str) -> str:
    """Return the name of a setting at the head of a row or an axis.

    Parameters
    ----------
    name : str
        Name of the setting, [-].
    unit : str
        Its unit, [-].

    Returns
    -------
    str
        Such as ``"Compression force"``; pH stays as it is written, [-].

    Examples
    --------
    >>> setting_title("compression_force_kn", "kN"), setting_title("ph", "1")
    ('Compression force', 'pH')
    """
    plain = setting_name(name, unit)
    return plain if plain in SPELT.values() else plain.capitalize()
