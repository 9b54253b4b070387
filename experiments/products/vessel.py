"""The vessel in which a product is dissolved: what a person states of it, and what is left out."""

from attrs import frozen

from experiments.config.product import Product
from experiments.datasets import state_medium
from formulation.delivery import FORM, Route
from formulation.errors import InputError
from formulation.profiles import FRANZ_CELL, MEDIA, Medium
from models.data.vessels import MAX_VOLUME_L, ML_PER_L, in_volume
from models.release import ReleaseLaw, release_law
from models.release.bench import bench_medium

MAX_VOLUME_ML = MAX_VOLUME_L * ML_PER_L
"""More than any vessel of a dissolution bench holds, [mL]."""


@frozen(kw_only=True)
class Vessel:
    """A vessel, and what of it nobody stated."""

    medium: Medium
    """The medium with its apparatus."""

    unstated: tuple[str, ...]
    """Which of ``medium``, ``apparatus``, ``rpm`` and ``volume_ml`` are the product's own."""


def choose_vessel(
    product: Product,
    *,
    medium: str | None = None,
    apparatus: str | None = None,
    rpm: float | None = None,
    volume_ml: float | None = None,
) -> Vessel:
    """Return the vessel a person states; what is left out is the product's own bench.

    Parameters
    ----------
    product : Product
        What is dissolved, [-].
    medium : str or None, optional
        Name or title of a medium, [-].
    apparatus : str or None, optional
        Apparatus or the start of its name, [-].
    rpm : float or None, optional
        Speed, [1/min].
    volume_ml : float or None, optional
        Volume; the acid goes with it, [mL].

    Returns
    -------
    Vessel
        The vessel, [-].

    Raises
    ------
    InputError
        A name is unknown, a number impossible, or the product does not go into such a vessel.
    """
    law = release_law(product.design)
    own = bench_medium(law)
    key = medium or next(name for name, known in MEDIA.items() if known == own)
    chosen = state_medium(key, apparatus, rpm).medium
    if volume_ml is not None:
        if not 0 < volume_ml <= MAX_VOLUME_ML:
            raise InputError(
                f"Volume {volume_ml:g} mL is impossible; 0 < volume <= {MAX_VOLUME_ML:g} mL.",
                hint="Give the medium of one vessel, such as --volume-ml 900.",
            )
        chosen = in_volume(chosen, volume_ml / ML_PER_L)
    _refuse_misfit(product, law, chosen)
    said = {"medium": medium, "apparatus": apparatus, "rpm": rpm, "volume_ml": volume_ml}
    return Vessel(medium=chosen, unstated=tuple(k for k, v in said.items() if v is None))


def _refuse_misfit(product: Product, law: ReleaseLaw, medium: Medium) -> None:
    """Refuse a patch outside a Franz cell, and anything else inside one."""
    design, cell = product.design, FRANZ_CELL
    kind = f"Product {product.name!r} ({design.system} {design.process[FORM]})"
    given = f"{medium.name} in {medium.apparatus}"
    is_receptor = medium.name.startswith(cell.name)
    if law.route is Route.SKIN and not (is_receptor and medium.apparatus == cell.apparatus):
        raise InputError(
            f"{kind} is worn on skin, and {given} was asked for; what a patch delivers is read"
            " under skin, in a Franz cell.",
            hint=f"Give --medium franz --apparatus '{cell.apparatus}', or leave both out.",
        )
    if law.route is not Route.SKIN and (is_receptor or medium.apparatus == cell.apparatus):
        media = ", ".join(name for name, known in MEDIA.items() if known != cell)
        raise InputError(
            f"{kind} is no patch, and {given} was asked for; a Franz cell holds skin over a few"
            " millilitres, and only a patch is laid on it.",
            hint=f"Choose a medium out of {media}, in 'USP 1 (basket)' or 'USP 2 (paddle)'.",
        )
