"""The published way on the LAI table, in an interpreter of its own: LightGBM, tuned for each split.

Run by `tests.bench.surrogates` as ``python lai_peer.py TABLE.csv SPLIT``; needs lightgbm,
scikit-learn and pandas there. The table's last column is the target; ``group`` and ``curve`` are no
features. Hyperparameters are drawn from ranges like the published ones (boosting, trees, leaves,
rate, smallest leaf, row share, two penalties), judged by row error on folds by group, and the best
is refitted. Published: 100 draws on 10 folds; here `DRAWS` on `FOLDS`, which is said.
"""

import json
import sys
import time

import numpy as np
import pandas as pd

DRAWS = 20
FOLDS = 5
RANGES = {
    "n_estimators": [100, 200, 300, 400, 600],
    "boosting_type": ["gbdt", "goss"],
    "num_leaves": [16, 32, 64, 128],
    "learning_rate": [0.1, 0.03, 0.01],
    "min_child_samples": [2, 10, 20, 40, 100],
    "min_child_weight": [0.001, 0.1, 1.0, 10.0],
    "subsample": [0.4, 0.6, 0.8, 1.0],
    "reg_alpha": [0, 0.005, 0.015],
    "reg_lambda": [0, 0.005, 0.015],
}


def main() -> None:
    from lightgbm import LGBMRegressor
    from sklearn.model_selection import (
        GroupKFold,
        GroupShuffleSplit,
        ParameterSampler,
        cross_val_score,
    )

    table, split = pd.read_csv(sys.argv[1]), int(sys.argv[2])
    x = table.drop(columns=["group", "curve", "target"]).to_numpy(float)
    y, group = table["target"].to_numpy(float), table["group"].to_numpy()
    splitter = GroupShuffleSplit(1, test_size=0.2, random_state=split)
    train, test = next(splitter.split(x, y, group))

    def learner(chosen: dict) -> LGBMRegressor:
        return LGBMRegressor(random_state=4, n_jobs=1, verbosity=-1, **chosen)

    def error(chosen: dict) -> float:
        scores = cross_val_score(
            learner(chosen), x[train], y[train], groups=group[train],
            cv=GroupKFold(FOLDS), scoring="neg_mean_absolute_error",
        )  # fmt: skip
        return -float(scores.mean())

    best = min(ParameterSampler(RANGES, DRAWS, random_state=split), key=error)
    begun = time.process_time()
    found = learner(best).fit(x[train], y[train])
    fitted = time.process_time()
    prediction = found.predict(x[test])
    answer = {
        "split": split,
        "mae": float(np.abs(prediction - y[test]).mean()),
        "chosen": best,
        "fit_cpu_s": fitted - begun,
        "test": test.tolist(),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
