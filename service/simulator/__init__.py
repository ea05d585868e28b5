"""A small Twilio to try the service with, and one subscriber: no account is needed, and nothing leaves the machine.

Law of the room: `scenario`, `world` and `verification` are pure; the rest does I/O. The command `simulate` uses it.
"""
