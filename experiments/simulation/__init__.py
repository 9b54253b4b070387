"""Use case: one product, or two, in virtual people or in one patient, told with its reasons."""

from experiments.simulation.document import SCHEMA, VERSION, document_of, run, simulate
from experiments.simulation.export import check_folder, write_case
from experiments.simulation.page import check_writable, render, write_page
from experiments.simulation.people import check_table, write_subjects
from experiments.simulation.request import People, Request, choose_people
from experiments.simulation.wording import arms_told

__all__ = [
    "SCHEMA",
    "VERSION",
    "People",
    "Request",
    "arms_told",
    "check_folder",
    "check_table",
    "check_writable",
    "choose_people",
    "document_of",
    "render",
    "run",
    "simulate",
    "write_case",
    "write_page",
    "write_subjects",
]
