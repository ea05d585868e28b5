"""PURE. RULES_FILE: when to close, what to observe, how calls are answered; read, checked and matched.

Law of the room: a file's text goes in, rules or every mistake with its line come out; an event goes in, what follows
from it comes out.
"""
