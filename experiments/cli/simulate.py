"""``formulation simulate``: a product in virtual people, or in one patient."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli.output import emit_json, emit_lines, note, table_lines, terminal_width

if TYPE_CHECKING:
    from experiments.config.product import Product
    from formulation.profiles import Medium

PAGE_ONLY = ("comparison", "curves")
"""Tables that the answer and the page tell better than a terminal."""

LABEL = 11
"""Width of the words in front of a line, [-] (characters)."""


def register(app: typer.Typer) -> None:
    """Add the command to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    app.command("simulate")(simulate)


def simulate(
    product: Annotated[Path, typer.Argument(help="Product file (YAML).", show_default=False)],
    population: Annotated[
        str | None,
        typer.Option("--population", help="Name or file; default: healthy_adults, which it says."),
    ] = None,
    patient: Annotated[
        Path | None, typer.Option("--patient", help="Patient file (YAML), instead.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", help="Product file to compare with.")
    ] = None,
    days: Annotated[int, typer.Option("--days", help="Days it is taken.")] = 42,
    size: Annotated[int | None, typer.Option("--size", help="Virtual subjects.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of their draw.")] = None,
    jurisdiction: Annotated[
        str, typer.Option("--jurisdiction", help="Whose limits: EU or US.")
    ] = "EU",
    claim: Annotated[
        list[str] | None,
        typer.Option("--claim", help="Claim to switch on, as if it were true; repeat for more."),
    ] = None,
    vessel: Annotated[
        str | None, typer.Option("--vessel", help="Bench medium to show beside: hcl, water …")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Page to write (HTML, one file).")
    ] = None,
    subjects: Annotated[
        Path | None,
        typer.Option("--subjects", help="Table to write (CSV): a line for every subject."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", help="Folder to write: one case for other tools, SBML and CSV."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Simulate a product in a population or a patient, against the same days without it."""
    from experiments import simulation
    from experiments.config.product import load_product
    from formulation.claims import switch
    from formulation.errors import RefusedError

    made = load_product(product)
    other = None if compare is None else load_product(compare)
    request = simulation.Request(
        product=made,
        other=other,
        people=simulation.choose_people(population, patient, size=size, seed=seed),
        days=days,
        jurisdiction=jurisdiction,
        claims=switch(claim or ()),
        medium=_medium(vessel, made, other),
    )
    _check_places(report, subjects, export, days)
    simulated = simulation.run(request)
    document = simulation.document_of(simulated)
    if subjects is not None:
        note(f"Subjects: {simulation.write_subjects(simulated, subjects)}")
    if export is not None:
        note(f"Case: {simulation.write_case(simulated, export)}")
    if report is not None:
        note(f"Page: {simulation.write_page(document, report)}")
    if as_json:
        emit_json(document)
    else:
        emit_lines(_lines(document, terminal_width()))
    if "refused" in (told["risk"]["class"] for told in simulation.arms_told(document)):
        raise typer.Exit(RefusedError.exit_code)


def _check_places(
    report: Path | None, subjects: Path | None, export: Path | None, days: int
) -> None:
    """Refuse what could not be written, before anything is simulated."""
    from experiments import simulation
    from formulation.errors import InputError

    if report is not None:
        simulation.check_writable(report)
    if subjects is not None:
        simulation.check_table(subjects)
        if report is not None and report.absolute() == subjects.absolute():
            raise InputError(
                f"Page and table cannot both be {report}.",
                hint="Give --report and --subjects files of their own.",
            )
    if export is not None:
        simulation.check_folder(export, days)


def _medium(name: str | None, *made: "Product | None") -> "Medium | None":
    """Return the medium of a name, which every product has to go into."""
    from experiments.products import choose_vessel

    if name is None:
        return None
    media = tuple(choose_vessel(p, medium=name).medium for p in made if p is not None)
    return media[0]


def _lines(document: Mapping[str, Any], width: int) -> Iterator[str]:
    from experiments.simulation.wording import answer, details, head

    for label, text in head(document):
        yield from _labelled(label, text, width)
    yield ""
    yield from _labelled("Answer", answer(document), width)
    for text in details(document):
        yield from _labelled("", text, width)
    yield from _tables(document, width)
    yield from _after(document, width)


def _tables(document: Mapping[str, Any], width: int) -> Iterator[str]:
    """Yield the tables of the page as text."""
    from experiments.simulation.tables import tables

    for name, table in tables(document).items():
        if table.rows and name not in PAGE_ONLY:
            yield ""
            yield from wrap(table.caption, width)
            heads = [c.title if c.unit == "-" else f"{c.title} [{c.unit}]" for c in table.columns]
            yield from table_lines(heads, table.rows, width)


def _after(document: Mapping[str, Any], width: int) -> Iterator[str]:
    yield ""
    for text in document["monitoring"]["remarks"]:
        yield from _labelled("Plan", text, width)
    error = document["quality"]["mass_balance_error"]
    yield from _labelled("Balance", f"magnesium is accounted for to {error:.0e} of it", width)


def _labelled(label: str, text: str, width: int) -> list[str]:
    return wrap(text, width, initial_indent=label.ljust(LABEL), subsequent_indent=" " * LABEL)
