"""One endpoint measured in people, with or without the recipe of what they took."""

from attrs import evolve, frozen

from formulation.design import Design
from formulation.errors import InputError
from formulation.regimen import Regimen

PARALLEL, CROSSOVER = "parallel", "crossover"

DESIGN_KINDS = (PARALLEL, CROSSOVER)
"""How a trial compared: between groups, or within the same people."""


DOSE_TOLERANCE = 0.05
"""How far a stated dose may lie from whole units of the recipe: assay and rounding, [-]."""


@frozen(kw_only=True)
class AbsorptionReading:
    """One endpoint measured in people who took one form."""

    form: str
    """Product, as its file calls it, or a name for a form without a recipe."""

    dose_mg_per_day: float
    """Elemental magnesium a day, [mg/d]."""

    intakes_per_day: int
    """Occasions a day, [1/d]."""

    with_meals: bool
    """Whether it was taken with meals."""

    population: str
    """Name of the population that stands for the people."""

    endpoint: str
    """Endpoint, one of `models.data.absorption_units.MEASURABLE`."""

    value: float
    """Mean over the people, in `unit`."""

    unit: str
    """Unit that `formulation.targets` has for the endpoint."""

    sd: float | None
    """Standard deviation between the people, in `unit`; None where it is not known."""

    n: int
    """People behind the mean, [-]."""

    design_kind: str
    """``parallel`` or ``crossover``."""

    source: str
    """Where the number comes from."""


@frozen(kw_only=True)
class AbsorptionRow(AbsorptionReading):
    """One endpoint measured in people who took a product with a known recipe."""

    design: Design
    """Its recipe, taken as in the trial."""


def taken_as(design: Design, intakes_per_day: int, with_meals: bool, dose: float) -> Design:
    """Return a product as it was taken in a trial.

    Parameters
    ----------
    design : Design
        Its recipe, [-].
    intakes_per_day : int
        Occasions a day, [1/d].
    with_meals : bool
        Whether with meals, [-].
    dose : float
        Elemental magnesium a day, [mg/d].

    Returns
    -------
    Design
        The recipe with the regimen that gives the dose, [-].

    Raises
    ------
    InputError
        The dose is no whole number of units at each occasion.
    """
    units = dose / (design.elemental_mg_per_unit * intakes_per_day)
    whole = max(1, round(units))
    if abs(units - whole) > DOSE_TOLERANCE * whole:
        raise InputError(
            f"{dose:.4g} mg/d in {intakes_per_day} intakes are {units:.3g} units of"
            f" {design.elemental_mg_per_unit:.4g} mg each; a whole number is wanted.",
            hint="Check the dose (elemental magnesium a day), the intakes and the recipe.",
        )
    regimen = Regimen(
        units_per_intake=whole, intakes_per_day=intakes_per_day, with_meals=with_meals
    )
    return evolve(design, regimen=regimen)
