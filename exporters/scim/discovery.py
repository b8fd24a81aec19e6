"""A server's description of itself: ServiceProviderConfig, ResourceTypes, Schemas. Any of them may be missing or wrong.

Read once per run. The standard's content is assumed for a missing one; settings outrank all of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exporters.objects.target import Offer
from exporters.scim.paths import CORE, MANAGER, extension
from protocols.http.client import Answer

NAMES = {"user": "User", "group": "Group"}
_ENDPOINTS = {"user": "/Users", "group": "/Groups"}


@dataclass(slots=True)
class Server:
    """``endpoints``: kind → path, of the kinds that the server has. ``attributes``: kind → path → mutability;
    ``extensions``: kind → URNs in lower case. A missing kind has unknown attributes."""

    patch: bool = True
    etag: bool = False
    filter: bool = True
    cursor: bool = False
    endpoints: dict[str, str] = field(default_factory=lambda: dict(_ENDPOINTS))
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    extensions: dict[str, set[str]] = field(default_factory=dict)

    def offers(self, kind: str, path: str | None) -> Offer:
        """Whether the server accepts the attribute, or (None) resources of the kind."""
        if kind not in self.endpoints:
            return "never"
        if path and (urn := extension(path)) and kind in self.extensions and urn.lower() not in self.extensions[kind]:
            return "never"
        known = self.attributes.get(kind)
        if path is None or known is None:
            return "always"
        mutability = known.get(path.lower())
        if mutability is None:
            return "never"
        return {"readonly": "never", "immutable": "creation"}.get(mutability.lower(), "always")  # type: ignore[return-value]

    def read_only(self, kind: str) -> frozenset[str]:
        """Paths, in lower case, that the server never returns."""
        known = self.attributes.get(kind, {})
        sent = {path for path, mutability in known.items() if mutability.lower() == "readonly"}
        return frozenset({"meta", "groups", f"{MANAGER}.displayName".lower(), *sent} - {"id"})


def discovered(get: Callable[[str], Answer]) -> Server:
    """``get``: requests a path."""
    server = Server()
    config = _object(get("/ServiceProviderConfig"))
    if config is not None:
        server.patch = _supported(config, "patch", True)
        server.etag = _supported(config, "etag", False)
        server.filter = _supported(config, "filter", True)
        pages = config.get("pagination")
        server.cursor = isinstance(pages, Mapping) and pages.get("cursor") is True and pages.get("index") is False
    types = _resources(get("/ResourceTypes"))
    schemas = {str(each.get("id", "")).lower(): each for each in _resources(get("/Schemas")) or ()}
    if types:
        server.endpoints = {}
        for kind, name in NAMES.items():
            sent = next((each for each in types if str(each.get("name", "")).lower() == name.lower()), None)
            if sent is None:
                continue
            server.endpoints[kind] = "/" + str(sent.get("endpoint") or _ENDPOINTS[kind]).strip("/")
            urns = [str(each.get("schema", "")) for each in sent.get("schemaExtensions") or ()]
            server.extensions[kind] = {urn.lower() for urn in urns}
            if (core := schemas.get(str(sent.get("schema") or CORE[kind]).lower())) is not None:
                server.attributes[kind] = _attributes(core, "")
                for urn in urns:
                    server.attributes[kind] |= _attributes(schemas.get(urn.lower(), {}), f"{urn}:")
    return server


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


def _object(answer: Answer) -> Mapping[str, Any] | None:
    sent = answer.json() if answer.succeeded else None
    return sent if isinstance(sent, Mapping) else None


def _resources(answer: Answer) -> list[Mapping[str, Any]]:
    """The entries of a list, in any spelling and form that servers use."""
    sent = answer.json() if answer.succeeded else None
    if isinstance(sent, Mapping):
        sent = next((value for name, value in sent.items() if name.lower() == "resources"), [])
    return [each for each in sent if isinstance(each, Mapping)] if isinstance(sent, list) else []


def _supported(config: Mapping[str, Any], name: str, otherwise: bool) -> bool:
    sent = config.get(name)
    return bool(sent.get("supported", otherwise)) if isinstance(sent, Mapping) else otherwise
