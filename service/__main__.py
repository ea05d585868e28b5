"""`python -m service`, and the program `conversation-events`."""

import sys

from service.cli.app import app
from service.cli.failures import told


def main() -> None:
    """Run the command that the command line names, and exit with 0 (done), 1 (failed) or 2 (wrong usage)."""
    sys.exit(told(app))


if __name__ == "__main__":
    main()
