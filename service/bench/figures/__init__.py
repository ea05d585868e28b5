"""PURE. The figures: which are told, what is asked of each, and whether it is met; a module for each bench."""
