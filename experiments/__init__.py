"""Studies: search, executors, store, tracking, reports and the command line."""

DISTRIBUTION = "formulation-design"
"""Name of the distribution; the three packages carry the same, so a foreign one is noticed."""
