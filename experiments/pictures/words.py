"""What is said of each picture: a sentence for who does not see it, and how to read it."""

from collections.abc import Sequence

from attrs import frozen

from experiments.pictures.questions import Importance
from experiments.reports.calibration import CalibrationPanel
from experiments.reports.figures import history_alt
from experiments.reports.mixture_map import MixtureMap
from experiments.reports.parallel import Parallel
from experiments.reports.plot_data import History
from experiments.reports.profiler import ProfilerPanel
from experiments.reports.release_data import ReleasePanel, left_out_text, vessels_text
from experiments.reports.trade_off_data import TradeOff
from experiments.reports.wording import axis_title, endpoint_title, limit_text
from formulation.delivery import get_system


@frozen(kw_only=True)
class Words:
    """What is said of a picture."""

    alt: str
    """What it shows."""

    caption: str
    """How to read it, and what its numbers are."""

    about: str = ""
    """What of the study it is about; empty for all of it."""


def front_words(data: TradeOff) -> Words:
    """Say what the trade-off shows.

    Parameters
    ----------
    data : TradeOff
        What is drawn, [-].

    Returns
    -------
    Words
        With counts, [-].
    """
    counts = (
        f"{len(data.of('front'))} on the front, {len(data.of('feasible'))} feasible but beaten,"
        f" {len(data.of('infeasible'))} infeasible"
    )
    caption = f"Each mark is a design as the search predicted it{data.interval_words}."
    if data.n_without_values:
        caption += f" Not drawn, because they gave no number: {data.n_without_values}."
    shown = " against ".join(axis_title(key) for key in reversed(data.keys[:2]))
    return Words(alt=f"Scatter of {shown}: {counts}.{data.marked_text}", caption=caption)


def curves_words(data: Sequence[ReleasePanel]) -> Words:
    """Say what the release curves show.

    Parameters
    ----------
    data : sequence of ReleasePanel
        What is drawn, [-].

    Returns
    -------
    Words
        With the kind of their bands, [-].
    """
    titles = [get_system(panel.system).title for panel in data]
    parts = [
        f"{title}: {', '.join(c.name for c in panel.curves)}.{left_out_text(panel)}"
        for title, panel in zip(titles, data, strict=True)
    ]
    kinds = "; ".join(sorted({c.kind for panel in data for c in panel.curves}))
    where = " ".join(
        f"{title}. {vessels_text(panel)}{left_out_text(panel)}"
        for title, panel in zip(titles, data, strict=True)
    )
    return Words(
        alt=f"Released, % of label, against time, h. {' '.join(parts)}",
        caption=f"Predicted, not measured. {where} Band: {kinds}. Dashed: the release law itself.",
    )


def history_words(data: History) -> Words:
    """Say how the search went.

    Parameters
    ----------
    data : History
        What is drawn, [-].

    Returns
    -------
    Words
        With where it ended, [-].
    """
    return Words(
        alt=history_alt(data),
        caption="0 is the worst acceptable value of an objective, 1 its ideal.",
    )


def importance_words(data: Importance) -> Words:
    """Say what drives the predictions.

    Parameters
    ----------
    data : Importance
        What is drawn, [-].

    Returns
    -------
    Words
        With what is most important, [-].
    """
    firsts = "; ".join(f"{endpoint_title(p.key)}: {p.parts[0]}" for p in data.panels if p.parts)
    most = f" Most important: {firsts}." if firsts else ""
    bands = sorted({p.dependence.band for p in data.panels if p.dependence is not None})
    return Words(
        alt=f"What drives the predictions for {get_system(data.system).title}.{most}",
        caption=f"Bars: {data.protocol}. Curves: the mean prediction over the most important single"
        f" number, all else as in the training designs; band: {', '.join(bands) or 'none'}."
        f"{data.absent}",
        about=get_system(data.system).title,
    )


def profiler_words(data: Sequence[ProfilerPanel]) -> Words:
    """Say what the slices show.

    Parameters
    ----------
    data : sequence of ProfilerPanel
        What is drawn, [-].

    Returns
    -------
    Words
        With the kind of their bands, [-].
    """
    keys = " and ".join(axis_title(panel.key) for panel in data)
    factors = ", ".join(f"{s.title}, {s.unit}" for s in data[0].slices)
    return Words(
        alt=f"{keys}, of {data[0].candidate} as each factor is moved alone: {factors}.",
        caption=f"Predicted by the surrogate, not measured; dot: {data[0].candidate}; band:"
        f" {data[0].kind}; grey: a limit is missed there.",
        about=data[0].candidate,
    )


def ternary_words(data: MixtureMap) -> Words:
    """Say what the triangle shows.

    Parameters
    ----------
    data : MixtureMap
        What is drawn, [-].

    Returns
    -------
    Words
        With how many mixtures keep to every limit, [-].
    """
    limits = "; ".join(map(limit_text, data.slacks)) or "none"
    ranges = ", ".join(
        f"{title} from {low:g} mg" for title, low in zip(data.titles, data.low_mg, strict=True)
    )
    return Words(
        alt=f"Triangle of {', '.join(data.titles)} around {data.candidate} ({data.form}), shaded by"
        f" {axis_title(data.key)}: of {data.n_makeable} mixtures looked at that may be made,"
        f" {data.n_holding} keep to every limit as predicted.",
        caption=f"One unit holds {data.total_mg:g} mg of the three together ({ranges}); all else is"
        f" as in {data.candidate}. Blank: no such design may be made. Limits: {limits}. Predicted,"
        f" not measured; interval of the predictions: {data.interval_kind}.",
        about=f"{data.candidate}, {data.form}",
    )


def parallel_words(data: Parallel) -> Words:
    """Say what the parallel coordinates show.

    Parameters
    ----------
    data : Parallel
        What is drawn, [-].

    Returns
    -------
    Words
        With the axes, [-].
    """
    axes = "; ".join(f"{axis.title}, {axis.unit}" for axis in data.axes)
    which = f" of the form {data.of_form}, {data.chosen} in colour" if data.chosen else ""
    caption = (
        "Each line is a candidate as predicted; each axis has its own scale, from the least to the"
        " greatest value shown. Only factors are drawn that every candidate has and that differ."
    )
    if data.n_left_out:
        caption += f" Factors that differ less are not drawn: {data.n_left_out}."
    if not data.chosen:
        caption += " With --candidate, those of one form are shown over all its factors."
    alt = f"{len(data.labels)} candidates{which} over {axes}."
    return Words(alt=alt, caption=caption, about=data.of_form)


def calibration_words(data: Sequence[CalibrationPanel]) -> Words:
    """Say how well predictions and integrated values agree.

    Parameters
    ----------
    data : sequence of CalibrationPanel
        What is drawn, [-].

    Returns
    -------
    Words
        With the coverage of every endpoint, [-].
    """
    keys = "; ".join(axis_title(found.panel.key) for found in data)
    return Words(
        alt=f"Integrated against predicted values, with the line of equality: {keys}.",
        caption=" ".join(found.words for found in data)
        + f" Predicted interval: {data[0].predicted_kind}. Integrated values are simulated with the"
        " equations the surrogate learnt from, so they tell of its own error, not of that of the"
        " equations.",
    )
