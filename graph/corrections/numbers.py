"""The CPR numbers of persons who are joined or split: both lead to the survivor (``graph.corrections.joining``).

A number that came with a joined person is a ``FormerCpr`` of the survivor, with ``joined`` (its owners; the last of
them brought it) and ``held`` (it was the first owner's current number then). If it became the survivor's own,
``JOINED_INTO.brought`` has it, and the number that it displaced is kept with ``displaced`` (the owner of the new one).
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

import neo4j

from graph.cpr.keyring import Keyring, is_replacement
from graph.time import ALWAYS

Number = Mapping[str, Any]
"""hash, cipher, key, from, to, and joined, held, displaced where they are set."""


@dataclass(frozen=True, slots=True)
class Divided:
    """The number of each of two persons after a split; their other numbers still lead to them."""

    stays: Number | None
    stays_former: tuple[Number, ...]
    goes: Number | None
    goes_former: tuple[Number, ...]

    @property
    def hashes_gone(self) -> frozenset[str]:
        return frozenset(each["hash"] for each in (self.goes, *self.goes_former) if each is not None)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A person's own number, and the others that lead to the person."""

    current: Number | None
    formers: tuple[Number, ...]

    @classmethod
    def of(cls, tx: neo4j.ManagedTransaction, person: str) -> "Numbers":
        row = tx.run(
            """
            MATCH (p:Person {uuid: $person})
            RETURN p {hash: p.cpr_hash, cipher: p.cpr_cipher, key: p.cpr_key} AS current,
                COLLECT {
                    MATCH (f:FormerCpr)-[:WAS]->(p)
                    RETURN properties(f)
                } AS formers
            """,
            person=person,
        ).single(strict=True)
        current = row["current"] if row["current"]["hash"] is not None else None
        return cls(current, tuple(row["formers"]))

    def divided(self, into: str | None, brought: str | None, going: Set[str], staying: Set[str]) -> Divided:
        """``into``: the person that comes back, if any, and the hash that it ``brought`` as the survivor's own.

        ``going``, ``staying``: keys of records. Sources that know a person by number use its hash as the key.
        """

        def is_theirs(number: Number) -> bool:
            return number["hash"] in going or (into is not None and number.get("joined", [])[-1:] == [into])

        goes = [each for each in self.formers if is_theirs(each)]
        stays = [each for each in self.formers if not is_theirs(each)]
        own, current = None, self.current
        if current is not None and current["hash"] in {brought, *going}:
            displaced = (each for each in stays if into is not None and each.get("displaced") == into)
            own, current = current, next(displaced, None) or next((e for e in stays if e["hash"] in staying), None)
        own = own or next((each for each in goes if each.get("held") and each["joined"] == [into]), None)
        own = own or next(iter(goes), None)
        return Divided(
            current,
            tuple(each for each in stays if each is not current),
            own,
            tuple(_back(each) for each in goes if each is not own),
        )


def give(tx: neo4j.ManagedTransaction, keyring: Keyring, keep: str, other: str) -> None:
    """All numbers of ``other`` find ``keep`` from now on."""
    ours, theirs = Numbers.of(tx, keep), Numbers.of(tx, other)
    formers = [*ours.formers, *({**each, "joined": [*each.get("joined", ()), other]} for each in theirs.formers)]
    current = ours.current
    if theirs.current is not None and (current is None or _outranks(theirs.current, current, keyring)):
        if current is not None:
            formers.append({**current, "from": ALWAYS, "displaced": other})
        current = theirs.current
        tx.run(
            "MATCH (:Person {uuid: $other})-[joined:JOINED_INTO]->() SET joined.brought = $hash",
            other=other,
            hash=current["hash"],
        ).consume()
    elif theirs.current is not None:
        formers.append({**theirs.current, "from": ALWAYS, "joined": [other], "held": True})
    _put(tx, other, None, ())
    _put(tx, keep, current, formers)


def give_back(tx: neo4j.ManagedTransaction, person: str, to: str, numbers: Divided) -> None:
    """Write what each has after a split."""
    _put(tx, person, None, ())
    _put(tx, to, numbers.goes, numbers.goes_former)
    _put(tx, person, numbers.stays, numbers.stays_former)


def _put(tx: neo4j.ManagedTransaction, person: str, current: Number | None, formers: Iterable[Number]) -> None:
    own = {f"cpr_{name}": current[name] if current else None for name in ("hash", "cipher", "key")}
    tx.run("MATCH (p:Person {uuid: $person}) SET p += $own", person=person, own=own).consume()
    tx.run("MATCH (f:FormerCpr)-[:WAS]->(:Person {uuid: $person}) DETACH DELETE f", person=person).consume()
    tx.run(
        """
        UNWIND $numbers AS number
        MATCH (p:Person {uuid: $person})
        CREATE (f:FormerCpr)-[:WAS]->(p)
        SET f = number
        """,
        numbers=list({each["hash"]: dict(each) for each in formers}.values()),
        person=person,
    ).consume()


def _back(number: Number) -> Number:
    """As it was before the last join."""
    before = {**number, "joined": number.get("joined", [])[:-1]}
    return before if before["joined"] else {name: each for name, each in before.items() if name not in _OF_A_JOIN}


_OF_A_JOIN = ("joined", "held")


def _outranks(one: Number, other: Number, keyring: Keyring) -> bool:
    """A number of the register outranks a replacement number (cpr.md §6)."""
    replacement = [is_replacement(keyring.decrypt(each["cipher"], each["key"])) for each in (one, other)]
    return replacement == [False, True]
