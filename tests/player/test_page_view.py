"""How a page stands in its window: any size of screen, keys, the wheel, a finger, paper, and without its scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, opened, wait_until

from autograd import Value, record_steps
from autograd import sum as total
from autograd.player.names import short_names
from nn import MLP, SGD, half_squared_error, parameter

SIZES = [(1440, 900), (768, 1024), (390, 844), (320, 256), (720, 450)]  # the last is 1440x900 at 200 % zoom
ROWS, TARGETS = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
COVERED = """(selector) => [...document.querySelectorAll(selector)].filter((cell) => {
    const box = cell.getBoundingClientRect();
    const panel = cell.closest("aside").getBoundingClientRect();
    const right = Math.min(panel.right, innerWidth);
    return box.left < panel.left - 1 || box.right > right + 1 || cell.scrollWidth > cell.clientWidth + 1;
}).length"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def xor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=0)

    def loss() -> Value:
        error = total([half_squared_error(model(row), target) for row, target in zip(ROWS, TARGETS, strict=True)])
        error.label = "E"
        return error

    path = tmp_path_factory.mktemp("view") / "xor.html"
    recording = record_steps(loss, SGD(model.parameters(), lr=0.5).step)
    recording.save_html(path, title="XOR", about="Two inputs, one output.", explore=True)
    return path


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    y = Value(0.5, "x")
    for k in range(120):
        y = (y * Value(1.01, f"w{k}")).tanh()
    path = tmp_path_factory.mktemp("view") / "chain.html"
    record_steps(y).save_html(path)
    return path


@pytest.mark.parametrize("size", SIZES)
def test_no_amount_and_no_formula_is_cut_off(browser: Any, xor: Path, size: tuple[int, int]) -> None:
    width, height = size
    with opened(browser, xor, viewport={"width": width, "height": height}) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        nodes = page.locator("#inspected option").count() - 1
        for n in range(0, nodes, 5):
            page.locator("#inspected").select_option(str(n))
            assert page.evaluate(COVERED, "#contributions td, #contributions th") == 0, n
        for step in (1, 5, 12, 40, 60, 80):
            page.evaluate("k => { location.hash = `step=${k}` }", step)
            wait_until(page, "k => document.getElementById('step').value === String(k)", arg=step)
            assert page.evaluate(COVERED, "#told .formula") == 0, step


@pytest.mark.parametrize("size", SIZES)
def test_the_panel_can_be_read_to_its_end(browser: Any, xor: Path, size: tuple[int, int]) -> None:
    width, height = size
    with opened(browser, xor, viewport={"width": width, "height": height}) as page:
        last = page.locator("aside > details > summary")
        last.scroll_into_view_if_needed()
        last.click()  # Playwright refuses to click what something else covers
        page.locator("aside dd").last.scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        box, bar = page.locator("aside .hint").last.bounding_box(), page.locator("#controls").bounding_box()
        assert height < 401 or box["y"] + box["height"] <= bar["y"] + 1


def test_a_page_opens_with_the_problem_and_the_whole_graph(browser: Any, xor: Path) -> None:
    with opened(browser, xor, viewport={"width": 1440, "height": 900}) as page:
        assert page.locator("#about").inner_text() == "Two inputs, one output."
        assert page.locator("#told .told").inner_text().startswith("E = 0.")
        assert (
            page.locator("#told .formula")
            .first.text_content()
            .replace(" ", "")
            .startswith("E=0.5×(output[1,0]⁽¹⁾−0)2+")
        )
        seen = page.evaluate("""() => {
            const view = document.querySelector("#graph").getBoundingClientRect();
            return [...document.querySelectorAll(".node")].every((card) => {
                const box = card.getBoundingClientRect();
                const across = box.left >= view.left && box.right <= view.right;
                return across && box.top >= view.top && box.bottom <= view.bottom;
            });
        }""")
        assert seen
        letters = page.evaluate("""() => {
            const whole = document.querySelector("#graph svg");
            const zoom = whole.getBoundingClientRect().width / whole.viewBox.baseVal.width;
            return [...whole.querySelectorAll("text:not([display=none])")].map((text) =>
                zoom * parseFloat(getComputedStyle(text).fontSize));
        }""")
        assert min(letters) >= 10.99
        names = page.locator(".node .name").all_text_contents()
        assert not [name for name in names if name.startswith("#")]
        assert "x1⁽¹⁾ = 0" in page.locator("#graph svg").text_content()


def test_short_names_tell_all_nodes_apart() -> None:
    model = MLP(2, [2, 1], activation="sigmoid", seed=0)
    loss = total([half_squared_error(model(row), target) for row, target in zip(ROWS, TARGETS, strict=True)])
    nodes = record_steps(loss).passes[0].nodes
    rows = [
        [node.label, node.kind, node.op.name if node.op else "", node.op.symbol if node.op else "", node.inputs, ""]
        for node in nodes
    ]
    constants = {node.number: node.data for node in nodes if node.kind == "constant" and not node.label}
    names = [name for name in short_names(rows, constants) if name]
    assert len(set(names)) == len(names)
    assert "net_input[0,1]⁽²⁾" in names


def test_the_player_comes_first_and_every_card_can_be_reached(browser: Any, xor: Path, chain: Path) -> None:
    with opened(browser, xor) as page:
        found = []
        for _ in range(6):
            page.keyboard.press("Tab")
            found.append(page.evaluate("document.activeElement.id"))
        assert found == ["back", "play", "forth", "step", "speed", "search"]
        assert page.locator(".card[role=button]:not([tabindex='0'])").count() == 0
        assert page.locator("dl dt").count() >= 8
    with opened(browser, chain) as page:
        assert page.locator("[data-node]").count() > 100
        assert page.locator(".card[role=button]").count() == 0


def test_keys_pan_and_zoom_the_graph(browser: Any, chain: Path) -> None:
    with opened(browser, chain) as page:
        left = "document.querySelector('#graph').scrollLeft"
        assert page.evaluate(left) == 0
        page.keyboard.press("Shift+ArrowRight")
        assert page.evaluate(left) == 80
        assert page.locator("#step").input_value() == "0"
        page.locator("#graph").focus()
        width = "document.querySelector('#graph svg').getBoundingClientRect().width"
        before = page.evaluate(width)
        page.keyboard.press("+")
        assert page.evaluate(width) > before
        page.keyboard.press("/")
        page.keyboard.type("w77")
        assert page.locator("#found").inner_text() == "1 of 1"
        wait_until(
            page,
            """() => {
            const box = document.querySelector(".node.inspected").getBoundingClientRect();
            const view = document.querySelector("#graph").getBoundingClientRect();
            return box.left >= view.left && box.right <= view.right;
        }""",
        )


def test_keys_that_scroll_do_so_where_the_reader_is_not_on_the_player(browser: Any, xor: Path) -> None:
    with opened(browser, xor, viewport={"width": 390, "height": 844}) as page:
        page.keyboard.press("PageDown")
        wait_until(page, "scrollY > 0")
        assert page.locator("#step").input_value() == "0"
        page.locator("#forth").focus()
        page.keyboard.press("PageDown")
        assert page.locator("#step").input_value() == "1"


def test_dragging_the_wheel_and_the_map_move_the_graph(browser: Any, chain: Path) -> None:
    with opened(browser, chain) as page:
        left = "document.querySelector('#graph').scrollLeft"
        box = page.locator("#graph").bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] - 20)
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] - 200, middle[1], steps=4)
        page.mouse.up()
        assert page.evaluate(left) == 200
        width = "document.querySelector('#graph svg').getBoundingClientRect().width"
        before = page.evaluate(width)
        page.keyboard.down("Control")
        page.mouse.wheel(0, 400)
        page.keyboard.up("Control")
        wait_until(page, f"before => {width} < before", arg=before)
        chart = page.locator("#map").bounding_box()
        page.mouse.click(chart["x"] + chart["width"] - 8, chart["y"] + chart["height"] / 2)
        assert page.evaluate(left) > 2000
        for _ in range(20):
            page.get_by_role("button", name="Smaller").click()
        assert page.evaluate(
            "document.querySelector('#graph').scrollWidth <= document.querySelector('#graph').clientWidth"
        )
        assert not page.locator("#map").is_visible()  # the whole graph is in view


def test_a_finger_scrolls_except_on_the_chosen_card(browser: Any, tmp_path: Path) -> None:
    x, w = Value(3.0, "x"), Value(2.0, "w")
    record_steps(x * w).save_html(tmp_path / "page.html", explore=True)
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with opened(browser, tmp_path / "page.html", **phone) as page:
        touch = page.context.new_cdp_session(page)

        def swipe(node: int, across: float) -> None:
            box = page.locator(f'[data-node="{node}"]').bounding_box()
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
            for k in range(1, 6):
                move = {"x": x + across * k / 5, "y": y}
                touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [move]})
            touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        label = page.locator('[data-node="1"] .card')
        swipe(1, 40)  # w is not chosen: the finger scrolls
        assert "data 2," in label.get_attribute("aria-label")
        page.locator('[data-node="1"]').tap()
        assert page.locator("#leaf").input_value() == "1"
        swipe(1, 40)
        assert "data 2.8," in label.get_attribute("aria-label")


def test_the_whole_product_stands_along_each_path(browser: Any, xor: Path) -> None:
    with opened(browser, xor) as page:
        option = page.locator("#inspected option", has_text="weights.0[0,0]").first
        page.locator("#inspected").select_option(option.get_attribute("value"))
        paths = page.locator(".paths li")
        assert paths.count() == 4  # one through each row
        products = [
            float(value) for value in page.locator(".paths data").evaluate_all("all => all.map((d) => d.value)")
        ]
        whole = float(page.locator("#contributions tr.sum data").get_attribute("value"))
        assert sum(products) == pytest.approx(whole, rel=1e-12)


def test_paper_is_white_and_has_the_steps_so_far(browser: Any, xor: Path) -> None:
    with opened(browser, xor, "#step=20", color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('h1')).color]"
        )
        assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        assert page.locator("#printed > ol > li").count() == 20
        assert page.locator("#printed > ol > li").first.is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("#printed > *").count() == 0


def test_without_javascript_the_graph_is_drawn(browser: Any, xor: Path) -> None:
    with opened(browser, xor, java_script_enabled=False) as page:
        assert page.locator("#graph svg rect.card").count() == 66
        assert "∂ 1" in page.locator("#graph svg").text_content()
        assert page.locator("noscript p").is_visible()


def test_two_cards_never_look_alike_at_any_zoom(browser: Any, tmp_path: Path) -> None:
    long = [parameter(0.5, f"a_name_with_number_{k}_that_is_too_long_for_a_card") for k in range(2)]
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=0)
    losses = [half_squared_error(model(row), 1.0) for row in ([0, 1], [1, 0])]
    recording = record_steps(total(losses) + long[0] * long[1])
    recording.save_html(tmp_path / "page.html")
    with opened(browser, tmp_path / "page.html", viewport={"width": 390, "height": 844}) as page:
        for _ in range(9):
            texts = page.locator(".node .name").evaluate_all(
                "(all) => all.map((text) => [text.textContent, text.getAttribute('display')])"
            )
            shown = [text for text, display in texts if display != "none"]
            assert len(shown) == len({*shown}) > 20
            page.locator("#larger").click()
        numbers = {f"#{node.number}" for node in recording.passes[0].nodes if node.label.startswith("a_name")}
        assert numbers <= {*shown}  # as the ends of both long names are the same


def test_a_name_that_is_a_formula_keeps_its_parentheses(browser: Any, tmp_path: Path) -> None:
    x = Value(3.0, "x")
    difference = x - 1.0
    difference.label = "x−1"
    record_steps(difference**2).save_html(tmp_path / "page.html", step=2)
    with opened(browser, tmp_path / "page.html") as page:
        assert "(x−1)" in page.locator("#told .formula").inner_text().replace("\n", "")


def test_axes_choose_the_plane_of_the_map(browser: Any, tmp_path: Path) -> None:
    a, b = Value(1.0, "a"), Value(-2.0, "b")
    recording = record_steps((a * b).tanh())
    recording.save_html(tmp_path / "page.html", explore=True, axes=("a", "b"))
    with opened(browser, tmp_path / "page.html") as page:
        assert re.match("The output over a, to the right, and b,", page.locator("#axes").inner_text())
        shades = page.evaluate(
            "new Set(document.querySelector('#plane').getContext('2d').getImageData(0, 0, 32, 32).data).size"
        )
        assert shades > 20
    for axes, words in [(("a", "c"), "labels of two leaves; there are a, b"), (("a",), "labels of two leaves")]:
        with pytest.raises(ValueError, match=words):
            recording.save_html(tmp_path / "no.html", explore=True, axes=axes)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs explore=True"):
        recording.save_html(tmp_path / "no.html", axes=("a", "b"))
    with pytest.raises(TypeError, match="takes the labels of two leaves"):
        recording.save_html(tmp_path / "no.html", explore=True, axes="ab")  # type: ignore[arg-type]
    assert not (tmp_path / "no.html").exists()
