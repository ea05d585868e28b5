"""An endpoint's life as people handle it: shown, amended, tested, switched off and on, given a new secret, declared.

I/O, for the admin API and the commands alike. What is decided without asking anybody stands in `service.endpoints`.
"""
