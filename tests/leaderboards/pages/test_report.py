from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

import videosal
from videosal.errors import InputError
from videosal.leaderboards import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MapMaker, TreeMaker

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"

# Runs in a page around the report: presses headings, measures, and leaves what it found in the page's text.
PROBE = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe id="f" src="report.html" style="width:WIDTHpx;height:900px;border:0"></iframe><pre id="found"></pre><script>
const f = document.getElementById("f");
f.onload = () => {
  const d = f.contentDocument, root = d.documentElement;
  const order = () => [...d.querySelectorAll("#videos tbody tr")].map((r) => r.cells[0].textContent);
  const values = (n) => [...d.querySelectorAll("#videos tbody tr")].map((r) => r.cells[n].textContent);
  const press = (n) => d.querySelectorAll("#videos th button")[n].click();
  const found = { start: order(), width: root.scrollWidth, inner: f.clientWidth };
  press(2); found.up = values(2); press(2); found.down = values(2);
  press(0); found.byName = order();
  const scale = (t) => t.getCTM ? t.getCTM().a : 1;
  const texts = [...d.querySelectorAll("text, td, th, p, li, dd, dt, span, h1, h2, h3, button")];
  found.smallest = Math.min(...texts.map((t) => parseFloat(f.contentWindow.getComputedStyle(t).fontSize) * scale(t)));
  found.images = [...d.images].map((i) => i.naturalWidth);
  found.scripts = d.scripts.length;
  document.getElementById("found").textContent = JSON.stringify(found);
};
</script>"""


@pytest.fixture
def runs(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> list[videosal.Run]:
    root = dhf1k_tree((601, 602, 610))
    maps = prediction_folder(videosal.load_dataset("dhf1k:val", root))
    return [
        videosal.score(maps, "dhf1k:val", root, name=HOSTILE, metrics=["cc", "nss"], out=tmp_path / "one"),
        videosal.run("center", "dhf1k:val", root, metrics=["cc", "nss"], out=tmp_path / "two"),
    ]


@pytest.fixture
def page(runs: list[videosal.Run], tmp_path: Path) -> Path:
    return write_report(runs, tmp_path / "report.html", n_frames=2, published=["stsanet-table1"], run_models=True)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_has_all_parts(page: Path, runs: list[videosal.Run]) -> None:
    text = page.read_text(encoding="utf-8")
    for heading in ("Leaderboard", "Scores of the videos", "NSS over time", "Hardest frames", "Videos", "Provenance"):
        assert f"<h2>{heading}</h2>" in text
    assert "STSANet" in text
    assert text.count("data:image/jpeg;base64,") == 2 * 2 * len(runs)
    assert runs[0].info["fingerprint"] in text
    assert "protocol=standard" in text


def test_nothing_is_asked_of_a_network_and_no_name_becomes_markup(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    tags = _Page(text).tags
    assert [tag for tag, _ in tags].count("script") == 1
    for tag, attributes in tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert "url(" not in text
    assert "@import" not in text
    assert "alert(1)" in text  # as text
    [policy] = [a["content"] for tag, a in tags if tag == "meta" and "http-equiv" in a]
    assert "default-src 'none'" in str(policy)


def test_frames_that_cannot_be_shown_are_explained(
    runs: list[videosal.Run], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(tmp_path / "dhf1k")
    text = write_report(runs, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Not shown: the root of dhf1k" in text
    assert "hardest frames are not shown" in caplog.text
    assert "Hardest frames" not in write_report(runs, tmp_path / "b.html", n_frames=0).read_text(encoding="utf-8")


def test_one_video_and_undefined_scores(dhf1k_tree: TreeMaker, prediction_folder: MapMaker, tmp_path: Path) -> None:
    root = dhf1k_tree((601,))
    maps = prediction_folder(videosal.load_dataset("dhf1k:val", root))
    run = videosal.score(maps, "dhf1k:val", root, metrics=["cc", "sauc"], out=tmp_path / "run")
    text = write_report([run], tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"\bnan\b", re.sub(r'src="data:[^"]*"', "", text), flags=re.IGNORECASE)
    assert "worst: video 0601" in text


def test_wrong_input(runs: list[videosal.Run], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one split"):
        write_report([], tmp_path / "report.html")


@pytest.fixture(scope="module")
def browser() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    return found


def visit(browser: str, folder: Path, url: str, *options: str) -> tuple[str, list[str]]:
    """Open a page in headless Chromium; return its text after scripts ran, and what the console said."""
    command = [
        browser,
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--hide-scrollbars",
        f"--user-data-dir={folder}/user",
    ]
    command += ["--allow-file-access-from-files", "--enable-logging=stderr", "--virtual-time-budget=5000"]
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run([*command, *options, url], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


@pytest.mark.parametrize("width", [1280, 400])
def test_in_a_browser(browser: str, page: Path, tmp_path: Path, width: int) -> None:
    (tmp_path / "probe.html").write_text(PROBE.replace("WIDTH", str(width)), encoding="utf-8")
    text, console = visit(browser, tmp_path, (tmp_path / "probe.html").as_uri(), "--dump-dom")
    assert console == []
    match = re.search(r'<pre id="found">(.*?)</pre>', text, flags=re.DOTALL)
    assert match, text[-1000:]
    found: dict[str, Any] = json.loads(match[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
    assert found["start"] == found["byName"] == ["0601", "0602", "0610"]
    assert found["up"] == sorted(found["up"], key=float)
    assert found["down"] == found["up"][::-1]
    assert len(set(found["up"])) > 1
    assert found["inner"] == width
    assert found["width"] <= width  # nothing sticks out: wide tables scroll by themselves
    assert found["smallest"] >= 11
    assert found["scripts"] == 1
    assert len(found["images"]) == 8
    assert all(found["images"])


def test_a_screenshot_shows_dark_text_on_white(browser: str, page: Path, tmp_path: Path) -> None:
    import cv2

    shot = tmp_path / "shot.png"
    _, console = visit(browser, tmp_path, page.as_uri(), "--window-size=1280,900", f"--screenshot={shot}")
    assert console == []
    picture = cv2.imread(str(shot), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (900, 1280)
    assert (picture > 250).mean() > 0.6
    assert 0.01 < (picture < 100).mean() < 0.3
