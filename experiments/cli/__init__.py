"""The command line: thin commands over the use cases, and the one place of exit codes.

Only typer is imported here; each command imports what it needs when it runs.
"""

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from experiments.cli import (
    check,
    data,
    dissolution,
    doctor,
    front,
    init,
    models,
    panel,
    plot,
    ranges,
    repeating,
    report,
    scenarios,
    schema,
    simulate,
    studies,
    track,
)
from experiments.cli.hints import take_home
from experiments.cli.output import emit_problems, note
from experiments.cli.slips import usage_text
from formulation.errors import (
    FormulationError,
    InputError,
    NothingFeasibleError,
    Problem,
    RequirementError,
    TrackingError,
)

__all__ = ["app", "main"]

app = typer.Typer(
    name="formulation",
    help="Find magnesium formulations that can be made, with honest intervals and reasons.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)
check.register(app)
studies.register(app)
front.register(app)
plot.register(app)
report.register(app)
track.register(app)
repeating.register(app)
ranges.register(app)
data.register(app)
init.register(app)
schema.register(app)
dissolution.register(app)
simulate.register(app)
scenarios.register(app)
panel.register(app)
models.register(app)
doctor.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the program's name; those of the process when absent, [-].

    Returns
    -------
    int
        0 when all went well, else the code of the error; see the contracts, [-].
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    take_home(words)
    try:
        result = app(args=words, prog_name="formulation", standalone_mode=False)
        sys.stdout.flush()
    except FormulationError as error:
        # What a finished run misses is told beside its document, not as a second one.
        has_document = isinstance(error, NothingFeasibleError | RequirementError | TrackingError)
        emit_problems(error.problems, as_json=as_json and not has_document)
        return error.exit_code
    except typer.TyperException as error:
        message, hint = usage_text(error, app)
        problem = Problem(code="usage", message=message, hint=hint)
        emit_problems([problem], as_json=as_json)
        return InputError.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        return _reader_left()
    except SystemExit as stop:
        # Typer ends the process itself when the reader of a pipe is gone.
        if isinstance(stop.__context__, BrokenPipeError):
            return _reader_left()
        raise
    except Exception as error:  # the request boundary: whatever is left is our fault
        return _internal(error, as_json=as_json, debug="--debug" in words)
    return result if isinstance(result, int) else 0


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an internal error.")
    ] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        from experiments import DISTRIBUTION

        typer.echo(version_of(DISTRIBUTION))
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(InputError.exit_code)


def _reader_left() -> int:
    """Let nothing more be written at exit: the reader of the pipe has what it wanted."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    return 0


def _internal(error: Exception, *, as_json: bool, debug: bool) -> int:
    """Report a fault of ours in one line; the traceback goes to a file only its owner reads."""
    text = "".join(traceback.format_exception(error))
    with tempfile.NamedTemporaryFile(
        "w", prefix="formulation-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(text)
    problem = Problem(
        code="internal",
        message=f"internal error: {type(error).__name__}: {error}.",
        hint=f"Please report it; details are in {log.name}.",
    )
    emit_problems([problem], as_json=as_json)
    if debug:
        for line in text.splitlines():
            note(line)
    return FormulationError.exit_code
