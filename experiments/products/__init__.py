"""Use cases about one product that was made: what a bench vessel would show of it."""

from experiments.products.dissolution import (
    Comparison,
    Prediction,
    curves_of,
    predict_dissolution,
    prediction_dict,
    read_times,
)
from experiments.products.vessel import Vessel, choose_vessel

__all__ = [
    "Comparison",
    "Prediction",
    "Vessel",
    "choose_vessel",
    "curves_of",
    "predict_dissolution",
    "prediction_dict",
    "read_times",
]
