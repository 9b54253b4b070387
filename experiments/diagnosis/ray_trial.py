"""Does Ray come up: started, asked once and stopped, in a process of its own."""

import os
import subprocess
import sys
import time

from experiments.diagnosis.finding import Finding, fine
from experiments.executors import START_DEADLINE_S, START_DEADLINE_VARIABLE, make_executor
from formulation.errors import ExecutorError

STOP_ALLOWANCE_S = 90.0
"""What importing and stopping may take beyond the start, [s]."""

_PROGRAM = """
import sys
from experiments.executors import make_executor
from formulation.errors import FormulationError
try:
    with make_executor("ray", 1) as executor:
        executor.warm_up()
        answers = list(executor.run(sum, [(1, 2)]))
except FormulationError as error:
    sys.exit(str(error))
sys.exit(None if answers == [(0, 3)] else f"Ray answered {answers}.")
"""


def try_ray() -> Finding:
    """Start Ray, let one worker add two numbers, and stop it.

    Returns
    -------
    Finding
        How long it took, [-].

    Raises
    ------
    ExecutorError
        It did not come up, did not stop, or answered wrongly.
    InputError
        The deadline in the environment is no number of seconds.
    """
    make_executor("ray", 1).close()  # refuses a deadline that is no number; nothing is started
    deadline_s = float(os.environ.get(START_DEADLINE_VARIABLE, START_DEADLINE_S))
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=deadline_s + STOP_ALLOWANCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ExecutorError(
            f"Ray was not up and down again within {error.timeout:g} s.",
            hint="Try on a quieter machine, or choose --executor process.",
        ) from None
    if done.returncode:
        said = " ".join(done.stderr.split()) or "it said nothing"
        raise ExecutorError(
            f"Trying Ray ended with code {done.returncode}: {said[-600:]}",
            hint="Choose --executor process to do without Ray.",
        )
    return fine(f"Ray started, answered and stopped in {time.monotonic() - began:.1f} s.")
