"""How Sphinx builds the pages: `make docs` writes them to out/docs, without any network."""

import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(DOCS / "_ext"), str(ROOT)]

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "Formulation"
author = "the authors of formulation-design"
project_copyright = f"{author}; {_PROJECT['license']}"
version = release = _PROJECT["version"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "equations",
    "generated",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_ext", "_static"]
toc_object_entries = False  # thousands of them would stand in the contents of one page
suppress_warnings = ["ref.python"]  # shapes such as (n_subjects,) are no names to link
smartquotes = False  # two hyphens begin an option
nitpicky = False  # types of libraries have no page here
default_role = "code"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"  # docstrings say the types, with shapes and units
autodoc_class_signature = "separated"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"Formulation {version}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_math_renderer = "glyphs"
html_copy_source = False
html_show_sourcelink = False
html_extra_path: list[str] = []
html_theme_options = {
    "top_of_page_buttons": [],
    "footer_icons": [],
}
