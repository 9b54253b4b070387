"""Reports that answer to the mouse: the library once, the same words, nothing from the network."""

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typing_extensions import override

from experiments.reports import write_report
from experiments.reports.interactive import _fragment, plotly_js
from experiments.reports.shortening import BUDGET_BYTES
from formulation.errors import InputError
from tests.experiments.example_document import empty_front_document, example_document
from tests.experiments.large_document import large_document

CHROMIUM = Path("/usr/bin/chromium")


class Scripts(HTMLParser):
    """Collects scripts, and what is drawn with its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[dict] = []
        self.drawn: list[str] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "script":
            self.scripts.append(found)
        if found.get("role") == "img":
            self.drawn.append(found["aria-label"])


@pytest.fixture(scope="module")
def live(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    return write_report(large_document(), folder / "live.html", is_interactive=True)


def test_the_library_stands_once_in_the_file_and_the_file_says_how_large_it_is(live: Path):
    """Larger than the budget, for this one reason, and the page says so."""
    text = live.read_text(encoding="utf-8")
    assert text.count(plotly_js()) == 1
    assert len(text.encode()) - len(plotly_js().encode()) < BUDGET_BYTES
    assert "without --interactive a report stays below 1 MB" in text


def test_every_drawing_has_words_and_no_script_comes_from_elsewhere(live: Path):
    """Trade-off, five of release, three courses, two of slices, two of confirmation, history."""
    found = Scripts(live.read_text(encoding="utf-8"))
    assert len(found.drawn) == 14
    assert all(len(words) > 30 for words in found.drawn)
    assert len(found.scripts) == 1 + len(found.drawn)
    assert not any("src" in script for script in found.scripts)


def test_a_report_that_does_not_answer_has_no_script(tmp_path: Path):
    """The library is asked for only when it is wanted."""
    path = write_report(example_document(), tmp_path / "still.html")
    assert not Scripts(path.read_text(encoding="utf-8")).scripts


def test_nothing_to_draw_is_no_error(tmp_path: Path):
    """Without a front there is the trade-off of infeasible designs alone."""
    path = write_report(empty_front_document(), tmp_path / "empty.html", is_interactive=True)
    assert len(Scripts(path.read_text(encoding="utf-8")).drawn) == 1


def test_without_plotly_it_is_said_what_to_install(tmp_path: Path, monkeypatch):
    """Before anything is written."""
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(InputError, match=r"needs plotly, which is not installed") as caught:
        write_report(example_document(), tmp_path / "live.html", is_interactive=True)
    assert "formulation-design[interactive]" in caught.value.problems[0].hint
    assert not list(tmp_path.iterdir())


def test_a_name_cannot_end_the_script():
    """What looks like a tag inside a title is written so that no browser reads it as one."""
    title = "</script><script>alert(1)</script>"
    text = _fragment("live-x-0", [{"name": title}], {"title": {"text": title}})
    assert text.count("</script>") == 1
    assert text.count("<script>") == 1


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not there")
def test_a_browser_draws_every_picture_and_asks_for_nothing(live: Path):
    """No error, no request beyond the file, no page wider than the window."""
    from playwright.sync_api import sync_playwright

    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as tools:
        browser = tools.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(live.as_uri())
        page.wait_for_function(
            "document.querySelectorAll('[role=img] .js-plotly-plot, [role=img].js-plotly-plot')"
            ".length === 14",
            timeout=120_000,
        )
        width = page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert said == []
    assert asked == [live.as_uri()]
    assert width <= 1000
