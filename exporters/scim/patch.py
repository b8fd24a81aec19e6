"""Changes as PATCH requests (RFC 7644 §3.5.2), in the form that most servers accept."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from exporters.objects.target import Change
from exporters.scim.paths import MANAGER, MEMBERS, PATCH, put
from exporters.scim.settings import ScimSettings

Operation = dict[str, Any]


def patches(change: Change, settings: ScimSettings) -> Iterator[dict[str, Any]]:
    """The bodies to send, one after the other: values first, then members in batches."""
    style = settings.patch_style
    if operations := [*_values(change, settings), *_manager(change)]:
        yield _body(operations, style)
    for name, ids in _portions(change, settings.member_batch):
        if name == "add":
            operations = [{"op": "add", "path": MEMBERS, "value": [{"value": id_} for id_ in ids]}]
        elif settings.member_remove == "value" or style == "entra":
            operations = [{"op": "remove", "path": MEMBERS, "value": [{"value": id_} for id_ in ids]}]
        else:
            operations = [{"op": "remove", "path": f'{MEMBERS}[value eq "{_quoted(id_)}"]'} for id_ in ids]
        yield _body(operations, style)


def cleared(settings: ScimSettings) -> Any:
    """The value that means empty, if an attribute can't be removed."""
    return "" if settings.clear_with == "empty" else None


def boolean(value: bool, settings: ScimSettings) -> bool | str:
    return ("True" if value else "False") if settings.boolean_as_string or settings.patch_style == "entra" else value


def _values(change: Change, settings: ScimSettings) -> list[Operation]:
    given: dict[str, Any] = dict(change.set)
    if change.key is not None:
        given["externalId"] = change.key
    if change.enabled is not None:
        given["active"] = boolean(change.enabled, settings)
    operations: list[Operation] = []
    if settings.patch_style == "pathless" and given:
        whole: dict[str, Any] = {}
        for path, value in given.items():
            put(whole, path, value)
        operations.append({"op": "replace", "value": whole})
    else:
        operations += [{"op": "replace", "path": path, "value": value} for path, value in given.items()]
    for path in sorted(change.clear):
        if settings.clear_with == "remove":
            operations.append({"op": "remove", "path": path})
        else:
            operations.append({"op": "replace", "path": path, "value": cleared(settings)})
    return operations


def _manager(change: Change) -> list[Operation]:
    if added := change.add.get(MANAGER):
        return [{"op": "replace", "path": MANAGER, "value": {"value": added[0]}}]
    return [{"op": "remove", "path": MANAGER}] if change.remove.get(MANAGER) else []


def _portions(change: Change, size: int) -> Iterator[tuple[str, Sequence[str]]]:
    for name, links in (("remove", change.remove), ("add", change.add)):
        ids = iter(links.get(MEMBERS, ()))
        while portion := list(islice(ids, size)):
            yield name, portion


def _body(operations: list[Operation], style: str) -> dict[str, Any]:
    if style == "entra":
        operations = [{**each, "op": str(each["op"]).capitalize()} for each in operations]
    return {"schemas": [PATCH], "Operations": operations}


def _quoted(id_: str) -> str:
    return id_.replace("\\", "\\\\").replace('"', '\\"')


def merged(resource: Mapping[str, Any], read_only: frozenset[str], inside: str = "") -> dict[str, Any]:
    """A resource as it was read, without the attributes that must not be sent back, also within others."""
    made: dict[str, Any] = {}
    for name, value in resource.items():
        path = f"{inside}{name}".lower()
        if path not in read_only:
            inner = f"{path}:" if ":" in name else f"{path}."
            made[name] = merged(value, read_only, inner) if isinstance(value, Mapping) else value
    return made
