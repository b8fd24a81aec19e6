"""REConnect as a service provider: people log in to it through ADFS or another identity provider.

python3-saml reads and checks the messages (saml.md §3); what it leaves open is checked here: it accepts a response
twice, one without InResponseTo, Audience or Recipient, and addresses that only begin like ours. It prints nothing, as
its debugging is off, and what it finds wrong is logged by its code.
"""

import base64
import binascii
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import neo4j
import structlog
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser as MetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from api.login import saml_logins
from api.login.saml_logins import Answered
from api.login.settings import Matches, SamlLoginSettings
from graph.retry import NEVER
from graph.time import COPENHAGEN
from idp import audit, used_messages
from idp.claims.subjects import KeyType, NoClaims, subject_of
from idp.saml.bindings import LARGEST_MESSAGE
from idp.saml.keys import SigningKey
from idp.saml.service_providers import LARGEST_METADATA
from idp.signing_keys import SigningKeys
from protocols.http.errors import HttpError

AGAIN = timedelta(hours=3)
RETRY = timedelta(minutes=5)
_KEY_TYPES: dict[Matches, KeyType] = {"principal_name": "upn", "login": "sam", "uuid": "uuid", "object_guid": "uuid"}
_log = structlog.get_logger("api.login")


class SamlRefused(Exception):
    """A response that opens nothing. ``rule``: the one that it breaks; ``status``: of the page."""

    retry = NEVER

    def __init__(self, rule: str, status: int = 400) -> None:
        super().__init__(rule)
        self.rule = rule
        self.status = status


@dataclass
class SamlService:
    """``address``: of REConnect, as browsers know it. ``fetch``: reads metadata; raises HttpError. Every method runs in
    a thread of the caller: python3-saml takes some tens of milliseconds for a response."""

    driver: neo4j.Driver = field(repr=False)
    settings: SamlLoginSettings
    address: str
    keys: SigningKeys = field(repr=False)
    fetch: Callable[[str, int], bytes] = field(repr=False)
    _peer: dict[str, Any] | None = field(default=None, repr=False)
    _next: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def consumer(self) -> str:
        """Where responses are taken."""
        return f"{self.address}/login/saml/acs"

    @property
    def entity_id(self) -> str:
        return self.settings.own_entity_id or f"{self.address}/login/saml/metadata"

    def metadata(self, now: datetime) -> bytes:
        """REConnect's own, for the identity provider."""
        own = self._own(*self._keys(now))
        # So that the certificate is published for encryption too; an assertion in clear is accepted all the same.
        own["security"]["wantAssertionsEncrypted"] = True
        made = OneLogin_Saml2_Settings(own, sp_validation_only=True).get_sp_metadata()
        return made if isinstance(made, bytes) else made.encode()

    def begin(self, browser: str, return_to: str, now: datetime) -> str:
        """The address at the identity provider that the browser is led to. ``browser``: the secret of its cookie."""
        name = secrets.token_urlsafe(32)
        auth = self._auth({}, now)
        url: str = auth.login(return_to=name)
        with self.driver.session() as session:
            session.execute_write(saml_logins.begin, name, auth.get_last_request_id(), browser, return_to, now)
        return url

    def take(self, response: str, relay_state: str, now: datetime, address: str | None) -> str:
        """Who has logged in, by a response: the secret with which the browser goes on. Raises SamlRefused."""
        try:
            return self._taken(response, relay_state, now)
        except SamlRefused as refused:
            with self.driver.session() as session:
                session.execute_write(audit.note, "login_refused", now, why=refused.rule, address=address)
            raise

    def use(self, ticket: str, browser: str, now: datetime) -> Answered | None:
        """The login that this browser began. None: it is over, or another's."""
        with self.driver.session() as session:
            return session.execute_write(saml_logins.use, ticket, browser, now)

    def _taken(self, response: str, relay_state: str, now: datetime) -> str:
        with self.driver.session() as session:
            request = session.execute_read(saml_logins.request_of, relay_state, now) if relay_state else None
        if request is None:
            raise SamlRefused("unsolicited")  # nobody has begun this login here, or it is over
        found = self._checked(response, request, now)
        identity = found.get_assertion_id()
        until = datetime.fromtimestamp(found.get_assertion_not_on_or_after(), UTC) + timedelta(
            seconds=Constants.ALLOWED_CLOCK_DRIFT
        )
        if not used_messages.use(self.driver, self._identity(now), identity, until):
            raise SamlRefused("repeated")
        person, subject = self._person(found, now)
        with self.driver.session() as session:
            ticket = session.execute_write(saml_logins.answer, relay_state, person, subject)
        if ticket is None:
            raise SamlRefused("repeated")
        return ticket

    def _checked(self, response: str, request: str, now: datetime) -> OneLogin_Saml2_Response:
        """The response, once all is right with it."""
        if len(response) > LARGEST_MESSAGE:
            raise SamlRefused("too_large")
        parts = urlsplit(self.consumer)
        asked: dict[str, Any] = {
            "https": "on" if parts.scheme == "https" else "off",
            "http_host": parts.netloc,
            "script_name": parts.path,
            "get_data": {},
            "post_data": {},
        }
        try:
            found = self._opened(response, now)
            found.is_valid(asked, request, raise_exceptions=True)
            self._check_what_is_left_open(found, request)
        except SamlRefused:
            raise
        except (OneLogin_Saml2_ValidationError, OneLogin_Saml2_Error) as wrong:
            _log.warning("saml_response_refused", code=getattr(wrong, "code", None))
            raise SamlRefused(f"response_{getattr(wrong, 'code', 'invalid')}") from None
        except Exception as wrong:  # a document type, broken Base64 or XML: each has an error of another library
            _log.warning("saml_response_unreadable", error=type(wrong).__name__)
            raise SamlRefused("unreadable") from None
        return found

    def _opened(self, response: str, now: datetime) -> OneLogin_Saml2_Response:
        """The response, decrypted with the key that it was encrypted for: any that is published."""
        keys = self._keys(now)
        peer = self._peers(now)
        for key in keys[1:]:
            try:
                return OneLogin_Saml2_Response(OneLogin_Saml2_Settings({**self._own(key), "idp": peer}), response)
            except Exception as wrong:  # of several libraries; the first key's is the one that is told
                _log.debug("not_for_this_key", error=type(wrong).__name__)
        return OneLogin_Saml2_Response(OneLogin_Saml2_Settings({**self._own(*keys), "idp": peer}), response)

    def _check_what_is_left_open(self, found: OneLogin_Saml2_Response, request: str) -> None:
        document = found.decrypted_document if found.encrypted else found.document
        if found.get_in_response_to() != request or found.document.get("Destination") != self.consumer:
            raise SamlRefused("other_request")
        if self.entity_id not in found.get_audiences():
            raise SamlRefused("audience")
        names = {"saml": Constants.NS_SAML}
        # Exactly one assertion is in a valid response, and it is signed.
        confirmed = document.findall(
            ".//saml:Assertion/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData", names
        )
        if not any(
            each.get("Recipient") == self.consumer
            and each.get("InResponseTo") == request
            and each.get("NotOnOrAfter") is not None
            and each.getparent().get("Method") == Constants.CM_BEARER
            for each in confirmed
        ):
            raise SamlRefused("recipient")
        if found.get_assertion_not_on_or_after() is None:
            raise SamlRefused("no_end")

    def _person(self, found: OneLogin_Saml2_Response, now: datetime) -> tuple[str, str]:
        """(uuid of the person, name ID). Nobody is created: who is unknown here, has not logged in."""
        try:
            subject = str(found.get_nameid() or "")
            attributes = found.get_attributes()
        except OneLogin_Saml2_ValidationError as wrong:  # an attribute twice, an empty name ID
            raise SamlRefused(f"response_{wrong.code}") from None
        named = self.settings.attribute
        users = [subject] if named is None else [str(each) for each in attributes.get(named, [])]
        if len(users) != 1 or not users[0]:
            raise SamlRefused("no_user", 403)
        day = now.astimezone(COPENHAGEN).date()
        user = users[0]
        try:
            with self.driver.session() as session:
                if self.settings.matches == "object_guid":
                    user = session.execute_read(_account_of_guid, _guid(user))
                key_type = _KEY_TYPES[self.settings.matches]
                return session.execute_read(subject_of, user, day, key_type=key_type).person, subject
        except NoClaims as none:
            raise SamlRefused(none.code, 403) from none

    def _auth(self, data: dict[str, str], now: datetime) -> OneLogin_Saml2_Auth:
        parts = urlsplit(self.consumer)
        asked = {"https": "on", "http_host": parts.netloc, "script_name": parts.path, "get_data": {}, "post_data": data}
        return OneLogin_Saml2_Auth(asked, self._all(now))

    def _identity(self, now: datetime) -> str:
        return str(self._peers(now)["entityId"])

    def _all(self, now: datetime) -> dict[str, Any]:
        return {**self._own(*self._keys(now)), "idp": self._peers(now)}

    def _keys(self, now: datetime) -> list[SigningKey]:
        """Those that are published, the one that signs first."""
        return sorted(self.keys.published(now), key=lambda each: each.state != "active")

    def _own(self, key: SigningKey, *others: SigningKey) -> dict[str, Any]:
        following = next((each for each in others if each.state == "next"), None)
        sp = {
            "entityId": self.entity_id,
            "assertionConsumerService": {"url": self.consumer, "binding": Constants.BINDING_HTTP_POST},
            "NameIDFormat": Constants.NAMEID_UNSPECIFIED,
            "x509cert": key.certificate.public_bytes(Encoding.PEM).decode(),
            "privateKey": key.pem.decode(),
        }
        if following is not None:
            sp["x509certNew"] = following.certificate.public_bytes(Encoding.PEM).decode()
        return {
            "strict": True,
            "debug": False,
            "sp": sp,
            "security": {
                "authnRequestsSigned": True,
                "wantAssertionsSigned": True,
                "wantAttributeStatement": False,
                "wantNameId": self.settings.attribute is None,
                "signMetadata": False,
                "signatureAlgorithm": Constants.RSA_SHA256,
                "digestAlgorithm": Constants.SHA256,
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
            },
        }

    def _peers(self, now: datetime) -> dict[str, Any]:
        """The identity provider, by its metadata: read again every few hours, and the last good copy until then."""
        with self._lock:
            if self._next is None or now >= self._next:
                self._next = now + RETRY
                try:
                    self._peer = self._parsed(self._read())
                    self._next = now + AGAIN
                except (HttpError, OSError, SamlRefused) as wrong:
                    _log.warning("identity_provider_not_read", error=type(wrong).__name__)
            if self._peer is None:
                raise SamlRefused("no_identity_provider", 503)
            return self._peer

    def _read(self) -> bytes:
        file = self.settings.metadata_file
        return file.read_bytes() if file is not None else self.fetch(str(self.settings.metadata_url), LARGEST_METADATA)

    def _parsed(self, document: bytes) -> dict[str, Any]:
        try:
            etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
            found = MetadataParser.parse(document, entity_id=self.settings.entity_id).get("idp")
        except Exception as wrong:
            raise SamlRefused("metadata") from wrong
        if not found or "singleSignOnService" not in found or not (found.get("x509cert") or found.get("x509certMulti")):
            raise SamlRefused("metadata")
        return dict(found)


def _guid(text: str) -> str:
    """An objectGUID as directories write it: as text, or the Base64 of its bytes. Raises SamlRefused."""
    try:
        return str(UUID(text))
    except ValueError:
        try:
            return str(UUID(bytes_le=base64.b64decode(text, validate=True)))
        except (binascii.Error, ValueError):
            raise SamlRefused("no_user", 403) from None


def _account_of_guid(tx: neo4j.ManagedTransaction, guid: str) -> str:
    """uuid of the account that a directory has under this objectGUID. Raises SamlRefused."""
    rows = tx.run(
        """
        MATCH (r:SourceRecord {key: $guid})-[:TELLS]->(a:Account)
        RETURN DISTINCT a.uuid AS uuid
        LIMIT 2
        """,
        guid=guid,
    ).data()
    if len(rows) != 1:
        raise SamlRefused("unknown_user" if not rows else "ambiguous_user", 403)
    return str(rows[0]["uuid"])
