"""Addresses of the views that compare runs in MLflow, so that nobody has to type a filter.

They hold ids and names of metrics only. Where tracking is a file, the pages are those that
``formulation ui`` starts on this machine; else they are the tracking server's own.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

UI_PORT = 5000
"""Port of ``formulation ui`` unless another is asked for, [-]."""

MOST_COMPARED = 20
"""Runs that one page compares at most, [-]; of more, MLflow draws lines nobody can follow."""

FRONT_VIEW, CHARTS_VIEW, COMPARE_VIEW, PAIR_VIEW = "front", "charts", "compare", "pair"
"""Views: a front with its curves first; a chart of every metric; runs side by side; two studies."""

RUN_VIEW = "run"
"""View of a study's own run, where it has no candidates to show."""

TITLES: Mapping[str, str] = {
    FRONT_VIEW: "the front with its curves",
    CHARTS_VIEW: "the front with every chart",
    COMPARE_VIEW: "its candidates side by side, with parallel coordinates",
    PAIR_VIEW: "both studies side by side",
    RUN_VIEW: "the run of the study",
}
"""What each view shows, in words."""


_OF = "of_runs"
"""Says in an address how many runs there are, of which some are compared; MLflow passes it over."""


def view_title(view: str, link: str) -> str:
    """Return what a link shows.

    Parameters
    ----------
    view : str
        One of `TITLES`, [-].
    link : str
        Its address, [-].

    Returns
    -------
    str
        In words; with how many of how many runs, where it cannot have all, [-].
    """
    query = parse_qs(urlsplit(link).fragment.partition("?")[2])
    n_all = int(query.get(_OF, ["0"])[0])
    n_shown = len(json.loads(query.get("runs", ["[]"])[0]))
    words = TITLES[view]
    if n_shown >= n_all:
        return words
    return f"{words}; {n_shown} of {n_all}, the recommended and every delivery system among them"


def pages_address(tracking_uri: str, port: int = UI_PORT) -> str:
    """Return where the pages of a tracking are.

    Parameters
    ----------
    tracking_uri : str
        Tracking address, [-].
    port : int, optional
        Port of ``formulation ui``, [-].

    Returns
    -------
    str
        Address without user and password, [-].

    Examples
    --------
    >>> pages_address("sqlite:///mlflow.db")
    'http://127.0.0.1:5000'
    >>> pages_address("https://ana:secret@mlflow.example/lab/")
    'https://mlflow.example/lab'
    """
    parts = urlsplit(tracking_uri)
    if parts.scheme not in ("http", "https"):
        return f"http://127.0.0.1:{port}"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def study_links(tracking: Mapping[str, Any], study_id: str, port: int = UI_PORT) -> dict[str, str]:
    """Return the views of a study.

    Parameters
    ----------
    tracking : mapping
        What the study records of its tracking, [-].
    study_id : str
        Uuid of the study, [-].
    port : int, optional
        Port of ``formulation ui``, [-].

    Returns
    -------
    dict of str to str
        Address by view, that of its own run where no candidate has one; empty before it was
        delivered, [-].
    """
    if not tracking.get("run_id"):
        return {}
    base = pages_address(tracking["uri"], port)
    front = list(tracking.get("front_runs", ()))
    if not front:
        own = f"{tracking['experiment_id']}/runs/{tracking['run_id']}?workflowType=machine_learning"
        return {RUN_VIEW: f"{base}/#/experiments/{own}"}
    place, order = tracking["experiment_id"], tracking["order_by"]
    links = {
        FRONT_VIEW: _charts(base, place, {"viewStateShareKey": study_id}),
        CHARTS_VIEW: _charts(
            base,
            place,
            {
                # Unless it is sorted by a metric, MLflow folds the runs away.
                "orderByKey": f"metrics.`{order}`",
                "orderByAsc": "false",
                "searchFilter": front_filter(study_id),
            },
        ),
    }
    if len(front) > 1:
        link = _compared(base, front[:MOST_COMPARED], [tracking["experiment_id"]])
        links[COMPARE_VIEW] = f"{link}&{_OF}={len(front)}"
    return links


def pair_link(
    first: Mapping[str, Any], second: Mapping[str, Any], port: int = UI_PORT
) -> str | None:
    """Return the view of two studies side by side.

    Parameters
    ----------
    first, second : mapping
        What the studies record of their tracking, [-].
    port : int, optional
        Port of ``formulation ui``, [-].

    Returns
    -------
    str or None
        Address; None unless both were delivered to the same tracking, [-].
    """
    pair = (first, second)
    if not all(t.get("run_id") for t in pair) or first["uri"] != second["uri"]:
        return None
    experiments = list(dict.fromkeys(t["experiment_id"] for t in pair))
    base = pages_address(first["uri"], port)
    return _compared(base, [t["run_id"] for t in pair], experiments)


def front_filter(study_id: str) -> str:
    """Return by what the runs of a front are found.

    Parameters
    ----------
    study_id : str
        Uuid of the study, [-].

    Returns
    -------
    str
        A filter in MLflow's language, [-].
    """
    return f"tags.study_id='{study_id}' and tags.pareto='true'"


def _charts(base: str, experiment_id: str, shown: Mapping[str, str]) -> str:
    """Return a chart view; a kept one is passed over by MLflow beside a filter in the address."""
    query = {"workflowType": "machine_learning", "compareRunsMode": "CHART", **shown}
    words = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return f"{base}/#/experiments/{experiment_id}/runs?{words}"


def _compared(base: str, runs: Sequence[str], experiments: Sequence[str]) -> str:
    def listed(ids: Sequence[str]) -> str:
        return quote(json.dumps(list(ids), separators=(",", ":")), safe="")

    wanted = f"runs={listed(runs)}&experiments={listed(experiments)}"
    return f"{base}/#/compare-runs?{wanted}&workflowType=machine_learning"
