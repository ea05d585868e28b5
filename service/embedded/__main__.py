"""`python -m service.embedded PARENT SERVER ARGUMENT…`: become a Redis server that ends when its parent ends.

A Redis server does not look at its standard input, so Linux is asked to send it SIGTERM, which is a clean end: the
append-only file is complete. Elsewhere it is left to the next `up`, which ends what it finds (see `server`).
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""prctl(2); kept over the execve that follows."""


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the parent has gone before the server began")


def main(arguments: list[str]) -> None:
    """Replace this process by the server."""
    parent, *command = arguments
    _end_with(int(parent))
    os.execv(command[0], command)  # noqa: S606 - that is what this module is for


if __name__ == "__main__":
    main(sys.argv[1:])
