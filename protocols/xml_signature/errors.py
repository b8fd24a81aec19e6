"""What can go wrong with the signature of a message. The error states whether and when to try again.

NotSigned  no certificate that is trusted has signed the message's body
"""

from graph.retry import NEXT, Retry


class NotSigned(Exception):
    """No certificate that is trusted has signed the message's body. ``retry``: the sender may be mended by then."""

    retry: Retry = NEXT
