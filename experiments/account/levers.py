"""Assumed and estimated quantities that are moved one at a time, and what of a lane each moves."""

from experiments.account.lever import Lever
from experiments.account.product_levers import PRODUCT_LEVERS
from formulation.provenance import Quantity
from models.absorption import _parameters as gut
from models.disposition import _parameters as body
from models.disposition.kidney import TUBULAR_MAXIMUM
from models.simulator.equations import ABSORBING


def _segments(stem: str) -> tuple[str, ...]:
    return tuple(f"{stem}{i}" for i in ABSORBING)


def _pool(name: str) -> Quantity:
    return body.POOLS[name][0]


BODY_LEVERS: tuple[Lever, ...] = (
    Lever(title="Saturable capacity of the bowel", quantity=gut.VMAX, numbers=_segments("vmax")),
    Lever(title="Its half-saturation", quantity=gut.KM, numbers=_segments("half")),
    Lever(
        title="Passive (paracellular) rate", quantity=gut.PARACELLULAR, numbers=_segments("leak")
    ),
    Lever(
        title="Passive rate of the colon over that of the small bowel",
        quantity=gut.COLON_LEAK,
        numbers=(f"leak{gut.COLON}",),
    ),
    Lever(title="Magnesium a phytate holds", quantity=gut.PHYTATE_HELD, numbers=("sites",)),
    Lever(
        title="Weak ligands (oxalate that calcium leaves)",
        quantity=gut.OXALATE_LEFT,
        numbers=("weak",),
    ),
    Lever(
        title="Emptying of fluid from the fasted stomach",
        quantity=gut.EMPTYING_FASTED,
        numbers=("empty_fasted",),
    ),
    Lever(
        title="Emptying of solids from the fasted stomach",
        quantity=gut.EMPTYING_SOLID,
        numbers=("empty_solid",),
    ),
    Lever(title="Emptying after a meal", quantity=gut.EMPTYING_FED, numbers=("empty_fed",)),
    Lever(title="Acid between meals", quantity=gut.ACID_FASTED, numbers=("acid_fasted",)),
    Lever(title="Acid a meal leaves", quantity=gut.ACID_FED, numbers=("acid_fed",)),
    Lever(title="Protons of the colon", quantity=gut.ACID_COLON, numbers=("colon_acid",)),
    Lever(
        title="Magnesium secreted into the bowel", quantity=body.SECRETION, numbers=("secretion",)
    ),
    Lever(title="Extracellular volume", quantity=body.VOLUME, numbers=("volume",)),
    Lever(title="Tubular maximum of the kidney", quantity=TUBULAR_MAXIMUM, numbers=("tubular",)),
    Lever(
        title="Exchange with muscle",
        quantity=_pool("muscle"),
        numbers=("into_muscle", "from_muscle"),
    ),
    Lever(title="Exchange with bone", quantity=_pool("bone"), numbers=("into_bone", "from_bone")),
)
"""What of the body is moved; the transport constants are estimated, nearly all else is assumed.

The splay of the kidney is not among them: it is compiled into the equations."""

LEVERS = (*BODY_LEVERS, *PRODUCT_LEVERS)
"""All that may be moved; of those of products, each law says which concern it."""
