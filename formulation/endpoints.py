"""The endpoints that a study may name: a number each, with title, unit and where it comes from.

What values each can have at all stands here too; a study file cannot ask for others.
"""

from enum import StrEnum

from attrs import frozen

from formulation.possible import ANY, FROM_ZERO, RELATIVE_CHANGE, SHARE, Possible

STATISTICS = ("p05", "p50", "p95")
"""Population percentiles that are predicted, [-]."""

MEAN = "mean"
"""The mean over the population, a statistic beside the percentiles."""

LIMITS_MET = "limits_met"
"""Endpoint: the chance that every limit of a study holds."""

PREDICTED_F2 = "predicted_f2"
"""Endpoint: the lower bound of f2 to a study's reference profile."""


class Scope(StrEnum):
    """Where an endpoint's number comes from."""

    RECIPE = "recipe"
    """Arithmetic on the recipe; exact, and 0 where it does not apply to the form."""

    BENCH = "bench"
    """The release profile in the stated bench medium, or the release law itself."""

    POPULATION = "population"
    """A percentile or the mean over a virtual population."""

    STUDY = "study"
    """Follows from the study's own limits or reference profile; no chain gives it."""


@frozen(kw_only=True)
class Endpoint:
    """A number drawn from a design, a bench vessel or a population."""

    name: str
    """Name used in study files."""

    title: str
    """Name for people, without unit."""

    unit: str
    """Unit of its values."""

    scope: Scope
    """Where the number comes from."""

    decimals: int = 1
    """Decimals shown to people, [-]."""

    needs_prices: bool = False
    """Whether a design with an ingredient of unknown price has no such number."""

    has_mean: bool = True
    """Whether a mean over people means something; a ratio to what may be 0 has none."""

    has_interval: bool = True
    """Whether a prediction of it has an interval; none for arithmetic on the recipe."""

    possible: Possible = FROM_ZERO
    """Which values it can have, in `unit`."""


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(name="unit_mass", title="Mass of one unit", unit="mg", scope=Scope.RECIPE),
    Endpoint(name="units_per_day", title="Units a day", unit="1/d", scope=Scope.RECIPE, decimals=0),
    Endpoint(name="swallowed_mass", title="Mass taken", unit="g/d", scope=Scope.RECIPE, decimals=2),
    Endpoint(name="elemental_dose", title="Elemental Mg dose", unit="mg/d", scope=Scope.RECIPE),
    *(
        Endpoint(name=name, title=title, unit=unit, scope=Scope.RECIPE, decimals=decimals)
        for name, title, unit, decimals in (
            ("units_per_intake", "Units at one occasion", "1", 0),
            ("volume_per_intake_ml", "Volume at one occasion", "mL", 1),
            ("area_per_day_cm2", "Patch area a day", "cm2", 0),
            ("osmolality_mosm_per_kg", "Osmolality", "mOsm/kg", 0),
            ("sodium_mg_per_day", "Sodium", "mg/d", 0),
            ("lead_ug_per_day", "Lead, upper bound", "ug/d", 2),
            ("cadmium_ug_per_day", "Cadmium, upper bound", "ug/d", 2),
            ("arsenic_ug_per_day", "Arsenic, upper bound", "ug/d", 2),
            ("excipient_max_share", "Largest share of an excipient's maximum", "percent", 0),
        )
    ),
    Endpoint(
        name="cost_eur_per_day",
        title="Cost of ingredients",
        unit="EUR/d",
        scope=Scope.RECIPE,
        decimals=3,
        needs_prices=True,
    ),
    Endpoint(
        name="dose_dumping_risk",
        title="Risk of dose dumping",
        unit="percent",
        scope=Scope.BENCH,
        has_interval=False,
        possible=SHARE,
    ),
    *(
        Endpoint(
            name=f"released_{hours}h",
            title=f"Released in {hours} h",
            unit="percent",
            scope=Scope.BENCH,
            possible=SHARE,
        )
        for hours in (1, 2, 8)
    ),
    Endpoint(
        name="absorbed_increment",
        title="Absorbed Mg, increment over diet",
        unit="mg/d",
        scope=Scope.POPULATION,
        possible=ANY,
    ),
    Endpoint(
        name="fraction_absorbed",
        title="Fraction of the dose absorbed (increment over diet)",
        unit="percent",
        scope=Scope.POPULATION,
        possible=SHARE,
    ),
    Endpoint(
        name="soluble_unabsorbed_load",
        title="Soluble unabsorbed Mg from the product",
        unit="mmol/d",
        scope=Scope.POPULATION,
        decimals=2,
    ),
    Endpoint(
        name="peak_gut_load",
        title="Most dissolved Mg in the upper gut at once",
        unit="mmol",
        scope=Scope.POPULATION,
        decimals=2,
    ),
    Endpoint(
        name="serum_change",
        title="Serum Mg, change after six weeks",
        unit="mmol/L",
        scope=Scope.POPULATION,
        decimals=3,
        possible=ANY,
    ),
    Endpoint(
        name="serum",
        title="Serum Mg after six weeks",
        unit="mmol/L",
        scope=Scope.POPULATION,
        decimals=3,
    ),
    Endpoint(
        name="urine_change",
        title="24 h urine Mg, change after six weeks",
        unit="mmol/d",
        scope=Scope.POPULATION,
        decimals=2,
        possible=ANY,
    ),
    Endpoint(
        name="red_cell_change",
        title="Red-cell Mg, change after six weeks",
        unit="percent",
        scope=Scope.POPULATION,
        decimals=2,
        possible=RELATIVE_CHANGE,
    ),
    Endpoint(
        name="muscle_change",
        title="Muscle Mg, change after six weeks",
        unit="percent",
        scope=Scope.POPULATION,
        decimals=2,
        possible=RELATIVE_CHANGE,
    ),
    Endpoint(
        name="laxation_risk",
        title="Chance of loose stools",
        unit="percent",
        scope=Scope.POPULATION,
        possible=SHARE,
    ),
    Endpoint(
        name="cost_per_absorbed_mg",
        title="Cost of ingredients per absorbed mg",
        unit="EUR/mg",
        scope=Scope.POPULATION,
        decimals=4,
        needs_prices=True,
        has_mean=False,
    ),
    Endpoint(
        name=LIMITS_MET,
        title="Chance that every limit holds",
        unit="percent",
        scope=Scope.STUDY,
        has_interval=False,
        possible=SHARE,
    ),
    Endpoint(
        name=PREDICTED_F2,
        title="Predicted f2 to the reference profile, lower bound",
        unit="1",
        scope=Scope.STUDY,
        decimals=0,
        has_interval=False,
        possible=SHARE,
    ),
)
"""Every endpoint a study may name."""

OF_SOME_FORMS = frozenset({"volume_per_intake_ml", "area_per_day_cm2", "osmolality_mosm_per_kg"})
"""Endpoints that are 0 for a form without volume or area, which has no such thing."""

BENCH_TIMES_H = {"released_1h": 1.0, "released_2h": 2.0, "released_8h": 8.0}
"""Time at which a bench endpoint is read, [h]."""


def does_not_apply(key: str, value: float | None) -> bool:
    """Tell whether a value stands for something that a form does not have.

    Parameters
    ----------
    key : str
        Endpoint key, [-].
    value : float or None
        Its value, in the endpoint's unit; None where it is not known, [any].

    Returns
    -------
    bool
        Whether it is the 0 of a form without volume or area, [-].
    """
    return key in OF_SOME_FORMS and value == 0.0
