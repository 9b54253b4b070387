"""JSON Schemas of study and product files, made from the domain each time they are asked for.

An editor completes and checks a file with them while it is written. They know names, types, units
as text and how often something may stand; whether a dose is allowed, a range possible or a recipe
weighable is judged by `load_study` and `load_products`, which stay the authority.
"""

from collections.abc import Callable, Iterable, Mapping

from experiments.config import product as product_file
from experiments.config import study as study_file
from experiments.config.aims import MAX_LIMITS, MAX_OBJECTIVES
from experiments.config.items import MAX_TEXT
from experiments.config.people import MAX_MEDICATION, NAME_PATTERN
from experiments.config.profile import MAX_PROFILE
from experiments.config.schema_aims import (
    limit,
    objective,
    profile,
    reference_release,
    robustness,
)
from experiments.config.schema_choices import budget, excluded_regions, fixed_values, unmade
from experiments.config.schema_terms import (
    Schema,
    definitions,
    ends,
    keys,
    one_of,
    quantity,
    some,
    text,
    whole,
)
from experiments.config.spec import BUDGET_RANGES, EXTRAPOLATION
from formulation.delivery import DELIVERY_SYSTEMS, FORM, DeliverySystem, Form
from formulation.design import SECOND_SALT
from formulation.errors import UnknownNameError
from formulation.limits import all_limits
from formulation.parameters import ChoiceParameter
from formulation.patients import MAX_POPULATION, named_spreads, patient_fields
from formulation.refusals import REFUSED_CONDITIONS
from formulation.regimen import MAX_INTAKES_PER_DAY, MAX_UNITS_PER_INTAKE
from formulation.salts import salts
from formulation.units import shown_after

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = 1
"""Version of the layout of both schemas, [-]."""


def study_schema() -> Schema:
    """Return the JSON Schema of a study file.

    Returns
    -------
    dict
        Draft 2020-12, the same on every call, [-].
    """
    members = {
        "study": text("Name of the study.", pattern=f"^{NAME_PATTERN}$"),
        "project": text("What the tracking groups it under.", pattern=f"^{NAME_PATTERN}$"),
        "question": text("The question it answers, in words.", maxLength=MAX_TEXT),
        "jurisdiction": one_of(all_limits(), "Whose limits on supplements hold."),
        "systems": some(
            {"anyOf": [_systems_by_name(), *map(_system, DELIVERY_SYSTEMS)]},
            "Delivery systems, by name or narrowed.",
        ),
        "salts": some(_source(), "Magnesium salts: by name, with an assay, or two mixed."),
        "dose": ends("Elemental magnesium a day, [mg/d].", "mg/d", required=("low", "high")),
        "regimens": _regimens(),
        "exclude": excluded_regions(),
        "not_makeable": unmade(),
        "population": _population(),
        "objectives": some(objective(), "What is made as good as possible.", MAX_OBJECTIVES),
        "limits": some(limit(), "What a design must keep to.", MAX_LIMITS, least=0),
        "profile": some(profile(), "What the product must satisfy besides.", MAX_PROFILE, least=0),
        "extrapolation": one_of(
            EXTRAPOLATION,
            "Designs far from what the surrogates were fitted on: said, ranked lower, or refused.",
        ),
        "robustness": robustness(),
        "reference_release": reference_release(),
        "budget": budget(),
    }
    return {
        **_head("study", "Study of the formulation service"),
        **keys(members, required=study_file.REQUIRED),
        "$defs": {**definitions(), "product": _product()},
    }


def product_schema() -> Schema:
    """Return the JSON Schema of a product file: one product, or several under ``products``.

    Returns
    -------
    dict
        Draft 2020-12, the same on every call, [-].
    """
    several = some({"$ref": "#/$defs/product"}, "The products.", product_file.MAX_PRODUCTS)
    return {
        **_head("product", "Product file of the formulation service"),
        "if": {"type": "object", "required": ["products"]},
        "then": keys({"products": several}, required=("products",)),
        "else": {"$ref": "#/$defs/product"},
        "$defs": {**definitions(), "product": _product()},
    }


SCHEMAS: Mapping[str, Callable[[], Schema]] = {"study": study_schema, "product": product_schema}
"""Every schema by the kind of file it is for."""


def schema_of(kind: str) -> Schema:
    """Return the JSON Schema of one kind of file.

    Parameters
    ----------
    kind : str
        ``study`` or ``product``, [-].

    Returns
    -------
    dict
        Draft 2020-12, [-].

    Raises
    ------
    UnknownNameError
        There is no such kind of file.
    """
    if kind not in SCHEMAS:
        raise UnknownNameError("Kind of file", kind, SCHEMAS)
    return SCHEMAS[kind]()


def _head(kind: str, title: str) -> Schema:
    # `schema` and `version` are ours, as in every document; a validator passes over them.
    name = f"formulation/{kind}-schema"
    return {"$schema": DIALECT, "schema": name, "version": VERSION, "title": title}


def _product() -> Schema:
    designable = _designable()
    members = {
        "product": text("Name, as release curves call it.", pattern=f"^{NAME_PATTERN}$"),
        "system": _systems_by_name(),
        "salt": {"anyOf": [designable, _lot()]},
        SECOND_SALT: {"anyOf": [designable, _lot()]},
        "amounts": {"type": "object", "description": "Mass of each component in one unit."},
        "executed": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/amount"},
            "description": "What was weighed of each, where it is known; models use it.",
        },
        "process": {"type": "object", "description": "Form, process settings and sizes."},
        "regimen": keys(
            {
                "units_per_intake": whole(1, MAX_UNITS_PER_INTAKE, "Units at one occasion."),
                "intakes_per_day": whole(1, MAX_INTAKES_PER_DAY, "Occasions a day."),
                "with_meals": {"type": "boolean", "description": "With meals or between them."},
            },
            description="How it is taken.",
        ),
    }
    return {
        **keys(members, required=product_file.REQUIRED),
        "allOf": [*map(_recipe, DELIVERY_SYSTEMS), _second_amount()],
    }


def _recipe(system: DeliverySystem) -> Schema:
    """Return what a product of one system may hold and how it may be made."""
    components = {
        component.name: {"$ref": "#/$defs/amount", "description": component.role}
        for form in system.forms
        for component in form.components
    }
    amounts = {**components, SECOND_SALT: {"$ref": "#/$defs/amount"}}
    recipe = {
        "amounts": keys(amounts, required=("salt",)),
        "process": keys(_settings(system), required=(FORM,)),
    }
    return {
        "if": {"properties": {"system": {"const": system.name}}, "required": ["system"]},
        "then": {"properties": recipe},
    }


def _second_amount() -> Schema:
    wanted = {"amounts": {"required": [SECOND_SALT]}}
    return {"if": {"required": [SECOND_SALT]}, "then": {"properties": wanted}}


def _settings(system: DeliverySystem) -> Schema:
    """Return the form, the process parameters and the sizes of a product."""
    found = {FORM: one_of(system.settings(FORM), _titles(system.forms))}
    for form in system.forms:
        for parameter in (*form.process, *form.dimensions):
            name = parameter.name
            if isinstance(parameter, ChoiceParameter):
                found[name] = one_of(system.settings(name), name)
            else:
                found[name] = quantity(parameter.unit, _range_text(system, name))
    return found


def _system(system: DeliverySystem) -> Schema:
    """Return a delivery system as a study narrows it."""
    ranges, choices = {}, {}
    for name, unit in system.names().items():
        if unit:
            ranges[name] = ends(_range_text(system, name), unit)
        else:
            description = _titles(system.forms) if name == FORM else f"Settings of {name}."
            choices[name] = {
                **some(one_of(system.settings(name)), description),
                "uniqueItems": True,
            }
    members = {
        "name": {"const": system.name, "description": system.title},
        "ranges": keys(ranges, description="Ranges to narrow; '<form>.<name>' for one form."),
        "choices": keys(choices, description="Settings to keep."),
        "fixed": fixed_values(system, ranges),
    }
    return {**keys(members, required=("name",)), "title": system.title}


def _range_text(system: DeliverySystem, name: str) -> str:
    """Return within what a range may be narrowed, in words."""
    form_name, _, bare = name.rpartition(".")
    having = [f for f in system.forms if bare in f.ranges() and form_name in ("", f.name)]
    found = [form.ranges()[bare] for form in having]
    unit = " % w/w" if _is_share(having, bare) else shown_after(found[0][2])
    low, high = min(low for low, _, _ in found), max(high for _, high, _ in found)
    where = ", ".join(form.name for form in having)
    return f"{low:g} to {high:g}{unit} ({where})"


def _is_share(forms: Iterable[Form], name: str) -> bool:
    return any(component.name == name for form in forms for component in form.components)


def _systems_by_name() -> Schema:
    titles = "\n".join(f"{system.name}: {system.title}" for system in DELIVERY_SYSTEMS)
    return one_of((system.name for system in DELIVERY_SYSTEMS), titles)


def _designable() -> Schema:
    ready = [salt for salt in salts().values() if salt.is_designable]
    labels = "\n".join(f"{salt.key}: {salt.label}, {salt.mg_pct.value:g} % Mg" for salt in ready)
    return one_of((salt.key for salt in ready), labels)


def _lot() -> Schema:
    content = quantity("percent", "Elemental magnesium of the lot's mass.")
    return keys({"name": _designable(), "mg_content": content}, required=("name",))


def _source() -> Schema:
    """Return a salt of a study: a name, a lot, or a mixture of two."""
    pair = some({"anyOf": [_designable(), _lot()]}, "First and second salt.", 2, least=2)
    share = ends("Second salt in the mass of both, [%].", "percent", required=("low", "high"))
    mixture = keys({"mix": pair, "second": share}, required=("mix", "second"))
    return {"anyOf": [_designable(), _lot(), mixture]}


def _regimens() -> Schema:
    counts = {
        "units_per_intake": whole(1, MAX_UNITS_PER_INTAKE, "Units at one occasion."),
        "intakes_per_day": whole(1, MAX_INTAKES_PER_DAY, "Occasions a day."),
        "with_meals": {"type": "boolean", "description": "With meals or between them."},
    }
    lists = {
        key: {**some(one, str(one["description"])), "uniqueItems": True}
        for key, one in counts.items()
    }
    return keys(lists, description="How it may be taken; all combinations are considered.")


def _population() -> Schema:
    fields = {
        name: {
            "anyOf": [
                quantity(known.default.unit, known.title),
                {"$ref": "#/$defs/spread", "description": known.title},
            ]
        }
        for name, known in patient_fields().items()
    }
    members = {
        "name": text("One of the product's, or a new one with fields of its own."),
        "size": whole(1, MAX_POPULATION, "Subjects."),
        "seed": whole(0, BUDGET_RANGES["seed"][1], "Seed of the draw."),
        "fields": keys(fields, description="What is stated of these people."),
        "conditions": some(
            one_of(REFUSED_CONDITIONS),
            "Each leads to a refusal.",
            len(REFUSED_CONDITIONS),
            least=0,
        ),
        "medication": some(text("A medicine or a class."), "All take it.", MAX_MEDICATION, least=0),
    }
    named = one_of(named_spreads(), "A population that comes with the product.")
    stated = {
        **keys(members, required=("name",)),
        "if": {"not": {"required": ["fields"]}},
        "then": {"properties": {"name": named}},
    }
    in_file = text("A population or patient file, beside this one.", pattern=r"\.ya?ml$")
    return {"anyOf": [named, in_file, stated]}


def _titles(forms: Iterable[Form]) -> str:
    return "\n".join(f"{form.name}: {form.title}" for form in forms)
