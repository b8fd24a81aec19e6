"""What the fields of records are: what sources say, the change log, runs, and what went wrong in them."""

from collections.abc import Mapping

_OF_ALL: Mapping[str, str] = {
    "id": "Its id, which never changes",
    "source": "The source",
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
        "The statement of the source, as JSON; null for a person unless the token may read private fields"
    ),
    "Change.number": "Its number; the log has no gaps",
    "Change.source": "The source that brought it; manual = by hand",
    "Change.uuid": "UUID of the thing",
    "Change.operation": "What it did to the thing",
    "Change.before": "Before the change, as JSON",
    "Change.after": "After the change, as JSON",
    "Run.type": "Import or export",
    "Run.name": "The source or target",
    "Run.started": "When it began",
    "Run.ended": "When it ended; null = it is running, or was killed",
    "Run.state": "Its state",
    "Run.dry": "A dry run: it wrote nothing",
    "Run.counts": "Its counts, as JSON",
    "Run.error": "Why it failed",
    "BadRecord.kind": "Kind of the record: a kind of thing, or what a file of the source consists of",
    "BadRecord.field": "The field that is wrong",
    "BadRecord.rule": "The rule that it breaks",
    "BadRecord.severity": "Whether it was rejected",
    "Brake.state": "Its state",
    "Brake.summary": "What the stopped run would change, a line each",
    "Brake.approvedBy": "The user who approved it",
    "LedgerEntry.target": "The target",
    "LedgerEntry.object": "Kind of object at the target",
    "LedgerEntry.key": "The key of the object at the target",
    "LedgerEntry.state": "Its state",
    "LedgerEntry.problem": "The rule that it breaks",
    "LedgerEntry.reason": "Why it could not be delivered, in words",
    "LedgerEntry.delivered": "When it was last delivered",
    "MatchDecision.thing": "UUID of the thing that the record belongs to; null = a new one",
    "CprLookup.person": "UUID of the person who was looked up",
    "CprLookup.by": "The user who looked the person up, or system",
    "CprLookup.purpose": "Its purpose",
    "CprLookup.service": "The service that was called",
    "CprLookup.code": "The result: ok, PNRNotFound …; null = no answer came",
    "CprLookup.answered": "When the answer came",
}


def explained(type_: str, field: str) -> str:
    """The description of a record's field."""
    return _OF_ONE.get(f"{type_}.{field}") or _OF_ALL[field]
