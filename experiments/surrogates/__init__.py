"""Use cases about surrogates: list, show, train, compare, and bring a file back."""

from experiments.surrogates.comparing import compare_models
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
    "compare_models",
    "file_state",
    "find_model",
    "list_models",
    "model_markdown",
    "restore_model",
    "show_model",
    "train_models",
    "write_card",
]
