"""Being debugged: a program launched for an editor, and `debug(loss, listen=PORT)` in one that runs already."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Final

from autograd.debugger.adapter.debuggee import Debuggee, serve_in_thread
from autograd.debugger.adapter.wire import Wire
from autograd.debugger.programs import noted_sources, open_at_backward, print_error, run_program
from autograd.value import Value

listening: Final[dict[int, Debuggee]] = {}  # by port: editors that have attached


def run_connected(port: int, program: str, arguments: Sequence[str], module: bool) -> None:
    """Run a program for the editor's side of the adapter, which listens on a port of this machine."""
    debuggee = Debuggee(open_wire(socket.create_connection(("127.0.0.1", port))))
    serve_in_thread(debuggee, on_end=end_at_once)  # the editor is gone: nobody would see what goes on
    debuggee.configured.wait()
    code = 1
    try:
        with noted_sources(), open_at_backward(debuggee.open):
            run_program(program, arguments, module)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        raise
    except Exception as error:
        print_error(error)
        sys.exit(1)
    finally:
        sys.stdout.flush()
        debuggee.over = True
        debuggee.wire.event("exited", exitCode=code)


def end_at_once() -> None:
    """End this program and, where it leads a process group, what it started."""
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def open_wire(connection: socket.socket) -> Wire:
    """Return the wire over a connection."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = connection.makefile("rwb", buffering=-1)
    return Wire(stream, stream)  # type: ignore[arg-type]


def debug_attached(root: Value, port: int, frame: FrameType) -> None:
    """Run the pass below root under an editor, and wait for one to attach where none is."""
    debuggee = listening.get(port)
    if debuggee is None or debuggee.detached:
        debuggee = listening[port] = wait_for_editor(port)
    debuggee.open(root, frame)


def wait_for_editor(port: int) -> Debuggee:
    """Wait until an editor has attached at a port of this machine, and has set its breakpoints."""
    try:
        server = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise OSError(f"debug(listen={port}): cannot listen there ({error.strerror}): choose another port") from None
    with server:
        where = f"port {server.getsockname()[1]}"
        print(f"waiting for an editor to attach at {where}: see docs/debugging.md", file=sys.stderr, flush=True)
        debuggee = Debuggee(open_wire(server.accept()[0]))
    serve_in_thread(debuggee)
    debuggee.configured.wait()
    return debuggee
