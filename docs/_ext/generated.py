"""The directive `{generated} NAME`: Markdown that the program itself writes while pages are built.

Nothing of it is kept in a file, so it cannot grow stale. `PARTS` lists what there is; each part is
a function that returns Markdown and can be asked for without Sphinx.
"""

from collections.abc import Callable, Mapping
from typing import Any

import api
import benchmarks
import program
import science
import study_file
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

PARTS: Mapping[str, Callable[[], str]] = {
    "api formulation": api.formulation,
    "api models": api.models,
    "api experiments": api.experiments,
    "commands": program.commands,
    "documents": program.documents,
    "endpoints": program.endpoints,
    "error classes": program.error_classes,
    "error codes": program.error_codes,
    "requirements": program.requirements,
    "settings": program.settings,
    "study keys": study_file.keys,
    "product keys": study_file.product_keys,
    "delivery systems": study_file.delivery_systems,
    "salts": study_file.salts,
    "claims": science.claims,
    "fluxes": science.fluxes,
    "flux definitions": science.definitions,
    "flux numbers": science.numbers,
    "panel rows": science.panel_rows,
    "kinetics": science.kinetics,
    "modulators": science.modulators,
    "sources": science.sources,
    **{f"benchmark {mark}": benchmarks.of(mark) for mark in benchmarks.COMMANDS},
}
"""Name in a page, and what writes it."""


class Generated(SphinxDirective):
    """Put a generated part into the page."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return what the part says, read as the page is."""
        name = self.arguments[0]
        if name not in PARTS:
            raise self.error(f"Part {name!r} is not known. Known: {', '.join(PARTS)}.")
        return self.parse_text_to_nodes(PARTS[name](), allow_section_headings=True)


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("generated", Generated)
    app.connect("autodoc-process-docstring", api.plain_references, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
