"""The solver of the equilibrium: balances, order of effects, an independent solution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import root

from formulation.errors import FormulationError
from models.absorption.speciation import Conditions, speciate
from models.absorption.speciation.network import LIGANDS, METALS, all_species

GUT = Conditions()

amounts = st.one_of(st.just(0.0), st.floats(1e-6, 300.0))
acidities = st.floats(0.5, 12.0)
compositions = st.dictionaries(st.sampled_from([*METALS, *LIGANDS]), amounts, min_size=1)


def balance_errors(fluid):
    """Return the relative error of every component's balance."""
    errors = []
    for name, total in fluid.totals_mmol_per_l.items():
        held = sum(x for pair, x in fluid.bound_mmol_per_l.items() if name in pair)
        own = fluid.free_mmol_per_l if name in METALS else fluid.unbound_mmol_per_l
        errors.append(np.max(np.abs(held + own[name] - total) / np.maximum(total, 1e-300)))
    return errors


def random_fluid(rng, n):
    totals = {name: 10 ** rng.uniform(-3, 2, n) for name in (*METALS, *LIGANDS)}
    for x in totals.values():
        x[rng.random(n) < 0.2] = 0.0
    return totals, rng.uniform(1.0, 10.0, n)


@given(totals=compositions, ph=acidities)
@settings(deadline=None, max_examples=150)
def test_every_component_is_accounted_for(totals, ph):
    """Free, unbound and bound add up to what was put in, to 1e-10."""
    fluid = speciate(totals, ph)
    assert max(balance_errors(fluid)) < 1e-10
    for x in (*fluid.bound_mmol_per_l.values(), *fluid.free_mmol_per_l.values()):
        assert np.isfinite(x)
        assert x >= 0


def test_extreme_fluids_are_solved():
    """From a nanomole to a mole of everything, at any pH."""
    rng = np.random.default_rng(7)
    totals = {name: 10 ** rng.uniform(-6, 3, 2000) for name in (*METALS, *LIGANDS)}
    fluid = speciate(totals, rng.uniform(0, 14, 2000))
    assert max(balance_errors(fluid)) < 1e-10


@given(
    totals=compositions, ph=acidities, ligand=st.sampled_from(list(LIGANDS)), more=st.floats(0, 50)
)
@settings(deadline=None, max_examples=100)
def test_more_ligand_never_frees_magnesium_without_calcium(totals, ph, ligand, more):
    """The free part of a given magnesium falls with every ligand."""
    before = {**totals, "Mg": 10.0, "Ca": 0.0}
    after = {**before, ligand: before.get(ligand, 0.0) + more}
    free = [float(speciate(t, ph).free_mg_mmol_per_l) for t in (before, after)]
    assert free[1] <= free[0] * (1 + 1e-11)


@given(totals=compositions, ph=acidities, more=st.floats(0, 50))
@settings(deadline=None, max_examples=100)
def test_more_calcium_never_binds_magnesium(totals, ph, more):
    """It only takes ligands away."""
    before = {**totals, "Mg": 10.0}
    after = {**before, "Ca": before.get("Ca", 0.0) + more}
    free = [float(speciate(t, ph).free_mg_mmol_per_l) for t in (before, after)]
    assert free[1] >= free[0] * (1 - 1e-11)


@given(
    ligand=st.sampled_from(list(LIGANDS)),
    total=st.floats(0.01, 100.0),
    ph=acidities,
    fall=st.floats(0, 6),
)
@settings(deadline=None, max_examples=100)
def test_acid_never_binds_magnesium(ligand, total, ph, fall):
    """Protons displace it from every ligand."""
    totals = {"Mg": 10.0, ligand: total}
    free = [float(speciate(totals, x).free_mg_mmol_per_l) for x in (ph, max(ph - fall, 0.0))]
    assert free[1] >= free[0] * (1 - 1e-11)


def brute_force(totals, ph):
    """Return free metals by solving all balances at once, species by species, without closed form.

    Unknown are the logarithms of all bare components; the path follows the ligands from a
    thousandth of their totals upwards, each solution starting the next.
    """
    names = [name for name, x in totals.items() if x > 0]
    species = [
        (s.reaction.log_k_in(GUT) - s.protons * ph, [p for p in (s.metal, s.ligand) if p])
        for s in all_species()
    ]
    species = [(k, parts) for k, parts in species if set(parts) <= set(names)]
    wanted = np.array([totals[name] / 1000 for name in names])

    def errors(logs, target):
        bare = dict(zip(names, logs, strict=True))
        sums = dict.fromkeys(names, 0.0) | {name: 10**x for name, x in bare.items()}
        for k, parts in species:
            amount = 10 ** (k + sum(bare[p] for p in parts))
            for p in parts:
                sums[p] += amount
        return [np.log10(sums[name]) - np.log10(x) for name, x in zip(names, target, strict=True)]

    protonated = {
        name: np.log10(1 + sum(10**k for k, parts in species if parts == [name])) for name in names
    }
    logs = np.array([np.log10(x) - protonated[n] for n, x in zip(names, wanted, strict=True)])
    for share in np.geomspace(1e-3, 1.0, 25):
        target = [x if n in METALS else x * share for n, x in zip(names, wanted, strict=True)]
        found = root(errors, logs, args=(target,), method="hybr", tol=1e-13)
        logs = found.x
    assert np.max(np.abs(errors(logs, wanted))) < 1e-9
    return {name: 1000 * 10**x for name, x in zip(names, logs, strict=True) if name in METALS}


@pytest.mark.parametrize("seed", range(12))
def test_the_solver_agrees_with_brute_force(seed):
    """On random fluids with up to eighteen unknowns."""
    totals, ph = random_fluid(np.random.default_rng(seed), 1)
    point = {name: float(x[0]) for name, x in totals.items()}
    point["Mg"] = max(point["Mg"], 1.0)
    fluid = speciate(point, float(ph[0]))
    for metal, free in brute_force(point, float(ph[0])).items():
        assert float(fluid.free_mmol_per_l[metal]) == pytest.approx(free, rel=1e-7)


def test_a_grid_gives_what_its_points_give():
    """Vectorised equals looped, and a point does not feel its neighbours."""
    totals, ph = random_fluid(np.random.default_rng(3), 40)
    together = speciate(totals, ph)
    for k in range(40):
        alone = speciate({name: x[k] for name, x in totals.items()}, ph[k])
        for metal in METALS:
            found = float(together.free_mmol_per_l[metal][k])
            assert found == pytest.approx(float(alone.free_mmol_per_l[metal]), rel=1e-12)


def test_shapes_broadcast():
    """Segments down, subjects across."""
    fluid = speciate({"Mg": np.ones((1, 5)), "citrate": 2.0}, np.full((7, 1), 6.5))
    assert fluid.free_mg_mmol_per_l.shape == (7, 5)
    assert np.ptp(fluid.free_mg_mmol_per_l) == 0


def test_a_search_without_end_names_its_point(monkeypatch):
    """Nothing half solved is handed out."""
    monkeypatch.setattr("models.absorption.speciation.balance.MAX_ITERATIONS", 1)
    with pytest.raises(
        FormulationError, match=r"did not converge in 1 steps at point \(1,\): pH 8"
    ):
        speciate({"Mg": 10.0, "citrate": [0.0, 10.0]}, [7.0, 8.0])
