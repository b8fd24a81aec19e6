"""A SCIM server as a channel: finds, reads, creates, changes and deletes users and groups (RFC 7644)."""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from exporters.errors import DeliveryError
from exporters.objects.errors import Gone, ObjectError, Refused, Unanswered
from exporters.objects.target import Change, Found, Offer, Value, Wanted
from exporters.objects.values import comparable
from exporters.scim.connection import Connection, as_text
from exporters.scim.discovery import Server
from exporters.scim.index import KEY, Index
from exporters.scim.members import RefusedMembers, are_members, halves
from exporters.scim.paging import NOT_WHOLE, is_list, paged
from exporters.scim.patch import boolean, cleared, merged, patches
from exporters.scim.paths import FIELDS, MANAGER, MEMBERS, SEARCH, AnyCase, at, drop, leaves, put, resource
from exporters.scim.refusals import denial, is_of_scim, refusal, scim_type, words
from exporters.scim.sameness import same
from exporters.scim.settings import ScimSettings
from graph.retry import NEVER, NEXT
from protocols.addresses import segment
from protocols.http.client import Answer

OURS = {
    "user": ("externalId", "active", *FIELDS, f"{MANAGER}.value"),
    "group": ("externalId", "displayName", MEMBERS),
}
"""Paths that are ours, which a PUT repeats whatever has changed."""
_NAMES = {"user": "userName", "group": "displayName"}
_NO_SEARCH = "no_search"
_UNFILTERABLE = frozenset({400, 404, 405, 501})
_STALE = frozenset({412, 428})
_ONE = {"startIndex": "1", "count": "1"}
"""The query of a harmless request."""
_IN_A_ROW = 5
"""After so many forbidden changes in a row, the login is at fault, not the objects."""
_LOOKS = 3
"""How often a resource is read again when others change it at the same time (412)."""


class ScimChannel:
    """``server`` (of the constructor): the server's description of itself."""

    server = ""

    def __init__(self, connection: Connection, server: Server, settings: ScimSettings) -> None:
        self._connection = connection
        self._server = server
        self._settings = settings
        self._patches = dict.fromkeys(OURS, settings.patch == "on" or (settings.patch == "auto" and server.patch))
        self._unpatched: dict[str, set[str]] = {kind: set() for kind in OURS}
        self._unfiltered = set[str]() if server.filter else {KEY, *_NAMES.values()}
        self._indexes: dict[str, Index] = {}
        self._has_versions = server.etag
        self._denied = 0

    # -- what the server accepts --------------------------------------------------------------------------------

    def offers(self, kind: str, field: str | None = None) -> Offer:
        if field is not None and field in self._settings.excluded_attributes:
            return "never"
        return self._server.offers(kind, field)

    def same(self, field: str, sent: Value, found: Value) -> bool:
        return same(field, sent, found)

    # -- reading ------------------------------------------------------------------------------------------------

    def find(self, wanted: Wanted) -> Sequence[Found]:
        lookups = self._settings.id_lookup
        if "externalId" in lookups and (ours := self._having(wanted.kind, "externalId", wanted.key)):
            return ours
        name = wanted.values.get("userName")
        if wanted.kind == "user" and "userName" in lookups and isinstance(name, str):
            return self._having(wanted.kind, "userName", name)
        return []

    def left_by(self, sought: Wanted) -> Sequence[Found] | None:
        name = _NAMES[sought.kind]
        value = sought.values.get(name)
        if not self._settings.id_lookup or not isinstance(value, str):
            return None
        return self._having(sought.kind, name, value)

    def read(self, kind: str, id: str) -> Found | None:
        sent = self._resource(kind, id)
        return None if sent is None else self._found(kind, sent)

    def listing(self, kind: str) -> Iterator[Found]:
        for each in self._pages(kind, {}):
            yield self._found(kind, each)

    def _having(self, kind: str, name: str, value: str) -> list[Found]:
        """Those with this value. Others, from a server that does not filter, are ignored."""
        if name not in self._unfiltered:
            try:
                asked = {"filter": f"{name} eq {as_text(value)}"}
                found = [self._found(kind, each) for each in self._pages(kind, asked, whole=True)]
            except Refused as refused:
                if refused.problem not in (_NO_SEARCH, NOT_WHOLE):
                    raise
                self._unfiltered.add(name)
            else:
                fits = Index(found).having(name, value)
                if len(fits) == len(found):
                    return fits
                self._unfiltered.add(name)  # the filter was ignored: only a complete listing is reliable
        if kind not in self._indexes:
            self._indexes[kind] = Index(self._found(kind, each) for each in self._pages(kind, {}, whole=True))
        return self._indexes[kind].having(name, value)

    def _pages(self, kind: str, query: Mapping[str, str], *, whole: bool = False) -> Iterator[Mapping[str, Any]]:
        path = self._server.endpoints[kind]

        def page(asked: Mapping[str, str]) -> Mapping[str, Any]:
            given = {**query, **asked}
            answer = self._asked(kind, given)
            if (sent := _list_in(answer)) is not None:
                return sent
            if answer.succeeded:
                raise Unanswered(f"{path}: the answer is not a list ({len(answer.content)} bytes).")
            # Servers refuse a filter that they do not support in many ways; 403 "sensitive" is one (RFC 7644 §7.5.2).
            if "filter" in given and (answer.status in _UNFILTERABLE or scim_type(answer) == "sensitive"):
                raise Refused(_NO_SEARCH, f"{path}: the server does not search by this ({words(answer)})")
            if answer.status in (404, 410):
                raise self._without_endpoint(kind, answer)
            if answer.status == 403 and "filter" not in given:
                raise denial(answer, path, NEVER)
            raise self._refusal(kind, answer, path)

        return paged(page, self._settings.page_size, cursor=self._server.cursor, whole=whole)

    def _asked(self, kind: str, query: Mapping[str, str]) -> Answer:
        """The answer to a request for a list."""
        path = self._server.endpoints[kind]
        if not self._settings.search_by_post:
            return self._connection.get(path, query)
        numbers = {name: int(value) for name, value in query.items() if name in ("startIndex", "count")}
        return self._connection.search(path, {"schemas": [SEARCH], **query, **numbers})

    def _resource(self, kind: str, id: str) -> Mapping[str, Any] | None:
        path = self._place(kind, id)
        answer = self._connection.get(path)
        sent = answer.json()
        if answer.succeeded and isinstance(sent, Mapping):
            return sent
        if answer.status in (400, 404, 410):  # some servers answer 400 for an unknown id
            self._require_gone(kind, answer, path)
            return None
        if answer.succeeded:
            raise Unanswered(f"{path}: the answer is not a resource ({len(answer.content)} bytes).")
        raise self._refusal(kind, answer, path)

    def _found(self, kind: str, sent: Mapping[str, Any]) -> Found:
        values = AnyCase(leaves(sent))
        links: dict[str, frozenset[str]] = {}
        if kind == "group":
            members = at(sent, MEMBERS)
            given = members if isinstance(members, list) else []
            links[MEMBERS] = frozenset(str(each.get("value")) for each in given if isinstance(each, Mapping))
        else:
            manager = at(sent, f"{MANAGER}.value")
            links[MANAGER] = frozenset({str(manager)} if manager else ())
        key = at(sent, "externalId")
        active = at(sent, "active")
        enabled = kind == "group" or active is None or active is True or str(active).lower() == "true"
        id_, ours = str(at(sent, "id")), comparable(str(key)) if key else None
        return Found(id_, ours, values, links, enabled, may_be_cut=kind == "group")

    # -- what an answer means -----------------------------------------------------------------------------------

    def _refusal(self, kind: str, answer: Answer, what: str) -> ObjectError:
        """The error of one object. What could be said of any object is compared with the answer to a harmless request.
        Raises DeliveryError if it is about the whole server."""
        if answer.status in (404, 410):
            self._require_gone(kind, answer, what)
        if answer.status == 403:
            self._require_access(kind, answer, what)
        return refusal(answer, what)

    def _require_gone(self, kind: str, answer: Answer, what: str) -> None:
        """``answer``: that there is no such object. A wrong address, or a proxy, says the same of everybody; so the
        server must answer at the kind's own address, or, if it gives no lists, in SCIM's own form."""
        there = self._asked(kind, _ONE)
        if _list_in(there) is not None:
            return
        if there.status in (404, 410):
            raise self._without_endpoint(kind, there)
        has_failed = there.succeeded or (there.status >= 500 and there.status != 501)
        if has_failed or not is_of_scim(answer):
            raise Unanswered(f"{what}: {words(answer)}, and {self._server.endpoints[kind]}: {words(there)}.")

    def _without_endpoint(self, kind: str, answer: Answer) -> Refused:
        """Raises DeliveryError for users, which every server has."""
        said = f"The server has no {self._server.endpoints[kind]} ({words(answer)})"
        if kind == "user":
            raise DeliveryError(f"{said}. Check base_url. Nothing was concluded from that.", retry=NEXT)
        return Refused("no_endpoint", f"{said}.")

    def _require_access(self, kind: str, answer: Answer, what: str) -> None:
        """``answer``: that this is forbidden. If lists are forbidden, too, or several changes in a row, the login lacks
        the right to everything."""
        there = self._asked(kind, _ONE)
        if there.status == 403:
            raise denial(there, self._server.endpoints[kind], NEVER)
        if self._denied >= _IN_A_ROW:
            raise denial(answer, f"{self._denied} changes in a row, the last: {what}", NEXT)

    # -- writing ------------------------------------------------------------------------------------------------

    def _written(
        self, kind: str, method: str, path: str, body: Any, what: str, accepted: Container[int] = (), version: str = ""
    ) -> Answer:
        """``what``: the change in words; ``accepted``: statuses besides 2xx that the caller judges."""
        answer = self._connection.write(method, path, body, version)
        if answer.succeeded:
            self._denied = 0
        elif answer.status not in accepted:
            self._denied += answer.status == 403
            raise self._refusal(kind, answer, what)
        return answer

    def is_deleted(self, kind: str, id: str) -> bool:
        """There is one server, and its answers were checked (``_require_gone``)."""
        return True

    def foreseen(self, wanted: Wanted) -> Mapping[str, Value]:
        """Only the server's answer to the creation shows what it refuses."""
        return {}

    def create(self, wanted: Wanted, links: Mapping[str, tuple[str, ...]]) -> str:
        body = {**resource(wanted.kind, wanted.values), "externalId": wanted.key}
        if wanted.kind == "user":
            body["active"] = boolean(wanted.enabled, self._settings)
        what = f"creating {wanted.kind} {wanted.key}"
        index = self._indexes.pop(wanted.kind, None)  # unless it succeeds, others may be there whom it does not have
        answer = self._written(wanted.kind, "POST", self._server.endpoints[wanted.kind], body, what)
        sent = answer.json()
        id_ = sent.get("id") if isinstance(sent, Mapping) else None
        if not id_:
            # It was created, but its id is unknown: the next try finds it by our key.
            raise Unanswered(f"{what}: the answer has no id.")
        if index is not None:
            index.add(self._found(wanted.kind, {**body, **sent}))
            self._indexes[wanted.kind] = index
        return str(id_)

    def change(self, change: Change) -> None:
        if change.kind == "group" and change.enabled is not None:
            raise Refused("not_offered", "A group can't be disabled.")
        if change.set.keys() & {"userName", "displayName"}:
            self._indexes.pop(change.kind, None)
        if not self._patches[change.kind] or change.id in self._unpatched[change.kind]:
            self._put(change)
            return
        what = f"changing {change.kind} {change.id}"
        refused = RefusedMembers()
        for body in patches(change, self._settings):
            if not self._patch(change.kind, change.id, body, what, refused):
                self._put(change)
                self._note_unpatched(change.kind, change.id)
                return
        if refused:
            raise refused.error(what)

    def _note_unpatched(self, kind: str, id: str) -> None:
        """PUT could do what PATCH could not. One object may be special: no other of the kind is patched if the server
        announces that, or if a second one says the same."""
        self._unpatched[kind].add(id)
        if not self._server.patch or len(self._unpatched[kind]) > 1:
            self._patches[kind] = False

    def completed(self, wanted: Wanted, found: Found) -> None:
        """Nothing goes with a creation."""

    def delete(self, kind: str, id: str, owner: str = "") -> None:
        if kind == "user":
            self._detach(id)
        try:
            self._of_its_version(kind, "DELETE", self._place(kind, id), None, f"deleting {kind} {id}")
        except Gone:
            return  # repeated, or others were quicker

    def _of_its_version(
        self, kind: str, method: str, path: str, body: Any, what: str, accepted: tuple[int, ...] = ()
    ) -> Answer:
        """Send a change of named parts, or a deletion. Only a server that insists on it (428, 412) gets the version,
        since reading it takes a request; the change is the same whatever the version."""
        version = ""
        for _ in range(_LOOKS + 1):
            answer = self._written(kind, method, path, body, what, (*accepted, *_STALE), version)
            if answer.status not in _STALE:
                return answer
            now = self._connection.get(path)
            sent = now.json()
            version = str((at(sent, "meta.version") if isinstance(sent, Mapping) else None) or "")
            if not version:
                raise self._refusal(kind, answer if now.succeeded else now, what)
        raise Refused("changed_meanwhile", f"{what}: others changed it {_LOOKS} times while it was being changed.")

    def _patch(
        self, kind: str, id: str, body: Mapping[str, Any], what: str, refused: RefusedMembers
    ) -> bool:  # fmt: skip
        """False if the server does not support PATCH here. Members are sent in halves if they are too many at once, or
        if the server refuses one: ``refused`` gets those that it refuses alone."""
        of_members = are_members(body)
        judged = (400, 404, 405, 413, 501) if of_members else (400, 405, 413, 501)
        answer = self._of_its_version(kind, "PATCH", self._place(kind, id), body, what, judged)
        if answer.succeeded:
            return True
        if answer.status in (405, 501):
            return False
        if answer.status == 404 and self._resource(kind, id) is None:
            raise refusal(answer, what)
        too_many = answer.status == 413 or scim_type(answer) == "tooMany"
        if (too_many or of_members) and (parts := halves(body)) is not None:
            return all(self._patch(kind, id, each, what, refused) for each in parts)
        if too_many or not of_members or refused.is_full:
            raise self._refusal(kind, answer, what)
        refused.add(body["Operations"][0], answer)
        return True

    def _put(self, change: Change) -> None:
        """The present resource with our changes; read again if others have changed it meanwhile, or if the server
        turns out to insist on versions."""
        path, what = self._place(change.kind, change.id), f"changing {change.kind} {change.id}"
        for _ in range(_LOOKS + 1):
            now = self._resource(change.kind, change.id)
            if now is None:
                raise Gone(f"{what}: it does not exist.")
            body = self._with(change, now)
            given = str(at(now, "meta.version") or "")
            version = given if self._has_versions else ""
            answer = self._written(change.kind, "PUT", path, body, what, _STALE, version)
            if answer.succeeded:
                return
            if not given:
                raise self._refusal(change.kind, answer, what)
            self._has_versions = True
        raise Refused("changed_meanwhile", f"{what}: others changed it {_LOOKS} times while it was being changed.")

    def _with(self, change: Change, now: Mapping[str, Any]) -> dict[str, Any]:
        made = merged(now, self._server.read_only(change.kind))
        if not self._settings.put_merge:
            made = {name: at(now, name) for name in ("schemas", "id") if at(now, name) is not None}
            for path in (*OURS[change.kind], *self._settings.add):
                if (value := at(now, path)) is not None:
                    put(made, path, value)
        for path in change.clear:
            if self._settings.clear_with == "remove":
                drop(made, path)
            else:
                put(made, path, cleared(self._settings))
        for path, value in change.set.items():
            put(made, path, value)
        if change.key is not None:
            made["externalId"] = change.key
        if change.enabled is not None:
            made["active"] = boolean(change.enabled, self._settings)
        if added := change.add.get(MANAGER):
            put(made, MANAGER, {"value": added[0]})
        elif change.remove.get(MANAGER):
            drop(made, MANAGER)
        if change.add.get(MEMBERS) or change.remove.get(MEMBERS):
            gone = {comparable(id_) for id_ in change.remove.get(MEMBERS, ())}
            stay = [each for each in at(now, MEMBERS) or () if comparable(str(each.get("value"))) not in gone]
            there = {comparable(str(each.get("value"))) for each in stay}
            new = [{"value": id_} for id_ in change.add.get(MEMBERS, ()) if comparable(id_) not in there]
            put(made, MEMBERS, [*stay, *new])
        urns = {path.rpartition(":")[0] for path in (*change.set, *change.add)} - {""}
        made["schemas"] = sorted({*(now.get("schemas") or ()), *urns})
        return made

    def _detach(self, id: str) -> None:
        """Remove the user from groups and from ``manager`` of others, since not every server does."""
        user = self._resource("user", id)
        sent = at(user, "groups") if user is not None else None
        groups = {str(each.get("value")) for each in sent or () if isinstance(each, Mapping)}
        if "group" in self._server.endpoints:
            groups |= {each.id for each in self._referring("group", f"{MEMBERS}.value", MEMBERS, id)}
        for group in sorted(groups):
            self._without_answer_of_gone(Change("group", group, remove={MEMBERS: (id,)}))
        if self.offers("user", MANAGER) != "never":
            for each in self._referring("user", f"{MANAGER}.value", MANAGER, id):
                self._without_answer_of_gone(Change("user", each.id, remove={MANAGER: (id,)}))

    def _referring(self, kind: str, path: str, link: str, id: str) -> list[Found]:
        """Those that refer to it; from a complete listing if the server can't search for them."""
        try:
            found = [self._found(kind, each) for each in self._pages(kind, {"filter": f"{path} eq {as_text(id)}"})]
        except (Refused, Unanswered):
            found = list(self.listing(kind))
        return [each for each in found if comparable(id) in map(comparable, each.links.get(link, ()))]

    def _without_answer_of_gone(self, change: Change) -> None:
        try:
            self.change(change)
        except Gone:
            return  # the resource that referred to it is gone

    def _place(self, kind: str, id: str) -> str:
        """The address of one resource. The id is any text of the server's (RFC 7643 §3.1)."""
        endpoint = self._server.endpoints[kind]
        if not id:
            raise Unanswered(f"{endpoint}: the server sends a {kind} without an id.")
        return f"{endpoint}/{segment(id)}"


def _list_in(answer: Answer) -> Mapping[str, Any] | None:
    """The ListResponse that an answer is; None if it is anything else, such as a gateway's own words."""
    sent = answer.json()
    if answer.succeeded and isinstance(sent, Mapping) and is_list(sent) and not is_of_scim(answer):
        return sent
    return None
