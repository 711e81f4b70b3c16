"""The shell, as transcripts: what stands after a prompt is typed, and all that stands here must come out, exactly."""

from __future__ import annotations

import io
import json
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from passes import order

from autograd import Value, debug
from autograd.debugger import Session, Shell


def network() -> Value:
    h = Value(1.0, "x")
    for layer in range(2):
        weight = Value(0.5 + layer, f"layers.{layer}.neurons.0.weights.0")
        h = weight * h
        h.label = f"layers.{layer}.neurons.0.net_input"
        h = h.tanh()
        h.label = f"layers.{layer}.neurons.0.output"
    loss = (h - 1.0) ** 2
    loss.label = "loss"
    return loss


def commas() -> Value:
    product = Value(2.0, "a, b") * Value(3.0, "y")
    product.label = "product, a * y"
    return product


def converse(root: Value, typed: str) -> str:
    """Run the shell on the lines and give what it says, with the lines where a terminal would show them."""
    out = io.StringIO()
    debug(root, stdin=io.StringIO(typed), stdout=out)
    return out.getvalue()


def typed_in(transcript: str) -> str:
    lines = [
        line.partition(") ")[2] for line in transcript.splitlines() if line.startswith(("(autograd) ", "(commands) "))
    ]
    return "".join(line + "\n" for line in lines)


FOLDER = Path(__file__).parent / "transcripts"
ROOTS = {"order": order, "network": network, "commas": commas}


def transcripts() -> list[tuple[str, str, str]]:
    """Each file: its name, the root it is about, which its first line names, and the conversation."""
    texts = [(file.stem, *file.read_text("utf-8").split("\n", 1)) for file in sorted(FOLDER.glob("*.txt"))]
    return [(name, root.removeprefix("about "), conversation) for name, root, conversation in texts]


@pytest.mark.parametrize(("name", "root", "conversation"), transcripts())
def test_transcript(name: str, root: str, conversation: str) -> None:
    assert converse(ROOTS[root](), typed_in(conversation)) == conversation


def test_every_command_has_a_transcript_and_a_help_text() -> None:
    shell = Shell(io.StringIO())
    shell.session = Session(order())
    typed = " ".join(typed_in(transcript) for _, _, transcript in transcripts()).split()
    for name, method in shell.commands().items():
        usage, blank, *text = getattr(shell, f"do_{method}").__doc__.splitlines()
        assert usage
        assert not blank
        assert text
        shorts = [short for short, of in shell.aliases.items() if of == name]
        assert {name, *shorts} & {*typed, "graph", "html", "EOF"}, f"{name} has no transcript"


def test_an_expression_may_be_typed_without_print() -> None:
    said = converse(order(), "b.data * 2\na\n#1\n-1\n")
    assert "\n8.0\n" in said
    assert "a.data = 2.0" in said
    assert "b.data = 4.0" in said
    assert "\n-1.0\n" in said


NETWORK = """\
from autograd import Value
from nn import MLP

net, inputs = MLP(2, [3, 1], seed=3), [Value(0.5, "x0"), Value(-1.0, "x1")]
loss = (net(inputs) - 1.0 + 0.0 * inputs[0].tanh().exp().sin().cos().tanh().exp().sin()) ** 2
loss.backward()
"""
WEIGHT = "layers.0.neurons.2.weights.0"


def test_nothing_that_looks_is_wider_than_a_terminal_of_80_columns(tmp_path: Path) -> None:
    script = tmp_path / "network.py"
    script.write_text(NETWORK)
    child = pexpect.spawn(
        sys.executable, ["-m", "autograd.debugger", str(script)], encoding="utf-8", timeout=60, dimensions=(24, 80)
    )
    looks = [
        "args",
        "list",
        "where",
        f"why {WEIGHT}",
        f"p {WEIGHT}",
        f"args {WEIGHT.removesuffix('.weights.0')}.output",
    ]
    for line in ["", f"watch {WEIGHT}", *["stepi", *looks] * 12, "c", f"check {WEIGHT}", f"set {WEIGHT} = 1", "help"]:
        if line:
            child.sendline(line)
        child.expect_exact("(autograd) ")
        assert not [shown for shown in child.before.splitlines() if len(shown) > 80]
    child.sendline("q")
    child.expect(pexpect.EOF)


def test_a_label_wins_over_an_abbreviation_but_not_over_a_command() -> None:
    e, s = Value(1.0, "e"), Value(2.0, "s")
    said = converse(e * s, "e\ns\n")
    assert "e.data = 1.0" in said
    assert "> end" in said


def test_stops_that_set_each_other_off_are_ended() -> None:
    typed = "watch a\nb b\ncommands 1\nrc\nend\ncommands 2\nc\nend\nc\np a\nq\n"
    said = converse(order(), typed)
    assert "*** the commands of the stops set each other off without end" in said
    assert "a.data = 2.0" in said


def test_labels_cannot_write_to_the_terminal() -> None:
    x = Value(1.0, "\x1b[31mred\nline\x07")
    said = converse(x * 2.0, "l\np #0\nwhy #0\nw #0\nx\n\x1b[2J\np \x1b\n")
    assert "\x1b" not in said.replace("(autograd) \x1b[2J", "").replace("(autograd) p \x1b", "")
    assert "\x07" not in said
    assert r"\x1b[31mred\nline\x07" in said


def test_transcript_is_written_as_data(tmp_path: Path) -> None:
    x = Value(0.0, "x")
    debug(
        x.sqrt() * 2.0,
        "step ;; step ;; p x ;; bogus",
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        transcript=tmp_path / "t.json",
    )
    opened, step, last, shown, bogus, left = json.loads((tmp_path / "t.json").read_text())
    assert opened["command"] == ""
    assert (step["command"], step["position"], step["contributions"]) == ("step", "step 2/2", 1)
    assert step["reports"][0]["type"] == "Stopped"
    assert step["reports"][0]["moves"][0]["after"] == "inf"
    assert last["position"] == "end"
    assert shown["said"] == ["x.data = 0.0, x.grad = inf  (complete)"]
    assert bogus["error"].startswith("there is no command bogus")
    assert left["said"] == ["left: every .grad is as after a completed backward pass"]
    assert list(tmp_path.iterdir()) == [tmp_path / "t.json"]


def test_graph_and_html_show_the_pass_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = order()
    said = converse(root, "s\nsi\ngraph\nhtml\ngraph nowhere/x.svg\nhtml nowhere/x.html\ngraph x.bogus\nq\n")
    assert "wrote graph.svg" in said
    assert "wrote steps.html" in said
    assert "*** cannot write nowhere/x.svg: No such file or directory: name a file in another folder" in said
    assert "*** cannot write nowhere/x.html: No such file or directory: name a file in another folder" in said
    assert "ending in .svg, .png, .pdf, .dot or .gv, got 'x.bogus'" in said
    picture = (tmp_path / "graph.svg").read_text("utf-8")
    assert all(state in picture for state in ("pending", "current", "done"))
    assert ">16<" not in picture.replace("c.data", "")[picture.index("pending") : picture.index("current")]
    a = root.inputs[0].inputs[0]
    assert a.grad == 16.0  # lent to the picture as 8, and given back
    page = (tmp_path / "steps.html").read_text("utf-8")
    assert re.search(r'"(?:start|step|opened)":\s*4\b', page)


VOCABULARY = """
s si c rs rsi rc n step stepi continue until goto restart reverse-step reverse-stepi b break tbreak watch w condition
ignore commands end silent enable disable clear p print display undisplay l list where why u d up down check set undo
help h re x a b c #0 #1 #2 #9 1 2 3 0 -1 99999999999999 1.2 1.9 all leaves . , = == ; ;; ( ) + * ** grad data nan inf
abs(grad) a.grad b.data 'a' " ' and or not if else lambda __class__ é ∂ 𝛿 % { } \\ layers.0 tanh loss x.grad<1
"""
WORDS = [*VOCABULARY.split(), "\x00", "\x1b", "\t"]


def random_line(rng: random.Random) -> str:
    if rng.random() < 0.1:
        return "end"  # else `commands` would swallow most lines
    return " ".join(rng.choices(WORDS, k=rng.choice((0, 1, 1, 2, 2, 3, 4, 6))))


@pytest.mark.parametrize("root", [order, network], ids=["order", "network"])
def test_10_000_random_lines_never_raise_out_of_the_shell(root: Callable[[], Value]) -> None:
    rng = random.Random(7)
    lines = [random_line(rng) for _ in range(5000)]
    said = converse(root(), "\n".join(lines) + "\nend\nq\n")
    assert said.endswith("left: every .grad is as after a completed backward pass\n")
    assert "Traceback" not in said
    assert not [line for line in said.splitlines() if line.startswith("*** ") and line.count("Error:") > 0]


SCRIPT = """
from autograd import Value, debug
w1, w2, width = Value(1.0, "w1"), Value(2.0, "w2"), Value(3.0, "width")
loss = w1 * w2 * width
loss.label = "loss"
for _ in range({size}):
    loss = loss + w1
debug(loss)
print("gradient", w1.grad)
"""


@pytest.fixture
def terminal(tmp_path: Path) -> pexpect.spawn[str]:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(size=3))
    child = pexpect.spawn(
        sys.executable, [str(script)], encoding="utf-8", timeout=60, dimensions=(40, 120), preexec_fn=heed_control_c
    )
    child.expect_exact("(autograd) ")
    return child


def heed_control_c() -> None:
    """Undo what a shell does to programs that it starts in the background: they, and theirs, do not see Control-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_keys_complete_labels_commands_and_fields(terminal: pexpect.spawn[str]) -> None:
    terminal.send("p wid\t.da\t\r")
    terminal.expect_exact("3.0")
    terminal.expect_exact("(autograd) ")
    terminal.send("reverse-c\t\r")
    terminal.expect_exact("*** the pass is at its start")
    terminal.expect_exact("(autograd) ")
    terminal.send("p w\t\t")
    terminal.expect("w1 +w2 +width")
    terminal.send("\x15q\r")
    terminal.expect_exact("gradient 9.0")
    terminal.expect(pexpect.EOF)


def test_keys_bring_back_history_and_a_blank_line_repeats(terminal: pexpect.spawn[str]) -> None:
    terminal.send("step\r")
    terminal.expect_exact("> step 2/5")
    terminal.send("\r")
    terminal.expect_exact("> step 3/5")
    terminal.send("p loss.data\r")
    terminal.expect_exact("6.0")
    terminal.send("\x1b[A\x1b[A\r")  # arrow up, twice: step
    terminal.expect_exact("> step 4/5")
    terminal.send("q\r")
    terminal.expect(pexpect.EOF)


def test_control_c_returns_to_the_prompt_and_control_d_leaves(terminal: pexpect.spawn[str]) -> None:
    terminal.send("p w1.gr")
    terminal.expect_exact("p w1.gr")
    time.sleep(0.2)  # CPython loses a signal that comes while readline still works on a key
    for _ in range(20):
        terminal.sendintr()
        if terminal.expect_exact(["--KeyboardInterrupt--", pexpect.TIMEOUT], timeout=3) == 0:
            break
    terminal.expect_exact("(autograd) ")
    terminal.send("step\r")
    terminal.expect_exact("> step 2/5")
    terminal.send("\x04")
    terminal.expect_exact("left: every .grad is as after a completed backward pass")
    terminal.expect_exact("gradient 9.0")
    terminal.expect(pexpect.EOF)
