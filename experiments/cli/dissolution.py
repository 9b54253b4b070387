"""``formulation dissolution``: what a bench vessel would show of a product, and what one showed."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.compare_curves import compare
from experiments.cli.curve_text import labelled, time_text
from experiments.cli.fit_curves import fit
from experiments.cli.output import emit_json, emit_lines, table_lines, terminal_width
from experiments.cli.relate_curves import ivivc

if TYPE_CHECKING:
    from experiments.products import Comparison, Prediction, Vessel
    from formulation.profiles import Medium, ReleaseProfile

SCHEMA, VERSION = "formulation/dissolution", 1


def register(app: typer.Typer) -> None:
    """Add the commands to the application.

    Parameters
    ----------
    app : typer.Typer
        The application, [-].
    """
    group = typer.Typer(help="Bench vessels: what is released of a product, apart from any body.")
    group.command("predict")(predict)
    group.command("fit")(fit)
    group.command("compare")(compare)
    group.command("ivivc")(ivivc)
    app.add_typer(group, name="dissolution")


def predict(
    product: Annotated[Path, typer.Argument(help="Product file (YAML).", show_default=False)],
    medium: Annotated[
        str | None, typer.Option("--medium", help="hcl, water, acetate-4.5 …; default: its own.")
    ] = None,
    apparatus: Annotated[
        str | None, typer.Option("--apparatus", help="Apparatus, such as 'USP 2'.")
    ] = None,
    rpm: Annotated[
        float | None, typer.Option("--rpm", help="Speed of the apparatus, 1/min.")
    ] = None,
    volume_ml: Annotated[
        float | None, typer.Option("--volume-ml", help="Volume in mL; the acid goes with it.")
    ] = None,
    times: Annotated[
        str | None, typer.Option("--times", help="Such as '15 min, 1 h, 8 h'.")
    ] = None,
    home: Annotated[
        str | None, typer.Option("--home", help="Workspace folder; default ./.formulation.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Predict the release curve of a product in a bench vessel."""
    from experiments import products
    from experiments.config.product import load_product
    from experiments.workspace import open_workspace

    made = load_product(product)
    vessel = products.choose_vessel(
        made, medium=medium, apparatus=apparatus, rpm=rpm, volume_ml=volume_ml
    )
    times_h = None if times is None else products.read_times(times)
    measured = products.curves_of(made, open_workspace(home=home))
    found = products.predict_dissolution(made, vessel, times_h, measured)
    if as_json:
        emit_json({"schema": SCHEMA, "version": VERSION, **products.prediction_dict(found)})
    else:
        emit_lines(_lines(found, terminal_width()))


def _lines(found: "Prediction", width: int) -> Iterator[str]:
    for label, text in _head(found):
        yield from labelled(label, text, width)
    yield ""
    cells = [[time_text(t), f"{100 * f:.1f}"] for t, f in _points(found.profile)]
    yield from table_lines(["time", "% of label, simulated"], cells, width)
    yield ""
    for label, text in _tail(found):
        yield from labelled(label, text, width)
    for pair in found.comparisons:
        yield from _measured_lines(pair, width)


def _head(found: "Prediction") -> Iterator[tuple[str, str]]:
    design, law = found.product.design, found.law
    yield (
        "Product",
        f"{found.product.name}: {design.salt_name}, {design.system} {design.process['form']},"
        f" {design.elemental_mg_per_unit:.4g} mg of magnesium in {design.unit_mass_mg:.4g} mg",
    )
    for start, stage in found.vessel.medium.stages:
        yield ("Vessel" if start == 0 else f"  {start:g} h on", _medium_text(stage))
    if found.vessel.unstated:
        yield ("", _unstated_text(found.vessel))
    numbers = ", ".join(f"{name} {value:.3g}" for name, value in law.parameters.items())
    yield ("Law", f"{law.mechanism.replace('_', ' ')}: {numbers}")
    yield ("Basis", found.basis)
    yield ("Origin", f"simulated for a vessel, not for a body; {found.interval_note}")


def _tail(found: "Prediction") -> Iterator[tuple[str, str]]:
    for label, time in (("t50", found.t50_h), ("t80", found.t80_h)):
        yield (label, f"not reached in {found.followed_h:g} h" if time is None else time_text(time))
    end = f"{100 * found.end_fraction:.1f} % of label after {found.followed_h:g} h"
    manner = ", no more to come" if found.is_level else ", still rising"
    why = f": {'; '.join(found.reasons)}" if found.reasons else ""
    yield ("End", f"{end}{manner}{why}.")
    yield from (("Warning", text) for text in found.warnings)


def _medium_text(medium: "Medium") -> str:
    volume = f"{1000 * medium.volume_l:g} mL"
    shown = "" if medium.name.endswith(volume) else f"{volume}, "
    return (
        f"{medium.name} ({shown}pH {medium.ph:g}, {medium.acid_meq:.3g} mEq"
        f" of acid); {medium.apparatus} at {medium.rpm:g} rpm, {medium.temperature_c:g} °C"
    )


def _unstated_text(vessel: "Vessel") -> str:
    words = {"rpm": "speed", "volume_ml": "volume"}
    said = ", ".join(words.get(name, name) for name in vessel.unstated)
    options = " ".join(f"--{name.replace('_', '-')}" for name in vessel.unstated)
    return f"not stated, so as usual for this product: {said}; give {options} to change it"


def _measured_lines(pair: "Comparison", width: int) -> Iterator[str]:
    yield ""
    yield from labelled("Measured", f"{pair.source}; {_medium_text(pair.measured.medium)}", width)
    simulated = (100 * pair.simulated.fraction).tolist()
    cells = [
        [time_text(t), f"{100 * f:.1f}", f"{s:.1f}"]
        for (t, f), s in zip(_points(pair.measured), simulated, strict=True)
    ]
    yield from table_lines(["time", "% measured", "% simulated in the same medium"], cells, width)


def _points(profile: "ReleaseProfile") -> list[tuple[float, float]]:
    return list(zip(profile.times_h.tolist(), profile.fraction.tolist(), strict=True))
