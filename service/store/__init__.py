"""Redis and nothing else: every read and write of the service goes through the modules of this room."""
