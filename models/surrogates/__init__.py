"""Surrogates: fast predictions with intervals, learnt from data and from the simulator."""
