"""Joins two persons into one, and splits one into two, by hand (architecture.md §4 "Merge").

The joined person's node stays, empty, with ``JOINED_INTO`` to the survivor, so that its uuid, its log and
what was stated of it by hand are kept, and a split can bring it back. All that sources claim about it is about the
survivor from then on; its CPR numbers lead to the survivor, so no later reading creates it again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

import neo4j

from graph.as_of import SUPERSEDED
from graph.change_log import Origin, now, take_numbers
from graph.corrections.numbers import Numbers, give, give_back
from graph.corrections.reassigning import Reassigning, Reassignment
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected, Unknown
from graph.identity.known_keys import RecordId
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import DatedValue, Ref, Statement
from graph.statements.stored_record import from_text
from graph.time import within, without
from graph.writing.graph_writer import Written
from graph.writing.loading import KeptRecord, load_within

KIND = "Person"


@dataclass(frozen=True, slots=True)
class Joining:
    """Joins and splits persons; each in one transaction, with its entries in the change log."""

    driver: neo4j.Driver
    keyring: Keyring
    order: SourceOrder

    def join(self, keep: str, other: str, origin: Origin) -> Written:
        """``other`` is the same person as ``keep``, and becomes a part of it. Neither is joined into another yet.

        The survivor's number is ``keep``'s; the other's where ``keep`` has none, or only a replacement number.
        Raises Unknown, ChangeRejected (same_person; different_persons: take that decision back first).
        """

        def work(tx: neo4j.ManagedTransaction) -> Written:
            take_numbers(tx, 0)
            known = load_within(tx, KIND, [keep, other])
            for uuid in (keep, other):
                if uuid not in known or _into(tx, uuid) is not None:
                    raise Unknown(
                        "unknown_person", f"there is no Person {uuid}, or it has been joined into another", uuid
                    )
            if keep == other:
                raise ChangeRejected("same_person", "give two persons")
            if _are_apart(tx, keep, other):
                raise ChangeRejected(
                    "different_persons",
                    "they were decided to be different persons; undo that first (unmarkAsDifferentPersons)",
                )
            moving = [_id(each) for each in known[other].records if each.source != MANUAL]
            by_hand = _with(keep, _by_hand(known[keep].records), _by_hand(known[other].records), known[keep].records)
            what = Reassignment(
                KIND,
                other,
                dict.fromkeys(moving, keep),
                lambda source, ref: keep,
                entries={keep: ("joined", {"joined": other}), other: ("joined", {"joined_into": keep})},
                by_hand={} if by_hand is None else {keep: by_hand},
                emptied=frozenset((other,)),
            )
            written = self._reassigned(tx, what, origin)
            tx.run(
                """
                MATCH (other:Person {uuid: $other}), (keep:Person {uuid: $keep})
                CREATE (other)-[joined:JOINED_INTO]->(keep)
                SET joined = {at: $at, user: $user, reason: $reason, records: $records, known_from: $number}
                """,
                number=written[keep][1],
                other=other,
                keep=keep,
                records=moving,
                at=now(),
                user=origin.user,
                reason=origin.reason,
            ).consume()
            give(tx, self.keyring, keep, other)
            return Written(keep, *written[keep])

        return self._do(work)

    def split(
        self, person: str, origin: Origin, records: Sequence[str] | None = None, into: str | None = None
    ) -> Written:
        """Move records (ids) of a person to another: to ``into``, which was joined into it, or to a new one.

        Without ``records``, all that came with ``into`` go back with it: the join is undone. A CPR number goes with
        the records that are kept under it. What has been stated since the join, and is not named, stays.
        Raises Unknown (unknown_record), Refused (not_joined, nothing_to_split, by_hand).
        """

        def work(tx: neo4j.ManagedTransaction) -> Written:
            take_numbers(tx, 0)
            loaded = load_within(tx, KIND, [person]).get(person)
            if loaded is None:
                raise Unknown("unknown_person", f"there is no Person {person}", person)
            came, brought = _came_with(tx, person, into) if into is not None else ([], None)
            all_of = {_id(each): each for each in loaded.records}
            moving = [each for each in came if each in all_of] if records is None else list(records)
            _check_split(moving, all_of, joined=into is not None)
            to = into or str(uuid4())
            staying = {each.key for key, each in all_of.items() if key not in moving}
            going = {all_of[key].key for key in moving} - staying
            numbers = Numbers.of(tx, person).divided(into, brought, going, staying)
            address = _Address(person, to, frozenset(moving), numbers.hashes_gone, _lineage(tx, into))
            by_hand = _by_hand(loaded.records)
            theirs = _by_hand(load_within(tx, KIND, [into])[into].records) if into is not None else None
            what = Reassignment(
                KIND,
                person,
                dict.fromkeys(moving, to),
                address.of,
                entries={person: ("split", {"split_off": to}), to: ("split", {"split_from": person})},
                by_hand={person: _less(by_hand, theirs)} if by_hand is not None and theirs is not None else {},
            )
            tx.run(_PARTED, uuid=into).consume()
            written = self._reassigned(tx, what, origin)
            tx.run(_PARTED_SINCE, uuid=into, number=written[person][1]).consume()
            give_back(tx, person, to, numbers)
            return Written(to, *written[to])

        return self._do(work)

    def _reassigned(
        self, tx: neo4j.ManagedTransaction, what: Reassignment, origin: Origin
    ) -> dict[str, tuple[int, int]]:
        return Reassigning(tx, self.keyring, self.order, what).write(origin)

    def _do(self, work: Callable[[neo4j.ManagedTransaction], Written]) -> Written:
        with self.driver.session() as session:
            return session.execute_write(work)


@dataclass(frozen=True, slots=True)
class _Address:
    """Where references that found the person lead once some of its records are another's."""

    stays: str
    to: str
    moved: frozenset[str]
    numbers: frozenset[str]
    uuids: frozenset[str]

    def of(self, source: str, ref: Ref) -> str:
        match ref.by:
            case "source":
                goes = RecordId(source, ref.kind, ref.key).text() in self.moved
            case "other":
                other, _, key = ref.key.partition(":")
                goes = RecordId(other, ref.kind, key).text() in self.moved
            case "cpr":
                goes = ref.key in self.numbers
            case _:
                goes = ref.key in self.uuids
        return self.to if goes else self.stays


def _check_split(moving: Sequence[str], all_of: dict[str, KeptRecord], *, joined: bool) -> None:
    for key in moving:
        if key not in all_of:
            raise Unknown("unknown_record", f"the person has no record {key!r}; sources {{ id }} lists them", key)
        if all_of[key].source == MANUAL:
            raise ChangeRejected(
                "by_hand", f"{key} was stated by hand; release the values, and state them of the other person"
            )
    if not moving and not joined:
        raise ChangeRejected("nothing_to_split", "name the records that belong to the other person")
    if moving and set(moving) == set(all_of):
        raise ChangeRejected(
            "nothing_to_split", "these are all records of the person; leave at least one with the person"
        )


def _id(record: KeptRecord) -> str:
    return RecordId(record.source, KIND, record.key).text()


# -- what is stated by hand -------------------------------------------------------------------------------------


def _by_hand(records: Sequence[KeptRecord]) -> Statement | None:
    return next((from_text(KIND, each.key, each.text)[0] for each in records if each.source == MANUAL), None)


def _with(
    keep: str, ours: Statement | None, theirs: Statement | None, records: Sequence[KeptRecord]
) -> Statement | None:
    """The survivor's statement by hand, filled up with the other's; None = as it is.

    Existence is copied only if no source states it of the survivor; otherwise it would never end.
    """
    if theirs is None:
        return None
    kept = ours or Statement(KIND, keep, exists=None)
    values = dict(kept.values)
    for name, dated in theirs.values.items():
        taken = [each.period for each in values.get(name, ())]
        more = [DatedValue(left, each.value) for each in dated for left in without((each.period,), taken)]
        values[name] = tuple(sorted((*values.get(name, ()), *more), key=lambda each: each.period.start))
    stated = any(from_text(KIND, each.key, each.text)[0].exists is not None for each in records)
    return replace(kept, values=values, exists=kept.exists if stated else theirs.exists)


def _less(ours: Statement, theirs: Statement) -> Statement:
    """The survivor's statement by hand without what came from the other."""
    values = {
        name: tuple(
            each
            for each in dated
            if not any(
                each.value == other.value and within((each.period,), (other.period,)) == (each.period,)
                for other in theirs.values.get(name, ())
            )
        )
        for name, dated in ours.values.items()
    }
    return replace(ours, values=values)


# -- who was joined into whom -----------------------------------------------------------------------------------


# Kept for who asks what was known then (``graph.as_of.as_known``), and for erasure.
_PARTED = f"""
MATCH (p:Person {{uuid: $uuid}})-[joined:JOINED_INTO]->(survivor)
CREATE (p)-[was:{SUPERSEDED}JOINED_INTO]->(survivor)
SET was.known_from = joined.known_from
DELETE joined
"""
_PARTED_SINCE = f"""
MATCH (:Person {{uuid: $uuid}})-[was:{SUPERSEDED}JOINED_INTO]->()
WHERE was.known_to IS NULL
SET was.known_to = $number
"""


def _into(tx: neo4j.ManagedTransaction, uuid: str) -> str | None:
    row = tx.run("MATCH (:Person {uuid: $uuid})-[:JOINED_INTO]->(p) RETURN p.uuid AS uuid", uuid=uuid).single()
    return None if row is None else str(row["uuid"])


def _came_with(tx: neo4j.ManagedTransaction, person: str, into: str) -> tuple[list[str], str | None]:
    """The records that came with a joined person, and the number (hash) that became the survivor's own."""
    row = tx.run(
        """
        MATCH (:Person {uuid: $into})-[joined:JOINED_INTO]->(:Person {uuid: $person})
        RETURN joined.records AS records, joined.brought AS brought
        """,
        into=into,
        person=person,
    ).single()
    if row is None:
        raise ChangeRejected("not_joined", f"{into} is not joined into {person}; Person.formerUuids lists who is")
    return list(row["records"]), row["brought"]


def _lineage(tx: neo4j.ManagedTransaction, uuid: str | None) -> frozenset[str]:
    """The uuid, and those that were joined into it."""
    rows = tx.run("MATCH (:Person {uuid: $uuid})<-[:JOINED_INTO*0..]-(p) RETURN p.uuid AS uuid", uuid=uuid)
    return frozenset(row["uuid"] for row in rows)


def _are_apart(tx: neo4j.ManagedTransaction, one: str, other: str) -> bool:
    row = tx.run(
        """
        RETURN EXISTS {
            MATCH (:Person {uuid: $one})<-[:JOINED_INTO*0..]-()-[:IS_NOT]-(known)
            MATCH (known)-[:JOINED_INTO*0..]->(:Person {uuid: $other})
        } AS apart
        """,
        one=one,
        other=other,
    ).single(strict=True)
    return bool(row["apart"])
