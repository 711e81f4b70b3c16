"""The pages around the demos and the proofs: templates of Jinja2 that share one look."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
except ImportError:
    sys.exit("The pages need jinja2: pip install 'scalar-autograd[demos]'")

TEMPLATES = Path(__file__).parent / "templates"


def render(template: Path, **shown: Any) -> str:
    """Fill in a template, which may extend `base.html`; whatever is shown is text, not markup."""
    loader = FileSystemLoader([template.parent, TEMPLATES])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template(template.name).render(shown)
