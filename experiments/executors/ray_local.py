"""Workers as actors of a Ray on this machine; this and ``ray_cluster.py`` are the only home of Ray.

Ray restarts no actor and retries no call (its own retries run a chunk again unseen); the pool puts
another actor in the place of a lost one and sends the chunk again, seen. An actor that does not
answer in time is killed, which is the one way to end a call that will not be cancelled. The
evaluator lies in the object store once and each actor unpickles it once, to a copy of its own: what
Ray hands out directly is read-only, and would make the same evaluator behave otherwise than in a
process.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from experiments.executors.ray_cluster import TEMP_ROOT, LocalRay, in_one_line
from experiments.executors.transport import Arrival, Step
from experiments.executors.worker import ONE_THREAD, Worker


class RayWorkers:
    """A `Transport` over Ray actors.

    Parameters
    ----------
    temp_root : Path, optional
        Folder in which Ray's own folder is made; its path must be short, [-].
    """

    def __init__(self, temp_root: Path = TEMP_ROOT) -> None:
        self.cluster = LocalRay(temp_root)
        """The Ray they live in."""
        self._actors: list[Any] = []
        self._pending: dict[int, Any] = {}

    def launch(self, n_workers: int, opening: bytes) -> None:
        """Begin to start Ray and then the actors, in a thread.

        Parameters
        ----------
        n_workers : int
            How many, [-].
        opening : bytes
            For their first call, [-].
        """
        self.cluster.start(
            n_workers, on_up=lambda: self._make(n_workers, opening), before_down=self._kill
        )

    def connect(self, deadline_s: float) -> None:
        """Wait until Ray is up and the actors are on their way.

        Parameters
        ----------
        deadline_s : float
            How long at most, [s].
        """
        self.cluster.wait(deadline_s)

    def store(self, package: bytes) -> Any:
        """Put the evaluator into the object store.

        Parameters
        ----------
        package : bytes
            The evaluator, [-].

        Returns
        -------
        ray.ObjectRef
            For ``load``, [-].
        """
        import ray

        return ray.put(package)

    def post(self, worker: int, step: Step, payload: Any) -> None:
        """Send one call to an idle actor.

        Parameters
        ----------
        worker : int
            Its number, [-].
        step : str
            Name of the call, [-].
        payload : bytes or ray.ObjectRef
            Its argument, [-].
        """
        self._pending[worker] = getattr(self._actors[worker], step).remote(payload)

    def collect(self, workers: Collection[int], timeout_s: float | None) -> Arrival | None:
        """Wait for an answer of at least one actor.

        Parameters
        ----------
        workers : collection of int
            Those that owe one, [-].
        timeout_s : float or None
            How long to wait at most, [s].

        Returns
        -------
        Arrival or None
            None after the timeout, [-].
        """
        import ray

        waited = {self._pending[worker]: worker for worker in workers}
        ready, _ = ray.wait(list(waited), num_returns=1, timeout=timeout_s)
        return self._receive(waited[ready[0]]) if ready else None

    def restart(self, worker: int, opening: bytes) -> None:
        """Kill an actor if it still lives, and start another, on whichever node has room.

        Parameters
        ----------
        worker : int
            Its number, [-].
        opening : bytes
            For the first call of the new one, [-].
        """
        import ray

        self._pending.pop(worker, None)
        ray.kill(self._actors[worker])
        self._actors[worker] = self._new_actor()
        self.post(worker, "prepare", opening)

    def stop(self) -> None:
        """Kill the actors, shut Ray down, and see its processes gone."""
        self.cluster.stop()

    def _make(self, n_workers: int, opening: bytes) -> None:
        for worker in range(n_workers):
            self._actors.append(self._new_actor())
            self.post(worker, "prepare", opening)

    def _new_actor(self) -> Any:
        import ray

        settings = {"num_cpus": 1, "max_restarts": 0, "max_task_retries": 0}
        return ray.remote(**settings, runtime_env={"env_vars": ONE_THREAD})(Worker).remote()

    def _kill(self) -> None:
        import ray

        for actor in self._actors:
            ray.kill(actor)

    def _receive(self, worker: int) -> Arrival:
        import ray

        try:
            return Arrival(worker=worker, data=ray.get(self._pending.pop(worker)))
        except ray.exceptions.RayError as error:
            return Arrival(worker=worker, loss=in_one_line(error), cause=error)
