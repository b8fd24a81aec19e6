"""What people are told once when it begins, and once when it ends, by whichever of several workers sees it first."""

from collections.abc import Callable

import redis


def report_change(client: redis.Redis, kept: str, name: str, *, is_so: bool, report: Callable[[], bool]) -> None:
    """``kept``: the Redis set of what has been reported. ``report``: reports that it is so, or no longer so, and says
    whether that succeeded; otherwise it is tried again at the next look."""
    # Noted first, so that only one of several workers reports it; undone if it could not be reported.
    if is_so:
        if client.sadd(kept, name) and not report():
            client.srem(kept, name)
    elif client.srem(kept, name) and not report():
        client.sadd(kept, name)
