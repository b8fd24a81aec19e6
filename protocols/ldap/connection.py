"""One controller: TLS, one bind, searches in pages. Never in clear text.

Values come as bytes: ldap3's conversion depends on a schema that it may not have read.
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import ldap3
from ldap3.core.exceptions import LDAPException, LDAPOperationResult, LDAPSSLConfigurationError
from ldap3.protocol.microsoft import dir_sync_control, extended_dn_control, show_deleted_control
from ldap3.utils.conv import to_unicode

from protocols.ldap.errors import ConnectionLost, LoginRejected, RequestRejected, Unreadable, Untrusted

Raw = Mapping[str, Sequence[bytes]]
"""Attribute, in lower case → unchanged values."""
Scope = Literal["BASE", "LEVEL", "SUBTREE"]
Encryption = Literal["ldaps", "starttls"]
PORTS: Mapping[Encryption, int] = {"ldaps": 636, "starttls": 389}
PAGED = "1.2.840.113556.1.4.319"
DIRSYNC = "1.2.840.113556.1.4.841"
DIRSYNC_BYTES = 4 * 1024 * 1024
PASSING = frozenset({3, 51, 52, 81, 85})  # too slow, busy, unavailable, down: another controller may work
SUCCESS = 0
SEARCH_ENTRY = 4  # RFC 4511 §4.5.2, as ldap3 numbers it
REFERRAL = 10
# ldap3 raises nothing for these, whatever its options; each is an incomplete answer.
CUT_SHORT = {3: "its time limit", 4: "its size limit", REFERRAL: "a referral to another place"}


@dataclass(frozen=True, slots=True)
class Found:
    """An entry. ``dn``: its present spelling in the directory; it is shown, never compared."""

    dn: str
    values: Raw


@dataclass(frozen=True, slots=True)
class Access:
    """The connection to a controller, and the account. ``authority``: the CA of its certificate (PEM); None = the
    system's.
    ``user``: user@domain, DOMAIN\\user or a DN. ``seconds``: for connecting, and for each answer."""

    encryption: Encryption
    authority: Path | None
    user: str
    password: str = field(repr=False)
    seconds: float


class Directory:
    """Searches over a bound connection. ``name``: of the controller, for messages."""

    def __init__(self, wire: ldap3.Connection, name: str, page_size: int) -> None:
        self._wire = wire
        self.name = name
        self._page_size = page_size

    def search(
        self,
        base: str,
        what: str,
        attributes: Sequence[str],
        *,
        scope: Scope = "SUBTREE",
        deleted: bool = False,
        guids: bool = False,
        page_size: int | None = None,
    ) -> Iterator[Found]:
        """All entries, page by page, each attribute with all its values. ``deleted``: include deleted ones; ``guids``:
        DNs in values contain the GUID of their entry. Referrals to other partitions are skipped.

        Raises ConnectionLost, RequestRejected, Unreadable.
        """
        controls = [show_deleted_control(criticality=True)] * deleted
        controls += [extended_dn_control(criticality=True)] * guids
        cookie: bytes | None = None
        while True:
            with self._asked(f"{what} in {base}"):
                self._wire.search(
                    base,
                    what,
                    search_scope=scope,
                    attributes=list(attributes),
                    controls=controls or None,
                    paged_size=page_size or self._page_size,
                    paged_criticality=True,
                    paged_cookie=cookie,
                )
            response, answered = self._wire.response, self._wire.result
            for each in _entries(response):
                yield self._with_ranges(each, controls)
            page = answered.get("controls", {}).get(PAGED)
            if page is None and scope == "BASE":  # one entry has no pages, and not every server answers as if it had
                return
            if page is None:  # RFC 2696 §3: each answer to a paged search says whether there is more
                raise Unreadable(f"{self.name} does not say whether {what} in {base} has more pages: it is not whole")
            cookie = page["value"]["cookie"]
            if not cookie:
                return

    def changed_since(self, base: str, what: str, attributes: Sequence[str], cookie: bytes, own: bool) -> "Changed":
        """DirSync: the changes since the cookie (empty: everything), and the next cookie. ``own``: with the object
        security flag, which needs no replication right and shows what the account may read.

        Raises RequestRejected (also if DirSync is not allowed), ConnectionLost.
        """
        found: list[Found] = []
        while True:
            control = dir_sync_control(True, own, False, False, False, DIRSYNC_BYTES, cookie)
            with self._asked("DirSync"):
                self._wire.search(
                    base, what, search_scope=ldap3.SUBTREE, attributes=list(attributes), controls=[control]
                )
            found += _entries(self._wire.response)
            value = self._wire.result.get("controls", {}).get(DIRSYNC, {}).get("value")
            if value is None:
                raise RequestRejected(f"{self.name} does not answer DirSync")
            cookie = value["cookie"]
            if not value["more_results"]:
                return Changed(found, cookie)

    def read(self, base: str, attributes: Sequence[str]) -> Raw:
        """One entry; ``base`` empty: the controller's own. Raises ConnectionLost, RequestRejected, Unreadable if there
        is no entry."""
        with self._asked(base or "its root"):
            self._wire.search(base, "(objectClass=*)", search_scope="BASE", attributes=list(attributes))
        for each in _entries(self._wire.response):
            return each.values
        raise Unreadable(f"{self.name} does not answer with {base or 'its root'}")

    def _with_ranges(self, found: Found, controls: Sequence[Any]) -> Found:
        """Windows returns 1,500 values under the name ``member;range=0-1499``, beside an empty ``member``."""
        if not any(";range=" in name for name in found.values):
            return found
        whole: dict[str, Sequence[bytes]] = {}
        for name, values in found.values.items():
            attribute, _, limits = name.partition(";range=")
            if not limits:
                whole.setdefault(attribute, values)
                continue
            have = list(values)
            while limits and not limits.endswith("-*"):
                limits, more = self._range(found.dn, attribute, len(have), controls)
                have += more
            whole[attribute] = have
        return Found(found.dn, whole)

    def _range(self, dn: str, attribute: str, start: int, controls: Sequence[Any]) -> tuple[str, Sequence[bytes]]:
        # Of a DN that comes with GUID and SID, the GUID alone is a base that every controller takes.
        base = f"{dn.partition('>')[0]}>" if dn.startswith("<GUID=") else dn
        with self._asked(f"{attribute} from value {start} on"):
            self._wire.search(
                base,
                "(objectClass=*)",
                search_scope="BASE",
                attributes=[f"{attribute};range={start}-*"],
                controls=list(controls) or None,
                paged_size=self._page_size,
                paged_criticality=True,
            )
        for each in _entries(self._wire.response):
            for name, values in each.values.items():
                if name.startswith(f"{attribute};range="):
                    return name.partition(";range=")[2] if values else "", values
        # Not even the name, or no entry: there may be more values.
        raise ConnectionLost(f"{self.name} does not answer with {attribute} of one entry from value {start} on")

    @contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        try:
            yield
        except LDAPOperationResult as failed:
            text = f"{self.name} answered {failed.description} ({failed.result}) when asked for {what}"
            if failed.result in PASSING:
                raise ConnectionLost(text) from failed
            raise RequestRejected(text, failed.result) from failed
        except (LDAPException, OSError) as broken:
            raise ConnectionLost(f"{self.name} broke off: {type(broken).__name__}") from broken
        code = self._wire.result.get("result", 0)
        if code in CUT_SHORT:
            text = f"{self.name} answered with {CUT_SHORT[code]} ({code}) when asked for {what}: it is not whole"
            raise (ConnectionLost if code in PASSING else RequestRejected)(text)


@dataclass(frozen=True, slots=True)
class Changed:
    """Only the changed attributes of each entry. ``cookie``: for the next request."""

    found: Sequence[Found]
    cookie: bytes


@contextmanager
def opened(access: Access, controller: str) -> Iterator[ldap3.Connection]:
    """A bound connection to one controller for a block: certificate first, then one bind.

    ``controller``: a host name, or host:port. Raises ConnectionLost, Untrusted (before anything is sent),
    LoginRejected, RequestRejected if address or authority can't be used.
    """
    host, _, port = controller.partition(":")
    if port and not (port.isascii() and port.isdigit()):
        raise RequestRejected(f"{controller}: the part after the colon is not a port")
    try:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(access.authority) if access.authority else None)
    except LDAPSSLConfigurationError as error:
        raise RequestRejected(f"ca_file: {access.authority} can't be read as certificates in PEM: {error}") from error
    secure = access.encryption == "ldaps"
    server = ldap3.Server(
        host,
        port=int(port) if port else PORTS[access.encryption],
        use_ssl=secure,
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=access.seconds,
    )
    wire = ldap3.Connection(
        server,
        access.user,
        access.password,
        authentication=ldap3.SIMPLE,
        raise_exceptions=True,
        check_names=False,
        return_empty_attributes=False,
        auto_range=False,
        auto_referrals=False,
        receive_timeout=access.seconds,
    )
    wire.strategy.decode_response_fast = _only_bytes(wire.strategy.decode_response_fast)
    try:
        _open(wire, controller, secure)
        yield wire
    finally:
        _close(wire)


def _only_bytes(decode: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """ldap3's own decoding of a message, except that an entry's values are decoded to bytes only: the additional texts
    would take a third of its time, and are not used."""

    def taken(message: Mapping[str, Any]) -> dict[str, Any]:
        if message["protocolOp"] != SEARCH_ENTRY or message["controls"]:
            return decode(message)
        name, attributes = message["payload"]
        return {
            "type": "searchResEntry",
            "dn": to_unicode(name[3], from_server=True),
            # Each part of a message is (…, …, …, content).
            "raw_attributes": {
                kind[3].decode(errors="replace"): [value[3] for value in values[3]]
                for kind, values in (attribute[3] for attribute in attributes[3])
            },
        }

    return taken


def _open(wire: ldap3.Connection, controller: str, secure: bool) -> None:
    try:
        wire.open(read_server_info=False)
        if not secure:
            wire.start_tls(read_server_info=False)
        # Otherwise the login waits for the controller to acknowledge the end of the handshake, which it delays by 40
        # ms.
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (LDAPException, OSError) as failed:
        if "certificate" in str(failed).lower():
            raise Untrusted(
                f"the certificate of {controller} can't be verified: check ca_file and the host's name"
            ) from failed
        raise ConnectionLost(f"{controller} can't be reached: {type(failed).__name__}") from failed
    try:
        wire.bind(read_server_info=False)
    except LDAPOperationResult as failed:
        if failed.result in PASSING:
            raise ConnectionLost(
                f"{controller} answered {failed.description} ({failed.result}) to the login"
            ) from failed
        # Whatever the details, it concerns this account: another controller would count it as well.
        raise LoginRejected(controller, str(failed.message)) from failed
    except (LDAPException, OSError) as failed:
        raise ConnectionLost(f"{controller} broke off at the login: {type(failed).__name__}") from failed
    if wire.result["result"] != SUCCESS:
        # ldap3 raises nothing for a referral and some limits: what follows would be asked by nobody.
        raise ConnectionLost(f"{controller} answered {wire.result['description']} to the login")


def _close(wire: ldap3.Connection) -> None:
    if not wire.closed:
        try:
            wire.unbind()
        except (LDAPException, OSError):
            return  # it was gone already; the failed request has reported that


def _entries(response: Iterable[Mapping[str, Any]] | None) -> Iterator[Found]:
    for each in response or ():
        if each["type"] == "searchResEntry":
            yield Found(each["dn"], {name.lower(): values for name, values in each["raw_attributes"].items()})
