"""A client of one server: its limits, pauses and login apply to every request.

A refusal is an answer, which the caller judges by its status; errors are what the caller can't judge. A request that
changes something is sent once, unless the server has stated that it did nothing (429): only the caller knows whether
another try does harm. A request that only reads is repeated here.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import orjson

from graph.retry import Retry
from protocols import certificates, web
from protocols.http.deadlines import Deadline, whole
from protocols.http.errors import AnswerLost, Busy, Diverted, HttpError, LoginRefused, NotReached, NotTrusted, TooLarge
from protocols.http.logins import Login
from protocols.http.pauses import Gate, Sleep, growing, retry_after

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REDIRECTS = 5
_PORTS = {"http": 80, "https": 443}
_BUSY = frozenset({429, 503})
_PASSING = frozenset({500, 502, 504})


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds``: for connecting, and between two bytes; a request as a whole may take ten times as long, so that a
    server that sends a byte now and then, be it of its headers, holds up nothing for ever. ``longest_wait``: the
    longest pause that a run waits when the server asks for one; for more the run ends. ``attempts`` and
    ``first_pause`` (seconds): of requests that can be repeated."""

    seconds: float = 30
    per_second: float = 0
    attempts: int = 5
    first_pause: float = 1
    longest_wait: float = 120
    largest: int = 64 << 20
    """Bytes of an answer."""
    own_machine: bool = False
    """Whether the server may be this machine, or have a link-local address."""

    @property
    def whole(self) -> float:
        """Seconds that a request may take, from connecting to the answer's last byte."""
        return whole(self.seconds)


@dataclass(frozen=True, slots=True)
class Certificates:
    """``ca_file``: the CA of the server's certificate, if it is not a public one; ``own``: our certificate and key
    (PEM) for the server."""

    ca_file: Path | None = None
    own: tuple[Path, Path] | None = None

    def context(self) -> ssl.SSLContext:
        """Raises NotTrusted if a file can't be used."""
        try:
            return certificates.tls_context(self.own, self.ca_file)
        except certificates.UnusableFile as error:
            raise NotTrusted(f"A certificate or key can't be used: {error}") from error


@dataclass(frozen=True, slots=True)
class Answer:
    """``status``: of HTTP; ``headers``: names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The JSON content, whatever its content type; None if it is not JSON, or empty."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return None


class Client:
    """Sends requests to ``base``. Use as a context manager."""

    def __init__(
        self,
        base: str,
        login: Login | None = None,
        limits: Limits | None = None,
        certificates: Certificates | None = None,
        headers: Mapping[str, str] | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._base = base.rstrip("/")
        self._login = login
        self._limits = limits or Limits()
        self._gate = Gate(self._limits.per_second, sleep)
        self._sleep = sleep
        self._checked: set[str] = set()
        # A server without TLS needs no authorities, which take half a second to load.
        trusted = (certificates or Certificates()).context() if urlsplit(base).scheme == "https" else False
        self._http = httpx.Client(
            timeout=self._limits.seconds,
            headers={**web.HEADERS, **(headers or {})},
            verify=trusted,
            follow_redirects=False,
            trust_env=False,
        )
        self._deadline = Deadline.of(self._http)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        reads: bool = False,
    ) -> Answer:
        """The server's answer, whatever its status, except 401, 429 and redirects. ``body``: sent as JSON; ``content``:
        sent as it is, instead; ``reads``: the request changes nothing, although its method could. Raises HttpError."""
        content = content if body is None else orjson.dumps(body)
        repeatable = reads or method in SAFE
        attempt = 0
        renewed = False
        while True:
            attempt += 1
            shown = self._login.header() if self._login else ""
            try:
                answer = self._once(method, self._url(path, query), content, form, headers or {}, shown)
            except HttpError as error:
                if not repeatable or error.retry.when == "never" or attempt >= self._limits.attempts:
                    raise
                self._sleep(growing(attempt, self._limits.first_pause, self._limits.longest_wait))
                continue
            if answer.status == 401 and self._login is not None:
                if renewed or not self._login.renewed(shown):
                    raise LoginRefused(f"{self._host} does not accept the login (401{_told(answer)}).")
                renewed = True
            elif answer.status in _BUSY:
                self._wait_as_asked(answer, attempt)
                if answer.status == 503 and not repeatable:
                    return answer  # a proxy may have answered for it
            elif answer.status in _PASSING and repeatable and attempt < self._limits.attempts:
                self._sleep(growing(attempt, self._limits.first_pause, self._limits.longest_wait))
            else:
                return answer

    @property
    def _host(self) -> str:
        return urlsplit(self._base).netloc

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        url = path if urlsplit(path).scheme else f"{self._base}/{path.lstrip('/')}"
        return str(httpx.URL(url, params=dict(query))) if query else url

    def _wait_as_asked(self, answer: Answer, attempt: int) -> None:
        """Shut the gate for as long as the server asks. Raises Busy if that is too long, or was too often."""
        asked = retry_after(answer.headers.get("retry-after"))
        wait = growing(attempt, self._limits.first_pause, self._limits.longest_wait) if asked is None else asked
        if wait > self._limits.longest_wait or attempt >= self._limits.attempts:
            again = Retry("at", datetime.now(UTC) + timedelta(seconds=max(wait, 1)))
            raise Busy(f"{self._host} is busy ({answer.status}) and asks for a pause of {wait:.0f} s.", again)
        self._gate.shut(wait)

    def _once(
        self,
        method: str,
        url: str,
        content: bytes | None,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str],
        shown: str,
    ) -> Answer:
        for _ in range(_REDIRECTS):
            answer = self._sent(method, url, content, form, headers, shown)
            if answer.status not in (301, 302, 303, 307, 308) or not (to := answer.headers.get("location")):
                return answer
            url = urljoin(url, to)
            if _place(url) != _place(self._base):
                raise Diverted(
                    f"{self._host} redirects to {urlsplit(url).netloc}; nothing was sent there. Set the address to the "
                    "one that answers, if that is right."
                )
        raise Diverted(f"{self._host} redirects in circles.")

    def _sent(
        self,
        method: str,
        url: str,
        content: bytes | None,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str],
        shown: str,
    ) -> Answer:
        self._check(url)
        self._gate.passed()
        given = {**headers, **({"Authorization": shown} if shown else {})}
        request = self._http.build_request(method, url, content=content, data=form, headers=given)
        with self._deadline.within(self._limits.whole):
            return self._answer_to(request)

    def _answer_to(self, request: httpx.Request) -> Answer:
        try:
            answer = self._http.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _not_reached(self._host, error) from error
        except httpx.HTTPError as error:
            raise AnswerLost(f"No answer came from {self._host}: {type(error).__name__}.") from error
        try:
            came = web.content(answer, self._limits.largest)
        except web.TooLarge as error:
            raise TooLarge(f"The answer of {self._host} is too large: {error}.") from error
        except httpx.HTTPError as error:
            raise AnswerLost(f"The answer of {self._host} broke off: {error}") from error
        finally:
            answer.close()
        return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, came)

    def _check(self, url: str) -> None:
        """Raises NotReached if the host's address is this machine's, or a link-local one, such as that from which cloud
        machines get their secrets (169.254.169.254)."""
        host = urlsplit(url).hostname or ""
        if self._limits.own_machine or host in self._checked:
            return
        try:
            found = {each[4][0] for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        except OSError as error:
            raise NotReached(f"There is no address of {host}: {error}") from error
        for each in found:
            address = ipaddress.ip_address(str(each).partition("%")[0])
            if address.is_loopback or address.is_link_local or address.is_unspecified:
                raise NotReached(
                    f"{host} has the address {address}, which is this machine's or a neighbour's: allow it in the "
                    "settings, if that is meant.",
                    Retry("never"),
                )
        self._checked.add(host)


def _place(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _not_reached(host: str, error: Exception) -> NotReached:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return NotTrusted(f"The certificate of {host} can't be trusted: {cause}")
        cause = cause.__cause__ or cause.__context__
    return NotReached(f"{host} can't be reached: {error}")


def _told(answer: Answer) -> str:
    told = answer.headers.get("www-authenticate", "")
    return f", {told[:200]}" if told else ""
