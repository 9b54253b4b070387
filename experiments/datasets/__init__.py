"""A laboratory's release curves: previewed, accepted as versions, and read back for fitting."""

from experiments.datasets.importing import Preview, StatedMedium, accept, preview, state_medium
from experiments.datasets.versions import DATA_FOLDER, measured_curves, version_ref

__all__ = [
    "DATA_FOLDER",
    "Preview",
    "StatedMedium",
    "accept",
    "measured_curves",
    "preview",
    "state_medium",
    "version_ref",
]
