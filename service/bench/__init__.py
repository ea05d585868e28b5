"""The measurements behind `bench`: what is asked of this service, side by side with what others reach on this machine.

Law of the room: every server is a process of its own on loopback or a private unix socket, started and stopped by us.
What the figures mean and what is asked of them stands in `figures`, which is pure; the rest only produces them.
"""
