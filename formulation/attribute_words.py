"""Quality attributes that are told in words: category, permission, diet, taste, pack, making.

Each rests on the tables of salts and excipients and on the form; none is a test, and none is legal
advice. What the tables do not know is called unknown.
"""

from collections.abc import Mapping

from formulation.delivery import Route, get_system
from formulation.design import SECOND_SALT, Design
from formulation.excipients import excipient_of
from formulation.quality_attributes import attributes, form_key
from formulation.salts import HYGROSCOPICITY, Salt, get_salt

CATEGORIES: Mapping[str, str] = {"EU": "food supplement", "US": "dietary supplement"}
"""What an oral product without a medical claim is, by jurisdiction."""

ASK_THE_MAKER = ("flavour",)
"""Excipients whose composition belongs to their maker."""

MAKING: Mapping[str, str] = {
    "immediate_release": "dry mixing and direct compression",
    "immediate_release.tablet": "dry mixing and direct compression, film coating where there is"
    " a coat; granulation where the salt compacts badly",
    "immediate_release.capsule": "dry mixing and filling on a dosator or tamping machine",
    "immediate_release.effervescent": "dry granulation and compression in air of at most 25 %"
    " relative humidity",
    "immediate_release.solution": "dissolving, filtering and filling",
    "timed_release": "mixing with the polymer and direct compression, pan coating where there is"
    " a coat",
    "lipid_nanoparticle.sln": "hot homogenisation of the melt in the salt solution, filling",
    "lipid_nanoparticle.nlc": "hot homogenisation of the melt in the salt solution, filling",
    "lipid_nanoparticle.liposome": "hydration of a lipid film and extrusion, filling",
    "mucoadhesive_gel": "dispersing the polymer in the salt solution, de-aerating, filling",
    "transdermal": "casting or laminating the matrix, drying, die cutting",
    "transdermal.microneedle": "moulding of needles from solution, drying, die cutting",
}
"""Usual manufacturing route by system or form."""

SOLID_PACKS: Mapping[str, str] = {
    "none": "bottle or plain blister",
    "slight": "bottle or plain blister",
    "hygroscopic": "bottle with desiccant, or blister of high barrier",
    "deliquescent": "aluminium blister, or bottle with desiccant; made and packed in dry air",
}
"""Advice for dry units by the salt that takes up most water."""

PACKS: Mapping[str, str] = {
    "immediate_release.effervescent": "tube with desiccant in its stopper, or sealed foil",
    "immediate_release.solution": "closed bottle, or a sachet for each dose",
    "lipid_nanoparticle": "sachet or ampoule for each dose, protected from freezing",
    "mucoadhesive_gel": "sachet, stick or tube that lets no water out",
    "transdermal": "sealed foil pouch for each patch",
}
"""Advice where the form decides, by system or form."""


def words(design: Design, jurisdiction: str) -> dict[str, str]:
    """Return the quality attributes that are told in words.

    Parameters
    ----------
    design : Design
        Any design, [-].
    jurisdiction : str
        ``EU`` or ``US``, [-].

    Returns
    -------
    dict of str to str
        By attribute name, in the order of the table; only those that apply, [-].

    Raises
    ------
    UnknownNameError
        The jurisdiction is neither of the two.
    """
    salts = [get_salt(part.salt) for part in design.parts]
    permitted = _permitted(salts, jurisdiction)
    told = {
        "hygroscopicity": "; ".join(map(_uptake, salts)),
        "pack": _pack(design, salts),
        "regulatory_category": _category(design, jurisdiction),
        "permitted": permitted,
        "vegan": _vegan(design),
        "allergens": _allergens(design),
        "taste": "; ".join(f"{salt.key}: {salt.taste}" for salt in salts),
        "manufacturing_route": _of_form(design, MAKING),
        "grades": _grades(design),
    }
    known = attributes()
    return {name: text for name, text in told.items() if known[name].applies(design)}


def _of_form(design: Design, table: Mapping[str, str]) -> str:
    return table.get(form_key(design)) or table[design.system]


def _uptake(salt: Salt) -> str:
    humidity = salt.critical_humidity
    above = f" above {humidity.value:g} % relative humidity" if humidity is not None else ""
    if salt.is_deliquescent:
        return f"{salt.key}: liquefies{above}"
    word = {"none": "takes up no water to speak of", "slight": "takes up little water"}
    return f"{salt.key}: {word.get(salt.hygroscopicity, 'hygroscopic')}"


def _pack(design: Design, salts: list[Salt]) -> str:
    if form_key(design) in PACKS or design.system in PACKS:
        return _of_form(design, PACKS)
    worst = max(HYGROSCOPICITY.index(salt.hygroscopicity) for salt in salts)
    return SOLID_PACKS[HYGROSCOPICITY[worst]]


def _category(design: Design, jurisdiction: str) -> str:
    routes = {form.route for form in get_system(design.system).forms}
    if form_key(design) != design.system:
        routes = {get_system(design.system).form_of(design).route}
    if routes == {Route.ORAL}:
        return f"{CATEGORIES[jurisdiction]} in the {jurisdiction} while no medical claim is made"
    route = "/".join(sorted(routes))
    return f"no supplement ({route} route): ask the authority in the {jurisdiction}"


def _permitted(salts: list[Salt], jurisdiction: str) -> str:
    answer = {True: "yes", False: "no", None: "unknown"}
    found = {salt.key: answer[salt.is_permitted(jurisdiction)] for salt in salts}
    return "; ".join(f"{key}: {word} ({jurisdiction})" for key, word in found.items())


def _present(design: Design) -> list[str]:
    return [
        name
        for name, mg in design.amounts_mg.items()
        if mg > 0 and name not in ("salt", SECOND_SALT)
    ]


def _vegan(design: Design) -> str:
    names = _present(design)
    animal = [x.label for x in (excipient_of(n, design.process) for n in names) if not x.is_vegan]
    if animal:
        return f"no: {', '.join(animal)}"
    asked = [name for name in names if name in ASK_THE_MAKER]
    return f"yes, if the maker of {' and '.join(asked)} says so" if asked else "yes"


def _allergens(design: Design) -> str:
    found = (excipient_of(name, design.process).allergen for name in _present(design))
    return ", ".join(sorted({allergen for allergen in found if allergen})) or "none in the recipe"


def _grades(design: Design) -> str:
    found = (excipient_of(name, design.process) for name in _present(design))
    return "; ".join(f"{x.label}: {x.grade}" for x in found if x.grade) or "none that matters"
