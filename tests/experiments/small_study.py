"""A study small enough for tests: two systems, two salts, 8 subjects, 24 training designs."""

from attrs import evolve

from experiments.config import StudySpec, load_study
from experiments.store import Store, StudyRecord
from models.surrogates.chain import SurrogateChain
from models.surrogates.emulator import fit
from models.surrogates.table import build_table

TEXT = """\
study: small
question: Does the machinery hold together?
jurisdiction: EU
systems: [immediate_release, timed_release]
salts: [citrate, chloride]
dose: {low: 150 mg/d, high: 250 mg/d}
population: {name: healthy_adults, size: 8, seed: 3}
objectives:
  - {endpoint: absorbed_increment, goal: maximise, worst: 0 mg/d, ideal: 40 mg/d}
  - {endpoint: swallowed_mass, goal: minimise, worst: 6 g/d, ideal: 0.5 g/d}
limits:
  - {endpoint: peak_gut_load.p95, high: 8 mmol}
budget: {trials: 20, batch: 8, seed: 5}
"""


def small_study() -> StudySpec:
    """Return the study."""
    return load_study(TEXT)


def small_chain(spec: StudySpec) -> SurrogateChain:
    """Return surrogates of the study, fitted on few designs."""
    return SurrogateChain(
        population=spec.population,
        surrogates={
            name: fit(
                build_table(spec.space.space_of(name), spec.population, n_designs=24, seed=1)
            )[0]
            for name in spec.space.systems
        },
    )


def with_trials(spec: StudySpec, trials: int) -> StudySpec:
    """Return the study with another budget."""
    return evolve(spec, budget=evolve(spec.budget, trials=trials))


def add_study(store: Store, spec: StudySpec) -> StudyRecord:
    """Add a study to a store; nothing of it is done yet."""
    return store.create_study(
        name=spec.name,
        config=spec.config,
        config_text=spec.text,
        config_sha256=spec.sha256,
        seed=spec.budget.seed,
        budget=spec.budget.trials,
    )
