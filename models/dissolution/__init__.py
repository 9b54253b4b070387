"""What a bench says of its curves: moments, kinetic fits, f2 with its rules, absorption, relation.

Everything here takes measured curves apart; release laws, which say what a recipe will show, are in
`models.release`. Pure functions of arrays; nothing is random but the bootstrap, which is seeded.
"""
