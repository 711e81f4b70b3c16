"""Training: the same bits on every way through `fit`, and a stop at the first nan or infinity, over ten demos.

The networks, data, losses, optimizers and settings are those of the demos' own calls of `fit` (`calls.py`), on copies,
with fewer rows and epochs.
"""

from __future__ import annotations

import copy
import hashlib
import math
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from calls import DEMOS, Call, caught, epochs_for, row_losses, train
from claims import Claim, share_of, tell

from nn import fit

SEEN: Final = 1200  # rows that a training of a small network goes through in all, over its epochs
SAID: Final = re.compile(r"step (\d+), row (\d+): log\(.*\) gave nan, at .*; the parameters are as they were before")


def main(arguments: Sequence[str] | None = None) -> int:
    """Catch every demo's call, and try it."""
    share = share_of("Train the demos' networks in every way, and break their training.", arguments)
    seen = max(100, int(share * SEEN))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a few epochs of a few rows may well be flat
        calls = {name: caught(name) for name in DEMOS}
        claims = [same_bits(calls, seen), same_process(calls, seen)]
        claims += [names_the_row(calls, seen), keeps_the_weights(calls), refuses_data(calls), goes_on(calls, seen)]
    return tell("training", claims)


# Bits


def same_bits(calls: dict[str, Call], seen: int) -> Claim:
    """Train eagerly and natively, twice each, in full batches and in small ones."""
    different, tried = [], 0
    for name, call in calls.items():
        for batch_size in (call.settings.get("batch_size"), 3):
            runs = [
                repr(train(call, epochs_for(call, seen), native, batch_size=batch_size))
                for native in (False, True, True, False)
            ]
            tried += len(runs)
            different += [f"{name}, batches of {batch_size}"] if len(set(runs)) > 1 else []
    return Claim(
        "the same seed gives the same bits in fit, eager and native: losses, parameters and the optimizer's memory",
        f"{len(calls)} demos' networks, losses and optimizers, in their own batches and in batches of 3, twice each",
        tried,
        "; ".join(different) or "no bit differs",
        not different,
    )


def bits(seen: int) -> str:
    """Digest all that training gives, in both ways."""
    calls = {name: caught(name) for name in DEMOS}
    runs = [train(call, epochs_for(call, seen), native) for call in calls.values() for native in (False, True)]
    return hashlib.sha256(repr(runs).encode()).hexdigest()


def same_process(calls: dict[str, Call], seen: int) -> Claim:
    """Train in two other processes, whose sets and dicts are ordered by other hashes."""
    code = f"import training, warnings; warnings.simplefilter('ignore'); print(training.bits({seen // 4}))"
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    return Claim(
        "the same seed gives the same bits in every process",
        f"two processes with other hash seeds, {len(calls)} demos, eager and native",
        4 * len(calls),
        "no bit differs" if len(found) == 1 else "the processes differ",
        len(found) == 1,
    )


# Anomalies


def names_the_row(calls: dict[str, Call], seen: int) -> Claim:
    """Break the loss of whichever row falls below a bound first, and see what is said and kept."""
    wrong: list[str] = []
    for name, call in calls.items():
        epochs = max(2, min(50, epochs_for(call, seen)))
        losses = row_losses(call, train(call, epochs, native=True)[1])
        bound = min(losses) * 1.001 + 1e-9

        def poison(output: Any, target: Any, call: Call = call, bound: float = bound) -> Any:
            row_loss = call.loss(output, target)
            return row_loss + 0.0 * (row_loss - bound).log()

        said, kept = zip(
            *[train_until_error(call, epochs + 1, native, poison) for native in (False, True)], strict=True
        )
        wrong += [f"{name}: {fault}" for fault in faults(call, said, kept, bound)]
    return Claim(
        "a loss that is not finite stops fit with step, row and node named, and the weights from before the step",
        f"{len(calls)} demos, eager and native; a loss that is nan below a bound, which one row's comes to",
        2 * len(calls),
        "; ".join(wrong) or "every row named is the one; eager and native say and keep the same",
        not wrong,
    )


def train_until_error(call: Call, epochs: int, native: bool, loss: Any, **changes: float) -> tuple[str, list[float]]:
    """Train until something breaks; give what was said, and the parameters as they are then."""
    model, optimizer = copy.deepcopy((call.model, call.optimizer))
    for name, x in changes.items():
        setattr(optimizer, name, x)
    settings = {"optimizer": optimizer, "loss": loss, "epochs": epochs, "native": native, "progress": False}
    try:
        fit(model, call.inputs, call.targets, **settings, **call.settings)
    except FloatingPointError as error:
        return str(error), [parameter.data for parameter in optimizer.parameters]
    return "nothing", []


def faults(call: Call, said: Sequence[str], kept: Sequence[list[float]], bound: float) -> Iterator[str]:
    """Yield what is wrong with what two runs said and kept."""
    found = SAID.match(said[0])
    if not found:
        yield f"it said {said[0]!r:.100}"
        return
    step, row = map(int, found.groups())
    if said[0] != said[1] or kept[0] != kept[1]:
        yield "eager and native differ"
    if not row_losses(call, kept[0])[row] < bound:
        yield f"row {row} is not to blame"
    if call.settings.get("batch_size") is None and step > 1 and kept[0] != train(call, step - 1, native=True)[1]:
        yield f"the weights are not those before step {step}"


def keeps_the_weights(calls: dict[str, Call]) -> Claim:
    """Make the very first update overflow."""
    wrong = []
    for name, call in calls.items():
        before = [parameter.data for parameter in call.optimizer.parameters]
        for native in (False, True):
            said, kept = train_until_error(call, 2, native, lambda o, t, call=call: 1e200 * call.loss(o, t), lr=1e200)
            right = re.match(r"step 1: each row is finite, but the (update took|optimizer would remember) ", said)
            if not right or kept != before:
                wrong.append(f"{name}: {said:.100}")
    return Claim(
        "an update that overflows stops fit with step and parameter named, and is not taken",
        f"{len(calls)} demos, eager and native; gradients of 1e200 at a learning rate of 1e200",
        2 * len(calls),
        "; ".join(wrong) or "no weight has moved",
        not wrong,
    )


def refuses_data(calls: dict[str, Call]) -> Claim:
    """Put a nan or an infinity into the data, or a weight."""
    wrong, tried = [], 0
    for name, call in calls.items():
        for bad in (math.nan, math.inf, -math.inf):
            inputs = [list(row) for row in call.inputs]
            row = len(inputs) * 2 // 3
            inputs[row][-1] = bad
            weight = copy.deepcopy(call)
            weight.optimizer.parameters[-1].data = bad
            targets = [bad if k == row else target for k, target in enumerate(call.targets)]
            expected = {
                f"inputs, row {row}: expected finite numbers": call._replace(inputs=inputs),
                f"targets, row {row}: expected finite numbers": call._replace(targets=targets),
                "expected a finite number to start from": weight,
            }
            for start, changed in expected.items():
                tried += 1
                wrong += [f"{name}: no {start}"] if start not in refusal(changed) else []
    return Claim(
        "a nan or an infinity in the data or the weights is refused before the first step, by row or name",
        f"{len(calls)} demos; nan, inf and -inf in an input, a target and a weight",
        tried,
        "; ".join(wrong) or "each is named",
        not wrong,
    )


def refusal(call: Call) -> str:
    try:
        train(call, 1, native=False)
    except ValueError as error:
        return str(error)
    return "nothing"


def goes_on(calls: dict[str, Call], seen: int) -> Claim:
    """Tell fit to go on: the same bits again, nan for nan."""
    wrong = []
    for name, call in calls.items():
        inputs = [list(row) for row in call.inputs]
        inputs[0][0] = math.nan
        poison, epochs = call._replace(inputs=inputs), min(5, epochs_for(call, seen))
        runs = [repr(train(poison, epochs, native, terminate_on_nan=False)[0]) for native in (False, True)]
        if runs[0] != runs[1] or "nan" not in runs[0]:
            wrong.append(f"{name}: {runs[0]:.60} and {runs[1]:.60}")
    return Claim(
        "told terminate_on_nan=False, fit takes a nan and goes on, with the same bits eager and native",
        f"{len(calls)} demos with a nan among the inputs",
        2 * len(calls),
        "; ".join(wrong) or "no bit differs",
        not wrong,
    )


if __name__ == "__main__":
    sys.exit(main())
