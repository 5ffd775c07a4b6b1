"""The page on layers, as HTML and in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from fairlead.analysis.contents import Change, Layer, with_waste
from fairlead.report.layers import Layers
from fairlead.report.layers_page import page

from .layers import deleted, file, layer, typical

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
HOSTILE = '</script></svg><script>document.title="owned"</script><img src=x onerror=alert(1)>"\'&'


class Picture(HTMLParser):
    """The rectangles of each band, and all that would be loaded."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.bands: list[list[dict[str, str]]] = []
        self.heights: list[float] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.loads += [given[name] for name in ("src", "href", "xlink:href") if name in given]
        if tag == "svg" and given.get("class") == "layer":
            self.bands.append([])
            self.heights.append(float(given["height"]))
        elif tag == "rect" and self.bands and "class" in given:
            self.bands[-1].append(given)

    def boxes(self, band: int) -> list[dict[str, str]]:
        return [rect for rect in self.bands[band] if "data-p" in rect]


def picture(layers: Iterable[Layer], **given: Any) -> Picture:
    return Picture(page(Layers(list(layers), **{"dockerfile": "Dockerfile", **given})))


def percent(text: str) -> float:
    return float(text.removesuffix("%"))


def test_bands_and_rectangles_are_in_proportion() -> None:
    found = picture(
        [
            layer(1, "COPY a /", file("a/big", 600_000), file("a/small", 200_000)),
            layer(2, "WORKDIR /x", Change("x", "added", "dir")),
            layer(3, "COPY b /", file("b", 200_000)),
            layer(4, "COPY c /", file("c", 7)),
        ]
    )
    assert found.heights == [448, 112, 4], "of 560 pixels, and no less than 4"
    areas = [percent(box["width"]) * float(box["height"]) for box in found.boxes(0)]
    assert [box["data-p"] for box in found.boxes(0)] == ["a/big", "a/small"]
    assert areas[0] / areas[1] == pytest.approx(3, rel=1e-3)
    assert sum(areas) == pytest.approx(100 * 448, rel=1e-3)
    assert found.boxes(1)[0]["data-s"] == "200 kB"


def test_dead_weight_is_hatched_and_says_why() -> None:
    found = picture(
        with_waste(
            [
                layer(1, "COPY a /", file("gone/x", 300_000), file("kept", 300_000)),
                layer(2, "RUN rm -r /gone", deleted("gone")),
            ]
        )
    )
    rects = found.bands[0]
    dead, hatch = rects[0], rects[1]
    assert (dead["data-p"], hatch["class"]) == ("gone/x", "gone")
    assert dead["data-w"] == "dead weight: deleted at line 2: RUN rm -r /gone"
    assert {name: hatch[name] for name in ("x", "y", "width", "height")} == {
        name: dead[name] for name in ("x", "y", "width", "height")
    }
    assert (rects[2]["data-p"], "data-w" in rects[2], len(rects)) == ("kept", False, 3)


def test_of_a_rectangle_of_many_files_the_dead_share_is_hatched() -> None:
    small = [file(f"a/{number}", 10) for number in range(8000)]
    gone = [deleted(f"a/{number}") for number in range(2000)]
    found = picture(with_waste([layer(1, "COPY a /", file("b", 80_000), *small), layer(2, "RUN rm", *gone)]))
    many, hatch = next(
        (one, other) for one, other in zip(found.bands[0], found.bands[0][1:], strict=False) if other["class"] == "gone"
    )
    assert many["data-p"] == "a/"
    assert many["data-s"] == "80.0 kB in 8000 files"
    share = percent(hatch["width"]) / percent(many["width"])
    assert share == pytest.approx(0.25, abs=1e-3)
    assert percent(hatch["x"]) + percent(hatch["width"]) == pytest.approx(
        percent(many["x"]) + percent(many["width"]), abs=0.01
    )


def test_what_is_not_exact_looks_so() -> None:
    html = page(Layers(typical(), "Dockerfile", base="python:3"))
    found = Picture(html)
    assert {box["class"] for box in found.boxes(0)} == {"about"}
    assert {box["class"] for box in found.boxes(1)} == {"exact"}
    assert found.boxes(0)[0]["data-w"] == "about: the wheels of PyPI"
    assert html.count('<div class="more"') == 2, "a layer in part, and one of which nothing is known"
    assert "? what make writes" in html
    assert "root/.cache/pip" in html


def test_it_loads_nothing() -> None:
    html = page(Layers(typical(), "Dockerfile"))
    assert Picture(html).loads == []
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html
    assert not re.search(r"https?://", html)


def test_text_of_the_repository_stays_text() -> None:
    layers = with_waste(
        [
            layer(1, f"COPY {HOSTILE}", file(HOSTILE, 100_000, HOSTILE), stage=HOSTILE, notes=[HOSTILE]),
            layer(2, f"RUN rm {HOSTILE}", deleted(HOSTILE)),
        ]
    )
    html = page(Layers(layers, HOSTILE, base=HOSTILE, notes=(HOSTILE,)))
    assert "<img" not in html
    assert html.count("<script>") == 1
    found = Picture(html)
    assert found.boxes(0)[0]["data-p"] == HOSTILE
    assert "img" not in found.tags


def test_nothing_to_draw() -> None:
    empty = page(Layers([], image="x.tar"))
    assert "The image has no layers." in empty
    assert "<script>" not in empty
    unknown = picture([layer(1, "RUN x", confidence="unknown", notes=["what x writes"])])
    assert unknown.bands == []
    assert "script" in unknown.tags


def test_a_large_image_makes_a_page_of_bounded_size() -> None:
    many = [file(f"usr/lib/{number % 97}/{'long-name-' * 20}{number}", number % 1000) for number in range(30_000)]
    html = page(Layers([layer(1, "COPY . /", *many)], image="x.tar"))
    assert len(html) < 3_000_000


@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
def test_a_browser_says_what_a_rectangle_is(tmp_path: Path) -> None:
    assert BROWSER is not None
    html = page(Layers(typical(), "Dockerfile", base="python:3"))
    point = """<script>
    const told = [];
    function boxes(at) { return [...document.querySelectorAll("svg.layer")[at].querySelectorAll("rect[data-p]")] }
    function press(key) { document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true})) }
    const band = document.querySelectorAll("svg.layer")[0].getBoundingClientRect();
    const [wheels, cache] = boxes(0).map(box => box.getBoundingClientRect());
    told.push({band: [band.width, band.height], wheels: [wheels.width, wheels.height], cache: [cache.width, cache.height]});
    boxes(1)[0].dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
    told.push(detail.innerText);
    boxes(0)[0].dispatchEvent(new MouseEvent("click", {bubbles: true}));
    told.push(detail.innerText);
    press("ArrowRight"); told.push(document.activeElement.dataset.p);
    press("ArrowRight"); told.push(document.activeElement.dataset.p);
    press("ArrowDown"); told.push(document.activeElement.closest("tr").dataset.place);
    press("ArrowUp"); told.push(document.activeElement.closest("tr").dataset.place);
    told.push(document.querySelectorAll("[tabindex]").length);
    told.push(getComputedStyle(document.querySelector("rect.gone")).fill);
    told.push(document.documentElement.scrollWidth <= innerWidth);
    told.push(document.title);
    const made = document.createElement("pre"); made.id = "told"; made.textContent = JSON.stringify(told);
    document.body.replaceChildren(made);
    </script></body>"""
    shown = tmp_path / "shown.html"
    shown.write_text(html.replace("</body>", point))
    for width in (1300, 500):
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / f'profile{width}'}"]
        arguments += [f"--window-size={width},900", "--dump-dom"]
        dom = subprocess.run(
            [BROWSER, *arguments, shown.as_uri()], check=True, capture_output=True, text=True, timeout=120
        )
        match = re.search(r'<pre id="told">(.*?)</pre>', dom.stdout, re.DOTALL)
        assert match is not None
        drawn, hovered, focused, right, end, down, up, stops, fill, fits, title = json.loads(match[1])
        (band_width, band_height), wheels, cache = drawn["band"], drawn["wheels"], drawn["cache"]
        assert wheels[0] * wheels[1] / (cache[0] * cache[1]) == pytest.approx(45 / 31, rel=0.02)
        assert wheels[0] * wheels[1] / (band_width * band_height) == pytest.approx(45 / 76, rel=0.02)
        assert band_width > 400
        assert "app/data.bin\n50.0 kB\nline 4  COPY . .\ndead weight: deleted at line 5: RUN rm" in hovered
        assert "usr/local/lib/python3/site-packages\n~45 MB\nline 3" in focused
        assert "about: the wheels of PyPI" in focused
        assert (right, end) == ("root/.cache/pip", "root/.cache/pip")
        assert (down, up) == ("line 4", "line 3")
        assert stops == 1, "one stop for the whole picture on the way of the Tab key"
        assert "hatch" in fill
        assert fits, "nothing sticks out to the right"
        assert title == "Layers of Dockerfile"
