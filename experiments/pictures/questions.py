"""What each picture of a study shows: the data of a kind, or in words why there are none."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from experiments.mixtures import mixture_data
from experiments.opening import OpenCandidate
from experiments.profiling import profile
from experiments.reports.answers import answer
from experiments.reports.driver_data import DriverPanel, absent_text, driver_data
from experiments.reports.mixture_map import MixtureMap
from experiments.reports.on_front import not_on_front
from experiments.reports.plot_data import History, history_data
from experiments.reports.profiler import ProfilerPanel, profiler_data
from experiments.reports.release_data import ReleasePanel, release_data
from experiments.reports.trade_off_data import TradeOff, trade_off_data
from formulation.errors import InputError


@frozen(kw_only=True, eq=False)
class Question:
    """What a person asks to see."""

    document: Mapping[str, Any]
    """The study's document."""

    label: str | None
    """The candidate it is about; None for who the answer names."""

    components: tuple[str, ...]
    """Components of a mixture; none for those that leave most room."""

    opened: Callable[[str], OpenCandidate]
    """Loads the models of the study for a candidate."""

    @property
    def study(self) -> str:
        """Label of the study."""
        return str(self.document["study"]["label"])

    @property
    def one(self) -> str:
        """The candidate asked for, else the one the answer names, else the first of the front."""
        labels = [c["label"] for c in self.document["front"]]
        found = self.label or answer(self.document).label or next(iter(labels), None)
        if found is None:
            raise self.nothing("no candidate")
        return found

    def nothing(self, what: str) -> InputError:
        """Return the error of a study that has nothing of the kind.

        Parameters
        ----------
        what : str
            What it lacks, [-].

        Returns
        -------
        InputError
            With what to do, [-].
        """
        return InputError(
            f"Study {self.study} has {what} to draw.",
            hint=f"`formulation front {self.study}` says what it found.",
        )


@frozen(kw_only=True, eq=False)
class Importance:
    """What drives the predictions for one delivery system."""

    system: str
    """Delivery system."""

    protocol: str
    """How importance was found, in words."""

    panels: tuple[DriverPanel, ...]
    """One an output."""

    absent: str
    """Of which objectives nothing is told and why, as the end of a caption."""


def front_of(question: Question) -> TradeOff:
    """Return the trade-off of a study.

    Parameters
    ----------
    question : Question
        What is asked, [-].

    Returns
    -------
    TradeOff
        Every design that gave numbers, [-].
    """
    data = trade_off_data(question.document)
    if not data.points:
        raise question.nothing("no design with values")
    return data


def curves_of(question: Question) -> tuple[ReleasePanel, ...]:
    """Return release curves, those of one candidate where it is named.

    Parameters
    ----------
    question : Question
        What is asked, [-].

    Returns
    -------
    tuple of ReleasePanel
        One a delivery system, [-].
    """
    labels = [c["label"] for c in question.document["front"]]
    if question.label is not None and question.label not in labels:
        raise not_on_front(question.document, question.label)
    panels = release_data(question.document, question.label)
    if not panels:
        raise question.nothing("no release curve")
    return panels


def history_of(question: Question) -> History:
    """Return how the search went.

    Parameters
    ----------
    question : Question
        What is asked, [-].

    Returns
    -------
    History
        Best so far of each objective, [-].
    """
    if not any(point["is_feasible"] for point in question.document["points"]):
        raise question.nothing("no feasible design")
    return history_data(question.document)


def importance_of(question: Question) -> Importance:
    """Return what drives the predictions for the system of a candidate.

    Parameters
    ----------
    question : Question
        What is asked, [-].

    Returns
    -------
    Importance
        From the card of its model, [-].
    """
    front = {c["label"]: c["design"]["system"] for c in question.document["front"]}
    if question.one not in front:
        raise not_on_front(question.document, question.one)
    system = front[question.one]
    models = {m["system"]: m for m in question.document["models"]}
    model: Mapping[str, Any] = models.get(system, {})
    panels = driver_data(model)
    if not panels:
        raise question.nothing(f"no record of what drives the model of {system}")
    return Importance(
        system=system,
        protocol=model["drivers"]["protocol"],
        panels=panels,
        absent=absent_text(model, [o["key"] for o in question.document["objectives"]]),
    )


def profiler_of(question: Question) -> tuple[ProfilerPanel, ...]:
    """Return slices through a candidate, those kept with the study where they are its.

    Parameters
    ----------
    question : Question
        What is asked, [-].

    Returns
    -------
    tuple of ProfilerPanel
        One an objective, [-].
    """
    found = question.document.get("profiler")
    if found is None or found["candidate"] != question.one:
        opened = question.opened(question.one)
        found = profile(opened.label, opened.design, opened.spec, opened.chain)
    panels = profiler_data({**question.document, "profiler": found})
    if not panels:
        raise question.nothing(f"nothing that can be moved in {question.one}")
    return panels


def ternary_of(question: Question) -> MixtureMap:
    """Return the mixtures of three components around a candidate.

    Parameters
    ----------
    question : Question
        What is asked, [-].

    Returns
    -------
    MixtureMap
        Predicted, where such a design may be made, [-].
    """
    return mixture_data(question.opened(question.one), question.components)
