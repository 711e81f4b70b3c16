"""Losses: loss(output, target) says how wrong a model's output is.

The output is what a model gives: a number or `Value`, or a list of them. The target has the same shape, save for
`cross_entropy`. Every loss is one straight line of arithmetic whatever the numbers are, so it can be compiled, and a
target may be a `Value` too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeAlias

from autograd.functions import dot, log_softmax, logsumexp, sum, where
from autograd.ops import relu, softplus
from autograd.value import Value

Number: TypeAlias = Value | float
Output: TypeAlias = Number | Sequence[Number]


def half_squared_error(output: Output, target: Output, tolerance: float = 0.0) -> Any:
    """Give 1/2 sum of (output - target)**2, whose derivative is output - target: the error of the 1986 paper.

    With a tolerance, an output that is no further from its target counts as no error, and gets no gradient: with 0.2
    and targets 0 and 1, those below 0.2 and above 0.8, as in figure 4 of the paper. The loss jumps there. To train with
    it: `fit(..., loss=functools.partial(half_squared_error, tolerance=0.2))`.
    Source: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (1986), eq. 3.

    >>> half_squared_error([1.0, 3.0], [0.0, 1.0])
    2.5
    >>> half_squared_error([0.9, 0.5], [1.0, 0.0], tolerance=0.2)
    0.125
    """
    errors = [o - t for o, t in paired(output, target)]
    if tolerance != 0.0:
        errors = [beyond(error, tolerance) for error in errors]
    return 0.5 * total([error**2 for error in errors])


def mean_squared_error(output: Output, target: Output) -> Any:
    """Give the mean of (output - target)**2 over the outputs.

    >>> mean_squared_error([1.0, 3.0], [0.0, 1.0])
    2.5
    """
    return mean([(o - t) ** 2 for o, t in paired(output, target)])


def binary_cross_entropy_with_logits(output: Output, target: Output) -> Any:
    """Give -t log p - (1 - t) log(1 - p), the mean over the outputs, where p = sigmoid(output).

    The outputs are logits: the last layer has the activation identity, not sigmoid. Targets are probabilities, 0 to 1.
    It is computed as softplus(output) - target * output, which no logit overflows.
    """
    return mean([softplus(z) - probability(t) * z for z, t in paired(output, target)])


def cross_entropy(output: Sequence[Number], target: Output) -> Any:
    """Give -log p[target], where p = softmax(output), without overflow; the outputs are logits, two or more.

    The target is the number of the right class, counted from 0, or a list of the probabilities q of the classes, for
    which the loss is -sum of q log p.
    """
    if isinstance(output, Value | Real):
        raise ValueError(
            f"expected a list of logits, one for each class, got {output!r}: for a single logit there is "
            "binary_cross_entropy_with_logits"
        )
    if not isinstance(target, Value | Real):
        pairs = paired(output, target)
        return -dot([t for _, t in pairs], log_softmax([z for z, _ in pairs]))
    # In this order, and not the other, the backward pass goes through the logits in the same order whichever is chosen.
    return -(chosen(output, target) - logsumexp(output))


def hinge_loss(output: Output, target: Output) -> Any:
    """Give max(0, 1 - target * output), the mean over the outputs, for targets -1 and 1.

    >>> hinge_loss(0.25, 1), hinge_loss(0.25, -1), hinge_loss(3.0, 1)
    (0.75, 1.25, 0.0)
    """
    return mean([relu(1.0 - signed(t) * o) for o, t in paired(output, target)])


def beyond(error: Any, tolerance: float) -> Any:
    """Give the error if it is larger than the tolerance, in size, else 0; a nan stays one."""
    if not 0.0 <= tolerance < math.inf:
        raise ValueError(f"tolerance must be a finite number >= 0, got {tolerance!r}")
    return where(abs(error) <= tolerance, 0.0, error)


def chosen(output: Sequence[Number], target: Number) -> Number:
    """Select output[target]. A target that is a `Value` selects by arithmetic, so that a graph serves every class."""
    if isinstance(target, Value):
        return sum([where(target - float(k), 0.0, z) for k, z in enumerate(output)])
    if target not in range(len(output)):
        raise ValueError(f"expected the number of a class, 0 to {len(output) - 1}, as target, got {target!r}")
    return output[int(target)]


def paired(output: Output, target: Output) -> list[tuple[Any, Any]]:
    """Put each output beside its target."""
    outputs, targets = listed(output), listed(target)
    if len(outputs) != len(targets):
        raise ValueError(f"expected as many targets as outputs, got {len(targets)} targets for {len(outputs)} outputs")
    return list(zip(outputs, targets, strict=True))


def listed(x: Output) -> list[Any]:
    return [x] if isinstance(x, Value | float | Real) else list(x)


def probability(target: Number) -> Number:
    """Refuse a target that is no probability; one that is a `Value` is taken as it is."""
    if isinstance(target, Value) or 0.0 <= target <= 1.0:
        return target
    raise ValueError(f"expected a target from 0 to 1, got {target!r}")


def signed(target: Number) -> Number:
    """Refuse a target that is no sign; one that is a `Value` is taken as it is."""
    if isinstance(target, Value) or target in (-1.0, 1.0):
        return target
    raise ValueError(f"expected -1 or 1 as target, got {target!r}")


def total(terms: list[Any]) -> Any:
    return terms[0] if len(terms) == 1 else sum(terms)


def mean(terms: list[Any]) -> Any:
    return terms[0] if len(terms) == 1 else sum(terms) / float(len(terms))
