"""The receiving side, and the words that both sides share.

Law of the room: nothing happens at import, and nothing here imports `workers`.
"""

__version__ = "0.1.0"
"""The one place where the version is written: the build, the `user-agent` header and `--version` read it here."""
