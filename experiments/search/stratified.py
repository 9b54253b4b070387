"""Stratified designs: systems and salts in turn, the rest random, a stream for each number."""

import numpy as np

from formulation.design import Design
from formulation.space import DesignSpace


def cells(space: DesignSpace) -> list[tuple[str, str]]:
    """Return every pair of system and salt with which something can be made.

    Parameters
    ----------
    space : DesignSpace
        What may be made, [-].

    Returns
    -------
    list of tuple of str
        Systems in turn, so that neighbours in the list differ in system, [-].
    """
    columns = [[(s, salt) for salt in space.space_of(s).options] for s in space.systems]
    longest = max(map(len, columns))
    return [column[k] for k in range(longest) for column in columns if k < len(column)]


def stratified(space: DesignSpace, number: int, seed: int, attempt: int = 0) -> Design:
    """Return the design of a trial number in the stratified sequence of a study.

    Systems and salts come round in turn; the rest is random, with a stream for each number.

    Parameters
    ----------
    space : DesignSpace
        What may be made, [-].
    number : int
        Trial number, [-].
    seed : int
        Seed of the study, [-].
    attempt : int, optional
        Another attempt has the same system and salt, and the rest anew, [-].

    Returns
    -------
    Design
        A valid design, [-].
    """
    rounds = cells(space)
    turn, place = divmod(number, len(rounds))
    order = np.random.default_rng([seed, turn]).permutation(len(rounds))
    system, salt = rounds[int(order[place])]
    stream = [seed, 1, number, attempt] if attempt else [seed, 1, number]
    rng = np.random.default_rng(stream)

    def pick(name: str, choices: tuple[str, ...] | None) -> str | float:
        if choices is None:
            return float(rng.random())
        if name == "system":
            return system
        return salt if name == f"{system}.salt" else choices[int(rng.integers(len(choices)))]

    return space.draw(pick)
