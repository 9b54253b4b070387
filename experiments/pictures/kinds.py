"""The kinds of pictures of a study: data, drawing, drawing for the mouse, and words of each."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from experiments.pictures import figures, interactive, interactive_models, questions, words
from experiments.pictures.questions import Question
from experiments.pictures.words import Words
from experiments.reports.calibration import calibration_data
from experiments.reports.parallel import parallel_data
from formulation.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@frozen(kw_only=True)
class Kind:
    """One kind of picture."""

    name: str
    """What it is asked for by."""

    title: str
    """What it shows, in words."""

    data: Callable[[Question], Any]
    """What is drawn."""

    draw: Callable[[Any], "Figure"]
    """Draws it with matplotlib."""

    show: Callable[[Any], Any]
    """Draws it with Plotly, as a list of figures."""

    words: Callable[[Any], Words]
    """Says it."""

    of_one: bool = False
    """Whether a candidate may be named."""


KINDS: tuple[Kind, ...] = (
    Kind(
        name="front",
        title="Trade-off between the objectives",
        data=questions.front_of,
        draw=figures.front_figure,
        show=interactive.show_front,
        words=words.front_words,
    ),
    Kind(
        name="curves",
        title="Release on the bench",
        data=questions.curves_of,
        draw=figures.curves_figure,
        show=interactive.show_curves,
        words=words.curves_words,
        of_one=True,
    ),
    Kind(
        name="history",
        title="How the search went",
        data=questions.history_of,
        draw=figures.history_figure,
        show=interactive.show_history,
        words=words.history_words,
    ),
    Kind(
        name="importance",
        title="What drives the predictions",
        data=questions.importance_of,
        draw=figures.importance_figure,
        show=interactive_models.show_importance,
        words=words.importance_words,
        of_one=True,
    ),
    Kind(
        name="profiler",
        title="One factor moved at a time",
        data=questions.profiler_of,
        draw=figures.profiler_figure,
        show=interactive.show_profiler,
        words=words.profiler_words,
        of_one=True,
    ),
    Kind(
        name="ternary",
        title="Mixtures of three components",
        data=questions.ternary_of,
        draw=figures.ternary_figure,
        show=interactive_models.show_ternary,
        words=words.ternary_words,
        of_one=True,
    ),
    Kind(
        name="parallel",
        title="The front over factors and objectives",
        data=lambda question: parallel_data(question.document, question.label),
        draw=figures.parallel_figure,
        show=interactive_models.show_parallel,
        words=words.parallel_words,
        of_one=True,
    ),
    Kind(
        name="calibration",
        title="Predicted against integrated",
        data=lambda question: calibration_data(question.document),
        draw=figures.calibration_figure,
        show=interactive.show_calibration,
        words=words.calibration_words,
    ),
)
"""Every kind, in the order in which they are listed."""


def get_kind(name: str) -> Kind:
    """Return a kind of picture.

    Parameters
    ----------
    name : str
        Its name, [-].

    Returns
    -------
    Kind
        The kind, [-].

    Raises
    ------
    InputError
        There is no such kind; the message lists all.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    listed = ", ".join(kind.name for kind in KINDS)
    raise InputError(f"Picture {name[:40]!r} is not known.", hint=f"There are: {listed}.")
