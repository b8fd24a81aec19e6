"""REConnect as a service provider: people log in to it through ADFS or another identity provider.

python3-saml reads and checks the messages (saml.md §3); what it leaves open is checked here: it accepts a response
twice, one without InResponseTo, Audience or Recipient, and addresses that only begin like ours. It prints nothing, as
its debugging is off, and what it finds wrong is logged by its code.
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import neo4j
import structlog
from cryptography.hazmat.primitives.serialization import Encoding
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from api.login import saml_logins
from api.login.saml_logins import Answered
from api.login.saml_peer import SamlPeer, SamlRefused
from api.login.settings import Matches, SamlLoginSettings
from graph.time import COPENHAGEN
from idp import audit, person_sessions, used_messages
from idp.claims.subjects import KeyType, NoClaims, subject_of
from idp.person_sessions import Subject
from idp.saml import logout
from idp.saml.authn_requests import LIFE
from idp.saml.bindings import LARGEST_MESSAGE, Carried, redirect_to
from idp.saml.errors import BadMessage
from idp.saml.keys import SigningKey
from idp.saml.names import SUCCESS
from idp.saml.service_providers import logout_address
from idp.saml.signatures import RSA_SHA256
from idp.signing_keys import SigningKeys

_KEY_TYPES: dict[Matches, KeyType] = {"principal_name": "upn", "login": "sam", "uuid": "uuid", "object_guid": "uuid"}
_log = structlog.get_logger("api.login")


@dataclass
class SamlService:
    """``address``: of REConnect, as browsers know it. ``fetch``: reads metadata; raises HttpError. ``domains``: NetBIOS
    name → key of its IT system, for users called ``DOMAIN\\user``. Every method runs in a thread of the caller:
    python3-saml takes some tens of milliseconds for a response."""

    driver: neo4j.Driver = field(repr=False)
    settings: SamlLoginSettings
    address: str
    keys: SigningKeys = field(repr=False)
    fetch: Callable[[str, int], bytes] = field(repr=False)
    domains: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.peer = SamlPeer(self.driver, self.settings, self.fetch)

    @property
    def consumer(self) -> str:
        """Where responses are taken."""
        return f"{self.address}/login/saml/acs"

    @property
    def single_logout(self) -> str:
        """Where the identity provider's requests and answers to log out are taken."""
        return f"{self.address}/login/saml/logout"

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

    def note_refusal(self, event: audit.Event, rule: str, now: datetime, address: str | None) -> None:
        """Put a refused message in the log of logins."""
        with self.driver.session() as session:
            session.execute_write(audit.note, event, now, why=rule, address=address)

    def use(self, ticket: str, browser: str, now: datetime) -> Answered | None:
        """The login that this browser began. None: it is over, or another's."""
        with self.driver.session() as session:
            return session.execute_write(saml_logins.use, ticket, browser, now)

    def farewell(self, subject: Subject, now: datetime) -> str | None:
        """The address at the identity provider that ends the session there; None if it has none. Raises SamlRefused."""
        target = logout_address(self.peer.known(now).provider.logouts, is_answer=False)
        if target is None or not subject.name_id:
            return None
        document, _ = logout.new_logout_request(
            self.entity_id,
            target,
            subject.name_id,
            subject.format,
            subject.session_index,
            now,
            NameQualifier=subject.name_qualifier,
            SPNameQualifier=subject.sp_name_qualifier,
        )
        return redirect_to(target, "SAMLRequest", document, None, RSA_SHA256, self.keys.signing(now).sign_octets)

    def hear(self, carried: Carried, now: datetime, address: str | None) -> str | None:
        """The identity provider answers our request to log out, or asks us to end a person's sessions: the address with
        the answer to that. Raises BadMessage, SamlRefused."""
        provider = self.peer.known(now).provider
        if logout.logout_sender(carried) != provider.entity_id:
            raise BadMessage("unknown_sender", "The message does not come from the identity provider of the settings.")
        if carried.kind == "SAMLResponse":
            logout.logout_answer(carried, provider, self.single_logout, now)
            return None
        asked = logout.logout_request(carried, provider, self.single_logout, now)
        if not used_messages.use(self.driver, provider.entity_id, asked.id, now + LIFE):
            raise BadMessage("repeated", "The request to log out was used before.")

        def ended(tx: neo4j.ManagedTransaction) -> None:
            if person_sessions.end_of_subject(tx, asked.name_id, asked.session_indexes):
                audit.note(tx, "logout", now, provider=provider.entity_id, address=address)

        with self.driver.session() as session:
            session.execute_write(ended)
        target = logout_address(provider.logouts, is_answer=True)
        if target is None:
            return None
        document = logout.new_logout_answer(self.entity_id, target, asked.id, (SUCCESS, None), now)
        key = self.keys.signing(now)
        return redirect_to(target, "SAMLResponse", document, asked.relay_state, RSA_SHA256, key.sign_octets)

    def take(self, response: str, relay_state: str, now: datetime) -> str:
        """Who has logged in, by a response: the secret with which the browser goes on. Raises SamlRefused."""
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
        peer = self.peer.known(now).settings
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

    def _person(self, found: OneLogin_Saml2_Response, now: datetime) -> tuple[str, Subject]:
        """(uuid of the person, and what the identity provider calls them). Nobody is created: who is unknown here, has
        not logged in."""
        try:
            subject = _subject(found)
            attributes = found.get_attributes()
        except OneLogin_Saml2_ValidationError as wrong:  # an attribute twice, an empty name ID
            raise SamlRefused(f"response_{wrong.code}") from None
        claim = self.settings.attribute
        users = [subject.name_id] if claim is None else [str(each) for each in attributes.get(claim, [])]
        if len(users) != 1 or not users[0]:
            raise SamlRefused("no_user", 403)
        day = now.astimezone(COPENHAGEN).date()
        user = users[0]
        try:
            with self.driver.session() as session:
                if self.settings.matches == "object_guid":
                    user = session.execute_read(_account_of_guid, _guid(user))
                key_type = _KEY_TYPES[self.settings.matches]
                named = session.execute_read(
                    subject_of,
                    user,
                    day,
                    key_type=key_type,
                    domains=self.domains,
                    systems=self.settings.systems,
                )
                return named.person, subject
        except NoClaims as none:
            raise SamlRefused(none.code, 403) from none

    def _auth(self, data: dict[str, str], now: datetime) -> OneLogin_Saml2_Auth:
        parts = urlsplit(self.consumer)
        asked = {"https": "on", "http_host": parts.netloc, "script_name": parts.path, "get_data": {}, "post_data": data}
        return OneLogin_Saml2_Auth(asked, self._all(now))

    def _identity(self, now: datetime) -> str:
        return self.peer.known(now).provider.entity_id

    def _all(self, now: datetime) -> dict[str, Any]:
        return {**self._own(*self._keys(now)), "idp": self.peer.known(now).settings}

    def _keys(self, now: datetime) -> list[SigningKey]:
        """Those that are published, the one that signs first."""
        return sorted(self.keys.published(now), key=lambda each: each.state != "active")

    def _own(self, key: SigningKey, *others: SigningKey) -> dict[str, Any]:
        following = next((each for each in others if each.state == "next"), None)
        sp = {
            "entityId": self.entity_id,
            "assertionConsumerService": {"url": self.consumer, "binding": Constants.BINDING_HTTP_POST},
            "singleLogoutService": {"url": self.single_logout, "binding": Constants.BINDING_HTTP_REDIRECT},
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


def _subject(found: OneLogin_Saml2_Response) -> Subject:
    """Who is asserted; without a name ID, with an empty one."""
    return Subject(
        str(found.get_nameid() or ""),
        found.get_nameid_format(),
        found.get_nameid_nq(),
        found.get_nameid_spnq(),
        found.get_session_index(),
    )


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
