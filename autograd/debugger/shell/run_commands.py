"""The shell's commands that move and stop. Each is a few words around one method of the session."""

from __future__ import annotations

from autograd.debugger.shell.arguments import count, first_number, if_, numbers, refuse_argument, split_condition
from autograd.debugger.shell.conversation import COLLECTING, Conversation
from autograd.debugger.stops import Stop
from autograd.debugger.timeline.names import CommandError, plural


class RunCommands(Conversation):
    """Moving and stopping."""

    def do_step(self, arg: str) -> None:
        """s(tep) [count]

        Let the node at hand, or the next count nodes, pass their gradient on to their inputs.
        """
        self.show_stop(self.session.step(count(arg)))

    def do_next(self, arg: str) -> None:
        """n(ext) [count]

        Run until the pass comes to a node that another line of your program made.
        """
        self.show_stop(self.session.next(count(arg)))

    def do_finish(self, arg: str) -> None:
        """finish

        Run until the pass leaves the module at hand, a neuron or a layer; where there is none, to the end.
        """
        refuse_argument(arg, "finish")
        self.show_stop(self.session.finish())

    def do_stepi(self, arg: str) -> None:
        """stepi [count], or si

        Run one contribution, or count of them: one input's gradient grows by gradient * partial.
        """
        self.show_stop(self.session.stepi(count(arg)))

    def do_until(self, arg: str) -> None:
        """until [node | [file:]line | step number[.contribution]]

        Run until the node's gradient is complete, until a step of a node that the line made, or until the step of
        that number. Without any: until the pass leaves the module at hand (a neuron's label is
        layers.0.neurons.1...), or this line.
        """
        self.show_stop(self.session.until(arg))

    def do_goto(self, arg: str) -> None:
        """goto node | [file:]line | step number[.contribution] | start | end

        Jump there, forwards or backwards, past all stops. For a node: to where its gradient is complete. For a line:
        to the first step of the nodes that it made. A bare number is a line, as in break and until.
        """
        if not arg:
            raise CommandError("goto where? type goto and a node's name, goto 12 for a line, goto step 1, or goto end")
        self.show_stop(self.session.goto(arg))

    def do_restart(self, arg: str) -> None:
        """restart

        Jump back to the start of the pass.
        """
        refuse_argument(arg, "restart")
        self.show_stop(self.session.restart())

    def do_reverse_step(self, arg: str) -> None:
        """reverse-step [count], or rs

        Step backwards. Gradients are what they were there, to the last bit: the record is looked up again.
        """
        self.show_stop(self.session.reverse_step(count(arg)))

    def do_reverse_next(self, arg: str) -> None:
        """reverse-next [count], or rn

        Run backwards to the first step of this line's nodes; from there, of the line before.
        """
        self.show_stop(self.session.reverse_next(count(arg)))

    def do_reverse_stepi(self, arg: str) -> None:
        """reverse-stepi [count], or rsi

        Take back one contribution, or count of them.
        """
        self.show_stop(self.session.reverse_stepi(count(arg)))

    def do_reverse_continue(self, arg: str) -> None:
        """reverse-continue, or rc

        Run backwards to the breakpoint or watch before, or to the start.
        """
        refuse_argument(arg, "reverse-continue")
        self.show_stop(self.session.reverse_continue())

    # Stopping ---------------------------------------------------------------------------------------------------------

    def do_break(self, arg: str, temporary: bool = False) -> None:
        """b(reak) [node | op | module | [file:]line | predicate | nan | inf] [, condition]

        Stop before the steps of a node (w1, #4), an op (relu, *), a module (layers.0), the nodes that a line made
        (12, train.py:12), or where a predicate holds of the step's node: abs(grad) > 10, grad == 0,
        op == 'tanh' and abs(data) > 0.99. nan and inf stop where one turns up. Without argument: list the stops.
        """
        if not arg:
            self.say_stops([*self.session.stops.by_number.values()])
            return
        target, condition = self.split_target(arg)
        stop = self.session.break_(target, condition, temporary)
        where = "wherever it holds" if stop.test else f"before {plural(len(stop.places), 'step')}"
        self.say(f"breakpoint {stop.number} at {stop.target}{if_(stop)}: {where}")

    def do_tbreak(self, arg: str) -> None:
        """tbreak node | op | module | predicate [, condition]

        Stop there once: a breakpoint that is removed when it is hit.
        """
        self.do_break(arg, temporary=True)

    def do_watch(self, arg: str) -> None:
        """watch node [, condition]

        Stop after each contribution into a node's gradient; grad in the condition is what it has got so far.
        """
        if not arg:
            raise CommandError("watch what? type watch and a node's name")
        target, condition = self.split_target(arg)
        stop = self.session.watch(target, condition)
        self.say(f"watch {stop.number} on {stop.target}{if_(stop)}: {plural(len(stop.places), 'contribution')}")

    def do_condition(self, arg: str) -> None:
        """condition number [expression]

        Stop there only if the expression holds; without expression, always.
        """
        number, rest = first_number(arg, "condition 1 abs(grad) > 10")
        self.say(self.session.condition(number, rest))

    def do_ignore(self, arg: str) -> None:
        """ignore number [count]

        Do not stop there the next count times; without count, stop again.
        """
        number, rest = first_number(arg, "ignore 1 3")
        self.say(self.session.ignore(number, first_number(rest, "ignore 1 3")[0] if rest else 0))

    def do_commands(self, arg: str) -> None:
        """commands [number]

        Give the stop, or the last one set, commands to run when it is hit: type them line by line, and end. The
        first may be silent: then the stop itself is not shown. No lines: no commands.
        """
        number = first_number(arg, "commands 1")[0] if arg else max(self.session.stops.by_number, default=0)
        self.session.stop(number)
        self.collecting = (number, [])
        self.prompt = COLLECTING

    def do_enable(self, arg: str) -> None:
        """enable [number ...]

        Switch stops on again.
        """
        self.say_stops(self.session.enable(*numbers(arg)))

    def do_disable(self, arg: str) -> None:
        """disable [number ...]

        Switch stops off, all of them if no number is given.
        """
        self.say_stops(self.session.disable(*numbers(arg)))

    def do_clear(self, arg: str) -> None:
        """cl(ear) number ... | all, or delete

        Remove stops.
        """
        if not arg:
            raise CommandError("clear which? type clear 1, or clear all")
        gone = self.session.clear(*([] if arg == "all" else numbers(arg)))
        self.say(f"removed {plural(len(gone), 'stop')}")

    def split_target(self, arg: str) -> tuple[str, str]:
        """Split a stop's target from its condition; a label that contains a comma stays whole."""
        return (arg, "") if self.session.cursor.names.matches(arg) else split_condition(arg)

    def say_stops(self, stops: list[Stop]) -> None:
        """Show stops, one a line."""
        self.say("\n".join(map(str, stops)) or "no stops yet: set one with break or watch")
