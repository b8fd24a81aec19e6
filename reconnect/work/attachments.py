"""Files that are attached to tasks: scanned by the installation's scanner, and deleted once no case has them.

Any number of workers may look: a file that one scans is due again for the others only when that one has had its time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from cryptography.exceptions import InvalidTag
from structlog.stdlib import get_logger

from exporters.active_directory.hooks import SIGNATURE, signature
from graph.cpr.keyring import without_numbers
from graph.retry import SOON
from graph.time import copenhagen_now
from processes.cases import attachment_files, attachments
from processes.cases.attachments import Attachment
from protocols import programs
from protocols.http.client import Certificates, Client, Limits
from protocols.http.errors import HttpError
from reconnect.context import Context
from reconnect.errors import ProgramError
from reconnect.settings.attachments import ScanCommand, ScanWebhook

EVERY = 2.0
"""Seconds between two looks."""
_REFUSED = 1
"""Exit code of a scanner that has found something, as ClamAV's have it."""
_MARGIN = timedelta(minutes=1)
_LONGEST = 300
"""Characters of a scanner's own words that are kept."""
_LARGEST = 1 << 20
"""Bytes of an answer."""
_log = get_logger("reconnect.work.attachments")


class NotScanned(ProgramError):
    """The scanner has not answered. The file waits."""

    retry = SOON


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner says of a file. ``text``: why it refuses it."""

    is_clean: bool
    text: str = ""


def scan(context: Context) -> None:
    """Let the scanner look at the files that wait for it."""
    settings = context.settings.processes.attachments
    scanner = settings.scanner
    lease = timedelta(seconds=30 if scanner is None else 10 * scanner.seconds) + _MARGIN
    if scanner is None and not settings.unscanned:
        return  # what waits goes on waiting
    while found := attachments.to_scan(context.driver(), copenhagen_now(), lease):
        if scanner is None:
            attachments.scanned(context.driver(), found.id, "not_scanned")
        else:
            _scan(context, scanner, found)


def _scan(context: Context, scanner: ScanCommand | ScanWebhook, each: Attachment) -> None:
    driver, folder = context.driver(), context.attachments.folder
    try:
        key = attachment_files.opened_key(context.keyring, each.cipher, each.key)
        pieces = attachment_files.read(folder, each.id, key)
        verdict = (
            by_command(scanner, pieces) if isinstance(scanner, ScanCommand) else by_webhook(scanner, each.id, pieces)
        )
    except (OSError, InvalidTag) as error:
        _log.error("attachment can't be read", id=each.id, case=each.case, error=type(error).__name__)
        if isinstance(error, OSError) and not attachment_files.is_lost(folder, each.id, error):
            attachments.put_off(driver, each.id, copenhagen_now())
        else:  # an upload that broke off at its very end, or a damaged file
            attachments.scanned(driver, each.id, "refused", "its file is missing or damaged")
    except NotScanned as error:
        _log.warning("attachment was not scanned", id=each.id, case=each.case, error=str(error))
        attachments.put_off(driver, each.id, copenhagen_now())
    else:
        attachments.scanned(driver, each.id, "clean" if verdict.is_clean else "refused", verdict.text)
        if not verdict.is_clean:
            _log.warning("attachment was refused", id=each.id, case=each.case, reason=verdict.text)
            attachment_files.delete(folder, each.id)


def sweep(context: Context) -> None:
    """Delete files that no case has any more."""
    deleted = attachment_files.sweep(context.attachments.folder, partial(attachments.known_ids, context.driver()))
    if deleted:
        _log.info("files of attachments deleted", count=deleted)


def by_command(scanner: ScanCommand, pieces: Iterable[bytes]) -> Verdict:
    """Raises NotScanned, and what ``pieces`` raises."""
    try:
        process = programs.start(scanner.program)
    except OSError as failed:
        raise NotScanned(f"it can't be started: {failed.strerror or type(failed).__name__}") from failed
    try:
        ended = programs.exchange(process, pieces, scanner.seconds, _LARGEST)
    except TimeoutError as late:
        raise NotScanned(f"it did not end in {scanner.seconds:g} seconds") from late
    if ended.code == _REFUSED:
        return Verdict(False, _shown(ended.output))
    if ended.code != 0:
        raise NotScanned(f"it ended with {ended.code}" if ended.code > 0 else f"signal {-ended.code} ended it")
    if not ended.has_all:
        raise NotScanned("it ended before it had read the file")
    return Verdict(True)


def by_webhook(scanner: ScanWebhook, id_: str, pieces: Iterable[bytes]) -> Verdict:
    """Raises NotScanned, and what ``pieces`` raises."""
    content = b"".join(pieces)
    headers = {
        "Content-Type": "application/octet-stream",
        SIGNATURE: signature(scanner.secret.get_secret_value(), content),
        "Idempotency-Key": id_,
    }
    limits = Limits(seconds=scanner.seconds, attempts=1, own_machine=scanner.own_machine, largest=_LARGEST)
    try:
        with Client(scanner.url, limits=limits, certificates=Certificates(scanner.ca_file)) as http:
            answer = http.send("POST", scanner.url, content=content, headers=headers)
    except HttpError as failed:
        raise NotScanned(str(failed)) from failed
    said = answer.json()
    if not answer.succeeded or not isinstance(said, dict) or not isinstance(said.get("clean"), bool):
        raise NotScanned(f"it answers {answer.status}, and neither that the file is clean nor that it is not")
    return Verdict(said["clean"], _shown(str(said.get("text") or "").encode()))


def _shown(said: bytes) -> str:
    """A scanner's own words, as they may be kept and shown."""
    text = without_numbers(said.decode("utf-8", "replace"))
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:_LONGEST]
