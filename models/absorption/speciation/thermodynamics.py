"""Equilibrium constants where they are needed: at a temperature and an ionic strength.

A reaction carries its constant at 25 degC and at the ionic strength it was measured at. The
enthalpy takes it to another temperature (van 't Hoff, heat capacity neglected), the Davies
equation to another ionic strength. Protons enter by activity, because a pH is one; everything else
enters by concentration. The activity of water is 1, that of an uncharged species its concentration.

Not described: specific interactions of ions, which begin to matter above 0.5 mol/L, and the
binding of sodium and potassium, which stand in the ionic strength only.
"""

import re
from collections.abc import Mapping
from math import log, sqrt

from attrs import field, frozen

from formulation.errors import DataError, InputError
from formulation.provenance import Quantity, assumed

GAS_CONSTANT = assumed(8.314462618, "J/(mol K)", "defined value, recalled", source="CRCHandbook")
ZERO_CELSIUS_K = 273.15
"""Absolute temperature of 0 degC, [K]."""

REFERENCE_C = 25.0
"""Temperature the tabulated constants hold at, [degC]."""

JOULES = 1000.0
"""Joules in a kilojoule, [J/kJ]."""

BODY_C = 37.0
"""Temperature of the gut, [degC]."""

GUT_IONIC_STRENGTH = assumed(0.15, "mol/L", "isotonic fluid, mostly of univalent ions", 0.05, 0.25)
DAVIES_LINEAR = assumed(0.3, "1", "coefficient Davies settled on", 0.2, 0.3, source="CRCHandbook")
DEBYE_HUECKEL = assumed(
    1.8221e6, "(L/mol)^0.5 K^1.5", "limiting law, density of water in it", source="CRCHandbook"
)
PERMITTIVITY = (
    assumed(87.740, "1", "of water at 0 degC, recalled", source="CRCHandbook"),
    assumed(-0.40008, "1/degC", "of water, linear term, recalled", source="CRCHandbook"),
    assumed(9.398e-4, "1/degC^2", "of water, quadratic term, recalled", source="CRCHandbook"),
    assumed(-1.410e-6, "1/degC^3", "of water, cubic term, recalled", source="CRCHandbook"),
)
"""Relative permittivity of water as a polynomial of the temperature in degC."""

STRONGEST_IONIC = 0.5
"""Ionic strength above which the Davies equation is not to be trusted, [mol/L]."""

WARMEST_C = 60.0
"""Temperature up to which a constant enthalpy is good enough, [degC]."""

_TERM = re.compile(r"(\d*)(\S+)")
_CHARGE = re.compile(r"([+-])(\d*)$")


@frozen(kw_only=True)
class Conditions:
    """Temperature and ionic strength of a fluid.

    Raises
    ------
    InputError
        One of the two is outside the range the equations hold in.
    """

    ionic_strength: float = field(default=float(GUT_IONIC_STRENGTH))
    """Ionic strength, [mol/L]."""

    temperature_c: float = BODY_C
    """Temperature, [degC]."""

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.ionic_strength <= STRONGEST_IONIC:
            raise InputError(
                f"Conditions: an ionic strength of {self.ionic_strength:g} mol/L is outside 0 to"
                f" {STRONGEST_IONIC:g}, where the Davies equation holds.",
                hint="Dilute it, or give the ionic strength in mol/L.",
            )
        if not 0 <= self.temperature_c <= WARMEST_C:
            raise InputError(
                f"Conditions: a temperature of {self.temperature_c:g} degC is outside 0 to"
                f" {WARMEST_C:g}, where the enthalpies hold.",
                hint="Give the temperature in degC.",
            )

    @property
    def kelvin(self) -> float:
        """Absolute temperature, [K]."""
        return self.temperature_c + ZERO_CELSIUS_K

    @property
    def davies(self) -> float:
        """Negative decadic logarithm of the activity coefficient of a univalent ion, [-]."""
        return davies_term(self.ionic_strength, self.temperature_c)

    def activity_coefficient(self, charge: int) -> float:
        """Return the activity coefficient of an ion.

        Parameters
        ----------
        charge : int
            Charge of the ion, [-].

        Returns
        -------
        float
            Activity over concentration, [-].
        """
        return float(10 ** (-self.davies * charge**2))


def davies_term(ionic_strength: float, temperature_c: float) -> float:
    """Return what the Davies equation takes from log K per squared charge.

    Parameters
    ----------
    ionic_strength : float
        Ionic strength, [mol/L].
    temperature_c : float
        Temperature, [degC].

    Returns
    -------
    float
        Negative decadic logarithm of the activity coefficient of a univalent ion, [-].

    Examples
    --------
    >>> round(davies_term(0.15, 37.0), 3)
    0.122
    """
    permittivity = sum(float(c) * temperature_c**n for n, c in enumerate(PERMITTIVITY))
    slope: float = float(DEBYE_HUECKEL) / (permittivity * (temperature_c + ZERO_CELSIUS_K)) ** 1.5
    root = sqrt(ionic_strength)
    return slope * (root / (1 + root) - float(DAVIES_LINEAR) * ionic_strength)


@frozen(kw_only=True)
class Reaction:
    """A reaction as written, with its constant."""

    equation: str
    """Such as ``Mg+2 + Citrate-3 = MgCit-``; a solid stands alone with protons on its left."""

    log_k: Quantity
    """Decadic logarithm of the constant at 25 degC and `ionic_strength`, [-]."""

    enthalpy_kj_per_mol: float = 0.0
    """Reaction enthalpy; 0 where nobody knows it, [kJ/mol]."""

    ionic_strength: float = 0.0
    """Ionic strength the constant holds at, [mol/L]."""

    @property
    def coefficients(self) -> Mapping[str, int]:
        """Stoichiometric coefficients by formula: negative on the left, positive on the right."""
        left, _, right = self.equation.partition(" = ")
        if not right:
            raise DataError(f"Reaction {self.equation!r} has no right side.")
        found: dict[str, int] = {}
        for side, sign in ((left, -1), (right, 1)):
            for term in side.split(" + "):
                matched = _TERM.fullmatch(term.strip())
                if matched is None:
                    raise DataError(f"Reaction {self.equation!r}: {term!r} is no species.")
                found[matched[2]] = found.get(matched[2], 0) + sign * int(matched[1] or 1)
        return found

    def log_k_in(self, conditions: Conditions) -> float:
        """Return the constant among concentrations, protons by activity.

        Parameters
        ----------
        conditions : Conditions
            Where the reaction happens, [-].

        Returns
        -------
        float
            Decadic logarithm, concentrations in mol/L, [-].
        """
        charges = sum(
            n * charge_of(formula) ** 2 for formula, n in self.coefficients.items()
            if formula != "H+"
        )  # fmt: skip
        ideal = float(self.log_k) - davies_term(self.ionic_strength, REFERENCE_C) * charges
        return ideal + self._warming(conditions) + conditions.davies * charges

    def log_k_ideal(self, conditions: Conditions) -> float:
        """Return the constant among activities.

        Parameters
        ----------
        conditions : Conditions
            Its temperature counts, [-].

        Returns
        -------
        float
            Decadic logarithm, [-].
        """
        return self.log_k_in(Conditions(ionic_strength=0.0, temperature_c=conditions.temperature_c))

    def _warming(self, conditions: Conditions) -> float:
        """Return what the temperature adds to log K by van 't Hoff."""
        inverse = 1 / (REFERENCE_C + ZERO_CELSIUS_K) - 1 / conditions.kelvin
        return self.enthalpy_kj_per_mol * JOULES * inverse / (float(GAS_CONSTANT) * log(10.0))


def charge_of(formula: str) -> int:
    """Return the charge at the end of a formula.

    Parameters
    ----------
    formula : str
        Such as ``Citrate-3``; without a sign it is uncharged, [-].

    Returns
    -------
    int
        Charge, [-].

    Examples
    --------
    >>> charge_of("Citrate-3"), charge_of("MgOH+"), charge_of("H2O")
    (-3, 1, 0)
    """
    found = _CHARGE.search(formula)
    return int(found[1] + (found[2] or "1")) if found else 0
