"""Absorption: what the gut takes up of a day's magnesium."""
