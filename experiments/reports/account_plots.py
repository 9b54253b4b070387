"""Pictures of an account: what limits absorption, and what the assumptions do to the result."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from experiments.reports.plots import (
    COLOURS,
    GREY,
    INK,
    NORMAL,
    SMALL,
    finish,
    legend_outside,
    new_figure,
    png,
)

MOST_LEVERS = 10
"""Most assumptions that are drawn, [-]; the table has them all."""

MOST_BARS = 16
"""Most candidates whose losses are drawn, [-]; the table has them all."""

BAR = 0.62
"""Height of a bar, in bars, [-]."""


def tornado_png(assumptions: Mapping[str, Any]) -> bytes:
    """Draw what the assumptions do to uptake and serum.

    Parameters
    ----------
    assumptions : mapping
        The document's assumptions, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    found = assumptions["quantities"][:MOST_LEVERS]
    figure, panels = new_figure(2, 9.4, 1.0 + 0.36 * len(found))
    titles = ("Absorbed increment, mg/d", "Change of serum Mg, mmol/L")
    names = ("absorbed_increment", "serum_change")
    for axes, name, title in zip(panels, names, titles, strict=True):
        base = assumptions["base"][name]
        for k, quantity in enumerate(found):
            for colour, end in ((COLOURS[5], "with_low"), (COLOURS[1], "with_high")):
                if quantity[end] is not None:
                    moved = quantity[end][name] - base
                    label = {"with_low": "low value", "with_high": "high value"}[end]
                    axes.barh(
                        k, moved, left=base, height=BAR, color=colour, label="_" if k else label
                    )
        axes.axvline(base, color=INK, lw=0.9)
        axes.set_yticks(range(len(found)), [fill(q["title"], 34) for q in found])
        axes.invert_yaxis()
        axes.set_xlabel(title, fontsize=NORMAL)
        axes.margins(x=0.08)
        finish(axes)
        axes.grid(visible=False, axis="y")
    panels[1].set_yticklabels([])
    panels[1].legend(fontsize=SMALL, frameon=False, loc="lower right")
    return png(figure)


def tornado_alt(moved: Sequence[Mapping[str, Any]]) -> str:
    """Return the same for those who do not see it.

    Parameters
    ----------
    moved : sequence of mapping
        The moved quantities of an account, [-].

    Returns
    -------
    str
        One sentence, [-].
    """
    names = ", ".join(q["title"].lower() for q in moved[:3])
    return f"Bars of what each assumption does to uptake and serum; most is done by {names}."


def candidate_losses_png(front: Sequence[Mapping[str, Any]]) -> bytes:
    """Draw what limits the absorption of candidates, one bar each.

    Parameters
    ----------
    front : sequence of mapping
        Candidates with an account, [-].

    Returns
    -------
    bytes
        A PNG file, [-].
    """
    parts = front[0]["account"]["losses"]["parts"]
    figure, (axes,) = new_figure(1, 8.2, 1.1 + 0.3 * max(len(front), 3))
    ends = [0.0] * len(front)
    places = range(len(front))
    for k, part in enumerate(parts):
        shares = [c["account"]["losses"]["parts"][k]["percent"] for c in front]
        if max(shares) > 0:
            colour = (*COLOURS, GREY)[k % (len(COLOURS) + 1)]
            title = fill(part["title"], 26)
            axes.barh(places, shares, left=ends, height=BAR, color=colour, label=title)
            ends = [end + share for end, share in zip(ends, shares, strict=True)]
    axes.set_yticks(places, [f"{c['label']}, {fill(c['title'], 48)}" for c in front])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("Of the mg that are not absorbed, %", fontsize=NORMAL)
    finish(axes)
    axes.grid(visible=False, axis="y")
    legend_outside(axes, axes.get_legend_handles_labels()[0])
    return png(figure)
