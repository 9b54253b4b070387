"""B42: a small made-up body on which simulators are timed, in the language of our fluxes.

A solid dissolves into a stomach, which empties into five segments of small bowel and a colon, each
with saturable and linear uptake into a fluid that exchanges with three pools and is drained by a
kidney with a threshold. 12.5 mmol are taken each day on top of a steady diet. Amounts in mmol, time
in hours. It says nothing about magnesium; it is the size of problem that other simulators were
timed on, and every one of them was given the same numbers. ``python -m tests.bench.b42`` writes
``b42_kernel.py``.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from models.simulator.codegen import HEADER, kernel
from models.simulator.fluxes import Flux, FluxModel, Parameter, State, downstream, upstream

N_SEGMENTS = 6
DAYS = 42
DOSE_MMOL = 12.5
N_SUBJECTS = 1200

AMOUNTS = (
    *("solid", "stomach", *(f"bowel{i}" for i in range(1, 6)), "colon"),
    *("soft", "bone", "red", "fluid", "faeces", "urine"),
)
"""States in the order of elimination; the integral ``absorbed`` follows them."""

PUBLISHED = (
    *("solid", "stomach", *(f"bowel{i}" for i in range(1, 6)), "colon"),
    *("fluid", "red", "soft", "bone", "absorbed", "faeces", "urine"),
)
"""States in the order in which the problem was published."""

COMPARED = PUBLISHED[8:]
"""States whose error counts."""

NUMBERS = (
    *("dissolving", "emptying", "transit", "colon_transit"),
    *(f"{stem}{i}" for stem in ("vmax", "half", "leak") for i in range(1, 7)),
    *("diet", "volume", "into_red", "from_red", "into_soft", "from_soft", "into_bone", "from_bone"),
    *("filtration", "tubular", "splay", "dose", "secretion"),
)
"""Parameters in the order in which the problem was published."""

DENSE_H = 0.25
"""Spacing of the outputs of the first day, [h]."""


def b42() -> FluxModel:
    """Return the problem as fluxes."""
    places = AMOUNTS[2:8]
    fluxes = [
        Flux("dissolved", "solid", "stomach", "dissolving * solid"),
        Flux("emptied", "stomach", "bowel1", "emptying * stomach"),
        Flux("eaten", "", "bowel1", "diet"),
        Flux("secreted", "fluid", "bowel1", "secretion"),
        Flux("passed", "colon", "faeces", "colon_transit * colon"),
        Flux(
            "excreted",
            "fluid",
            "urine",
            "(beyond + sqrt(beyond**2 + 4 * (splay * tubular)**2)) / 2",
        ),
    ]
    for i, (place, after) in enumerate(pairwise(places), start=1):
        fluxes.append(Flux(f"moved{i}", place, after, f"transit * {place}"))
    for i, place in enumerate(places, start=1):
        fluxes.append(
            Flux(f"active{i}", place, "fluid", f"vmax{i} * {place} / (half{i} + {place})")
        )
        fluxes.append(Flux(f"passive{i}", place, "fluid", f"leak{i} * {place}"))
    for pool in ("red", "soft", "bone"):
        fluxes.append(Flux(f"to_{pool}", "fluid", pool, f"into_{pool} * fluid"))
        fluxes.append(Flux(f"back_{pool}", pool, "fluid", f"from_{pool} * {pool}"))
    return FluxModel(
        states=tuple(State(name=name, unit="mmol", title=name) for name in AMOUNTS),
        parameters=tuple(Parameter(name=name, unit="-", title=name) for name in NUMBERS),
        inputs=(),
        constants={},
        definitions={"beyond": "filtration * fluid / volume - tubular"},
        fluxes=tuple(fluxes),
        integrals={"absorbed": " + ".join(f"active{i} + passive{i}" for i in range(1, 7))},
    )


def upper() -> FluxModel:
    """Return stomach and small bowel alone."""
    return upstream(b42(), AMOUNTS[:7])


def lower() -> FluxModel:
    """Return colon and body, fed by what stomach and small bowel pass on."""
    taken_up = {"absorbed": "active6 + passive6 + in_fluid"}
    return downstream(b42(), AMOUNTS[7:], taken_up)


def people(n: int = N_SUBJECTS, seed: int = 1) -> np.ndarray:
    """Return the parameters of n subjects, drawn as they were published: shape (35, n)."""
    rng = np.random.default_rng(seed)

    def spread(mean: float, cv: float) -> np.ndarray:
        return mean * np.exp(cv * rng.standard_normal(n) - cv * cv / 2)

    p = dict.fromkeys(NUMBERS, np.zeros(n))
    for name, mean, cv in (
        *(("dissolving", 4.0, 0.3), ("emptying", 1.8, 0.3)),
        *(("transit", 5 / 3.3, 0.2), ("colon_transit", 1 / 30, 0.3)),
    ):
        p[name] = spread(mean, cv)
    capacity = np.exp(0.25 * rng.standard_normal(n))
    segments = zip(
        (0.05, 0.08, 0.10, 0.16, 0.22, 0.12),
        (1.2, 1.2, 1.2, 1.5, 1.5, 6.0),
        (0.02, 0.03, 0.03, 0.035, 0.035, 0.004),
        strict=True,
    )
    for i, (vmax, half, leak) in enumerate(segments, start=1):
        p[f"vmax{i}"], p[f"half{i}"] = vmax * capacity, np.full(n, half)
        p[f"leak{i}"] = leak * np.exp(0.2 * rng.standard_normal(n))
    p["diet"], p["volume"] = spread(12.5 / 24, 0.25), spread(13.0, 0.15)
    p["into_red"], p["from_red"] = np.full(n, 0.012), np.full(n, 0.012 * 11 / 5)
    p["into_soft"] = spread(0.35, 0.2)
    p["into_bone"] = spread(0.02, 0.2)
    p["from_soft"], p["from_bone"] = p["into_soft"] * 11 / 110, p["into_bone"] * 11 / 500
    p["filtration"] = spread(85 * 60 / 1000, 0.2) * 0.72
    p["tubular"] = p["filtration"] * 0.80 * 0.985
    p["splay"], p["dose"], p["secretion"] = (np.full(n, x) for x in (0.04, DOSE_MMOL, 0.03))
    return np.array([p[name] for name in NUMBERS])


def start(parameters: np.ndarray) -> np.ndarray:
    """Return the states before the first dose, in our order: shape (15, n)."""
    p = dict(zip(NUMBERS, parameters, strict=True))
    y = dict.fromkeys((*AMOUNTS, "absorbed"), np.zeros_like(p["volume"]))
    y["fluid"] = 0.82 * p["volume"]
    for pool in ("red", "soft", "bone"):
        y[pool] = y["fluid"] * p[f"into_{pool}"] / p[f"from_{pool}"]
    y |= {f"bowel{i}": np.full_like(p["volume"], 0.25) for i in range(1, 6)}
    y["colon"] = np.full_like(p["volume"], 8.0)
    return np.array([y[name] for name in (*AMOUNTS, "absorbed")])


def kernel_text() -> str:
    """Return the text of the module of compiled steps of this problem."""
    steps = (
        kernel("step_b42", b42()),
        kernel("step_b42_upper", upper()),
        kernel("step_b42_lower", lower()),
    )
    return HEADER + "".join(f"\n\n{text}" for text in steps)


if __name__ == "__main__":
    Path(__file__).with_name("b42_kernel.py").write_text(kernel_text(), encoding="utf-8")
