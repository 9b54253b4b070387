"""Artefacts of the run of a study: its file, report, front, every trial, and pictures."""

import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from experiments.candidates import regimen_text, title_of
from experiments.config.written import study_yaml
from experiments.reports import Report, report_of
from experiments.reports.front_column import sheet_rows
from experiments.reports.front_table import front_columns
from experiments.reports.release_data import release_data
from experiments.store import TrialRecord, candidate_label
from experiments.tracked.facts import StudyFacts
from experiments.tracking_messages import metric_name
from formulation.design import Design
from models.data.table_files import csv_bytes

if TYPE_CHECKING:
    from pandas import DataFrame


def study_files(facts: StudyFacts) -> dict[str, bytes]:
    """Return the artefacts of a study.

    Parameters
    ----------
    facts : StudyFacts
        The study, complete, [-].

    Returns
    -------
    dict of str to bytes
        Content by name, [-].
    """
    document, report = facts.document, report_of(facts.document)
    trials = BytesIO()
    trials_table(facts).to_parquet(trials, index=False)
    return {
        "study.yaml": study_yaml(facts.study.config).encode(),
        "study_as_written.yaml": facts.study.config_text.encode(),
        "study.json": json.dumps(document, indent=1, allow_nan=False).encode(),
        "report.html": report.html.encode(),
        "front.csv": csv_bytes(sheet_rows(front_columns(document)), for_excel=True),
        "trials.parquet": trials.getvalue(),
        **dict(_pictures(document, report)),
    }


def trials_table(facts: StudyFacts) -> "DataFrame":
    """Return every finished trial as a row, with units in the names of the columns.

    Parameters
    ----------
    facts : StudyFacts
        The study, [-].

    Returns
    -------
    DataFrame
        One row for each trial, by number, [-].
    """
    from pandas import DataFrame

    return DataFrame([_row(facts, trial) for trial in facts.trials])


def _row(facts: StudyFacts, trial: TrialRecord) -> dict[str, Any]:
    design = Design.from_dict(trial.design)
    return {
        "number": trial.number,
        "label": candidate_label(trial.number),
        "title": title_of(design),
        "state": trial.state,
        "is_feasible": trial.is_feasible,
        "is_on_front": trial.number in facts.front_numbers,
        "system": design.system,
        "salt": design.salt_name,
        "regimen": regimen_text(design),
        **{f"{name}_mg": amount for name, amount in design.amounts_mg.items()},
        **design.process,
        **{metric_name(key): value for key, value in trial.values.items()},
        **{f"{metric_name(key)}_lo90": value for key, value in trial.lo90.items()},
        **{f"{metric_name(key)}_hi90": value for key, value in trial.hi90.items()},
        **{f"slack: {name}": value for name, value in trial.slacks.items()},
        "reasons": "; ".join(trial.reasons),
        "origin": trial.origin,
        "rung": trial.rung,
        "seed": trial.seed,
        "at_utc": trial.at_utc,
        "design_key": design.key,
    }


def _pictures(document: Mapping[str, Any], report: Report) -> Iterator[tuple[str, bytes]]:
    for picture in report.shown["trade_off"].pictures:
        yield "trade_off.png", picture.image
    panels = release_data(document)
    for panel, picture in zip(panels, report.shown["release"].pictures, strict=True):
        yield f"release_{panel.system}.png", picture.image
