"""The Variables view: scopes, nodes with their children, and what may be changed there.

A reference says what it stands for: a kind and a number in one integer. So nothing has to be remembered, and one that
the editor kept from before a move still means the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd.debugger.adapter import stack
from autograd.debugger.adapter.protocol import Frame, SetVariable, Variables
from autograd.debugger.reports import sum_text
from autograd.debugger.session import Session
from autograd.debugger.timeline.names import CommandError, short, signed
from autograd.labels import module_of
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.debugger.adapter.debuggee import Debuggee

Variable = dict[str, Any]
KINDS: Final = ("step", "inputs", "module", "nodes", "node", "why", "locals", "group", "leaves")
GROUP: Final = 100  # nodes under one heading, where an editor does not ask for pages
READ_ONLY: Final = {"presentationHint": {"attributes": ["readOnly"]}}


def reference(kind: str, n: int = 0) -> int:
    """Return the reference for the n-th of a kind."""
    return 1 + KINDS.index(kind) + len(KINDS) * n


def meaning(ref: int) -> tuple[str, int]:
    """Return what a reference stands for."""
    if ref < 1:
        raise CommandError(f"{ref} is no reference to a variable")
    return KINDS[(ref - 1) % len(KINDS)], (ref - 1) // len(KINDS)


def scopes(debuggee: Debuggee, frame: Frame) -> dict[str, Any]:
    """Return the scopes of a frame: of a node's, or of Python's own."""
    session, n = debuggee.paused, frame.frame_id
    if n >= stack.PYTHON:
        stack.frame_at(debuggee, n)
        return {"scopes": [{"name": "Locals", "variablesReference": reference("locals", n), "expensive": False}]}
    node = stack.node_of_frame(session, n)
    count = len(session.cursor.timeline.nodes)
    listed: list[tuple[str, int, dict[str, Any]]] = [
        ("This step", reference("step", node), {}),
        ("Inputs", reference("inputs", node), {"namedVariables": len(session.cursor.timeline.nodes[node].inputs)}),
        ("Parameters", reference("module"), {}),
        ("All nodes", reference("nodes"), {"indexedVariables": count}),
    ]
    about = [
        {"name": name, "variablesReference": ref, "expensive": name == "All nodes", **more}
        for name, ref, more in listed
    ]
    return {"scopes": about}


def variables(debuggee: Debuggee, arguments: Variables) -> dict[str, Any]:
    """Return the children of a variable, or a page of them."""
    kind, n = meaning(arguments.variables_reference)
    if kind == "nodes":  # a page is made without the rest
        count = len(debuggee.paused.cursor.timeline.nodes)
        last = min(count, arguments.start + (arguments.count or count))
        if not arguments.count and count > GROUP:
            return {"variables": headings("group", range(count), lambda n: f"#{n}")}
        return {"variables": [node_variable(debuggee.paused, k) for k in range(arguments.start, last)]}
    found = CHILDREN[kind](debuggee, n)
    last = arguments.start + arguments.count if arguments.count else len(found)
    return {"variables": found[arguments.start : last]}


def headings(kind: str, nodes: Sequence[int], name: Callable[[int], str]) -> list[Variable]:
    """Describe nodes in groups, each under a heading that refers to the first of its nodes."""
    groups = [nodes[first : first + GROUP] for first in range(0, len(nodes), GROUP)]
    return [plain(f"{name(g[0])} to {name(g[-1])}", "", variablesReference=reference(kind, g[0])) for g in groups]


def plain(name: str, value: object, **more: Any) -> Variable:
    return {"name": name, "value": str(value), "variablesReference": 0, **more}


def node_variable(session: Session, node: int, name: str = "", partial: float | None = None) -> Variable:
    """Describe a node: its number and its gradient, partial or complete, and the partial where it is an input."""
    own, gradient = session.cursor.names.name(node), session.gradient(node)
    n = session.cursor.timeline.nodes[node]
    beside = f"  partial {short(partial)}" if partial is not None else ""
    about = f"{short(n.data)}  grad {short(gradient.value)} ({gradient.status}){beside}"
    kind = f"{n.op.name}, computed" if n.op else n.kind
    return {
        "name": name or own,
        "value": about,
        "type": kind,
        "evaluateName": own,
        "variablesReference": reference("node", node),
    }


def node_children(debuggee: Debuggee, node: int) -> list[Variable]:
    """Describe what there is to a node."""
    session = debuggee.paused
    check_node(session, node)
    n, name, gradient = session.cursor.timeline.nodes[node], session.cursor.names.name(node), session.gradient(node)
    fixed = READ_ONLY if n.inputs else {}
    return [
        plain("data", repr(n.data), type="float", evaluateName=f"{name}.data", **fixed),
        plain(
            "grad",
            f"{gradient.value!r} ({gradient.status})",
            type="float",
            evaluateName=f"{name}.grad",
            **{**READ_ONLY, "variablesReference": reference("why", node)},
        ),
        plain("made by", session.cursor.names.formula(node), **READ_ONLY),
        *([plain("line", n.source, **READ_ONLY)] if n.source else []),
        *input_variables(session, node),
    ]


def input_variables(session: Session, node: int) -> list[Variable]:
    """Describe the inputs of a node, each with its partial; a blocked one says so."""
    n = session.cursor.timeline.nodes[node]
    found = []
    for k, (input, partial) in enumerate(zip(n.inputs, n.partials, strict=True)):
        variable = node_variable(session, input, f"{k}: {session.cursor.names.name(input)}", partial)
        if partial is None:
            variable["value"] += "  no gradient flows here"
        found.append(variable)
    return found


def step_children(debuggee: Debuggee, node: int) -> list[Variable]:
    """Describe each contribution of a node's step: before + gradient * partial = after."""
    session = debuggee.paused
    check_node(session, node)
    timeline = session.cursor.timeline
    if node not in timeline.step_of:
        return [plain("step", "it passes nothing on: no gradient reaches it, or it is a leaf", **READ_ONLY)]
    index = timeline.step_of[node]
    gradient, start, contributions = timeline.gradients[index], timeline.starts[index], timeline.contributions(index)
    rows = [plain("gradient", f"{gradient!r}", type="float", **READ_ONLY)]
    for moment, c in enumerate(contributions, start=start):
        when = "done" if moment < session.position else "next" if moment == session.position else "then"
        rows.append(
            plain(
                f"{session.cursor.names.name(c.input)}.grad ({when}, {moment - start + 1})",
                sum_text(c.before, gradient, c.partial, c.after),
                type="contribution",
                **{**READ_ONLY, "variablesReference": reference("node", c.input)},
            )
        )
    return rows if contributions else [*rows, plain("step", "it passes nothing on: its partials are blocked")]


def why_children(debuggee: Debuggee, node: int) -> list[Variable]:
    """Describe how a gradient adds up: each contribution, the sum, and the paths where they are few."""
    session = debuggee.paused
    check_node(session, node)
    why = session.why(f"#{node}")
    if why.blocker:
        return [plain("why", f"{why.blocker} passes nothing on to it")]
    rows = [
        plain(
            f"step {share.step}, from {share.user}{'' if share.done else ' (pending)'}",
            f"{short(share.gradient)} * {signed(share.partial)} = {short(share.amount)}",
            **READ_ONLY,
        )
        for share in why.shares
    ]
    paths = [
        plain(" > ".join(path.nodes), f"{' * '.join(map(signed, path.partials))} = {short(path.product)}", **READ_ONLY)
        for path in why.paths
    ]
    return [*rows, plain("sum", repr(why.total), type="float", **READ_ONLY), *paths]


def module_children(debuggee: Debuggee, n: int) -> list[Variable]:
    """Describe a branch of the tree of modules; number 0 is the whole tree."""
    session = debuggee.paused
    tree = session.cursor.loaded.module_tree
    if n >= len(tree):
        raise CommandError("there is no such module in this pass")
    prefix = tree[n]
    below = [(k, m) for k, m in enumerate(tree) if k and m.rpartition(".")[0] == prefix]
    branches = [
        plain(m.rpartition(".")[2], "", type="module", variablesReference=reference("module", k)) for k, m in below
    ]
    return [*branches, *leaf_variables(session, session.cursor.loaded.leaves_of.get(prefix, []), prefix)]


def leaf_variables(session: Session, leaves: Sequence[int], prefix: str) -> list[Variable]:
    """Describe leaves of a module, in groups where they are many."""
    if len(leaves) > GROUP:
        return headings("leaves", leaves, lambda n: last_part(session, n, prefix))
    return [node_variable(session, n, last_part(session, n, prefix)) for n in leaves]


def leaf_group(debuggee: Debuggee, first: int) -> list[Variable]:
    """Describe a group of a module's leaves, from its first on."""
    session = debuggee.paused
    prefix = module_of(session.cursor.timeline.nodes[check_node(session, first)].label)
    leaves = session.cursor.loaded.leaves_of.get(prefix, [])
    place = bisect_left(leaves, first)
    return leaf_variables(session, leaves[place : place + GROUP], prefix)


def last_part(session: Session, node: int, prefix: str) -> str:
    name = session.cursor.names.name(node)
    return name.removeprefix(prefix + ".") if prefix else name


def local_children(debuggee: Debuggee, n: int) -> list[Variable]:
    """Describe the variables of one of Python's frames; those that are nodes of the pass open."""
    frame, session = stack.frame_at(debuggee, n), debuggee.paused
    shown = {name: value for name, value in frame.f_locals.items() if not name.startswith("__")}
    return [value_variable(session, name, value) for name, value in shown.items()]


def value_variable(session: Session, name: str, value: object) -> Variable:
    """Describe a Python value: as a node where it is one of the pass."""
    node = session.number_of(value) if isinstance(value, Value) else None
    if node is not None:
        return {**node_variable(session, node, name), "evaluateName": name}
    try:
        text = repr(value)
    except Exception as error:  # a user's own __repr__
        text = f"(its repr raises {type(error).__name__}: {error})"
    return plain(name, text[:1000], type=type(value).__name__)


def group_children(debuggee: Debuggee, first: int) -> list[Variable]:
    session = debuggee.paused
    last = min(first + GROUP, len(session.cursor.timeline.nodes))
    return [node_variable(session, k) for k in range(first, last)]


CHILDREN: Final[dict[str, Callable[[Debuggee, int], list[Variable]]]] = {
    "step": step_children,
    "inputs": lambda debuggee, n: input_variables(debuggee.paused, check_node(debuggee.paused, n)),
    "module": module_children,
    "node": node_children,
    "why": why_children,
    "locals": local_children,
    "group": group_children,
    "leaves": leaf_group,
}


def check_node(session: Session, node: int) -> int:
    """Refuse the number of no node."""
    if node >= len(session.cursor.timeline.nodes):
        raise CommandError(f"there is no node #{node} in this pass")
    return node


# Changing -------------------------------------------------------------------------------------------------------------


def set_variable(debuggee: Debuggee, arguments: SetVariable) -> dict[str, Any]:
    """Ask what would be if a leaf had another number, as the shell's `set` does."""
    kind, _ = meaning(arguments.variables_reference)
    node = node_of(debuggee, arguments.variables_reference, arguments.name)
    if node is None or (kind == "node" and arguments.name == "grad"):
        raise CommandError("only the number of a leaf can be set: gradients follow from it")
    return assign(debuggee, node, arguments.value)


def assign(debuggee: Debuggee, node: int, text: str) -> dict[str, Any]:
    """Set a leaf's number, and have the editor look at everything anew."""
    session = debuggee.paused
    data = session.value(text)
    if isinstance(data, str):
        raise CommandError(f"expected a number, got the text {data!r:.40}")
    debuggee.say(str(session.assign(f"#{node}", float(data))))
    debuggee.events.append(("invalidated", {"areas": ["all"]}))
    return {"value": repr(float(data)), "type": "float"}


def node_of(debuggee: Debuggee, ref: int, name: str) -> int | None:
    """Return the node that a variable shows or belongs to; without a reference the name is an expression."""
    session = debuggee.paused
    if not ref:
        return session.cursor.names.resolve(name.removesuffix(".grad").removesuffix(".data"))
    kind, n = meaning(ref)
    if kind == "node" and name in ("data", "grad"):
        return check_node(session, n)
    children: Sequence[Variable] = variables(debuggee, Variables(ref))["variables"]
    found = next((v["variablesReference"] for v in children if v["name"] == name), 0)
    if not found:
        named = session.cursor.names.matches(name)
        return named[0] if len(named) == 1 and kind in ("nodes", "group") else None
    kind, n = meaning(found)
    return n if kind in ("node", "why") else None
