"""The types of records: what sources state, the change log, runs, and problems."""

from collections.abc import Mapping

from api.enums import in_cypher
from api.model.fields import Field, Scalar, Type, Value

_OF_ALL: Mapping[str, str] = {
    "id": "Its id, which never changes",
    "source": "The source whose record it is",
    "kind": "Kind of the thing",
    "key": "The key of the thing in the source",
    "learnedAt": "When it arrived",
    "at": "When it was made",
    "user": "The user who made it; null = a source",
    "reason": "The reason that the user gave",
    "run": "Id of the run that brought it",
    "state": "Its state",
    "candidates": "UUIDs of the things that it may be",
    "text": "What is wrong, in words",
}
_OF_ONE: Mapping[str, str] = {
    "SourceRecord.statement": (
        "The statement of the source, as JSON; null for a person unless private fields may be read, and for an "
        "employment unless pay may be"
    ),
    "Change.number": "Its number; the log has no gaps",
    "Change.source": "The source that brought it; manual = by hand",
    "Change.uuid": "UUID of the thing",
    "Change.operation": "What it did to the thing",
    "Change.before": "Before the change, as JSON",
    "Change.after": "After the change, as JSON",
    "Run.type": "What the run does",
    "Run.name": "The source or target",
    "Run.started": "When it began",
    "Run.ended": "When it ended; null = it is running, or was killed",
    "Run.state": "Whether it is running, and otherwise how it ended",
    "Run.dry": "A dry run: it wrote nothing",
    "Run.counts": "Its counts, as JSON",
    "Run.error": "Why it failed",
    "BadRecord.kind": "Kind of the record: a kind of thing, or what a file of the source consists of",
    "BadRecord.field": "The field that is wrong",
    "BadRecord.rule": "The rule that it breaks",
    "BadRecord.severity": "Whether it was rejected",
    "Brake.source": "What was stopped: the source, export: and the name of the target, or the day turn",
    "Brake.state": "Whether it waits for a person, and otherwise what became of it",
    "Brake.learnedAt": "When the run was stopped",
    "Brake.reason": "The reason that the user gave for approving it",
    "Brake.run": "Id of the run that was stopped",
    "BadRecord.run": "Id of the run that found it last",
    "BadRecord.learnedAt": "When it was first found",
    "Ambiguity.learnedAt": "When it was found",
    "LedgerEntry.run": "Id of the run that changed it last",
    "Brake.summary": "What the stopped run would change, a line each",
    "Brake.approvedBy": "The user who approved it",
    "LedgerEntry.target": "The target to which the object was sent",
    "LedgerEntry.object": "Kind of object at the target",
    "LedgerEntry.key": "The key of the object at the target",
    "LedgerEntry.state": "Whether the target has it as it should be",
    "LedgerEntry.problem": "The rule that it breaks",
    "LedgerEntry.reason": "Why it could not be delivered, in words",
    "LedgerEntry.delivered": "When it was last delivered",
    "LedgerEntry.targetId": "The id that the target gave it, such as objectGUID",
    "LedgerEntry.enabled": "Whether it was last sent as enabled",
    "LedgerEntry.unsure": "It is being sent, or a run ended while it was sent: it is read before anything else",
    "LedgerEntry.tries": "How often it was refused, or not answered, since it was last delivered",
    "LedgerEntry.nextTry": "The earliest moment of the next try of a refused object that stays as it is",
    "LedgerEntry.drift": "Fields that others have changed at the target, and that differ still",
    "LedgerEntry.driftPutRight": "Fields that others had changed at the target, and that a run has corrected",
    "LedgerEntry.driftAccepted": "Fields that differ with a user's consent: the field, a colon, and the reason",
    "LedgerEntry.decision": "What a user has decided of it last, such as to adopt it: what, why, and who",
    "LedgerEntry.driftAt": "When drift was last found, or put right",
    "LedgerEntry.hooksLeft": "Events of which the target's hook is still to be informed, in order",
    "LedgerEntry.hookTries": "How often the hook has failed for the first of them",
    "LedgerEntry.hookNext": "When it is called again",
    "LedgerEntry.hookAnswer": "The last event of which it was informed, and what it answered",
    "LedgerEntry.hookAt": "When it last answered",
    "MatchDecision.thing": "UUID of the thing that the record belongs to; null = a new one",
    "CprLookup.person": "UUID of the person who was looked up",
    "CprLookup.by": "The user who looked the person up, or system",
    "CprLookup.purpose": "Its purpose",
    "CprLookup.service": "The service that was called",
    "CprLookup.code": "The result: ok, PNRNotFound …; null = no answer came",
    "CprLookup.answered": "When the answer came",
}


def _explained(type_: str, field: str) -> str:
    """The description of a record's field."""
    return _OF_ONE.get(f"{type_}.{field}") or _OF_ALL[field]


def _plain(name: str, doc: str, key: str, *values: tuple[str, Scalar, str], newest: str = "") -> Type:
    fields: dict[str, Field] = {}
    for each, type_, text in values:
        fields[each] = Value(each, type_, in_cypher(text) if type_ in _IN_CAPITALS else text, _explained(name, each))
    return Type(name, name, doc, fields, key=key, newest=newest)


_IN_CAPITALS = frozenset({"Operation", "RunType", "RunState", "BrakeState", "Severity", "LedgerState"})


# A record of a person may contain a home address, one of an employment the pay: null without the right to these.
_UNLESS_PRIVATE = "CASE WHEN {unless} THEN {n}.%s END"
GUARDED: Mapping[str, str] = {"Person": "private", "Employment": "pay"}
"""Kind → the right that the whole text of its records needs."""

# Kept as field=state.
_FIELDS = "[each IN coalesce({n}.drift, []) WHERE each ENDS WITH '=%s' | replace(each, '=%s', '')]"

_ACCEPTED = (
    "[each IN coalesce({n}.accepted, []) | split(each, '=')[0] + ': ' + substring(each, size(split(each, '=')[0]) + 1)]"
)

ORDERS: Mapping[str, str] = {
    "changes": "The oldest first; changeFeed has the newest first",
    "runs": "The newest first, by their beginning",
    "badRecords": "The newest first, by the moment at which they were first found",
    "brakes": "The newest first, by the moment at which they were stopped",
    "ambiguities": "The newest first, by the moment at which they were found",
    "decisions": "The newest first",
    "cprLookups": "The newest first",
    "ledgerEntries": "By target, kind of object and key",
}
"""The order of each list of records, in words."""

CONDITIONS: Mapping[tuple[str, str], str] = {
    ("ledgerEntries", "drift"): "any(each IN coalesce(n.drift, []) WHERE each ENDS WITH '=found') = {wanted}",
    ("cprLookups", "person"): (
        "n.person IN [{wanted}] + COLLECT {{ MATCH (:Person {{uuid: {wanted}}})-[:JOINED_INTO*0..]->()"
        "<-[:JOINED_INTO*0..]-(same) RETURN same.uuid }}"
    ),
}
"""(list, argument) → its condition in Cypher, where it is no property of the record."""

RECORDS = (
    _plain(
        "SourceRecord", "The record of a thing in a source", "id",
        ("id", "ID!", "{n}.id"),
        ("source", "String!", "{n}.source"), ("kind", "Kind!", "{n}.kind"), ("key", "String!", "{n}.key"),
        ("learnedAt", "Moment", "toString({n}.learnt)"), ("statement", "String", _UNLESS_PRIVATE % "values"),
    ),
    _plain(
        "Change", "One entry of the change log: numbered without gaps", "number",
        ("number", "Int!", "{n}.number"), ("at", "Moment", "toString({n}.at)"), ("source", "String", "{n}.source"),
        ("user", "String", "{n}.user"), ("reason", "String", "{n}.reason"), ("run", "ID", "{n}.run"),
        ("kind", "Kind", "{n}.kind"), ("uuid", "ID!", "{n}.uuid"), ("operation", "Operation", "{n}.operation"),
        ("before", "String", _UNLESS_PRIVATE % "before"), ("after", "String", _UNLESS_PRIVATE % "after"),
    ),
    _plain(
        "Run", "A run of an import or export", "id",
        ("id", "ID!", "{n}.id"), ("type", "RunType", "{n}.type"), ("name", "String", "{n}.name"),
        ("started", "Moment", "toString({n}.started)"), ("ended", "Moment", "toString({n}.ended)"),
        ("state", "RunState", "{n}.state"), ("dry", "Boolean", "{n}.dry"), ("counts", "String", "{n}.counts"),
        ("error", "String", "{n}.error"), newest="started",
    ),
    _plain(
        "BadRecord", "A record that was rejected, or accepted in doubt", "id",
        ("id", "ID!", "{n}.id"), ("source", "String", "{n}.source"), ("kind", "String", "{n}.kind"),
        ("key", "String", "{n}.key"), ("field", "String", "{n}.field"), ("rule", "String", "{n}.rule"),
        ("text", "String", "{n}.text"), ("severity", "Severity", "{n}.severity"),
        ("learnedAt", "Moment", "toString({n}.learnt)"), ("run", "ID", "{n}.run"), newest="learnt",
    ),
    _plain(
        "Brake", "A set of changes that was stopped; it is applied when a user approves exactly this set", "id",
        ("id", "ID!", "{n}.id"), ("source", "String", "{n}.source"), ("state", "BrakeState", "{n}.state"),
        ("summary", "[String!]", "{n}.summary"), ("learnedAt", "Moment", "toString({n}.learnt)"),
        ("approvedBy", "String", "{n}.approved_by"), ("reason", "String", "{n}.reason"),
        ("run", "ID", "{n}.run"), newest="learnt",
    ),
    _plain(
        "LedgerEntry", "What was last delivered of an object to a target, or why it could not be", "id",
        ("id", "ID!", "{n}.id"), ("target", "String", "{n}.target"), ("object", "String", "{n}.object"),
        ("key", "String", "{n}.key"), ("state", "LedgerState", "{n}.state"), ("problem", "String", "{n}.problem"),
        ("reason", "String", "{n}.reason"), ("run", "ID", "{n}.run"),
        ("delivered", "Moment", "toString({n}.delivered)"),
        ("targetId", "String", "{n}.remote"), ("enabled", "Boolean", "{n}.enabled"),
        ("unsure", "Boolean", "coalesce({n}.unsure, false)"), ("tries", "Int", "coalesce({n}.tries, 0)"),
        ("nextTry", "Moment", "toString({n}.again)"),
        ("drift", "[String!]", _FIELDS % ("found", "found")),
        ("driftPutRight", "[String!]", _FIELDS % ("put_right", "put_right")),
        ("driftAccepted", "[String!]", _ACCEPTED),
        ("decision", "String", "{n}.decision"),
        ("driftAt", "Moment", "toString({n}.drift_at)"),
        ("hooksLeft", "[String!]", "coalesce({n}.hooks, [])"), ("hookTries", "Int", "coalesce({n}.hook_tries, 0)"),
        ("hookNext", "Moment", "toString({n}.hook_again)"), ("hookAnswer", "String", "{n}.hook_answer"),
        ("hookAt", "Moment", "toString({n}.hook_at)"),
    ),
    _plain(
        "MatchDecision", "The decision on an ambiguous record", "id",
        ("id", "ID!", "{n}.id"), ("thing", "ID", "{n}.uuid"), ("candidates", "[ID!]", "{n}.candidates"),
        ("user", "String", "{n}.user"), ("reason", "String", "{n}.reason"), ("at", "Moment", "toString({n}.at)"),
        newest="at",
    ),
    _plain(
        "CprLookup", "A call to the CPR register, or use of data that it sent; logged before it is made", "id",
        ("id", "ID!", "{n}.id"), ("at", "Moment", "toString({n}.at)"), ("person", "ID", "{n}.person"),
        ("by", "String", "{n}.by"), ("purpose", "String", "{n}.purpose"), ("service", "String", "{n}.service"),
        ("code", "String", "{n}.code"), ("answered", "Moment", "toString({n}.answered)"), newest="at",
    ),
    _plain(
        "Ambiguity", "A record that matches several things and waits for a decision", "id",
        ("id", "ID!", "{n}.id"), ("source", "String", "{n}.source"), ("kind", "Kind", "{n}.kind"),
        ("key", "String", "{n}.key"), ("candidates", "[ID!]", "{n}.candidates"),
        ("learnedAt", "Moment", "toString({n}.learnt)"), newest="learnt",
    ),
)  # fmt: skip
