"""PURE. Inbound traffic of every kind but the Orchestrator's: what Twilio's products report, as events.

Law of the room: parameters or a body in, events out; nothing is looked up. A module is a kind of traffic.
"""
