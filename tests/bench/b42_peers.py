"""B42 by other people's integrators: the yardstick of the errors, and what is compared in speed.

SciPy's DOP853 at 1e-11 on 24 subjects is what errors are measured against. SciPy's LSODA runs one
subject at a time on a right-hand side in NumPy; libroadrunner's CVODE runs the SBML of the problem
in an interpreter of its own, named on the command line (``pip install libroadrunner``).
"""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from models.simulator.export import Case
from models.simulator.sbml import sbml
from tests.bench.b42 import COMPARED, DAYS, DENSE_H, DOSE_MMOL, PUBLISHED, b42, people, start

N_CHECKED = 24
TOLERANCE = 1e-6
DENSE_TIMES_H = np.arange(1, round(24 / DENSE_H) + 1) * DENSE_H
OUTPUTS_H = np.concatenate([DENSE_TIMES_H, 24.0 * np.arange(2, DAYS + 1)])
"""When the state is kept: quarters of an hour on the first day, then the ends of the days, [h]."""

CHECKED = [PUBLISHED.index(name) for name in COMPARED]


def rates(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the change of every published state, written for speed in NumPy."""
    change = np.empty_like(y)
    gut = y[2:8]
    taken = gut * (p[4:10] / (p[10:16] + gut) + p[16:22])
    moved = p[2] * y[2:7]
    released, emptied = p[0] * y[0], p[1] * y[1]
    change[0], change[1] = -released, released - emptied
    change[2] = emptied + p[22] + p[34] - moved[0] - taken[0]
    change[3:7] = moved[:-1] - moved[1:] - taken[1:5]
    passed = p[3] * y[7]
    change[7] = moved[4] - passed - taken[5]
    splay = p[32] * p[31]
    beyond = p[30] * y[8] / p[23] - p[31]
    urine = (beyond + np.sqrt(beyond * beyond + 4 * splay * splay)) / 2
    red = p[24] * y[8] - p[25] * y[9]
    soft = p[26] * y[8] - p[27] * y[10]
    bone = p[28] * y[8] - p[29] * y[11]
    absorbed = taken.sum(axis=0)
    change[8] = absorbed - p[34] - urine - red - soft - bone
    change[9], change[10], change[11] = red, soft, bone
    change[12], change[13], change[14] = absorbed, passed, urine
    return change


def published_start(parameters: np.ndarray) -> np.ndarray:
    """Return the states before the first dose in the published order."""
    return start(parameters)[b42().index(*PUBLISHED)]


def integrated(parameters: np.ndarray, method: str, tolerance: float) -> np.ndarray:
    """Return outputs of subjects integrated together: (n_outputs, published states, subjects)."""
    y, found = published_start(parameters), []
    for day in range(DAYS):
        y = y.copy()
        y[0] += DOSE_MMOL
        solved = solve_ivp(
            lambda _, v, shape=y.shape: rates(v.reshape(shape), parameters).ravel(),
            (0.0, 24.0),
            y.ravel(),
            method=method,
            rtol=tolerance,
            atol=tolerance / 10,
            t_eval=DENSE_TIMES_H if day == 0 else [24.0],
        )
        found += [column.reshape(y.shape) for column in solved.y.T]
        y = found[-1]
    return np.array(found)


def exact() -> np.ndarray:
    """Return the outputs that errors are measured against."""
    return integrated(people()[:, :N_CHECKED], "DOP853", 1e-11)


def worst_error(outputs: np.ndarray, best: np.ndarray) -> float:
    """Return the worst error over subjects and compared states, relative to each one's largest."""
    n = min(outputs.shape[2], best.shape[2])
    off = np.abs(outputs[:, CHECKED, :n] - best[:, CHECKED, :n]).max(axis=0)
    return float((off / np.abs(best[:, CHECKED, :n]).max(axis=0)).max())


def lsoda(n: int, best: np.ndarray) -> dict[str, Any]:
    """Return what SciPy's LSODA costs, one subject after another."""
    parameters = people()
    begun = time.process_time()
    outputs = [integrated(parameters[:, [k]], "LSODA", TOLERANCE) for k in range(n)]
    seconds = time.process_time() - begun
    error = worst_error(np.concatenate(outputs, axis=2), best)
    return {"subjects": n, "subjects_per_s": n / seconds, "worst_error": error}


RUN = """
import json, sys, time, roadrunner
given = json.load(sys.stdin)
model = roadrunner.RoadRunner(given["sbml"])
model.integrator.relative_tolerance = given["tolerance"]
model.integrator.absolute_tolerance = given["tolerance"] / 10
model.selections = given["states"]
species, parameters = model.model.getFloatingSpeciesIds(), model.model.getGlobalParameterIds()
order = [parameters.index(name) for name in given["parameters"]]
outputs, seconds = [], 0.0
for values, amounts in zip(given["values"], given["amounts"]):
    begun = time.process_time()
    model.reset()
    model.model.setGlobalParameterValues(order, values)
    model.model.setFloatingSpeciesAmounts([amounts[name] for name in species])
    found = model.simulate(times=given["times"])
    seconds += time.process_time() - begun
    outputs.append([list(row) for row in found])
print()
print(json.dumps({"version": roadrunner.__version__, "seconds": seconds, "outputs": outputs}))
"""
"""What the other interpreter runs; only setting, running and reading a subject is timed."""

DOSE_EVENT = (
    '<event id="dose{day}" useValuesFromTriggerTime="true">'
    '<trigger initialValue="false" persistent="true">'
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><geq/>'
    '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">time</csymbol>'
    "<cn>{time_h}</cn></apply></math></trigger><listOfEventAssignments>"
    '<eventAssignment variable="solid"><math xmlns="http://www.w3.org/1998/Math/MathML"><apply>'
    "<plus/><ci>solid</ci><cn>{dose}</cn></apply></math></eventAssignment>"
    "</listOfEventAssignments></event>"
)


def with_doses(document: str) -> str:
    """Return the SBML of the problem with a dose at the start of each day but the first."""
    events = "".join(
        DOSE_EVENT.format(day=day, time_h=24.0 * day, dose=DOSE_MMOL) for day in range(1, DAYS)
    )
    return document.replace("</model>", f"<listOfEvents>{events}</listOfEvents></model>")


def libroadrunner(interpreter: Path, n: int, best: np.ndarray) -> dict[str, Any]:
    """Return what libroadrunner's CVODE costs, one subject after another."""
    model, parameters = b42(), people()[:, :n]
    begin = start(parameters)
    begin[model.index("solid")] += DOSE_MMOL
    case = Case(
        model=model,
        edges_h=np.array([0.0, 24.0 * DAYS]),
        state=begin[:, 0],
        parameters=parameters[:, 0],
        inputs=np.zeros((1, 0)),
    )
    # A step short of a dose, so that the state kept is the one before it.
    times = [0.0, *(t - 1e-9 if t % 24 == 0 else t for t in OUTPUTS_H.tolist())]
    amounts = [dict(zip(model.state_names, column, strict=True)) for column in begin.T.tolist()]
    given = {
        "sbml": with_doses(sbml(case)),
        "tolerance": TOLERANCE,
        "states": list(PUBLISHED),
        "parameters": [p.name for p in model.parameters],
        "values": parameters.T.tolist(),
        "amounts": amounts,
        "times": times,
    }
    done = subprocess.run(
        [str(interpreter), "-c", RUN],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    outputs = np.array(found["outputs"])[:, 1:].transpose(1, 2, 0)
    return {
        "subjects": n,
        "version": found["version"],
        "subjects_per_s": n / found["seconds"],
        "worst_error": worst_error(outputs, best),
    }
