"""Assumed and estimated quantities that are moved one at a time, and what of a lane each moves."""

from collections.abc import Callable

from attrs import evolve, frozen

from formulation.provenance import Quantity
from models.absorption import _parameters as gut
from models.disposition import _parameters as body
from models.disposition.kidney import TUBULAR_MAXIMUM
from models.release import ReleaseLaw
from models.release._base import PARTICLE_RADIUS
from models.simulator.equations import ABSORBING

UNSTATED_LOW, UNSTATED_HIGH = 0.7, 1.4
"""Factors where nobody stated a range, [-]."""


@frozen(kw_only=True)
class Lever:
    """One quantity, and the numbers of a lane that are proportional to it."""

    title: str
    """What it is."""

    quantity: Quantity
    """Value, range and source."""

    numbers: tuple[str, ...] = ()
    """Numbers of the subjects that rise in proportion."""

    changed: Callable[[ReleaseLaw, float], ReleaseLaw] | None = None
    """What a factor makes of the release law; None for a quantity of the body."""

    @property
    def ends(self) -> tuple[float, float]:
        """Low and high value: those stated, else a share of the value."""
        q = self.quantity
        low = UNSTATED_LOW * q.value if q.low is None else q.low
        return low, UNSTATED_HIGH * q.value if q.high is None else q.high


def _segments(stem: str) -> tuple[str, ...]:
    return tuple(f"{stem}{i}" for i in ABSORBING)


def _coarser(law: ReleaseLaw, factor: float) -> ReleaseLaw:
    """Return the law of particles so many times as large: they dissolve that much more slowly."""
    solids = tuple(
        evolve(
            solid,
            k_water_per_h=solid.k_water_per_h / factor,
            k_acid_l_per_mmol_h=solid.k_acid_l_per_mmol_h / factor,
        )
        for solid in law.solids
    )
    return evolve(law, solids=solids)


def _pool(name: str) -> Quantity:
    return body.POOLS[name][0]


LEVERS: tuple[Lever, ...] = (
    Lever(title="Saturable capacity of the bowel", quantity=gut.VMAX, numbers=_segments("vmax")),
    Lever(title="Its half-saturation", quantity=gut.KM, numbers=_segments("half")),
    Lever(
        title="Passive (paracellular) rate", quantity=gut.PARACELLULAR, numbers=_segments("leak")
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
    Lever(title="Particle radius of the salt", quantity=PARTICLE_RADIUS, changed=_coarser),
)
"""What is moved; the transport constants are estimated, nearly everything else is assumed."""
