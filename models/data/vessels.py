"""In which vessel a curve was measured: what is stated of it, and what of it is assumed.

What a row states of its vessel beats what is assumed. A medium is one of ours, because a curve is
learnt with the acid its medium can give, which no name tells. In another volume the acid goes
along.
"""

import re
from collections.abc import Mapping
from typing import Any

from attrs import asdict, evolve, field, frozen

from formulation.errors import UnknownNameError
from formulation.profiles import APPARATUS, MEDIA, Medium

DEFAULT_MEDIUM = "hcl"
"""Medium of curves that do not say it; a preview then says that it was assumed."""

BY_PH = ("hcl", "acetate-4.5", "phosphate-6.8", "phosphate-7.4")
"""Media that a pH alone may name."""

PH_TOLERANCE = 0.3
"""How far a stated pH may lie from that of its medium, [-]."""

WATER_PH_TOLERANCE = 2.0
"""The same for water, which has no buffer, [-]."""

ML_PER_L = 1000.0
"""Millilitres in a litre, [mL/L]."""

MAX_VOLUME_L = 10.0
"""More than any vessel of a dissolution bench holds, [L]."""


@frozen(kw_only=True)
class Conditions:
    """What is stated of a measurement; None for what is not."""

    medium: str | None = None
    """Key of the medium."""

    ph: float | None = None
    """pH of the medium, [-]."""

    apparatus: str | None = None
    """Name of the apparatus."""

    rpm: float | None = None
    """Speed, [1/min]."""

    temperature_c: float | None = None
    """Temperature, [degC]."""

    volume_l: float | None = None
    """Volume, [L]."""

    source: str | None = None
    """Where the numbers come from, as the file says it."""

    def over(self, others: "Conditions") -> "Conditions":
        """Return these conditions, and those of others where these say nothing.

        Parameters
        ----------
        others : Conditions
            What holds unless these say otherwise, [-].

        Returns
        -------
        Conditions
            Both together, [-].
        """
        return evolve(others, **{k: v for k, v in asdict(self).items() if v is not None})


@frozen(kw_only=True)
class StatedMedium:
    """The vessel of a curve, and what of it nobody stated."""

    medium: Medium
    """The vessel."""

    assumed: tuple[str, ...]
    """Which of ``medium``, ``apparatus`` and ``rpm`` were assumed."""

    conditions: Conditions = field(factory=Conditions)
    """What was stated."""


def state_medium(
    medium: str | None = None, apparatus: str | None = None, rpm: float | None = None
) -> StatedMedium:
    """Return the vessel that a person states, and what is left to assume.

    Parameters
    ----------
    medium : str or None, optional
        Name or title of a medium; None for 0.1 M HCl, 900 mL, [-].
    apparatus : str or None, optional
        Apparatus or the start of its name; None for the medium's own, [-].
    rpm : float or None, optional
        Speed; None for the medium's own, [1/min].

    Returns
    -------
    StatedMedium
        The vessel, [-].

    Raises
    ------
    InputError
        A name is unknown, or the speed impossible.
    """
    return resolve(
        Conditions(
            medium=None if medium is None else find_medium(medium),
            apparatus=None if apparatus is None else find_apparatus(apparatus),
            rpm=rpm,
        )
    )


def resolve(conditions: Conditions) -> StatedMedium:
    """Return the vessel of what is stated, the rest being that of the medium.

    Parameters
    ----------
    conditions : Conditions
        What is stated; a pH without a medium names one, [-].

    Returns
    -------
    StatedMedium
        The vessel, [-].

    Raises
    ------
    InputError
        Something stated is impossible.
    """
    key = conditions.medium
    if key is None and conditions.ph is not None:
        key = medium_of_ph(conditions.ph)
    medium = MEDIA[key or DEFAULT_MEDIUM]
    if conditions.volume_l is not None and conditions.volume_l != medium.volume_l:
        medium = in_volume(medium, conditions.volume_l)
    vessel = {
        name: value
        for name in ("apparatus", "rpm", "temperature_c")
        if (value := getattr(conditions, name)) is not None
    }
    medium = _in_vessel(medium, vessel)
    if conditions.ph is not None:
        medium = evolve(medium, ph=conditions.ph)
    said = {"medium": key, "apparatus": conditions.apparatus, "rpm": conditions.rpm}
    return StatedMedium(
        medium=medium,
        assumed=tuple(name for name, value in said.items() if value is None),
        conditions=conditions,
    )


def find_medium(text: str) -> str:
    """Return the key of a medium by its key, or its title with or without the volume.

    Parameters
    ----------
    text : str
        What is written, such as ``0.1 N HCl``, [-].

    Returns
    -------
    str
        Key in `MEDIA`, [-].

    Raises
    ------
    UnknownNameError
        No medium has that name.

    Examples
    --------
    >>> find_medium("0.1 N HCl"), find_medium("phosphate buffer pH 6.8, 900 mL")
    ('hcl', 'phosphate-6.8')
    """
    known = {}
    for key, medium in MEDIA.items():
        volume = f", {medium.volume_l * ML_PER_L:g} mL"
        for name in (key, medium.name, medium.name.removesuffix(volume)):
            known[_plain(name)] = key
    wanted = _plain(text)
    if wanted not in known:
        raise UnknownNameError("Medium", text, MEDIA)
    return known[wanted]


def find_apparatus(text: str) -> str:
    """Return the name of an apparatus by the start of it, its number or its kind.

    Parameters
    ----------
    text : str
        What is written, such as ``USP II`` or ``paddle``, [-].

    Returns
    -------
    str
        Name in `APPARATUS`, [-].

    Raises
    ------
    UnknownNameError
        No apparatus is meant, or several.

    Examples
    --------
    >>> find_apparatus("USP Apparatus II"), find_apparatus("basket")
    ('USP 2 (paddle)', 'USP 1 (basket)')
    """
    given = " ".join(text.casefold().replace("apparatus", " ").split())
    given = re.sub(r"\bii\b", "2", re.sub(r"\bi\b", "1", given))
    given = f"usp {given}" if given in ("1", "2") else given
    meant = [
        name
        for name in APPARATUS
        if given and (name.casefold().startswith(given) or f"({given})" in name.casefold())
    ]
    if len(meant) != 1:
        raise UnknownNameError("Apparatus", text, APPARATUS)
    return meant[0]


def medium_of_ph(ph: float) -> str | None:
    """Return the medium that a pH alone names.

    Parameters
    ----------
    ph : float
        pH, [-].

    Returns
    -------
    str or None
        Key of the medium of nearest pH; None when none is within `PH_TOLERANCE`, [-].
    """
    nearest = min(BY_PH, key=lambda key: abs(MEDIA[key].ph - ph))
    return nearest if abs(MEDIA[nearest].ph - ph) <= PH_TOLERANCE else None


def has_ph(key: str, ph: float) -> bool:
    """Tell whether a medium may have a pH.

    Parameters
    ----------
    key : str
        Key of the medium, [-].
    ph : float
        pH, [-].

    Returns
    -------
    bool
        Whether it lies within the tolerance, [-].
    """
    tolerance = WATER_PH_TOLERANCE if key == "water" else PH_TOLERANCE
    return abs(MEDIA[key].ph - ph) <= tolerance


def in_volume(medium: Medium, volume_l: float) -> Medium:
    """Return a medium, and what it is changed to, of the same strength in another volume.

    Parameters
    ----------
    medium : Medium
        The medium, [-].
    volume_l : float
        Volume, [L].

    Returns
    -------
    Medium
        The same, its acid in proportion, [-].
    """
    was = f", {medium.volume_l * ML_PER_L:g} mL"
    return evolve(
        medium,
        name=f"{medium.name.removesuffix(was)}, {volume_l * ML_PER_L:g} mL",
        volume_l=volume_l,
        acid_meq=medium.acid_meq * volume_l / medium.volume_l,
        then=None if medium.then is None else in_volume(medium.then, volume_l),
    )


def _in_vessel(medium: Medium, changes: Mapping[str, Any]) -> Medium:
    """Return a medium, and what it is changed to later, in another apparatus or at its speed."""
    then = _in_vessel(medium.then, changes) if medium.then else None
    return evolve(medium, then=then, **changes)


def _plain(name: str) -> str:
    """Return a name without commas, case and double blanks; a normal acid is a molar one."""
    plain = " ".join(name.casefold().replace(",", " ").split())
    return re.sub(r"\bn hcl\b", "m hcl", plain)
