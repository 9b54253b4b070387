"""What a run must reach: the numbers that may be required, and how a study did on them."""

from experiments.requirements.reading import (
    Outcome,
    Requirement,
    outcomes,
    problems_of,
    read_requirements,
    requirements_of_stored,
)

__all__ = [
    "Outcome",
    "Requirement",
    "outcomes",
    "problems_of",
    "read_requirements",
    "requirements_of_stored",
]
