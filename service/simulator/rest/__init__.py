"""The simulated Twilio's REST API: tables of routes, a pure function from world and call to reply for each.

Law of the room: only `gate` does I/O. It proves the caller, lets calls fail on demand, and notes what became of them.
"""
