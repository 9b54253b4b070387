"""The view of a front: which charts MLflow shows first, kept with the experiment under a key.

Left to itself MLflow draws a bar chart for each of some hundred names, the curves far below. The
layout is that of MLflow's own button for sharing a view, so it belongs to the version that is
pinned; a browser that knows no such view shows all charts, filtered and sorted by the link.
"""

import json
import zlib
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from experiments.tracking_links import front_filter
from experiments.tracking_messages import ShownNames

TAG = "mlflow.sharedViewState."
"""Beginning of the name of the tag that holds a view."""

STEPS = {"_by_min": "minutes", "_by_h": "hours"}
"""What the steps of a curve are, by how its name ends; MLflow calls the axis Step."""

_SHOWN, _OTHERS = "front", "others"


def view_state(study_id: str, names: ShownNames) -> str:
    """Return the view of a study's front as MLflow keeps it.

    Parameters
    ----------
    study_id : str
        Uuid of the study, [-].
    names : ShownNames
        What is drawn, [-].

    Returns
    -------
    str
        JSON, packed, [-].
    """
    charts = [
        *(_line(together) for together in names.curves[:1]),
        # MLflow draws what is in sight only; beside the release, this is at first.
        _parallel(names.objectives, names.params),
        *(_line(together) for together in names.curves[1:]),
        *(_bar(name) for name in names.objectives),
    ]
    state = {
        "searchFilter": front_filter(study_id),
        "orderByKey": f"metrics.`{names.objectives[0]}`",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "runsHiddenMode": "FIRST_20_RUNS",
        "useGroupedValuesInCharts": True,
        "hideEmptyCharts": True,
        "autoRefreshEnabled": True,
        "compareRunCharts": charts,
        "compareRunSections": [
            _section(_SHOWN, _title(names.curves), is_generated=False),
            _section(_OTHERS, "Model metrics", is_generated=True),
        ],
    }
    packed = zlib.compress(json.dumps(state).encode())
    return f"deflate;{b64encode(packed).decode()}"


def _title(curves: Sequence[Sequence[str]]) -> str:
    """Say what a step is; MLflow's pages show no title of a chart of curves but their names."""
    shown = [name for together in curves for name in together]
    ends = [end for end in STEPS if any(name.endswith(end) for name in shown)]
    told = ", ".join(f"{STEPS[end]} in {end}" for end in ends)
    return f"The front (step of a curve: {told})" if told else "The front"


def _section(key: str, name: str, *, is_generated: bool) -> dict[str, Any]:
    return {
        "uuid": key,
        "name": name,
        "display": True,
        "isReordered": False,
        "deleted": False,
        "isGenerated": is_generated,
        "columns": 2,
    }


def _chart(kind: str, name: str) -> dict[str, Any]:
    return {
        "type": kind,
        "uuid": f"{kind}-{name}",
        "runsCountToCompare": 20,
        "metricSectionId": _SHOWN,
        "deleted": False,
        "isGenerated": False,
    }


def _line(names: Sequence[str]) -> dict[str, Any]:
    return {
        **_chart("LINE", names[0]),
        "metricKey": names[0],
        "selectedMetricKeys": list(names),
        "lineSmoothness": 0,
        "scaleType": "linear",
        "xAxisKey": "step",
        "xAxisScaleType": "linear",
        "range": {},
        "displayPoints": True,
        "useGlobalXaxisKey": True,
        "useGlobalLineSmoothing": True,
        "selectedXAxisMetricKey": "",
    }


def _bar(name: str) -> dict[str, Any]:
    return {**_chart("BAR", name), "metricKey": name}


def _parallel(metrics: Sequence[str], params: Sequence[str]) -> dict[str, Any]:
    return {
        **_chart("PARALLEL", "front"),
        "selectedMetrics": list(metrics),
        "selectedParams": list(params),
        "showAllRuns": False,
    }
