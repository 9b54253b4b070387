"""Use cases about surrogates: list, show, train, ask, compare, and bring a file back."""

from experiments.surrogates.comparing import compare_models
from experiments.surrogates.predicting import Foretold, foretell, foretold_dict, read_early
from experiments.surrogates.training import restore_model, train_models
from experiments.surrogates.versions import (
    SHORT,
    file_state,
    find_model,
    list_models,
    model_markdown,
    show_model,
    write_card,
)

__all__ = [
    "SHORT",
    "Foretold",
    "compare_models",
    "file_state",
    "find_model",
    "foretell",
    "foretold_dict",
    "list_models",
    "model_markdown",
    "read_early",
    "restore_model",
    "show_model",
    "train_models",
    "write_card",
]
