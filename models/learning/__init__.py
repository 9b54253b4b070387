"""Learning from tables: curves and values of formulations, with intervals held to unseen groups."""
