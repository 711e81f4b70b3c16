"""Recorded passes: what a forward pass, a backward pass and an update did, step by step, as plain data.

`steps.py` says what a pass is, `file.py` writes and reads it, `recording.py` has the `Recording` that users hold.
"""

from autograd.recording.recording import Recording, load_recording, record_steps

__all__ = ["Recording", "load_recording", "record_steps"]
