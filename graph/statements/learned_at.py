"""When each value of a source's record was learned.

``SourceRecord.learnt`` is when the record last changed. Older moments are in ``SourceRecord.since``: JSON of
name → moment (ISO 8601, UTC), with ``""`` for everything that is not named. A record that never changed has no such
JSON, so it costs a first import nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

EXISTENCE = "exists"
"""The name of a record's claim about existence, among the names of its values and links."""

_REST = ""


def moment_of(name: str, learnt: str, since: str | None) -> str:
    """When a record's value, link or existence was learnt; ``learnt`` and ``since`` as the record has them."""
    if since is None:
        return learnt
    moments: Mapping[str, str] = orjson.loads(since)
    return moments.get(name, moments[_REST])


def carried(before: str, after: str, learnt: str, since: str | None, now: datetime) -> str:
    """``since`` of a record that goes from one text to another (``graph.statements.stored_record``) at ``now``."""
    was, is_now = _parts(before), _parts(after)
    moments: dict[str, str] = {_REST: moment_of(_REST, learnt, since)}
    for name, part in is_now.items():
        moment = moment_of(name, learnt, since) if was.get(name) == part else now.isoformat()
        if moment != moments[_REST]:
            moments[name] = moment
    return orjson.dumps(moments).decode()


def _parts(text: str) -> dict[str, Any]:
    form = orjson.loads(text)
    return {**form["values"], **form["links"], EXISTENCE: form["exists"]}
