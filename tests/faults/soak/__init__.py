"""The adapter at work for long: is no answer lost while nothing is broken, and does it grow? `python -m tests.faults.soak`.

An adapter that dials the stand-in for the provider, a PostgreSQL, card machines that pay and others that look; and one fault
after another, with time between them in which everything must be as it should.
"""
