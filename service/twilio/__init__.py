"""Everything that is Twilio's own: how it signs, what its callbacks say, its REST API.

Law of the room: `signature` and `callbacks` are pure, only `api` does I/O; no other room knows a Twilio field name.
"""
