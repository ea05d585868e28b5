"""The command lines of the programs that `up` runs."""

import sys
from collections.abc import Mapping, Sequence
from socket import socket

from service.cli.delivering import command_line
from service.processes.listening import url
from service.processes.process import Program
from service.settings import Role

_COMMAND = (sys.executable, "-m", "service")


def receiver(env: Mapping[str, str], listening: socket) -> Program:
    """Return the receiver; it ends at once when asked to, since the whole of `up` does."""
    return _serving("receiver", env, listening, "--drain-seconds", "0")


def admin(env: Mapping[str, str], listening: socket) -> Program:
    """Return the admin process."""
    return _serving("admin", env, listening)


def simulation(env: Mapping[str, str], listening: socket, options: Sequence[str] = ()) -> Program:
    """Return the simulated Twilio; `options` are further ones of its command."""
    return _serving("simulate", env, listening, "--url", url(listening), *options)


def delivering(role: Role, env: Mapping[str, str]) -> Program:
    """Return the relay or the worker; what their commands would add to the environment is in `env`."""
    return Program(role, command_line(role), env)


def _serving(name: str, env: Mapping[str, str], listening: socket, *options: str) -> Program:
    descriptor = listening.fileno()
    return Program(name, (*_COMMAND, name, "--fd", str(descriptor), *options), env, (descriptor,))
