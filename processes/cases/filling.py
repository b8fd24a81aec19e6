"""What a form has before anybody fills it in: the caller's draft, or else values of the case and the organisation.

A field begins with what the task's own path of the case has by its name, not with what was answered beside it: of a
task for each of a list, nobody begins with what was filled in for another.

``"prefill": "person.work_email"`` in a field's schema is that property, as it is today, of the person that the case has
in its variable ``person``; ``"prefill": "budget"`` is the value of a variable. Only what everybody may read of a thing
is filled in.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import neo4j
import neo4j.time
import orjson

from graph.connection import Run
from graph.identity.lookup import find, surviving_match
from processes.cases import case_log, kept, tasks
from processes.cases.definitions import Version
from processes.engine.values import LARGEST
from processes.errors import FormRejected
from processes.forms import refuse_texts
from processes.prefill import kinds_of


def filled(run: Run, version: Version, form: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The values with which a form begins."""
    found = {}
    kinds = kinds_of(version.forms)
    for field, path in version.forms[form].prefill.items():
        variable, _, property_ = path.partition(".")
        value = variables.get(variable)
        if property_:
            value = _property(run, kinds[variable], value, property_) if isinstance(value, str) else None
        if value is not None:
            found[field] = value
    return found


def values_of(run: Run, task: str, person: str | None) -> dict[str, Any]:
    """What the form of a task has: the person's draft, or else what is filled in beforehand."""
    row = run.run(
        """
        MATCH (d:TaskDraft)-[:OF_TASK]->(:Task {id: $task})
        WHERE EXISTS { MATCH (:Person {uuid: d.by})-[:JOINED_INTO*0..]->(:Person {uuid: $person}) }
        RETURN d.values AS values
        ORDER BY d.at DESC, d.by
        LIMIT 1
        """,
        task=task,
        person=person,
    ).single()
    if row is not None:
        found: dict[str, Any] = orjson.loads(row["values"])
        return found
    seen = kept.task(run, task)
    if not seen.form or seen.state != "open":
        return {}
    version, engine = kept.engine_of(run, kept.case(run, seen.case))
    work = next((each for each in engine.work() if each.id == task), None)
    if work is None:
        return {}
    others = _answered(run, seen) if work.is_one_of_several else frozenset[str]()
    fields = version.forms[seen.form].fields
    own = {each: work.data[each] for each in fields if each not in others and work.data.get(each) is not None}
    return own | filled(run, version, seen.form, work.data)


def _answered(run: Run, task: kept.Task) -> frozenset[str]:
    """The fields that were filled in in the same task, for others of its list."""
    log = case_log.log_of(run, task.case)
    return frozenset(field for each in log if each.task and each.element == task.element for field in each.values)


def save_draft(driver: neo4j.Driver, task: str, by: str, values: Mapping[str, Any], now: datetime) -> kept.Task:
    """Keep what a person has filled in so far, instead of an earlier draft; it goes when the task is done.

    It is checked only that the form has such fields, and that their texts are ones that a form takes. Raises Unknown,
    NotCandidate, AlreadyDone, TaskClosed, FormRejected.
    """

    def work(tx: neo4j.ManagedTransaction) -> kept.Task:
        person = find(tx, "Person", by).uuid
        seen = tasks.require_mine(tx, task, person, now)
        version, _ = kept.engine_of(tx, kept.case(tx, seen.case))
        fields = version.forms[seen.form].fields if seen.form else ()
        for field in values:
            if field not in fields:
                text = f"the form has no field {field!r}; it has: {', '.join(fields) or 'none'}"
                raise FormRejected(field, text)
        refuse_texts(values)
        written = orjson.dumps(dict(values)).decode()
        if len(written.encode()) > LARGEST:
            raise FormRejected("", f"a draft has at most {LARGEST} bytes")
        tx.run(
            """
            MATCH (t:Task {id: $task})
            MERGE (d:TaskDraft {by: $person})-[:OF_TASK]->(t)
            SET d.values = $values, d.at = $now
            """,
            task=task,
            person=person,
            values=written,
            now=now.astimezone(UTC),
        ).consume()
        return seen

    with driver.session() as session:
        return session.execute_write(work)


def _property(run: Run, kind: str, uuid: str, name: str) -> Any:
    row = run.run(f"{surviving_match(kind, '$uuid')} RETURN n[$name] AS value", uuid=uuid, name=name).single()
    value: Any = None if row is None else row["value"]
    return value.iso_format() if isinstance(value, neo4j.time.Date | neo4j.time.DateTime) else value
