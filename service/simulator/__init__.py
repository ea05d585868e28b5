"""A Twilio in memory to develop against, and one subscriber: no account is needed, and nothing leaves the machine.

Law of the room: `scenarios` say what people do, `world` what Twilio makes of it, `rest` what its APIs answer, `faults`
what goes wrong; all of these are pure. `player`, `outbox`, `rest.gate` and `control` do the I/O, and `app` puts them
together. What happens is a function of seed and time, so that a run can be repeated; the `ledger` knows what is true.
docs/simulator.md is for those who use it.
"""
