"""Scenario files: people, arms and expectations in YAML, with every mistake at its line and column.

Products and people stand in files of their own, named from the folder of the scenario. A mistake in
one of them is told at its own line. People to whom nothing is offered are no mistake where the
scenario expects their refusal.
"""

from functools import partial
from pathlib import Path

from experiments.config.documents import parse
from experiments.config.files import read_text
from experiments.config.items import Item
from experiments.config.kinds import SCENARIO, of_kind
from experiments.config.patient import read_patient, read_population_file
from experiments.config.people import read_name, read_population
from experiments.config.product import Product, load_product
from experiments.config.refusing import error_of
from experiments.config.scenario_spec import (
    ENDPOINTS,
    PLACEBO,
    Direction,
    Expectation,
    Scenario,
    ScenarioArm,
    Who,
)
from formulation.claims import Claim, all_claims, switch
from formulation.cofactors import Dose, get_cofactor
from formulation.errors import InputError, Problem, RefusedError
from formulation.limits import all_limits
from formulation.monitoring import MEASURES
from formulation.patients import named_population, named_spreads

REQUIRED = ("scenario", "question", "people", PLACEBO, "arms", "expect")
OPTIONAL = ("days", "jurisdiction", "claims", "article", "monitor", "not_predicted")
"""Keys a scenario has, and may have."""

MAX_ARMS, MAX_EXPECTED, MAX_DAYS, MAX_WEEKS = 12, 20, 365, 52
"""Most arms, expectations and days of a scenario, and weeks between two measurements, [-]."""

DEFAULT_DAYS, DEFAULT_JURISDICTION = 42, "EU"
"""What holds when a scenario says nothing: six weeks, [d], and the stricter limits."""


def load_scenario(source: Path | str, *, file: str = "scenario") -> Scenario:
    """Return the scenario of a file or of a text.

    Parameters
    ----------
    source : Path or str
        A path is read; a str is the YAML text itself, whose files are named from here, [-].
    file : str, optional
        What problems of a text call it; a path is called as it was given, [-].

    Returns
    -------
    Scenario
        The checked scenario, [-].

    Raises
    ------
    InputError
        Something is wrong; it holds every problem that was found.
    RefusedError
        Nothing is wrong but that people are refused whose refusal is not expected.
    """
    folder = source.parent if isinstance(source, Path) else Path()
    if isinstance(source, Path):
        file, source = str(source), read_text(source)
    problems: list[Problem] = []
    node = of_kind(parse(source, file), SCENARIO, file)
    found = _read(Item(node=node, file=file, problems=problems), folder)
    if problems:
        raise error_of(problems)
    assert found is not None
    return found


def _read(root: Item, folder: Path) -> Scenario | None:
    members = root.members(REQUIRED, OPTIONAL)
    if not set(REQUIRED) <= set(members):
        return None
    expected = [_read_expectation(x) for x in members["expect"].elements(most=MAX_EXPECTED)]
    article = _elements(members.get("article"), MAX_EXPECTED)
    said = [_read_expectation(x, is_article=True) for x in article]
    refused = {x.arm for x in expected if x is not None and x.direction is Direction.REFUSED}
    name = read_name(members["scenario"])
    question = members["question"].text(".*[?]", "a question on one line, with its mark")
    who = _read_who(members["people"], folder, may_be_refused=False)
    placebo = _read_arm(PLACEBO, members[PLACEBO], folder, may_be_refused=False)
    entries = members["arms"].entries()
    if len(entries) > MAX_ARMS:
        members["arms"].refuse("wrong_length", f"there are {len(entries)} arms of {MAX_ARMS}.")
        return None
    arms = [_read_arm(key, x, folder, may_be_refused=key in refused) for key, x in entries.items()]
    days = members["days"].whole(1, MAX_DAYS) if "days" in members else DEFAULT_DAYS
    jurisdiction = _read_jurisdiction(members.get("jurisdiction"))
    claims = _read_claims(members.get("claims"))
    monitor = _read_monitor(members.get("monitor"))
    words = tuple(x.text() for x in _elements(members.get("not_predicted"), MAX_EXPECTED))
    if root.problems or who is None or placebo is None or days is None:
        return None
    return members["expect"].attempt(
        lambda: Scenario(
            name=name,
            question=question,
            who=who,
            days=days,
            jurisdiction=jurisdiction,
            placebo=placebo,
            arms=tuple(arm for arm in arms if arm is not None),
            expected=tuple(x for x in expected if x is not None),
            article=tuple(x for x in said if x is not None),
            claims=claims,
            monitor=monitor,
            not_predicted=words,
        )
    )


def _elements(item: Item | None, most: int) -> list[Item]:
    return [] if item is None else item.elements(most=most, least=0)


def _read_arm(name: str, item: Item, folder: Path, *, may_be_refused: bool) -> ScenarioArm | None:
    is_placebo = name == PLACEBO and item.pointer == PLACEBO
    required = ("with",) if is_placebo else ()
    optional = () if is_placebo else ("product", "with", "claims", "people")
    before = len(item.problems)
    members = item.members(required, optional)
    if name == PLACEBO and not is_placebo:
        item.refuse("duplicate", "placebo has a key of its own.", at_key=True)
    product = _read_product(members["product"], folder) if "product" in members else None
    doses = _read_doses(members.get("with"))
    claims = _read_claims(members.get("claims"))
    who = (
        _read_who(members["people"], folder, may_be_refused=may_be_refused)
        if "people" in members
        else None
    )
    if len(item.problems) > before:
        return None
    blamed = members.get("claims", item)
    return blamed.attempt(
        lambda: ScenarioArm(name=name, product=product, doses=doses, claims=claims, who=who)
    )


def _read_product(item: Item, folder: Path) -> Product | None:
    name = item.text(r"\S.*", "the name of a product file")
    if not name:
        return None
    try:
        return load_product(folder / name)
    except (InputError, RefusedError) as error:
        item.problems.extend(error.problems)  # at their own lines in their own file
        return None


def _read_doses(item: Item | None) -> tuple[Dose, ...]:
    found = []
    for name, entry in ({} if item is None else item.entries()).items():
        known = entry.attempt(partial(get_cofactor, name), at_key=True)
        amount = None if known is None else entry.quantity(known.unit)
        if known is not None and amount is not None:
            found.append(entry.attempt(partial(Dose, cofactor=known, amount=amount)))
    return tuple(dose for dose in found if dose is not None)


def _read_claims(item: Item | None) -> tuple[Claim, ...]:
    names = [x.name("Claim", all_claims()) for x in _elements(item, len(all_claims()))]
    known = [name for name in names if name is not None]
    if item is None or len(known) < len(names):
        return ()
    return item.attempt(lambda: switch(known)) or ()


def _read_who(item: Item, folder: Path, *, may_be_refused: bool) -> Who | None:
    """Return the people of a name, a mapping or a file; refused ones where that is expected."""
    if isinstance(item.node.value, dict):
        population = read_population(item)
        return None if population is None else Who(population=population)
    name = item.text(r"\S.*", "the name of a population, or of a file")
    if not name:
        return None
    if name in named_spreads():
        return Who(population=named_population(name))
    path = folder / name
    try:
        is_patient = path.is_file() and "patient" in _keys(path)
        read = read_patient if is_patient else read_population_file
        return Who(population=read(path), is_patient=is_patient)
    except RefusedError as error:
        if may_be_refused:
            return Who(population=None, refusal=error.message)
        item.problems.extend(error.problems)
    except InputError as error:
        item.problems.extend(error.problems)
    return None


def _keys(path: Path) -> set[str]:
    value = parse(read_text(path), str(path)).value
    return set(value) if isinstance(value, dict) else set()


def _read_expectation(item: Item, *, is_article: bool = False) -> Expectation | None:
    before = len(item.problems)
    required = ("says", "arm", "is") if is_article else ("arm", "is", "because")
    members = item.members(required, ("endpoint", "against", "ratio"))
    words = {key: members[key].text() for key in ("arm", "against", "because", "says")
             if key in members}  # fmt: skip
    directions = [d.value for d in Direction]
    direction = members["is"].name("Direction", directions) if "is" in members else None
    endpoint = members["endpoint"].name("Endpoint", ENDPOINTS) if "endpoint" in members else ""
    ratio = _read_ratio(members.get("ratio"))
    if len(item.problems) > before or direction is None or endpoint is None:
        return None
    return item.attempt(
        lambda: Expectation(direction=Direction(direction), endpoint=endpoint, ratio=ratio, **words)
    )


def _read_ratio(item: Item | None) -> tuple[float, float] | None:
    members = {} if item is None else item.members(("low", "high"))
    ends = [member.quantity("1") for member in members.values()]
    low, high = ends if len(ends) == len(("low", "high")) else (None, None)
    return None if low is None or high is None else (low, high)


def _read_jurisdiction(item: Item | None) -> str:
    if item is None:
        return DEFAULT_JURISDICTION
    return item.name("Jurisdiction", all_limits()) or DEFAULT_JURISDICTION


def _read_monitor(item: Item | None) -> dict[str, int]:
    found = {}
    for name, entry in ({} if item is None else item.entries()).items():
        weeks = entry.members(("every_weeks",)).get("every_weeks")
        every = None if weeks is None else weeks.whole(1, MAX_WEEKS)
        if name not in MEASURES:
            entry.refuse(
                "unknown_name",
                f"measure {name!r} is not known.",
                hint=f"Known: {', '.join(MEASURES)}.",
                at_key=True,
            )
        elif every is not None:
            found[name] = every
    return found
