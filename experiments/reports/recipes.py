"""Recipes of candidates: of one unit in mg and % w/w, and of a batch in g as they are weighed."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.reports.process_words import process_text
from experiments.reports.tables import Column, Table
from experiments.reports.wording import component_name, form_title
from formulation.delivery import get_system
from formulation.errors import InputError

BATCH_G = 500.0
"""Mass of a laboratory batch where none is stated, [g]."""

COMPARED = ", the plain tablet it is compared with"
"""Role of the comparator, behind its label."""

MG_PER_G = 1000.0

BATCH_STEP_G = 0.01
"""Grid on which the components of a batch are weighed, [g]."""

LEAST_BATCH_G, MOST_BATCH_G = 1.0, 1_000_000.0
"""Batches that a recipe is written for, [g]."""


def check_batch(batch_g: float) -> None:
    """Refuse a batch that nobody weighs.

    Parameters
    ----------
    batch_g : float
        Mass of the batch, [g].

    Raises
    ------
    InputError
        It is no number from `LEAST_BATCH_G` to `MOST_BATCH_G`.
    """
    if not LEAST_BATCH_G <= batch_g <= MOST_BATCH_G:
        raise InputError(
            f"Batch of {batch_g:g} g: {LEAST_BATCH_G:g} to {MOST_BATCH_G:,.0f} g can be written.",
            hint="State its mass in g, such as --batch-g 500.",
        )


def batch_g(amounts_mg: Mapping[str, float], whole_g: float) -> dict[str, float]:
    """Return what is weighed for a batch; the sum is exact.

    Parameters
    ----------
    amounts_mg : mapping of str to float
        Recipe of one unit by component, [mg].
    whole_g : float
        Mass of the batch, [g].

    Returns
    -------
    dict of str to float
        Mass of each component on the grid of `BATCH_STEP_G`; the largest takes what rounding
        leaves, [g].

    Examples
    --------
    >>> batch_g({"salt": 200.0, "mcc": 100.0, "stearate": 3.0}, 500)
    {'salt': 330.03, 'mcc': 165.02, 'stearate': 4.95}
    """
    unit_mg = sum(amounts_mg.values())
    steps = {name: round(whole_g * mg / unit_mg / BATCH_STEP_G) for name, mg in amounts_mg.items()}
    largest = max(amounts_mg, key=lambda name: amounts_mg[name])
    steps[largest] += round(whole_g / BATCH_STEP_G) - sum(steps.values())
    return {name: round(n * BATCH_STEP_G, 2) for name, n in steps.items()}


def weighing_table(candidate: Mapping[str, Any], whole_g: float = BATCH_G, role: str = "") -> Table:
    """Return the recipe of one candidate, one row a component.

    Parameters
    ----------
    candidate : mapping
        A member of the document's front or of its plain tablets, [-].
    whole_g : float, optional
        Mass of the batch, [g].
    role : str, optional
        What it is, said behind its label, [-].

    Returns
    -------
    Table
        Per unit and per batch, with the sum in the last row, [-].
    """
    design, mass = candidate["design"], candidate["unit_mass_mg"]
    amounts = _amounts(candidate)
    weighed = batch_g(amounts, whole_g)
    n_units = int(whole_g * MG_PER_G / mass)
    rows = [
        (
            component_name(name, design),
            f"{mg:.1f}",
            f"{100 * mg / mass:.1f}",
            f"{weighed[name]:.2f}",
        )
        for name, mg in amounts.items()
    ]
    rows.append(("Sum", f"{mass:.1f}", "100.0", f"{sum(weighed.values()):.2f}"))
    how = "; ".join(filter(None, (form_title(design), process_text(design))))
    return Table(
        caption=f"{candidate['label']}{role}, to weigh: one unit, and a batch of {whole_g:g} g for"
        f" {n_units:,} units, without loss or overage; the largest component takes what rounding to"
        f" {BATCH_STEP_G:g} g leaves. {how}. Taken as {candidate['regimen']}.",
        columns=(
            Column(title="Component"),
            Column(title="One unit", unit="mg", is_number=True),
            Column(title="Share", unit="% w/w", is_number=True),
            Column(title=f"Batch of {whole_g:g} g", unit="g", is_number=True),
        ),
        rows=tuple(rows),
    )


def recipe_tables(document: Mapping[str, Any], whole_g: float = BATCH_G) -> tuple[Table, ...]:
    """Return the recipes of the front, one table a delivery system.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    whole_g : float, optional
        Mass of the batch, [g].

    Returns
    -------
    tuple of Table
        Amounts per unit in mg and % w/w, and of a batch in g, [-].
    """
    tables = []
    for system in document["study"]["systems"]:
        members = [c for c in document["front"] if c["design"]["system"] == system]
        if members:
            tables.append(_recipe_table(system, members, whole_g))
    return tuple(tables)


def _recipe_table(system: str, members: Sequence[Mapping[str, Any]], whole_g: float) -> Table:
    return Table(
        caption=f"{get_system(system).title}: recipe of one unit, each component in mg and % w/w,"
        f" then what a batch of {whole_g:g} g takes of it in g, without loss or overage; the mass"
        " of the unit stands above its elemental magnesium.",
        columns=(
            Column(title="Candidate, salt and process"),
            Column(title=f"One unit; batch of {whole_g:g} g", unit="mg, % w/w; g"),
            Column(title="Unit, elemental Mg", unit="mg", is_number=True),
        ),
        rows=tuple(_recipe_row(c, whole_g) for c in members),
    )


def _recipe_row(candidate: Mapping[str, Any], whole_g: float) -> tuple[str, ...]:
    mass, design = candidate["unit_mass_mg"], candidate["design"]
    amounts = _amounts(candidate)
    weighed = batch_g(amounts, whole_g)
    content = f"{design['salt'].replace('_', ' ')}, {design['salt_mg_pct']:g} % Mg"
    if design.get("second_salt"):
        second = design["second_salt"].replace("_", " ")
        content += f"; with {second}, {design['second_mg_pct']:g} % Mg"
    if candidate.get("is_recommended"):
        content = f"recommended; {content}"
    lines = [f"{candidate['label']}: {content}", form_title(design), process_text(design)]
    return (
        "\n".join(filter(None, lines)),
        "\n".join(
            f"{component_name(name, design)}: {mg:.1f}, {100 * mg / mass:.1f} %;"
            f" {weighed[name]:.2f}"
            for name, mg in amounts.items()
        ),
        f"{mass:.1f}\n{candidate['elemental_mg_per_unit']:.1f}",
    )


def _amounts(candidate: Mapping[str, Any]) -> dict[str, float]:
    return {name: mg for name, mg in candidate["recipe_mg"].items() if mg > 0}
