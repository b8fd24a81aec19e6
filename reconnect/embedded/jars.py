"""The files of Neo4j and of GraphiQL from Maven Central, fetched once for all instances of a user.

A lock beside this module (``neo4j.lock``, ``graphiql.lock``) names each file with its SHA-256 and size, so every
machine runs the same bytes and nothing has to be resolved at start. ``relock.py`` makes the locks.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import certifi
import httpx

from reconnect.embedded.errors import DiskFull, DownloadFailed

MAVEN_CENTRAL = "https://repo.maven.apache.org/maven2"

_ATTEMPTS = 4
_TIMEOUT = httpx.Timeout(30, connect=10)
"""Seconds. Serving waits for a connection at most this long if a firewall drops packets."""
_WORKERS = 8
_CHUNK = 1 << 16

Progress = Callable[[str, int, int], None]
"""Called with the name of the work, how much is done, and the total."""


@dataclass(frozen=True)
class Jar:
    """One file of the lock: its path in a Maven repository, its SHA-256 in hexadecimal, its size in bytes."""

    path: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Bundle:
    """Files that are fetched and kept together: their name for users, their version, and the lock that lists them."""

    name: str
    version: str
    lock: Path

    def jars(self) -> list[Jar]:
        """The files, as the lock names them."""
        rows = (line.split() for line in self.lock.read_text().splitlines())
        return [Jar(path=path, sha256=sha256, size=int(size)) for sha256, size, path in rows]

    def total_size(self) -> int:
        """Bytes of all files together."""
        return sum(jar.size for jar in self.jars())

    def folder_name(self) -> str:
        """Differs for every version and every lock, so that kept files are never mixed."""
        return f"{self.name.lower()}-{self.version}-{hashlib.sha256(self.lock.read_bytes()).hexdigest()[:8]}"


NEO4J = Bundle("Neo4j", "2026.09.0", Path(__file__).with_name("neo4j.lock"))
"""Neo4j Community and its Browser."""
GRAPHIQL = Bundle("GraphiQL", "2.4.7", Path(__file__).with_name("graphiql.lock"))
"""GraphiQL and the libraries that it needs in a browser, as webjars. 2.4.7 is the newest in Maven Central."""


def cache_folder() -> Path:
    """``RECONNECT_CACHE``, else ``reconnect`` in the user's cache folder (``XDG_CACHE_HOME`` or ``~/.cache``).

    Raises DownloadFailed for a user who has no home folder, as in a container under any number.
    """
    if own := os.environ.get("RECONNECT_CACHE"):
        return Path(own).expanduser().resolve()
    if caches := os.environ.get("XDG_CACHE_HOME"):
        return Path(caches).resolve() / "reconnect"
    try:
        return Path.home() / ".cache" / "reconnect"
    except RuntimeError as error:
        raise DownloadFailed("This user has no home folder: name one for fetched files in RECONNECT_CACHE.") from error


def fetch(
    bundle: Bundle,
    progress: Progress,
    cache: Path | None = None,
    repository: str | None = None,
    attempts: int = _ATTEMPTS,
) -> Path:
    """The folder with all of the bundle's jars; fetches what is missing.

    ``repository`` defaults to ``RECONNECT_MAVEN`` (a mirror), otherwise to Maven Central. Several processes may call at
    once:
    one fetches, the others wait. An interrupted fetch goes on where it ended. ``attempts`` is how often each file is
    asked for before giving up. Raises DownloadFailed, DiskFull.
    """
    cache = cache or cache_folder()
    complete = cache / bundle.folder_name()
    if complete.is_dir():
        return complete
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _only_one(cache / "fetch.lock"):
            if not complete.is_dir():
                partial = complete.with_suffix(".partial")
                partial.mkdir(exist_ok=True)
                source = repository or os.environ.get("RECONNECT_MAVEN") or MAVEN_CENTRAL
                _fetch_missing(partial, _Maven(bundle, source, attempts), progress)
                partial.rename(complete)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free, needed = shutil.disk_usage(cache).free >> 20, bundle.total_size() >> 20
            raise DiskFull(
                f"The disk of {cache} is full ({free} MB free): {bundle.name}'s files need {needed} MB. "
                "Make room, or point RECONNECT_CACHE to another disk, and run the command again."
            ) from error
        raise DownloadFailed(f"{bundle.name}'s files can't be kept in {cache}: {error}") from error
    return complete


@contextlib.contextmanager
def _only_one(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_missing(folder: Path, maven: "_Maven", progress: Progress) -> None:
    bundle = maven.bundle
    jars = bundle.jars()
    missing = [jar for jar in jars if not _is_whole(folder / jar.name, jar)]
    total = bundle.total_size()
    done = total - sum(jar.size for jar in missing)
    counted = threading.Lock()

    def count(size: int) -> None:
        nonlocal done
        with counted:
            done += size
            progress(f"Fetching {bundle.name}", done, total)

    count(0)
    # The system's own certificates (a company's proxy has its root there) and certifi's (a Mac's Python has no others).
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    with httpx.Client(verify=context, timeout=_TIMEOUT, follow_redirects=True) as client:
        pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="fetch")
        try:
            for finished in as_completed([pool.submit(maven.fetch, client, jar, folder, count) for jar in missing]):
                finished.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _is_whole(file: Path, jar: Jar) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == jar.sha256


@dataclass(frozen=True)
class _Maven:
    """The Maven repository of a bundle, and how often a file is requested."""

    bundle: Bundle
    repository: str
    attempts: int

    def fetch(self, client: httpx.Client, jar: Jar, folder: Path, count: Callable[[int], None]) -> None:
        url = f"{self.repository.rstrip('/')}/{jar.path}"
        for attempt in range(1, self.attempts + 1):
            try:
                self._stream(client, url, jar, folder)
            except httpx.HTTPError as error:
                if attempt == self.attempts:
                    raise DownloadFailed(
                        f"{self.bundle.name}'s file {url} could not be fetched ({error or type(error).__name__}). "
                        "Check the network or the proxy (HTTPS_PROXY), or name a mirror of Maven Central in "
                        "RECONNECT_MAVEN; then run the command again: what was fetched is kept."
                    ) from error
                time.sleep(2**attempt / 4)
            else:
                count(jar.size)
                return

    def _stream(self, client: httpx.Client, url: str, jar: Jar, folder: Path) -> None:
        half = folder / f"{jar.name}.half"
        digest = hashlib.sha256()
        with client.stream("GET", url) as answer, half.open("wb") as out:
            answer.raise_for_status()
            for chunk in answer.iter_bytes(_CHUNK):
                digest.update(chunk)
                out.write(chunk)
        if digest.hexdigest() != jar.sha256:
            half.unlink()
            raise DownloadFailed(
                f"{url} is not the file that {self.bundle.name} {self.bundle.version} consists of (SHA-256 "
                f"{digest.hexdigest()}, expected {jar.sha256}). The file was changed on the way from the "
                "repository to this machine: ask your network team."
            )
        half.rename(folder / jar.name)
