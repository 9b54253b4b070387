"""The use case: one picture of a study as a file, or what it shows as a document."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from math import isfinite
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from attrs import asdict, frozen

from experiments.listing import read_study
from experiments.opening import open_candidate
from experiments.pictures.kinds import Kind, get_kind
from experiments.pictures.plotly_parts import graph_objects
from experiments.pictures.questions import Question
from experiments.pictures.words import Words
from experiments.reports.files import check_ending, check_file, write_file
from experiments.reports.html import filled
from experiments.reports.interactive import TOOLBAR
from experiments.reports.plots import INK, NORMAL, SMALL
from experiments.reports.wording import endpoint_title, unit_of
from experiments.store import as_candidate_label
from experiments.workspace import Workspace
from formulation.errors import InputError

SCHEMA, VERSION = "formulation/plot", 1

WHAT, OPTION = "Picture", "--output"
"""What is written and by which option, for messages."""

TEMPLATE = "picture.html.j2"
DPI = 150
"""Resolution of a PNG file, [1/inch]."""

CHARACTERS_PER_INCH = 13
"""Of what stands above and below a picture, [1/inch]."""

HEIGHT_PX = 560
"""Height of a picture for the mouse that states none, [px]."""

SALT = "formulation"
"""Makes the names inside an SVG file the same each time."""


@frozen(kw_only=True, eq=False)
class Drawn:
    """What a picture shows, and what is said of it."""

    kind: Kind
    """Kind of picture."""

    title: str
    """Study and kind, in words."""

    data: Any
    """What its drawing functions take."""

    words: Words
    """For who does not see it."""


def draw_picture(
    ref: str,
    kind: str,
    path: Path,
    workspace: Workspace,
    say: Callable[[str], None],
    *,
    candidate: str | None = None,
    components: Sequence[str] = (),
) -> Path:
    """Write a picture of a study.

    Parameters
    ----------
    ref : str
        Study: label such as ``S001``, name or uuid, [-].
    kind : str
        One of `experiments.pictures.kinds.KINDS`, [-].
    path : Path
        File to write, in a format by its ending; an older one is replaced as a whole, [-].
    workspace : Workspace
        Where the study is kept, [-].
    say : callable
        Told what is being done, in words, [-].
    candidate : str, optional
        The candidate it is about, such as ``C042``, [-].
    components : sequence of str, optional
        Three components of a mixture, [-].

    Returns
    -------
    Path
        The file, [-].

    Raises
    ------
    InputError
        No such picture is drawn, of that candidate or in that format, or the file cannot be.
    """
    check_ending(path, WHAT, FORMATS)
    check_file(path, WHAT, OPTION)
    ending = path.suffix.lower()
    if ending == ".html":
        graph_objects()
    drawn, _ = _drawn(ref, kind, workspace, say, candidate, components)
    return write_file(path, FORMATS[ending](drawn), WHAT, OPTION)


def picture_document(
    ref: str,
    kind: str,
    workspace: Workspace,
    say: Callable[[str], None],
    *,
    candidate: str | None = None,
    components: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what a picture of a study shows.

    Parameters
    ----------
    ref : str
        Study: label such as ``S001``, name or uuid, [-].
    kind : str
        One of `experiments.pictures.kinds.KINDS`, [-].
    workspace : Workspace
        Where the study is kept, [-].
    say : callable
        Told what is being done, in words, [-].
    candidate : str, optional
        The candidate it is about, such as ``C042``, [-].
    components : sequence of str, optional
        Three components of a mixture, [-].

    Returns
    -------
    dict
        The document, JSON-able, with ``schema`` and ``version``; null for no number, [-].
    """
    drawn, document = _drawn(ref, kind, workspace, say, candidate, components)
    found = [_plain(part) for part in drawn.data] if isinstance(drawn.data, tuple) else None
    study = document["study"]
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "study": {key: study[key] for key in ("label", "name", "id", "config_sha256")},
        "kind": kind,
        "alt": drawn.words.alt,
        "caption": drawn.words.caption,
        "endpoints": {
            key: {"title": endpoint_title(key), "unit": unit_of(key)} for key in _keys(document)
        },
        "data": _plain(drawn.data) if found is None else found,
    }


def _drawn(
    ref: str,
    name: str,
    workspace: Workspace,
    say: Callable[[str], None],
    candidate: str | None,
    components: Sequence[str],
) -> tuple[Drawn, dict[str, Any]]:
    """Return what is drawn, and the document of the study."""
    kind = get_kind(name)
    if candidate is not None and not kind.of_one:
        raise InputError(
            f"Picture {name!r} is about the whole study, not about {candidate[:40]!r}.",
            hint="Leave --candidate away.",
        )
    if components and name != "ternary":
        raise InputError(
            f"Picture {name!r} is not about components.", hint="Leave --components away."
        )
    document = read_study(ref, workspace)
    label = None if candidate is None else as_candidate_label(candidate)
    question = Question(
        document=document,
        label=label,
        components=tuple(components),
        opened=lambda one: open_candidate(ref, one, workspace, say),
    )
    data = kind.data(question)
    study = document["study"]
    words = kind.words(data)
    title = f"{study['label']} {study['name']}: {kind.title}{words.about and f', {words.about}'}"
    return Drawn(kind=kind, title=title, data=data, words=words), document


def _image(drawn: Drawn, form: str) -> bytes:
    """Return the picture, the same bytes for the same data."""
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": SALT, "svg.fonttype": "none"}):
        figure = drawn.kind.draw(drawn.data)
        width = round(CHARACTERS_PER_INCH * figure.get_figwidth())
        title, caption = (
            fill(text, width).replace("$", r"\$") for text in (drawn.title, drawn.words.caption)
        )
        figure.suptitle(title, fontsize=NORMAL, x=0.01, ha="left", fontweight="bold")
        figure.supxlabel(caption, fontsize=SMALL, x=0.01, ha="left", color=INK)
        buffer = BytesIO()
        about = {"Title": drawn.title, "Description": drawn.words.alt}
        no_time = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(buffer, format=form, dpi=DPI, metadata={**about, **no_time})
    return buffer.getvalue()


def _png(drawn: Drawn) -> bytes:
    return _image(drawn, "png")


def _svg(drawn: Drawn) -> bytes:
    """Return the picture with its words where a browser reads them out."""
    from html import escape

    text = _image(drawn, "svg").decode()
    said = f"<title>{escape(drawn.title)}</title>\n <desc>{escape(drawn.words.alt)}</desc>\n "
    return text.replace("<metadata>", f"{said}<metadata>", 1).encode()


def _html(drawn: Drawn) -> bytes:
    """Return the picture for the mouse, with all it needs inside."""
    from markupsafe import Markup
    from plotly.io import to_html

    charts = []
    for k, figure in enumerate(drawn.kind.show(drawn.data)):
        figure.update_layout(template="plotly_white", font={"size": 12})
        figure.layout.height = figure.layout.height or HEIGHT_PX
        chart = to_html(
            figure,
            full_html=False,
            include_plotlyjs=k == 0,
            div_id=f"picture-{k}",
            config=dict(TOOLBAR),
        )
        charts.append(chart)
    values = {"title": drawn.title, "words": drawn.words, "chart": Markup("\n".join(charts))}
    return filled("experiments.reports", TEMPLATE, values).encode()


FORMATS: Mapping[str, Callable[[Drawn], bytes]] = {".png": _png, ".svg": _svg, ".html": _html}
"""Formats by the ending of the file."""


def _keys(document: Mapping[str, Any]) -> list[str]:
    """Return the endpoints that decide a study."""
    keys = [o["key"] for o in document["objectives"]]
    return list(dict.fromkeys([*keys, *document["confirmation"]["objectives"]]))


def _plain(data: Any) -> dict[str, Any]:
    """Return what a drawing function takes as plain values."""
    return asdict(data, value_serializer=lambda _, __, value: _value(value))


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_value(part) for part in value.tolist()]
    if isinstance(value, list):
        return [_value(part) for part in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
