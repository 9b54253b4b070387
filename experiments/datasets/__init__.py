"""A laboratory's data: previewed, accepted as versions, and read back for fitting."""

from experiments.datasets.absorption import (
    AbsorptionPreview,
    measured_absorption,
    preview_absorption,
)
from experiments.datasets.accepting import Candidate, accept
from experiments.datasets.importing import Preview, preview
from experiments.datasets.originals import ORIGINALS_FOLDER, read_original
from experiments.datasets.versions import (
    DATA_FOLDER,
    KINDS,
    kind_of,
    measured_curves,
    version_ref,
)
from models.data.vessels import StatedMedium, state_medium

__all__ = [
    "DATA_FOLDER",
    "KINDS",
    "ORIGINALS_FOLDER",
    "AbsorptionPreview",
    "Candidate",
    "Preview",
    "StatedMedium",
    "accept",
    "kind_of",
    "measured_absorption",
    "measured_curves",
    "preview",
    "preview_absorption",
    "read_original",
    "state_medium",
    "version_ref",
]
