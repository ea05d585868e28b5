"""PURE. The scenarios: functions from a seed and a customer's number to a script.

A new one is a function like the others and a line in `catalogue`.
"""
