"""One attempt at a delivery: signing and answers PURE, the guarded sender I/O. For relays, and for endpoint tests."""
