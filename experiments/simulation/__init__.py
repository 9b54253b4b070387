"""Use case: one product, or two, in virtual people or in one patient, told with its reasons."""

from experiments.simulation.document import SCHEMA, VERSION, simulate
from experiments.simulation.page import check_writable, render, write_page
from experiments.simulation.request import People, Request, choose_people
from experiments.simulation.wording import arms_told

__all__ = [
    "SCHEMA",
    "VERSION",
    "People",
    "Request",
    "arms_told",
    "check_writable",
    "choose_people",
    "render",
    "simulate",
    "write_page",
]
