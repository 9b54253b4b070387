"""The tables of the qualification, as text in rows and columns; shared by page and terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.reports.tables import NONE, Column, Table

ROW_UNIT = "row's unit"
"""Unit of a column whose rows have a unit each."""

ROLE_WORDS = {
    "kernel": "kernel",
    "calibration": "calibration",
    "held_out": "held out",
    "negative_control": "negative control",
}


def number(value: float | None) -> str:
    """Return a number as people read it.

    Parameters
    ----------
    value : float or None
        Any number, [-].

    Returns
    -------
    str
        Three digits, or a dash for none, [-].

    Examples
    --------
    >>> number(0.12345), number(None)
    ('0.123', '–')
    """
    return NONE if value is None else f"{value:.3g}"


def span(low: float | None, high: float | None) -> str:
    """Return two ends as people read them.

    Parameters
    ----------
    low, high : float or None
        Ends; None for an open one, [-].

    Returns
    -------
    str
        Both ends, one, or a dash, [-].

    Examples
    --------
    >>> span(0.2, 0.6), span(None, 0.8), span(None, None)
    ('0.2 to 0.6', 'at most 0.8', '–')
    """
    if low is None and high is None:
        return NONE
    if low is None:
        return f"at most {number(high)}"
    return f"at least {number(low)}" if high is None else f"{number(low)} to {number(high)}"


def rows_table(document: Mapping[str, Any]) -> Table:
    """Return the rows of the panel, misses first.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    Table
        One row a contrast, [-].
    """
    return Table(
        caption="Rows of the panel, misses first, the farthest off on top. Accepted: the tolerance"
        " proposed beside the table of contrasts, not a published one.",
        columns=(
            Column(title="Row"),
            Column(title="Verdict"),
            Column(title="Role"),
            Column(title="Study"),
            Column(title="Published", unit=ROW_UNIT, is_number=True),
            Column(title="Predicted", unit=ROW_UNIT, is_number=True),
            Column(title="90 % interval", unit=ROW_UNIT),
            Column(title="Accepted", unit=ROW_UNIT),
            Column(title="Contrast and unit"),
        ),
        rows=tuple(_row_cells(row) for row in document["rows"]),
    )


def _row_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        row["id"],
        row["verdict"],
        ROLE_WORDS[row["role"]],
        row["study"],
        ("below " if row["observed_is_bound"] else "") + number(row["observed"]),
        number(row["predicted"]),
        span(row["lo"], row["hi"]),
        span(row["accept_lo"], row["accept_hi"]),
        f"{row['title']} [{row['unit']}]" + (f": {row['reason']}" if row["reason"] else ""),
    )


def scores_table(document: Mapping[str, Any]) -> Table:
    """Return the scores of the held-out rows by study, for the simulator and two null models.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    Table
        One row a study and model; the worst study first, [-].
    """
    summary = document["summary"]
    folds = [
        Column(title=f"Within {fold:g}-fold", unit="%", is_number=True) for fold in summary["folds"]
    ]
    cells = [_score_cells(score, score["model"]) for score in summary["scores"]]
    if common := summary["simulator_on_the_rows_of_no_effect"]:
        cells.append(_score_cells(common, "simulator, the same rows"))
    return Table(
        caption="Held-out rows that could be computed, by study, the worst first. No effect: every"
        " ratio 1, every difference 0. Dose curve: the published curve on intake alone.",
        columns=(
            Column(title="Study"),
            Column(title="Model"),
            Column(title="Rows"),
            Column(title="Fold error", is_number=True),
            Column(title="Log ratio", is_number=True),
            Column(title="Interval score", is_number=True),
            *folds,
        ),
        rows=tuple(cells),
    )


def _score_cells(score: Mapping[str, Any], model: str) -> tuple[str, ...]:
    return (
        score["study"],
        model,
        ", ".join(score["rows"]),
        f"{score['fold_error']:.2f}",
        f"{score['log_error']:.2f}",
        f"{score['interval_score']:.2f}",
        *(f"{100 * share:.0f}" for share in score["within"]),
    )


def controls_table(document: Mapping[str, Any]) -> Table:
    """Return the negative controls with the positive ones they are paired with.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    Table
        One row a pair, [-].
    """
    verdicts = {row["id"]: row["verdict"] for row in document["rows"]}
    return Table(
        caption="A negative control says something only beside a positive one in the same people,"
        " at the same settings and by the same measure.",
        columns=(
            Column(title="Negative control"),
            Column(title="Its verdict"),
            Column(title="Positive control"),
            Column(title="It must"),
            Column(title="Predicted", unit=ROW_UNIT, is_number=True),
            Column(title="Shown"),
        ),
        rows=tuple(
            (
                c["negative_control"],
                verdicts[c["negative_control"]],
                c["title"],
                c["must"],
                number(c["predicted"]),
                "yes" if c["passed"] else "no",
            )
            for c in document["controls"]
        ),
    )


def experiments_table(document: Mapping[str, Any]) -> Table:
    """Return what was simulated for each row, and what was assumed.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    Table
        One row a contrast that could be computed, [-].
    """
    return Table(
        caption="What was simulated for each row, with the mean of each arm, and what the study's"
        " text leaves open; in brackets the prediction at either end of an assumption.",
        columns=(
            Column(title="Row"),
            Column(title="Read off"),
            Column(title="Arms", unit="as read off"),
            Column(title="Assumed of the study"),
            Column(title="Otherwise than the study"),
        ),
        rows=tuple(
            _experiment_cells(row["id"], row["experiment"])
            for row in document["rows"]
            if row["experiment"] is not None
        ),
    )


def _experiment_cells(row: str, e: Mapping[str, Any]) -> tuple[str, ...]:
    arms = [f"{arm['title']}: {number(arm['mean'])}" for arm in e["arms"]]
    assumed = [_assumption_text(a) for a in e["assumptions"]]
    if e["n_people_basis"] == "assumed":
        assumed.append(f"people: {e['n_people']:g}")
    return row, e["outcome"], "\n".join(arms), "\n".join(assumed) or NONE, e["remark"] or NONE


def _assumption_text(a: Mapping[str, Any]) -> str:
    name, unit = a["name"].replace("_", " "), "" if a["unit"] == "1" else f" {a['unit']}"
    text = f"{name} {number(a['value'])}{unit}"
    if a["predicted_at_low"] is None or a["predicted_at_high"] is None:
        return f"{text}: {a['note']}"
    ends = f"{number(a['predicted_at_low'])} to {number(a['predicted_at_high'])}"
    return f"{text}, {span(a['low'], a['high'])} [{ends}]: {a['note']}"


def calibrated_table(document: Mapping[str, Any]) -> Table:
    """Return the parameters that rest on rows of the panel.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.qualify` made, [-].

    Returns
    -------
    Table
        One row a parameter, [-].
    """
    return Table(
        caption="Parameters that rest on studies of the panel, with their rows; none rests on a"
        " held-out study or a negative control.",
        columns=(
            Column(title="Parameter"),
            Column(title="Value", unit="its unit", is_number=True),
            Column(title="Unit"),
            Column(title="Source"),
            Column(title="Rows"),
        ),
        rows=tuple(
            (p["name"], number(p["value"]), p["unit"], p["source"], ", ".join(p["rows"]))
            for p in document["summary"]["calibrated"]
        ),
    )


def parameters_table(document: Mapping[str, Any]) -> Table:
    """Return the calibrated parameters with and without a row, those that moved first.

    Parameters
    ----------
    document : mapping
        What `experiments.qualification.document.recalibrated` made, [-].

    Returns
    -------
    Table
        One row a parameter, [-].
    """
    return Table(
        caption=f"Calibrated parameters with every row, and without {document['without']}.",
        columns=(
            Column(title="Moved"),
            Column(title="Parameter"),
            Column(title="Rows"),
            Column(title="With all", unit="its unit", is_number=True),
            Column(title="Without", unit="its unit", is_number=True),
            Column(title="Unit"),
        ),
        rows=tuple(_parameter_cells(p) for p in document["parameters"]),
    )


def _parameter_cells(p: Mapping[str, Any]) -> tuple[str, ...]:
    without = "not determined" if p["without"] is None else f"{p['without']:.4g}"
    rows: Sequence[str] = p["rows"]
    moved = "yes" if p["moved"] else "no"
    return moved, p["name"], ", ".join(rows), f"{p['with_all']:.4g}", without, p["unit"]
