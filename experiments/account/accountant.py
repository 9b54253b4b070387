"""Telling the account of every design that a chain follows, while its days are still at hand."""

from collections.abc import Sequence
from typing import Any

from experiments.account.arms import Arm, arms_of
from experiments.account.courses import course_curves
from experiments.account.detail import days_of
from experiments.account.ledger import losses, losses_dict
from experiments.account.safety import judge, monitoring_dict, risk_dict
from experiments.account.tornado import Tornado
from experiments.config.product import Product
from formulation.arrays import FloatArray
from models.population import Subjects
from models.responses import Followed
from models.simulator.arms import Start


class Accountant:
    """Keeps the account of each design; given to a `MechanisticChain` as its `watch`.

    Parameters
    ----------
    products : sequence of Product
        Designs that will be followed, in their order, with the names they are told under, [-].
    jurisdiction : str
        Whose limits on supplements hold, [-].

    Notes
    -----
    The subjects are those that were integrated anyway. Only a day step by step (in the first 64 of
    them) and the moved assumptions (in the first 32) are integrated besides.
    """

    def __init__(self, products: Sequence[Product], jurisdiction: str) -> None:
        self._products = products
        self._jurisdiction = jurisdiction
        self._tornado: Tornado | None = None
        self.accounts: dict[str, dict[str, Any]] = {}
        """By name of the product, as plain values that JSON can hold."""
        self.absorbed: dict[str, FloatArray] = {}
        """Absorbed increment of every subject by name of the product, [mg/d]."""
        self.courses: dict[str, list[dict[str, Any]]] = {}
        """Serum, urine and red cells day by day, by name of the product, as plain values."""

    def __call__(self, followed: Followed) -> None:
        """Tell the account of some designs.

        Parameters
        ----------
        followed : Followed
            Designs in the people, [-].
        """
        if self._tornado is None:
            self._tornado = Tornado(followed.start, followed.subjects)
        for arm in arms_of(followed, self._products):
            self.absorbed[arm.product.name] = arm.values["absorbed_increment"]
            self.courses[arm.product.name] = course_curves([arm], followed.subjects)
            self.accounts[arm.product.name] = self._account(
                arm, followed.start, followed.subjects, self._tornado
            )

    def _account(
        self, arm: Arm, start: Start, subjects: Subjects, tornado: Tornado
    ) -> dict[str, Any]:
        risk = judge(arm, self._jurisdiction, subjects)
        return {
            "losses": losses_dict(losses(days_of(arm, start, subjects), arm.taken)),
            "risk": risk_dict(risk),
            "monitoring": monitoring_dict(risk, subjects),
            "assumptions": tornado.of(arm.taken),
        }
