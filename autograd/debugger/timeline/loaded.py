"""A recorded pass, made ready to be looked at: its moments, the names of its nodes, and expressions over them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cached_property

from autograd.debugger.timeline.expressions import Expression, compile_expression
from autograd.debugger.timeline.lines import SourceLines
from autograd.debugger.timeline.names import CommandError, Names
from autograd.debugger.timeline.timeline import Timeline
from autograd.debugger.timeline.whatif import Row, program_of, with_leaf
from autograd.labels import module_of, module_path
from autograd.recording.steps import Pass


class LoadedPass:
    """A recorded pass and what is derived from it.

    Attributes:
        recorded: the pass as it was recorded.
        timeline: its moments, or those it would have with another number at a leaf.
        names: its nodes' names.
        variables: Python's variables that are nodes, at the line of the `.backward()`.
        scope: all of Python's variables there.
        file: the file of that line, which a bare line number means.
    """

    def __init__(
        self,
        record: Pass,
        variables: Mapping[str, int] | None = None,
        scope: Mapping[str, object] | None = None,
        file: str = "",
    ) -> None:
        self.recorded = record
        self.timeline = Timeline(record)
        self.variables = variables or {}
        self.scope = scope or {}
        self.names = Names(self.timeline.nodes, self.variables)
        self.file = file

    @property
    def record(self) -> Pass:
        """The pass with the numbers of the timeline."""
        nodes = self.timeline.nodes
        return self.recorded if nodes is self.recorded.nodes else self.recorded.with_nodes(tuple(nodes))

    def with_leaf(self, leaf: int, data: float) -> LoadedPass:
        """Return the same with another number at a leaf; names, lines and modules are shared."""
        loaded = copy(self)
        loaded.timeline = with_leaf(self.program, self.recorded.nodes, self.timeline, leaf, data)
        loaded.names = self.names.with_nodes(loaded.timeline.nodes)
        return loaded

    def prepare(self) -> None:
        """Make the indices that are else made when they are first asked for: then no later answer waits for them."""
        names, line = self.names, self.timeline
        _ = names.by_op, names.by_module, names.by_last_word, self.leaves_of, self.module_tree
        _ = self.lines, line.not_finite, line.users, line.branch_nodes, self.program

    def compile(self, text: str) -> Expression:
        """Compile an expression over the nodes."""
        return compile_expression(text, self.names.resolve, self.timeline.fields())

    def nodes_on_line(self, file: str, line: int) -> list[int]:
        """Return the computed nodes that a line made; a file of no name is that of the `.backward()`."""
        file = file or self.file
        found = self.lines.nodes_at(file, line)
        if not found:
            where = f"line {line} of {file.rpartition('/')[2] or 'that file'}"
            known = ", ".join(map(str, self.lines.lines_of(file)[:6]))
            hint = f"nodes are computed on {known}" if known else "type where to see the lines of nodes"
            raise CommandError(f"nothing is computed on {where}: {hint}")
        return found

    @cached_property
    def program(self) -> list[Row]:
        """How to compute each computed node anew."""
        return program_of(self.recorded.nodes)

    @cached_property
    def lines(self) -> SourceLines:
        """The nodes that each line made."""
        return SourceLines(self.recorded.nodes)

    @cached_property
    def forward_steps(self) -> int:
        """How many nodes were computed: the steps of the player's page before those of the backward pass."""
        return sum(1 for node in self.recorded.nodes if node.inputs)

    @cached_property
    def leaves_of(self) -> dict[str, list[int]]:
        """The leaves that are no constants, by the part of the network that they belong to; "" for those of none."""
        leaves: dict[str, list[int]] = {}
        for node in self.recorded.nodes:
            if not node.inputs and node.kind != "constant":
                leaves.setdefault(module_of(node.label), []).append(node.number)
        return leaves

    @cached_property
    def layers(self) -> dict[str, list[int]]:
        """The leaves of each layer: of each outermost module or, where there is one only, of each module in it."""
        paths = {module_path(self.recorded.nodes[n[0]].label): n for where, n in self.leaves_of.items() if where}
        depth = 0
        while (
            paths and len({path[: depth + 1] for path in paths}) == 1 and all(len(path) > depth + 1 for path in paths)
        ):
            depth += 1
        layers: dict[str, list[int]] = {}
        for path, leaves in paths.items():
            layers.setdefault(path[depth], []).extend(leaves)
        return layers

    @cached_property
    def module_tree(self) -> list[str]:
        """The parts of the network that leaves belong to, and all around them, the whole ("") first."""
        parts = {""}
        for where in self.leaves_of:
            while where not in parts:
                parts.add(where)
                where = where.rpartition(".")[0]
        return sorted(parts)
