"""Use case: scenarios of a clinic, run and held against what was expected of them."""

from experiments.scenarios.document import SCHEMA, VERSION, run_scenarios
from experiments.scenarios.finding import find_scenarios
from experiments.scenarios.page import render, write_page

__all__ = ["SCHEMA", "VERSION", "find_scenarios", "render", "run_scenarios", "write_page"]
