"""Calls to wsiEKSPORT: signed, one at a time, answers spooled before they are read.

Nothing is tried again here: an export may be asked for four times a day only, and whether a call that broke counts
is unverified.
"""

import tempfile
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import IO, Self

import httpx
from lxml import etree

from importers.unilogin import checking
from importers.unilogin.answers import Export, agreements, export, fault, hello
from importers.unilogin.errors import AccessRejected, Unavailable, Unreadable
from importers.unilogin.messages import AGREEMENTS, EXPORT, HELLO, envelope, headers, request
from importers.unilogin.settings import UniLoginSettings
from importers.unilogin.signing import Signer
from protocols import web, xml

IN_MEMORY = 64 * 1024 * 1024
FAULTS = frozenset({400, 500})
Body = IO[bytes]


class Client:
    """The service. Use as a context manager. Raises WrongKey where the settings' files can't be used."""

    def __init__(self, settings: UniLoginSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._signer = Signer.load(settings.key_file, settings.key_password.get_secret_value())
        self._trusted = checking.load_trusted(settings.trusted) if settings.trusted else None
        self._http = httpx.Client(timeout=settings.timeout_seconds, headers=web.HEADERS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def hello(self) -> str:
        """What STIL says to whom it knows: the test of the configuration."""
        with self._ask(HELLO) as body:
            return hello(body)

    def agreements(self) -> list[str]:
        """Numbers of the institutions that have agreed to hand over their data, sorted."""
        with self._ask(AGREEMENTS) as body:
            return agreements(body)

    def export(self, institution: str) -> Export:
        """Staff and externals of an institution now."""
        with self._ask(EXPORT, institution) as body:
            return export(body, institution)

    def _ask(self, operation: str, institution: str = "") -> Body:
        """The answer's body, whole. Raises Refused, Unavailable, Unreadable, Untrusted."""
        name = f"{operation} of {institution}" if institution else operation
        message = envelope(request(operation, institution), self._settings.provider, self._settings.soap, self._now())
        self._signer.sign(message, self._settings.signed)
        content = etree.tostring(message, xml_declaration=True, encoding="UTF-8")
        try:
            status, body = self._spooled(content, headers(operation, self._settings.soap), name)
        except httpx.HTTPError as failure:
            raise Unavailable(f"STIL does not answer {name}: {str(failure) or type(failure).__name__}") from failure
        try:
            if status in FAULTS:
                raise fault(body, name)
            if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                raise AccessRejected(f"STIL refuses {name} (HTTP {status}): look at key_file, provider and url")
            if status != httpx.codes.OK:
                raise Unavailable(f"STIL answers {name} with HTTP {status}")
            self._check(body)
        except BaseException:
            body.close()
            raise
        return body

    def _spooled(self, content: bytes, fields: dict[str, str], name: str) -> tuple[int, Body]:
        limit = self._settings.largest_answer_megabytes << 20
        body: Body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller reads and closes it
        try:
            with self._http.stream("POST", self._settings.url, content=content, headers=fields) as answer:
                for piece in web.pieces(answer, limit):
                    body.write(piece)
        except web.TooLarge as large:
            body.close()
            raise Unreadable(f"STIL's answer to {name} is larger than {limit >> 20} megabytes") from large
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return answer.status_code, body

    def _check(self, body: Body) -> None:
        """Only where certificates to trust are configured; the answer is then held as a tree while it is checked."""
        if self._trusted is None:
            return
        try:
            message = xml.tree(body.read(), self._settings.largest_answer_megabytes << 20)
        except xml.BadXml as wrong:
            raise Unreadable(f"STIL's answer is refused: {wrong}") from wrong
        checking.check(message, self._trusted, self._now())
        body.seek(0)
