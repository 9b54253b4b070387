"""Disposition: what the body does with absorbed magnesium."""
