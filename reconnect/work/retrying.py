"""When a job that has failed is tried again: what its error says, and which jobs wait for a person.

``reconnect:refused`` in Redis is a hash: job (``import:sd``) → fingerprint of the settings that were refused. Such a
job is not run by schedule as long as its settings are the same; whoever runs it, or queues it, lifts that.
"""

import errno
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import redis
from neo4j.exceptions import DriverError, Neo4jError
from pydantic import BaseModel, SecretStr

from graph.retry import NEXT, SOON, Retry
from reconnect.context import Context
from reconnect.targets import settings_of

_LASTING = frozenset({
    errno.EACCES, errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EDQUOT, errno.EEXIST, errno.EFBIG, errno.EISDIR,
    errno.ELOOP, errno.EMFILE, errno.ENAMETOOLONG, errno.ENFILE, errno.ENOENT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM,
    errno.EROFS, errno.EXDEV,
})  # fmt: skip
"""Of the operating system's errors: what does not pass by itself."""
REFUSED = "reconnect:refused"


def retry_of(error: BaseException) -> Retry | None:
    """What the error says; of what libraries raise, what they say. None: nobody foresaw it."""
    said = getattr(error, "retry", None)
    if isinstance(said, Retry):
        return said
    if isinstance(error, Neo4jError | DriverError):
        return SOON if error.is_retryable() else NEXT
    # The queue has gone. Other errors of Redis are about what was asked.
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return SOON
    return _of_system(error) if isinstance(error, OSError) else None


def _of_system(error: OSError) -> Retry:
    """The network may be back in a moment; a file, a permission, a certificate or a full disk waits for a person."""
    if isinstance(error, ssl.SSLError):  # their numbers are OpenSSL's
        return NEXT if isinstance(error, ssl.SSLCertVerificationError) else SOON
    return NEXT if error.errno in _LASTING else SOON


def refuse(client: redis.Redis, context: Context, job: str) -> None:
    """Remember that the job was refused with the settings that it has."""
    client.hset(REFUSED, job, _fingerprint(context, job))


def lift(client: redis.Redis, job: str) -> None:
    """The job was let in, or failed for another reason."""
    client.hdel(REFUSED, job)


def is_refused(context: Context, job: str) -> bool:
    """Whether the job was refused with just the settings that it has."""
    with redis.Redis.from_url(context.redis_url()) as client:
        kept = cast("bytes | None", client.hget(REFUSED, job))
    return kept is not None and kept.decode() == _fingerprint(context, job)


def _fingerprint(context: Context, job: str) -> str:
    kind, _, name = job.partition(":")
    settings = context.settings
    of = settings.sources.of(name) if kind == "import" else settings_of(settings.targets, name)
    return context.keyring.fingerprint(repr(_plain(of)).encode())


def _plain(told: Any) -> Any:
    """Settings with their passwords, and with what can be seen of the files that they name: a new key is a change."""
    if isinstance(told, BaseModel):
        return {name: _plain(getattr(told, name)) for name in type(told).model_fields}
    if isinstance(told, SecretStr):
        return told.get_secret_value()
    if isinstance(told, Path):
        return (str(told), _seen(told))
    if isinstance(told, Mapping):
        return sorted((str(key), _plain(each)) for key, each in told.items())
    if isinstance(told, set | frozenset):
        return sorted(map(str, told))
    return [_plain(each) for each in told] if isinstance(told, tuple | list) else told


def _seen(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (0, 0) if path.is_dir() else (found.st_mtime_ns, found.st_size)
