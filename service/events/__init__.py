"""PURE. What an event is: its identity, its name, its envelope, its times, and the vocabulary of the rules."""
