"""What people call the features that surrogates see, with units and the question each answers.

The names of features carry their units as suffix (`DeliverySystem.features`). Features of one
question belong together: the shares of all fillers say which filler and how much, the chemistry of
both salts says which salts.
"""

from collections.abc import Mapping

from attrs import frozen

from formulation.delivery import DeliverySystem, get_system
from formulation.excipients import excipients

LAW = "law_liberated_"
"""Begins the names of what the release law alone gives at some time."""

BODY = "body_"
"""Begins the names of what the body sees of a product."""

SALTS = "magnesium salts"
LAW_QUESTION = "release by the law alone"
FORM_QUESTION = "form"
BODY_RELEASE = "release in the body"
_DOSE, _TAKEN, _COAT = "elemental Mg of a day", "how it is taken", "coat, as the body meets it"
_DISSOLVING = "salts, as the body meets them"

_UNITS: Mapping[str, str] = {
    "_mmol_per_l": "mmol/L",
    "_meq_per_mmol": "mEq/mmol",
    "_mosm_per_day": "mOsm/d",
    "_mg_per_cm2": "mg/cm2",
    "_per_cm2": "1/cm2",
    "_ma_min": "mA*min",
    "_mpa_s": "mPa*s",
    "_pa_s": "Pa*s",
    "_mmol": "mmol",
    "_meq": "mEq",
    "_bar": "bar",
    "_pct": "%",
    "_cm2": "cm2",
    "_mg": "mg",
    "_kn": "kN",
    "_nm": "nm",
    "_um": "um",
    "_ma": "mA",
    "_h": "h",
}
"""Unit of a name by its ending, the longest first."""

_TITLES: Mapping[str, str] = {
    "dose_mmol": "elemental Mg at one occasion",
    "second_share_of_mg": "share of the second salt in the elemental Mg",
    "mg_content_pct": "elemental Mg in the salts",
    "ph": "pH",
    "film_ph": "opening pH of the film",
    "film_mg_per_cm2": "enteric film",
    "load_mg_per_cm2": "salt on the patch",
    "matrix_mg_per_cm2": "matrix of the patch",
    "membrane_um": "membrane thickness",
    "homogenisation_bar": "homogenisation pressure",
    "magnesium_mmol_per_l": "magnesium in the product",
    "salting_out_share": "share of salting-out salts in the salts",
    "dissolved_share": "dissolved share of the salt",
    "salt_pct": "magnesium salt",
    "unabsorbed_mosm_per_day": "osmoles beside Mg that stay in the bowel",
}
"""Titles that do not follow from the name."""

_FILM, _POLYMER = "enteric film, which and how much", "matrix polymer, which and how much"
_QUESTIONS: Mapping[str, str] = {
    "film_ph": _FILM,
    "film_mg_per_cm2": _FILM,
    "log_viscosity_mpa_s": _POLYMER,
}
"""Questions of features that are no shares of components."""

_WITHOUT_UNIT = ("second_share_of_mg",)
"""Shares of 1 whose names end like a unit."""

_OF_SALTS = frozenset(
    {"mg_content_pct", "second_share_of_mg", "salting_out_share"}
    | {
        f"{prefix}{name}"
        for prefix in ("", "second_")
        for name in ("log_solubility_mmol_per_l", "acid_demand_meq_per_mmol")
    }
)


_IN_BODY: Mapping[str, tuple[str, str, str]] = {
    "log_mmol_per_day": ("elemental Mg of a day", "ln mmol", _DOSE),
    "log_mmol_per_intake": ("elemental Mg of an intake", "ln mmol", _TAKEN),
    "intakes_per_day": ("intakes a day", "", _TAKEN),
    "with_meals": ("taken with meals", "", _TAKEN),
    "is_suspended": ("drunk or squeezed, not swallowed whole", "", BODY_RELEASE),
    "residence_h": ("time in which it can let go", "h", BODY_RELEASE),
    "is_coated": ("under a coat", "", _COAT),
    "coat_threshold_ph": ("pH at which the coat opens", "", _COAT),
    "coat_film_h": ("time the coat takes to open", "h", _COAT),
    "coat_lag_h": ("lag of the coat", "h", _COAT),
    "coat_lag_cv": ("spread of that lag between units", "", _COAT),
    "coat_failure": ("share of units that never open", "", _COAT),
    "second_share": ("share of the second salt of a unit", "", _DISSOLVING),
    "log_solubility_mmol_per_l": ("solubility met", "ln mmol/L", _DISSOLVING),
    "log_k_water_per_h": ("dissolution rate in water", "ln 1/h", _DISSOLVING),
    "acid_demand_meq_per_mmol": ("acid the salt takes", "mEq/mmol", _DISSOLVING),
    "predissolved": ("share dissolved before it is swallowed", "", _DISSOLVING),
    "acid_meq_per_intake": ("acid an intake takes", "mEq", _DISSOLVING),
    "mosm_per_intake": ("osmoles of an intake", "mOsm", _DISSOLVING),
    "log_unabsorbed_mosm_per_day": ("osmoles left in the bowel a day", "ln(1 + mOsm)", _TAKEN),
}
"""Title, unit and question of what the body sees."""

_SECOND = frozenset(
    f"second_{name}"
    for name in (
        *("log_solubility_mmol_per_l", "log_k_water_per_h"),
        *("acid_demand_meq_per_mmol", "predissolved"),
    )
)
"""What the body sees of a second salt too."""


@frozen(kw_only=True)
class FeatureWords:
    """What people call a feature."""

    title: str
    """Name without unit."""

    unit: str
    """Unit; empty for a count, a yes or no, or a share of 1."""

    question: str
    """What it answers together with others of the same question."""

    @property
    def text(self) -> str:
        """Name with unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


def feature_words(system: str, name: str) -> FeatureWords:
    """Return what people call a feature of a delivery system.

    Parameters
    ----------
    system : str
        Delivery system, [-].
    name : str
        Feature, as its surrogate calls it, [-].

    Returns
    -------
    FeatureWords
        Title, unit and question, [-].

    Examples
    --------
    >>> feature_words("timed_release", "hpmc_pct").text
    'hypromellose, % w/w'
    >>> feature_words("timed_release", "log_viscosity_mpa_s").text
    'viscosity, log10 mPa*s'
    """
    if name.startswith(LAW):
        title = f"released by the law alone in {name.removeprefix(LAW).removesuffix('h')} h"
        return FeatureWords(title=title, unit="", question=LAW_QUESTION)
    if name.startswith(BODY):
        return _in_body(name.removeprefix(BODY))
    owner = get_system(system)
    if name.startswith("is_"):
        title = _form_title(owner, name.removeprefix("is_"))
        return FeatureWords(title=title, unit="", question=FORM_QUESTION)
    ending = next((e for e in _UNITS if name.endswith(e) and name not in _WITHOUT_UNIT), "")
    bare, unit = name.removesuffix(ending), _UNITS.get(ending, "")
    if name.startswith(("log_", "second_log_")):
        bare, unit = bare.replace("log_", ""), f"log10 {unit}"
    role = next((c.role for f in owner.forms for c in f.components if c.name == bare), "")
    if unit == "%" and role:
        title = _TITLES.get(name) or _component_title(bare)
        question = title if bare == "salt" else f"{role}, which and how much"
        return FeatureWords(title=title, unit="% w/w", question=question)
    title = _TITLES.get(name) or bare.replace("_", " ").replace("second ", "second salt: ")
    question = SALTS if name in _OF_SALTS else _QUESTIONS.get(name, title)
    return FeatureWords(title=title, unit=unit, question=question)


def _in_body(name: str) -> FeatureWords:
    if name.startswith("liberated_"):
        title = f"released in the body by {name.removeprefix('liberated_').removesuffix('h')} h"
        return FeatureWords(title=title, unit="", question=BODY_RELEASE)
    title, unit, question = _IN_BODY[name.removeprefix("second_" if name in _SECOND else "")]
    title = f"second salt: {title}" if name in _SECOND else title
    return FeatureWords(title=title, unit=unit, question=question)


def _form_title(system: DeliverySystem, name: str) -> str:
    titles = {form.name: form.title for form in system.forms}
    title = titles.get(name) or titles.get(f"{name}_matrix") or name.replace("_", " ")
    return f"is {title[0].lower()}{title[1:]}"


def _component_title(component: str) -> str:
    """Return the label of an excipient, that of its family where the process decides the grade."""
    known = excipients()
    if component in known:
        label = known[component].label
    else:
        family = (e.label for key, e in known.items() if key.startswith(f"{component}_"))
        label = next(family, component.replace("_", " ")).partition(" ")[0]
    return f"{label[0].lower()}{label[1:]}"
