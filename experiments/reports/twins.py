"""Tables that say what a picture shows, for those who cannot see it and for those who calculate."""

from collections.abc import Sequence

import numpy as np

from experiments.reports.plot_data import ConfirmationPanel, History
from experiments.reports.release_data import ReleaseCurve, ReleasePanel
from experiments.reports.spans import number
from experiments.reports.tables import NONE, Column, Table
from experiments.reports.wording import endpoint_title, interval_text, number_text, unit_of
from formulation.delivery import get_system

TOLD_H = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0)
"""Times of release that a table tells, where a curve has them, [h]."""

MOST_ROWS = 10
"""Trials of the course of a search that a table tells, [-]."""


def release_table(panel: ReleasePanel) -> Table:
    """Return the release curves of one delivery system at a few times.

    Parameters
    ----------
    panel : ReleasePanel
        What is drawn, [-].

    Returns
    -------
    Table
        One row a curve, then the reference profile where there is one, [-].
    """
    times = [h for h in TOLD_H if np.isclose(panel.curves[0].hours, h).any()]
    rows = [(c.name, *(_released(c, h) for h in times)) for c in panel.curves]
    if len(panel.reference):
        rows.append(("reference profile", *(_referred(panel, h) for h in times)))
    limits = "; ".join(f"at {s.hours:g} h {_ends(s.low, s.high)} %" for s in panel.specifications)
    asked = f" Limits of the study: {limits}." if limits else ""
    return Table(
        caption=f"{get_system(panel.system).title}: released on the bench, with the 90 % interval;"
        f" second line, marked law: the release law itself.{asked}",
        columns=(
            Column(title="Curve"),
            *(Column(title=f"{h:g} h", unit="% of label", is_number=True) for h in times),
        ),
        rows=tuple(rows),
    )


def pairs_table(panels: Sequence[ConfirmationPanel]) -> list[Table]:
    """Return the predicted and the confirmed values of each candidate.

    Parameters
    ----------
    panels : sequence of ConfirmationPanel
        What is drawn, [-].

    Returns
    -------
    list of Table
        One, or none without a panel, [-].
    """
    if not panels:
        return []
    labels = panels[0].labels
    return [
        Table(
            caption="First line: predicted by the surrogate; second line, marked c: every subject"
            " integrated; both with their 90 % interval.",
            columns=(
                Column(title="Candidate"),
                *(
                    Column(title=endpoint_title(p.key), unit=unit_of(p.key), is_number=True)
                    for p in panels
                ),
            ),
            rows=tuple(
                (label, *(_pair(panel, k) for panel in panels)) for k, label in enumerate(labels)
            ),
        )
    ]


def history_table(data: History) -> Table:
    """Return the best of each objective so far, at some trials.

    Parameters
    ----------
    data : History
        What is drawn, [-].

    Returns
    -------
    Table
        At most `MOST_ROWS`, the last trial among them, [-].
    """
    last = len(data.numbers) - 1
    told = sorted(set(np.linspace(0, last, MOST_ROWS).round().astype(int).tolist()))
    return Table(
        caption="Best of each objective so far, 0 its worst acceptable value and 1 its ideal one;"
        f" {NONE} before the first feasible design.",
        columns=(
            Column(title="Trial number", is_number=True),
            *(Column(title=endpoint_title(key), is_number=True) for key in data.keys),
        ),
        rows=tuple(
            (
                f"{data.numbers[k]:.0f}",
                *(NONE if np.isnan(x) else number(float(x), 3) for x in data.best[k]),
            )
            for k in told
        ),
    )


def _released(curve: ReleaseCurve, hours: float) -> str:
    at = int(np.argmin(np.abs(curve.hours - hours)))
    line = f"{curve.mean[at]:.1f}"
    if len(curve.lo90):
        line += f" [{curve.lo90[at]:.1f}, {curve.hi90[at]:.1f}]"
    if not len(curve.law):
        return line
    return f"{line}\nlaw {np.interp(hours, curve.law_hours, curve.law):.1f}"


def _referred(panel: ReleasePanel, hours: float) -> str:
    found = np.flatnonzero(np.isclose(panel.reference_hours, hours))
    return f"{panel.reference[found[0]]:.1f}" if len(found) else NONE


def _ends(low: float | None, high: float | None) -> str:
    parts = (("at least", low), ("at most", high))
    return " and ".join(f"{words} {end:g}" for words, end in parts if end is not None)


def _pair(panel: ConfirmationPanel, k: int) -> str:
    told = (
        ("", panel.predicted, panel.predicted_ends),
        ("c ", panel.confirmed, panel.confirmed_ends),
    )
    return "\n".join(
        f"{mark}{number_text(float(values[k]), panel.key)}"
        f" {interval_text(float(ends[0, k]), float(ends[1, k]), panel.key)}".rstrip()
        for mark, values, ends in told
    )
