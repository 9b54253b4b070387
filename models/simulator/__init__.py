"""The simulator: magnesium from the gut to the body, stated once as fluxes, integrated compiled."""
