"""The commands, a module for each noun or process. The only composition roots: settings are read here, and parts wired.

Law of the room: commands decide nothing that a test would want to know without them.
"""
