"""What the fields of records are: what sources say, the change log, runs, and what went wrong in them."""

from collections.abc import Mapping

_OF_ALL: Mapping[str, str] = {
    "id": "Its id, which stays the same",
    "source": "The source",
    "kind": "Kind of the thing, such as Employment",
    "key": "What the source calls the thing",
    "learnedAt": "When it came in",
    "at": "When it was made",
    "user": "Who made it; null = a source",
    "reason": "Why, in the words of whoever did it",
    "run": "Id of the run in which it came",
    "state": "How far it has come",
    "candidates": "UUIDs of what it may be",
    "text": "What is wrong, in words",
}
_OF_ONE: Mapping[str, str] = {
    "SourceRecord.statement": "What the source says, as JSON; null of a person without the right to private fields",
    "Change.number": "Its number; the log has no gaps",
    "Change.source": "The source that brought it; manual = by hand",
    "Change.uuid": "UUID of the thing",
    "Change.operation": "What was done: created, changed, moved, ended, withdrawn …",
    "Change.before": "What was, as JSON; changeFeed has it in values of their own types",
    "Change.after": "What is, as JSON; changeFeed has it in values of their own types",
    "Run.type": "import or export",
    "Run.name": "The source or target",
    "Run.started": "When it began",
    "Run.ended": "When it ended; null = it runs, or was killed",
    "Run.state": "running, done, stopped or failed",
    "Run.dry": "Nothing was written",
    "Run.counts": "How many of what, as JSON",
    "Run.error": "Why it failed",
    "BadRecord.field": "The field that is wrong",
    "BadRecord.rule": "The rule that it breaks",
    "BadRecord.severity": "error = it was rejected; notice = something is doubtful",
    "Brake.state": "waiting, approved or used",
    "Brake.summary": "What the stopped run would change, a line each",
    "Brake.approvedBy": "Who approved it",
    "LedgerEntry.target": "The target",
    "LedgerEntry.object": "What kind of object it is there",
    "LedgerEntry.key": "What the target knows it by",
    "LedgerEntry.state": "delivered, or parked where it could not be",
    "LedgerEntry.problem": "The rule that it breaks",
    "LedgerEntry.reason": "Why it could not be delivered, in words",
    "LedgerEntry.delivered": "When the target last got it",
    "MatchDecision.thing": "UUID of the thing that was decided on; null = a new one",
    "CprLookup.person": "UUID of the person who was asked about",
    "CprLookup.by": "Who asked, or system",
    "CprLookup.purpose": "What for",
    "CprLookup.service": "The service that was called",
    "CprLookup.code": "The result: ok, PNRNotFound …; null = no answer came",
    "CprLookup.answered": "When the answer came",
}


def explained(type_: str, field: str) -> str:
    """The description of a record's field."""
    return _OF_ONE.get(f"{type_}.{field}") or _OF_ALL[field]
