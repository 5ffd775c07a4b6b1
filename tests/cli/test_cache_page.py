"""The page of `fairlead cache --history --html`, as HTML and in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.repository import Repo

from .conftest import Run

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
HOSTILE = '</script><script>document.title="owned"</script><b>'
DOCKERFILE = """\
FROM node:22
WORKDIR /app
COPY package.json package-lock.json ./
COPY src src
RUN npm ci
RUN echo "<img src=x onerror=alert(1)>"
"""

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def page(project: Path, run: Run) -> str:
    repo = Repo(project)
    repo.commit({"Dockerfile": DOCKERFILE, "package.json": "{}", "package-lock.json": "{}", "src/a.js": "1"})
    repo.commit({"src/a.js": "2"}, message=f"Title {HOSTILE}")
    repo.commit({"README.md": "3"})
    repo.commit({f"src/{HOSTILE.replace('/', '')}.js": "4", "src/a.js": "5"})
    status, out, err = run("cache", "Dockerfile", "--history", "10", "--html", "page.html")
    assert (status, err) == (0, "")
    assert "2 of 3" in out, "the table is printed as well"
    return (project / "page.html").read_text()


class _Cells(HTMLParser):
    """The classes of the cells of each row of steps."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.loads: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loads += [str(given[name]) for name in ("src", "href") if name in given]
        if tag == "tr":
            self._inside = given.get("class") == "steps"
            if self._inside:
                self.rows.append([])
        elif tag == "td" and self._inside:
            self.rows[-1].append(given.get("class") or "c")


def test_a_cell_for_each_step_and_commit(page: str) -> None:
    found = _Cells()
    found.feed(page)
    assert found.rows == [list("ccc"), list("ccc"), list("rcr"), list("rcr"), list("rcr")]
    assert found.loads == [], "the page loads nothing"


def test_text_of_the_repository_stays_text(page: str) -> None:
    assert HOSTILE not in page
    assert "<img" not in page
    assert page.count("<script>") == 1


def test_it_needs_a_history(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM a\nRUN b\n")
    status, _, err = run("cache", "Dockerfile", "--html", "page.html")
    assert status == 2
    assert "--history" in err
    assert not (project / "page.html").exists()


def test_it_cannot_be_written(run: Run, project: Path) -> None:
    Repo(project).commit({"Dockerfile": "FROM a\nRUN b\n"})
    status, out, err = run("cache", "Dockerfile", "--history", "3", "--html", "no/page.html")
    assert (status, out) == (2, "")
    assert "error: no/page.html: can't be written" in err


def test_one_commit_is_no_history(run: Run, project: Path) -> None:
    Repo(project).commit({"Dockerfile": "FROM a\nRUN b\n"})
    assert run("cache", "Dockerfile", "--history", "3", "--html", "page.html").status == 0
    assert "no two builds to compare" in (project / "page.html").read_text()


@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
def test_a_browser_shows_the_reason_of_a_cell(page: str, tmp_path: Path) -> None:
    assert BROWSER is not None
    point = """<script>
    const last = document.querySelectorAll("#picture tr.steps")[3].lastElementChild;
    last.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
    const said = detail.innerText;
    last.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowLeft", bubbles: true}));
    const left = detail.innerText;
    const table = document.querySelector("#picture"), box = last.getBoundingClientRect();
    document.body.replaceChildren();
    for (const text of [said, left, `${document.title}`, `cell ${box.width}x${box.height}`]) {
      const made = document.createElement("pre"); made.className = "told"; made.textContent = text;
      document.body.append(made);
    }
    </script></body>"""
    shown = tmp_path / "shown.html"
    shown.write_text(page.replace("</body>", point))
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    dom = subprocess.run([BROWSER, *arguments, shown.as_uri()], check=True, capture_output=True, text=True, timeout=120)
    said, left, title, cell = re.findall(r'<pre class="told">(.*?)</pre>', dom.stdout, re.DOTALL)
    assert "rebuilt  line 5  RUN npm ci" in said
    assert "parent: a step above it is rebuilt (line 4)" in said
    assert "It rebuilt 3 of 5 steps." in said
    assert "cached  line 5  RUN npm ci" in left
    assert title == "Build cache of Dockerfile"
    assert cell == "cell 24x24"
