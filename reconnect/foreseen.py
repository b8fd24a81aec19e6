"""Failures in operation that are not faults of the program, each with a text that states what to do.

Everything else is a fault of the program, and is logged with its place.
"""

import errno
from pathlib import Path

import redis
from neo4j.exceptions import AuthError, DatabaseUnavailable, DriverError, Neo4jError

from importers.pipeline.report import text_of

_GOES_ON = "Everything written so far is kept. Run the command again: it continues from there."
_OF_THE_MACHINE = frozenset(
    {
        errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO,
        errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.ENOLCK, errno.ESTALE,
    }
)  # fmt: skip


def explained(error: BaseException, home: Path) -> str | None:
    """The text for the person at the terminal; None for a fault of the program."""
    if isinstance(error, (DriverError, Neo4jError)):
        return _of_neo4j(error, home)
    if isinstance(error, redis.RedisError):
        return _of_redis(error, home)
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        return _of_the_machine(error, home)
    return None


def refused_by_neo4j(home: Path) -> str:
    """The text for a password that Neo4j rejects."""
    return (
        f"Neo4j refuses the password. Either {home / 'secrets' / 'neo4j_password'} was lost or replaced (put it back "
        "from a backup), or neo4j.user and neo4j.password in the settings are not the server's."
    )


def _of_neo4j(error: DriverError | Neo4jError, home: Path) -> str | None:
    if isinstance(error, AuthError):
        return refused_by_neo4j(home)
    if error.is_retryable() or isinstance(error, DatabaseUnavailable):
        return f"Neo4j stopped answering: {text_of(error)}\n{_GOES_ON} `reconnect status` shows whether it runs."
    return None


def _of_redis(error: redis.RedisError, home: Path) -> str | None:
    if isinstance(error, (redis.AuthenticationError, redis.exceptions.AuthenticationWrongNumberOfArgsError)):
        return (
            f"Redis refuses the password. Either {home / 'secrets' / 'valkey_password'} was lost or replaced since "
            "Valkey was started (`reconnect down`, then `reconnect up`: no data is lost), or the one in redis.url is "
            "not the server's."
        )
    if isinstance(error, (redis.ConnectionError, redis.TimeoutError)):
        return f"Redis does not answer: {error}. Run `reconnect up` first, or see redis.url."
    if isinstance(error, (redis.ReadOnlyError, redis.OutOfMemoryError)) or "MISCONF" in str(error):
        return f"Redis accepts no more data: {error}. Make room on its disk or in its memory. {_GOES_ON}"
    return None


def _of_the_machine(error: OSError, home: Path) -> str:
    where = str(error.filename) if error.filename is not None else ""
    if where and Path(where).absolute().is_relative_to(home):
        return (
            f"{where} can't be read or written: {error.strerror}. RECONNECT_HOME is {home}; its files must be the "
            f"program's own user's, on a disk that has room and is not read-only. {_GOES_ON}"
        )
    return f"{where}: {error.strerror}. {_GOES_ON}" if where else f"{error.strerror}. {_GOES_ON}"
