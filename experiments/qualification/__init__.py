"""The qualification of the simulator: the published panel predicted, judged, scored and shown.

Every number here is made by `models.panel`; this package states it as one document, from which the
command line, the page and the picture are made.
"""

from experiments.qualification.document import (
    PARAMETERS_SCHEMA,
    SCHEMA,
    VERSION,
    qualify,
    recalibrated,
)
from experiments.qualification.page import write_page
from experiments.qualification.picture import write_picture

__all__ = [
    "PARAMETERS_SCHEMA",
    "SCHEMA",
    "VERSION",
    "qualify",
    "recalibrated",
    "write_page",
    "write_picture",
]
