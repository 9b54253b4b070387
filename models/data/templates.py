"""Templates of the tables that can be imported: columns, what each means, and rows to go by.

The rows are examples, not measurements, and say so in their source. They import as they are, with
the recipe of `configs/products/citrate-tablet.yaml`.
"""

from attrs import frozen

from formulation.errors import UnknownNameError
from models.data.table_files import Cell, csv_bytes, workbook_bytes

EXAMPLE = "EXAMPLE, not measured"
"""How the source of a row begins that is an example of ours."""


@frozen(kw_only=True)
class Column:
    """One column of a template."""

    name: str
    """Heading, with its unit."""

    meaning: str
    """What stands in it."""

    is_needed: bool = False
    """Whether a table without it is refused."""


@frozen(kw_only=True)
class Template:
    """A table to fill in."""

    kind: str
    """What it holds."""

    title: str
    """What it is for, in one sentence."""

    columns: tuple[Column, ...]
    """Its columns, in their order."""

    examples: tuple[tuple[Cell, ...], ...]
    """Rows to go by."""


TEMPLATES: tuple[Template, ...] = (
    Template(
        kind="release",
        title="Release curves: one value at one time a row.",
        columns=(
            Column(
                name="product",
                meaning="Name of the formulation, as --products has it.",
                is_needed=True,
            ),
            Column(name="batch", meaning="Batch; each one is a curve of its own."),
            Column(
                name="vessel",
                meaning="Vessel or unit; those of a batch are averaged. Empty where the value is a"
                " mean already.",
            ),
            Column(
                name="time [min]",
                meaning="Time since the start; in s, min, h or d.",
                is_needed=True,
            ),
            Column(
                name="released [%]",
                meaning="Released so far, cumulative; in % or fraction of the label, or as mg, g,"
                " ug or mmol of magnesium. Empty where a sample was lost.",
                is_needed=True,
            ),
            Column(
                name="sd [%]",
                meaning="Standard deviation between vessels, where the value is a mean; in its"
                " unit.",
            ),
            Column(name="n", meaning="Vessels behind a mean."),
            Column(
                name="medium",
                meaning="hcl, water, acetate-4.5, phosphate-6.8, phosphate-7.4, acid-then-buffer,"
                " franz, or the title that goes with it.",
            ),
            Column(name="pH", meaning="pH of the medium."),
            Column(name="apparatus", meaning="USP 1 (basket), USP 2 (paddle) or Franz cell."),
            Column(name="rpm", meaning="Speed, in rounds a minute."),
            Column(name="temperature [degC]", meaning="Temperature; in degC, K or degF."),
            Column(name="volume [mL]", meaning="Volume of the medium; in mL, L or cm3."),
            Column(
                name="origin",
                meaning="measured or literature; empty counts as measured. What was simulated or"
                " assumed is refused.",
            ),
            Column(name="source", meaning="Where the curve comes from, such as a notebook page."),
        ),
        examples=tuple(
            (
                *("citrate-tablet", "1", None, time, released, sd, 6),
                *("hcl", 1.2, "USP 2 (paddle)", 50, 37, 900, None, EXAMPLE),
            )
            for time, released, sd in ((10, 35.5, 4.1), (20, 62.0, 3.2), (45, 94.5, 1.8))
        ),
    ),
    Template(
        kind="absorption",
        title="Absorption in people: one endpoint of one product a row.",
        columns=(
            Column(
                name="product",
                meaning="Name of the product, as --products has it, or of a form without a recipe.",
                is_needed=True,
            ),
            Column(
                name="dose [mg/d]",
                meaning="Elemental magnesium a day; in mg/d, g/d or mmol/d.",
                is_needed=True,
            ),
            Column(name="intakes_per_day", meaning="Occasions a day, 1 to 3.", is_needed=True),
            Column(name="with_meals", meaning="yes or no.", is_needed=True),
            Column(
                name="population",
                meaning="Named population that stands for the people, such as healthy_adults.",
                is_needed=True,
            ),
            Column(
                name="endpoint",
                meaning="absorbed_increment, fraction_absorbed, serum, serum_change, urine_change,"
                " red_cell_change, muscle_change or laxation_risk. A change is against the same"
                " people before it or, in a crossover, without it.",
                is_needed=True,
            ),
            Column(name="value", meaning="Mean over the people.", is_needed=True),
            Column(
                name="unit",
                meaning="Unit of value, sd and interval: mg/d, mmol/d or mEq/d; mmol/L, mg/dL or"
                " mEq/L; % or fraction.",
                is_needed=True,
            ),
            Column(name="sd", meaning="Standard deviation between the people."),
            Column(name="ci_low", meaning="Lower end of the 95 % interval of the mean; or sd."),
            Column(name="ci_high", meaning="Upper end of that interval."),
            Column(name="n", meaning="People behind the mean.", is_needed=True),
            Column(name="design", meaning="parallel or crossover.", is_needed=True),
            Column(
                name="source", meaning="Where it comes from: trial, notebook, DOI.", is_needed=True
            ),
        ),
        examples=(
            (
                *("citrate-tablet", 200, 2, "yes", "healthy_adults", "urine_change"),
                *(0.9, "mmol/d", 0.7, None, None, 14, "crossover", EXAMPLE),
            ),
            (
                *("citrate-tablet", 200, 2, "yes", "healthy_adults", "serum_change"),
                *(0.01, "mmol/L", None, -0.01, 0.03, 14, "crossover", EXAMPLE),
            ),
        ),
    ),
)
"""Every table that can be imported."""


def find_template(kind: str) -> Template:
    """Return the template of a kind of data.

    Parameters
    ----------
    kind : str
        ``release`` or ``absorption``, [-].

    Returns
    -------
    Template
        The template, [-].

    Raises
    ------
    UnknownNameError
        There is none.
    """
    for template in TEMPLATES:
        if template.kind == kind:
            return template
    raise UnknownNameError("Template", kind, (template.kind for template in TEMPLATES))


def template_csv(template: Template) -> bytes:
    """Return a template as a CSV file, each column explained above the header.

    Parameters
    ----------
    template : Template
        The template, [-].

    Returns
    -------
    bytes
        UTF-8 text, [-].
    """
    comments = [
        template.title,
        *(f"{c.name}: {'' if c.is_needed else '(optional) '}{c.meaning}" for c in template.columns),
        "The rows below are examples; put your own in their place.",
    ]
    return csv_bytes([[c.name for c in template.columns], *template.examples], comments)


def template_workbook(template: Template) -> bytes:
    """Return a template as an Excel workbook, the columns explained on a second sheet.

    Parameters
    ----------
    template : Template
        The template, [-].

    Returns
    -------
    bytes
        The workbook, [-].
    """
    notes: list[list[Cell]] = [["column", "needed", "what stands in it"]]
    notes += [[c.name, "yes" if c.is_needed else "no", c.meaning] for c in template.columns]
    notes.append([None, None, "The rows of the first sheet are examples; replace them."])
    header = [c.name for c in template.columns]
    return workbook_bytes(template.kind, [header, *template.examples], notes)
