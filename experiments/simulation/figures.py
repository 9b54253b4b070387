"""The pictures of a simulation, drawn from its document alone."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from experiments.reports.account_plots import BAR
from experiments.reports.curve_plots import legend_below
from experiments.reports.plots import COLOURS, GREY, NORMAL, SMALL, finish, new_figure, png

ROUTES = {"active": 0, "passive": 1, "skin": 2}
"""Colour of each route."""


def losses_png(arms: Sequence[Mapping[str, Any]]) -> bytes:
    """Draw what limits absorption, one group of bars a loss.

    Parameters
    ----------
    arms : sequence of mapping
        The document, and what it is compared with, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    titles = [part["title"] for part in arms[0]["losses"]["parts"]]
    figure, (axes,) = new_figure(1, 5.4, 0.9 + 0.36 * len(titles) * (1 + 0.35 * (len(arms) - 1)))
    height = BAR / len(arms)
    for k, told in enumerate(arms):
        places = [i + (k - (len(arms) - 1) / 2) * height for i in range(len(titles))]
        shares = [part["percent"] for part in told["losses"]["parts"]]
        bars = axes.barh(
            places, shares, height=height, color=COLOURS[k], label=told["product"]["name"]
        )
        axes.bar_label(bars, fmt="%.1f", padding=3, fontsize=SMALL)
    axes.set_yticks(range(len(titles)), [fill(title, 30) for title in titles])
    axes.invert_yaxis()
    axes.set_xlim(0, 112)
    axes.set_xlabel("Of the mg that are not absorbed, %", fontsize=NORMAL)
    finish(axes)
    axes.grid(visible=False, axis="y")
    if len(arms) > 1:
        legend_below(axes)
    return png(figure)


def uptake_png(arms: Sequence[Mapping[str, Any]]) -> bytes:
    """Draw the mean increment over the diet by segment and route.

    Parameters
    ----------
    arms : sequence of mapping
        The document, and what it is compared with, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    figure, panels = new_figure(len(arms), 5.4, 3.2)
    for told, axes in zip(arms, panels, strict=True):
        places = list(dict.fromkeys(u["segment"] for u in told["uptake"]))
        above = dict.fromkeys(places, 0.0)
        below = dict.fromkeys(places, 0.0)
        for route in dict.fromkeys(u["route"] for u in told["uptake"]):
            amounts = {u["segment"]: u["mean"] for u in told["uptake"] if u["route"] == route}
            starts = [(above if x >= 0 else below)[place] for place, x in amounts.items()]
            axes.bar(
                list(amounts), list(amounts.values()), bottom=starts, width=BAR,
                color=COLOURS[ROUTES[route]], label=_route_words(route),
            )  # fmt: skip
            for place, x in amounts.items():
                (above if x >= 0 else below)[place] += x
        axes.axhline(0, color=GREY, lw=0.8)
        axes.set_title(fill(told["product"]["name"], 30), fontsize=NORMAL, loc="left")
        axes.set_xticks(range(len(places)), places, rotation=40, ha="right")
        finish(axes)
        axes.grid(visible=False, axis="x")
    low, high = (end([axes.get_ylim()[k] for axes in panels]) for k, end in enumerate((min, max)))
    for axes in panels:
        axes.set_ylim(low, high)
    panels[0].set_ylabel("Absorbed beyond the diet, mg/d", fontsize=NORMAL)
    panels[-1].legend(fontsize=SMALL, frameon=False)
    return png(figure)


def _route_words(route: str) -> str:
    return "through the skin" if route == "skin" else route
