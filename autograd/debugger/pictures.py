"""Pictures of a pass from where the cursor is: the graph with its marks, and the player's page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autograd.recording.recording import Recording, player

if TYPE_CHECKING:
    from autograd.debugger.session import Session


def graph(session: Session, file: str | Path = "graph.svg") -> Path:
    """Draw the graph with done, current and pending nodes marked; return the file's path."""
    from autograd.drawing import draw

    path = Path(file)
    states = {value: session.cursor.timeline.state(n, session.position) for n, value in enumerate(session.values)}
    with session.gradients_of_here():
        draw(session.values[-1], marks=states).save(path)
    return path


def html(session: Session, file: str | Path = "steps.html") -> Path:
    """Write the player's page, opened at this step; return the file's path."""
    path = Path(file)
    Recording((session.cursor.loaded.record,)).save_html(path, page_step(session))
    return path


def page(session: Session) -> tuple[str, int, int]:
    """Return the text of the player's page, the number of its forward steps, and the step it opens at."""
    step = page_step(session)
    return player().page(Recording((session.cursor.loaded.record,)), step), session.cursor.loaded.forward_steps, step


def page_step(session: Session) -> int:
    return session.cursor.loaded.forward_steps + min(session.cursor.step_number, len(session.cursor.timeline.steps))
