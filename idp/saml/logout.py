"""Single logout: another's request to end a session, requests to others, and the answers."""

from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from idp.saml import instants
from idp.saml.authn_requests import SKEW, check_envelope, check_signature, root_of, sender_of
from idp.saml.bindings import Carried
from idp.saml.errors import BadMessage
from idp.saml.instants import written
from idp.saml.names import SAML, SAMLP, SUCCESS
from idp.saml.responses import add_status, new_id
from idp.saml.service_providers import ForeignIdentityProvider, ServiceProvider
from protocols.xml import add


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A checked request to end the session of a name ID; without ``session_indexes`` all of its sessions."""

    id: str
    sender: str
    name_id: str
    session_indexes: tuple[str, ...]
    relay_state: str | None


@dataclass(frozen=True, slots=True)
class LogoutAnswer:
    """A checked answer to a request of ours."""

    in_response_to: str
    sender: str
    succeeded: bool
    relay_state: str | None


def logout_sender(carried: Carried) -> str:
    """Who claims to have sent a logout message. Raises BadMessage."""
    name = "LogoutRequest" if carried.kind == "SAMLRequest" else "LogoutResponse"
    return sender_of(root_of(carried, name))


def logout_request(
    carried: Carried, provider: ServiceProvider | ForeignIdentityProvider, destination: str, now: datetime
) -> LogoutRequest:
    """A request as it came; it must be signed. Raises BadMessage."""
    root = root_of(carried, "LogoutRequest")
    check_signature(carried, root, provider, unsigned=False)
    identity = check_envelope(root, destination, now, signed=True)
    _check_end(root, now)
    name_ids = root.findall(f"{{{SAML}}}NameID")
    if len(name_ids) != 1 or not (name_ids[0].text or "").strip():
        raise BadMessage("subject", "The request must name the person to log out once.")
    return LogoutRequest(
        identity,
        provider.entity_id,
        (name_ids[0].text or "").strip(),
        tuple((each.text or "").strip() for each in root.findall(f"{{{SAMLP}}}SessionIndex")),
        carried.relay_state,
    )


def logout_answer(
    carried: Carried, provider: ServiceProvider | ForeignIdentityProvider, destination: str, now: datetime
) -> LogoutAnswer:
    """An answer as it came; it must be signed. Raises BadMessage."""
    root = root_of(carried, "LogoutResponse")
    check_signature(carried, root, provider, unsigned=False)
    check_envelope(root, destination, now, signed=True)
    code = root.find(f"{{{SAMLP}}}Status/{{{SAMLP}}}StatusCode")
    return LogoutAnswer(
        str(root.get("InResponseTo", "")),
        provider.entity_id,
        code is not None and code.get("Value") == SUCCESS and len(code) == 0,
        carried.relay_state,
    )


def new_logout_request(
    issuer: str,
    destination: str,
    name_id: str,
    name_id_format: str | None,
    session_index: str | None,
    now: datetime,
    **qualifiers: str | None,
) -> tuple[bytes, str]:
    """(a request to end a session, not yet signed; its ID). ``qualifiers``: NameQualifier, SPNameQualifier."""
    identity = new_id()
    root = _message("LogoutRequest", issuer, destination, now, ID=identity, NotOnOrAfter=written(now + SKEW))
    named = {name: value for name, value in {"Format": name_id_format, **qualifiers}.items() if value is not None}
    add(root, SAML, "NameID", name_id, **named)
    if session_index is not None:
        add(root, SAMLP, "SessionIndex", session_index)
    return etree.tostring(root), identity


def new_logout_answer(
    issuer: str, destination: str, in_response_to: str, status: tuple[str, str | None], now: datetime
) -> bytes:
    """An answer to a service provider's request, not yet signed."""
    root = _message("LogoutResponse", issuer, destination, now, ID=new_id(), InResponseTo=in_response_to)
    add_status(root, status)
    return etree.tostring(root)


def _message(name: str, issuer: str, destination: str, now: datetime, **attributes: str) -> etree._Element:
    root = etree.Element(
        f"{{{SAMLP}}}{name}",
        {"Version": "2.0", "IssueInstant": written(now), "Destination": destination, **attributes},
        nsmap={"samlp": SAMLP, "saml": SAML},
    )
    add(root, SAML, "Issuer", issuer)
    return root


def _check_end(root: etree._Element, now: datetime) -> None:
    """The clocks may differ here as everywhere."""
    text = root.get("NotOnOrAfter")
    if text is None:
        return
    try:
        ends = instants.read(str(text))
    except ValueError as wrong:
        raise BadMessage("instant", "The request's end is not an instant.") from wrong
    if now >= ends + SKEW:
        raise BadMessage("instant", "The request to log out came too late.")
