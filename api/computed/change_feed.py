"""``changeFeed``: the change log, newest first, with values of their own types."""

from typing import Any

from api.access.roles import LOG
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.reads.cursors import uuid_of
from api.reads.filters import camel
from api.reads.known_names import one_of
from graph.model import KINDS
from graph.questions.change_feed import ChangedLink, ChangedValue, Entry, latest

_PLAIN = ("number", "at", "source", "user", "reason", "run", "kind", "uuid", "operation")


def _answer(request: Request) -> list[Answer]:
    uuid, source = request.get("uuid"), request.get("source")
    if source is not None:
        request.known("source", source)
    entries = latest(
        request.driver,
        request.first,
        request.get("before"),
        None if uuid is None else uuid_of(uuid),
        one_of("kind", request.get("kind"), KINDS),
        source,
        "private" in request.caller.rights,
    )
    return [form(each) for each in entries]


def form(entry: Entry) -> Answer:
    """As ``FeedEntry`` has it."""
    return {
        **{name: entry.fields.get(name) for name in _PLAIN},
        "thing": entry.fields.get("uuid"),
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


_FROM = Plain("from", "Date", "The first day of it; 0001-01-01 = always so far")
_TO = Plain("to", "Date", "The day after its last; null = until further notice")
FIELD = ComputedField(
    "changeFeed",
    "The change log, newest first, with each value in its own type. Private values are left out for those who may not "
    "read them. To follow the log as it grows, use the subscription changes",
    (
        answer_type(
            "FeedEntry",
            "One entry of the change log, with what has changed in it",
            Plain("number", "Int!", "Its number in the log, which has no gaps. Give the last one as before to go on"),
            Plain("at", "Moment", "When it was made"),
            Plain("source", "String", "The source that brought it; manual = by hand"),
            Plain("user", "String", "Who made it by hand"),
            Plain("reason", "String", "Why, in the words of whoever made it"),
            Plain("run", "String", "The import in which it was made"),
            Plain("kind", "String", "Kind of the thing"),
            Plain("uuid", "ID!", "UUID of the thing"),
            Plain("operation", "String", "What was done: created, changed, moved, ended, withdrawn …"),
            Thing("thing", tuple(KINDS), "The thing as it is today; null where it is gone", interface="Thing"),
            Part("values", "ChangedValue", "Values that are other ones than before", many=True),
            Part("links", "ChangedLink", "Links that were added or taken away", many=True),
        ),
        answer_type(
            "ChangedValue",
            "A property in a period, before and after the change",
            Plain("property", "String!", "Name of the property"),
            _FROM,
            _TO,
            Part("before", "TypedValue", "What it was; null = there was none"),
            Part("after", "TypedValue", "What it is; null = there is none"),
        ),
        answer_type(
            "TypedValue",
            "A value; the field of its type is given, and the others are null",
            Plain("text", "String", "A text"),
            Plain("texts", "[String!]", "Several texts"),
            Plain("number", "Float", "A number"),
            Plain("yes", "Boolean", "Yes or no"),
            Plain("date", "Date", "A day"),
        ),
        answer_type(
            "ChangedLink",
            "A link in a period that was added or taken away",
            Plain("property", "String!", "Name of the link"),
            _FROM,
            _TO,
            Plain("added", "Boolean!", "It was added; false = it was taken away"),
            Plain("kind", "String!", "Kind of what it leads to"),
            Plain("uuid", "ID!", "UUID of what it leads to"),
            Thing("thing", tuple(KINDS), "What it leads to, as it is today", interface="Thing"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "uuid": Argument("ID", "Only of this thing"),
        "kind": Argument("String", "Only of this kind, such as Unit"),
        "source": Argument("String", "Only by this source"),
        "before": Argument("Int", "Only entries with a lower number than this"),
        "first": FIRST,
    },
    costs=1_000,
)
