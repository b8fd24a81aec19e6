"""Paths of attributes, and resources in SCIM's form: from our fields and back.

A field of ours is the path of an attribute: ``userName``, ``name.givenName``, or an extension's URN, a colon and the
name. Attributes with several values (``emails``) are one field: they are replaced as a whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
MANAGER = f"{ENTERPRISE}:manager"
MEMBERS = "members"
CORE = {"user": USER, "group": GROUP}


class AnyCase(Mapping[str, Any]):
    """Values by path, in any upper or lower case: in SCIM ``userName`` and ``username`` are the same."""

    def __init__(self, given: Iterable[tuple[str, Any]]) -> None:
        self._given = dict(given)
        self._lower = {path.lower(): value for path, value in self._given.items()}

    def __getitem__(self, path: str) -> Any:
        return self._lower[path.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def enterprise(name: str) -> str:
    """The path of an attribute of the enterprise extension."""
    return f"{ENTERPRISE}:{name}"


FIELDS = (
    *("userName", "name.givenName", "name.familyName", "name.formatted", "displayName", "title"),
    *("emails", "phoneNumbers", "addresses", "preferredLanguage", "locale", "timezone"),
    *map(enterprise, ("employeeNumber", "department", "division", "organization", "costCenter")),
)
"""Paths of what the shape gives users, without links."""


def extension(path: str) -> str:
    """URN of the path's extension; empty for the core schema."""
    return path.rpartition(":")[0]


def steps(path: str) -> tuple[str, ...]:
    """The names on the path, from the top of a resource down."""
    urn, _, name = path.rpartition(":")
    return (*((urn,) if urn else ()), *name.split("."))


def resource(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A resource with these values, and the schemas that it uses."""
    made: dict[str, Any] = {}
    for path, value in values.items():
        put(made, path, value)
    urns = sorted({urn for path in values if (urn := extension(path))})
    return {"schemas": [CORE[kind], *urns], **made}


def put(into: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at the path."""
    *way, last = steps(path)
    for step in way:
        inner = into.get(_spelt(into, step))
        if not isinstance(inner, dict):
            inner = into[_spelt(into, step)] = {}
        into = inner
    into[_spelt(into, last)] = value


def drop(out_of: dict[str, Any], path: str) -> None:
    """Remove the value at the path, if there is one."""
    *way, last = steps(path)
    inner: Any = out_of
    for step in way:
        inner = inner.get(_spelt(inner, step)) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.pop(_spelt(inner, last), None)


def at(of: Mapping[str, Any], path: str) -> Any:
    """The value at the path; None if there is none. Names are case-insensitive (RFC 7643 §2.1)."""
    value: Any = of
    for step in steps(path):
        if not isinstance(value, Mapping):
            return None
        value = value.get(_spelt(value, step))
    return value


def leaves(of: Mapping[str, Any], inside: str = "") -> Iterator[tuple[str, Any]]:
    """Every path and value of a resource, in the form of our fields."""
    for name, value in of.items():
        if name == "schemas":
            continue
        path = f"{inside}{name}"
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}:" if ":" in name else f"{path}.")
        else:
            yield path, value


def _spelt(of: Mapping[str, Any], name: str) -> str:
    """The name in the resource's spelling."""
    if name in of:
        return name
    lower = name.lower()
    return next((each for each in of if each.lower() == lower), name)
