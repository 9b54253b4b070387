"""Acceptable ranges around a chosen design, one factor at a time."""

from experiments.ranges.finding import candidate_ranges, ranges_of

__all__ = ["candidate_ranges", "ranges_of"]
