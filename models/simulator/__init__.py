"""The simulator: magnesium from the gut to the body, stated once as fluxes, integrated compiled."""

from models.compiled import keep_compiled

keep_compiled()
