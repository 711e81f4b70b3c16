"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Put a whole file in place at once: whoever reads it sees the old content or the new, never a part.

    Raises OSError, with the path as the caller gave it, if it cannot be written; the old content then stays. A process
    killed meanwhile leaves the old content too, and may leave a hidden file beside it.
    """
    target = as_path(path)
    try:
        if target.is_dir():  # asked beforehand, because `replace` would blame the temporary file
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        write_and_replace(target, content)
    except OSError as error:
        if error.errno is None:
            raise
        raise type(error)(error.errno, error.strerror, os.fspath(path)) from None


def write_and_replace(target: Path, content: bytes) -> None:
    """Write a temporary file in the target's folder, and give it the target's name when it is complete."""
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    file = temporary.open("xb")
    try:
        with file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def as_path(path: object) -> Path:
    """Return a path given as text or as a path object; raise TypeError for anything else."""
    if isinstance(path, str | os.PathLike) and isinstance(os.fspath(path), str):
        if "\0" in os.fspath(path):
            raise ValueError(f"path: no file can have a null character in its name, got {path!r:.60}")
        return Path(path)
    raise TypeError(f"path: expected a path as text or a Path, got {type(path).__name__} {path!r:.60}")
