"""Pictures that answer to the mouse: the same data as the drawn ones, drawn in the browser.

The library that draws them, plotly.js, stands once in the file; nothing is fetched. It is an extra
of the installation, and makes the file several megabytes large.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from experiments.reports.answers import Answer
from experiments.reports.drawings import (
    Drawing,
    Trace,
    confirmation_drawing,
    course_drawing,
    history_drawing,
    profiler_drawing,
    release_drawing,
)
from experiments.reports.figures import Shown
from experiments.reports.html import Picture
from experiments.reports.plot_data import confirmation_data, history_data
from experiments.reports.profiler import profiler_data
from experiments.reports.release_data import release_data
from experiments.reports.trade_off_data import trade_off_data
from experiments.reports.trade_off_drawing import trade_off_drawing
from formulation.errors import InputError

EXTRA = "interactive"
"""Extra of the installation that brings plotly."""

TOOLBAR = {"displaylogo": False, "responsive": True, "showSendToCloud": False}
"""What plotly.js offers beside a picture: nothing that sends it anywhere."""


def plotly_js() -> str:
    """Return the library that draws in the browser.

    Returns
    -------
    str
        A script, [-].

    Raises
    ------
    InputError
        The extra is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise InputError(
            "A report with --interactive needs plotly, which is not installed.",
            hint=f"Install it with: pip install 'formulation-design[{EXTRA}]', or leave"
            " --interactive out.",
        ) from error
    return str(get_plotlyjs())


def enlivened(
    shown: Mapping[str, Shown], document: Mapping[str, Any], told: Mapping[str, Any], found: Answer
) -> dict[str, Shown]:
    """Return the pictures of a report as drawings that answer to the mouse.

    Parameters
    ----------
    shown : mapping of str to Shown
        The drawn pictures with their tables, [-].
    document : mapping
        What `experiments.results.study_document` made, [-].
    told : mapping
        The same with the candidates the report tells of, [-].
    found : Answer
        Its answer, [-].

    Returns
    -------
    dict of str to Shown
        The same words and tables; a picture without a drawing stays as it is, [-].
    """
    courses = (document.get("courses") or {"curves": []})["curves"]
    drawings: dict[str, list[Drawing]] = {
        "trade_off": [trade_off_drawing(trade_off_data(document))]
        if shown["trade_off"].pictures
        else [],
        "release": [release_drawing(panel) for panel in release_data(document)],
        "courses": [course_drawing(curve) for curve in courses],
        "profiler": [profiler_drawing(panel) for panel in profiler_data(document)],
        "confirmation": [confirmation_drawing(panel) for panel in confirmation_data(told)],
        "history": [history_drawing(history_data(document))] if shown["history"].pictures else [],
    }
    return {
        name: evolve(part, pictures=_live(part, drawings[name])) if name in drawings else part
        for name, part in shown.items()
    }


def _live(part: Shown, drawings: Sequence[Drawing]) -> list[Picture]:
    return [
        evolve(picture, image=b"", live=_fragment(f"live-{part.name}-{k}", *drawing))
        for k, (picture, drawing) in enumerate(zip(part.pictures, drawings, strict=True))
    ]


def _fragment(name: str, traces: list[Trace], layout: Mapping[str, Any]) -> str:
    """Return what draws one picture; no name of a study can end the script."""
    base = {
        "template": "none",
        "margin": {"l": 70, "r": 20, "t": 40, "b": 60},
        "font": {"size": 12},
        "height": 420,
        "hovermode": "closest",
    }
    told = json.dumps([traces, {**base, **layout}], allow_nan=False).replace("<", "\\u003c")
    return (
        f'<div id="{name}"></div><script>'
        f'document.addEventListener("DOMContentLoaded", function () {{ var told = {told};'
        f' Plotly.newPlot("{name}", told[0], told[1], {json.dumps(TOOLBAR)});'
        " });</script>"
    )
