"""Losses: loss(output, target) returns how wrong a model's output is.

The output is what a model returns: a number or `Value`, or a list of them. The target has the same shape, except for
`cross_entropy`. Losses do the same arithmetic whatever the numbers are, so that they can be compiled; a target may be
a `Value` too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from numbers import Real
from typing import Any, TypeAlias

from autograd.functions import dot, log_softmax, logsumexp, sum, where
from autograd.ops import as_float, relu, softplus
from autograd.value import Value

Number: TypeAlias = Value | float
Output: TypeAlias = Number | Sequence[Number]


def half_squared_error(output: Output, target: Output, tolerance: float = 0.0) -> Any:
    """Return 1/2 sum of (output - target)**2, whose derivative is output - target: the error of the 1986 paper.

    An output within `tolerance` of its target counts as no error, and gets no gradient: with 0.2 and targets 0 and 1,
    outputs below 0.2 and above 0.8, as in figure 4 of the paper. The loss jumps there.
    To train with it: `fit(..., loss=functools.partial(half_squared_error, tolerance=0.2))`.
    Source: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (1986), eq. 3.

    >>> half_squared_error([1.0, 3.0], [0.0, 1.0])
    2.5
    >>> half_squared_error([0.9, 0.5], [1.0, 0.0], tolerance=0.2)
    0.125
    """
    errors = [o - t for o, t in pairs(output, target)]
    if tolerance != 0.0:
        errors = [outside_tolerance(error, tolerance) for error in errors]
    return 0.5 * total([error**2 for error in errors])


def mean_squared_error(output: Output, target: Output) -> Any:
    """Return the mean of (output - target)**2 over the outputs.

    >>> mean_squared_error([1.0, 3.0], [0.0, 1.0])
    2.5
    """
    return mean([(o - t) ** 2 for o, t in pairs(output, target)])


def binary_cross_entropy_with_logits(output: Output, target: Output) -> Any:
    """Return -t log p - (1 - t) log(1 - p), the mean over the outputs, where p = sigmoid(output).

    The outputs are logits: the last layer has the activation identity, not sigmoid. Targets are probabilities, 0 to 1.
    Computed as softplus(output) - target * output, which does not overflow.
    """
    return mean([softplus(z) - check_probability(t) * z for z, t in pairs(output, target)])


def cross_entropy(output: Sequence[Number], target: Output) -> Any:
    """Return -log p[target], where p = softmax(output), without overflow; the outputs are logits, two or more.

    The target is the number of the right class, counted from 0, or a list of the probabilities q of the classes, for
    which the loss is -sum of q log p.
    """
    if isinstance(output, Value | Real):
        raise ValueError(
            f"cross_entropy: expected a list of logits, one for each class, got {output!r:.60}: for a single "
            "logit there is binary_cross_entropy_with_logits"
        )
    output = as_numbers("output", output)
    if not output:
        raise ValueError("cross_entropy: expected a list of logits, one for each class, got an empty one")
    if not isinstance(target, Value | Real):
        logits, probabilities = zip(*pairs(output, target), strict=True)
        return -dot(check_distribution(probabilities), log_softmax(logits))
    # In this order the backward pass visits the logits in the same order whichever class is selected.
    return -(select_class(output, target) - logsumexp(output))


def hinge_loss(output: Output, target: Output) -> Any:
    """Return max(0, 1 - target * output), the mean over the outputs, for targets -1 and 1.

    >>> hinge_loss(0.25, 1), hinge_loss(0.25, -1), hinge_loss(3.0, 1)
    (0.75, 1.25, 0.0)
    """
    return mean([relu(1.0 - check_sign(t) * o) for o, t in pairs(output, target)])


def outside_tolerance(error: Any, tolerance: float) -> Any:
    """Return the error, or 0 if its size is at most the tolerance; nan stays nan."""
    if not 0.0 <= tolerance < math.inf:
        raise ValueError(f"tolerance must be a finite number >= 0, got {tolerance!r}")
    return where(abs(error) <= tolerance, 0.0, error)


def select_class(output: Sequence[Number], target: Number) -> Number:
    """Return output[target]. A target that is a `Value` selects by arithmetic, so that one graph serves every class."""
    if isinstance(target, Value):
        return sum([where(target - float(k), 0.0, z) for k, z in enumerate(output)])
    if target not in range(len(output)):
        raise ValueError(f"expected the number of a class, 0 to {len(output) - 1}, as target, got {target!r}")
    return output[int(target)]


def pairs(output: Output, target: Output) -> list[tuple[Any, Any]]:
    """Return each output with its target, or refuse lists of different lengths."""
    outputs, targets = as_numbers("output", output), as_numbers("target", target)
    if len(outputs) != len(targets):
        raise ValueError(f"expected as many targets as outputs, got {len(targets)} targets for {len(outputs)} outputs")
    return list(zip(outputs, targets, strict=True))


def as_numbers(name: str, x: Output) -> list[Any]:
    """Return the numbers and `Value`s of an output or a target as a list."""
    single = isinstance(x, Value | Real) or getattr(x, "shape", None) == ()
    if not single and (isinstance(x, str | bytes | Mapping | Set) or not isinstance(x, Iterable)):
        raise TypeError(f"{name}: expected a number, a Value or a list of them, got {x!r:.60}")
    numbers: list[Any] = [x] if single else list(x)  # type: ignore[arg-type]
    return [z if hasattr(z, "__autograd_op__") else as_float(z, name) for z in numbers]


def check_probability(target: Number) -> Number:
    """Return the target, or refuse a number outside 0 to 1; a `Value` is not checked."""
    if isinstance(target, Value) or 0.0 <= target <= 1.0:
        return target
    raise ValueError(f"expected a target from 0 to 1, got {target!r}")


def check_distribution(targets: Sequence[Number]) -> Sequence[Number]:
    """Return the targets, or refuse numbers that are not probabilities with the sum 1; `Value`s are not checked.

    The sum may be off by 1e-4, as that of many probabilities in single precision is.
    """
    numbers = [check_probability(t) for t in targets if not isinstance(t, Value)]
    if len(numbers) == len(targets) and abs(math.fsum(numbers) - 1.0) > 1e-4:  # type: ignore[arg-type]
        raise ValueError(
            f"expected the probabilities of the classes, which add up to 1, as target, got {list(targets)!r:.60}, "
            f"which adds up to {math.fsum(numbers):.6g}"  # type: ignore[arg-type]
        )
    return targets


def check_sign(target: Number) -> Number:
    """Return the target, or refuse a number other than -1 and 1; a `Value` is not checked."""
    if isinstance(target, Value) or target in (-1.0, 1.0):
        return target
    raise ValueError(f"expected -1 or 1 as target, got {target!r}")


def total(terms: list[Any]) -> Any:
    return terms[0] if len(terms) == 1 else sum(terms)


def mean(terms: list[Any]) -> Any:
    return terms[0] if len(terms) == 1 else sum(terms) / float(len(terms))
