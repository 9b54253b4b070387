"""What can be chosen in one form of a delivery system, and what was chosen in a design."""

from collections.abc import Collection, Mapping, Sequence
from itertools import product

from attrs import evolve

from formulation.delivery import Form, selection_text
from formulation.design import Design
from formulation.parameters import Parameter, holds
from formulation.regimen import Regimen

Chosen = tuple[tuple[str, ...], ...]
"""What each selection of a form takes, in their order."""


def every_choice(form: Form) -> tuple[Chosen, ...]:
    """Return every combination of what the selections of a form may take.

    Parameters
    ----------
    form : Form
        The form, [-].

    Returns
    -------
    tuple of tuple
        Combinations in a fixed order; one empty combination without selections, [-].
    """
    return tuple(product(*(selection.choices for selection in form.selections)))


def chosen_in(form: Form, design: Design) -> Chosen:
    """Return what each selection takes in a design.

    Parameters
    ----------
    form : Form
        The form of the design, [-].
    design : Design
        Any design, [-].

    Returns
    -------
    tuple of tuple of str
        Components present, by selection, [-].
    """
    return tuple(selection.made_in(design.amounts_mg) for selection in form.selections)


def next_in_turn(every: Sequence[str], wanted: str, fitting: Collection[str]) -> str:
    """Return what was wanted, or the next in turn that fits.

    Parameters
    ----------
    every : sequence of str
        All settings in order, [-].
    wanted : str
        The one asked for, [-].
    fitting : collection of str
        Those that fit; at least one of `every`, [-].

    Returns
    -------
    str
        A setting that fits, [-].

    Examples
    --------
    >>> next_in_turn(("a", "b", "c"), "b", {"a"})
    'a'
    """
    start = every.index(wanted)
    return next(x for x in (*every[start:], *every[:start]) if x in fitting)


def active_parameters(
    form: Form, chosen: Chosen, process: Mapping[str, float | str]
) -> tuple[Parameter, ...]:
    """Return the parameters that exist under what was chosen.

    Parameters
    ----------
    form : Form
        The form, [-].
    chosen : tuple of tuple of str
        What each selection takes, [-].
    process : mapping of str to float or str
        Settings so far, [-].

    Returns
    -------
    tuple of RealParameter or ChoiceParameter
        In the order of the form, [-].
    """
    texts = {s.name: selection_text(c) for s, c in zip(form.selections, chosen, strict=True)}
    settings = {**process, **texts}
    return tuple(parameter for parameter in form.process if holds(parameter.when, settings))


def form_regimens(form: Form, regimens: Sequence[Regimen]) -> tuple[Regimen, ...]:
    """Return the ways of taking a form: where meals do not matter, each once between them.

    Parameters
    ----------
    form : Form
        The form, [-].
    regimens : sequence of Regimen
        What the study allows, [-].

    Returns
    -------
    tuple of Regimen
        Each once, [-].
    """
    if form.route.knows_meals:
        return tuple(regimens)
    return tuple(dict.fromkeys(evolve(regimen, with_meals=False) for regimen in regimens))
