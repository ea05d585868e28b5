"""The measurements: what each one needs to run, and the load that it is given; a module for each bench."""
