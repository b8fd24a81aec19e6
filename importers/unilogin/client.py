"""Calls to wsiEKSPORT: signed, one at a time. Answers are spooled before they are read.

No call is repeated here: STIL allows four exports a day, and a call that broke off may count.
"""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx

from importers.unilogin.answers import Body, Export, agreements, export, fault, hello
from importers.unilogin.errors import AccessRejected, Unavailable, Unreadable, Untrusted, WrongKey
from importers.unilogin.messages import AGREEMENTS, EXPORT, HELLO, envelope, headers, request, sign
from importers.unilogin.settings import UniLoginSettings
from protocols import certificates, xml
from protocols.soap.errors import SoapError, TooLarge
from protocols.soap.message import serialized
from protocols.soap.transport import Answer, Limits, Transport
from protocols.xml_signature import checking
from protocols.xml_signature.errors import NotSigned
from protocols.xml_signature.signing import Signer

IN_MEMORY = 64 * 1024 * 1024
FAULTS = frozenset({400, 500})


class Client:
    """The service. Use as a context manager. Raises WrongKey if the settings' files can't be used."""

    def __init__(self, settings: UniLoginSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        try:
            self._signer = Signer.load(settings.key_file, settings.key_password.get_secret_value())
            self._trusted = certificates.certificates(settings.trusted) if settings.trusted else None
        except certificates.UnusableFile as wrong:
            raise WrongKey(str(wrong)) from wrong
        self._largest = settings.largest_answer_megabytes << 20
        self._transport = Transport(Limits(settings.timeout_seconds, self._largest, IN_MEMORY))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.__exit__(kind, error, trace)

    def hello(self) -> str:
        """STIL's greeting to a provider that it knows: the test of the configuration."""
        with self._call(HELLO) as body:
            return hello(body)

    def agreements(self) -> list[str]:
        """Numbers of the institutions with a data agreement, sorted."""
        with self._call(AGREEMENTS) as body:
            return agreements(body)

    def export(self, institution: str) -> Export:
        """An institution's present staff and externals."""
        with self._call(EXPORT, institution) as body:
            return export(body, institution)

    def _call(self, operation: str, institution: str = "") -> Body:
        """The complete body of the answer. Raises RequestRejected, AccessRejected, Unavailable, Unreadable,
        Untrusted."""
        name = f"{operation} of {institution}" if institution else operation
        answer = self._answer(operation, institution, name)
        try:
            if answer.status in FAULTS:
                raise fault(answer.body, name)
            if answer.status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                raise AccessRejected(f"STIL refuses {name} (HTTP {answer.status}): check key_file, provider and url")
            if answer.status != httpx.codes.OK:
                raise Unavailable(f"STIL answers {name} with HTTP {answer.status}")
            self._check(answer.body)
        except BaseException:
            answer.body.close()
            raise
        return answer.body

    def _answer(self, operation: str, institution: str, name: str) -> Answer:
        version = self._settings.soap
        message = envelope(request(operation, institution), self._settings.provider, version, self._now())
        sign(message, self._signer, self._settings.signed)
        try:
            return self._transport.post(self._settings.url, serialized(message), headers(operation, version))
        except TooLarge as large:
            raise Unreadable(f"STIL's answer to {name} is larger than {self._largest >> 20} megabytes") from large
        except SoapError as failure:
            raise Unavailable(f"STIL does not answer {name}: {failure}") from failure

    def _check(self, body: Body) -> None:
        """Checks only if trusted certificates are configured; the answer is a tree in memory during the check."""
        if self._trusted is None:
            return
        try:
            message = xml.tree(body.read(), self._largest)
        except xml.BadXml as wrong:
            raise Unreadable(f"STIL's answer is refused: {wrong}") from wrong
        try:
            checking.check(message, self._trusted, self._now())
        except NotSigned as wrong:
            raise Untrusted(str(wrong)) from wrong
        body.seek(0)
