"""Running programs: starting, watching, restarting and stopping them in order, and knowing when one's parent is gone.

Law of the room: it knows nothing of what the programs do.
"""
