"""Settings of all tests."""

from hypothesis import settings

# A first example may load what later ones have; how long one takes is not what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
