"""The panel: published contrasts that the mechanistic simulator is asked to predict.

Each row of the table of contrasts is an experiment in code: who is simulated, what they take, and
what is read off. `contrasts` reads the rows; `isotopes`, `urine`, `body` and `bench` hold the
experiments; `prediction` turns an experiment into a number with an interval; `controls` pairs each
negative control with a positive one; `scoring` compares with two null models; `calibrated` and
`refit` say which parameter rests on which row.
"""
