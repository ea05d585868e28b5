"""What `up` says to the person who started it: where to look and what to try."""

import shutil
import sys
from pathlib import Path

from service.cli.data_dir import Secret


def simulating(*, asked: bool) -> str:
    """Return what a simulation is, and why there is one."""
    why = "" if asked else "No Twilio credentials are set: starting with --simulate.\n"
    return (
        f"{why}An invented Twilio sends conversations to the receiver, and a sample subscriber verifies what it gets.\n"
        "For your own account set PUBLIC_URLS, TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKENS."
    )


def admin_token(token: Secret, file: Path) -> str:
    """Return where the admin token is; itself, only when it has just been made."""
    if token.made:
        return f"Admin token (shown this once; kept in {_short(file)}): {token.value}"
    return f"Admin token: kept in {_short(file)}"


def where_to_look(receiver: str, admin: str, token_file: Path | None) -> str:
    """Return addresses, and commands to try in another terminal; without a file, the user has set the token."""
    token = f"$(cat {_short(token_file)})" if token_file else "$ADMIN_TOKEN"
    return (
        f"Receiver: {receiver}/twilio/orchestrator\n"
        f"Admin: {admin}/api/stats\n"
        "Try in another terminal:\n"
        f"  {_program()} endpoints list\n"
        f'  curl -H "Authorization: Bearer {token}" "{admin}/api/events?limit=3"'
    )


def _program() -> str:
    name = "conversation-events"
    return name if shutil.which(name) else f"{_short(Path(sys.executable))} -m service"


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)
