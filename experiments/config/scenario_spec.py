"""What a scenario file says, checked: people, arms, what is expected of them, and why.

A scenario states its placebo arm with the co-factors it takes, none included, and what physics or a
publication lets one expect before anything is run. What a popular article says is kept beside that
and judged by the same rule, so that a page can say where the two part.
"""

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from experiments.config.product import Product
from formulation.claims import Claim, check_once
from formulation.cofactors import Dose, check_claims
from formulation.design import Design
from formulation.errors import InputError, UnknownNameError
from formulation.modulators import Target
from formulation.patients import Population

PLACEBO = "placebo"
"""Name of the arm without magnesium, which every scenario has."""

EVERY_ARM = "every arm"
"""Where claims about the people are switched on."""

SHARE = "fraction_absorbed"
"""Endpoint that only a product has, where its co-factors are those of the placebo arm."""

CRAMPS = "cramps"
"""Endpoint of claims alone."""

ENDPOINTS = (
    *("absorbed_increment", "fraction_absorbed", "serum", "serum_change", "urine_change"),
    *("red_cell_change", "muscle_change", "soluble_unabsorbed_load", "peak_gut_load"),
    *("laxation_risk", CRAMPS),
)
"""What may be expected of an arm."""

MEASURED = (
    *("absorbed_increment", "fraction_absorbed", "serum", "serum_change", "urine_change"),
    "laxation_risk",
)
"""Those of which a trial's size can be told, so that a difference may be not worth one."""


class Direction(StrEnum):
    """How an arm is expected to stand to another."""

    HIGHER = "higher"
    LOWER = "lower"
    NO_DIFFERENT = "no_different"
    REFUSED = "refused"


@frozen(kw_only=True)
class Who:
    """Who takes something."""

    population: Population | None
    """Spreads, size and seed; None for people to whom nothing is offered."""

    is_patient: bool = False
    """Whether it is one person from a patient file."""

    refusal: str = ""
    """Why nothing is offered to them; empty for everybody else."""


@frozen(kw_only=True)
class ScenarioArm:
    """What some people take.

    Raises
    ------
    InputError
        A claim about a co-factor is switched on, and nobody takes that co-factor.
    """

    name: str
    """Name it is compared by."""

    product: Product | None = None
    """What brings the magnesium; None for co-factors alone, or nothing."""

    doses: tuple[Dose, ...] = ()
    """Co-factors, from the first day on."""

    claims: tuple[Claim, ...] = ()
    """Claims switched on in this arm, from its first day on."""

    who: Who | None = None
    """Who takes it, where it is not the people of the scenario."""

    def __attrs_post_init__(self) -> None:
        check_claims(self.claims, self.doses)


@frozen(kw_only=True)
class Expectation:
    """What is expected of an arm, before anything is run.

    Raises
    ------
    InputError
        Something is missing, or does not belong to this direction.
    """

    arm: str
    """Arm it is about."""

    direction: Direction
    """How it stands to the other."""

    endpoint: str = ""
    """Endpoint; empty for a refusal."""

    against: str = ""
    """Arm it is compared with; empty for a refusal."""

    ratio: tuple[float, float] | None = None
    """Ends between which the ratio of the medians counts as no different; None for what no trial
    would show."""

    because: str = ""
    """What it follows from."""

    says: str = ""
    """Sentence of the popular article that it stands for; empty for an expectation of ours."""

    def __attrs_post_init__(self) -> None:
        is_refusal = self.direction is Direction.REFUSED
        if is_refusal == bool(self.endpoint and self.against):
            wanted = "neither endpoint nor against" if is_refusal else "endpoint and against"
            raise InputError(f"Expectation of {self.arm!r}: {self.direction} takes {wanted}.")
        if self.arm == self.against:
            raise InputError(f"Expectation of {self.arm!r}: an arm is not compared with itself.")
        if self.ratio is not None and self.direction is not Direction.NO_DIFFERENT:
            raise InputError(f"Expectation of {self.arm!r}: a ratio belongs to no_different.")
        if self.ratio is not None and not 0 < self.ratio[0] < 1 < self.ratio[1]:
            raise InputError(
                f"Expectation of {self.arm!r}: a ratio of {self.ratio[0]:g} to {self.ratio[1]:g} is"
                " impossible; it must lie around 1."
            )
        needs_ratio = self.direction is Direction.NO_DIFFERENT and self.endpoint not in MEASURED
        if needs_ratio and self.ratio is None:
            raise InputError(
                f"Expectation of {self.arm!r}: no trial's size is known for {self.endpoint}.",
                hint="State 'ratio: {low: ..., high: ...}', or another endpoint.",
            )


@frozen(kw_only=True)
class Scenario:
    """People, what they take, and what is expected.

    Raises
    ------
    InputError
        An expectation is about an arm that is refused, or people are refused unexpectedly.
    UnknownNameError
        An expectation names an arm that is not there.
    """

    name: str
    """Short name."""

    question: str
    """What is asked."""

    who: Who
    """Who takes the arms that do not say it themselves."""

    days: int
    """Days they are followed, [d]."""

    jurisdiction: str
    """Whose limits the products are held against."""

    placebo: ScenarioArm
    """Those without magnesium, with the co-factors they take."""

    arms: tuple[ScenarioArm, ...]
    """Everybody else."""

    expected: tuple[Expectation, ...]
    """What is expected."""

    article: tuple[Expectation, ...] = ()
    """What a popular article says."""

    claims: tuple[Claim, ...] = ()
    """Claims taken as true of all these people, from before the first day on."""

    monitor: Mapping[str, int] = field(factory=dict)
    """What is asked to be measured besides the plan: measure to every so many weeks."""

    not_predicted: tuple[str, ...] = ()
    """What one would like to know and no model here tells."""

    def __attrs_post_init__(self) -> None:
        for arm in (self.placebo, *self.arms):
            check_once(self.claims, arm.claims)
        for expectation in (*self.expected, *self.article):
            self._check(expectation)

    def who_takes(self, arm: ScenarioArm) -> Who:
        """Return who takes an arm.

        Parameters
        ----------
        arm : ScenarioArm
            One of this scenario, [-].

        Returns
        -------
        Who
            The arm's own people, or those of the scenario, [-].
        """
        return arm.who or self.who

    def has_share_of_dose(self, arm: ScenarioArm) -> bool:
        """Tell whether all that an arm absorbs beyond the placebo arm comes of its product.

        Parameters
        ----------
        arm : ScenarioArm
            One of this scenario, [-].

        Returns
        -------
        bool
            False without a product, or where co-factors change what is taken up of the diet, [-].
        """
        return arm.product is not None and arm.doses == self.placebo.doses

    @property
    def switched_on(self) -> dict[str, tuple[Claim, ...]]:
        """Claims by the arm they act in; ``every arm`` for those of the people."""
        found = {EVERY_ARM: self.claims, **{arm.name: arm.claims for arm in self.arms}}
        return {name: claims for name, claims in found.items() if claims}

    def designs_of(self, name: str) -> tuple[Design | None, ...]:
        """Return what is taken where claims are switched on.

        Parameters
        ----------
        name : str
            An arm, or ``every arm``, [-].

        Returns
        -------
        tuple of Design or None
            None for an arm without a product, [-].
        """
        arms = [arm for arm in self.arms if name in (arm.name, EVERY_ARM)]
        return tuple(None if arm.product is None else arm.product.design for arm in arms)

    @property
    def tells_cramps(self) -> bool:
        """Whether a claim on cramps is switched on somewhere; else nobody predicts them."""
        switched = (claim for claims in self.switched_on.values() for claim in claims)
        return any(claim.target is Target.CRAMPS for claim in switched)

    def _check(self, expectation: Expectation) -> None:
        arms = {arm.name: arm for arm in (self.placebo, *self.arms)}
        for name in filter(None, (expectation.arm, expectation.against)):
            if name not in arms:
                raise UnknownNameError("Arm", name, arms)
            refusal = self.who_takes(arms[name]).refusal
            if refusal and expectation.direction is not Direction.REFUSED:
                raise InputError(f"Arm {name!r} is refused, so nothing can be expected of it.")
            if expectation.endpoint == SHARE and not self.has_share_of_dose(arms[name]):
                raise InputError(
                    f"Arm {name!r} has no {SHARE}: what it absorbs beyond the placebo arm is not"
                    " only of its product.",
                    hint="Expect absorbed_increment, or give the placebo arm the same co-factors.",
                )
        if expectation.endpoint == CRAMPS and not self.tells_cramps:
            raise InputError(
                f"Expectation of {expectation.arm!r}: no model predicts {CRAMPS}.",
                hint="Switch on the claim cramp_frequency in an arm, or leave it out.",
            )
        pair = [arms[name] for name in (expectation.arm, expectation.against) if name]
        if len({self.who_takes(arm).is_patient for arm in pair}) > 1:
            raise InputError(
                f"Arms {pair[0].name!r} and {pair[1].name!r}: one patient and a population cannot"
                " be compared."
            )
