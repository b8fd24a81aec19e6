"""A SCIM server of our own, written from RFC 7643 and 7644, that can be as particular as the servers of the field."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.answering import Reply, Request, answering

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@dataclass
class OwnServer:
    """``filters``: attributes that may be filtered by, and the error for others; ``page``: the most it gives at a time;
    ``patch``: the status of a PATCH that succeeds; ``versions``: a change must name the version (If-Match);
    ``shouts``: ids are in upper case wherever it answers, in any case where it is asked; ``not_there``: kinds that it
    has not implemented."""

    filters: tuple[str, ...] = ("externalId", "userName", "members.value")
    wrong_filter: tuple[int, str] = (400, "invalidFilter")
    page: int = 3
    patch: int = 204
    versions: bool = False
    shouts: bool = False
    is_strict: bool = False
    not_there: tuple[str, ...] = ()
    things: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {"Users": {}, "Groups": {}})
    seen: list[Request] = field(default_factory=list)
    url: str = ""
    made: int = 0
    """So many things were created here, whether they are still there or not."""
    disturb: Callable[[Request], Reply | None] | None = None
    """Its answer, in place of the server's own; None: the server answers."""

    def writes(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.seen if each.method != "GET"]

    def user(self, name: str) -> dict[str, Any]:
        return next(each for each in self.things["Users"].values() if each["userName"] == name)

    def group(self, name: str) -> dict[str, Any]:
        return next(each for each in self.things["Groups"].values() if each["displayName"] == name)

    def answer(self, request: Request) -> Reply:
        self.seen.append(request)
        if self.disturb is not None and (reply := self.disturb(request)) is not None:
            return reply
        return self.does(request)

    def does(self, request: Request) -> Reply:
        """What is asked for, whatever disturbs the answer."""
        parts = urlsplit(request.path)
        kind, _, id_ = parts.path.strip("/").partition("/")
        if kind == "ServiceProviderConfig":
            offered = {"patch": self.patch != 501, "etag": self.versions, "filter": True}
            return reply(200, {name: {"supported": each} for name, each in offered.items()})
        if kind not in self.things:
            return error(404)
        if kind in self.not_there:
            return error(501)
        if not id_:
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return self._made(kind, request.json) if request.method == "POST" else self._listed(kind, query)
        thing = self.things[kind].get(id_.lower())
        if thing is None:
            return error(404)
        if request.method == "GET":
            return reply(200, self._shown(thing))
        if self.versions and request.headers.get("if-match") != thing["meta"]["version"]:
            return error(412 if "if-match" in request.headers else 428)
        if request.method == "DELETE":
            del self.things[kind][id_.lower()]
            return Reply(204, b"")
        return self._put(kind, thing, request.json) if request.method == "PUT" else self._patched(thing, request.json)

    def _made(self, kind: str, sent: dict[str, Any]) -> Reply:
        name = sent.get("userName", "").lower()
        if name and any(each["userName"].lower() == name for each in self.things[kind].values()):
            return error(409, "uniqueness")
        id_ = f"{'abcdef'[self.made % 6]}{self.made:07}-0000-4000-8000-00000000000a"
        self.made += 1
        thing = {**sent, "id": id_, "meta": {"version": 'W/"1"'}}
        self.things[kind][id_] = thing
        return reply(201, self._shown(thing))

    def _listed(self, kind: str, query: dict[str, str]) -> Reply:
        found = list(self.things[kind].values())
        if "filter" in query:
            match = re.fullmatch(r'(\S+) eq (".*")', query["filter"])
            if match is None or match[1] not in self.filters:
                return error(*self.wrong_filter)
            found = [each for each in found if _fits(each, match[1], json.loads(match[2]))]
        start = int(query.get("startIndex", 1)) - 1
        given = found[start : start + min(self.page, int(query.get("count", 100)))]
        shown = [self._shown(each) for each in given]
        return reply(200, {"totalResults": len(found), "itemsPerPage": len(shown), "Resources": shown})

    def _put(self, kind: str, thing: dict[str, Any], sent: dict[str, Any]) -> Reply:
        if self.is_strict and ("displayName" in sent.get(ENTERPRISE, {}).get("manager", {}) or "meta" in sent):
            return error(400, "mutability")
        kept = {"id": thing["id"], "meta": thing["meta"]}
        thing.clear()
        thing.update(sent | kept)
        return self._changed(thing, 200)

    def _patched(self, thing: dict[str, Any], sent: dict[str, Any]) -> Reply:
        if self.patch == 501:
            return error(501)
        for each in sent["Operations"]:
            path, op, value = each.get("path", ""), each["op"], each.get("value")
            urn, _, name = path.rpartition(":")
            inside = thing.setdefault(urn, {}) if urn else thing
            if member := re.fullmatch(r'members\[value eq "(.*)"\]', path):
                there = [one for one in thing.get("members", []) if one["value"].lower() != member[1].lower()]
                if self.is_strict and len(there) == len(thing.get("members", [])):
                    return error(400, "noTarget")
                thing["members"] = there
            elif op == "add" and path == "members":
                thing.setdefault("members", []).extend(value)
            elif op == "remove":
                inside.pop(name, None)
            else:
                *way, last = name.split(".")
                for step in way:
                    inside = inside.setdefault(step, {})
                inside[last] = value
        return self._changed(thing, self.patch)

    def _changed(self, thing: dict[str, Any], status: int) -> Reply:
        number = int(thing["meta"]["version"].strip('W/"')) + 1
        thing["meta"] = {"version": f'W/"{number}"'}
        return Reply(204, b"") if status == 204 else reply(status, self._shown(thing))

    def _shown(self, thing: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(json.dumps(thing))
        if (manager := shown.get(ENTERPRISE, {}).get("manager")) is not None:
            manager["displayName"] = "as the server calls the manager"
        if self.shouts:
            shown["id"] = shown["id"].upper()
            for each in [*shown.get("members", []), *([manager] if manager else [])]:
                each["value"] = each["value"].upper()
        return shown


@contextmanager
def own_server(**options: Any) -> Iterator[OwnServer]:
    """It runs while the block does."""
    server = OwnServer(**options)
    with answering(server.answer) as front:
        server.url = front.url
        yield server


def _fits(thing: dict[str, Any], name: str, value: str) -> bool:
    if name == "members.value":
        return any(each["value"].lower() == value.lower() for each in thing.get("members", []))
    return str(thing.get(name, "")).lower() == value.lower()


def reply(status: int, content: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"content-type": "application/scim+json"})


def error(status: int, scim_type: str = "") -> Reply:
    form = ["urn:ietf:params:scim:api:messages:2.0:Error"]
    return reply(status, {"schemas": form, "status": str(status), **({"scimType": scim_type} if scim_type else {})})
