"""The tables of a report that say what its numbers rest on: model cards and origins."""

from collections.abc import Iterable, Mapping
from typing import Any

from experiments.reports.tables import NONE, Column, Table
from experiments.reports.wording import endpoint_title, number_text, unit_of
from formulation.delivery import get_system
from formulation.endpoint_keys import get_endpoint, parse_key
from formulation.endpoints import LIMITS_MET, MEAN, PREDICTED_F2, Scope

DERIVED_FROM = {"fraction_absorbed": "absorbed_increment", "urine_change": "absorbed_increment"}
"""Endpoints that follow from another by arithmetic, so no surrogate learns them."""

DERIVED_IN_WORDS = {
    "dose_dumping_risk": "the release law in closed form, with its assumed uncertainty",
    "cost_per_absorbed_mg": "the absorbed increment and trade prices of the ingredients",
    LIMITS_MET: "the 90 % intervals of the other limits",
    PREDICTED_F2: "the release curve with its interval",
}
"""Endpoints that no surrogate learns, and what they follow from instead."""

ARITHMETIC_ROW = (
    "Amounts, % w/w, unit mass, elemental Mg, mass swallowed",
    "exact arithmetic",
    "on the recipe; the magnesium content of a salt is from the literature or the lot",
)
INTERVALS_ROW = (
    "90 % intervals",
    "simulated, assumed",
    "predicted: errors on held-out designs, widened by the model error stated on the card;"
    " confirmed: the number of subjects alone, no model error",
)
TABLES_ROW = (
    "Solubility, acid demand and physiology behind the models",
    "literature, assumed",
    "reference tables of the product, each row with its source and evidence",
)


def model_table(document: Mapping[str, Any], model: Mapping[str, Any]) -> Table:
    """Return how good one surrogate is where it matters to the study.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].
    model : mapping
        One of its model cards, [-].

    Returns
    -------
    Table
        The release curve, then every objective and limit that a surrogate predicts, [-].
    """
    keys = [o["key"] for o in document["objectives"]]
    for candidate in document["front"][:1]:
        keys += [key for key in candidate["intervals"] if key not in keys]
    return Table(
        caption=f"{get_system(model['system']).title}: errors on formulations held out of the"
        f" fit ({model['protocol']}).",
        columns=(
            Column(title="Output"),
            Column(title="Unit of the row"),
            Column(title="MAE", unit="row", is_number=True),
            Column(title="RMSE", unit="row", is_number=True),
            Column(title="R²", is_number=True),
            Column(title="Coverage of 90 % intervals, emulator alone", unit="%", is_number=True),
            Column(title="Mean width, emulator alone", unit="row", is_number=True),
            Column(title="Stated model error, half-width", unit="%", is_number=True),
            Column(title="Its basis"),
        ),
        rows=(
            _curve_row(model),
            *(
                _endpoint_row(model, key)
                for key in dict.fromkeys(parse_key(key).base for key in keys)
                if get_endpoint(key).scope is not Scope.RECIPE
            ),
        ),
    )


def origin_table(document: Mapping[str, Any]) -> Table:
    """Return where every number of the report comes from.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Table
        One row a kind of number, [-].
    """
    front, rows = document["front"], document["rows_by_origin"]
    trained = f"surrogates of {rows['simulated']} simulated, {rows['measured']} measured rows"
    curves = [c["curves"]["release"]["origin"] for c in front if "release" in c["curves"]]
    if curves and rows["measured"]:
        curves.append("measured")
    confirmed = [c["confirmation"]["origin"] for c in front if c["confirmation"]]
    titles = ("Numbers", "Origin", "How they came about")
    return Table(
        caption=_capital(measured_in_people(document)),
        columns=tuple(Column(title=title) for title in titles),
        rows=(
            ARITHMETIC_ROW,
            ("Predicted objectives and limits", _origins(c["origin"] for c in front), trained),
            INTERVALS_ROW,
            ("Confirmed values", _origins(confirmed), "every virtual subject integrated"),
            ("Release curves", _origins(curves), "surrogate; dashed, the release law itself"),
            TABLES_ROW,
            ("Worst acceptable, ideal and limits", "assumed", "chosen in the study file"),
        ),
    )


def measured_in_people(document: Mapping[str, Any]) -> str:
    """Say what of a report was measured in people: no value of a candidate; what was set beside.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    str
        One sentence, from a small letter on, [-].
    """
    told = {
        f"{get_endpoint(gap['endpoint']).title} ({', '.join(gap['studies'])})": None
        for model in document["models"]
        for gap in model.get("measured_absorption", ())
    }
    beside = (
        f"; held against measured studies, as the model cards tell, were only: {'; '.join(told)}"
        if told
        else ""
    )
    return f"no value of a candidate was measured in people{beside}."


def record_table(document: Mapping[str, Any]) -> Table:
    """Return everything that is needed to get the same numbers again.

    Parameters
    ----------
    document : mapping
        What `experiments.results.study_document` made, [-].

    Returns
    -------
    Table
        Names and values of the record, [-].
    """
    study, executor = document["study"], document["executor"]
    rows = [
        ("Study", f"{study['label']} {study['name']}, {study['id']}"),
        ("Study as run, sha256", study["config_sha256"]),
        ("Code of domain and models, sha256", study["code_sha256"] or "not recorded"),
        ("Seed", str(document["seed"])),
        ("Strategy", study["strategy"]),
        ("Budget", f"{study['budget']} trials, {document['trials']} finished"),
        ("Executor", str(executor.get("kind", "not recorded"))),
        ("Created", study["created_utc"]),
    ]
    rows += [(f"Version of {name}", str(found)) for name, found in study["versions"].items()]
    rows += [(f"Model {m['name']}, sha256", m["sha256"]) for m in document["models"]]
    rows += [
        (f"Model {m['name']}, registry", f"{found['name']}, version {found['version']}")
        for m in document["models"]
        if (found := m.get("registry"))
    ]
    rows += [
        (
            f"Data sets of model {m['name']}",
            ", ".join(m["data_sets"]) or "none: simulated rows only",
        )
        for m in document["models"]
    ]
    return Table(
        caption="Record of the run.",
        columns=(Column(title="What"), Column(title="Value")),
        rows=tuple(rows),
    )


def _curve_row(model: Mapping[str, Any]) -> tuple[str, ...]:
    metrics = {
        k: 100 * v if k in ("mae", "rmse", "width90") else v
        for k, v in model["metrics"]["curve"].items()
    }
    error = model["model_error"]["curve"]
    basis = f"of the label; {model['model_error_basis']['curve']}"
    return (
        "Release curve",
        "% of label",
        f"{metrics['mae']:.2f}",
        f"{metrics['rmse']:.2f}",
        f"{metrics['r2']:.3f}",
        f"{100 * metrics['coverage90']:.0f}",
        f"{metrics['width90']:.2f}",
        f"{100 * error:.0f}" if error else NONE,
        basis if error else "none added: calibrated on measured formulations",
    )


def _endpoint_row(model: Mapping[str, Any], key: str) -> tuple[str, ...]:
    name = key.partition(".")[0]
    metrics = model["metrics"].get(key)
    if metrics is None:
        source = _source(key, name)
        return (endpoint_title(key), unit_of(key), *([NONE] * 6), f"follows from: {source}")
    return (
        endpoint_title(key),
        unit_of(key),
        _error(metrics["mae"], key),
        _error(metrics["rmse"], key),
        f"{metrics['r2']:.3f}",
        f"{100 * metrics['coverage90']:.0f}",
        _error(metrics["width90"], key),
        *_model_error(model, name),
    )


def _source(key: str, name: str) -> str:
    """Say what an endpoint that no surrogate learns follows from."""
    if name in DERIVED_IN_WORDS:
        return DERIVED_IN_WORDS[name]
    if get_endpoint(key).scope is Scope.BENCH:
        return "the release curve"
    if name in DERIVED_FROM:
        return endpoint_title(DERIVED_FROM[name])
    assert parse_key(key).statistic == MEAN
    return "three percentiles of the same endpoint"


def _model_error(model: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return the stated model error and its basis, unless measured studies replaced it."""
    gaps = model.get("measured_absorption", ())
    if any(gap["endpoint"] == name and gap["applied"] for gap in gaps):
        return NONE, "replaced by what measured studies say, told above"
    return f"{100 * model['model_error'][name]:.0f}", model["model_error_basis"][name]


def _error(value: float, key: str) -> str:
    """Return an error with the endpoint's decimals, or three digits when that would show zero."""
    text = number_text(value, key)
    return text if float(text) else f"{value:.2g}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _origins(found: Iterable[str]) -> str:
    return ", ".join(sorted(set(found))) or "none yet"
