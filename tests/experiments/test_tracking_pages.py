"""MLflow's pages in a real browser: links open what they say, and nothing leaves the machine."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from experiments.store import Store
from experiments.tracked.candidates import RELEASE_METRIC
from tests.experiments.test_end_to_end import RUN, Finished, command, drive, environment
from tests.experiments.test_ui import free_port

pytestmark = pytest.mark.timeout(1200)

PATIENCE_MS = 120_000
"""How long a page may take on a loaded machine; nothing is asserted of time."""

MARKUP = "<img src=x onerror=document.title=1>"
"""Text that would become an element, wherever it is not shown as text."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@define
class Pages:
    """A running server with two studies, and a browser."""

    browser: Any
    home: Path
    links: dict[str, str]
    hosts: set[str] = field(factory=set)

    @contextmanager
    def opened(self, view: str) -> Iterator[Any]:
        """Open a link in a fresh profile; every request is noted."""
        context = self.browser.new_context(viewport={"width": 1600, "height": 1100})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda r: self.hosts.add(r.url.split("/")[2] if "//" in r.url else ""))
        page.goto(self.links[view])
        try:
            yield page
            if folder := os.environ.get("FORMULATION_SCREENSHOTS"):
                page.screenshot(path=f"{folder}/{view.replace(' ', '_').replace(',', '')}.png")
        finally:
            context.close()

    def front(self, label: str) -> list[str]:
        """Return the names that the runs of a study's front have."""
        from experiments.results import study_document

        with Store.open(self.home / "store.sqlite", create=False) as store:
            document = study_document(store, store.study(label))
        return [f"{label}-{c['label']} {c['title']}" for c in document["front"]]


@pytest.fixture(scope="module")
def pages(untracked: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Deliver two studies, start ``formulation ui`` and a browser; skip where none is installed."""
    sync_api = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("no Chromium is installed")
    folder = tmp_path_factory.mktemp("pages")
    home, tracking = untracked.copy(folder), {"FORMULATION_TRACKING_URI": ""}
    marked = folder / "marked.yaml"
    text = untracked.file.read_text().replace("Does <img src=x> the", f"Does {MARKUP} the")
    marked.write_text(text)
    assert drive("run", str(marked), *RUN, "--seed", "2", home=home).returncode == 0
    told = drive("track", "sync", home=home, **tracking)
    assert "0 waiting" in told.stdout, told.stdout + told.stderr
    port = free_port()
    with subprocess.Popen(
        command("ui", "--port", str(port), home=home),
        env=environment(**tracking),
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            links: dict[str, str] = {}
            for line in server.stderr:
                name, _, link = line.strip().partition(": http")
                links[name] = f"http{link}"
                if line.startswith("Ctrl-C"):
                    break
            with sync_api.sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
                yield Pages(browser, home, links)
                browser.close()
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=120)


def test_the_view_of_a_front_begins_with_its_curves(pages):
    """Its runs and no others, by names that people read; a chart of the curves, before the rest."""
    with pages.opened("S002, the front with its curves") as page:
        for name in pages.front("S002"):
            page.get_by_text(name).first.wait_for()
        page.get_by_text(RELEASE_METRIC, exact=True).first.wait_for()
        page.locator("svg.main-svg .scatterlayer .trace").first.wait_for()
        text = page.inner_text("body")
        assert f"{len(pages.front('S002'))} matching runs" in text
        assert "step of a curve: minutes in _by_min" in text
        assert "No charts" not in text
        assert "S001-" not in text
        assert text.index(RELEASE_METRIC) < text.index("Model metrics")
        assert "Parallel Coordinates" in text


def test_every_metric_of_a_front_has_a_chart(pages):
    """The second link hides nothing, and is sorted by the first objective."""
    with pages.opened("S002, the front with every chart") as page:
        for name in pages.front("S002"):
            page.get_by_text(name).first.wait_for()
        page.get_by_placeholder("Search metric charts").fill("_by_min")
        page.locator("svg.main-svg .scatterlayer .trace").first.wait_for()
        text = page.inner_text("body")
        assert "Sort: absorbed_increment_p50_mg_per_d" in text
        assert "No charts" not in text


def test_candidates_are_compared_side_by_side(pages):
    """Every run of the front, with parallel coordinates of what the study asks for."""
    with pages.opened("S002, its candidates side by side, with parallel coordinates") as page:
        page.get_by_text("Parallel Coordinates Plot").wait_for()
        names = pages.front("S002")
        page.get_by_text(names[-1]).first.wait_for()
        page.locator(".parcoords, .js-plotly-plot").first.wait_for()
        text = page.inner_text("body")
        assert f"Comparing {len(names)} Runs from 1 Experiment" in text
        assert all(name in text for name in names)
        assert "absorbed_increment_p50_mg_per_d" in text


def test_two_studies_are_compared_side_by_side(pages):
    """Their runs, with what the searches reached."""
    with pages.opened("S002 and S001, both studies side by side") as page:
        page.get_by_text("S001 small").first.wait_for()
        page.get_by_text("hypervolume").first.wait_for()
        text = page.inner_text("body")
        assert "Comparing 2 Runs from 1 Experiment" in text
        assert "S002 small" in text


def test_html_in_a_study_stays_text(pages):
    """Shown as its author wrote it; no element comes of it, and nothing runs."""
    with Store.open(pages.home / "store.sqlite", create=False) as store:
        tracking = store.study("S002").info["tracking"]
    base = pages.links["S002, the front with its curves"].partition("/#/")[0]
    pages.links["run"] = (
        f"{base}/#/experiments/{tracking['experiment_id']}/runs/{tracking['run_id']}"
    )
    with pages.opened("run") as page:
        page.get_by_text(MARKUP).first.wait_for()
        assert page.locator("img[src='x']").count() == 0
        assert page.title() != "1"


def test_no_page_asks_another_host(pages):
    """All requests of the views go to this machine; without the network nothing is missing."""
    if not pages.hosts:
        with pages.opened("S001, the front with its curves") as page:
            page.get_by_text(pages.front("S001")[0]).first.wait_for()
    assert {host.partition(":")[0] for host in pages.hosts if host} == {"127.0.0.1"}
