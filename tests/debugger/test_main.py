"""`python -m autograd.debugger`: any script, unchanged, with a shell at every `.backward()`; and the tutorial, run."""

from __future__ import annotations

import doctest
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "debugging.md").read_text("utf-8")
SCRIPTS = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", TUTORIAL, re.DOTALL))
SESSIONS = re.findall(r"```text\n\$ python -m autograd\.debugger (\w+\.py)\n(.*?)```", TUTORIAL, re.DOTALL)

TRAINING = """
import sys
from autograd import Value

assert __name__ == "__main__"
print("arguments", sys.argv[1:])
w = Value(1.0, "w")
for epoch in range(4):
    loss = (w * 2.0 - 8.0).log() if epoch == 2 else (w * 2.0 - 8.0) ** 2
    loss.label = "loss"
    w.grad = 0.0
    loss.backward()
    print("epoch", epoch, "gradient", w.grad)
"""


def run(
    script: Path, *options: str, typed: str = "", arguments: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograd.debugger", *options, script.name, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=script.parent, env=environment, input=typed, capture_output=True, text=True, timeout=300
    )


@pytest.fixture
def training(tmp_path: Path) -> Path:
    script = tmp_path / "training.py"
    script.write_text(TRAINING)
    return script


def test_opens_at_every_backward_and_leaves_complete_gradients(training: Path) -> None:
    done = run(training, typed="s\nleave\nleave\nleave\nleave\n", arguments=("--epochs", "4"))
    assert done.stderr == ""
    assert done.stdout.count("backward pass from loss") == 4
    assert "arguments ['--epochs', '4']" in done.stdout
    assert "epoch 0 gradient -24.0" in done.stdout
    assert "training.py:9: loss = (w * 2.0 - 8.0)" in done.stdout


def test_the_banner_names_the_pass_and_its_line(training: Path) -> None:
    done = run(training, typed="leave\nleave\nleave\nleave\n")
    assert "backward pass from loss (the 2nd at training.py:12): 3 steps" in done.stdout


def test_commands_from_a_file_leave_standard_input_to_the_script(tmp_path: Path) -> None:
    script = tmp_path / "asks.py"
    script.write_text(
        "from autograd import Value\nw = Value(float(input()), 'w')\n(w * w).backward()\nprint(input())\n"
    )
    (tmp_path / "commands.txt").write_text("s\np w\nleave\n")
    done = run(script, "-x", "commands.txt", typed="3\nhello\n")
    assert done.stderr == ""
    assert "w.data = 3.0, w.grad = 6.0  (complete)" in done.stdout
    assert done.stdout.endswith("hello\n")
    assert "cannot read missing.txt" in run(script, "-x", "missing.txt").stderr


def test_a_plain_breakpoint_opens_on_the_last_value_and_leaves_gradients_alone(tmp_path: Path) -> None:
    script = tmp_path / "stops.py"
    script.write_text(
        "from autograd import Value\nw = Value(3.0, 'w')\nloss = w * w\nw.grad = 0.5\nbreakpoint()\nprint(w)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONBREAKPOINT": "autograd.debugger.debug"}
    command = [sys.executable, script.name]
    done = subprocess.run(command, cwd=tmp_path, env=environment, input="s\np w\nq\n", capture_output=True, text=True)
    assert done.stderr == ""
    assert "w.data = 3.0, w.grad = 6.0  (complete)" in done.stdout
    assert done.stdout.endswith("Value(data=3.0, grad=0.5, label='w')\n")


def test_a_script_without_a_backward_is_told_where_the_shell_opens(tmp_path: Path) -> None:
    script = tmp_path / "slopes.py"
    script.write_text("from autograd import Value, grad\nx = Value(3.0)\nprint(grad(x * x, [x]))\n")
    done = run(script)
    assert (done.returncode, done.stdout) == (0, "[6.0]\n")
    assert "without a call of .backward()" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_ctrl_c_while_running_on_opens_at_the_next_pass_and_an_error_after_the_last(tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text(
        "from autograd import Value\nw, epoch = Value(2.0, 'w'), 0\n"
        "while epoch >= 0:\n    epoch += 1\n    print('going')\n    (w * w).backward()\nraise ValueError('over')\n"
    )
    command = [sys.executable, "-m", "autograd.debugger", script.name]
    shell = pexpect.spawn(
        command[0], command[1:], cwd=str(tmp_path), env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
    shell.expect_exact("(autograd) ")
    shell.sendline("c")
    shell.expect_exact("(autograd) ")
    shell.sendline("c")
    shell.expect_exact("going")
    shell.sendintr()
    shell.expect_exact("interrupted: the shell opens at the next pass")
    shell.expect_exact("(autograd) ")
    shell.sendline("p epoch")
    shell.expect_exact("(autograd) ")
    shell.sendline("leave")
    shell.expect_exact("(autograd) ")
    shell.sendline("q")
    shell.expect(pexpect.EOF)


def test_without_commands_the_program_runs_through(training: Path) -> None:
    done = run(training)
    assert (done.returncode, done.stderr) == (0, "")
    assert "epoch 3 gradient -24.0" in done.stdout


def test_leave_now_leaves_gradients_untouched(training: Path) -> None:
    done = run(training, typed="s\nleave!\n")
    assert "epoch 0 gradient 0.0" in done.stdout
    assert "epoch 1 gradient -24.0" in done.stdout


def test_continue_at_the_end_goes_on_to_the_pass_where_a_stop_is_hit(training: Path) -> None:
    done = run(training, typed="b nan\nc\nc\np loss\nleave\n")
    said = done.stdout
    assert said.index("epoch 1 gradient") < said.index("breakpoint 1: nan") < said.index("epoch 2 gradient")
    assert said.count("backward pass from loss") == 3  # the first, the one with nan, and the one after it
    assert "loss.data = nan" in said


def test_quit_ends_the_program_as_in_pdb(training: Path) -> None:
    done = run(training, typed="s\nq\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "epoch 0" not in done.stdout


def test_commands_given_on_the_command_line_run_once_and_stops_last(training: Path) -> None:
    done = run(training, "-c", "b nan ;; c ;; c", typed="p loss\n")
    assert done.stdout.count("(autograd) b nan\n") == 1
    assert "breakpoint 1: nan" in done.stdout
    assert "loss.data = nan" in done.stdout


def test_a_display_that_a_later_pass_has_not_says_so(training: Path) -> None:
    training.write_text(
        "from autograd import Value\n"
        "for label in ('extra', 'other', ''):\n"
        "    w = Value(1.0, 'w')\n"
        "    (Value(2.0, label) * w * Value(2.0, 'w' if not label else '')).backward()\n"
        "print('done')\n"
    )  # fmt: skip
    done = run(training, typed="display extra.grad\ndisplay w.grad\nleave\nleave\nleave\n")
    assert done.stderr == ""
    assert "extra.grad: (no node is called extra: type list to see some" in done.stdout
    assert "w.grad: (2 nodes are called w: type one of w#" in done.stdout
    assert done.stdout.endswith("done\n")


def test_detect_anomaly_still_raises_and_fit_still_names_the_node(training: Path) -> None:
    training.write_text(
        "from autograd import Value, detect_anomaly\n"
        "with detect_anomaly():\n"
        "    (Value(0.0, 'x').sqrt() * 2.0).backward()\n"
    )  # fmt: skip
    done = run(training)
    assert done.returncode == 1
    assert "FloatingPointError: backward through sqrt(x=0.0)" in done.stderr
    training.write_text(
        "from autograd import Value\n"
        "from nn import MLP, SGD, fit\n"
        "model = MLP(1, [1])\n"
        "sgd = SGD(model.parameters(), 0.1)\n"
        "fit(model, [[1.0]], [1.0], loss=lambda out, y: (out * 0.0).sqrt(), optimizer=sgd, epochs=2)\n"
    )  # fmt: skip
    plain = subprocess.run(
        [sys.executable, str(training)],
        cwd=training.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    done = run(training)
    assert plain.stderr.splitlines()[-1].replace(str(training), training.name) == done.stderr.splitlines()[-1]
    assert "sqrt" in done.stderr.splitlines()[-1]
    assert done.stdout.count("backward pass from") == 1


def test_threads_do_not_answer_for_each_other(training: Path) -> None:
    training.write_text(
        "import threading\n"
        "from autograd import Value\n"
        "def work(name):\n"
        "    for _ in range(3):\n"
        "        x = Value(2.0, name)\n"
        "        (x * x * x).backward()\n"
        "        assert x.grad == 12.0\n"
        "threads = [threading.Thread(target=work, args=(name,)) for name in ('one', 'two')]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "print('both done')\n"
    )  # fmt: skip
    done = run(training, typed="s\nleave\n" * 6)
    assert done.stderr == ""
    assert done.stdout.count("> step 2/2") == 6
    assert done.stdout.endswith("both done\n")


def test_a_program_that_redirects_its_output_does_not_swallow_the_prompt(training: Path) -> None:
    training.write_text(
        "import io, contextlib\n"
        "from autograd import Value\n"
        "with contextlib.redirect_stdout(io.StringIO()) as kept:\n"
        "    print('kept')\n"
        "    Value(1.0, 'w').exp().backward()\n"
        "assert kept.getvalue() == 'kept\\n', kept.getvalue()\n"
    )  # fmt: skip
    done = run(training, typed="p w\n")
    assert done.stderr == ""
    assert "(autograd) p w\nw.data = 1.0" in done.stdout


def test_a_module_is_run_by_its_name(training: Path) -> None:
    package = training.parent / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "work.py").write_text(
        "import sys\nfrom autograd import Value\nprint(__name__, sys.argv[1:])\nValue(1.0, 'w').exp().backward()\n"
    )
    command = [sys.executable, "-m", "autograd.debugger", "-m", "package.work", "--fast"]
    done = subprocess.run(
        command,
        cwd=training.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input="",
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert "__main__ ['--fast']" in done.stdout
    assert "backward pass from #1" in done.stdout


def test_break_takes_lines(training: Path) -> None:
    done = run(training, typed="b 9\nb training.py:9\nb 3\nc\n")
    assert "breakpoint 1 at 9: before 3 steps" in done.stdout
    assert "*** nothing is computed on line 3 of training.py: nodes are computed on 9" in done.stdout


def test_transcript_is_written_even_if_the_script_fails(training: Path) -> None:
    training.write_text(TRAINING + "\nraise RuntimeError('broken')\n")
    done = run(training, "-c", "s ;; leave", "--transcript", "out.json")
    assert done.returncode == 1
    assert "RuntimeError: broken" in done.stderr
    told = json.loads((training.parent / "out.json").read_text())
    assert [entry["command"] for entry in told] == ["", "s", "leave", *["", "EOF"] * 3]
    assert told[0]["reports"][0]["gradient"] == 1.0


@pytest.mark.parametrize("program", ["def f():\n    raise ValueError(3)\n\n\nf()\n", "x = (1,\n"])
def test_an_error_is_shown_as_without_the_debugger(tmp_path: Path, program: str) -> None:
    script = tmp_path / "wrong.py"
    script.write_text(program)
    plain = subprocess.run([sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True)
    debugged = run(script)
    assert debugged.stderr == plain.stderr.replace(str(script), script.name)
    assert debugged.returncode == plain.returncode


def test_a_missing_script_is_said_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere.py")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("error: cannot read nowhere.py: No such file or directory")


def test_usage_says_what_it_does(tmp_path: Path) -> None:
    done = run(tmp_path / "x.py", "--help")
    assert "python -m autograd.debugger" in done.stdout
    assert "--transcript" in done.stdout


def test_at_a_terminal_the_shell_reads_keys(training: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["-m", "autograd.debugger", str(training)]
    child = pexpect.spawn(sys.executable, command, encoding="utf-8", timeout=60, env=environment, dimensions=(40, 120))
    child.expect_exact("(autograd) ")
    child.send("b na\t\r")
    child.expect_exact("breakpoint 1 at nan: before 0 steps")
    child.send("c ;; c\r")
    child.expect_exact("breakpoint 1: nan")
    child.send("leave\r")
    child.expect_exact("epoch 2 gradient")
    child.expect_exact("(autograd) ")
    child.send("\x04")
    child.expect_exact("epoch 3 gradient -24.0")
    child.expect(pexpect.EOF)


@pytest.mark.parametrize(("script", "conversation"), SESSIONS, ids=[script for script, _ in SESSIONS])
def test_tutorial_prints_what_it_says(tmp_path: Path, script: str, conversation: str) -> None:
    (tmp_path / script).write_text(f"# {script}\n{SCRIPTS[script]}")
    typed = re.findall(r"^\(autograd\) (.*)$", conversation, re.MULTILINE)
    done = run(tmp_path / script, typed="".join(f"{line}\n" for line in typed))
    assert (done.stdout, done.stderr) == (conversation, "")
    assert len(typed) < 10


def test_tutorial_has_its_sessions_and_its_methods_work() -> None:
    assert [script for script, _ in SESSIONS] == ["order.py", "vanishing.py", "deep.py", "dead.py", "nan.py"]
    failed, attempted = doctest.testfile(str(ROOT / "docs" / "debugging.md"), module_relative=False)
    assert (failed, attempted > 6) == (0, True)
