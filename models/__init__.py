"""Equations and surrogates: from a design to what a body makes of it."""

DISTRIBUTION = "formulation-design"
"""Name of the distribution; the three packages carry the same, so a foreign one is noticed."""
