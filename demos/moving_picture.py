"""Film the player's page for the README: a neuron's passes step by step, then one of its numbers changed.

Run it with `python -m demos.moving_picture`. It needs Chromium, plays the page in it, and writes player.gif to
demos/pictures/.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from autograd import record_steps
from autograd.files import write_atomically
from demos.pictures import PICTURES, expression

try:
    from PIL import Image
    from playwright.sync_api import sync_playwright
except ImportError:
    sys.exit("Filming needs Playwright and Pillow: pip install 'scalar-autograd[test]'")

SIZE: Final = {"width": 960, "height": 560}
STEP, LAST = 900, 2500  # milliseconds for which a frame is shown
CHANGED: Final = ("-2.9", "-2.8", "-2.7", "-2.6", "-2.5")
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--font-render-hinting=none")


def main() -> None:
    """Film the page and write the moving picture."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        sys.exit("Filming needs Chromium: apt install chromium")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "neuron.html"
        record_steps(expression()).save_html(page, title="A neuron", explore=True)
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        frames = [frame(shot) for shot in shots(browser, page)]
        browser.close()
    first, *others = frames
    durations = [STEP] * len(others) + [LAST]
    film = io.BytesIO()
    first.save(film, "gif", save_all=True, append_images=others, duration=durations, loop=0, optimize=True)
    write_atomically(PICTURES / "player.gif", film.getvalue())
    print(f"Wrote {PICTURES / 'player.gif'}: {len(frames)} frames, {len(film.getvalue()) // 1024} KB")


def shots(browser: Any, page: Path) -> Iterator[bytes]:
    """Yield a picture of each step, and of the page after each change of w."""
    tab = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
    tab.goto(page.as_uri())
    steps = int(tab.locator("#step").get_attribute("max"))
    yield tab.screenshot()
    for _ in range(steps):
        tab.keyboard.press("ArrowRight")
        yield tab.screenshot()
    number = tab.locator("#exactly")
    number.scroll_into_view_if_needed()
    for x in CHANGED:
        number.fill(x)
        number.press("Enter")
        yield tab.screenshot()


def frame(shot: bytes) -> Image.Image:
    """Return a picture with few colours, of which a page has few."""
    return Image.open(io.BytesIO(shot)).convert("RGB").quantize(48, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
