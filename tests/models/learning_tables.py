"""Small made-up tables to learn from; nobody measured them."""

import numpy as np
import pandas as pd

from models.learning.table import TidyTable

TIMES = np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0])


def release_table(n_groups=12, per_group=3, *, seed=0, noise=0.02, group_effect=0.0):
    """Return Weibull curves whose rate follows the polymer share, with a shift for each group."""
    rng = np.random.default_rng(seed)
    rows = []
    for g in range(n_groups):
        shift = group_effect * rng.normal()
        for k in range(per_group):
            share = rng.uniform(10, 40)
            rate = 0.5 * np.exp(-share / 20 + shift)
            released = 1 - np.exp(-rate * TIMES)
            values = np.maximum.accumulate(np.clip(released + noise * rng.normal(size=8), 0, 1.05))
            values[0] = 0.0
            rows += [
                (f"g{g}", f"g{g}-{k}", t, share, ("a", "b")[g % 2], v)
                for t, v in zip(TIMES, values, strict=True)
            ]
    frame = pd.DataFrame(rows, columns=["group", "curve", "time", "share", "kind", "released"])
    return TidyTable(
        features=frame[["share", "kind"]],
        target=frame["released"].to_numpy(float),
        group=frame["group"].to_numpy(str),
        curve=frame["curve"].to_numpy(str),
        time=frame["time"].to_numpy(float),
        target_name="released",
        time_name="time",
        group_name="group",
        units={"released": "fraction", "time": "h", "share": "%"},
        source="made up",
    )


def value_table(n_groups=20, per_group=4, *, seed=0):
    """Return single values that follow two numbers, without time."""
    rng = np.random.default_rng(seed)
    n = n_groups * per_group
    x = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    return TidyTable(
        features=x,
        target=(10 + 3 * x["a"] + rng.normal(size=n) * 0.1).to_numpy(float),
        group=np.repeat([f"g{k}" for k in range(n_groups)], per_group),
        curve=np.array([f"r{k}" for k in range(n)]),
        target_name="seconds",
        units={"seconds": "s"},
    )
