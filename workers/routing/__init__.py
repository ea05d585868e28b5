"""PURE. Where an event goes and what it causes."""
