"""Moves records to another thing by hand, with all that follows from it.

Each record of a source is about one thing. When a user decides that it is about another one, the record moves, each
reference that led to the thing through it follows, and every thing concerned is merged again and written with its
change. The log stays locked from the first look to the last write; a run that has matched keys before that matches them
again (``changes.identities``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import neo4j

from graph.change_log import Operation, Origin, new_identities, now, take_numbers, turned_day
from graph.cpr.keyring import Keyring
from graph.identity.known_keys import RecordId
from graph.model import KINDS
from graph.statements.merge import ResolvedStatement, Thing
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import Ref, Statement
from graph.statements.stored_record import from_text, to_text
from graph.time import today
from graph.writing import cypher as cypher
from graph.writing.cycles import refuse_cycle
from graph.writing.difference import Difference, copied, operation
from graph.writing.erasure import erase
from graph.writing.loading import KeptRecord, Loaded, load_within
from graph.writing.withholding import merged_and_withheld

Address = Callable[[str, Ref], str | None]
"""Where a reference of a source, which led to the giving thing, leads from now on; None = to nothing known."""


@dataclass(slots=True)
class Reassignment:
    """Records of ``giving`` that are about other things from now on (``moves``: id → uuid; None = about nothing).

    ``entries``: the things that get an entry in the log in any case: its operation, and what is logged beside.
    ``by_hand``: the new statement by hand of a thing. ``emptied``: things that no longer exist.
    """

    kind: str
    giving: str
    moves: Mapping[str, str | None]
    address: Address
    entries: Mapping[str, tuple[Operation, Mapping[str, str]]] = field(default_factory=dict)
    by_hand: Mapping[str, Statement] = field(default_factory=dict)
    emptied: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Concerned:
    """A thing, its records from now on, and those of them that are to be written."""

    loaded: Loaded
    records: list[KeptRecord]
    changed: dict[str, KeptRecord]


@dataclass(slots=True)
class Reassigning:
    """One reassignment in one transaction. The caller has taken the log's lock (``take_numbers``)."""

    tx: neo4j.ManagedTransaction
    keyring: Keyring
    order: SourceOrder
    what: Reassignment
    _employments: dict[str, str] = field(default_factory=dict)

    def write(self, origin: Origin) -> dict[str, tuple[int, int]]:
        """uuid → (version, number in the log) of every thing that has changed. Raises Refused (cycle)."""
        found: list[tuple[str, list[Difference], list[tuple[str, KeptRecord]]]] = []
        for kind, uuids in self._uuids().items():
            concerned = self._concerned(kind, uuids)
            differences = [self._difference(kind, uuid, each) for uuid, each in concerned.items()]
            self._note_employments(kind, differences)
            changed = [(key, record) for each in concerned.values() for key, record in each.changed.items()]
            found.append((kind, differences, changed))
        refuse_cycle(self.tx, (each for kind, differences, _ in found if kind == "Unit" for each in differences))
        self._move()
        number = take_numbers(
            self.tx, sum(each.operation != "recorded" for _, differences, _ in found for each in differences)
        )
        written: dict[str, tuple[int, int]] = {}
        for kind, differences, changed in found:
            self._put(kind, changed)
            effective = [each for each in differences if each.operation != "recorded"]
            self._change(kind, effective, origin, number)
            for each in effective:
                written[each.uuid] = (each.version + 1, number)
                number += 1
        new_identities(self.tx)
        return written

    # -- looking ------------------------------------------------------------------------------------------------

    def _uuids(self) -> dict[str, list[str]]:
        """Everything concerned, by kind: giver, receivers, and everything that any record links to the giver."""
        pointing = [each.name for each in KINDS.values() if any(self.what.kind in link.targets for link in each.links)]
        uuids: dict[str, set[str]] = {kind: set() for kind in KINDS}
        uuids[self.what.kind] = {self.what.giving, *self.what.entries, *filter(None, self.what.moves.values())}
        for row in self.tx.run(
            """
            MATCH (r:SourceRecord)-[:TELLS]->(n)
            WHERE r.kind IN $kinds AND r.values CONTAINS $giving
            RETURN DISTINCT r.kind AS kind, n.uuid AS uuid
            """,
            kinds=pointing,
            giving=self.what.giving,
        ):
            uuids[row["kind"]].add(row["uuid"])
        return {kind: sorted(of_kind) for kind, of_kind in uuids.items() if of_kind}

    def _concerned(self, kind: str, uuids: list[str]) -> dict[str, _Concerned]:
        loaded = load_within(self.tx, kind, uuids)
        found = {uuid: _Concerned(loaded.get(uuid) or Loaded(0, None, Thing(), []), [], {}) for uuid in uuids}
        for uuid, each in loaded.items():
            for record in each.records:
                key = RecordId(record.source, kind, record.key).text()
                to = self.what.moves.get(key, uuid) if kind == self.what.kind else uuid
                if to is None:
                    continue
                moved = self._readdressed(kind, record)
                found[to].records.append(moved)
                if moved is not record:
                    found[to].changed[key] = moved
        for uuid, statement in self.what.by_hand.items() if kind == self.what.kind else ():
            by_hand = KeptRecord(MANUAL, statement.key, "", to_text(statement, {}))
            of_sources = [record for record in found[uuid].records if record.source != MANUAL]
            found[uuid].records = [*of_sources, by_hand]
        return found

    def _readdressed(self, kind: str, record: KeptRecord) -> KeptRecord:
        if self.what.giving not in record.text:
            return record
        statement, resolved = from_text(kind, record.key, record.text)
        changed = {
            ref: to
            for ref, uuid in resolved.items()
            if uuid == self.what.giving and (to := self._to(record.source, ref)) != uuid
        }
        if not changed:
            return record
        # A reference to nothing is resolved again in the next run.
        fingerprint = "" if None in changed.values() else record.fingerprint
        return replace(record, text=to_text(statement, {**resolved, **changed}), fingerprint=fingerprint)

    def _to(self, source: str, ref: Ref) -> str | None:
        if ref.by == "employment" and ref.kind == "Person":
            return self._employments.get(ref.key) or self.what.address(source, ref)
        return self.what.address(source, ref)

    def _note_employments(self, kind: str, differences: list[Difference]) -> None:
        """By whose number a person is found who has got the employment."""
        if kind != "Employment" or self.what.kind != "Person":
            return
        for each in differences:
            for link in each.gained_links:
                for state in each.after.states if link.name == "person" else ():
                    number = state.values.get("number")
                    self._employments[f"{state.values.get('institution', '')}:{number}"] = link.to
                    self._employments[f":{number}"] = link.to

    def _difference(self, kind: str, uuid: str, concerned: _Concerned) -> Difference:
        statements = [
            ResolvedStatement(each.source, *from_text(kind, each.key, each.text)) for each in concerned.records
        ]
        left = merged_and_withheld(KINDS[kind], statements, self.order, today())
        for place in left.stripped:
            record, stated = concerned.records[place], left.candidates[place]
            stripped = replace(record, text=to_text(stated.statement, stated.resolved), fingerprint="")
            concerned.changed[RecordId(record.source, kind, record.key).text()] = stripped
        after = Thing() if uuid in self.what.emptied else left.after
        entry, beside = self.what.entries.get(uuid, (None, {}))
        return Difference(
            kind=kind,
            uuid=uuid,
            version=concerned.loaded.version,
            operation=entry or operation(kind, concerned.loaded.thing, after, today()) or "recorded",
            record=RecordId(MANUAL, kind, uuid),
            record_text="",
            fingerprint="",
            before=concerned.loaded.thing,
            after=after,
            erased=left.names,
            beside=beside,
        )

    # -- writing ------------------------------------------------------------------------------------------------

    def _move(self) -> None:
        kind = self.what.kind
        new = [uuid for uuid in self.what.moves.values() if uuid is not None]
        self.tx.run(
            f"UNWIND $uuids AS uuid MERGE (n:{kind} {{uuid: uuid}}) ON CREATE SET n.version = 0, n.active = false",
            uuids=sorted(set(new)),
        ).consume()
        self.tx.run(
            f"""
            UNWIND $rows AS row
            MATCH (r:SourceRecord {{id: row.id}})-[tells:TELLS]->()
            MATCH (n:{kind} {{uuid: row.to}})
            DELETE tells
            CREATE (r)-[:TELLS]->(n)
            """,
            rows=[{"id": key, "to": to} for key, to in self.what.moves.items() if to is not None],
        ).consume()
        self.tx.run(
            "UNWIND $ids AS id MATCH (r:SourceRecord {id: id}) DETACH DELETE r",
            ids=[key for key, to in self.what.moves.items() if to is None],
        ).consume()

    def _put(self, kind: str, changed: list[tuple[str, KeptRecord]]) -> None:
        by_hand: list[dict[str, Any]] = [
            {"of": uuid, "id": RecordId(MANUAL, kind, each.key).text(), "key": each.key, "text": to_text(each, {})}
            for uuid, each in self.what.by_hand.items()
            if kind == self.what.kind
        ]
        if by_hand:
            self.tx.run(
                f"""
                UNWIND $rows AS row
                MATCH (n:{kind} {{uuid: row.of}})
                MERGE (r:SourceRecord {{id: row.id}})
                ON CREATE SET r.source = $manual, r.kind = $kind, r.key = row.key, r.learnt = $moment
                SET r.values = row.text, r.hash = ''
                MERGE (r)-[:TELLS]->(n)
                """,
                rows=by_hand,
                manual=MANUAL,
                kind=kind,
                moment=now(),
            ).consume()
        # After the statements by hand: something of them may be withheld, too.
        rows = [{"id": key, "values": each.text, "hash": each.fingerprint} for key, each in changed]
        self.tx.run(
            "UNWIND $rows AS row MATCH (r:SourceRecord {id: row.id}) SET r.values = row.values, r.hash = row.hash",
            rows=rows,
        ).consume()

    def _change(self, kind: str, differences: list[Difference], origin: Origin, number: int) -> None:
        if not differences:
            return
        moment, shown = now(), turned_day(self.tx)
        rows = []
        for place, each in enumerate(differences):
            node = {"uuid": each.uuid, "version": each.version + 1, **copied(kind, each.after, shown)}
            rows.append(cypher.row(each, node, self.keyring, origin, number + place, number + place, moment))
        self.tx.run(cypher.rewrite(kind), rows=rows, moment=moment).consume()
        erased = {each.uuid: each.erased for each in differences if each.erased}
        if erased and kind == self.what.kind:
            # What the log has about the giving thing was about a protected one, as is known now.
            erased[self.what.giving] = frozenset[str]().union(*erased.values())
        erase(self.tx, erased)
        learned = range(number, number + len(differences))
        for query, links in cypher.links(kind, differences, learned):
            made = self.tx.run(query, rows=links).single(strict=True)["made"]
            if made != len(links):
                raise AssertionError(f"{len(links) - made} things that {kind} points to are gone, under the log's lock")
