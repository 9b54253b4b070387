"""The picture of a scenario: its arms side by side, each with its percentile band."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from experiments.reports.plots import COLOURS, GREY, INK, NORMAL, SMALL, finish, new_figure, png
from experiments.scenarios.wording import endpoint_head, name_words
from experiments.simulation.wording import unit_words

SHOWN = ("absorbed_increment", "serum_change", "laxation_risk")
"""Endpoints that every scenario's picture shows: what is gained, what it does, what it costs."""

ROW_IN, HEAD_IN, WIDTH_IN = 0.34, 1.15, 9.6
"""Height of an arm and of the rest, and width, [inch]."""


def arms_png(scenario: Mapping[str, Any]) -> bytes:
    """Draw the arms of a scenario on three endpoints.

    Parameters
    ----------
    scenario : mapping
        One of the document, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    arms = [arm for arm in scenario["arms"] if arm["endpoints"]]
    figure, panels = new_figure(len(SHOWN), WIDTH_IN, HEAD_IN + ROW_IN * len(arms))
    for name, axes in zip(SHOWN, panels, strict=True):
        for k, arm in enumerate(arms):
            x = arm["endpoints"][name]
            colour = GREY if arm["is_placebo"] else COLOURS[k % len(COLOURS)]
            axes.plot([x["p05"], x["p95"]], [k, k], color=colour, lw=5, alpha=0.35,
                      solid_capstyle="butt")  # fmt: skip
            axes.plot([x["p50"]], [k], "o", color=colour, markersize=6.5)
        title, unit, _ = endpoint_head(name)
        axes.axvline(0, color=INK, lw=0.8, zorder=1)
        axes.set_yticks(range(len(arms)), [fill(name_words(arm["name"]), 26) for arm in arms])
        axes.set_ylim(len(arms) - 0.5, -0.5)
        axes.set_xlabel(fill(f"{title}, {unit_words(unit)}", 40), fontsize=NORMAL)
        axes.tick_params(labelsize=SMALL)
        axes.margins(x=0.08)
        finish(axes)
        axes.grid(visible=False, axis="y")
        if axes is not panels[0]:
            axes.set_yticklabels([])
    return png(figure)


def arms_alt(scenario: Mapping[str, Any]) -> str:
    """Return the picture in words.

    Parameters
    ----------
    scenario : mapping
        One of the document, [-].

    Returns
    -------
    str
        The middle value of each arm, [-].
    """
    title, unit, decimals = endpoint_head(SHOWN[0])
    values = ", ".join(
        f"{name_words(arm['name'])} {arm['endpoints'][SHOWN[0]]['p50']:.{decimals}f}"
        for arm in scenario["arms"]
        if arm["endpoints"]
    )
    return f"Arms side by side. {title}, middle subject: {values} {unit_words(unit)}."
