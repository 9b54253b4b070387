"""The domain: what may be made, for whom, and what is wanted."""

DISTRIBUTION = "formulation-design"
"""Name of the distribution; the three packages carry the same, so a foreign one is noticed."""
