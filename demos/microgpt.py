"""microgpt, a language model of scalars: after Andrej Karpathy's script of that name, it learns to invent first names.

One layer of four attention heads, 16 wide, up to 16 positions: 4,192 parameters, each a `Value`. A document is a name;
the model guesses every letter from those before it. Karpathy's script takes about a minute for 1,000 steps of Adam, one
document a step. Here the loss of a document is compiled, with its gradient, and so is Adam's rule, whose rows are the
parameters. Compiled code has a fixed number of positions, so a document is padded to one of a few lengths; what is
padded counts 0. A batch of documents is a matrix with a row for each.

The names are those of the 1990 US census, which the package `names` has; `--file` takes others, one a line. `--eager`
takes a step through plain `Value`s too. Writes out/microgpt.svg, the graph of one position, and a page that plays
a model of two letters.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import cycle, islice
from math import exp
from pathlib import Path
from random import Random
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from autograd import Value, record_steps, softmax
from autograd.compiler import CompiledFunction, compile
from autograd.recording import Recording
from demos.common import style
from demos.common.command import parser
from demos.common.gpt import GPT, Shape, loss
from demos.common.inside import look_inside
from demos.common.names import END, Names, count_guesses, read_names
from demos.common.style import Row
from nn import Adam

LENGTHS = (8, 12, 16)  # positions that documents are padded to
LEARNING_RATE, BETA1, BETA2, EPSILON = 0.01, 0.85, 0.99, 1e-8
TEMPERATURE = 0.5  # of the samples: below 1, likely letters are likelier still
SAMPLES, BATCH = 20, 64


def main(argv: Sequence[str] | None = None) -> None:
    """Train on one name a step and on batches, and publish the losses, the times and what the model invents."""
    made = parser(
        __doc__,
        "decides the weights, the order of the names and the samples",
        steps=(1000, "how many steps of one name each"),
        batches=(200, f"how many steps of {BATCH} names each"),
        width=(16, "of the model; its heads share it"),
        heads=(4, "of the attention"),
    )
    made.add_argument("--file", type=Path, help="a text file with a name a line (default: first names of the census)")
    made.add_argument("--eager", action="store_true", help="take a step through plain Values too")
    options = made.parse_args(argv)

    names = read_names(options.file, options.seed)
    shape = Shape(options.width, options.heads)
    if options.eager:
        take_eager_step(names, shape, options.seed)
    single = train(names, shape, options.seed, options.steps, 1)
    batched = train(names, shape, options.seed, options.batches, BATCH)
    invented = sample(batched.training, options.seed)
    style.publish(
        "microgpt",
        "microgpt",
        "A transformer of 4,192 scalars learns what names look like, one letter after another.",
        table(single, batched, invented),
        {"microgpt": "The loss of each step, and what the model expects after the beginning of a name"},
        look_inside(
            "microgpt",
            "one position of the model",
            one_position(names, shape, options.seed),
            record_small(options.seed),
            "two positions of a model 2 wide with two letters",
        ),
    )
    style.save(picture(single, batched), "microgpt")


class Training:
    """Adam's steps on names by compiled code, which is made once for each length, when it is first needed."""

    def __init__(self, model: GPT, names: Names, steps: int) -> None:
        self.model, self.names, self.steps, self.taken = model, names, steps, 0
        self.theta = np.array([p.data for p in model.parameters()])
        self.m, self.v = np.zeros_like(self.theta), np.zeros_like(self.theta)
        self.losses: dict[int, CompiledFunction] = {}
        self.update = compile(
            lambda data, grad, m, v, step, lr: Adam.rule(data, grad, (m, v), step, lr, BETA1, BETA2, EPSILON),
            fastmath=True,
        )

    def compile_loss(self, length: int) -> CompiledFunction:
        if length not in self.losses:
            example = [array[0].tolist() for array in self.names.numbers(self.names.documents[:1], length, length)]
            self.losses[length] = compile(
                lambda numbers, weights: loss(self.model, numbers, weights),
                self.model.parameters(),
                example=example,
                fastmath=True,
            )
        return self.losses[length]

    def gradient(self, documents: Sequence[str]) -> tuple[float, Any]:
        """Return the mean loss of some names, and its gradient.

        A name alone is padded to one of a few lengths; of many, all are padded to the longest, which is compiled once.
        """
        most, by_length = self.model.shape.positions, {}
        for name in documents:
            positions = count_guesses(name, most)
            fitting = [n for n in LENGTHS if positions <= n <= most] if len(documents) == 1 else []
            length = min(fitting, default=most)
            by_length.setdefault(length, []).append(name)
        total, gradient = 0.0, np.zeros_like(self.theta)
        for length, some in sorted(by_length.items()):
            columns = self.names.numbers(some, length, most)
            found, slopes = self.compile_loss(length).value_and_grad(*columns, theta=self.theta)
            total, gradient = total + found, gradient + slopes
        return float(total) / len(documents), gradient / len(documents)

    def step(self, documents: Sequence[str]) -> float:
        """Move the parameters once, along a rate that falls to 0; return the mean loss before."""
        found, gradient = self.gradient(documents)
        rate = LEARNING_RATE * (1.0 - self.taken / self.steps)
        self.taken += 1
        self.theta, (self.m, self.v) = self.update(self.theta, gradient, self.m, self.v, float(self.taken), rate)
        return found

    def publish(self) -> None:
        """Write the numbers back to the model's parameters."""
        for p, x in zip(self.model.parameters(), self.theta.tolist(), strict=True):
            p.data = x


class Run(NamedTuple):
    """What training gave: the loss of each step, its time in seconds, and the time of all with compiling."""

    training: Training
    losses: list[float]
    seconds: float
    whole: float


def train(names: Names, shape: Shape, seed: int, steps: int, size: int) -> Run:
    """Train a new model for so many steps of so many names, and print how it goes."""
    began = time.perf_counter()
    training = Training(GPT(len(names.tokens), shape, seed), names, steps)
    documents, losses, times = cycle(names.documents), [], []
    for step in range(steps):
        chosen = list(islice(documents, size))
        before = time.perf_counter()
        losses.append(training.step(chosen))
        times.append(time.perf_counter() - before)
        if (step + 1) % max(1, steps // 5) == 0:
            print(f"step {step + 1:5,} of {size:2} names: loss {mean(losses[-100:]):.3f}")
    training.publish()
    run = Run(training, losses, median(times), time.perf_counter() - began)
    print(f"{1e6 * run.seconds:,.0f} us a step of {size}; {run.whole:.1f} s for all {steps:,}, with compiling\n")
    return run


def take_eager_step(names: Names, shape: Shape, seed: int) -> None:
    """Print what one step takes through plain `Value`s, beside compiled code, and both losses."""
    model = GPT(len(names.tokens), shape, seed)
    training, some = Training(model, names, 1), names.documents[:1]
    training.gradient(some)  # compiles
    training.update(training.theta, training.theta, training.m, training.v, 1.0, 0.0)
    seconds, losses = [], []
    optimizer = Adam(model.parameters(), LEARNING_RATE, BETA1, BETA2, EPSILON)
    count = count_guesses(some[0], shape.positions)
    numbers, weights = (array[0].tolist() for array in names.numbers(some, count, count))

    def eager() -> float:
        found = loss(model, numbers, weights)
        found.backward()
        optimizer.step()
        return found.data

    for step in (lambda: training.step(some), eager):
        began = time.perf_counter()
        losses.append(step())
        seconds.append(time.perf_counter() - began)
    print(f"a step of {some[0]!r}: compiled {1e6 * seconds[0]:,.0f} us, through Values {1e6 * seconds[1]:,.0f} us")
    print(f"its loss: {losses[0]!r} and {losses[1]!r}\n")


def sample(training: Training, seed: int, count: int = SAMPLES) -> list[str]:
    """Let the model write names: letter after letter, drawn by its probabilities, a row for each name."""
    model, names, random = training.model, training.names, Random(seed)
    size, length = len(names.tokens), min(max(LENGTHS[:3]), model.shape.positions)
    split = [slice(k * size, (k + 1) * size) for k in range(length)]
    guess = compile(
        lambda numbers: model([numbers[part] for part in split]),
        model.parameters(),
        example=[[0.0] * (size * length)],
        fastmath=True,
    )
    written = [END] * count
    numbers = np.zeros((count, length + 1, size))
    numbers[:, 0, 0] = 1.0
    ended = [False] * count
    for place in range(length):
        logits = guess(numbers[:, :length].reshape(count, -1))[place]
        for row, scores in enumerate(np.transpose(logits).tolist()):
            chances = [exp((x - max(scores)) / TEMPERATURE) for x in scores]
            (token,) = random.choices(range(size), chances)
            numbers[row, place + 1, token] = 1.0
            ended[row] = ended[row] or names.tokens[token] == END
            written[row] += END if ended[row] else names.tokens[token]
    return written


def expected_next(training: Training, beginning: str) -> list[float]:
    """Return the probability of each token after the beginning of a name."""
    names = training.names
    numbers = names.numbers([beginning], len(beginning), len(beginning))[0]
    tokens = numbers.reshape(len(beginning) + 1, -1).tolist()
    return [share.data for share in softmax(training.model(tokens)[-1])]


def one_position(names: Names, shape: Shape, seed: int) -> Value:
    """Give the loss of the first letter of a name, to be drawn."""
    numbers, weights = (array[0].tolist() for array in names.numbers(names.documents[:1], 1, 1))
    drawn = loss(GPT(len(names.tokens), shape, seed), numbers, weights)
    drawn.backward()
    return drawn


def record_small(seed: int) -> Recording:
    """Record the pass of a model small enough to play: two letters, two positions, one head, 2 wide."""
    names = Names(["ab"], [END, "a", "b"])
    numbers, weights = (array[0].tolist() for array in names.numbers(["ab"], 2, 2))
    root = loss(GPT(3, Shape(width=2, heads=1, positions=2), seed), numbers, weights)
    root.label = "E"
    return record_steps(root)


def table(single: Run, batched: Run, invented: Sequence[str]) -> list[Row]:
    """Compare with what Karpathy reports of his script, on other names."""
    first, last = mean(batched.losses[:1]), mean(single.losses[-100:])
    steps = len(single.losses)
    return [
        Row("parameters", "4,192", f"{len(single.training.theta):,}"),
        Row("loss, first step", "3.3", f"{first:.2f}"),
        Row("loss, last step", "2.37", f"{last:.2f}", f"the mean of the last 100 of {steps:,} steps of one name"),
        Row(f"the same, {BATCH} names a step", "", f"{mean(batched.losses[-10:]):.2f}", f"{len(batched.losses)} steps"),
        Row("all steps", "1 min", f"{single.whole:.1f} s", "with compiling; 1,000 steps in the source"),
        Row("a step of one name", "", f"{1e6 * single.seconds:,.0f} µs"),
        Row(f"a step of {BATCH}, for each name", "", f"{1e6 * batched.seconds / BATCH:,.0f} µs"),
        Row("invented", "", ", ".join(sorted(invented)[:3]), ", ".join(sorted(invented)[3:])),
    ]


def picture(single: Run, batched: Run) -> Figure:
    """Draw the losses, and what the model expects after the beginning of a name."""
    figure = Figure(figsize=(8.4, 3.6))
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    for run, color, told in ((single, style.BLUE, "one name a step"), (batched, style.ORANGE, f"{BATCH} names a step")):
        share = [(k + 1) / len(run.losses) for k in range(len(run.losses))]
        window = max(1, len(run.losses) // 20)
        smooth = [mean(run.losses[max(0, k - window) : k + 1]) for k in range(len(run.losses))]
        left.plot(share, smooth, color=color, label=told)
    left.set(xlabel="share of the steps", ylabel="loss, mean of the last steps")
    left.legend()
    tokens = batched.training.names.tokens
    beginning = batched.training.names.documents[0][:2]
    chances = sorted(zip(expected_next(batched.training, beginning), tokens, strict=True), reverse=True)[:10]
    right.barh(
        [token or "end" for _, token in chances][::-1], [chance for chance, _ in chances][::-1], color=style.BLUE
    )
    right.set(xlabel=f"probability after {beginning!r}")
    right.grid(visible=False, axis="y")
    return figure


if __name__ == "__main__":
    main()
