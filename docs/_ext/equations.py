"""Equations as outlines of glyphs in the page itself: no MathJax, no LaTeX, no network.

Matplotlib reads the TeX and gives the outlines; a page holds them as one path in the colour of its
text, with the TeX as what a screen reader says.
"""

from html import escape
from typing import Any

from docutils import nodes
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath, TextToPath

INLINE_PX, BLOCK_PX = 15.5, 18.0
"""Size of letters in a line and in a block, [px]."""

_FONT = FontProperties(family="DejaVu Serif", math_fontfamily="dejavuserif")
_COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
_POINTS = {Path.MOVETO: 1, Path.LINETO: 1, Path.CURVE3: 2, Path.CURVE4: 3}


def svg(tex: str, size_px: float) -> str:
    """Return one line of TeX as an SVG element whose baseline is that of the text around it."""
    font = _FONT.copy()
    font.set_size(size_px)
    text = f"${tex.strip()}$"
    width, height, descent = TextToPath().get_text_width_height_descent(text, font, ismath=True)
    # The measure is of a font of 100; outlines are of the size asked for.
    outline = TextPath((0, 0), text, size=size_px, prop=font)
    pad = 1.0
    box = (-pad, -(height - descent) - pad, width + 2 * pad, height + 2 * pad)
    return (
        f'<svg class="equation" role="img" aria-label="{escape(tex.strip(), quote=True)}"'
        f' width="{box[2]:.1f}" height="{box[3]:.1f}" viewBox="{" ".join(f"{b:.1f}" for b in box)}"'
        f' style="vertical-align: {-(descent + pad):.1f}px"><path d="{_path(outline)}"/></svg>'
    )


def _path(outline: TextPath) -> str:
    """Return the outlines as the data of an SVG path, upside down as SVG wants it."""
    parts: list[str] = []
    k, codes, points = 0, outline.codes, outline.vertices
    while k < len(codes):
        code = codes[k]
        if code == Path.CLOSEPOLY:
            parts.append("Z")
            k += 1
            continue
        n = _POINTS[code]
        parts.append(_COMMANDS[code] + " ".join(f"{x:.2f} {-y:.2f}" for x, y in points[k : k + n]))
        k += n
    return "".join(parts)


def visit_inline(translator: Any, node: nodes.math) -> None:
    """Write an equation inside a line."""
    translator.body.append(svg(node.astext(), INLINE_PX))
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    """Write an equation of its own, one line of TeX below the other."""
    lines = [line for line in node.astext().replace("\\\\", "\n").splitlines() if line.strip()]
    drawn = "<br/>".join(svg(line, BLOCK_PX) for line in lines)
    translator.body.append(f'<div class="equation">{drawn}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Register the renderer."""
    app.add_html_math_renderer("glyphs", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
