"""Every error of a source or target says whether and when another try is worth it; the worker keeps no list."""

import ast
import errno
import importlib
import inspect
import pkgutil
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from neo4j.exceptions import ClientError, ServiceUnavailable, TransientError

import exporters
import importers
from exporters.errors import DeliveryError, ExportError, HostKeyError, Overtaken
from graph.retry import NEVER, NEXT, SOON, Retry, at
from graph.writing.retrying import MatchAgain, Stale
from importers.active_directory.errors import LoginRejected
from importers.sd.errors import OutsideOpeningHours
from importers.source import SourceError
from reconnect import errors
from reconnect.embedded import EmbeddedError
from reconnect.errors import ProgramError
from reconnect.exits import CommandFailed
from reconnect.locks import LockLost, LockTaken
from reconnect.sending.mail import MailFailed
from reconnect.work import jobs, queue, worker
from reconnect.work.retrying import retry_of

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[3]
OPENS = datetime(2026, 11, 25, 6, tzinfo=UTC)
LOGINS = frozenset({
    "importers.active_directory.errors.LoginRejected", "importers.sd.errors.AccessRejected",
    "importers.unilogin.errors.AccessRejected", "importers.cpr.errors.Misconfigured",
    "importers.cpr.errors.AccessFault",
    "importers.cpr.errors.LoginRejected", "importers.fk_adm.errors.AccessRefused",
    "exporters.errors.LoginRefused", "importers.kle.errors.ReleaseRejected", "importers.positions.errors.ListRejected",
})  # fmt: skip


def classes() -> Iterator[type[Exception]]:
    for package in (importers, exporters):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(each.name)
    found: list[type[Exception]] = [SourceError, ExportError]
    while found:
        of = found.pop()
        yield of
        found += of.__subclasses__()


def name(of: type) -> str:
    return f"{of.__module__}.{of.__name__}"


OWN = [each for each in classes() if each.__module__.startswith(("importers.", "exporters."))]


def test_there_are_all_of_them() -> None:
    assert {name(each) for each in OWN} >= {
        *LOGINS,
        "importers.sd.errors.OutsideOpeningHours",
        "exporters.errors.HostKeyError",
    }


@pytest.mark.parametrize(
    "of", [each for each in OWN if each not in (OutsideOpeningHours, DeliveryError, HostKeyError)], ids=name
)
def test_each_class_says_it_itself(of: type[Exception]) -> None:
    said = vars(of).get("retry")
    assert isinstance(said, Retry)
    assert (said == NEVER) == (name(of) in LOGINS)


def test_what_is_closed_opens() -> None:
    assert retry_of(OutsideOpeningHours("closed", OPENS)) == at(OPENS)


def test_a_target_refuses_or_is_away() -> None:
    assert retry_of(DeliveryError("away")) == SOON
    assert retry_of(DeliveryError("refused", retry=NEVER)) == NEVER
    assert retry_of(HostKeyError("another key")) == NEVER


def test_one_error_may_differ_from_its_class() -> None:
    assert retry_of(LoginRejected("dc1", "AcceptSecurityContext error, data 52e")) == NEVER
    assert retry_of(LoginRejected("dc1", "AcceptSecurityContext error, data 530")) == NEXT


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Stale(), SOON),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), NEXT),
        (PermissionError(errno.EACCES, "Permission denied", "x"), NEXT),
        (OSError(errno.ENOSPC, "No space left on device"), NEXT),
        (OSError(errno.EROFS, "Read-only file system"), NEXT),
        (OSError(errno.EADDRINUSE, "Address already in use"), NEXT),
        (OSError(errno.EMFILE, "Too many open files"), NEXT),
        (ssl.SSLCertVerificationError(1, "self-signed"), NEXT),
        (ConnectionResetError(errno.ECONNRESET, "reset"), SOON),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), SOON),
        (TimeoutError(), SOON),
        (OSError(errno.EHOSTUNREACH, "No route to host"), SOON),
        (OSError(errno.ESTALE, "Stale file handle"), SOON),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), SOON),
        (MatchAgain(), SOON),
        (Overtaken(), SOON),
        (LockTaken(), SOON),
        (LockLost(), SOON),
        (ServiceUnavailable(), SOON),
        (TransientError(), SOON),
        (ClientError(), NEXT),
        (redis.ConnectionError(), SOON),
        (OSError(), SOON),
        (CommandFailed("unknown source"), NEXT),
        (EmbeddedError("no folder"), NEXT),
        (jobs.Interrupted(), SOON),
        (MailFailed(), SOON),
        (ValueError(), None),
        (redis.ResponseError(), None),
    ],
)
def test_errors_of_others(error: Exception, said: Retry | None) -> None:
    assert retry_of(error) == said


def test_a_moment_goes_with_at_only() -> None:
    for wrong in (lambda: Retry("at"), lambda: Retry("soon", OPENS), lambda: at(OPENS.replace(tzinfo=None))):
        with pytest.raises(ValueError, match="offset"):
            wrong()


def test_the_worker_knows_no_error_of_a_source() -> None:
    assert "SourceError" not in inspect.getsource(worker) + inspect.getsource(queue)


def _roots(room: str) -> Iterator[str]:
    """Classes of the room that derive from Python's own Exception."""
    for file in (ROOT / room).rglob("*.py"):
        for each in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            bases = (
                [base.id for base in each.bases if isinstance(base, ast.Name)] if isinstance(each, ast.ClassDef) else []
            )
            if isinstance(each, ast.ClassDef) and "Exception" in bases and not each.name.startswith("_"):
                yield each.name


def test_each_package_has_one_tree() -> None:
    """PutOff is not an error: it puts a job off."""
    assert list(_roots("exporters")) == ["ExportError"]
    assert sorted(_roots("reconnect")) == ["ProgramError", "PutOff"]


def test_the_program_draws_its_whole_tree() -> None:
    for module in ("commands.demo", "local_api", "settings.file", "work.jobs", "sending.mail"):
        importlib.import_module(f"reconnect.{module}")
    below, found = [ProgramError], []
    while below:
        of = below.pop()
        found.append(of)
        below += [each for each in of.__subclasses__() if each.__module__.startswith("reconnect.")]
    shown = {each.__name__ for each in found if not each.__name__.startswith("_")}
    assert shown == set(re.findall(r"^\W*(\w+)(?: |$)", errors.__doc__ or "", re.MULTILINE)) & shown
    assert {each.__name__ for each in found if not isinstance(vars(each).get("retry"), Retry)} <= {
        each.__name__ for each in found if issubclass(each, EmbeddedError)
    }
