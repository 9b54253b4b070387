"""Release: from a design to its law, and from a law to the curve of a bench vessel."""

from collections.abc import Mapping

from formulation.design import Design
from formulation.errors import UnknownNameError
from models.release._base import Coat, ReleaseLaw, ReleaseModel, Solid
from models.release.gel import gel_law
from models.release.matrix import matrix_law
from models.release.membrane import membrane_law
from models.release.nanoparticle import nanoparticle_law
from models.release.tablet import tablet_law
from models.release.vessel import dissolve

__all__ = [
    "RELEASE_MODELS",
    "Coat",
    "ReleaseLaw",
    "ReleaseModel",
    "Solid",
    "dissolve",
    "release_law",
]

RELEASE_MODELS: Mapping[str, ReleaseModel] = {
    "immediate_release": tablet_law,
    "timed_release": matrix_law,
    "lipid_nanoparticle": nanoparticle_law,
    "mucoadhesive_gel": gel_law,
    "transdermal": membrane_law,
}
"""Release model of each delivery system."""


def release_law(design: Design) -> ReleaseLaw:
    """Return the release law of one unit.

    Parameters
    ----------
    design : Design
        A design of any system, [-].

    Returns
    -------
    ReleaseLaw
        Its law, [-].

    Raises
    ------
    UnknownNameError
        No release model is known for the design's system.
    """
    if design.system not in RELEASE_MODELS:
        raise UnknownNameError("Delivery system", design.system, RELEASE_MODELS)
    return RELEASE_MODELS[design.system](design)
