"""What a person or a program is told while a study runs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from attrs import define
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

from experiments.cli.hints import with_home
from experiments.cli.output import err
from experiments.results import front_of
from experiments.search.loop import Progress
from experiments.store import StudyRecord
from experiments.studies import Listener
from formulation.errors import UnknownNameError
from formulation.targets import Objective

KINDS = ("auto", JSONL := "jsonl", "none")
PLAIN_SHARE = 0.1
"""A plain line is written each time this share of the budget is done, [-]."""


@contextmanager
def make_listener(kind: str) -> Iterator[Listener]:
    """Give the listener for a kind of progress.

    Parameters
    ----------
    kind : str
        ``auto`` (a bar in a terminal, plain lines elsewhere), ``jsonl`` or ``none``, [-].

    Yields
    ------
    Listener
        To be handed to a study, [-].

    Raises
    ------
    UnknownNameError
        The kind is unknown.
    """
    if kind not in KINDS:
        raise UnknownNameError("Progress", kind, KINDS)
    if kind == JSONL:
        yield _events()
    elif kind == "none":
        yield Listener(
            say=lambda _: None,
            on_started=lambda _: None,
            on_ack=lambda _study, _numbers: None,
            on_progress=lambda _objectives, _progress: None,
        )
    elif sys.stderr.isatty():
        with _bar() as listener:
            yield listener
    else:
        yield _plain()


def write_event(event: str, **fields: Any) -> None:
    """Write one event as a line of JSON on stderr.

    Parameters
    ----------
    event : str
        Its kind, [-].
    **fields : Any
        What it tells, [-].
    """
    # One write for each line: a killed driver never leaves half an event that looks whole.
    sys.stderr.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stderr.flush()


def _events() -> Listener:
    return Listener(
        say=lambda text: write_event("step", text=with_home(text)),
        on_started=lambda study: write_event("started", study=study.label, id=study.id),
        on_ack=lambda study, numbers: write_event("ack", study=study.label, trials=list(numbers)),
        on_progress=lambda objectives, p: write_event(
            "progress", done=p.done, budget=p.budget, **_counts(objectives, p)
        ),
    )


def _plain() -> Listener:
    console = err()
    shown = _Shown()

    def on_progress(objectives: tuple[Objective, ...], progress: Progress) -> None:
        if shown.first is None:
            shown.first, shown.since_s = progress.done, monotonic()
        step = max(int(progress.budget * PLAIN_SHARE), 1)
        if progress.done // step > shown.steps:
            shown.steps = progress.done // step
            text = f"{progress.done}/{progress.budget} {_text(objectives, progress)}"
            console.print(text + shown.left(progress), highlight=False)

    return Listener(
        say=lambda text: console.print(with_home(text), highlight=False),
        on_started=lambda study: console.print(_started(study), highlight=False),
        on_ack=lambda _study, _numbers: None,
        on_progress=on_progress,
    )


@contextmanager
def _bar() -> Iterator[Listener]:
    console = err()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("about"),
        TimeRemainingColumn(),
        TextColumn("left · {task.fields[text]}"),
    )
    with RichProgress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("search", total=None, text="")

        def on_progress(objectives: tuple[Objective, ...], progress: Progress) -> None:
            bar.update(
                task,
                completed=progress.done,
                total=progress.budget,
                text=_text(objectives, progress),
            )

        yield Listener(
            say=lambda text: console.print(with_home(text), highlight=False),
            on_started=lambda study: console.print(_started(study), highlight=False),
            on_ack=lambda _study, _numbers: None,
            on_progress=on_progress,
        )


@define
class _Shown:
    steps: int = -1
    first: int | None = None
    since_s: float = 0.0

    def left(self, progress: Progress) -> str:
        """Return how long the rest takes at the pace so far; nothing before there is one."""
        done = progress.done - (self.first or 0)
        if done <= 0 or progress.done >= progress.budget:
            return ""
        left_s = (monotonic() - self.since_s) / done * (progress.budget - progress.done)
        return f" · about {left_s:.0f} s left"


def _started(study: StudyRecord) -> str:
    return f"study {study.label} ({study.name}), {study.budget} trials, seed {study.seed}"


def _counts(objectives: tuple[Objective, ...], progress: Progress) -> dict[str, int]:
    return {
        "front": len(front_of(objectives, progress.trials)),
        "infeasible": progress.infeasible,
    }


def _text(objectives: tuple[Objective, ...], progress: Progress) -> str:
    counts = _counts(objectives, progress)
    return f"front {counts['front']} · infeasible {counts['infeasible']}"
