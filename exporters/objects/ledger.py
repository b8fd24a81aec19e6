"""The ledger of a target that takes objects: what was sent of each, never what came back.

An entry is a (:LedgerEntry) as every target has them (``exporters.ledger``), with the target's ``remote`` id, a keyed
hash of every field that was sent, the links that were sent, and whether it is enabled. It keeps no values, except those
by which a creation without an answer is looked for, until that is settled, and the user name and mail address that an
account has, which need not be the planned ones. States:
*pending* (about to be sent), *delivered*, *closed* (disabled), *deleted*, *parked* (refused by the target, or can't be
delivered), *failed* (no answer). ``unsure`` is true from before something is sent until the target has answered,
whatever the state: the object is read before anything else is done with it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, cast

import neo4j

from exporters.ledger import BATCH, ClaimedLedger, batches
from exporters.objects.target import Ref
from graph.change_log import now

DriftState = Literal["found", "put_right"]
ENABLED = "enabled"
"""The field of drift of an object that others have enabled, or disabled."""
NAMES = ("login", "email")
"""What the ledger keeps of an account in clear, for those who tell people of it."""
GONE = "gone"
"""The field of drift of an object that others have deleted."""
DELETED = "deleted_by_others"
"""The problem of one that is still wanted: a person decides."""
ObjectState = Literal["pending", "delivered", "closed", "deleted", "parked", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of an object at the target.

    ``remote``: its id there; empty if unknown. ``fields``: field → hash of the sent value; ``links``: field → the sent
    links. ``closed``: the day on which it was disabled. ``hash``: of everything wanted at the last try; ``tries``: the
    number of failed tries, and ``again``: the earliest moment of the next. ``not_kept``: field → hash of a value that
    the target accepts but does not keep. ``hooks``: events of which the hook has not been informed; ``hook_tries``,
    ``hook_again``, ``hook_reason``: of the call that failed. ``accepted``: field → why a person has accepted that the
    target has another value; ``accepted_until``: field → the first day on which that no longer counts, if there is one.
    ``others``: ids of objects that are like it, and that a person has decided are not it. ``drift``: field → what
    became of a difference that others made, never the value; ``drift_at``: when that was noted. ``hook_answer``,
    ``hook_at``: the event of the last call, and its answer. ``counts_from``: when it was closed, if that counts for
    the brake: without a STOP, and without an approval. ``sought``: field → value by which a creation that may have
    been sent, and has no answer, is looked for. ``names``: the user name and mail address that it has, as far as they
    are known, by what planned accounts call them (``KindRules.names``). ``decision``: what a person has decided of it
    last, other than to accept a difference: what, why, and who.
    """

    kind: str
    key: str
    state: ObjectState
    remote: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, frozenset[Ref]] = field(default_factory=dict)
    enabled: bool = False
    closed: date | None = None
    unsure: bool = False
    hash: str = ""
    definition: str = ""
    tries: int = 0
    again: datetime | None = None
    not_kept: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    reason: str | None = None
    hooks: tuple[str, ...] = ()
    hook_tries: int = 0
    hook_again: datetime | None = None
    hook_reason: str | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)
    accepted_until: Mapping[str, date] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    drift: Mapping[str, DriftState] = field(default_factory=dict)
    drift_at: datetime | None = None
    hook_answer: str | None = None
    hook_at: datetime | None = None
    counts_from: datetime | None = None
    sought: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    decision: str | None = None

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.key)

    @property
    def is_there(self) -> bool:
        """Whether the target has it, in use or not, as far as it is known."""
        return bool(self.remote) and self.state != "deleted"

    @property
    def in_use(self) -> bool:
        return self.is_there and self.closed is None

    @property
    def is_disabled_by_others(self) -> bool:
        """Others have disabled what REConnect had enabled, as far as it is known: it stays so, or a person decides."""
        known = self.drift.get(ENABLED) == "found" or ENABLED in self.accepted
        return self.enabled and self.closed is None and known

    @property
    def is_deleted_by_others(self) -> bool:
        """The target no longer has it, as far as it is known, and no person has decided to make it again."""
        return self.is_there and (self.problem == DELETED or self.drift.get(GONE) == "found" or GONE in self.accepted)

    def settled(self, state: ObjectState, **values: Any) -> "Entry":
        """The entry after the target has answered."""
        return replace(
            self, state=state, unsure=False, tries=0, again=None, problem=None, reason=None, sought={}, **values
        )  # fmt: skip


class ObjectLedger(ClaimedLedger):
    """One target's entries."""

    def place(self) -> str:
        """Of which system the entries are: the target's ``place`` as a digest; empty if that was never noted."""
        rows, _, _ = self._driver.execute_query(
            "MATCH (l:Ledger {target: $target}) RETURN coalesce(l.place, '') AS place",
            target=self._target,
            routing_=neo4j.RoutingControl.READ,
        )
        return str(rows[0]["place"]) if rows else ""

    def keep_place(self, place: str) -> None:
        """From now on the entries are of this system."""
        self._write("MATCH (l:Ledger {target: $target}) SET l.place = $place", place=place)

    def server(self, since: datetime) -> str:
        """The server to which the last changes were sent, if that was at this moment or later; otherwise empty."""
        rows, _, _ = self._driver.execute_query(
            """
            MATCH (l:Ledger {target: $target}) WHERE l.server IS NOT NULL
            OPTIONAL MATCH (e:LedgerEntry {target: $target}) WHERE e.delivered >= $since
            WITH l, count(e) AS lately
            WHERE lately > 0 OR l.server_from >= $since
            RETURN l.server AS server
            """,
            target=self._target,
            since=since,
            routing_=neo4j.RoutingControl.READ,
        )
        return str(rows[0]["server"]) if rows else ""

    def keep_server(self, server: str) -> None:
        """Changes are sent to this server from now on."""
        self._write(
            "MATCH (l:Ledger {target: $target}) SET l.server = $server, l.server_from = $at", server=server, at=now()
        )

    def was_complete(self) -> bool:
        """Whether a run has sent everything that there was to send. Older versions did not note it: then it is in the
        log of runs."""
        rows, _, _ = self._driver.execute_query(
            """
            MATCH (l:Ledger {target: $target})
            RETURN coalesce(l.complete, false) OR EXISTS {
                MATCH (r:Run {type: 'export', name: $target, state: 'done', dry: false})
                WHERE r.counts CONTAINS '"created"'
            } AS complete
            """,
            target=self._target,
            routing_=neo4j.RoutingControl.READ,
        )
        return bool(rows and rows[0]["complete"])

    def keep_complete(self) -> None:
        """A run has sent everything."""
        self._write("MATCH (l:Ledger {target: $target}) SET l.complete = true")

    def entries(self) -> dict[Ref, Entry]:
        """All entries, including those of deleted objects."""
        rows, _, _ = self._driver.execute_query(
            "MATCH (e:LedgerEntry {target: $target}) RETURN properties(e) AS entry", target=self._target
        )
        found = (_entry(row["entry"]) for row in rows)
        return {each.ref: each for each in found}

    def of(self, refs: Iterable[Ref]) -> dict[Ref, Entry]:
        """The entries of these objects."""
        rows, _, _ = self._driver.execute_query(
            "UNWIND $ids AS id MATCH (e:LedgerEntry {id: id}) RETURN properties(e) AS entry",
            ids=[self._id(each) for each in refs],
            routing_=neo4j.RoutingControl.READ,
        )
        found = (_entry(row["entry"]) for row in rows)
        return {each.ref: each for each in found}

    def note_drift(
        self,
        entries: dict[Ref, Entry],
        found: Mapping[Ref, frozenset[str]],
        names: Mapping[Ref, Mapping[str, str]] | None = None,
    ) -> int:
        """Keep which fields differ at the target, of the objects that were compared, and the names that they have; how
        many entries have changed. What a run has put right stays noted."""
        moment, changed = now(), []
        for ref, differing in found.items():
            entry = entries.get(ref)
            if entry is None:
                continue
            put_right = {name: state for name, state in entry.drift.items() if state == "put_right"}
            drift: dict[str, DriftState] = {**put_right, **dict.fromkeys(sorted(differing), "found")}
            named = (names or {}).get(ref, entry.names)
            if drift != entry.drift or named != entry.names:
                at = moment if drift != entry.drift else entry.drift_at
                entries[ref] = replace(entry, drift=drift, drift_at=at, names=named)
                changed.append(entries[ref])
        self.write(changed)
        return len(changed)

    def since(self, kind: str, moment: datetime) -> tuple[int, frozenset[str]]:
        """(how many objects of the kind are in use, keys of those that were closed from this moment on, as far as that
        counts for the brake)."""
        rows, _, _ = self._driver.execute_query(
            """
            MATCH (e:LedgerEntry {target: $target, object: $kind})
            WITH e, coalesce(e.counts_from >= $moment, false) AS closed,
                e.remote IS NOT NULL AND e.state <> 'deleted' AND e.closed IS NULL AS in_use
            RETURN sum(CASE WHEN in_use AND NOT closed THEN 1 ELSE 0 END) AS count,
                collect(CASE WHEN closed THEN e.key END) AS keys
            """,
            target=self._target,
            kind=kind,
            moment=moment,
            routing_=neo4j.RoutingControl.READ,
        )
        return int(rows[0]["count"]), frozenset(rows[0]["keys"])

    def disabled(self, before: Entry, after: Entry) -> None:
        """Keep that an object was disabled beside any run, unless a run has changed its entry meanwhile. Needs no
        claim."""
        self._driver.execute_query(
            """
            MATCH (e:LedgerEntry {id: $id})
            SET e.id = e.id  // the node's lock
            WITH e
            WHERE e.enabled AND e.unsure IS NULL AND e.state = $state AND e.remote = $remote
            SET e += $row
            """,
            id=self._id(before.ref),
            state=before.state,
            remote=before.remote,
            row=_row(after),
        )

    def _id(self, ref: Ref) -> str:
        return f"{self._target}|{ref.kind}|{ref.key}"

    def write(self, entries: Iterable[Entry]) -> None:
        """Keep the entries as they are now."""
        for batch in batches((_row(each) for each in entries), BATCH):
            self._write(
                """
                UNWIND $rows AS row
                MERGE (e:LedgerEntry {id: $target + '|' + row.object + '|' + row.key})
                SET e += row, e.target = $target, e.run = $run
                SET e.delivered = CASE WHEN row.state IN ['delivered', 'closed', 'deleted']
                    THEN $at ELSE e.delivered END
                """,
                rows=batch,
                at=now(),
            )

    def forget(self, refs: Iterable[Ref]) -> None:
        """Remove entries of objects that the target never had and that are no longer wanted."""
        for batch in batches(map(self._id, refs), BATCH):
            self._write("UNWIND $ids AS id MATCH (e:LedgerEntry {id: id}) DELETE e", ids=batch)


def put_right(entry: Entry) -> dict[str, Any]:
    """What to note of drift that was just corrected: the target has what is wanted again."""
    if "found" not in entry.drift.values():
        return {}
    return {
        "drift": {
            name: "found"
            if name in entry.not_kept or (name == ENABLED and entry.is_disabled_by_others)
            else "put_right"
            for name in entry.drift
        },
        "drift_at": now(),
    }


def without_accepted(entry: Entry, names: Collection[str]) -> Entry:
    """The entry as if nobody had accepted that these differ: the next full comparison shows what does."""
    return replace(
        entry,
        accepted={name: why for name, why in entry.accepted.items() if name not in names},
        not_kept={name: kept for name, kept in entry.not_kept.items() if name not in names},
    )


def on_day(entry: Entry, day: date) -> Entry:
    """The entry without what people have accepted until this day, or an earlier one."""
    over = [name for name, until in _until(entry).items() if until <= day]
    return without_accepted(entry, over) if over else entry


def _until(entry: Entry) -> dict[str, date]:
    return {name: day for name, day in entry.accepted_until.items() if name in entry.accepted}


def without_fields(entry: Entry, names: frozenset[str]) -> Entry:
    """The entry as if these fields and links had never been sent."""
    return replace(
        entry,
        fields={name: each for name, each in entry.fields.items() if name not in names},
        links={name: each for name, each in entry.links.items() if name not in names},
    )


def without(links: Mapping[str, frozenset[Ref]], ref: Ref) -> dict[str, frozenset[Ref]]:
    """The links, except those to ``ref``."""
    return {name: refs - {ref} for name, refs in links.items()}


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "object": entry.kind,
        "key": entry.key,
        "state": entry.state,
        "remote": entry.remote or None,
        "fields": _pairs(entry.fields),
        "links": sorted(f"{name}|{ref.kind}|{ref.key}" for name, refs in entry.links.items() for ref in refs),
        "enabled": entry.enabled,
        "closed": entry.closed,
        "unsure": entry.unsure or None,
        "hash": entry.hash or None,
        "definition": entry.definition or None,
        "tries": entry.tries or None,
        "again": entry.again,
        "not_kept": _pairs(entry.not_kept) or None,
        "problem": entry.problem,
        "reason": entry.reason,
        "hooks": list(entry.hooks) or None,
        "hook_tries": entry.hook_tries or None,
        "hook_again": entry.hook_again,
        "hook_reason": entry.hook_reason,
        "accepted": _pairs(entry.accepted) or None,
        "accepted_until": sorted(f"{name}={day}" for name, day in _until(entry).items()) or None,
        "others": sorted(entry.others) or None,
        "drift": _pairs(entry.drift) or None,
        "drift_at": entry.drift_at,
        "hook_answer": entry.hook_answer,
        "hook_at": entry.hook_at,
        "counts_from": entry.counts_from,
        "sought": _pairs(entry.sought) or None,
        "decision": entry.decision,
        **{name: entry.names.get(name) for name in NAMES},
    }


def _entry(kept: Mapping[str, Any]) -> Entry:
    links: dict[str, set[Ref]] = {}
    for each in kept.get("links") or ():
        name, kind, key = each.split("|", 2)
        links.setdefault(name, set()).add(Ref(kind, key))
    closed = kept.get("closed")
    return Entry(
        kind=kept["object"],
        key=kept["key"],
        state=kept["state"],
        remote=kept.get("remote") or "",
        fields=_hashes(kept.get("fields")),
        links={name: frozenset(refs) for name, refs in links.items()},
        enabled=bool(kept.get("enabled")),
        closed=closed.to_native() if closed else None,
        unsure=bool(kept.get("unsure")),
        hash=kept.get("hash") or "",
        definition=kept.get("definition") or "",
        tries=kept.get("tries") or 0,
        again=_moment(kept.get("again")),
        not_kept=_hashes(kept.get("not_kept")),
        problem=kept.get("problem"),
        reason=kept.get("reason"),
        hooks=tuple(kept.get("hooks") or ()),
        hook_tries=kept.get("hook_tries") or 0,
        hook_again=_moment(kept.get("hook_again")),
        hook_reason=kept.get("hook_reason"),
        accepted=_texts(kept.get("accepted")),
        accepted_until={name: date.fromisoformat(day) for name, day in _texts(kept.get("accepted_until")).items()},
        others=frozenset(kept.get("others") or ()),
        drift=cast("dict[str, DriftState]", _hashes(kept.get("drift"))),
        drift_at=_moment(kept.get("drift_at")),
        hook_answer=kept.get("hook_answer"),
        hook_at=_moment(kept.get("hook_at")),
        counts_from=_moment(kept.get("counts_from")),
        sought=_texts(kept.get("sought")),
        names={name: kept[name] for name in NAMES if kept.get(name)},
        decision=kept.get("decision"),
    )


def _moment(kept: Any) -> datetime | None:
    return None if kept is None else cast("datetime", kept.to_native())


def _texts(pairs: Iterable[str] | None) -> dict[str, str]:
    """Field → a text, which may contain "="."""
    return dict(each.split("=", 1) for each in pairs or ())


def _pairs(hashes: Mapping[str, str]) -> list[str]:
    return sorted(f"{name}={hash_}" for name, hash_ in hashes.items())


def _hashes(pairs: Iterable[str] | None) -> dict[str, str]:
    return {name: hash_ for name, _, hash_ in (each.rpartition("=") for each in pairs or ())}
