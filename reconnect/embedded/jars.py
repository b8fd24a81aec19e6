"""Neo4j's files from Maven Central, fetched once for all instances of a user.

``neo4j.lock`` beside this module names each file with its SHA-256 and size, so every machine runs the same bytes and
nothing has to be resolved at start. It was made with jgo from the coordinates in ``relock.py``.
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

NEO4J_VERSION = "2026.09.0"
MAVEN_CENTRAL = "https://repo.maven.apache.org/maven2"
LOCK = Path(__file__).with_name("neo4j.lock")

_ATTEMPTS = 4
_WORKERS = 8
_CHUNK = 1 << 16

Progress = Callable[[str, int, int], None]
"""Told of a long work: what is being done, how much is done, and of how much."""


@dataclass(frozen=True)
class Jar:
    """One file of the lock: its path in a Maven repository, its SHA-256 in hexadecimal, its size in bytes."""

    path: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


def cache_folder() -> Path:
    """``RECONNECT_CACHE``, else ``reconnect`` in the user's cache folder (``XDG_CACHE_HOME`` or ``~/.cache``)."""
    if own := os.environ.get("RECONNECT_CACHE"):
        return Path(own).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "reconnect"


def read_lock() -> list[Jar]:
    """The files that make up Neo4j and its Browser."""
    rows = (line.split() for line in LOCK.read_text().splitlines())
    return [Jar(path=path, sha256=sha256, size=int(size)) for sha256, size, path in rows]


def fetch(progress: Progress, cache: Path | None = None, repository: str | None = None) -> Path:
    """The folder with all of Neo4j's jars; fetches what is missing.

    ``repository`` defaults to ``RECONNECT_MAVEN`` (a mirror), else Maven Central. Several processes may call at once:
    one fetches, the others wait. An interrupted fetch goes on where it ended. Raises DownloadFailed, DiskFull.
    """
    cache = cache or cache_folder()
    complete = cache / f"neo4j-{NEO4J_VERSION}-{_lock_digest()}"
    if complete.is_dir():
        return complete
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _only_one(cache / "fetch.lock"):
            if not complete.is_dir():
                partial = complete.with_suffix(".partial")
                partial.mkdir(exist_ok=True)
                _fetch_missing(partial, repository or os.environ.get("RECONNECT_MAVEN") or MAVEN_CENTRAL, progress)
                partial.rename(complete)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = shutil.disk_usage(cache).free >> 20
            raise DiskFull(
                f"The disk of {cache} is full ({free} MB free): Neo4j's files need {total_size() >> 20} MB. "
                "Make room, or point RECONNECT_CACHE to another disk, and run the command again."
            ) from error
        raise DownloadFailed(f"Neo4j's files can't be kept in {cache}: {error}") from error
    return complete


def total_size() -> int:
    """Bytes of all files together."""
    return sum(jar.size for jar in read_lock())


def _lock_digest() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()[:8]


@contextlib.contextmanager
def _only_one(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_missing(folder: Path, repository: str, progress: Progress) -> None:
    jars = read_lock()
    missing = [jar for jar in jars if not _is_whole(folder / jar.name, jar)]
    total = sum(jar.size for jar in jars)
    done = total - sum(jar.size for jar in missing)
    counted = threading.Lock()

    def count(size: int) -> None:
        nonlocal done
        with counted:
            done += size
            progress("Fetching Neo4j", done, total)

    count(0)
    # The system's own certificates (a company's proxy has its root there) and certifi's (a Mac's Python has no others).
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    with httpx.Client(verify=context, timeout=30, follow_redirects=True) as client:
        pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="fetch")
        try:
            for finished in as_completed(
                [pool.submit(_fetch_one, client, repository, jar, folder, count) for jar in missing]
            ):
                finished.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _is_whole(file: Path, jar: Jar) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == jar.sha256


def _fetch_one(client: httpx.Client, repository: str, jar: Jar, folder: Path, count: Callable[[int], None]) -> None:
    url = f"{repository.rstrip('/')}/{jar.path}"
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _stream(client, url, jar, folder)
        except httpx.HTTPError as error:
            if attempt == _ATTEMPTS:
                raise DownloadFailed(
                    f"Neo4j's file {url} could not be fetched ({error or type(error).__name__}). "
                    "Check the network or the proxy (HTTPS_PROXY), or name a mirror of Maven Central in "
                    "RECONNECT_MAVEN; then run the command again: what was fetched is kept."
                ) from error
            time.sleep(2**attempt / 4)
        else:
            count(jar.size)
            return


def _stream(client: httpx.Client, url: str, jar: Jar, folder: Path) -> None:
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
            f"{url} is not the file that Neo4j {NEO4J_VERSION} consists of (SHA-256 {digest.hexdigest()}, expected "
            f"{jar.sha256}). Somebody between this machine and the repository changes files: ask your network people."
        )
    half.rename(folder / jar.name)
