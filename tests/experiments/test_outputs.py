"""What a command writes never takes the place of somebody's work."""

import os

import pytest

from experiments.cli import main


@pytest.mark.parametrize(
    ("name", "why"),
    [("mine.yaml", "it is there already, and not as .html"), ("pipe.html", "no ordinary file")],
)
def test_a_file_that_is_no_page_is_never_replaced(tmp_path, capsys, name, why):
    """Somebody's work or a device is refused before anything is simulated, and stays."""
    place = tmp_path / name
    if name == "pipe.html":
        os.mkfifo(place)
    else:
        place.write_text("my work", encoding="utf-8")
    product = "configs/products/citrate-tablet.yaml"
    code = main(["simulate", product, "--size", "1", "--report", str(place)])
    assert code == 2
    assert why in capsys.readouterr().err
    assert name == "pipe.html" or place.read_text(encoding="utf-8") == "my work"


def test_two_outputs_in_one_file_are_refused(tmp_path, capsys):
    """The later would replace the earlier."""
    place = str(tmp_path / "out.html")
    product = "configs/products/citrate-tablet.yaml"
    code = main(["simulate", product, "--size", "1", "--report", place, "--subjects", place])
    assert code == 2
    assert "cannot both be" in capsys.readouterr().err
