"""``changeFeed``: the change log, newest first, with values of their own types."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from typing import Any

from api.access.caller_names import person_of
from api.access.roles import LOG
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.model.cursors import uuid_of
from api.model.filters import camel
from api.model.naming import NAMING
from graph.model import KINDS
from graph.model.kind import name_of
from graph.questions.change_feed import ChangedLink, ChangedValue, Entry, latest

_PLAIN = ("number", "at", "source", "user", "reason", "run", "kind", "uuid")


def _answer(request: Request) -> list[Answer]:
    uuid, source = request.get("uuid"), request.get("source")
    if source is not None:
        request.known("source", source)
    of = None if uuid is None else uuid_of(uuid)

    before, kind, rights = request.get("before"), request.get("kind"), request.caller.rights
    run = None if request.get("run") is None else request.known("run", uuid_of(request.arguments["run"]))
    inside = request.inside_of("Change")
    entries = latest(request.driver, request.first, before, of, kind, source, rights, inside, run)
    return [form(each) for each in (entries if request.caller.scope is None else in_part(list(entries), request.seen))]


Seen = Callable[[Iterable[tuple[str, str]]], Container[str]]


def in_part(entries: Sequence[Entry], seen: Seen) -> list[Entry]:
    """The entries of things that a caller may read, whose roles hold in a part of the organisation, with the links to
    such things. ``seen``: the UUIDs of those things (kind, UUID) that the caller may read."""
    named = {(each.fields.get("kind") or "", each.fields.get("uuid") or "") for each in entries}
    named |= {(link.kind, link.uuid) for each in entries for link in each.links}
    known = seen((kind, uuid) for kind, uuid in named if kind in KINDS)
    return [
        replace(
            each,
            links=tuple(link for link in each.links if link.uuid in known),
            values=tuple(value for value in each.values if camel(value.name) not in NAMING),
        )
        for each in entries
        if each.fields.get("uuid") in known
    ]


def form(entry: Entry) -> Answer:
    """As ``FeedEntry`` and ``ChangeEvent`` have it."""
    return {
        **{name: entry.fields.get(name) for name in _PLAIN},
        "operation": name_of(entry.fields["operation"]),
        "thing": entry.fields.get("uuid"),
        "person": person_of(entry.fields.get("user")),
        "personUuid": person_of(entry.fields.get("user")),
        "values": [_value(entry.fields["kind"], each) for each in entry.values],
        "links": [_link(each) for each in entry.links],
    }


def _value(kind: str, changed: ChangedValue) -> Answer:
    type_ = next(each.type for each in KINDS[kind].properties if each.name == changed.name)
    sides = {"before": _typed(type_, changed.before), "after": _typed(type_, changed.after)}
    return {"property": camel(changed.name), "from": changed.start, "to": changed.end, **sides}


def _typed(type_: str, value: Any) -> Answer | None:
    if value is None:
        return None
    field = {"integer": "number", "decimal": "number", "yes_no": "yes", "date": "date", "texts": "texts"}.get(
        type_, "text"
    )
    return {field: float(value) if field == "number" else value}


def _link(changed: ChangedLink) -> Answer:
    return {
        "property": camel(changed.name),
        "from": changed.start,
        "to": changed.end,
        "added": changed.added,
        "kind": changed.kind,
        "uuid": changed.uuid,
        "thing": changed.uuid,
    }


_FROM = Plain("from", "Date", "Its first day; null = no beginning")
_TO = Plain("to", "Date", "The day after its last; null = no end")
_OF_A_CHANGE = (
    Plain(
        "number",
        "Int!",
        "Its number in the log, which has no gaps. To read on: before in changeFeed, after in the subscription",
    ),
    Plain("at", "Moment", "When it was made"),
    Plain("source", "String", "The source that brought it; manual = by hand"),
    Plain("user", "String", "The user who made it; null = a source"),
    Plain("reason", "String", "The reason that the user gave"),
    Plain("run", "ID", "Id of the run that brought it"),
    Plain("kind", "Kind", "Kind of the thing"),
    Plain("uuid", "ID!", "UUID of the thing"),
    Plain("operation", "Operation!", "What it did to the thing"),
)
_OF_A_LINK = (
    Plain("property", "String!", "Name of the link"),
    _FROM,
    _TO,
    Plain("added", "Boolean!", "It was added; false = it was removed"),
    Plain("kind", "Kind!", "Kind of the thing that it leads to"),
    Plain("uuid", "ID!", "UUID of the thing that it leads to"),
)
_VALUES = Part("values", "ChangedValue", "Values that it changed", many=True)
FIELD = ComputedField(
    "changeFeed",
    "The change log, newest first, with each value in its own type. Private values are left out for those who may not "
    "read them. To follow the log as it grows, use the subscription changes",
    (
        answer_type(
            "FeedEntry",
            "One entry of the change log, with what has changed in it",
            *_OF_A_CHANGE,
            Thing("thing", tuple(KINDS), "The thing as it is today; null if it was erased", interface="Thing"),
            Thing("person", ("Person",), "The person who made it; null = a source or a machine"),
            _VALUES,
            Part("links", "ChangedLink", "Links that it added or removed", many=True),
        ),
        answer_type(
            "ChangedValue",
            "A property in a period, before and after the change",
            Plain("property", "String!", "Name of the property"),
            _FROM,
            _TO,
            Part("before", "TypedValue", "The value before; null = it had no value"),
            Part("after", "TypedValue", "The value after; null = it has no value"),
        ),
        answer_type(
            "TypedValue",
            "A value, in the field of its type; the other fields are null",
            Plain("text", "String", "A text"),
            Plain("texts", "[String!]", "Several texts"),
            Plain("number", "Float", "A number"),
            Plain("yes", "Boolean", "Yes or no"),
            Plain("date", "Date", "A day"),
        ),
        answer_type(
            "ChangedLink",
            "A link in a period that was added or removed",
            *_OF_A_LINK,
            Thing("thing", tuple(KINDS), "The thing that it leads to, as it is today", interface="Thing"),
        ),
        answer_type(
            "ChangeEvent",
            "A change of the log, as it happens",
            *_OF_A_CHANGE,
            Plain("personUuid", "ID", "UUID of the person who made it; null = a source or a machine"),
            _VALUES,
            Part("links", "ChangeEventLink", "Links that it added or removed", many=True),
        ),
        answer_type("ChangeEventLink", "A link in a period that was added or removed", *_OF_A_LINK),
    ),
    LOG,
    _answer,
    arguments={
        "uuid": Argument("ID", "Only of this thing"),
        "kind": Argument("Kind", "Only of this kind"),
        "source": Argument("String", "Only by this source"),
        "run": Argument("ID", "Only what the run with this id has changed"),
        "before": Argument("Int", "Only entries with a lower number than this"),
        "first": FIRST,
    },
    costs=1_000,
    in_part=True,
)
