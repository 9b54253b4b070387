"""Designs to endpoint values and limit slacks: pure, picklable, the same on every executor."""

from collections.abc import Sequence
from math import isfinite

from attrs import field, frozen

from experiments.prediction import Prediction
from experiments.readings import Aim, Judging, chain_keys, read_aims
from formulation.attributes import unpriced
from formulation.design import Design
from formulation.endpoint_keys import get_endpoint
from formulation.endpoints import ENDPOINTS, STATISTICS, Scope
from formulation.patients import Population
from formulation.targets import Objective, OutcomeLimit
from models.chain import Chain, EndpointTable
from models.learning.applicability import FAR_PCT

REPORTED = tuple(
    f"{e.name}.{statistic}" if e.scope is Scope.POPULATION else e.name
    for e in ENDPOINTS
    if e.scope is not Scope.STUDY
    for statistic in (STATISTICS if e.scope is Scope.POPULATION else ("",))
)
"""Endpoint keys kept for every trial, whatever the study asks for."""


def unpriced_keys(design: Design) -> frozenset[str]:
    """Return the endpoints a design does not have because a price is unknown.

    Parameters
    ----------
    design : Design
        Any design, [-].

    Returns
    -------
    frozenset of str
        Keys of `REPORTED`; none when every ingredient has a price, [-].
    """
    if not unpriced(design):
        return frozenset()
    return frozenset(key for key in REPORTED if get_endpoint(key).needs_prices)


EXTRAPOLATION = "extrapolation"
"""Begins the name of the limit on how far a design may lie from the training data."""

EXTRAPOLATION_LIMIT = f"{EXTRAPOLATION} <= {FAR_PCT:g} percent"
"""Name of that limit: the percentile of the distance, as `EndpointTable.reach_pct` counts it."""


@frozen(kw_only=True)
class Task:
    """One design to evaluate."""

    number: int
    """Trial number in the study."""

    design: Design
    """What to evaluate."""


@frozen(kw_only=True)
class Outcome:
    """What came out of one design."""

    number: int
    """Trial number in the study."""

    values: dict[str, float] = field(factory=dict)
    """Values by endpoint key; empty when the evaluation failed."""

    lo90: dict[str, float] = field(factory=dict)
    """Lower ends of the 90 % intervals."""

    hi90: dict[str, float] = field(factory=dict)
    """Upper ends of the 90 % intervals."""

    slacks: dict[str, float] = field(factory=dict)
    """Distance to each limit; below zero it is missed."""

    reasons: tuple[str, ...] = ()
    """Why it is infeasible or failed; extrapolations too."""

    origin: str = ""
    """Where the numbers come from."""

    @property
    def has_failed(self) -> bool:
        """Whether no usable number came out."""
        return not self.values


@frozen(kw_only=True)
class StudyEvaluator:
    """Evaluates chunks of a study's designs with one chain."""

    chain: Chain
    """What answers."""

    population: Population
    """Who takes the products."""

    objectives: tuple[Objective, ...]
    """What is wanted."""

    limits: tuple[OutcomeLimit, ...]
    """What must hold."""

    forbids_extrapolation: bool = False
    """Whether a design far from what the chain was fitted on is infeasible."""

    judging: Judging = field(factory=Judging)
    """How values are read besides."""

    neighbours_by: Chain | None = None
    """What evaluates neighbours and curves; None for the chain itself."""

    @property
    def aims(self) -> tuple[Aim, ...]:
        """Objectives, then limits."""
        return (*self.objectives, *self.limits)

    def __call__(self, tasks: Sequence[Task]) -> tuple[Outcome, ...]:
        """Evaluate a chunk.

        Parameters
        ----------
        tasks : sequence of Task
            Designs with their trial numbers, [-].

        Returns
        -------
        tuple of Outcome
            In the order of the tasks, [-].
        """
        designs, aims = [t.design for t in tasks], self.aims
        keys = tuple(dict.fromkeys((*REPORTED, *chain_keys(aims))))
        table = self.chain.evaluate(designs, self.population, keys)
        by = self.neighbours_by or self.chain
        read = read_aims(aims, designs, table, self.judging, by, self.population)
        return tuple(self._outcome(task, table, k, read[k]) for k, task in enumerate(tasks))

    def _outcome(
        self, task: Task, table: EndpointTable, k: int, read: tuple[Prediction, ...]
    ) -> Outcome:
        unpriced = unpriced_keys(task.design)
        values, lo90, hi90 = (
            {key: x for key, x in zip(table.keys, row.tolist(), strict=True) if key not in unpriced}
            for row in (table.value[k], table.lo90[k], table.hi90[k])
        )
        of_aim = dict(zip(self.aims, read, strict=True))
        for aim, found in of_aim.items():
            if aim.endpoint not in values:
                values[aim.endpoint] = found.value
                lo90[aim.endpoint], hi90[aim.endpoint] = found.low, found.high
        broken = sorted(
            key for key in values if not all(map(isfinite, (values[key], lo90[key], hi90[key])))
        )
        if broken:
            return Outcome(
                number=task.number,
                reasons=(f"the model gave no finite number for {', '.join(broken[:3])}",),
                origin=table.origin.value,
            )
        slacks = {limit.name: limit.slack(of_aim[limit].value) for limit in self.limits}
        missed = [limit.reason(of_aim[limit].value) for limit in self.limits]
        remarks = table.reasons[k] if table.reasons else ()
        if self.forbids_extrapolation and table.reach_pct is not None:
            slacks[EXTRAPOLATION_LIMIT] = FAR_PCT - float(table.reach_pct[k])
            if slacks[EXTRAPOLATION_LIMIT] < 0:
                missed.append(f"too far from the training data: {'; '.join(remarks)}")
                remarks = ()
        return Outcome(
            number=task.number,
            values=values,
            lo90=lo90,
            hi90=hi90,
            slacks=slacks,
            reasons=(*(reason for reason in missed if reason), *remarks),
            origin=table.origin.value,
        )
