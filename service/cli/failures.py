"""What can go wrong in the ordinary course of things, told in sentences and not in tracebacks."""

import sys
from collections.abc import Callable

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.cli.asgi import NotServedError
from service.embedded.binary import NoServerError
from service.embedded.lock import LockedError
from service.embedded.server import FolderError, OrphanError, ServerFailedError
from service.processes.listening import PortTakenError
from service.settings import InvalidSettingsError
from service.store.checks import UnfitRedisError
from service.store.secrets import WrongSecretKeyError

FAILED = 1
USAGE = 2

_TOLD = (
    FolderError, LockedError, NoServerError, NotServedError, OrphanError, PortTakenError, ServerFailedError,
    WrongSecretKeyError,
)  # fmt: skip
_AWAY = (RedisConnectionError, RedisTimeoutError)


def told(command: Callable[[], None]) -> int:
    """Run a command and return its exit status; failures that are expected are told on standard error.

    0: done, 1: failed, 2: the settings or the command line are wrong.
    """
    try:
        command()
    except InvalidSettingsError as error:
        return _say(USAGE, *error.mistakes)
    except UnfitRedisError as error:
        return _say(FAILED, *error.reasons)
    except _TOLD as error:
        return _say(FAILED, str(error))
    except _AWAY as error:
        return _say(FAILED, f"Redis cannot be reached ({error}); is `up` running, or REDIS_URL right?")
    return 0


def _say(status: int, *sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)  # noqa: T201 - what a command says to the person who typed it
    return status
