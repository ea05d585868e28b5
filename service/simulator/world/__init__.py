"""PURE. The simulated Twilio's memory: what exists, what changes it, and which callbacks follow.

Times are handed in as milliseconds since 1970. Callbacks gather in `outgoing` until whoever does the I/O takes them.
"""
