"""Tracking in MLflow, from the store, through an outbox. With the registry, this is MLflow's home.

A finished study leaves messages in the outbox: one for its run, one for its candidates, one for
each surrogate it used. A process of its own delivers them: it looks what is there already, and
writes each run with one batch; a message that cannot be delivered stays and says why. A search
never waits for any of this and never fails by it.
"""

from experiments.tracking.delivery import Contents, TrackingResult, deliver, fetch_model
from experiments.workspace import OFF

__all__ = ["OFF", "Contents", "TrackingResult", "deliver", "fetch_model"]
