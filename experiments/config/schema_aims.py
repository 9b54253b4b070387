"""The parts of a study's JSON Schema that say what is wanted and how it is judged."""

from experiments.config.judging import MAX_POINTS, TOLERANCES
from experiments.config.quantities import shown_unit
from experiments.config.schema_terms import (
    Schema,
    an_end,
    any_quantity,
    keys,
    one_of,
    quantity,
    some,
    whole,
)
from formulation.endpoint_keys import every_key
from formulation.endpoints import ENDPOINTS
from formulation.executed import DRAW_RANGE
from formulation.quality_attributes import attributes, may_be_bounded
from formulation.targets import Goal


def objective() -> Schema:
    """Return the schema of one objective.

    Returns
    -------
    dict
        The schema, [-].
    """
    members = {
        "endpoint": _endpoint(),
        "goal": one_of((goal.value for goal in Goal), "Direction."),
        "worst": any_quantity("Worst acceptable value."),
        "ideal": any_quantity("Value beyond which nothing more is gained."),
    }
    counts = {
        "weight": quantity("1", "Exponent of its desirability; 1 when left out."),
        "importance": quantity("1", "How much it counts in it; 1 when left out."),
    }
    return keys({**members, **counts}, required=tuple(members))


def robustness() -> Schema:
    """Return the schema of how far from the plan designs may be executed.

    Returns
    -------
    dict
        The schema, [-].
    """
    members = {
        key: quantity("percent", f"Tolerance of {key}, plus or minus.") for key in TOLERANCES
    }
    return keys(
        {
            **members,
            "draws": whole(*DRAW_RANGE, "Ways of executing each design that are evaluated."),
            "share": quantity("percent", "Share of them that is as good as the worst case."),
        },
        description="How far from the plan a design may be executed; .worst_case reads it.",
    )


def limit() -> Schema:
    """Return the schema of one limit on an outcome.

    Returns
    -------
    dict
        The schema, [-].
    """
    bounds = {key: any_quantity(f"{key.capitalize()} end.") for key in ("low", "high")}
    return {**keys({"endpoint": _endpoint(), **bounds}, required=("endpoint",)), **an_end()}


def profile() -> Schema:
    """Return the schema of one attribute of a target product profile.

    Returns
    -------
    dict
        The schema, [-].
    """
    numbers = [a for a in attributes().values() if not a.is_words and a.name not in every_key()]
    known = "\n".join(f"{a.name}: {a.title} [{shown_unit(a.unit)}]" for a in numbers)
    plain = [key for key in every_key() if may_be_bounded(key)]
    names = one_of((*plain, *(a.name for a in numbers)), f"{_endpoint()['description']}\n{known}")
    bounds = {key: any_quantity(f"{key.capitalize()} end.") for key in ("low", "high")}
    return {**keys({"attribute": names, **bounds}, required=("attribute",)), **an_end()}


def reference_release() -> Schema:
    """Return the schema of the release profile that products should resemble.

    Returns
    -------
    dict
        The schema, [-].
    """
    return some(
        keys(
            {
                "time": quantity("h", "Time from the start."),
                "released": quantity("percent", "Released by then, of label."),
            },
            required=("time", "released"),
        ),
        "The release profile that predicted_f2 compares with.",
        MAX_POINTS,
        least=0,
    )


def _endpoint() -> Schema:
    titles = (f"{e.name}: {e.title} [{shown_unit(e.unit)}]" for e in ENDPOINTS)
    return one_of(every_key(), "\n".join(titles))
