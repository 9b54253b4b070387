"""What to do about words of a command line that no command knows."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from formulation.errors import did_you_mean

MOST_OWNERS = 3
"""Commands that are named as having an option, [-]; what more of them have tells nobody apart."""


def usage_text(error: typer.TyperException, app: typer.Typer) -> tuple[str, str]:
    """Return what is wrong with the words of a command line, and what to do.

    Parameters
    ----------
    error : typer.TyperException
        What was raised, [-].
    app : typer.Typer
        The application, [-].

    Returns
    -------
    tuple of str
        Message and hint, [-].
    """
    context = getattr(error, "ctx", None)
    helped = f"Try '{context.command_path if context else 'formulation'} --help'."
    if context is None or not hasattr(error, "possibilities"):
        return error.format_message(), helped
    option = str(getattr(error, "option_name", ""))
    owners = [path for path, known in _options(app) if option in known]
    if 0 < len(owners) <= MOST_OWNERS:
        told = f"It is an option of {' and '.join(map(repr, owners))}."
    else:
        told = did_you_mean(option, _names(context.command))
    return f"{error.message.rstrip('.')}.", f"{told} {helped}"


def _options(app: typer.Typer) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield every command by its words, with its options."""
    return _below(typer.main.get_command(app), "")


def _below(command: Any, path: str) -> Iterator[tuple[str, frozenset[str]]]:
    commands: Mapping[str, Any] = getattr(command, "commands", {})
    if not commands:
        yield path, _names(command)
    for name, member in commands.items():
        yield from _below(member, f"{path} {name}".strip())


def _names(command: Any) -> frozenset[str]:
    written = (name for parameter in command.params for name in parameter.opts)
    return frozenset(name for name in written if name.startswith("-"))
