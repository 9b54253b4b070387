"""Settings as people read them, and the size that an interactive report tells of itself."""

from experiments.cli.report import _size_words
from experiments.reports.process_words import process_text, setting_title


def test_ph_is_written_as_chemists_write_it():
    """In the words of a process and at the head of a row or an axis."""
    gel = {"system": "mucoadhesive_gel", "process": {"form": "swallowed", "ph": 5.5}}
    assert process_text(gel) == "pH 5.5"
    assert setting_title("ph", "1") == "pH"


def test_an_interactive_report_says_how_large_it_is_and_why(tmp_path):
    """The size is that of the file."""
    path = tmp_path / "r.html"
    path.write_bytes(b"x" * 5_400_000)
    assert _size_words(path).startswith("5.4 MB: it holds the drawing library Plotly")
