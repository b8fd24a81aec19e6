"""Decides by its error when a failed job is tried again, and which jobs wait for a person.

``reconnect:refused`` in Redis is a hash: job (``import:sd``) → fingerprint of the settings that were refused. The
schedule skips such a job until its settings change, or until a person runs or queues it.
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
"""Errors of the operating system that do not pass by themselves. Unlike ours, they do not state it."""
REFUSED = "reconnect:refused"


def retry_of(error: BaseException) -> Retry | None:
    """The error's own answer, ours or the library's; None for an unexpected error."""
    own = getattr(error, "retry", None)
    if isinstance(own, Retry):
        return own
    if isinstance(error, Neo4jError | DriverError):
        return SOON if error.is_retryable() else NEXT
    # The queue is away. Other errors of Redis are about the command.
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return SOON
    return _of_system(error) if isinstance(error, OSError) else None


def _of_system(error: OSError) -> Retry:
    """The network may soon be back; a file, a permission, a certificate or a full disk waits for a person."""
    if isinstance(error, ssl.SSLError):  # their numbers are OpenSSL's
        return NEXT if isinstance(error, ssl.SSLCertVerificationError) else SOON
    return NEXT if error.errno in _LASTING else SOON


def refuse(client: redis.Redis, context: Context, job: str) -> None:
    """Remember that the job was refused with its present settings."""
    client.hset(REFUSED, job, _fingerprint(context, job))


def lift(client: redis.Redis, job: str) -> None:
    """Forget the refusal: the job succeeded, or failed for another reason."""
    client.hdel(REFUSED, job)


def is_refused(context: Context, job: str) -> bool:
    """Whether the job was refused with its present settings."""
    with context.redis() as client:
        kept = cast("bytes | None", client.hget(REFUSED, job))
    return kept is not None and kept.decode() == _fingerprint(context, job)


def note_login(context: Context, target: str, *, refused: bool) -> None:
    """Remember whether the target refuses our login, which also ends closings at once. Other refusals do not: what
    makes a run fail, such as an attribute that the domain lacks, is no reason to leave an account open."""
    with context.redis() as client:
        if refused:
            refuse(client, context, _login(target))
        else:
            lift(client, _login(target))


def is_login_refused(context: Context, target: str) -> bool:
    """Whether the target refuses our login, with its present settings."""
    return is_refused(context, _login(target))


def _login(target: str) -> str:
    return f"login:{target}"


def _fingerprint(context: Context, job: str) -> str:
    kind, _, name = job.partition(":")
    settings = context.settings
    of = settings.sources.of(name) if kind == "import" else settings_of(settings.targets, name)
    return context.keyring.fingerprint(repr(_plain(of)).encode())


def _plain(setting: Any) -> Any:
    """Settings with their passwords, and with date and size of the files that they name: a new key is a change."""
    if isinstance(setting, BaseModel):
        return {name: _plain(getattr(setting, name)) for name in type(setting).model_fields}
    if isinstance(setting, SecretStr):
        return setting.get_secret_value()
    if isinstance(setting, Path):
        return (str(setting), _seen(setting))
    if isinstance(setting, Mapping):
        return sorted((str(key), _plain(each)) for key, each in setting.items())
    if isinstance(setting, set | frozenset):
        return sorted(map(str, setting))
    return [_plain(each) for each in setting] if isinstance(setting, tuple | list) else setting


def _seen(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (0, 0) if path.is_dir() else (found.st_mtime_ns, found.st_size)
