"""Single sign-on: from a service provider's message to the answer, with what is kept between them.

Knows no HTTP: the web pages give it what came, and send what it returns. Every method runs in a thread of the caller.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit

import neo4j
import structlog

from graph.expressions import ExpressionFailed
from graph.time import COPENHAGEN
from idp import audit, flows, logouts, sessions, used_messages
from idp.claims.subjects import NoClaims
from idp.providers import Provider, Providers
from idp.released import Releasing
from idp.saml import authn_requests, contexts, logout
from idp.saml.authn_requests import AuthnRequest, Known
from idp.saml.bindings import Carried, redirect_to
from idp.saml.encryption import usable
from idp.saml.errors import BadMessage, Declined, SamlError
from idp.saml.metadata import IdentityProvider, metadata
from idp.saml.names import (
    AUTHN_FAILED,
    NO_PASSIVE,
    PARTIAL_LOGOUT,
    REQUESTER,
    RESPONDER,
    SUCCESS,
    TRANSIENT,
    UNKNOWN_PRINCIPAL,
)
from idp.saml.responses import Assertion, response, status_response
from idp.saml.service_providers import ServiceProvider, logout_address
from idp.saml.signatures import RSA_SHA256
from idp.sessions import Session, Visited
from idp.signing_keys import SigningKeys

_log = structlog.get_logger("idp")


@dataclass(frozen=True, slots=True)
class Posted:
    """A response that the browser posts to ``location``."""

    location: str
    document: bytes
    relay_state: str | None


@dataclass(frozen=True, slots=True)
class Leave:
    """A logout here. ``name``: of the logout if others are told of it, by ``frames``, addresses of requests. ``back``:
    where the answer goes if there is no other to tell."""

    name: str | None
    frames: tuple[str, ...]
    back: str | None


@dataclass(frozen=True, slots=True)
class Left:
    """``back``: where the answer goes, if there is an address for it. ``unsure``: hosts of service providers that have
    not confirmed it."""

    back: str | None
    unsure: tuple[str, ...]


class SingleSignOn:
    """The identity provider of one municipality."""

    def __init__(
        self,
        driver: neo4j.Driver,
        identity: IdentityProvider,
        keys: SigningKeys,
        providers: Providers,
        releasing: Releasing,
    ) -> None:
        self._driver = driver
        self.identity = identity
        self.keys = keys
        self._providers = providers
        self._releasing = releasing

    def metadata(self, now: datetime) -> bytes:
        """The identity provider's own."""
        offered = [name for each in self._providers.all for name in each.settings.offered]
        return metadata(self.identity, self.keys.published(now), offered)

    def begin(self, carried: Carried, now: datetime, address: str | None) -> str | Posted:
        """The name of the flow that a request begins, or a status at once. Raises BadMessage: nothing is written of
        it, unless the caller notes it with ``refused``."""
        request = authn_requests.authn_request(
            carried, lambda sender: self._known(sender, now), self.identity.single_sign_on, now
        )
        if not used_messages.use(self._driver, request.sender, request.id, now + authn_requests.LIFE):
            raise BadMessage("repeated", "This login was begun before. Go back to the application and start again.")
        provider, _ = self._provider(request, now)
        try:
            authn_requests.check_answerable(request, (provider.settings.name_id_format, TRANSIENT))
            contexts.needs_second_factor(request.context)
        except Declined as declined:
            return self._declined(request, declined, now, address)
        with self._driver.session() as session:
            return session.execute_write(flows.begin, request, now)

    def proceed(
        self,
        name: str,
        request: AuthnRequest,
        session: Session | None,
        now: datetime,
        *,
        fresh: bool,
        address: str | None,
    ) -> Posted | None:
        """The answer that a flow leads to, with the browser's session or without; None: the person must log in, with
        what the request asks for. ``fresh``: the person has just logged in.

        Raises BadMessage: the flow was used already.
        """
        try:
            needs_code = contexts.needs_second_factor(request.context)
            if session is None or (request.must_log_in and not fresh) or (needs_code and not session.two_factors):
                if request.is_passive:
                    raise Declined(RESPONDER, NO_PASSIVE, "The person must log in.")
                return None
            return self._asserted(name, request, session, now, address)
        except Declined as declined:
            return self.decline(name, request, declined, now, address)

    def decline(
        self, name: str, request: AuthnRequest, declined: Declined, now: datetime, address: str | None
    ) -> Posted:
        """The service provider gets a status. Raises BadMessage: the flow was used already."""
        self._use(name)
        return self._declined(request, declined, now, address)

    def note_refusal(self, event: audit.Event, now: datetime, *, why: str, address: str | None) -> None:
        """Write in the log of logins that a message was refused."""
        self._note(event, now, why=why, address=address)

    def log_out(self, carried: Carried, now: datetime, address: str | None) -> Leave:
        """End the sessions that a service provider asks to end, and say who is to be told.

        A session ends only by a signed request of a service provider that has an assertion of it. Raises BadMessage.
        """
        found = self._providers.of(logout.logout_sender(carried), now)
        if found is None:
            raise BadMessage("unknown_sender", "The application that sent you here is not registered here.")
        _, provider = found
        asked = logout.logout_request(carried, provider, self.identity.single_logout, now)
        if not used_messages.use(self._driver, asked.sender, asked.id, now + authn_requests.LIFE):
            raise BadMessage("repeated", "This logout was asked for before.")
        others = self._ended(asked, now, address)
        by = logouts.Asked(asked.sender, asked.id, asked.relay_state)
        if not others:
            return Leave(None, (), self._logout_answer(by, (SUCCESS, None), now))
        return self._tell(by, others, now)

    def farewell(self, session: Session, now: datetime, address: str | None) -> Leave:
        """End a session here; the service providers that have an assertion of it are to be told."""

        def ended(tx: neo4j.ManagedTransaction) -> list[Visited]:
            visited = sessions.visits(tx, session.hash)
            sessions.end(tx, session.hash)
            audit.note(tx, "logout", now, account=session.account.uuid, address=address)
            return visited

        with self._driver.session() as graph:
            visited = graph.execute_write(ended)
        if not visited:
            return Leave(None, (), None)
        return self._tell(None, [(visit, session.index) for visit in visited], now)

    def hear(self, carried: Carried, now: datetime) -> None:
        """A service provider answers our request to log out. Raises BadMessage, also where there was no request."""
        found = self._providers.of(logout.logout_sender(carried), now)
        if found is None:
            raise BadMessage("unknown_sender", "The application that sent you here is not registered here.")
        _, provider = found
        answer = logout.logout_answer(carried, provider, self.identity.single_logout, now)
        with self._driver.session() as graph:
            known = graph.execute_write(
                logouts.note_answer, answer.in_response_to, answer.sender, answer.succeeded, now
            )
        if not known:
            raise BadMessage("unexpected", "The application answers a question that it was not asked.")

    def is_awaited(self, name: str, now: datetime) -> bool:
        """Whether a service provider that was told of the logout has yet to answer."""
        found = self._logout(name, now)
        return found is not None and any(each.state == "told" for each in found.told)

    def leave_taken(self, name: str, now: datetime) -> Left:
        """How a logout has ended: the answer to the service provider that asked for it, and who has not confirmed it.
        It counts once; after that there is nothing to tell."""
        found = self._logout(name, now)
        if found is None:
            return Left(None, ())
        with self._driver.session() as graph:
            if not graph.execute_write(logouts.end, name):
                return Left(None, ())
        unsure = tuple(self._title(each.entity_id, now) for each in found.told if each.state != "ended")
        status = (SUCCESS, PARTIAL_LOGOUT if unsure else None)
        back = None if found.asked is None else self._logout_answer(found.asked, status, now)
        return Left(back, unsure)

    def _known(self, sender: str, now: datetime) -> Known | None:
        found = self._providers.of(sender, now)
        return None if found is None else Known(found[1], found[0].settings.unsigned_requests)

    def _provider(self, request: AuthnRequest, now: datetime) -> tuple[Provider, ServiceProvider]:
        found = self._providers.of(request.sender, now)
        if found is None:
            raise BadMessage("unknown_sender", "The application that sent you here is no longer registered here.")
        return found

    def _asserted(
        self, name: str, request: AuthnRequest, session: Session, now: datetime, address: str | None
    ) -> Posted:
        provider, described = self._provider(request, now)
        settings = provider.settings
        context = contexts.context_of(request.context, session.two_factors)
        day = now.astimezone(COPENHAGEN).date()
        try:
            with self._driver.session() as graph:
                released = self._releasing.to(settings, graph, session.account, day, two_factors=session.two_factors)
            values = released.attributes
            name_id, name_id_format = released.name_id, released.name_id_format
            if request.name_id_format == TRANSIENT:  # the request wants one for this login only
                name_id, name_id_format = f"_{secrets.token_hex(20)}", TRANSIENT
            if request.subject not in (None, session.account.uuid, name_id):
                raise Declined(REQUESTER, UNKNOWN_PRINCIPAL, "Another person has logged in.")
            certificate = usable(described.encryption, now) if settings.encrypt else None
            assertion = Assertion(
                name_id,
                name_id_format,
                session.index,
                session.authenticated,
                context,
                _ends(session, settings.session_minutes, now),
                values,
            )
            key = self.keys.signing(now)
            document, identity = response(
                self.identity.entity_id, request, assertion, key, settings.crypto, certificate, now
            )
        except (ExpressionFailed, NoClaims, SamlError) as wrong:
            _log.error("no_assertion", provider=provider.name, problem=str(wrong))
            raise Declined(RESPONDER, AUTHN_FAILED, "No assertion could be made.") from wrong

        def noted(tx: neo4j.ManagedTransaction) -> bool:
            if not flows.use(tx, name):
                return False
            if not sessions.note_visit(tx, session.hash, Visited(request.sender, name_id, name_id_format)):
                raise Declined(RESPONDER, AUTHN_FAILED, "The session has ended meanwhile.")
            names = [each for each, several in sorted(values.items()) if several]
            audit.note(
                tx,
                "assertion",
                now,
                account=session.account.uuid,
                provider=provider.name,
                message=identity,
                attributes=names,
                address=address,
            )
            return True

        with self._driver.session() as graph:
            if not graph.execute_write(noted):
                raise BadMessage("repeated", "This login is over. Go back to the application and start again.")
        return Posted(request.consumer.location, document, request.relay_state)

    def _declined(self, request: AuthnRequest, declined: Declined, now: datetime, address: str | None) -> Posted:
        self._note("status", now, why=(declined.status[1] or declined.status[0]).rpartition(":")[2], address=address)
        document = status_response(self.identity.entity_id, request, declined.status, self.keys.signing(now), now)
        return Posted(request.consumer.location, document, request.relay_state)

    def _use(self, name: str) -> None:
        with self._driver.session() as graph:
            if not graph.execute_write(flows.use, name):
                raise BadMessage("repeated", "This login is over. Go back to the application and start again.")

    def _ended(self, asked: logout.LogoutRequest, now: datetime, address: str | None) -> list[tuple[Visited, str]]:
        """The other service providers of the ended sessions, with the session's index. Raises BadMessage if there was
        no session."""

        def ended(tx: neo4j.ManagedTransaction) -> tuple[list[tuple[Visited, str]], bool]:
            found = sessions.of_visitor(tx, asked.sender, asked.name_id, asked.session_indexes)
            others = []
            for each, index in found:
                others += [(visit, index) for visit in sessions.visits(tx, each) if visit.entity_id != asked.sender]
                sessions.end(tx, each)
            if found:
                audit.note(tx, "logout", now, provider=asked.sender, address=address)
            return others, bool(found)

        with self._driver.session() as graph:
            others, was_there = graph.execute_write(ended)
        if not was_there:
            raise BadMessage("no_session", "The session does not exist.")
        return others

    def _logout(self, name: str, now: datetime) -> logouts.Logout | None:
        with self._driver.session() as graph:
            return graph.execute_read(logouts.logout_of, name, now)

    def _tell(self, asked: logouts.Asked | None, others: list[tuple[Visited, str]], now: datetime) -> Leave:
        """Requests to the service providers of ended sessions, each with what it calls its session."""
        told, frames = [], []
        for visit, index in others:
            made = self._logout_request(visit, index, now)
            told.append(logouts.Told(visit.entity_id, made[1] if made else "", "told" if made else "unreachable"))
            frames += [made[0]] if made else []
        with self._driver.session() as graph:
            name = graph.execute_write(logouts.begin, asked, told, now)
        return Leave(name, tuple(frames), None)

    def _logout_request(self, visit: Visited, index: str, now: datetime) -> tuple[str, str] | None:
        """(the address of a signed request, its ID); None where the service provider has no address for it."""
        found = self._providers.of(visit.entity_id, now)
        target = None if found is None else logout_address(found[1].logouts, is_answer=False)
        if target is None:
            return None
        document, identity = logout.new_logout_request(
            self.identity.entity_id, target, visit.name_id, visit.name_id_format, index, now
        )
        key = self.keys.signing(now)
        return redirect_to(target, "SAMLRequest", document, None, RSA_SHA256, key.sign_octets), identity

    def _logout_answer(self, asked: logouts.Asked, status: tuple[str, str | None], now: datetime) -> str | None:
        """The address of the signed answer; None where the service provider has no address for it."""
        found = self._providers.of(asked.entity_id, now)
        target = None if found is None else logout_address(found[1].logouts, is_answer=True)
        if target is None:
            return None
        document = logout.new_logout_answer(self.identity.entity_id, target, asked.message, status, now)
        key = self.keys.signing(now)
        return redirect_to(target, "SAMLResponse", document, asked.relay_state, RSA_SHA256, key.sign_octets)

    def _title(self, entity_id: str, now: datetime) -> str:
        """What people may know a service provider by: the host that they are sent to."""
        found = self._providers.of(entity_id, now)
        return entity_id if found is None else urlsplit(found[1].default_consumer.location).netloc

    def _note(self, event: audit.Event, now: datetime, *, why: str, address: str | None) -> None:
        with self._driver.session() as graph:
            graph.execute_write(audit.note, event, now, why=why, address=address)


def _ends(session: Session, minutes: int, now: datetime) -> datetime:
    """When an application's session ends, or it asks again: with ours, on the account's last day, and soon. No
    application is told of a stop, which can only be seen when it asks."""
    found = [session.ends, now + timedelta(minutes=minutes)]
    if session.account.ends is not None:
        found.append(datetime.combine(session.account.ends, time.min, COPENHAGEN).astimezone(UTC))
    return min(found)
