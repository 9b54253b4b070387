"""Quality of a candidate against a target profile: values, chance of failing, what moves it.

A study's own profile is used, else the usual ranges of the table of quality attributes. An interval
joins the search's 90 % interval, where the attribute is predicted, with the assumed scatter of
finished units; the chance of failing is that of a normal distribution with these widths, and 0 or 1
only where nothing varies. Which coordinates of the design move an attribute most is found by moving
each a little, for what follows from recipe and release law alone; the body is not simulated again,
so endpoints of a population have the words of the table only.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import hypot
from typing import Any

from experiments.prediction import Prediction
from formulation.attribute_words import words
from formulation.attributes import quality_values
from formulation.delivery import FORM
from formulation.design import Design
from formulation.quality_attributes import (
    Attribute,
    ProfileTarget,
    attributes,
    profile_key,
    profile_unit,
)
from formulation.space import DesignSpace
from formulation.targets import BENCH_TIMES_H, get_endpoint
from models.chain import bench_values
from models.dumping import SITUATIONS, dumping_by_situation
from models.exact import DUMPING
from models.release import release_law
from models.surrogates.gaps import NORMAL_90

STEP = 0.05
"""How far a coordinate is moved, in shares of what it may range over, [-]."""

MOST_MOVERS = 3
"""Coordinates that are named for each attribute, [-]."""

NOTICEABLE, LEAST_CHANGE = 1e-6, 1e-9
"""A smaller change is none, as a share of the value [-] and in the attribute's own unit."""


def candidate_quality(
    space: DesignSpace,
    jurisdiction: str,
    profile: Sequence[ProfileTarget],
    design: Design,
    predicted: tuple[Mapping[str, float], Mapping[str, float], Mapping[str, float]],
    *,
    with_movers: bool,
) -> dict[str, Any]:
    """Return the quality of one candidate as plain data.

    Parameters
    ----------
    space : DesignSpace
        What the study may make, [-].
    jurisdiction : str
        Whose rules on salts hold, [-].
    profile : sequence of ProfileTarget
        The study's target product profile; empty for the usual ranges, [-].
    design : Design
        The candidate, [-].
    predicted : tuple of mapping of str to float
        Values, lower and upper ends of 90 % intervals by endpoint key, [-].
    with_movers : bool
        Whether the coordinates that move it most are searched for, [-].

    Returns
    -------
    dict
        ``profile`` (``study`` or ``usual``), ``rows``, ``words`` and ``dumping`` by situation, [-].
    """
    rows = profile_table(design, predicted, profile)
    if with_movers:
        found = movers(space, design, [row["attribute"] for row in rows])
        for row in rows:
            row["sensitive_to"] = list(found.get(row["attribute"], ()))
    titles = {situation.name: situation.title for situation in SITUATIONS}
    return {
        "profile": "study" if profile else "usual",
        "rows": rows,
        "words": {attributes()[k].title: x for k, x in words(design, jurisdiction).items()},
        "dumping": {titles[k]: x for k, x in dumping_by_situation(design).items()},
    }


def profile_table(
    design: Design,
    predicted: tuple[Mapping[str, float], Mapping[str, float], Mapping[str, float]],
    profile: Sequence[ProfileTarget],
) -> list[dict[str, Any]]:
    """Return every attribute of a design with target, prediction and chance of failing.

    Parameters
    ----------
    design : Design
        The candidate, [-].
    predicted : tuple of mapping of str to float
        Values, lower and upper ends of 90 % intervals by endpoint key, [-].
    profile : sequence of ProfileTarget
        The target product profile; empty for the usual ranges, [-].

    Returns
    -------
    list of dict
        One row an attribute, those of the table first; an attribute of the profile is in it even
        where it does not apply or is not predicted, [-].
    """
    asked = {target.attribute: target for target in profile}
    known = [
        profile_key(a.name) for a in attributes().values() if not a.is_words and a.applies(design)
    ]
    own = own_values([design], [*known, *asked])[0]
    return [
        _row(design, key, asked.get(key), own, predicted, is_usual=not profile)
        for key in dict.fromkeys([*known, *asked])
    ]


def movers(space: DesignSpace, design: Design, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return which coordinates of a design move each attribute most.

    Parameters
    ----------
    space : DesignSpace
        What the study may make, [-].
    design : Design
        The design, [-].
    keys : iterable of str
        Attributes and endpoints; those of a population are not looked at, [-].

    Returns
    -------
    dict of str to tuple of str
        At most `MOST_MOVERS` names for each attribute, the strongest first; empty for a design
        that is not valid in this space, [-].
    """
    if FORM not in design.process or space.violations(design):
        return {}
    answers = space.encode(design)
    moved: list[tuple[str, Design]] = []
    for name, u in answers.items():
        if isinstance(u, str):
            continue
        for step in (-STEP, STEP):
            other = {**answers, name: min(max(u + step, 0.0), 1.0)}
            moved.append((_coordinate(name), space.decode(other)))
    base, *others = own_values([design, *(changed for _, changed in moved)], list(keys))
    effects: dict[str, dict[str, float]] = {}
    for (name, _), values in zip(moved, others, strict=True):
        for key in base.keys() & values.keys():
            change = abs(values[key] - base[key])
            if change > max(NOTICEABLE * abs(base[key]), LEAST_CHANGE):
                of_key = effects.setdefault(key, {})
                of_key[name] = max(change, of_key.get(name, 0.0))
    return {
        key: tuple(sorted(by, key=lambda name: (-by[name], name)))[:MOST_MOVERS]
        for key, by in effects.items()
    }


def own_values(designs: Sequence[Design], keys: Sequence[str]) -> list[dict[str, float]]:
    """Return what follows from recipe and release law alone.

    Parameters
    ----------
    designs : sequence of Design
        Designs, [-].
    keys : sequence of str
        What is looked at; the bench vessel is stirred only when one of its endpoints is, [-].

    Returns
    -------
    list of dict of str to float
        By attribute or endpoint, in its unit, one for each design, [-].
    """
    rows = []
    for design in designs:
        row = quality_values(design)
        if dumping := dumping_by_situation(design):
            row[DUMPING] = sum(dumping.values()) / len(dumping)
        rows.append(row)
    if not BENCH_TIMES_H.keys().isdisjoint(keys):
        for name, column in bench_values([release_law(design) for design in designs]).items():
            for row, value in zip(rows, column.tolist(), strict=True):
                row[name] = value
    return rows


def _row(
    design: Design,
    key: str,
    target: ProfileTarget | None,
    own: Mapping[str, float],
    predicted: tuple[Mapping[str, float], Mapping[str, float], Mapping[str, float]],
    *,
    is_usual: bool,
) -> dict[str, Any]:
    attribute = attributes().get(key.partition(".")[0])
    low, high = _ends(design, attribute, target, is_usual=is_usual)
    found = _prediction(key, attribute, own, predicted)
    status = _status(design, attribute, found)
    is_known = found is not None and status not in ("not_predicted", "does_not_apply")
    has_target = (low, high) != (None, None)
    return {
        "attribute": key,
        "title": attribute.title if attribute is not None else get_endpoint(key).title,
        "unit": profile_unit(key),
        "low": low,
        "high": high,
        "status": status,
        "value": found.value if found is not None and is_known else None,
        "lo90": found.low if found is not None and is_known else None,
        "hi90": found.high if found is not None and is_known else None,
        "chance_of_failing": found.chance_of_failing(low, high)
        if found is not None and is_known and has_target
        else None,
        "moved_by": list(attribute.moved_by) if attribute is not None else [],
        "sensitive_to": [],
        "basis": attribute.basis if attribute is not None else "prediction of the search",
        "note": attribute.note if attribute is not None else "",
    }


def _ends(
    design: Design, attribute: Attribute | None, target: ProfileTarget | None, *, is_usual: bool
) -> tuple[float | None, float | None]:
    if target is not None:
        return target.low, target.high
    if is_usual and attribute is not None and attribute.is_usual_for(design):
        return attribute.usual_low, attribute.usual_high
    return None, None


def _status(design: Design, attribute: Attribute | None, found: Prediction | None) -> str:
    if attribute is not None and not attribute.applies(design):
        return "does_not_apply"
    if attribute is not None and attribute.status == "not_predicted":
        return "not_predicted"
    if found is None:
        return "not_known"
    return attribute.status if attribute is not None else "predicted"


def _prediction(
    key: str,
    attribute: Attribute | None,
    own: Mapping[str, float],
    predicted: tuple[Mapping[str, float], Mapping[str, float], Mapping[str, float]],
) -> Prediction | None:
    """Return value and interval; None when neither the search nor the recipe gives a number."""
    values, lo90, hi90 = predicted
    if key in values:
        value, below, above = values[key], values[key] - lo90[key], hi90[key] - values[key]
    elif key in own:
        value, below, above = own[key], 0.0, 0.0
    else:
        return None
    scatter = (
        NORMAL_90 * abs(value) * (attribute.spread_pct if attribute is not None else 0.0) / 100
    )
    low, high = value - hypot(below, scatter), value + hypot(above, scatter)
    return Prediction(value=value, low=low, high=high)


def _coordinate(question: str) -> str:
    """Return what people call a coordinate of the design space."""
    return question.rsplit(".", 1)[-1].replace("_", " ")
