"""Acceptable ranges around a chosen design, one factor at a time."""

from experiments.ranges.factors import factors_of
from experiments.ranges.finding import candidate_ranges, ranges_of

__all__ = ["candidate_ranges", "factors_of", "ranges_of"]
