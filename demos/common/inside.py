"""Look inside a small network of a demo: one pass as a graph, and a page that plays it step by step."""

from __future__ import annotations

from autograd import Value, draw, record_steps, topological_order
from autograd.recording import Recording
from demos.common import style


def look_inside(
    name: str, what: str, root: Value, recording: Recording | None = None, played: str = ""
) -> dict[str, str]:
    """Write a pass to out/NAME-graph.svg and a page that plays it to out/NAME-steps.html; return the links to both.

    The pass below root is run and recorded here, unless a recording is given: then root is drawn as it is, and that is
    played, on a page that can go on training. `what` and `played` say what is drawn and what is played, if that is
    another thing.
    """
    trains = recording is not None
    if recording is None:
        for value in topological_order(root):
            if not value.inputs:
                value.grad = 0.0  # training may have left something there
        root.label = root.label or "E"
        recording = record_steps(root)
        root.backward()
    style.OUT.mkdir(exist_ok=True)
    stem = name.replace("_", "-")
    graph, page = style.OUT / f"{stem}-graph.svg", style.OUT / f"{stem}-steps.html"
    draw(root).save(graph)
    title = played or what
    recording.save_html(page, title=title[0].upper() + title[1:], explore=trains)
    print(f"Wrote {graph}: {what}.\nWrote {page}: {title}.")
    return {graph.name: f"graph: {what}", page.name: f"play: {played}" if played else "play it step by step"}
