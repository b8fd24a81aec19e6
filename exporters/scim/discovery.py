"""A server's description of itself: ServiceProviderConfig, ResourceTypes, Schemas. Any of them may be missing or wrong.

Read once per run. The standard's content is assumed for a missing one; settings outrank all of it. Missing is what the
server states (4xx, 501). A server that fails has stated nothing: what every user gets must not depend on that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exporters.errors import DeliveryError
from exporters.objects.errors import Unanswered
from exporters.objects.target import Offer
from exporters.scim.paths import CORE, MANAGER, extension
from exporters.scim.refusals import words
from graph.retry import NEXT
from protocols.http.client import Answer

NAMES = {"user": "User", "group": "Group"}
_ENDPOINTS = {"user": "/Users", "group": "/Groups"}
_PASSING = frozenset({408, 425})
"""Statuses of 4xx that say nothing about what the server has."""
_OFF = "Nothing was sent. If it never does, set discovery = false."


@dataclass(slots=True)
class Server:
    """``endpoints``: kind → path, of the kinds that the server has. ``attributes``: kind → path → mutability;
    ``extensions``: kind → URNs in lower case; ``undescribed``: those of them of which no attributes are known. A
    missing kind has unknown attributes. ``is_silent``: it was asked, and has no description."""

    patch: bool = True
    etag: bool = False
    filter: bool = True
    cursor: bool = False
    is_silent: bool = False
    endpoints: dict[str, str] = field(default_factory=lambda: dict(_ENDPOINTS))
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    extensions: dict[str, set[str]] = field(default_factory=dict)
    undescribed: dict[str, set[str]] = field(default_factory=dict)

    def offers(self, kind: str, path: str | None) -> Offer:
        """Whether the server accepts the attribute, or (None) resources of the kind."""
        if kind not in self.endpoints:
            return "never"
        if path and (urn := extension(path)) and kind in self.extensions:
            if urn.lower() not in self.extensions[kind]:
                return "never"
            if urn.lower() in self.undescribed.get(kind, ()):
                return "always"
        known = self.attributes.get(kind)
        if path is None or known is None:
            return "always"
        mutability = known.get(path.lower())
        if mutability is None:
            return "never"
        return {"readonly": "never", "immutable": "creation"}.get(mutability.lower(), "always")  # type: ignore[return-value]

    def read_only(self, kind: str) -> frozenset[str]:
        """Paths, in lower case, that must not be sent: only the server sets them."""
        known = self.attributes.get(kind, {})
        sent = {path for path, mutability in known.items() if mutability.lower() == "readonly"}
        return frozenset({"meta", "groups", f"{MANAGER}.displayName".lower(), *sent} - {"id"})


def discovered(get: Callable[[str], Answer]) -> Server:
    """``get``: requests a path. Raises Unanswered if the server fails to answer."""
    config, types = _sent(get, "/ServiceProviderConfig"), _resources(_sent(get, "/ResourceTypes"))
    server = Server(is_silent=config is None and not types)
    if isinstance(config, Mapping):
        server.patch = _supported(config, "patch", True)
        server.etag = _supported(config, "etag", False)
        server.filter = _supported(config, "filter", True)
        pages = config.get("pagination")
        server.cursor = isinstance(pages, Mapping) and pages.get("cursor") is True and pages.get("index") is False
    if types:
        schemas = {str(each.get("id", "")).lower(): each for each in _resources(_sent(get, "/Schemas"))}
        server.endpoints = {}
        for kind, name in NAMES.items():
            sent = next((each for each in types if str(each.get("name", "")).lower() == name.lower()), None)
            if sent is None:
                continue
            server.endpoints[kind] = "/" + str(sent.get("endpoint") or _ENDPOINTS[kind]).strip("/")
            urns = [str(each.get("schema", "")) for each in sent.get("schemaExtensions") or ()]
            server.extensions[kind] = {urn.lower() for urn in urns}
            server.undescribed[kind] = server.extensions[kind] - schemas.keys()
            if (core := schemas.get(str(sent.get("schema") or CORE[kind]).lower())) is not None:
                server.attributes[kind] = _attributes(core, "")
                for urn in urns:
                    server.attributes[kind] |= _attributes(schemas.get(urn.lower(), {}), f"{urn}:")
    return server


def require_user_type(server: Server) -> None:
    """Raises DeliveryError if the server describes its types, and users are not among them: a list that is cut, by a
    right or an upgrade, says nothing about anybody, and nobody who left or was stopped may stay open for it."""
    if "user" not in server.endpoints:
        raise DeliveryError(
            "/ResourceTypes of the server does not name User. Nothing was sent. Check what the login may see; if the "
            "server has users all the same, set discovery = false.",
            retry=NEXT,
        )


def require_users(answer: Answer) -> None:
    """``answer``: to a request for a list of users, of a server without a description. Raises DeliveryError if the
    server does not know that address either: it is wrong, and says nothing about anybody."""
    if answer.status in (404, 410):
        raise DeliveryError(
            f"The server has neither a description of itself nor {_ENDPOINTS['user']} ({words(answer)}). Check "
            "base_url. Nothing was sent.",
            retry=NEXT,
        )


def _attributes(schema: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Path in lower case → mutability, of attributes and of the parts of single-valued ones."""
    found: dict[str, str] = {"externalid": "readWrite"} if not prefix else {}
    for each in schema.get("attributes") or ():
        path = f"{prefix}{each.get('name', '')}"
        found[path.lower()] = str(each.get("mutability", "readWrite"))
        for inner in each.get("subAttributes") or ():
            if not each.get("multiValued"):
                found[f"{path}.{inner.get('name', '')}".lower()] = str(inner.get("mutability", "readWrite"))
    return found


def _sent(get: Callable[[str], Answer], path: str) -> Any:
    """A part of the description, as JSON; None if the server states that it does not have it."""
    answer = get(path)
    if answer.succeeded:
        sent = answer.json()
        if sent is None and answer.content.strip() not in (b"", b"null"):
            raise Unanswered(f"{path}: the answer is not JSON ({len(answer.content)} bytes). {_OFF}")
        return sent
    if answer.status == 501 or (400 <= answer.status < 500 and answer.status not in _PASSING):
        return None
    raise Unanswered(f"{path}: the server does not describe itself now ({words(answer)}). {_OFF}")


def _resources(sent: Any) -> list[Mapping[str, Any]]:
    """The entries of a list, in any spelling and form that servers use."""
    if isinstance(sent, Mapping):
        sent = next((value for name, value in sent.items() if name.lower() == "resources"), [])
    return [each for each in sent if isinstance(each, Mapping)] if isinstance(sent, list) else []


def _supported(config: Mapping[str, Any], name: str, otherwise: bool) -> bool:
    sent = config.get(name)
    return bool(sent.get("supported", otherwise)) if isinstance(sent, Mapping) else otherwise
