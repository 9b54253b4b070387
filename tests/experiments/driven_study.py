"""A study whose designs cost nothing, driven by a process that tests may kill, stop or cut off.

``python -m tests.experiments.driven_study PLACE REF TRIALS TIMEOUT_S PAUSE_S MODE`` makes the study
if REF is ``new``, else goes on with it, in two processes if it is asynchronous. Acknowledged trials
are written out, a line for each commit. A pause of ``inf`` stops the process once, until it is
continued: while it weighs the second batch, so that it keeps no lock of the database.
"""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from attrs import frozen

from experiments.config.spec import ASYNCHRONOUS, REPRODUCIBLE
from experiments.executors import make_executor
from experiments.objective import Outcome
from experiments.search.asynchronous import AsynchronousSearch
from experiments.search.ends import Ends
from experiments.search.loop import Search
from experiments.search.strategies import make_strategy
from experiments.store import Store
from formulation.errors import FormulationError
from tests.experiments.small_study import small_study

BATCH = 8
ROOT = Path(__file__).resolve().parents[2]


@frozen
class Weighing:
    """An evaluator that only adds up what is weighed in."""

    pause_s: float

    def __call__(self, tasks) -> tuple[Outcome, ...]:
        """Take a moment, but for the first batch, then answer for each design."""
        if not math.isinf(self.pause_s) and tasks[0].number >= BATCH:
            time.sleep(self.pause_s)
        elif tasks[0].number == BATCH:
            os.kill(os.getpid(), signal.SIGSTOP)
        return tuple(
            Outcome(
                number=task.number,
                values={"mass": sum(task.design.amounts_mg.values())},
                slacks={"heavy": 1.0},
                origin="simulated",
            )
            for task in tasks
        )


def acknowledge(numbers: tuple[int, ...]) -> None:
    """Write out which trials are on disk."""
    sys.stdout.write(f"{json.dumps(numbers)}\n")
    sys.stdout.flush()


def main(place: str, ref: str, trials: str, timeout_s: str, pause_s: str, mode: str) -> int:
    """Drive the study to its end; return the exit code of whatever stops it."""
    spec = small_study()
    kind, where = Search, ("inline", 1)
    if mode == ASYNCHRONOUS:
        kind, where = AsynchronousSearch, ("process", 2)
    try:
        with Store.open(place, timeout_s=float(timeout_s)) as store:
            study = (
                store.create_study(spec.name, {}, "", "", spec.budget.seed, int(trials))
                if ref == "new"
                else store.study(ref)
            )
            with store.own(study.id) as lease, make_executor(*where) as executor:
                kind(
                    space=spec.space,
                    strategy=make_strategy("random", spec.space, spec.objectives, None),
                    evaluator=Weighing(float(pause_s)),
                    executor=executor,
                    store=store,
                    lease=lease,
                    study_id=study.id,
                    seed=study.seed,
                    ends=Ends(budget=study.budget),
                    batch=BATCH,
                    on_ack=acknowledge,
                    on_progress=lambda _: None,
                ).run()
                store.set_study(lease, state="complete")
    except FormulationError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


class Driver:
    """A process that drives a study, and what it has acknowledged."""

    def __init__(
        self,
        place: Path | str,
        ref: str = "new",
        *,
        trials: int = 64,
        timeout_s: float = 30.0,
        pause_s: float = 0.0,
        mode: str = REPRODUCIBLE,
        **environment: str,
    ) -> None:
        words = [str(place), ref, str(trials), str(timeout_s), str(pause_s), mode]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.experiments.driven_study", *words],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.acks: list[int] = []
        self.errors = ""

    def until_acknowledged(self, n: int) -> None:
        """Wait until so many trials are acknowledged."""
        while len(self.acks) < n:
            line = self.process.stdout.readline()
            assert line, f"it ended early: {self.end()} {self.errors}"
            self.acks += json.loads(line)

    def until_stopped(self) -> None:
        """Wait until the process has stopped itself."""
        _, how = os.waitpid(self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(how), f"it ended instead of stopping: {how}"

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        rest, self.errors = self.process.communicate(timeout=120)
        # A line that was cut by a kill was not acknowledged in full.
        for line in rest.splitlines():
            self.acks += json.loads(line) if line.endswith("]") else []
        return self.process.returncode

    def kill(self) -> None:
        """Kill the process if it runs, and collect it."""
        self.process.kill()
        self.process.communicate()


if __name__ == "__main__":
    # Under its own name, which workers can import as well.
    from tests.experiments import driven_study

    sys.exit(driven_study.main(*sys.argv[1:]))
