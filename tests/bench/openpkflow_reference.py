"""Figures of openpkflow 2.9.0 on curves made up here, in an interpreter of its own.

Made with ``pip install openpkflow==2.9.0`` in an empty environment of Python 3.11, and

    python tests/bench/openpkflow_reference.py tests/reference/openpkflow_dissolution.json

The curves are synthetic: a Weibull curve for each product, with fixed departures of each unit.
`tests/reference/test_openpkflow.py` compares the product with what is written here.
"""

import json
import platform
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

MODELS = ("zero_order", "first_order", "higuchi", "hixson_crowell", "weibull")
SEED, DRAWS = 7, 2000

PRODUCTS = {
    "quick": ([5, 10, 15, 20, 30, 45, 60], 99.0, 18.0, 0.95),
    "middle": ([5, 10, 15, 20, 30, 45, 60], 97.0, 22.0, 1.1),
    "matrix": ([30, 60, 120, 180, 240, 360, 480, 600], 92.0, 300.0, 0.8),
    "late": ([30, 60, 90, 120, 180, 240, 360, 480], 96.0, 150.0, 1.9),
}
"""Times [min], plateau [%], scale [min] and shape of each product."""

ABSORBED = {
    "solution": ([0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24], 1.4, 0.18),
    "slow": ([0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 36], 0.35, 0.18),
}
"""Times [h], rate of absorption and of elimination [1/h] of each tracer curve."""


def units_of(times: list[float], plateau: float, scale: float, shape: float) -> np.ndarray:
    """Return twelve units [%]: a curve each, its plateau and scale off by a fixed pattern."""
    t = np.array(times, dtype=float)
    rows = []
    for i in range(12):
        top = plateau + 0.9 * np.cos(2.1 * i)
        width = scale * (1 + 0.05 * np.sin(1.7 * i + 0.4))
        rows.append(top * (1 - np.exp(-((t / width) ** shape))) + 0.4 * np.sin(3.3 * i + t))
    return np.round(np.clip(rows, 0, 100), 2)


def tracer(times: list[float], ka: float, k: float) -> list[float]:
    """Return a tracer curve [any unit] with fixed departures of one per cent."""
    t = np.array(times, dtype=float)
    curve = 50 * ka / (ka - k) * (np.exp(-k * t) - np.exp(-ka * t))
    return np.round(curve * (1 + 0.01 * np.sin(5 * t)), 4).tolist()


def ended(name: str, times: np.ndarray, mean: np.ndarray) -> dict[str, float]:
    """Return the parameters of their equation, start and bounds, the optimiser run to its end.

    They leave the tolerance at 1e-8 of the sum of squares, which ends up to 1e-5 off the optimum.
    """
    from openpkflow.dissolution.models import _REGISTRY
    from scipy.optimize import curve_fit

    equation, names, start = _REGISTRY[name]
    begin, bounds = start(times, mean)
    tight = dict.fromkeys(("xtol", "ftol", "gtol"), 1e-15)
    found, _ = curve_fit(
        equation, times, mean, p0=begin, bounds=bounds, jac="3-point", max_nfev=10_000, **tight
    )
    return dict(zip(names, found.tolist(), strict=True))


def fits_of(times: np.ndarray, mean: np.ndarray) -> dict:
    from openpkflow.dissolution import fit_dissolution_models

    found = {}
    early = mean <= 60
    for models, kept in ((list(MODELS), mean <= 1000), (["korsmeyer_peppas"], early)):
        if kept.sum() < 4:
            continue
        fits = fit_dissolution_models(times[kept], mean[kept], "x", models).fits
        for fit in fits:
            rss = float(((np.array(fit.fitted_values) - mean[kept]) ** 2).sum())
            found[fit.model_name] = {
                "parameters": fit.params,
                "parameters_ended": ended(fit.model_name, times[kept], mean[kept]),
                "r2": fit.r_squared, "aic": fit.aic, "aicc": fit.aicc, "rss": rss,
                "n": fit.n_points,
            }  # fmt: skip
    return found


def main() -> None:
    from openpkflow.dissolution import bootstrap_f2, f1, f2
    from openpkflow.ivivc import levy_plot_data, mean_dissolution_time, wagner_nelson
    from openpkflow.nca.methods import lambda_z

    warnings.simplefilter("ignore")
    products = {}
    for name, (times, *shape) in PRODUCTS.items():
        units = units_of(times, *shape)
        hours = np.array(times) / 60
        mean = np.round(units.mean(axis=0), 6)
        products[name] = {
            "times_h": hours.tolist(), "units_pct": units.tolist(), "mean_pct": mean.tolist(),
            "mdt_h": mean_dissolution_time([0, *hours], [0, *mean]),
            "fits": fits_of(hours, mean),
        }  # fmt: skip
    first, second = products["quick"], products["middle"]
    a, b = np.array(first["units_pct"]), np.array(second["units_pct"])
    boot = bootstrap_f2(a, b, n_replicates=DRAWS, seed=SEED)
    cut = bootstrap_f2(a, b, n_replicates=DRAWS, seed=SEED, f2_method="regulatory")
    pair = {
        "reference": "quick", "test": "middle", "seed": SEED, "n_draws": DRAWS,
        "f1": f1(first["mean_pct"], second["mean_pct"]),
        "f2": f2(first["mean_pct"], second["mean_pct"]),
        "f2_regulatory": f2(first["mean_pct"], second["mean_pct"], method="regulatory"),
        "bootstrap": [boot.f2_observed, boot.ci_lower, boot.ci_upper],
        "bootstrap_regulatory": [cut.f2_observed, cut.ci_lower, cut.ci_upper, cut.n_timepoints],
    }  # fmt: skip
    curves = {}
    for name, (times, ka, k) in ABSORBED.items():
        values = tracer(times, ka, k)
        end = lambda_z(times, values)
        curves[name] = {
            "times_h": times, "values": values, "k_per_h": k,
            "fraction": wagner_nelson(times, values, kel=k).tolist(),
            "terminal": [end.lambda_z, end.n_points, end.adj_r_squared],
        }  # fmt: skip
    slow = curves["slow"]
    dissolved = np.array(products["matrix"]["mean_pct"]) / 100
    bench = products["matrix"]["times_h"]
    absorbed = np.interp(bench, slow["times_h"], slow["fraction"])
    line = levy_plot_data(bench, dissolved, absorbed)
    relation = {"bench": "matrix", "people": "slow", "n": len(line["x"])}
    relation |= {key: line[key] for key in ("slope", "intercept", "r_squared")}
    document = {
        "made_with": {name: version(name) for name in ("openpkflow", "numpy", "scipy")}
        | {"python": platform.python_version()},
        "command": "python tests/bench/openpkflow_reference.py OUT",
        "products": products, "pair": pair, "absorbed": curves, "relation": relation,
    }  # fmt: skip
    Path(sys.argv[1]).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
