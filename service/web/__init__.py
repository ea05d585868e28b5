"""The two ASGI applications: the public receiver and the private admin API."""
