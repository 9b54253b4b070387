"""The account of a product that was followed in people: what happens to the magnesium, and why.

Where it is absorbed and what it is lost to, what it risks, what to watch, and which assumptions
the result rests on. A simulation tells it of one product, a study of each candidate.
"""

from experiments.account.accountant import Accountant

__all__ = ["Accountant"]
