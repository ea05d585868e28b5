"""The way of the commands to Twilio's API, and the options that several of them have."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import typer

from service.cli.endpoints.printing import fail
from service.cli.failures import FAILED, USAGE
from service.cli.rules.online import NO_CREDENTIALS
from service.cli.selection import id_or_fail
from service.cli.timeline import printable
from service.events.types import ACTIVE, CLOSED, INACTIVE
from service.settings import Settings
from service.twilio.api import TwilioApis, credentials, twilio_apis
from service.twilio.errors import MissingError, TwilioError

T = TypeVar("T")

Identifier = Annotated[str, typer.Argument(metavar="ID", help="The conversation's id (conv_conversation_…).")]
Statuses = Annotated[
    list[str] | None, typer.Option("--status", metavar="STATUS", help="ACTIVE, INACTIVE or CLOSED; repeat it for more.")
]
_STATUSES = (ACTIVE, INACTIVE, CLOSED)


def on_twilio(settings: Settings, action: Callable[[TwilioApis], T]) -> T:
    """Return what an action with Twilio's APIs returns. Ends the command with status 1 where Twilio says no."""
    if credentials(settings) is None:
        fail(FAILED, NO_CREDENTIALS)
    try:
        with twilio_apis(settings) as apis:
            return action(apis)
    except MissingError:
        fail(FAILED, "Twilio knows nothing of this id; conversation-events conversations list shows what there is.")
    except TwilioError as error:
        fail(FAILED, printable(f"Twilio refuses: {error}"))


def conversation_or_fail(text: str) -> str:
    """Return a conversation's id that was typed. Ends the command for what cannot be one."""
    return id_or_fail(text, "a conversation's is such as conv_conversation_01ka2cpvty9m7am85dxw0gvqhf")


def statuses_or_fail(statuses: Sequence[str] | None, usual: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the statuses that were typed, or the usual ones. Ends the command for what is none."""
    found = tuple(dict.fromkeys(status.upper() for status in statuses or usual))
    wrong = [status for status in found if status not in _STATUSES]
    if wrong:
        fail(USAGE, f"status: {printable(wrong[0])} is none; there are {', '.join(_STATUSES)}")
    return found
