"""The embedded Redis: a real server of our own, on a private socket, for machines where none is named.

Law of the room: it knows nothing of what is stored.
"""
