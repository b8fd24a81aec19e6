"""Errors of a message's signature. The error states whether and when to try again.

NotSigned  no trusted certificate has signed the message's body
"""

from graph.retry import NEXT, Retry


class NotSigned(Exception):
    """No trusted certificate has signed the message's body. ``retry``: the sender may be corrected by then."""

    retry: Retry = NEXT
