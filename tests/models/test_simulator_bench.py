"""The benchmark's problem is the published one, and its document has the form readers expect."""

import json
import os
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from tests.bench import b42_kernel, b42_peers, b42_run
from tests.bench.b42 import AMOUNTS, NUMBERS, PUBLISHED, b42, kernel_text, people, start
from tests.bench.simulator import Figure

DOCUMENT = Path("docs/simulator.json")
PUBLISHED_MODEL = os.environ.get("B42_MODEL", "")
"""The file in which the problem was published, where somebody has it."""


def test_kernel_of_the_problem_is_what_the_generator_writes():
    """The benchmark's compiled steps were written from its fluxes as they stand."""
    written = Path(b42_kernel.__file__).read_text(encoding="utf-8")
    assert written == kernel_text()


def test_fluxes_and_arrays_are_the_same_problem():
    """The rates written for SciPy in NumPy are those of the flux list."""
    parameters = people(20)
    y = np.random.default_rng(3).uniform(0, 8, (len(PUBLISHED), 20))
    model = b42()
    rows = model.index(*PUBLISHED)
    amounts = np.empty_like(y)
    amounts[rows] = y
    fluxes = model.derivative(amounts, parameters)[rows]
    assert np.allclose(fluxes, b42_peers.rates(y, parameters), rtol=0, atol=1e-12)


@pytest.mark.skipif(not PUBLISHED_MODEL, reason="B42_MODEL names no file with the published model")
def test_restated_problem_is_the_published_one():
    """Subjects, start and rates are those of the published file, the first two to the last bit."""
    spec = spec_from_file_location("published", PUBLISHED_MODEL)
    theirs = module_from_spec(spec)
    spec.loader.exec_module(theirs)
    parameters = theirs.make_params(1200)
    assert np.array_equal(people(1200), parameters)
    assert np.array_equal(b42_peers.published_start(parameters), theirs.init(parameters))
    y = np.random.default_rng(3).uniform(0, 8, (len(PUBLISHED), 1200))
    change = theirs.rhs_np(y, parameters)
    assert np.allclose(b42_peers.rates(y, parameters), change, rtol=0, atol=1e-12)


@pytest.mark.parametrize("run", [b42_run.run_any, b42_run.run_repeating])
def test_both_drivers_stay_within_a_ten_thousandth(run):
    """24 subjects through 42 days lie within 1e-4 of DOP853 at 1e-11 in every compared state."""
    parameters = people()[:, : b42_peers.N_CHECKED]
    outputs, _ = run(parameters, start(parameters))
    assert b42_peers.worst_error(outputs, b42_peers.exact()) < 1e-4


def test_drivers_close_the_mass_of_the_problem():
    """What went in is what is there and what left, to 1e-12."""
    parameters = people()[:, :16]
    begin = start(parameters)
    outputs, _ = b42_run.run_any(parameters, begin)
    held = [PUBLISHED.index(name) for name in AMOUNTS]
    diet = 24 * b42_run.DAYS * parameters[NUMBERS.index("diet")]
    brought = begin.sum(axis=0) + b42_run.DAYS * b42_run.DOSE_MMOL + diet
    assert np.abs(outputs[-1, held].sum(axis=0) / brought - 1).max() < 1e-12


@pytest.mark.parametrize(
    ("value", "more_is_better", "verdict"),
    [(12, True, "aim"), (7, True, "must"), (3, True, "MISSED"), (3, False, "aim")],
)
def test_a_figure_says_which_bound_it_meets(value, more_is_better, verdict):
    """A figure is held against what it must and should be, in the right direction."""
    bounds = (5, 10) if more_is_better else (10, 5)
    assert Figure("f", value, "-", *bounds, more_is_better).verdict == verdict


def test_document_has_the_form_readers_expect():
    """It names commit, versions, figures with bounds and verdicts, and every repetition."""
    text = DOCUMENT.read_text(encoding="utf-8")
    document = json.loads(text)
    assert (document["schema"], document["version"]) == ("simulator-bench", 1)
    assert len(document["commit"]) == 40
    assert document["versions"].keys() == {"python", "numpy", "numba", "scipy"}
    assert document["runs"].keys() == {"b42", "product", "processes"}
    assert {"any schedule", "repeating", "peers"} <= document["runs"]["b42"].keys()
    for figure in document["figures"]:
        found = Figure(**{k: v for k, v in figure.items() if k != "verdict"})
        assert np.isfinite(found.value)
        assert found.value > 0
        assert figure["verdict"] == found.verdict
    assert "/home/" not in text
