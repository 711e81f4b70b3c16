"""Tracing for native training: the loss of one row as a compiled function, and what tracing cannot follow.

A traced function is called once, for all rows and epochs. What would differ from call to call is supplied as columns
(the draws of `nn.Noise`) or refused: a module or an optimizer that changes itself when it is called, draws of its own,
a branch on data, and methods that native training never calls.
"""

from __future__ import annotations

import random as global_random
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from math import isnan
from random import Random
from typing import TYPE_CHECKING, Any, Final

from autograd.graph import computed_order
from autograd.ops import PARAMETER
from autograd.value import Value
from nn.data import Row
from nn.module import BOOKKEEPING, Module
from nn.noise import Noise, draw_from, record_draws, take_draws
from nn.optimizers import Optimizer
from nn.task import FunctionModel, Task

if TYPE_CHECKING:
    from autograd.compiler.runtime.function import CompiledFunction
    from autograd.compiler.runtime.training_loop import Descent

CHECKED_EDGES: Final = 200_000  # of recorded rows that are compared with compiled ones: a fraction of a second
POINTS: Final = ((0.5, 0.75), (-1.25, -3.0), (2.0, 0.0), (0.0, 40.0))  # data and gradients on which rules are compared


def trace_loss(task: Task, weighted: bool = True) -> tuple[CompiledFunction, list[Noise]]:
    """Compile the loss of one row, traced on the first, as a function of inputs, targets, weight, draws and parameters.

    Returns it with the modules whose draws it takes, in the order in which they ask.
    """
    from autograd.compiler import CompiledFunction, GuardError, TraceError
    from autograd.compiler.frontend.trace import trace

    row = task.rows[0]
    targets, weights = as_list(row.target), as_list(row.weight) if weighted else []
    sources, draws = noise_sources(task, row)
    ends = [len(row.inputs), len(row.inputs) + len(targets), len(row.inputs) + len(targets) + len(weights)]

    def row_loss(*xs: Any) -> Any:
        inputs, target, weight = list(xs[: ends[0]]), list(xs[ends[0] : ends[1]]), xs[ends[1] : ends[2]]
        with take_draws(xs[ends[2] :]):
            return task.row_loss(inputs, target if isinstance(row.target, list) else target[0], *weight)

    trained = task.optimizer.parameters
    fixed = untrained_parameters(task, row)
    try:
        with as_plain_leaves(fixed):
            # Not far from the first row: all rows are compared with eager ones, by `check_rows`.
            found = trace(row_loss, trained, [*row.inputs, *targets, *weights, *draws], far=False)
        return CompiledFunction(found.program, found.structure, trained, fastmath=False), sources
    except (GuardError, TraceError):
        raise
    except Exception as error:
        raise TypeError(
            "native=True traces the model and the loss on Values in place of numbers, and that failed with "
            f"{type(error).__name__}: {error}. Use where(target > 0.5, a, b) in place of an if or an index, "
            "nn.cross_entropy for the numbers of classes, or leave native out"
        ) from error


def noise_sources(task: Task, row: Row) -> tuple[list[Noise], list[float]]:
    """Return the modules that draw for a row, in the order in which they ask, and one draw of each."""
    sources: list[Noise] = []
    with record_draws(sources, Random(0)):
        task.row_loss(row.inputs, row.target, row.weight)
    random = Random(0)
    return sources, [source.draw(random) for source in sources]


def untrained_parameters(task: Task, row: Row) -> list[Value]:
    """Return the parameters that are not trained: the model's, and those that the loss of a row uses besides."""
    of_model, loss = task.model.parameters(), record_loss(task, row)
    used = [x for node in computed_order([loss]) for x in node.inputs if x.op is PARAMETER]
    return list({*of_model, *used} - {*task.optimizer.parameters})


@contextmanager
def as_plain_leaves(parameters: Sequence[Value]) -> Iterator[None]:
    """Make plain leaves of untrained parameters during the trace, which takes those as constants."""
    ops = [parameter.op for parameter in parameters]
    for parameter in parameters:
        parameter.op = None
    try:
        yield
    finally:
        for parameter, op in zip(parameters, ops, strict=True):
            parameter.op = op


def check_followed(task: Task) -> None:
    """Refuse, by name, what native training would not call, and what changes itself when it is called."""
    optimizer, row = task.optimizer, task.rows[0]
    for name in ("step", "zero_grad", "hyperparameters", "constant_runs"):
        if getattr(type(optimizer), name) is not getattr(Optimizer, name) or name in vars(optimizer):
            raise TypeError(
                f"native=True compiles the optimizer's rule and never calls {type(optimizer).__name__}.{name}, which "
                "is overridden: put the arithmetic into `rule`, clip with clip_value= or clip_norm=, or leave native "
                "out"
            )
    refuse_changes("the model is called", own_modules(task.model), lambda: record_loss(task, row))
    check_schedules(optimizer)
    step, settings = optimizer.steps + 1, optimizer.hyperparameters()
    with in_step(optimizer, step):
        arguments = (1.0, 0.5, optimizer.start, float(step), *settings)
        refuse_changes("its rule is called", [optimizer], lambda: optimizer.rule(*arguments))


def check_schedules(optimizer: Optimizer) -> None:
    """Refuse a hyperparameter that is no function of the steps alone, which are what native training asks it for."""
    for steps in (optimizer.steps, optimizer.steps + 1):
        asked = optimizer.hyperparameters(steps), optimizer.hyperparameters(steps)
        with in_step(optimizer, steps):
            met = optimizer.hyperparameters()
        for (name, _, _), *numbers in zip(optimizer.ranges, *asked, met, strict=True):
            if not same_numbers(numbers[:1] * 2, numbers[1:]):
                raise TypeError(
                    f"{type(optimizer).__name__}.{name} is {numbers[0]} after {steps} steps, and asked again "
                    f"{numbers[2] if numbers[2] != numbers[0] else numbers[1]}: make it a number, or a function of the "
                    "number of steps alone, as in nn.schedules, or leave native out"
                )


def record_loss(task: Task, row: Row) -> Value:
    """Return the loss of a row, with draws of a generator that nothing else uses."""
    with draw_from(Random(0)):
        loss: Value = task.row_loss(row.inputs, row.target, row.weight)
    return loss


@contextmanager
def in_step(optimizer: Optimizer, step: int) -> Iterator[None]:
    """Let `optimizer.steps` be what a rule sees in this step."""
    taken, optimizer.steps = optimizer.steps, step
    try:
        yield
    finally:
        optimizer.steps = taken


def refuse_changes(occasion: str, holders: Sequence[Any], call: Any) -> None:
    """Call, and refuse an attribute that changes meanwhile; compiled code would go without the change."""
    before = {(id(holder), key): snapshot(x) for holder in holders for key, x in attributes(holder)}
    drawn = global_random.getstate()
    call()
    if global_random.getstate() != drawn:
        raise TypeError(
            f"the module `random` is drawn from when {occasion}: compiled code would repeat one draw. Use nn.Dropout "
            "or a subclass of nn.Noise, whose draws native training follows, or leave native out"
        )
    for holder in holders:
        for key, x in attributes(holder):
            if (id(holder), key) not in before or before[id(holder), key] != snapshot(x):
                raise TypeError(
                    f"{type(holder).__name__}.{key} changes when {occasion}, and compiled code would go without the "
                    "change: leave native out. For random draws use nn.Dropout or a subclass of nn.Noise"
                )


def attributes(holder: Any) -> list[tuple[str, Any]]:
    """Return the attributes that may change unseen; an optimizer's parameters and memory are the run's own."""
    own = ("parameters", "memory") if isinstance(holder, Optimizer) else BOOKKEEPING
    return [(name, x) for name, x in vars(holder).items() if name not in own]


def snapshot(x: Any) -> Any:
    """Return something that compares equal as long as x does not change; modules stand for themselves."""
    if isinstance(x, Random):
        return x.getstate()
    if isinstance(x, Value):
        return id(x), str(x.data)
    if hasattr(x, "bit_generator"):  # NumPy's generators
        return str(x.bit_generator.state)
    if hasattr(x, "tolist"):
        return str(x.tolist())
    if isinstance(x, Mapping):
        return [(key, snapshot(item)) for key, item in x.items()]
    if isinstance(x, list | tuple | Set):
        return [snapshot(item) for item in x]
    return x if isinstance(x, int | float | str | bytes | bool) else id(x)


def own_modules(model: Module) -> list[Any]:
    """Return the modules that are not `nn`'s own, and a plain object that serves as a model."""
    holders = [module.function if isinstance(module, FunctionModel) else module for module in model.modules()]
    return [
        holder for holder in holders if type(holder).__module__.split(".")[0] != "nn" and hasattr(holder, "__dict__")
    ]


def check_rows(task: Task, descent: Descent, sources: Sequence[Noise]) -> None:
    """Compare the compiled loss of the rows with the recorded one, and refuse to train if one differs.

    A function that branches on its data in a way that tracing cannot see gives another loss for some row.
    """
    from autograd.compiler import GuardError

    compiled_draws, eager_draws = Random(0), Random(0)
    for row in rows_to_check(task.rows, descent.edges):
        draws = [source.draw(compiled_draws) for source in sources]
        compiled = descent.row_loss([*row.inputs, *as_list(row.target), *as_list(row.weight), *draws])
        with draw_from(eager_draws):
            eager = task.row_loss(row.inputs, row.target, row.weight).data
        if not same_numbers([compiled], [eager]):
            raise GuardError(
                f"the loss of row {row.number} is {eager!r} as it is and {compiled!r} compiled: the model or the loss "
                "branches on its data, or reads something that changes. Use where(), maximum() or a comparison of "
                "Values in place of the branch, nn.Noise for random draws, or leave native out"
            )


def check_rule(optimizer: Optimizer, descent: Descent) -> None:
    """Compare the compiled rule with the optimizer's at a few points and steps, and refuse one that differs."""
    taken, memory, settings = optimizer.steps, optimizer.start, optimizer.hyperparameters()
    points = [(x, grad, step) for x, grad in POINTS for step in (1, taken + 1, taken + 2, taken + 1000)]
    compiled = descent.updates([[x, grad, *memory, float(step), 1.0, *settings] for x, grad, step in points])
    for (x, grad, step), moved in zip(points, compiled, strict=True):
        with in_step(optimizer, step):
            data, remembered = optimizer.rule(x, grad, memory, float(step), *settings)
        if not same_numbers([data, *remembered], moved):
            raise TypeError(
                f"{type(optimizer).__name__}.rule gives {data!r} for data {x}, gradient {grad} and step {step}, and "
                f"compiled {moved[0]!r}: it branches on its numbers, or reads something that changes in training, such "
                "as self.steps. Use where() and the argument `step`, or leave native out"
            )


def same_numbers(xs: Sequence[float], zs: Sequence[float]) -> bool:
    """Whether the numbers are equal one by one; nan equals nan."""
    return all(x == z or (isnan(x) and isnan(z)) for x, z in zip(xs, zs, strict=True))


def rows_to_check(rows: Sequence[Row], edges: int) -> list[Row]:
    """Return all rows, or, if that takes too long, the first row of each target and rows spread over the rest."""
    most = max(16, CHECKED_EDGES // max(edges, 1))
    if len(rows) <= most:
        return list(rows)
    firsts = list({str(row.target): row for row in reversed(rows)}.values())[::-1]
    return [*firsts[: most // 2], *rows[:: -(-len(rows) // (most // 2))]]


def as_list(x: Any) -> list[Any]:
    """Return a target or a weight as a list of numbers: of one, or of none for None."""
    return x if isinstance(x, list) else [] if x is None else [x]
