"""Local accounts: people who log in through REConnect itself, by password and second factor.

An account is a planned account in the identity provider's system (``PlannedAccount``); it is open on the days that
rules and people give. What belongs to the login (password, second factor, attempts) is kept beside it, never in the
organisation's history.
"""
