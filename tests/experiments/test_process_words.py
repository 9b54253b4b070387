"""What people read: settings, the size of an interactive report, and who is recommended."""

from experiments.cli.report import _size_words
from experiments.cli.study_text import front_lines
from experiments.reports.answers import answer
from experiments.reports.front_table import front_columns
from experiments.reports.process_words import process_text, setting_title
from tests.experiments.example_document import example_document


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


def test_the_recommended_candidate_stands_first_and_is_marked():
    """In the terminal, also where others stand before it on the front, and in a table."""
    document = example_document()
    best = answer(document).label
    front = sorted(document["front"], key=lambda c: c["label"] == best)
    assert [c["label"] for c in front].index(best) > 0
    lines = front_lines({**document, "front": front}, 200)
    assert lines[lines.index("Recipes, mg in one unit:") + 1].startswith(best)
    columns = {c.name: c for c in front_columns({**document, "front": front})}
    assert columns["recommended"].cells == tuple(c["label"] == best for c in front)
