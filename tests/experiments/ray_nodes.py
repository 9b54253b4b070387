"""Ray nodes on this machine, one of them killed while a chunk is under way.

`main`, in a process of its own with STORE, CPUS_OF_HEAD and WORKERS as arguments, searches the
small study on the head and one more node, kills that node once it is at work, and writes what came
of it as JSON.
"""

import json
import logging
import os
import secrets
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from experiments.executors.limits import START_DEADLINE_S, Limits
from experiments.executors.pool import PoolExecutor
from experiments.executors.ray_local import RayWorkers
from experiments.store import Store
from formulation.errors import ExecutorError
from tests.experiments.cheap_chain import cheap_evaluator
from tests.experiments.executor_jobs import PATIENCE_S
from tests.experiments.small_study import small_study
from tests.experiments.test_search import facts, run_search

SPEC = small_study()
QUICK = {"health_check_period_ms": 1000, "health_check_failure_threshold": 15}
"""So that a dead node is noticed soon, and one that is slow under load is not taken for it."""


class Stuck:
    """Evaluates, but on the doomed node says where it is and never comes back."""

    def __init__(self, inside: Path, doomed: str) -> None:
        self.inner = cheap_evaluator(SPEC)
        self.inside = inside
        self.doomed = doomed

    def __call__(self, tasks):
        """Return the outcomes, if the node stays."""
        import ray

        if ray.get_runtime_context().get_node_id() == self.doomed:
            self.inside.touch()
            threading.Event().wait()
        return self.inner(tasks)


class Nodes:
    """Stands in for a Ray of our own: a driver of nodes that are up already."""

    def __init__(self, address: str) -> None:
        self.address = address

    def start(self, n_cpus, on_up, before_down) -> None:
        """Join the nodes."""
        import ray

        ray.init(address=self.address, log_to_driver=False, logging_level=logging.CRITICAL)
        self.before_down = before_down
        on_up()

    def wait(self, deadline_s) -> None:
        """Do nothing: they are up."""

    def stop(self) -> None:
        """Leave the nodes."""
        import ray

        self.before_down()
        ray.shutdown()


def kill_when_at_work(cluster, node, inside: Path) -> None:
    """Take a node away, without a word to it, as soon as it evaluates something."""
    give_up_at = time.monotonic() + START_DEADLINE_S
    while not inside.exists() and time.monotonic() < give_up_at:
        time.sleep(0.05)
    cluster.remove_node(node, allow_graceful=False)


def search(store_path: Path, head_cpus: int, n_workers: int, folder: Path) -> dict:
    """Search while the node is lost; return what came of it."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": head_cpus,
            "include_dashboard": False,
            "temp_dir": str(folder),
            "_system_config": QUICK,
        },
    )
    try:
        node = cluster.add_node(num_cpus=1)
        inside = folder / "inside"
        watcher = threading.Thread(target=kill_when_at_work, args=(cluster, node, inside))
        watcher.start()
        transport = RayWorkers()
        transport.cluster = Nodes(cluster.address)
        said: list[str] = []
        limits = Limits(chunk_s=60.0, replace_s=5.0)
        found = {"said": said, "error": ""}
        with (
            Store.open(store_path) as store,
            PoolExecutor("ray", transport, n_workers, limits, (), said.append) as executor,
        ):
            try:
                run_search(store, SPEC, Stuck(inside, node.node_id), executor)
            except ExecutorError as error:
                found["error"] = str(error)
            watcher.join()
            study = store.studies()[0]
            trials = store.trials(study.id)
        found |= {"was_inside": inside.exists(), "requeued": executor.n_requeued}
        return found | {"states": [t.state for t in trials], "facts": facts(trials)}
    finally:
        cluster.shutdown()


def main() -> None:
    """Search with a token of this run alone, in a folder of its own."""
    store, head_cpus, n_workers = sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="fn", dir="/tmp"))
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(secrets.token_hex(32))
    os.environ |= {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        "RAY_TMPDIR": str(folder),  # or the cluster would be written down for all of this machine
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    (folder / "ray").mkdir()
    try:
        found = search(Path(store), int(head_cpus), int(n_workers), folder / "ray")
    finally:
        give_up_at = time.monotonic() + PATIENCE_S
        while folder.exists() and time.monotonic() < give_up_at:  # the last ones still write logs
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(json.dumps(found) + "\n")
