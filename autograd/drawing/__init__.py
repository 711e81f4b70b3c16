"""`draw`: a graph as a picture, in SVG, PNG, PDF and DOT.

Every `Value` is a card with its op, label, data and gradient, and every edge bears the local derivative. Neurons and
layers are framed, and large graphs are folded. The way of a drawing: `folding` chooses what to show; `picture` and
`groups` say what is on it, with `cards` and `metrics` for the sizes; `dot` and `layout` have Graphviz place it; `svg`
writes it. No step asks for a font, so the same graph gives the same bytes on every machine.
"""

from __future__ import annotations

from autograd.drawing.drawing import Drawing, draw

__all__ = ["Drawing", "draw"]
