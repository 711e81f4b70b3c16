"""Any input: a fuzzer over the public names of `autograd` and `nn`, and labels made to do harm.

A Hypothesis state machine calls whatever is public with whatever comes: `Value`s and networks that earlier calls made,
numbers at every edge, and things that are no numbers at all. Only the documented exceptions may leave, with a message
that can be printed, and what was there before is then as it was: data, gradients, graphs, weights, optimizers.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from anything import BINARY, FUNCTIONS, LOSSES, MADE, METHODS, NUMBERS, ODD, PUBLIC, ROUNDS, ROWS, SIZES, UNARY, WORDS
from claims import Claim, share_of, tell
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test
from labels import labels_are_text
from words import words_are_ours

import autograd
import nn
from autograd import Value, observing
from nn import Module, Optimizer

RUNS: Final = 400
CALLS: Final = 50  # a run
LOTS: Final = 60  # graphs of labels
LONG: Final = 2000  # characters; no message may be longer

ALWAYS: Final = (TypeError, ValueError)
DOCUMENTED: Final[dict[str, tuple[type[Exception], ...]]] = {
    "grad": (RuntimeError,),  # what was recorded, mixed with data assigned since
    "hessian": (RuntimeError,),
    "check_grads": (AssertionError, RuntimeError),
    "fit": (FloatingPointError,),
    "load": (OSError,),
    "save": (OSError,),
    "load_recording": (OSError,),
}
MIDWAY: Final = (FloatingPointError,)  # fit stops after steps that it has taken; `training.py` tries what it keeps

seen: Counter[str] = Counter()


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz, and look at labels."""
    share = share_of("Call everything public with anything, and draw labels made to do harm.", arguments)
    claims = [fuzz(max(10, int(share * RUNS))), words_are_ours(), *labels_are_text(max(2, int(share * LOTS)))]
    return tell("inputs", claims)


def fuzz(runs: int) -> Claim:
    """Run the machine, and say what left that should not."""
    seen.clear()
    wrong = ""
    with contextlib.chdir(tempfile.mkdtemp()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run_state_machine_as_test(Machine, settings=how(runs))  # type: ignore[no-untyped-call]
        except Exception as error:
            wrong = f"{error!r:.300}"
    return Claim(
        "whatever is passed to a public name, only documented exceptions leave, and nothing has changed then",
        f"a Hypothesis state machine, {runs} runs of up to {CALLS} calls, with values, networks and optimizers that it "
        "made, numbers at every edge, and what is no number",
        seen["called"],
        wrong or f"none else; {seen['refused']:,} calls were refused",
        not wrong,
    )


def how(runs: int) -> settings:
    return settings(
        max_examples=runs, stateful_step_count=CALLS, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip


class Machine(RuleBasedStateMachine):
    """Everything made so far, and calls that use it."""

    values, modules, optimizers = Bundle("values"), Bundle("modules"), Bundle("optimizers")
    one = values | values | values | st.sampled_from(NUMBERS) | st.sampled_from(ODD)
    several = st.lists(values, min_size=1, max_size=3) | st.lists(one, max_size=3)
    any_ = one | several | st.sampled_from(FUNCTIONS) | modules | optimizers
    arguments = st.lists(values, min_size=1, max_size=2) | st.lists(any_, min_size=1, max_size=3)

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Any] = []

    @initialize(target=values)
    def some(self) -> Any:
        return self.kept(Value(0.5, "x"), Value(-2.0, "\x1b[31my\n"))

    @initialize(target=modules)
    def networks(self) -> Any:
        return self.kept(nn.MLP(2, [2, 1]), nn.Neuron(1))

    @initialize(target=optimizers)
    def descent(self) -> Any:
        return self.kept(nn.SGD(nn.Neuron(2).parameters(), lr=0.1))

    @rule(target=values, x=any_, label=any_)
    def make(self, x: Any, label: Any) -> Any:
        return self.attempt("Value", Value, x, label)

    @rule(target=values, f=st.sampled_from(BINARY), x=values, z=one, swapped=st.booleans())
    def operate(self, f: Any, x: Value, z: Any, swapped: bool) -> Any:
        return self.attempt(name_of(f), f, *((z, x) if swapped else (x, z)))

    @rule(target=values, f=st.sampled_from(UNARY), x=values)
    def look(self, f: Any, x: Value) -> Any:
        return self.attempt(name_of(f), f, x)

    @rule(target=values, name=st.sampled_from(METHODS), x=values, more=st.lists(any_, max_size=1))
    def method(self, name: str, x: Value, more: list[Any]) -> Any:
        attribute = getattr(x, name)
        return self.attempt(name, attribute, *more) if callable(attribute) else multiple()

    @rule(target=values, f=st.sampled_from(PUBLIC), xs=arguments)
    def function(self, f: Any, xs: list[Any]) -> Any:
        return self.attempt(name_of(f), f, *xs)

    @rule(x=values, number=st.floats() | st.integers(-3, 3), field=st.sampled_from(["data", "grad"]))
    def assign(self, x: Value, number: float, field: str) -> None:
        setattr(x, field, number)

    sizes = st.lists(st.sampled_from(SIZES), max_size=2)

    @rule(target=modules, f=st.sampled_from(MADE), xs=sizes, w=st.sampled_from(WORDS))
    def build(self, f: Any, xs: list[Any], w: Any) -> Any:
        return self.attempt(name_of(f), f, *xs, w)

    @rule(target=values, model=modules, row=any_ | st.sampled_from(ROWS))
    def apply(self, model: Module, row: Any) -> Any:
        return self.attempt("a model", model, row)

    @rule(model=modules, other=modules, key=any_, x=any_)
    def load(self, model: Module, other: Module, key: Any, x: Any) -> None:
        state: Any = other.state_dict()
        with contextlib.suppress(TypeError):  # a key that cannot be hashed
            state[key] = x
        self.attempt("load_state_dict", model.load_state_dict, state)
        self.attempt("load_state_dict", model.load_state_dict, x)

    @rule(target=optimizers, f=st.sampled_from([nn.SGD, nn.Adam]), model=modules, xs=arguments)
    def optimize(self, f: Any, model: Module, xs: list[Any]) -> Any:
        return self.attempt(name_of(f), f, model.parameters(), *xs)

    @rule(optimizer=optimizers, lr=one)
    def step(self, optimizer: Any, lr: Any) -> None:
        before, optimizer.lr = optimizer.lr, lr
        self.attempt("step", optimizer.step)
        optimizer.lr = before

    @rule(
        model=modules, optimizer=st.none() | optimizers, loss=st.sampled_from(LOSSES), rows=st.sampled_from(ROWS),
        goals=st.sampled_from(ROWS), epochs=st.sampled_from(ROUNDS), batch_size=st.sampled_from(ROUNDS),
    )  # fmt: skip
    def train(self, model: Module, optimizer: Any, rows: Any, goals: Any, **settings: Any) -> None:
        """Train with an optimizer of its own, or with any."""
        settings |= {"optimizer": optimizer or nn.SGD(model.parameters(), lr=0.1), "progress": False}
        self.attempt("fit", lambda: nn.fit(model, rows, goals, **settings))

    @rule(f=st.sampled_from([nn.load, autograd.load_recording, nn.save]), xs=st.lists(one, min_size=1, max_size=2))
    def file(self, f: Any, xs: list[Any]) -> None:
        if not isinstance(xs[0], int):  # which would be a file that is open already
            self.attempt(name_of(f), f, *xs)

    def attempt(self, name: str, f: Callable[..., Any], *xs: Any) -> Any:
        """Call, and give what came for the bundle; whatever is refused must be documented and change nothing."""
        before = self.state()
        seen["called"] += 1
        try:
            result = f(*xs)
        except (*ALWAYS, *DOCUMENTED.get(name, ())) as error:
            return self.refused(error, before)
        wanted = Module if name in map(name_of, MADE) else Optimizer if isinstance(result, Optimizer) else Value
        return self.kept(*[x for x in flat(result) if isinstance(x, wanted)][:3])

    def refused(self, error: Exception, before: str) -> Any:
        """See that a refusal says something, and that it left everything as it was."""
        seen["refused"] += 1
        said = str(error)
        assert 0 < len(said) < LONG, said
        assert said.replace("\n", "").isprintable(), said
        assert isinstance(error, MIDWAY) or self.state() == before, f"it was refused, and changed something: {said}"
        return multiple()

    def kept(self, *made: Any) -> Any:
        self.known += made
        return multiple(*made)

    def state(self) -> str:
        """Write down everything that a call could have changed."""
        things = [(observing.record_observers, observing.backward_observers)]
        return repr([*things, *[facts(known) for known in self.known]])


def facts(known: Any) -> Any:
    """Write down a `Value` with where it points to, a module with its weights, or an optimizer with what it holds."""
    if isinstance(known, Value):
        return known.data, known.grad, known.label, known.op, [*map(id, known.inputs)], known.partials, known.source
    if isinstance(known, Module):
        return [(name, facts(found)) for name, found in known.named_parameters()]
    return [(name, x) for name, x in vars(known).items() if name != "parameters"], [*map(facts, known.parameters)]


def flat(result: Any) -> Iterator[Any]:
    if isinstance(result, list | tuple):
        for item in result[:3]:
            yield from flat(item)
    else:
        yield result


def name_of(f: Any) -> str:
    return getattr(f, "__name__", None) or getattr(f, "name", "")


if __name__ == "__main__":
    sys.exit(main())
