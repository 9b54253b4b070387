"""Kept rows come back bit for bit, or are refused; a file of objects is never opened."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve, fields

from formulation.errors import DataError
from models.surrogates import emulator
from models.surrogates.curve_fit import fit_curves
from models.surrogates.emulator import fit
from models.surrogates.endpoint_fit import fit_endpoints
from models.surrogates.rows import FORMAT, SimulatedRows, keep_rows, read_rows_file, simulate_rows
from models.surrogates.table import build_table, with_measured
from tests.experiments.small_study import small_study

SPEC = small_study()
TABLETS = SPEC.space.space_of("immediate_release")


@pytest.fixture(scope="module")
def rows() -> SimulatedRows:
    return simulate_rows(TABLETS, SPEC.population, n_designs=12, seed=1)


def test_rows_come_back_bit_for_bit_with_what_their_fit_found(rows, tmp_path: Path) -> None:
    """Every array and text, and the cross-validation beside them."""
    table = with_measured(rows, SPEC.population, ())
    fitted = evolve(rows, endpoint_fit=fit_endpoints(table), curve_fit=fit_curves(table))
    checksum = keep_rows(fitted, tmp_path / "rows" / "x.npz")
    again = read_rows_file(tmp_path / "rows" / "x.npz", checksum)
    kept = ("endpoint_fit", "curve_fit")
    for name in (a.name for a in fields(SimulatedRows) if a.name not in kept):
        np.testing.assert_array_equal(getattr(again, name), getattr(fitted, name))
    for name in kept:
        mine, theirs = (getattr(r, name) for r in (again, fitted))
        assert mine is not None
        np.testing.assert_array_equal(mine.kernel, theirs.kernel)
        for part in ("target", "mean", "sd", "folds"):
            np.testing.assert_array_equal(
                getattr(mine.held_out, part), getattr(theirs.held_out, part)
            )
    assert [p.name for p in (tmp_path / "rows").iterdir()] == ["x.npz"]


def test_a_fit_from_what_was_kept_is_the_same_and_searches_nothing(rows, monkeypatch) -> None:
    """Curves and endpoints, bit for bit; a search would fail here."""
    table = with_measured(rows, SPEC.population, ())
    ends, curves = fit_endpoints(table), fit_curves(table)
    first = fit(table)[0].predict(table.features)
    monkeypatch.setattr(emulator, "fit_endpoints", None)
    monkeypatch.setattr(emulator, "fit_curves", None)
    again = fit(table, ends, curves=curves)[0].predict(table.features)
    for name in ("curve", "curve_lo90", "endpoints", "endpoints_hi90"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))


def test_kept_rows_make_the_table_that_a_simulation_makes(rows) -> None:
    """Without measured curves, row by row."""
    kept = with_measured(rows, SPEC.population, ())
    built = build_table(TABLETS, SPEC.population, n_designs=12, seed=1)
    for name in ("features", "curves", "endpoints", "groups", "feature_names"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(built, name))


def test_one_changed_byte_is_refused(rows, tmp_path: Path) -> None:
    """Before anything of the file is read."""
    path = tmp_path / "x.npz"
    checksum = keep_rows(rows, path)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="are not those that were saved; their checksum differs"):
        read_rows_file(path, checksum)


class Crafted:
    """An object that writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.write_text, (self.path, "ran"))


def test_a_file_of_objects_runs_nothing_even_under_its_own_checksum(rows, tmp_path: Path) -> None:
    """Numbers and texts only."""
    path, witness = tmp_path / "x.npz", tmp_path / "witness"
    crafted = np.array([Crafted(witness)], dtype=object)
    np.savez(path, format=np.array(FORMAT), endpoint_keys=crafted, features=crafted)
    with pytest.raises(DataError, match="hold no rows of format 2"):
        read_rows_file(path, sha256(path.read_bytes()).hexdigest())
    assert not witness.exists()


@pytest.mark.parametrize("content", [b"", b"not a file of rows", b"PK\x03\x04broken"])
def test_what_is_no_file_of_rows_is_refused(tmp_path: Path, content) -> None:
    """Under its own checksum too, without a traceback."""
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="hold no rows of format 2"):
        read_rows_file(path, sha256(content).hexdigest())
