"""PURE. What a subscriber's endpoint is, which events it wants, and which addresses it may not have."""
