"""The words of an exported case: what it is, what its files hold, and how to compare."""

from collections.abc import Iterator
from importlib.metadata import version
from textwrap import fill

from experiments.simulation.document import NOTICE, Simulated
from formulation import DISTRIBUTION
from formulation.claims import announcement

WIDTH = 96
"""Characters of a line, [-]."""

FILES = """\
equations/fluxes.csv       every flux: the state it leaves, the state it enters, its rate and unit;
                           what it takes beside (acid), and how much for a unit that moves
equations/definitions.csv  names for parts of the rates, each in terms of what stands before it
equations/integrals.csv    rates that are only summed up
equations/constants.csv    numbers that are the same for everybody
equations/inputs.csv       numbers that hold during a step: what each column of forcing.csv is
subject.csv                the subject, field by field
intakes.csv                the schedule: hours from the start of the first day, and units
salts.csv                  what is known of the salts, with sources
endpoints.csv              what this program makes of the last day
with_product/              the same files for each arm:
without_product/
  states.csv               every state, and where it stands at the start
  parameters.csv           numbers of subject and product, what they are made of, and sources
  forcing.csv              the inputs during every step
  model.xml                all of it as SBML Level 3 Version 1, each change of an input an event
  trajectory.csv           every state after every step, as this program integrates it
"""
"""What stands in the folder."""

RECIPES = (
    "made_of is a formula of names: CAPITALS are quantities of the program, small letters the"
    " fields of subject.csv, [brackets] modulators (formulation data show modulators) and claims"
    " that are switched on, {braces} tables of the program. Sources are keys of its bibliography."
)
"""How to read where a number comes from."""

HOW = (
    "Integrate model.xml to the times of trajectory.csv and compare the columns. Amounts are in"
    " mmol, acid in mEq, time in h. Inputs are constant during a step. The uptake adapts once a"
    " day; its level is an input (adaptation), as this program found it. The states start at the"
    " steady state of the subject's diet. This program takes steps that all subjects share, and"
    " another one its own: what the body holds and what has left it agree to about 1 in 10,000, the"
    " differences between the arms to about 3 in 10,000, and what passes the gut within minutes,"
    " such as the last particles of a salt, to about 1 in 100 of its peak."
)
"""How to compare, and how well it may be expected to agree."""


def readme(simulated: Simulated, subject: int) -> str:
    """Return the words that stand beside the files of a case.

    Parameters
    ----------
    simulated : Simulated
        What was run, [-].
    subject : int
        Who of them it is, from 0, [-].

    Returns
    -------
    str
        Plain text, [-].
    """
    paragraphs = (fill(text, WIDTH) for text in _paragraphs(simulated, subject))
    return "\n\n".join([*paragraphs, FILES.rstrip(), fill(RECIPES, WIDTH), fill(HOW, WIDTH)]) + "\n"


def _paragraphs(simulated: Simulated, subject: int) -> Iterator[str]:
    request, product = simulated.request, simulated.request.product
    design, people = product.design, request.people
    yield f"One case of {DISTRIBUTION} {version(DISTRIBUTION)}, for other tools"
    yield NOTICE
    if request.claims:
        yield announcement(request.claims, [design])
    amounts = ", ".join(f"{name} {mg:g} mg" for name, mg in design.amounts_mg.items())
    yield (
        f"Product {product.name}: {design.system}, salt {design.salt_name}; {amounts}; taken as"
        f" {design.regimen}, {design.elemental_mg_per_day:.4g} mg of elemental magnesium a day, for"
        f" {request.days} day{'s' if request.days > 1 else ''}."
    )
    name = people.population.name.replace("_", " ")
    if people.is_patient:
        yield f"Subject: patient {name}."
    else:
        yield (
            f"Subject: number {subject} (from 0) of {people.population.size:,} of {name}, seed"
            f" {people.population.seed}: the one whose absorbed increment is nearest the median."
        )
