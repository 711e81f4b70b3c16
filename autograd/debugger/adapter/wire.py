"""Messages of the Debug Adapter Protocol on a pair of byte streams.

A message is JSON in UTF-8 after a header with its length. Source: the base protocol, in
https://microsoft.github.io/debug-adapter-protocol/overview.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import Lock
from typing import IO, Any, Final

LONGEST: Final = 2**26  # bytes of one message


class Wire:
    """Reads messages from one stream, and numbers and writes them to another."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        self.reader = reader
        self.writer = writer
        self.sent = 0
        self.lock = Lock()

    def read(self) -> dict[str, Any] | None:
        """Return the next message, or None where the stream ends; what is no message, or is too long, is skipped."""
        while True:
            try:
                length = self.read_length()
                body = self.read_body(length or 0)
            except OSError:  # the other side has gone
                return None
            if length is None or body is None:
                return None
            try:
                message = json.loads(body)
            except ValueError:
                continue
            if isinstance(message, dict):
                return message

    def read_length(self) -> int | None:
        """Read a header and return the length it states; 0 where it states none, None at the end."""
        length = 0
        while line := self.reader.readline(1000):
            if not line.strip():
                return length
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                length = int(value[:20])
        return None

    def read_body(self, length: int) -> bytes | None:
        """Read what follows a header, None where the stream ends in it; of what is too long, nothing is kept."""
        too_long = length > LONGEST
        while length > LONGEST:
            skipped = self.reader.read(LONGEST)
            if not skipped:
                return None
            length -= len(skipped)
        body = self.reader.read(length) if length else b""
        if len(body) < length:
            return None
        return b"" if too_long else body

    def send(self, message: Mapping[str, Any]) -> None:
        """Write a message, under the next number unless it has one; where nobody reads any more, it is lost."""
        with self.lock:
            self.sent += 1
            body = json.dumps({"seq": self.sent, **message}, default=str).encode()
            try:
                self.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                self.writer.flush()
            except (OSError, ValueError):  # ValueError: the stream is closed
                self.sent -= 1

    def event(self, name: str, **body: Any) -> None:
        """Send an event."""
        self.send({"type": "event", "event": name, "body": body})

    def respond(self, request: Mapping[str, Any], body: Mapping[str, Any] | None = None) -> None:
        """Answer a request."""
        self.send(answer(request, success=True, body=dict(body or {})))

    def refuse(self, request: Mapping[str, Any], message: str) -> None:
        """Answer that a request failed; the editor shows the message."""
        error = {"id": 1, "format": message.replace("{", "(").replace("}", ")"), "showUser": True}
        self.send(answer(request, success=False, message=message, body={"error": error}))


def answer(request: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the start of a response to a request."""
    return {"type": "response", "request_seq": request.get("seq", 0), "command": request.get("command", ""), **fields}
