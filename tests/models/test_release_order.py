"""The order of release over each system's main parameter, as `docs/release.png` shows it."""

import numpy as np
import pytest

from formulation.delivery import DELIVERY_SYSTEMS
from formulation.violations import product_violations
from models.release import release_law
from models.release.bench import bench_medium
from models.release.vessel import dissolve
from tests.families import FAMILIES, matrix

every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.title)


def curve(design, hours):
    law = release_law(design)
    return dissolve(law, bench_medium(law), np.linspace(0, hours, 97)).fraction


def test_every_system_has_its_panel():
    """None is left out of the picture."""
    shown = {design.system for family in FAMILIES for design in family.designs.values()}
    assert shown == {system.name for system in DELIVERY_SYSTEMS}


@every_family
def test_the_products_of_a_panel_can_be_made(family):
    """No rule of their system is broken."""
    for label, design in family.designs.items():
        assert product_violations(design) == (), label


@every_family
def test_a_panel_goes_from_quick_to_slow(family):
    """Area under each curve is smaller than under the one before, by a visible amount."""
    areas = [curve(design, family.hours).mean() for design in family.designs.values()]
    assert (np.diff(areas) < -0.002 * max(areas)).all(), areas


def test_half_is_released_later_with_more_hypromellose():
    """t50 grows with the level, and with the grade at one level."""

    def t50(design):
        fraction = curve(design, 24.0)
        return float(np.linspace(0, 24, 97)[np.searchsorted(fraction, 0.5)])

    levels = [t50(matrix(pct)) for pct in (20.0, 30.0, 40.0, 50.0)]
    grades = [t50(matrix(30.0, grade=grade)) for grade in ("K100LV", "K4M", "K100M")]
    assert (np.diff(levels) > 0).all()
    assert (np.diff(grades) > 0).all()
    assert 2 < t50(matrix(35.0)) < 8


def test_a_lag_is_a_lag():
    """Before the shortest of a coat's lags nothing is released, and the order is that of lags."""
    late = [curve(matrix(30.0, coat=("pulsatile_coat",), lag_h=h), 24.0) for h in (1.0, 3.0, 6.0)]
    at_4_h = [c[16] for c in late]
    assert at_4_h[0] > at_4_h[1] > at_4_h[2] == 0
