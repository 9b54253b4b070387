"""The equations of the simulator: every flux of magnesium, from the stomach to the stool and urine.

Seven segments (stomach, duodenum, two of jejunum, two of ileum, colon) hold particles of each salt,
dissolved magnesium, what precipitated, and the residue of meals whose ligands bind magnesium. What
is taken up enters the extracellular fluid, which exchanges with red cells, leukocytes, soft tissue,
muscle and bone and is drained by the kidney. Amounts in mmol, acid in mEq, time in hours.

Not described: pH as a state beyond the acid of the stomach, sodium, calcium and hormones as states,
and water as a state; it follows the osmoles at once.
"""

from collections.abc import Iterator

from models.simulator import _constants as c
from models.simulator.fluxes import NOWHERE, Flux, FluxModel, Parameter, State, downstream, upstream

SEGMENTS = ("stomach", "duodenum", "jejunum 1", "jejunum 2", "ileum 1", "ileum 2", "colon")
"""Names of the segments, mouth to anus."""

N_SEGMENTS = 7
STOMACH, COLON = 0, 6
SALTS = (1, 2)
"""Places for the salts of a product; one that has a single salt leaves the second empty."""

ABSORBING = range(1, 7)
BOWEL = range(1, 6)

POOLS = {
    "T": ("soft tissue", "soft"),
    "W": ("muscle", "muscle"),
    "B": ("bone", "bone"),
    "K": ("leukocytes", "leukocyte"),
}
"""Pools that exchange with the extracellular fluid: state, name, suffix of their rates."""


def flux_model() -> FluxModel:
    """Return the whole model.

    Returns
    -------
    FluxModel
        States, numbers and fluxes, [-].
    """
    return FluxModel(
        states=tuple(_states()),
        parameters=(*_SUBJECT, *(p for k in SALTS for p in _product(k)), *_PRODUCT),
        inputs=(*_INPUTS, *(_exposure(i) for i in range(N_SEGMENTS))),
        constants=c.CONSTANTS,
        definitions=dict(_definitions()),
        fluxes=tuple(_fluxes()),
        integrals={
            "absorbed": " + ".join(["skin", *(f"active{i} + passive{i}" for i in ABSORBING)]),
            "serum_hours": "E / volume",
        },
    )


UPPER = tuple(range(6))
"""Segments that forget an intake within a day and get nothing back from colon or body."""


def upper_gut() -> FluxModel:
    """Return stomach and small bowel alone; what they pass on is collected.

    Returns
    -------
    FluxModel
        States, numbers and fluxes, [-].
    """
    return upstream(flux_model(), _upper_names())


def colon_and_body() -> FluxModel:
    """Return colon and body, fed by what stomach and small bowel pass on.

    Returns
    -------
    FluxModel
        States, numbers and fluxes, [-].
    """
    whole = flux_model()
    above = _upper_names()
    below = [state.name for state in whole.states if state.name not in above]
    integrals = {"absorbed": "skin + active6 + passive6", "serum_hours": "E / volume"}
    return downstream(whole, below, integrals)


def _upper_names() -> set[str]:
    stems = ("M", "D", "S", *(f"P{k}_" for k in SALTS))
    return {"H"} | {f"{stem}{i}" for stem in stems for i in UPPER} - {"S0"}


def _states() -> Iterator[State]:
    yield State(name="H", unit="mEq", title="acid of the stomach", spills_to=NOWHERE, counts=False)
    for i, place in enumerate(SEGMENTS):
        yield State(
            name=f"M{i}",
            unit="meals",
            title=f"residue of meals in the {place}",
            spills_to=f"M{i + 1}" if i < COLON else NOWHERE,
            counts=False,
        )
        for k in SALTS:
            title = f"particles of salt {k} in the {place}"
            yield State(name=f"P{k}_{i}", unit="mmol", title=title, spills_to=f"D{i}")
        if i:
            title = f"precipitated in the {place}"
            yield State(name=f"S{i}", unit="mmol", title=title, spills_to=f"D{i}")
        below = f"D{i + 1}" if i < COLON else "stool_dissolved"
        yield State(name=f"D{i}", unit="mmol", title=f"dissolved in the {place}", spills_to=below)
    for name, (title, _) in POOLS.items():
        yield State(name=name, unit="mmol", title=title)
    yield State(name="R", unit="mmol", title="red cells")
    yield State(name="E", unit="mmol", title="extracellular fluid")
    # First steps after a huge dose may let out some 1e-9 of it before it is there.
    yield State(
        name="stool_solid",
        unit="mmol",
        title="left undissolved with the stool",
        spills_to="stool_dissolved",
    )
    yield State(
        name="stool_dissolved",
        unit="mmol",
        title="left dissolved with the stool",
        spills_to="E",
    )
    yield State(name="urine", unit="mmol", title="left with the urine")


def _parameters(*rows: tuple[str, str, str]) -> tuple[Parameter, ...]:
    return tuple(Parameter(name=name, unit=unit, title=title) for name, unit, title in rows)


_SUBJECT = (
    *_parameters(
        ("empty_fasted", "1/h", "emptying of fluid from the fasted stomach"),
        ("empty_solid", "1/h", "emptying of solids from the fasted stomach"),
        ("empty_fed", "1/h", "emptying after a meal"),
        ("transit", "1/h", "transit through a fifth of the small bowel"),
        ("colon_transit", "1/h", "transit through the colon"),
        ("acid_fasted", "mEq/h", "acid secreted between meals"),
        ("renewal", "1/h", "renewal of the juice of the fasted stomach"),
        ("acid_fed", "mEq/h", "acid a meal leaves"),
        ("colon_acid", "mEq/h", "protons that fermentation gives to solids"),
        ("osmotic_agent", "mmol", "other osmotic load of the colon, as magnesium"),
        ("meal", "mmol", "magnesium of a meal"),
        ("sites", "mmol", "sites of a meal's ligands that bind magnesium"),
        ("weak", "L", "weak ligands of a meal times their constant"),
        ("secretion", "mmol/h", "secreted into the duodenum"),
    ),
    *(
        Parameter(name=f"{name}{i}", unit=unit, title=f"{title} of the {SEGMENTS[i]}")
        for i in ABSORBING
        for name, unit, title in (
            ("vmax", "mmol/h", "saturable capacity"),
            ("half", "mmol", "half-saturation"),
            ("leak", "1/h", "paracellular rate"),
        )
    ),
    *_parameters(
        ("volume", "L", "extracellular volume"),
        ("filtration", "L/h", "glomerular filtration of what is not bound"),
        ("tubular", "mmol/h", "tubular maximum"),
        *(
            (f"{way}_{suffix}", "1/h", f"{verb} {title}")
            for title, suffix in POOLS.values()
            for way, verb in (("into", "into"), ("from", "from"))
        ),
        ("into_red", "1/h", "into new red cells"),
    ),
)
_PRODUCT = _parameters(
    ("liquid", "mmol", "dissolved already in an intake"),
    ("osmoles", "mOsm/mmol", "osmoles that come with magnesium"),
    ("suspended", "-", "1 where particles leave the fasted stomach with the water they are in"),
)
_INPUTS = _parameters(
    ("fed", "-", "1 while a meal rules the stomach"),
    ("eating", "1/h", "share of a meal eaten"),
    ("adaptation", "-", "saturable capacity against that at the start"),
    ("skin", "mmol/h", "what passes the skin"),
    ("red_leaving", "mmol/h", "with red cells at the end of their life"),
)


def _product(k: int) -> tuple[Parameter, ...]:
    return _parameters(
        (f"water{k}", "1/h", f"dissolution of salt {k} by water"),
        (f"proton{k}", "L/mEq/h", f"dissolution of salt {k} by protons"),
        (f"solubility{k}", "mmol/L", f"saturation of salt {k}"),
        (f"demand{k}", "mEq/mmol", f"acid salt {k} takes"),
        (f"per_acid{k}", "mmol/mEq", f"salt {k} dissolved by a proton, 0 where none is taken"),
        (f"solid{k}", "mmol", f"undissolved in an intake, salt {k}"),
    )


def _exposure(i: int) -> Parameter:
    title = f"share of an intake let go in the {SEGMENTS[i]}"
    return Parameter(name=f"let_go{i}", unit="1/h", title=title)


def _definitions() -> Iterator[tuple[str, str]]:
    yield "emptying", "empty_fasted + fed * (empty_fed - empty_fasted)"
    yield "clearing", "empty_solid + suspended * (empty_fasted - empty_solid)"
    yield "emptying_solid", "clearing + fed * (empty_fed - clearing)"
    # Never below zero, so that no stage of a step meets a pole; no faster than the stomach mixes.
    yield "acid_there", "ramp(H, acid_bend)"
    for i in range(N_SEGMENTS):
        yield f"fluid{i}", f"rest{i} + D{i} * osmoles / isotonic"
    for i in ABSORBING:
        total = f"D{i} + sites * M{i} + unbinding{i}"
        yield f"bindable{i}", total
        yield (
            f"bound{i}",
            f"(bindable{i} - sqrt(bindable{i}**2 - 4 * sites * M{i} * D{i})) / 2",
        )
        yield f"labile{i}", f"(D{i} - bound{i}) / (1 + weak * M{i} / rest{i})"
        yield f"above{i}", f"ramp((labile{i} - cap{i}) / cap{i}, bend)"
    for k in SALTS:
        for i in range(N_SEGMENTS):
            yield f"room{k}_{i}", f"ramp(1 - D{i} / (solubility{k} * fluid{i}), bend)"
    for k in SALTS:
        yield f"wetted{k}", f"water{k} * P{k}_0 * room{k}_0"
        yield f"reach{k}", f"proton{k} * demand{k} * P{k}_0 / fluid0"
    yield "reached", " + ".join(f"reach{k}" for k in SALTS)
    yield "wanted", " + ".join(f"demand{k} * wetted{k}" for k in SALTS)
    yield "proton_share", "acid_there / (acid_there + acid_half + wanted / mixing)"
    solids = " + ".join(f"P{k}_{{0}}" for k in SALTS)
    for i in ABSORBING:
        yield f"wanting{i}", f"{solids.format(i)} + proton_half"
    yield "strain", "(D6 + osmotic_agent - load_rest) / load_scale"
    yield "hurry", "1 + ramp(strain, bend)"
    yield "beyond", "filtration * E / volume - tubular"


def _fluxes() -> Iterator[Flux]:
    yield from _stomach_acid()
    for k in SALTS:
        yield from _particles(k)
    yield from _dissolved()
    yield from _uptake()
    yield from _body()


def _stomach_acid() -> Iterator[Flux]:
    secretion = "(acid_fasted + fed * (acid_fed - acid_fasted)) * (1 - H / acid_cap)"
    yield Flux("acid_secreted", "", "H", secretion)
    # Between meals the juice at rest is renewed slowly; water that is drunk does not wash it out.
    yield Flux("acid_emptied", "H", "", "(renewal + fed * (empty_fed - renewal)) * H")


def _particles(k: int) -> Iterator[Flux]:
    for i in range(N_SEGMENTS):
        p = f"P{k}_{i}"
        yield Flux(f"exposed{k}_{i}", "", p, f"let_go{i} * solid{k}")
        by_water = f"water{k} * {p} * room{k}_{i}"
        if i == STOMACH:
            demand = f"demand{k}"
            yield Flux(f"by_water{k}_0", p, "D0", f"wetted{k}", "H", f"{demand} * proton_share")
            by_acid = f"per_acid{k} * acid_there * reach{k} / (1 + reached / mixing)"
            yield Flux(f"by_acid{k}_0", p, "D0", by_acid, "H", demand)
        else:
            supply = "colon_acid" if i == COLON else "bowel_acid"
            yield Flux(f"by_water{k}_{i}", p, f"D{i}", by_water)
            by_acid = f"{supply} * per_acid{k} * {p} / wanting{i}"
            yield Flux(f"by_acid{k}_{i}", p, f"D{i}", by_acid)
        yield _moved(f"moved{k}", f"P{k}_", i, "stool_solid", "emptying_solid")


def _moved(name: str, stem: str, i: int, end: str, emptying: str = "emptying") -> Flux:
    rate = {STOMACH: emptying, COLON: "colon_transit * hurry"}.get(i, "transit")
    target = end if i == COLON else f"{stem}{i + 1}"
    return Flux(f"{name}_{i}", f"{stem}{i}", target, f"{rate} * {stem}{i}")


def _dissolved() -> Iterator[Flux]:
    yield Flux("eaten", "", "D0", "eating * meal")
    yield Flux("eaten_meal", "", "M0", "eating")
    for i in range(N_SEGMENTS):
        yield Flux(f"poured_{i}", "", f"D{i}", f"let_go{i} * liquid")
        yield _moved("meal_moved", "M", i, "")
        yield _moved("moved", "D", i, "stool_dissolved")
    for i in ABSORBING:
        falls = f"precipitation * labile{i} * above{i} / (1 + above{i})"
        yield Flux(f"precipitated_{i}", f"D{i}", f"S{i}", falls)
        yield Flux(f"redissolved_{i}", f"S{i}", f"D{i}", f"redissolution * S{i}")
        yield _moved("solid_moved", "S", i, "stool_solid")
    yield Flux("secreted", "E", "D1", "secretion")


def _uptake() -> Iterator[Flux]:
    for i in ABSORBING:
        active = f"adaptation * vmax{i} * labile{i} / (half{i} + labile{i})"
        yield Flux(f"active{i}", f"D{i}", "E", active)
        yield Flux(f"passive{i}", f"D{i}", "E", f"leak{i} * labile{i}")


def _body() -> Iterator[Flux]:
    yield Flux("through_skin", "", "E", "skin")
    for name, (_, suffix) in POOLS.items():
        yield Flux(f"to_{suffix}", "E", name, f"into_{suffix} * E")
        yield Flux(f"back_{suffix}", name, "E", f"from_{suffix} * {name}")
    yield Flux("to_red", "E", "R", "into_red * E")
    yield Flux("back_red", "R", "E", "red_leaving")
    # What a kidney of this splay would lose at no serum at all is taken off: it can conserve.
    excreted = "(beyond + sqrt(beyond**2 + 4 * (splay * tubular)**2)) / 2 - conserved * tubular"
    yield Flux("excreted", "E", "urine", excreted)
