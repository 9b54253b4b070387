"""Model files: estimators come back bit for bit, or the file is refused in words."""

import io
import operator
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from skops.io import dumps, get_untrusted_types

from formulation.errors import DataError
from models.keeping import files
from models.keeping.allowed import ALLOWED, LEARNERS, PLAIN_TYPES, TRUSTED_TYPES, nodes
from models.keeping.files import FORMAT, MODEL_FILE, load_estimator, save_estimator
from tests.models.model_files import (
    NUMBERS,
    Foreign,
    estimators,
    fit_all,
    plant,
    refused,
    rewritten,
    schema_of,
    with_schema,
)


@pytest.fixture(scope="module")
def fitted() -> dict:
    """Return every estimator fitted, with features to predict from."""
    return fit_all()


@pytest.fixture(scope="module")
def forest(fitted) -> bytes:
    """Return the file of a forest."""
    return dumps({"model": fitted["forest"][0], "format": FORMAT})


@pytest.fixture(scope="module")
def boosted(fitted) -> bytes:
    """Return the file of boosted trees with categories."""
    return dumps({"model": fitted["monotone with categories"][0], "format": FORMAT})


@pytest.mark.parametrize("name", estimators())
def test_an_estimator_predicts_the_same_bit_for_bit_after_loading(name, fitted, tmp_path) -> None:
    """Of every kind, with what it learnt on."""
    estimator, features = fitted[name]
    again = load_estimator(tmp_path, save_estimator({"model": estimator}, tmp_path))["model"]
    np.testing.assert_array_equal(again.predict(features), estimator.predict(features))


def test_values_and_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    """Under their names, without the number of the format."""
    state = {
        "name": "x",
        "values": [1, 2.5, None, True, (1, "a")],
        "table": {"low": np.arange(3.0), "names": np.array(["a", "bb"], dtype=object)},
        "counts": np.array([1, 2], dtype=np.int32),
        "number": np.float64(2.5),
    }
    again = load_estimator(tmp_path, save_estimator(state, tmp_path))
    assert set(again) == set(state)
    assert (again["name"], again["values"], again["number"]) == (
        *(state["name"], state["values"], state["number"]),
    )
    np.testing.assert_array_equal(again["table"]["low"], state["table"]["low"])
    np.testing.assert_array_equal(again["table"]["names"], state["table"]["names"])
    assert again["counts"].dtype == np.int32


def test_the_list_is_no_longer_than_models_need(fitted) -> None:
    """Each learner and each type beyond skops' own stands in a true file."""
    found: set[str] = set()
    needed: set[str] = set()
    for estimator, _ in fitted.values():
        content = dumps(estimator)
        needed |= set(get_untrusted_types(data=content))
        for node in nodes(schema_of(content)):
            if isinstance(node.get("__class__"), str):
                found.add(f"{node['__module__']}.{node['__class__']}")
    assert needed == set(TRUSTED_TYPES)
    assert set(LEARNERS) - found == set()
    assert found - ALLOWED == set()
    assert {name.partition(".")[0] for name in PLAIN_TYPES} == {"builtins", "numpy"}


@pytest.mark.parametrize("foreign", [Foreign(), np.exp, {1, 2}, b"bytes", operator.itemgetter(0)])
def test_what_would_not_be_read_back_is_not_written(foreign, tmp_path: Path) -> None:
    """The one who adds a kind of model learns it when saving, not when a study is resumed."""
    with pytest.raises(
        TypeError, match=r"a model may (not )?hold .*(models\.keeping\.allowed|only)"
    ):
        save_estimator({"model": foreign}, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_link_is_not_followed(fitted, tmp_path: Path) -> None:
    """Even to a file whose content is right."""
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "model"
    checksum = save_estimator({"model": fitted["tree"][0]}, elsewhere)
    folder.mkdir()
    (folder / MODEL_FILE).symlink_to(elsewhere / MODEL_FILE)
    with pytest.raises(DataError, match="cannot be read: it is a link"):
        load_estimator(folder, checksum)


def test_a_pipe_or_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    """Without waiting for somebody to write into it."""
    os.mkfifo(tmp_path / MODEL_FILE)
    with pytest.raises(DataError, match="is no ordinary file"):
        load_estimator(tmp_path, "0" * 64)
    (tmp_path / MODEL_FILE).unlink()
    (tmp_path / MODEL_FILE).mkdir()
    with pytest.raises(DataError, match="is no ordinary file"):
        load_estimator(tmp_path, "0" * 64)


def test_a_file_beyond_the_largest_is_not_read(tmp_path: Path) -> None:
    """Its size is known before: this one takes no room on the disk."""
    with (tmp_path / MODEL_FILE).open("wb") as file:
        file.truncate(files.MAX_BYTES + 1)
    with pytest.raises(DataError, match=r"has 268,435,457 bytes; at most 268,435,456 are read"):
        load_estimator(tmp_path, "0" * 64)


def test_a_model_beyond_the_largest_is_not_written(tmp_path: Path, monkeypatch) -> None:
    """Rather than written and refused later."""
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="at most 1,000 are read back"):
        save_estimator({"model": np.zeros(1000)}, tmp_path)


def test_a_compressed_entry_is_refused(tmp_path: Path) -> None:
    """A bomb needs one: 64 MB of zeros in 64 kB."""
    zeros = io.BytesIO()
    np.save(zeros, np.zeros(8 * 1024 * 1024))
    bomb = rewritten(
        dumps({"a": np.zeros(1), "format": FORMAT}),
        lambda n, b: zeros.getvalue() if n.endswith(".npy") else b,
        compression=zipfile.ZIP_DEFLATED,
    )
    assert len(bomb) < 100_000
    refused(tmp_path, bomb, "is no sound model: its entry .* is compressed")


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    """Many names for the same bytes weigh little and hold much."""
    whole = dumps({"a": np.zeros(1000), "format": FORMAT})
    with zipfile.ZipFile(io.BytesIO(whole)) as source:
        (array,) = [e for e in source.infolist() if e.filename.endswith(".npy")]
        data = {e.filename: source.read(e) for e in source.infolist()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as bomb:
        for name, content in data.items():
            bomb.writestr(name, content)
        first = bomb.getinfo(array.filename)
        for k in range(100):
            twin = zipfile.ZipInfo(f"{k}.npy")
            for part in ("CRC", "compress_size", "file_size", "header_offset", "external_attr"):
                setattr(twin, part, getattr(first, part))
            bomb.filelist.append(twin)
            bomb.NameToInfo[twin.filename] = twin
    refused(tmp_path, made.getvalue(), "its entries hold more than the file")


@pytest.mark.parametrize(
    "name", ["../../outside.npy", "/tmp/x.npy", "code/trap.py", "1.pkl", "a\0.npy", "schema.json"]
)
def test_an_entry_that_no_model_has_is_refused(name, tmp_path: Path) -> None:
    """Nothing is ever unpacked; and a name out of the folder says what the file is."""
    content = dumps({"a": np.zeros(1), "format": FORMAT})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name", UserWarning)
        planted = rewritten(content, lambda _n, b: b, more=((name, b"x"),))
    refused(tmp_path, planted, "is no sound model: (it has an entry|two of its entries)")


def test_an_array_longer_than_its_bytes_is_refused(tmp_path: Path) -> None:
    """Numpy would set aside what the header asks for: eight terabytes here."""
    content = dumps({"a": np.zeros(10), "format": FORMAT})
    huge = rewritten(
        content,
        lambda n, b: (
            b.replace(b"(10,), }" + b" " * 11, b"(1000000000000,), }") if n.endswith(".npy") else b
        ),
    )
    assert huge != content
    refused(tmp_path, huge, "is not as long as its header says")


def test_a_schema_too_deep_to_build_is_refused(tmp_path: Path) -> None:
    """An error with words, not the end of the stack."""
    deep = with_schema(dumps([1]), lambda _s: "[" * 100_000 + "]" * 100_000)
    refused(tmp_path, deep, r"is no readable skops file \(RecursionError")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.999])
def test_a_truncated_file_is_refused(kept, forest, tmp_path: Path) -> None:
    """Wherever it ends."""
    n = int(kept * len(forest)) if isinstance(kept, float) else kept
    refused(tmp_path, forest[:n], "is no readable skops file")


def test_flipped_bits_are_refused_or_change_numbers_only(forest, boosted, fitted, tmp_path) -> None:
    """With a checksum made to fit: nothing but our error comes out, and no prediction crashes."""
    outcomes = {"refused": 0, "loaded": 0}
    rng = np.random.default_rng(11)
    for content, name in ((forest, "forest"), (boosted, "monotone with categories")):
        for k in rng.integers(0, len(content), 120):
            flipped = bytearray(content)
            flipped[k] ^= 1 << int(rng.integers(0, 8))
            try:
                again = load_estimator(tmp_path, plant(tmp_path, bytes(flipped)))
            except DataError:
                outcomes["refused"] += 1
                continue
            outcomes["loaded"] += 1
            assert again["model"].predict(fitted[name][1]).shape[0] == len(NUMBERS)
    assert outcomes["refused"] > 100
