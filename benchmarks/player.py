"""How long the player's page takes to save and how large it is, for 100 and 2,000 steps.

Two kinds of 2,000 steps: one deep pass, which is one large graph to lay out, and a training loop, which is a small one
recorded many times. Goals: 100 steps in 1 s, 2,000 in 5 s and under 2 MB.

Where there are Playwright and Chromium, it times pages in the browser too: how long one takes until it can be used, a
drag event, from the new number to the page laid out anew, and a step of training, numbers alone. Goals: 1 s for 2,000
steps, 16 ms up to 400 nodes, and 0.05 ms for XOR.

    python benchmarks/player.py
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import autograd
from autograd import Value, dot, record_steps
from autograd.recording import Recording
from autograd.value import parameter
from nn import MLP, SGD, half_squared_error


def one_pass(steps: int) -> Recording:
    """Record one pass through layers of four tanh units, of as many steps as asked for."""
    values = [Value(0.1 * k, f"x.{k}") for k in range(4)]
    units = steps // 4 - 1  # a unit is computed in two steps and passes its gradient on in two; so does the loss
    for unit in range(units):
        weights = [parameter(0.3 - 0.1 * k, f"layers.{unit // 4}.neurons.{unit % 4}.weights.{k}") for k in range(4)]
        net_input = dot(weights, values[-4 - unit % 4 : len(values) - unit % 4])
        values.append(net_input.tanh())
    return record_steps(autograd.sum(values[-4:]) ** 2)


def training(steps: int) -> Recording:
    """Record a training loop of a 2-2-1 network on one example, 16 steps a pass."""
    weights = [parameter(0.2 + 0.1 * k, f"w{k}") for k in range(6)]
    xs = [Value(1.0, "x0"), Value(0.5, "x1")]

    def loss() -> Value:
        hidden = [dot(weights[2 * j : 2 * j + 2], xs).sigmoid() for j in range(2)]
        return (dot(weights[4:], hidden) - 1.0) ** 2

    def descend() -> None:
        for weight in weights:
            weight.data -= 0.1 * weight.grad
            weight.grad = 0.0

    a_pass = len(record_steps(loss, descend).passes[0].steps)
    return record_steps(loss, descend, times=steps // a_pass)


def rows() -> Iterator[tuple[str, float, float]]:
    """Give for each row its name, the seconds it took and the page's size in MB."""
    with tempfile.TemporaryDirectory() as folder:
        for name, recording in (
            ("one pass, 100 steps", one_pass(100)),
            ("one pass, 2,000 steps", one_pass(2_000)),
            ("training, 2,000 steps", training(2_000)),
        ):
            path = Path(folder) / "page.html"
            start = time.perf_counter()
            recording.save_html(path)
            yield name, time.perf_counter() - start, path.stat().st_size / 1e6


DRAG = """() => new Promise((done) => {
  const slider = document.getElementById("value");
  const [low, high] = [Number(slider.min), Number(slider.max)];
  const times = [];
  const frame = () => {
    const start = performance.now();
    slider.value = String(low + (high - low) * ((0.017 * times.length) % 1));
    slider.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect();
    times.push(performance.now() - start);
    if (times.length < 101) requestAnimationFrame(frame);
    else done(times.sort((a, b) => a - b)[50]);
  };
  frame();
})"""
TRAIN = """() => new Promise((done) => {
  const option = document.createElement("option");
  option.textContent = "20000"; // steps in one frame: to draw them once is then next to nothing
  document.getElementById("pace").append(option);
  option.selected = true;
  const train = document.getElementById("auto");
  requestAnimationFrame(() => {
    train.click();
    requestAnimationFrame((start) => { // after the frame's training, in the same frame
      done((performance.now() - start) / 20000);
      train.click();
    });
  });
})"""


def record_explored(sizes: list[int], rows: int) -> Recording:
    """Record a training step of a network of two inputs on so many rows."""
    model = MLP(2, sizes, activation="sigmoid", output_activation="sigmoid", seed=0)
    data = [([k % 2, k // 2 % 2], (k % 2) ^ (k // 2 % 2)) for k in range(rows)]
    step = SGD(model.parameters(), lr=0.5).step
    return record_steps(lambda: autograd.sum([half_squared_error(model(x), t) for x, t in data]), step)


def in_browser() -> Iterator[tuple[str, float]]:
    """Yield what was timed in Chromium, in milliseconds: the medians of 101 events, and 20,000 steps of training."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        return
    pages = {
        "XOR": record_explored([2, 1], 4),
        "400 nodes": record_explored([12, 8, 1], 5),
        "2,000 steps": one_pass(2_000),
    }
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, recording in pages.items():
            path = Path(folder) / "page.html"
            recording.save_html(path, explore=True)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(path.as_uri())
            yield f"{name}: usable after", page.evaluate("performance.now()")
            yield f"{name}: a drag event", page.evaluate(DRAG)
            if name == "XOR":
                page.click("#reset")
                yield f"{name}: a training step", page.evaluate(TRAIN)
            page.close()
        browser.close()


def main() -> None:
    for name, seconds, size in rows():
        print(f"{name:<24}{seconds:8.2f} s{size:8.2f} MB")
    for name, milliseconds in in_browser():
        print(f"{name:<30}{milliseconds:10.3f} ms")


if __name__ == "__main__":
    main()
