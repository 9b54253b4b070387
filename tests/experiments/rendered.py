"""Pages of the example documents, each rendered once for all tests that only read it."""

from collections.abc import Callable
from functools import cache
from typing import Any

from experiments.reports import render


@cache
def page_of(make: Callable[[], dict[str, Any]]) -> str:
    """Return the report of what a maker makes, as HTML."""
    return render(make())
