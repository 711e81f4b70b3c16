"""The side of the adapter that speaks with the editor: it launches the program or attaches to it, and relays messages.

The program runs in a process of its own, so that its output, its exit code and its end are seen whatever it does, and
so that it can be ended. When the editor goes, by `disconnect` or by dying, so does what was launched for it.
"""

from __future__ import annotations

import codecs
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any, Final

import msgspec

from autograd.debugger.adapter.protocol import CAPABILITIES, Attach, Launch
from autograd.debugger.adapter.wire import Wire

PATIENCE: Final = 20.0  # seconds for a program to connect
GRACE: Final = 1.0  # seconds between asking a program to end and ending it
CONSOLES: Final = {"integratedTerminal": "integrated", "externalTerminal": "external"}
Message = dict[str, Any]


class Editor:
    """One debug session of an editor."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.program: Wire | None = None
        self.connection: socket.socket | None = None  # to the program
        self.process: subprocess.Popen[bytes] | None = None
        self.pumps: list[threading.Thread] = []
        self.first: Message = {}
        self.exit_code: int | None = None
        self.ended = False
        self.refused = ""

    def serve(self) -> None:
        """Answer the editor until it goes; then end what was launched."""
        try:
            while message := self.wire.read():
                if message.get("type") == "request":
                    if not self.take(message):
                        return
                elif message.get("type") == "response":
                    self.terminal_answered(message)
        finally:
            self.end_program()

    def take(self, message: Message) -> bool:
        """Answer a request, or pass it on to the program; False at `disconnect`."""
        command = message.get("command")
        if command == "initialize":
            self.first = message
            self.wire.respond(message, CAPABILITIES)
        elif command == "disconnect":
            self.disconnect(message)
            return False
        elif command == "terminate":
            self.wire.respond(message)
            self.end_program()
        elif command in ("launch", "attach") and self.program is None and not self.ended:
            threading.Thread(target=self.begin, args=(message,), daemon=True).start()
        elif self.program and not self.ended and command not in ("launch", "attach"):
            self.program.send(message)
        else:
            self.wire.refuse(message, self.out_of_order(command))
        return True

    def out_of_order(self, command: object) -> str:
        """Return why a request cannot be answered now."""
        if self.ended:
            return f"the program has ended: {command} comes too late"
        return f"{command}: the program has been started already" if self.program else f"{command}: first send launch"

    def disconnect(self, message: Message) -> None:
        """Leave: end a program that was launched, let one that was attached to go on."""
        self.end_program()
        self.wire.respond(message)

    # Starting ---------------------------------------------------------------------------------------------------------

    def begin(self, message: Message) -> None:
        """Launch or attach, and from then on pass on what the program says."""
        arguments = message.get("arguments") or {}
        try:
            if message["command"] == "launch":
                connection = self.launch(msgspec.convert(arguments, Launch))
            else:
                options = msgspec.convert(arguments, Attach)
                connection = connect(options.host, options.port)
        except (ValueError, OSError) as error:
            self.wire.refuse(message, f"{message['command']}: {error}")
            self.ended = True
            self.wire.event("terminated")
            return
        stream = connection.makefile("rwb", buffering=-1)
        program = Wire(stream, stream)  # type: ignore[arg-type]
        program.send({**self.first, "type": "request", "command": "initialize"})
        program.send(message)
        self.program, self.connection = program, connection
        self.pass_on(program)
        connection.close()

    def launch(self, options: Launch) -> socket.socket:
        """Start the program, in a terminal of the editor's or as a child, and wait until it connects."""
        check_options(options)
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.1)
            command = [*interpreter(options), "-m", "autograd.debugger", "--connect", str(server.getsockname()[1])]
            command += ["-m", options.module] if options.module else [program_path(options)]
            command += options.args
            if options.console == "internalConsole":
                self.start(command, options)
            else:
                self.start_in_terminal(command, options)
            for _ in range(int(PATIENCE / 0.1)):
                if self.process and self.process.poll() is not None:
                    self.drain()
                    raise ValueError(f"the program could not start: {' '.join(command[:3])} ended at once")
                if self.refused:
                    raise ValueError(self.refused)
                try:
                    connection, _ = server.accept()
                    connection.settimeout(None)
                    return connection
                except TimeoutError:
                    continue
            raise ValueError(f"the program did not connect within {PATIENCE:.0f} seconds")

    def start(self, command: list[str], options: Launch) -> None:
        """Start the program as a child whose output goes to the Debug Console."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **{k: v or "" for k, v in options.env.items()}}
        self.process = subprocess.Popen(
            command,
            cwd=options.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
        )
        for stream, category in ((self.process.stdout, "stdout"), (self.process.stderr, "stderr")):
            assert stream
            pump = threading.Thread(target=self.copy, args=(stream, category), daemon=True)
            pump.start()
            self.pumps.append(pump)

    def start_in_terminal(self, command: list[str], options: Launch) -> None:
        """Ask the editor to start the program in a terminal, where it can read what is typed."""
        request = {
            "kind": CONSOLES[options.console],
            "title": "Backward pass",
            "cwd": options.cwd or os.getcwd(),  # noqa: PTH109
            "args": command,
            "env": options.env,
        }
        self.wire.send({"type": "request", "command": "runInTerminal", "arguments": request})

    def terminal_answered(self, message: Message) -> None:
        """Note that the editor could not start a terminal."""
        if message.get("command") == "runInTerminal" and not message.get("success"):
            self.refused = f"the editor opened no terminal: {message.get('message') or 'it gave no reason'}"

    def copy(self, stream: IO[bytes], category: str) -> None:
        """Send what the program writes as output events."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := os.read(stream.fileno(), 65536):
            if text := decoder.decode(chunk):
                self.wire.event("output", category=category, output=text)
        stream.close()

    # Passing on -------------------------------------------------------------------------------------------------------

    def pass_on(self, program: Wire) -> None:
        """Pass on what the program says, and report its end."""
        while message := program.read():
            if message.get("event") == "exited":
                self.exit_code = message.get("body", {}).get("exitCode")
            elif message.get("command") != "initialize":
                message.pop("seq", None)  # the editor's side numbers what the editor sees
                self.wire.send(message)
        self.drain()
        if self.process:
            self.exit_code = self.process.wait()
        self.ended = True
        if self.exit_code is not None:
            self.wire.event("exited", exitCode=self.exit_code)
        self.wire.event("terminated")

    def drain(self) -> None:
        """Wait until all output is sent; a grandchild that keeps the pipe open is not waited for."""
        for pump in self.pumps:
            pump.join(5)

    def end_program(self) -> None:
        """End the program that was launched, and what it started; one that was attached to goes on.

        A program in a terminal of the editor's ends by itself when its connection does.
        """
        process = self.process
        if process is None:
            if self.connection and not self.ended:
                hang_up(self.connection)
            return
        for act in (signal.SIGTERM, signal.SIGKILL) if os.name == "posix" else (signal.SIGTERM,):
            signal_group(process, act)
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                continue


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a process and to what it started."""
    if os.name != "posix":
        process.send_signal(number)
        return
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:  # it has ended
        return


def hang_up(connection: socket.socket) -> None:
    """End a connection, for the threads that read from it too."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the program has ended it
        return


def check_options(options: Launch) -> None:
    """Refuse a launch configuration that cannot work."""
    if bool(options.program) == bool(options.module):
        raise ValueError('set either "program", a file, or "module", as in python -m, in launch.json')
    if options.console not in ("internalConsole", *CONSOLES):
        known = ", ".join(("internalConsole", *CONSOLES))
        raise ValueError(f'"console" is {options.console!r:.40}: use one of {known}')
    if options.cwd and not os.path.isdir(options.cwd):  # noqa: PTH112
        raise ValueError(f'"cwd" is no folder: {options.cwd}')
    if options.program and not os.path.isfile(program_path(options)):  # noqa: PTH113
        raise ValueError(f"there is no file {options.program}")


def program_path(options: Launch) -> str:
    """Return the absolute path of the program, by which editors find its file."""
    return os.path.abspath(os.path.join(options.cwd or "", options.program or ""))  # noqa: PTH100, PTH118


def interpreter(options: Launch) -> list[str]:
    """Return the command of the Python to run the program with."""
    python = options.python or sys.executable
    return [python] if isinstance(python, str) else python


def connect(host: str, port: int) -> socket.socket:
    """Connect to a program that waits for an editor."""
    try:
        connection = socket.create_connection((host, port), timeout=5)
    except OSError as error:
        raise ValueError(
            f"nothing waits at port {port} of {host} ({error}): call autograd.debug(loss, listen={port}) in the program"
        ) from None
    connection.settimeout(None)  # the 5 seconds are for connecting: a stopped program may say nothing for hours
    return connection


def serve_stdio() -> None:
    """Serve the editor that started this process, on its stdin and stdout."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not get between the messages
    Editor(Wire(reader, writer)).serve()


def serve_port(port: int, announce: Callable[[str], None] = print) -> None:
    """Serve one editor after another on a port of this machine."""
    with socket.create_server(("127.0.0.1", port)) as server:
        announce(f"waiting for editors at port {server.getsockname()[1]} of 127.0.0.1")
        while True:
            connection, _ = server.accept()
            stream = connection.makefile("rwb", buffering=-1)
            editor = Editor(Wire(stream, stream))  # type: ignore[arg-type]
            threading.Thread(target=editor.serve, daemon=True).start()
