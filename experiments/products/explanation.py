"""What a release curve rests on, why it ends where it ends, and what its reader has to know."""

from collections.abc import Iterator, Mapping

from formulation.delivery import FORM
from formulation.design import Design
from formulation.profiles import Medium
from formulation.provenance import Basis, Quantity
from models.release import ReleaseLaw

STOMACH_ACID = Quantity(
    value=1.6,
    unit="mEq",
    low=1.6,
    high=5.0,
    basis=Basis.ASSUMED,
    source="ProductAssumption",
    note="50 mL at pH 1.5 at rest, and what is secreted until the stomach has emptied",
)

BASIS: Mapping[str, str] = {
    "disintegration": "Rate and plateau of an ordinary tablet are estimated from three marketed"
    " tablets in 0.1 M HCl (Ostrozka2015); how composition, force and shell move them is assumed.",
    "dispersed": "How fast the drink mixes is assumed; what a glass dissolves first is computed"
    " from the salt's solubility and the acid of the recipe.",
    "swelling_matrix": "Diffusion and erosion of the reference matrix are estimated from a soluble"
    " drug in a K-series hypromellose matrix (Kraisit2019); how recipe, salt and coat move them is"
    " assumed.",
    "ethylcellulose_matrix": "An ethylcellulose matrix follows the square root of time; its"
    " constants, and those of the coat, are assumed throughout.",
    "nanoparticle": "Every constant of burst and diffusion is assumed; no release of magnesium from"
    " such particles was found.",
    "gel": "Every constant of swelling and release is assumed; no release of magnesium from such"
    " gels was found.",
    "membrane": "The flux through skin is that of one study of magnesium sulfate on pig skin"
    " (Ghimirey2020); the concentration above that skin, and what the recipe does, are assumed.",
}
"""What the numbers of a law rest on, by form where it has a sentence of its own, else by
mechanism."""


def basis_of(design: Design, law: ReleaseLaw) -> str:
    """Return what the numbers of a law rest on.

    Parameters
    ----------
    design : Design
        The recipe, [-].
    law : ReleaseLaw
        Its law, [-].

    Returns
    -------
    str
        One sentence, [-].
    """
    return BASIS.get(str(design.process[FORM]), BASIS[law.mechanism])


def reasons(design: Design, law: ReleaseLaw, medium: Medium) -> Iterator[str]:
    """Yield what keeps part of the label back in a vessel, for good or for long.

    Parameters
    ----------
    design : Design
        The recipe, [-].
    law : ReleaseLaw
        Its law, [-].
    medium : Medium
        The vessel, [-].

    Yields
    ------
    str
        A clause each, [-].
    """
    coat = law.coat
    highest = max(stage.ph for _, stage in medium.stages)
    if coat is not None and coat.threshold_ph > highest:
        yield (
            f"the film opens at pH {coat.threshold_ph:g}, and this medium reaches pH {highest:g}"
        )
        return
    if coat is not None and coat.failure:
        yield f"{100 * coat.failure:g} % of coated units never open (assumed)"
    if law.mechanism == "membrane":
        yield "skin lets magnesium through slowly"
    if law.mechanism == "swelling_matrix":
        kept = 100 * (1 - law.parameters["plateau"])
        yield f"the matrix keeps {kept:.3g} % for good (assumed)"
    if law.mechanism == "disintegration":
        slow = 100 * (1 - law.parameters["plateau"])
        yield f"{slow:.3g} % of the unit falls apart only slowly"
    yield from _salt_reasons(design, law, medium)


def _salt_reasons(design: Design, law: ReleaseLaw, medium: Medium) -> Iterator[str]:
    """Yield which salts neither the water nor the acid of the vessel can dissolve."""
    vessel = max(_met(law, medium), key=lambda stage: stage.acid_meq)
    for part, solid in zip(design.parts, law.solids, strict=True):
        waiting = solid.dose_mmol * (1 - solid.predissolved)
        by_water = solid.solubility_mmol_per_l * vessel.volume_l
        needed = solid.acid_demand_meq_per_mmol * waiting
        if waiting > by_water and vessel.acid_meq < needed:
            yield (
                f"{part.salt} needs {needed:.3g} mEq of acid for its {waiting:.3g} mmol, the vessel"
                f" holds {vessel.acid_meq:.3g} mEq and its water dissolves {by_water:.2g} mmol"
            )


def acid_warnings(design: Design, law: ReleaseLaw, medium: Medium) -> Iterator[str]:
    """Yield a warning where a vessel flatters a salt that needs acid.

    Parameters
    ----------
    design : Design
        The recipe, [-].
    law : ReleaseLaw
        Its law, [-].
    medium : Medium
        The vessel, [-].

    Yields
    ------
    str
        At most one, [-].
    """
    least, most = STOMACH_ACID.low, STOMACH_ACID.high
    acid = max((stage.acid_meq for stage in _met(law, medium)), default=0.0)
    solids = zip(design.parts, law.solids, strict=True)
    needy = [
        f"{part.salt} takes up to {solid.acid_demand_meq_per_mmol * solid.dose_mmol:.3g} mEq"
        for part, solid in solids
        if solid.acid_demand_meq_per_mmol > 0 and solid.predissolved < 1
    ]
    if needy and most is not None and acid > most:
        yield (
            f"This medium holds {acid:.3g} mEq of acid, a fasted stomach about {least:g} to"
            f" {most:g} mEq (assumed); {', '.join(needy)} a unit. Do not read absorption off this"
            " curve."
        )


def _met(law: ReleaseLaw, medium: Medium) -> list[Medium]:
    """Return the media that reach the salt: those in which a film has opened."""
    opens = 0.0 if law.coat is None else law.coat.threshold_ph
    return [stage for _, stage in medium.stages if stage.ph >= opens]
