"""The child's side: a process that `up` started ends when `up` has gone, however it went.

`up` holds the other end of the child's standard input, so the end of that input is the parent's death, even by SIGKILL.
"""

import os
import signal
import threading
import time
from contextlib import suppress

SUPERVISED = "CONVERSATION_EVENTS_SUPERVISED"
"""Environment variable that is `1` where standard input is the parent's line of life."""
PATIENCE = 25.0
"""Seconds that an orphan has for ending by itself."""


def end_with_parent() -> None:
    """Arrange that this process gets SIGTERM when its parent dies, and SIGKILL 25 s later; return at once.

    Nothing happens where no parent supervises. Call it once, in the main thread of the process that was started: its
    own children do not have that standard input.
    """
    if os.environ.get(SUPERVISED) == "1":
        main = threading.main_thread().ident
        threading.Thread(target=_watch, args=(main,), name="parent", daemon=True).start()


def _watch(main: int) -> None:
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    # To the main thread itself: there the signal also ends a system call that would go on sleeping.
    signal.pthread_kill(main, signal.SIGTERM)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)
