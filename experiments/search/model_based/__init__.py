"""Search by a model of the outcomes, for evaluations that cost minutes or a day in a laboratory."""
