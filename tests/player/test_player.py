"""The player's page in a real browser: what it shows is the record, whatever is dragged, pressed or clicked."""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, missing, opened, wait_until

from autograd import Value, dot, record_steps, where
from autograd.drawing.layout import Layout
from autograd.player.encoding import encode
from autograd.player.layout import MANY, MOST, layout
from autograd.player.page import frame, page
from autograd.recording import Recording
from autograd.recording.steps import BackwardStep, ForwardStep, UpdateStep
from autograd.value import parameter

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<b>bold</b>",
    "<!--",
    "]]>",
    "\"quotes\" and 'quotes'",
    "back\\slash {curly} |bar|",
    "line\nbreak",
    "nul\0nul",
    "javascript:alert(1)",
    "lone \ud800 surrogate",
    "\u2028 separator",
    "$data ${script} &amp; %s",
    "ŷ 界 👩‍👩‍👧",
    "x" * 500,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


def training(passes: int = 3) -> Recording:
    """A small network with everything a page tells apart: branches, a dead relu, constants, updates, several passes."""
    names = ("layers.0.neurons.0.weights.0", "layers.0.neurons.0.bias", "v")
    weights = [parameter(0.25 * (k + 1), name) for k, name in enumerate(names)]

    def loss() -> Value:
        x = Value(2.0, "x")
        a = dot(weights[:1], [x], weights[1])
        h = a.tanh() * weights[2] + (-a).relu()
        error = (h - 1.0) ** 2 + h * h
        h.label, error.label = "h", "E"
        return error

    def descend() -> None:
        for weight in weights:
            weight.data -= 0.1 * weight.grad
            weight.grad = 0.0

    return record_steps(loss, descend, times=passes)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, Path]:
    recording = training()
    path = tmp_path_factory.mktemp("player") / "steps.html"
    recording.save_html(path, title="A network")
    return recording, path


def steps_of(recording: Recording) -> list[Any]:
    return [step for made in recording.passes for step in made.steps]


def at(page: Any) -> int:
    """The step that the page says it is at; slider and words must agree."""
    k, where = page.evaluate(
        "[find('step').value, find('where').textContent]".replace("find", "document.getElementById")
    )
    assert where.startswith(f"step {k} of ")
    return int(k)


def figures(page: Any, where: str) -> list[float]:
    """The exact numbers in a part of the page."""
    texts = page.evaluate("where => [...document.querySelectorAll(`${where} data`)].map(d => d.value)", where)
    return [float(text.replace("Infinity", "inf")) for text in texts]


def number(text: str) -> float:
    """Read back a number as the page writes it."""
    text = text.replace("−", "-").replace("∞", "inf")
    if match := re.fullmatch(r"(.+)×10(.+)", text):
        return float(match[1] + "e" + match[2].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    return float(text)


def cards(page: Any) -> list[tuple[str, str, str]]:
    """The data, the gradient and the class of every card, by the nodes' numbers, as a screen reader is told them."""
    found = page.evaluate(
        """() => [...document.querySelectorAll("[data-node]")]
          .sort((a, b) => a.dataset.node - b.dataset.node)
          .map(c => [c.querySelector(".card").getAttribute("aria-label"), c.getAttribute("class")])"""
    )
    told = [re.search(r"data (.*), (?:partial )?gradient (.*), \w+$", label) for label, _ in found]
    return [(match[1], match[2], looks) for match, (_, looks) in zip(told, found, strict=True) if match]


def test_every_step_shows_its_record(browser: Any, saved: tuple[Recording, Path]) -> None:
    recording, path = saved
    with opened(browser, path) as page:
        assert at(page) == 0
        for k, step in enumerate(steps_of(recording), start=1):
            page.keyboard.press("ArrowRight")
            assert at(page) == k
            if isinstance(step, BackwardStep):
                expected = [x for c in step.contributions for x in (c.before, c.after)]
                assert figures(page, "#told") == expected
                partial = page.evaluate("document.querySelectorAll('#told .partial').length")
                assert partial == sum(not c.complete for c in step.contributions)
            elif isinstance(step, UpdateStep):
                assert figures(page, "#told") == [step.gradient]
            assert page.evaluate("document.getElementById('phase').textContent").startswith(
                type(step).__name__.removesuffix("Step").lower()
            )
            current = [n for n, (_, _, looks) in enumerate(cards(page)) if "current" in looks]
            assert current == [step.node]


def test_cards_show_the_record_at_the_end_of_each_phase(browser: Any, saved: tuple[Recording, Path]) -> None:
    recording, path = saved
    k = 0
    with opened(browser, path) as page:
        for made in recording.passes:
            forward = sum(isinstance(step, ForwardStep) for step in made.steps)
            go(page, k + forward)
            for node, (data, gradient, _) in zip(made.nodes, cards(page), strict=True):
                assert math.isclose(number(data), node.data, rel_tol=1e-3)
                assert gradient == ("takes none" if node.kind == "constant" else "not run yet")
            backward = sum(isinstance(step, BackwardStep) for step in made.steps)
            go(page, k + forward + backward)
            passed = {step.node: step.gradient for step in made.steps if isinstance(step, BackwardStep)}
            for node, (_, gradient, looks) in zip(made.nodes, cards(page), strict=True):
                if node.number in passed:
                    assert math.isclose(number(gradient), passed[node.number], rel_tol=1e-3)
                assert ("unreached" in looks) == (gradient == "0: none arrives")
            k += len(made.steps)


def go(page: Any, k: int) -> None:
    page.evaluate("k => { location.hash = `step=${k}` }", k)
    wait_until(page, "k => document.getElementById('step').value === String(k)", arg=k)


def test_a_forward_step_is_written_with_its_numbers(browser: Any, saved: tuple[Recording, Path]) -> None:
    with opened(browser, saved[1], "#step=1") as page:
        formula = page.locator("#told .formula").text_content()
        assert formula.replace(" ", "") == "#3=weights.0×x+bias=0.25×2+0.5=1"


def test_keys_buttons_and_slider_move_the_cursor(browser: Any, saved: tuple[Recording, Path]) -> None:
    recording, path = saved
    length, a_pass = len(steps_of(recording)), len(recording.passes[0].steps)
    with opened(browser, path) as page:
        for key, expected in [
            ("End", length),
            ("ArrowRight", length),
            ("ArrowLeft", length - 1),
            ("Home", 0),
            ("ArrowLeft", 0),
            ("PageDown", 1),
            ("PageDown", a_pass + 1),
            ("PageUp", 1),
        ]:
            page.keyboard.press(key)
            assert at(page) == expected, key
        page.get_by_role("button", name="One step on").click()
        assert at(page) == 2
        page.get_by_role("button", name="One step back").click()
        assert at(page) == 1
        slider = page.locator("#step").bounding_box()
        y = slider["y"] + slider["height"] / 2
        page.mouse.move(slider["x"] + 4, y)
        page.mouse.down()
        page.mouse.move(slider["x"] + slider["width"] / 2, y, steps=8)
        page.mouse.up()
        assert abs(at(page) - length / 2) <= 2
        assert at(page) == int(re.search(r"Step (\d+) of", page.locator("#announcement").inner_text())[1])


def test_the_node_of_a_step_comes_into_view_however_quick_the_steps(browser: Any, tmp_path: Path) -> None:
    """A scroll that is still under way to an earlier step must not leave the view without a later one."""
    path = tmp_path / "chain.html"
    x = y = Value(0.5, "x")
    for _ in range(20):
        y = y * x
    record_steps(y).save_html(path)
    visible = """() => {
        const { left, right } = document.querySelector(".node.current").getBoundingClientRect();
        const view = document.querySelector("#graph").getBoundingClientRect();
        return left >= view.left && right <= view.right;
    }"""
    dragged = """(steps) => {
        const slider = document.querySelector("#step");
        for (const step of steps) {
            slider.value = step;
            slider.dispatchEvent(new Event("input"));
        }
    }"""
    with opened(browser, path, viewport={"width": 1000, "height": 700}) as page:
        for steps in ([1, 12, 2], [19, 9, 18]):  # the last is in view while the view begins to move away from it
            page.evaluate(dragged, steps[:1])
            wait_until(page, visible)
            page.wait_for_timeout(1000)  # a smooth scroll takes less
            page.evaluate(dragged, steps[1:])
            page.wait_for_timeout(1000)
            wait_until(page, visible)


VERY_FAST = 80  # milliseconds a step


def test_space_plays_to_the_end_and_stops_there(browser: Any, saved: tuple[Recording, Path]) -> None:
    recording, path = saved
    length = len(steps_of(recording))
    with opened(browser, path, f"#step={length - 4}") as page:
        page.clock.install(time=0)
        page.clock.pause_at(1000)  # from here on, time passes for the page as the test says
        page.get_by_label("Speed").select_option("very fast")
        page.locator("body").click(position={"x": 640, "y": 20})
        page.keyboard.press(" ")
        play = page.locator("#play")
        assert play.inner_text().endswith("Pause")
        page.clock.run_for(4 * VERY_FAST)
        assert at(page) == length
        page.clock.run_for(VERY_FAST)
        assert (at(page), play.inner_text()[-4:]) == (length, "Play")
        page.get_by_role("button", name="Play").click()  # from the end, it starts again
        page.clock.run_for(3 * VERY_FAST)
        assert at(page) == 3
        page.keyboard.press("ArrowLeft")
        stopped = at(page)
        page.clock.run_for(10 * VERY_FAST)
        assert at(page) == stopped == 2


def test_touch_moves_the_cursor(browser: Any, saved: tuple[Recording, Path]) -> None:
    with opened(browser, saved[1], viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as page:
        page.get_by_role("button", name="One step on").tap()
        assert at(page) == 1
        page.locator('[data-node="0"]').tap()
        assert page.locator("#contributions").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_node_lists_all_contributions_that_sum_to_its_gradient(browser: Any, saved: tuple[Recording, Path]) -> None:
    recording, path = saved
    made = recording.passes[0]
    h = next(node.number for node in made.nodes if node.label == "h")
    shares = [(s, c) for s in made.steps if isinstance(s, BackwardStep) for c in s.contributions if c.input == h]
    assert len(shares) == 3  # h is squared once as h * h, and once in the error
    with opened(browser, path, f"#step={made.steps.index(shares[0][0]) + 1}") as page:
        page.locator(f'[data-node="{h}"]').click()
        expected = [x for s, c in shares for x in (s.gradient, c.partial, c.amount)]
        assert figures(page, "#contributions tbody") == expected
        assert figures(page, "#contributions tfoot") == [shares[-1][1].after]
        first_step = sum(s is shares[0][0] for s, _ in shares)
        assert page.locator("#contributions tbody.done").count() == first_step
        page.locator("#contributions button").last.click()
        assert at(page) == made.steps.index(shares[-1][0]) + 1
        page.get_by_role("combobox", name="Where a gradient comes from").select_option("E")
        assert "the root" in page.locator("#contributions").inner_text()
        page.keyboard.press("Escape")


def test_a_partial_gradient_is_shown_as_partial(browser: Any, saved: tuple[Recording, Path]) -> None:
    recording, path = saved
    made = recording.passes[0]
    k, share = next(
        (k, c)
        for k, s in enumerate(made.steps, 1)
        if isinstance(s, BackwardStep)
        for c in s.contributions
        if not c.complete
    )
    if any(c.input == share.input and c.complete for c in made.steps[k - 1].contributions):
        k, share = next(
            (k, s.contributions[-1])
            for k, s in enumerate(made.steps, 1)
            if isinstance(s, BackwardStep) and s.contributions and not s.contributions[-1].complete
        )
    with opened(browser, path, f"#step={k}") as page:
        here = page.locator(f'[data-node="{share.input}"]')
        assert "partial" in here.get_attribute("class")
        assert "◔" in here.text_content()
        while page.evaluate("document.querySelector('#graph svg').classList.contains('brief')"):
            page.get_by_role("button", name="Larger").click()
        assert re.search(r"◔ \d/\d", here.text_content())
        assert "partial gradient" in here.locator(".card").get_attribute("aria-label")


def test_the_loss_curve_jumps_to_a_pass(browser: Any, saved: tuple[Recording, Path]) -> None:
    recording, path = saved
    with opened(browser, path) as page:
        dots = page.locator("#curve .dot")
        titles = dots.evaluate_all("all => all.map(d => d.textContent)")
        assert [float(title.split("= ")[1]) for title in titles] == [made.root.data for made in recording.passes]
        dots.nth(2).click()
        assert at(page) == sum(len(made.steps) for made in recording.passes[:2]) + 1
        assert "pass 3 of 3" in page.locator("#phase").inner_text()


def test_a_step_to_open_at(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "at.html"
    training(1).save_html(path, step=7)
    with opened(browser, path) as page:
        assert at(page) == 7
    with opened(browser, path, "#step=3") as page:
        assert at(page) == 3
    with opened(browser, path, "#step=99999") as page:
        assert at(page) == len(training(1).passes[0].steps)


@pytest.mark.parametrize("step", [-1, 99, 1.5, True])
def test_a_step_that_is_not_there_is_refused(step: Any, tmp_path: Path) -> None:
    x = Value(1.0)
    with pytest.raises(ValueError, match="expected a step from 0 to 2, got"):
        record_steps(x * x).save_html(tmp_path / "no.html", step=step)
    assert list(tmp_path.iterdir()) == []


def test_hostile_labels_come_out_as_text(browser: Any, tmp_path: Path) -> None:
    values = [Value(1.0 + k, label) for k, label in enumerate(HOSTILE)]
    root = dot(values, values)
    path = tmp_path / "hostile.html"
    record_steps(root).save_html(path, title=HOSTILE[0] + HOSTILE[9])
    with opened(browser, path, "#step=2") as page:
        assert page.locator("h1").inner_text().startswith(HOSTILE[0])
        assert page.locator("b").count() == 0
        assert page.locator("script").count() == 2
        shown = page.locator("#inspected option").evaluate_all("all => all.map(o => o.textContent)")
        for label in HOSTILE:
            visible = label.replace("\n", "␊").replace("\0", "␀").replace("\ud800", "\\ud800")
            assert visible in shown
        page.locator('[data-node="0"]').click()
        assert "</script>" in page.locator("#contributions .formula").text_content()


def test_nan_and_infinity_appear_as_such(browser: Any, tmp_path: Path) -> None:
    x, y = Value(-1.0, "x"), Value(0.0, "y")
    path = tmp_path / "nan.html"
    root = x.log() + 1.0 / y
    record_steps(root).save_html(path, step=5)
    with opened(browser, path) as page:
        assert "NaN" in page.locator("#graph").text_content()
        assert "∞" in page.locator("#graph").text_content()
        page.keyboard.press("End")
        assert "−∞" in page.locator("#graph").text_content()


def test_numbers_survive_to_the_last_bit() -> None:
    odd = [0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan]
    recording = record_steps(dot([Value(x) for x in odd], [1.0] * len(odd)))
    data = json.loads(encode(recording, 0, ""))
    read = [float(data["numbers"][place]) for place in data["passes"][0]["data"]]
    for node, x in zip(recording.passes[0].nodes, read, strict=True):
        assert repr(node.data) == repr(x)


def test_nothing_leaves_the_page_even_if_asked_to(browser: Any, saved: tuple[Recording, Path]) -> None:
    scene = browser.new_context()
    asked_for: list[str] = []
    scene.route("https://**", lambda route: (asked_for.append(route.request.url), route.abort()))
    page = scene.new_page()
    page.goto(saved[1].as_uri())
    assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    page.evaluate("document.body.append(Object.assign(new Image(), { src: 'https://example.org/a.png' }))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p onclick=\"ran = 1\" id=\"p\">p</p>')")
    page.evaluate("document.getElementById('p').click()")
    assert page.evaluate("typeof ran") == "undefined"
    page.wait_for_timeout(100)
    assert asked_for == []
    scene.close()


def test_the_file_names_no_address_but_namespaces(saved: tuple[Recording, Path]) -> None:
    text = saved[1].read_text("utf-8")
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
    assert "default-src 'none'" in text


def test_the_same_recording_gives_the_same_bytes() -> None:
    assert page(training()) == page(training())


def test_a_notebook_shows_it_in_a_frame(browser: Any, saved: tuple[Recording, Path]) -> None:
    scene = browser.new_context()
    notebook = scene.new_page()
    wrong: list[str] = []
    notebook.on("console", lambda message: wrong.append(message.text))
    notebook.on("pageerror", lambda error: wrong.append(str(error)))
    notebook.set_content(frame(saved[0]))
    inside = notebook.frame_locator("iframe")
    inside.get_by_role("button", name="One step on").click()
    assert inside.locator("#where").inner_text().startswith("step 1 of ")
    assert wrong == []
    scene.close()
    assert saved[0]._repr_html_() == frame(saved[0])


def test_dark_and_printed(browser: Any, saved: tuple[Recording, Path]) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, saved[1], color_scheme="light") as page:
        light = page.evaluate(background)
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(background) != light
        page.emulate_media(media="print")
        assert not page.locator("#controls").is_visible()
        assert page.locator("#graph").is_visible()


def test_motion_stops_for_those_who_ask(browser: Any, saved: tuple[Recording, Path]) -> None:
    animation = "getComputedStyle(document.querySelector('.pulse')).animationName"
    with opened(browser, saved[1], "#step=1") as page:
        assert page.evaluate(animation) == "flow"
        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate(animation) == "none"


def test_pulses_rest_while_the_page_is_paused(browser: Any, saved: tuple[Recording, Path]) -> None:
    state = "getComputedStyle(document.querySelector('.pulse')).animationPlayState"
    with opened(browser, saved[1], "#step=1") as page:
        assert page.evaluate(state) == "paused"
        page.click("#play")
        assert page.evaluate(state) == "running"
        page.click("#play")
        assert page.evaluate(state) == "paused"


def contrast(page: Any, selector: str) -> float:
    """WCAG's contrast of an element's text to the page behind it."""
    return page.evaluate(
        """selector => {
          const light = (colour) => {
            const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
              .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const here = document.querySelector(selector);
          let behind = here;
          while (getComputedStyle(behind).backgroundColor.endsWith(", 0)")) behind = behind.parentElement;
          const [a, b] = [light(getComputedStyle(here).color), light(getComputedStyle(behind).backgroundColor)];
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        }""",
        selector,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser: Any, saved: tuple[Recording, Path], scheme: str) -> None:
    with opened(browser, saved[1], color_scheme=scheme) as page:
        length = int(page.locator("#step").get_attribute("max"))
        for k in (1, length // 6, length):
            go(page, k)
            for selector in ("h1", "#phase", "h2", ".told", "#where", ".legend li", "#play"):
                assert contrast(page, selector) >= 4.5, (selector, k)


def test_the_page_has_names_for_a_screen_reader(browser: Any, saved: tuple[Recording, Path]) -> None:
    with opened(browser, saved[1], "#step=2") as page:
        for role, name in [
            ("slider", "step"),
            ("complementary", "This step"),
            ("button", "Play"),
            ("img", "E over pass: from"),
        ]:
            assert page.get_by_role(role, name=name).count() >= 1, name
        assert page.get_by_role("main").count() == 1
        assert page.locator("#step").get_attribute("aria-valuetext").startswith("step 2 of")
        assert page.locator("[role=status]").inner_text().startswith("Step 2 of")
        page.locator('[data-node="0"] .card').focus()
        page.keyboard.press("Enter")
        assert page.locator("#contributions").is_visible()


def deep(steps: int) -> Recording:
    x = Value(0.5, "x")
    y = x
    for k in range(steps // 4):
        y = (y * Value(1.01, f"w{k}")).tanh()
    return record_steps(y)


def test_two_thousand_steps_stay_smooth_and_small(browser: Any, tmp_path: Path) -> None:
    recording = deep(2_000)
    assert len(recording.passes[0].steps) == 2_000
    path = tmp_path / "deep.html"
    recording.save_html(path)
    assert path.stat().st_size < 2e6
    with opened(browser, path) as page:
        times = page.evaluate(
            """() => new Promise(done => {
              const slider = document.getElementById("step");
              const times = [performance.now()];
              const frame = (now) => {
                times.push(now);
                slider.value = String(900 + 5 * times.length);
                slider.dispatchEvent(new Event("input"));
                if (times.length > 20) done(times.slice(1).map((t, i) => t - times[i]));
                else requestAnimationFrame(frame);
              };
              requestAnimationFrame(frame);
            })"""
        )
        assert (
            sorted(times)[len(times) // 2] < 250
        )  # milliseconds a frame: some 20 on an idle machine, room for a busy one
        page.keyboard.press("End")
        assert at(page) == 2_000


@pytest.mark.parametrize("build", [lambda x: x * x, lambda x: x + x + x, lambda x: dot([x] * 3, [x] * 3)])
def test_no_edge_of_a_node_used_twice_is_lost(build: Callable[[Value], Value]) -> None:
    made = record_steps(build(Value(1.5, "x"))).passes[0]
    rows = json.loads(encode(Recording((made,)), 0, ""))["graphs"][0]
    assert len(rows["edges"]) == sum(len(node.inputs) for node in made.nodes)
    assert all(re.fullmatch(r"M[-\d]+ [-\d]+C[-\d ]+", path) for path in rows["edges"])


def overlapping(boxes: list[list[float]]) -> bool:
    return any(
        a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
        for k, a in enumerate(boxes)
        for b in boxes[:k]
    )


@pytest.mark.parametrize("steps", [40, 2 * MANY])
def test_no_two_cards_overlap(steps: int) -> None:
    graph = json.loads(encode(deep(steps), 0, ""))["graphs"][0]
    assert not overlapping(graph["boxes"])
    for x, y, width, height in graph["boxes"]:
        assert x >= -1.0
        assert y >= -1.0
        assert x + width <= graph["size"][0] + 1.0
        assert y + height <= graph["size"][1] + 1.0


def test_a_graph_too_large_to_look_at_is_refused() -> None:
    rows = [["", "leaf", "", "", [], "", "#0"]] * (MOST + 1)
    with pytest.raises(ValueError, match=r"the graph has 5,001 nodes, and the player shows up to 5,000"):
        layout(rows)


@pytest.mark.parametrize(
    ("failure", "words"),
    [(TimeoutError("..."), "60 s to place the graph's nodes"), (ModuleNotFoundError("pip install x"), "pip install x")],
)
def test_where_graphviz_fails_no_file_is_left(
    failure: Exception, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lay_out(*_: object) -> Layout:
        raise failure

    monkeypatch.setattr("autograd.player.layout.lay_out", lay_out)
    with pytest.raises(type(failure), match=words):
        record_steps(Value(1.0) * 2.0).save_html(tmp_path / "no.html")
    assert list(tmp_path.iterdir()) == []


def test_a_single_leaf_and_a_branch_not_taken(browser: Any, tmp_path: Path) -> None:
    for name, root in (("leaf", Value(3.0, "x")), ("branch", where(False, Value(1.0, "a").exp(), Value(2.0, "b")))):
        path = tmp_path / f"{name}.html"
        record_steps(root).save_html(path)
        with opened(browser, path) as page:
            page.keyboard.press("End")
            assert page.locator(".node").count() >= 1


def test_the_scripts_pass_their_own_tests() -> None:
    try:
        done = subprocess.run(
            ["node", "--test", str(Path(__file__).parent)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except FileNotFoundError:
        missing("node (apt install nodejs)")
    assert done.returncode == 0, done.stdout
    assert not re.search(r"^# pass 0$", done.stdout, re.MULTILINE)


def test_what_leaves_had_from_earlier_passes_stands_apart(browser: Any, tmp_path: Path) -> None:
    x = Value(3.0, "x")
    x.grad = 6.0
    path = tmp_path / "held.html"
    record_steps(x * x).save_html(path, step=2)
    with opened(browser, path) as page:
        assert figures(page, "#told") == [0.0, 3.0, 3.0, 6.0]
        page.locator('[data-node="0"]').click()
        assert figures(page, "#contributions tfoot") == [6.0, 6.0]
        assert "from earlier passes" in page.locator("#contributions tfoot").inner_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"title": 5}, r"^save_html\(title=\.\.\.\) takes a str, got 5$"),
        ({"about": None}, r"^save_html\(about=\.\.\.\) takes a str, got None$"),
        ({"explore": "yes"}, r"^save_html\(explore=\.\.\.\) takes True or False, got 'yes'$"),
        ({"explore": True, "axes": ("x", "x")}, r"expected the labels of two leaves; there are w, x$"),
    ],
)
def test_options_of_a_page_are_refused_by_name(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    recording = record_steps(Value(2.0, "w") * Value(3.0, "x"))
    with pytest.raises((TypeError, ValueError), match=message):
        recording.save_html(tmp_path / "page.html", **options)
    assert not (tmp_path / "page.html").exists()
