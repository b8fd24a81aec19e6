"""A person is erased (GDPR article 17), with every key by which the person could be found (architecture.md §2).

With the person go employments, affiliations and logins, what was held by them, who stood in for that, where the
person stood in for others, and what was asked, attested or done by hand of the person's rights: their values on all
days, what sources and people have stated of them, matches that were decided, bad records, plans' changes that name
them, CPR numbers present and former. A thing that belonged to another person at another time stays, without them.

With all of that goes what was known of it before: superseded periods, and a thing that was withdrawn since. Of a
person from whom this one was split off, what was known while they were one goes too, as it may be of this one.

The change log keeps its entries, numbers and uuids, and loses what they told and why. A last entry of each thing says
``erased``, so that followers of the log learn of it. Look-ups of the CPR number stay logged, by uuid (cpr.md §8.2). If
a source still states the person, that is a new person.
"""

from collections.abc import Mapping
from typing import Any

import neo4j

from graph.as_of import SUPERSEDED, exists_or_will
from graph.change_log import Origin, append, entry, new_identities, now, take_numbers
from graph.errors import ChangeRejected, Unknown
from graph.identity.known_keys import RecordId
from graph.model import KINDS
from graph.plans.forgetting import forget
from graph.statements.stored_record import from_text, to_text
from graph.time import today
from graph.writing.difference import NOTHING_DIFFERS

# The link that makes a thing a person's; the thing is only erased if everything that the link leads to is.
_OWNING = {
    "Employment": "HAS", "Affiliation": "HAS", "Account": "OWNS", "Assignment": "HOLDS", "RightsRequest": "GIVEN_TO",
    "Attestation": "OF_PERSON", "ManualStep": "OF_PERSON",
    "PlannedAccount": "OF_PERSON", "AccountException": "OF_PERSON", "AccountRequest": "OF_PERSON",
}  # fmt: skip
ERASED = "erased"
"""In cases of others, in place of the person; in ledgers, in place of a reason."""
_THEIRS = "|".join(("Person", *_OWNING, "Substitution"))
"""Labels of what is erased."""


def erase_person(driver: neo4j.Driver, uuid: str, origin: Origin) -> list[str]:
    """Erase the person, in one transaction. Returns the uuids of everything erased.

    Raises Unknown (unknown_person), Refused (still_here: something holds today or later).
    """

    def work(tx: neo4j.ManagedTransaction) -> list[str]:
        take_numbers(tx, 0)
        things = _things(tx, uuid)
        _refuse_if_here(tx, things)
        records = tx.run(_RECORDS, uuids=list(things)).single(strict=True)["ids"]
        _let_go(tx, things)
        tx.run(_CLEAR_SURVIVORS, uuids=list(things), nothing=NOTHING_DIFFERS).consume()
        tx.run(_CLEAR_LISTS, ids=records, uuids=list(things)).consume()
        tx.run("MATCH (m:SourceMemory) DELETE m").consume()  # sources keep keys of persons in it, and can do without it
        starts = [f"{kind} {key}:" for _, kind, key in map(_parts, records)]
        tx.run(_CLEAR_BRAKES, starts=starts, uuids=list(things)).consume()
        tx.run(_CLEAR_LEDGERS, uuids=list(things), erased=ERASED).consume()
        forget(tx, list(things), [key for _, _, key in map(_parts, records)])
        for statement in (_DRAFTS, _DRAFT_FILES, _LETTERS, _CASES_ABOUT, _CASES_NAMING, _DELEGATIONS):
            tx.run(statement, uuids=list(things), erased=ERASED).consume()
        tx.run(_CLEAR_LOG, uuids=list(things), nothing=NOTHING_DIFFERS).consume()
        tx.run(_DELETE, uuids=list(things)).consume()
        first = take_numbers(tx, len(things))
        changes = [
            entry(origin, first + place, kind, each, "erased", NOTHING_DIFFERS, NOTHING_DIFFERS)
            for place, (each, kind) in enumerate(things.items())
        ]
        tx.run(_LOG, changes=changes, moment=now()).consume()
        new_identities(tx)
        return list(things)

    with driver.session() as session:
        return session.execute_write(work)


def _parts(record: str) -> tuple[str, str, str]:
    source, kind, key = record.split("|", 2)
    return source, kind, key


def _things(tx: neo4j.ManagedTransaction, uuid: str) -> dict[str, str]:
    """Kind by uuid: persons first, then the things that are theirs, then the things that depend on those."""
    rows = list(tx.run(_PERSONS, uuid=uuid))
    if not rows:
        raise Unknown("unknown_person", f"there is no Person {uuid}, or it has been joined into another", uuid)
    found = {row["uuid"]: "Person" for row in rows}
    for kind, link in _OWNING.items():
        query = f"""
            UNWIND $uuids AS uuid
            MATCH (:Person|Employment|Affiliation {{uuid: uuid}})-[held:{link}|{SUPERSEDED}{link}]-(n:{kind})
            WHERE NOT EXISTS {{ MATCH (n)-[:{link}]-(other) WHERE NOT other.uuid IN $uuids }}
              AND (type(held) = '{link}' OR NOT EXISTS {{ (n)-[:STATE]->() }})
            RETURN DISTINCT n.uuid AS uuid
            """
        found |= {row["uuid"]: kind for row in tx.run(query, uuids=list(found))}
    return found | {row["uuid"]: "Substitution" for row in tx.run(_SUBSTITUTIONS, uuids=list(found))}


def _refuse_if_here(tx: neo4j.ManagedTransaction, things: Mapping[str, str]) -> None:
    ties = [uuid for uuid, kind in things.items() if kind in ("Employment", "Affiliation", "Assignment")]
    row = tx.run(_STILL_HERE, uuids=ties, today=today()).single()
    if row is not None:
        until = "until further notice" if row["to"] is None else f"until {row['to']}"
        raise ChangeRejected(
            "still_here",
            f"the {things[row['uuid']]} {row['uuid']} is in force {until}: a person can be erased once nothing is",
        )


def _let_go(tx: neo4j.ManagedTransaction, things: Mapping[str, str]) -> None:
    """Other records' references to an erased thing lead nowhere from now on, and are resolved again."""
    pointing = [each.name for each in KINDS.values() if any(set(things.values()) & {*x.targets} for x in each.links)]
    rows: list[dict[str, Any]] = []
    for row in tx.run(_POINTING, kinds=pointing, uuids=list(things)):
        kind, key = row["kind"], row["key"]
        statement, resolved = from_text(kind, key, row["values"])
        known = {ref: None if to in things else to for ref, to in resolved.items()}
        rows.append({"id": RecordId(row["source"], kind, key).text(), "values": to_text(statement, known)})
    tx.run(
        "UNWIND $rows AS row MATCH (r:SourceRecord {id: row.id}) SET r.values = row.values, r.hash = ''", rows=rows
    ).consume()


_PERSONS = """
MATCH (:Person {uuid: $uuid})<-[:JOINED_INTO*0..]-(p)
WHERE NOT EXISTS { MATCH (:Person {uuid: $uuid})-[:JOINED_INTO]->() }
RETURN p.uuid AS uuid
"""
# Substitutes of an erased holder, and substitutions by an erased person.
_SUBSTITUTIONS = """
UNWIND $uuids AS uuid
MATCH (:Person|Assignment {uuid: uuid})-[:STANDS_IN|SUBSTITUTES]-(s:Substitution)
RETURN DISTINCT s.uuid AS uuid
"""
# The names that an account has at a target, by what a creation there that is not answered is looked for, and what
# people, the target and its hook have said of it. That a difference is accepted stays: it would be found again.
_CLEAR_LEDGERS = """
MATCH (e:LedgerEntry)
WHERE e.key IN $uuids
SET e.accepted = [each IN e.accepted | split(each, '=')[0] + '=' + $erased]
REMOVE e.sought, e.login, e.email, e.decision, e.reason, e.hook_reason, e.hook_answer
"""
# Values of persons of whom an erased person was a part for a time.
_CLEAR_SURVIVORS = f"""
UNWIND $uuids AS uuid
MATCH (:Person {{uuid: uuid}})-[joined:{SUPERSEDED}JOINED_INTO]->(survivor)
CALL (joined, survivor) {{
    MATCH (c:Change {{uuid: survivor.uuid}})
    WHERE coalesce(joined.known_from, 0) <= c.number AND c.number <= joined.known_to
    SET c.before = $nothing, c.after = $nothing, c.reason = null
}}
CALL (joined, survivor) {{
    MATCH (survivor)-[was:{SUPERSEDED}STATE]->(x)
    WHERE coalesce(joined.known_from, 0) < was.known_to AND coalesce(was.known_from, 0) < joined.known_to
    DETACH DELETE x
}}
"""
_STILL_HERE = f"""
UNWIND $uuids AS uuid
MATCH (n:Employment|Affiliation|Assignment {{uuid: uuid}})
WHERE {exists_or_will("n")}
RETURN n.uuid AS uuid, n.to AS to
LIMIT 1
"""
_RECORDS = f"""
UNWIND $uuids AS uuid
MATCH (r:SourceRecord)-[:TELLS]->(:{_THEIRS} {{uuid: uuid}})
RETURN collect(r.id) AS ids
"""
_POINTING = """
MATCH (r:SourceRecord)-[:TELLS]->(n)
WHERE r.kind IN $kinds AND NOT n.uuid IN $uuids AND any(uuid IN $uuids WHERE r.values CONTAINS uuid)
RETURN r.source AS source, r.kind AS kind, r.key AS key, r.values AS values
"""
# Decisions on a match and records that wait for one, of the person's records and of others that may be the person's.
_CLEAR_LISTS = """
CALL () {
    MATCH (a:Ambiguity)
    WHERE a.id IN $ids OR any(uuid IN a.candidates WHERE uuid IN $uuids)
    DELETE a
}
CALL () {
    MATCH (d:MatchDecision)
    WHERE d.id IN $ids OR d.uuid IN $uuids
    DELETE d
}
CALL () {
    MATCH (b:BadRecord)
    WHERE b.source + '|' + b.kind + '|' + b.key IN $ids
    DELETE b
}
CALL () {
    MATCH (f:FormerCpr)-[:WAS]->(p:Person)
    WHERE p.uuid IN $uuids
    DETACH DELETE f
}
"""
_CLEAR_BRAKES = """
MATCH (b:Brake)
WHERE any(line IN b.summary WHERE any(start IN $starts WHERE line STARTS WITH start))
    OR any(line IN b.summary + coalesce(b.lines, []) WHERE any(uuid IN $uuids WHERE line CONTAINS uuid))
SET b.summary = [line IN b.summary
        WHERE none(start IN $starts WHERE line STARTS WITH start) AND none(uuid IN $uuids WHERE line CONTAINS uuid)],
    b.lines = [line IN b.lines WHERE none(uuid IN $uuids WHERE line CONTAINS uuid)]
"""
_CLEAR_LOG = """
UNWIND $uuids AS uuid
MATCH (c:Change {uuid: uuid})
SET c.before = $nothing, c.after = $nothing, c.reason = null
"""
_DELETE = f"""
UNWIND $uuids AS uuid
MATCH (n:{_THEIRS} {{uuid: uuid}})
OPTIONAL MATCH (n)-[:STATE|{SUPERSEDED}STATE]->(state)
OPTIONAL MATCH (r:SourceRecord)-[:TELLS]->(n)
DETACH DELETE state, r, n
"""
_LOG = f"""
UNWIND $changes AS change
{append("change", None)}
"""

_DRAFTS = """
MATCH (d:TaskDraft)-[:OF_TASK]->(:Task)-[:OF_CASE]->(c:Case)
WHERE d.by IN $uuids OR c.person IN $uuids OR any(uuid IN $uuids WHERE d.values CONTAINS uuid)
DETACH DELETE d
"""
_DRAFT_FILES = """
MATCH (a:Attachment)-[:OF_TASK]->(:Task)
WHERE a.by IN $uuids
DETACH DELETE a
"""
"""What is attached to a case that goes on stays with it, without its name."""
_LETTERS = """
MATCH (l:Letter)
WHERE any(uuid IN $uuids WHERE uuid IN l.persons)
DETACH DELETE l
"""
"""Letters that name the person, of cases about others."""
_CASES_ABOUT = """
MATCH (c:Case)
WHERE c.person IN $uuids
OPTIONAL MATCH (part:Task|ServiceTask|CaseEntry|Attachment|Letter)-[:OF_CASE]->(c)
DETACH DELETE part, c
"""
_CASES_NAMING = """
MATCH (c:Case)<-[:OF_CASE]-(part:Task|ServiceTask|CaseEntry|Attachment)
WHERE c.started_by IN $uuids OR any(uuid IN $uuids WHERE c.state CONTAINS uuid)
    OR any(name IN ['by', 'instead_of', 'done_by', 'done_for', 'claimed_by', 'lapsed', 'handed_by', 'handed_to',
            'asked_by', 'asked_of']
        WHERE part[name] IN $uuids)
    OR any(each IN coalesce(part.exclude, []) WHERE each IN $uuids)
    OR any(uuid IN $uuids WHERE part.reason CONTAINS uuid OR part.values CONTAINS uuid)
    OR any(each IN coalesce(part.told, []) + coalesce(part.sending, [])
        WHERE any(uuid IN $uuids WHERE each STARTS WITH uuid))
SET c.state = reduce(state = c.state, uuid IN $uuids | replace(state, uuid, $erased)),
    c.incidents = reduce(text = c.incidents, uuid IN $uuids | replace(text, uuid, $erased)),
    c.started_by = CASE WHEN c.started_by IN $uuids THEN $erased ELSE c.started_by END,
    part.exclude = [each IN part.exclude WHERE NOT each IN $uuids],
    part.told = [each IN part.told WHERE NOT any(uuid IN $uuids WHERE each STARTS WITH uuid)],
    part.sending = [each IN part.sending WHERE NOT any(uuid IN $uuids WHERE each STARTS WITH uuid)],
    part.key = reduce(text = part.key, uuid IN $uuids | replace(text, uuid, $erased)),
    part.problem = reduce(text = part.problem, uuid IN $uuids | replace(text, uuid, $erased)),
    part.reason = reduce(text = part.reason, uuid IN $uuids | replace(text, uuid, $erased)),
    part.values = reduce(text = part.values, uuid IN $uuids | replace(text, uuid, $erased))
FOREACH (name IN [each IN keys(part) WHERE part[each] IN $uuids] | SET part[name] = $erased)
"""
"""A case about another, which goes on without the person."""
_DELEGATIONS = """
MATCH (d:Delegation)
WHERE d.by IN $uuids OR d.to IN $uuids
DELETE d
"""
