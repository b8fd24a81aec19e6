"""Whether a worker is alive: each keeps a key in Redis, which expires when it has not been renewed.

Apart from the worker, so that ``status`` does not load everything that a worker runs.
"""

import socket

import redis

from reconnect.context import Context

HEALTH_SECONDS = 15
"""How often a worker renews its key."""
_PREFIX = "reconnect:queue:health-check"


def healthy(client: redis.Redis) -> bool:
    """Whether any worker has given a sign of life in the last 15 seconds."""
    return any(True for _ in client.scan_iter(match=f"{_PREFIX}*"))


def healthy_here(client: redis.Redis, context: Context) -> bool:
    """As ``healthy``, for the workers of this machine (or container) and this home only."""
    return bool(client.exists(sign_of_life(context)))


def sign_of_life(context: Context) -> str:
    """The key that a worker keeps in Redis while it lives. Workers of other machines or homes have other keys."""
    return f"{_PREFIX}:{socket.gethostname()}:{context.instance.home.path}"
