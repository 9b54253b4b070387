"""Predicted against integrated values of the front, and whether the intervals hold what they say.

Neither is measured: the integrated values are those of the mechanistic chain, subject by subject.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from experiments.reports.plot_data import ConfirmationPanel, confirmation_data
from experiments.reports.plots import COLOURS, SMALL, draw_confirmation
from experiments.reports.wording import endpoint_title, integrated_text
from formulation.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@frozen(kw_only=True, eq=False)
class CalibrationPanel:
    """One endpoint of the confirmed candidates."""

    panel: ConfirmationPanel
    """Predicted and integrated values with their intervals."""

    is_inside: NDArray[np.bool_]
    """Whether the predicted interval holds the integrated value, shape (n,)."""

    held_out: Mapping[str, float]
    """Coverage on designs that were held out while fitting, by delivery system, [-]."""

    integrated: str
    """Who was integrated, in words."""

    predicted_kind: str
    """What the predicted intervals are."""

    @property
    def words(self) -> str:
        """How many of the integrated values the predicted intervals hold, in words."""
        n, inside = len(self.is_inside), int(self.is_inside.sum())
        text = (
            f"{endpoint_title(self.panel.key)}: the predicted 90 % interval holds {inside} of {n}"
            f" values of {self.integrated} ({100 * inside / n:.0f} %)."
        )
        found = self.held_out.values()
        if found:
            ends = {f"{100 * end:.0f}" for end in (min(found), max(found))}
            text += f" Of designs held out while fitting: {' to '.join(sorted(ends))} %."
        return text


def calibration_data(document: Mapping[str, Any]) -> tuple[CalibrationPanel, ...]:
    """Return predicted against integrated values, one panel an endpoint.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    tuple of CalibrationPanel
        Endpoints that are exact arithmetic are left out, [-].

    Raises
    ------
    InputError
        No candidate was integrated.
    """
    panels = confirmation_data(document)
    if not panels:
        label = document["study"]["label"]
        raise InputError(
            f"Study {label}: no candidate has been integrated subject by subject, so there is"
            " nothing to compare predictions with.",
            hint=f"Let it end first: formulation resume {label}.",
        )
    models = document["models"]
    return tuple(
        CalibrationPanel(
            panel=panel,
            is_inside=(panel.predicted_ends[0] <= panel.confirmed)
            & (panel.confirmed <= panel.predicted_ends[1]),
            held_out={
                model["system"]: model["metrics"][panel.key]["coverage90"]
                for model in models
                if panel.key in model["metrics"]
            },
            integrated=integrated_text(document["confirmation"]["n_subjects"]),
            predicted_kind="; ".join(sorted({m["intervals"]["endpoints"] for m in models})),
        )
        for panel in panels
    )


def draw_calibration(data: Sequence[CalibrationPanel], axes: "Sequence[Axes]") -> None:
    """Draw integrated against predicted values; what an interval does not hold stands out.

    Parameters
    ----------
    data : sequence of CalibrationPanel
        What to draw, [-].
    axes : sequence of Axes
        Where, one a panel, [-].
    """
    for found, place in zip(data, axes, strict=True):
        panel, outside = found.panel, ~found.is_inside
        draw_confirmation(panel, place)
        place.plot(
            panel.predicted[outside],
            panel.confirmed[outside],
            ls="",
            marker="s",
            color=COLOURS[1],
            markersize=6,
            zorder=4,
        )
        for label, x, y in zip(
            np.array(panel.labels)[outside],
            panel.predicted[outside],
            panel.confirmed[outside],
            strict=True,
        ):
            place.annotate(label, (x, y), (5, -9), textcoords="offset points", fontsize=SMALL)
        inside = int(found.is_inside.sum())
        title = fill(endpoint_title(panel.key), 38)
        held = f"{inside} of {len(found.is_inside)} inside the predicted 90 % interval"
        if outside.any():
            held += "; squares are not"
        place.set_title(f"{title}\n{fill(held, 44)}", fontsize=SMALL, loc="left")
