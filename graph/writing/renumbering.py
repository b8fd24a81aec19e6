"""CPR numbers that change (cpr.md §7): a person keeps the uuid, and is found by every number that the person has had.

The current number is ``Person.cpr_hash`` with its cipher text; earlier ones are
``(:FormerCpr {hash, cipher, key, from, to})-[:WAS]->(:Person)``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.cpr.keyring import Keyring
from graph.identity.known_keys import KnownKeys
from graph.statements.statement import Former, Statement, cpr_numbers
from graph.writing.difference import Difference, Notice


@dataclass(frozen=True, slots=True)
class NumberChange:
    """The number that a statement makes the person's, and further numbers by which the person is found."""

    cpr: str | None = field(default=None, repr=False)
    formers: tuple[Former, ...] = field(default=(), repr=False)
    notices: tuple[Notice, ...] = ()


def number_change(
    statement: Statement, uuid: str, current: str | None, index: KnownKeys, keyring: Keyring
) -> NumberChange:
    """The changes by a statement's numbers. ``current``: hash of the Person's present number; the index knows all.

    A number that the person had before it was changed does not come back because payroll still has it. A number of
    another person stays with that person: only a user can decide whether the two are one.
    """
    if statement.cpr is None:
        return NumberChange()
    cpr = keyring.hash(statement.cpr)
    others = [
        each for each in (cpr, *map(keyring.hash, cpr_numbers([statement]))) if index.person(each) not in (None, uuid)
    ]
    if others and cpr != current:
        other = str(index.person(others[0]))
        text = f"a CPR number belongs to the Person {other} already: are they the same person?"
        return NumberChange(notices=(Notice("cpr", "same_person", text, (uuid, other)),))
    formers = tuple(
        each
        for each in statement.former_cprs
        if index.person(keyring.hash(each.cpr)) in (None, uuid) and not index.is_former(keyring.hash(each.cpr))
    )
    if cpr == current:
        return NumberChange(formers=formers)
    if index.is_former(cpr) and not statement.former_cprs:
        return NumberChange()
    return NumberChange(statement.cpr, formers)


# A number that has come back is no longer a former one.
_CURRENT = """
UNWIND $rows AS row
MATCH (f:FormerCpr {hash: row.hash})-[:WAS]->(:Person {uuid: row.person})
DETACH DELETE f
"""
_FORMER = """
UNWIND $rows AS row
MATCH (p:Person {uuid: row.person})
MERGE (f:FormerCpr {hash: row.number.hash})
SET f = row.number
MERGE (f)-[:WAS]->(p)
"""
Row = dict[str, Any]


def writes(batch: Sequence[Difference], keyring: Keyring) -> Iterator[tuple[str, list[Row]]]:
    """Queries that write the changes, besides the number on the Person; empty if nothing has changed."""
    changed = [each for each in batch if each.formers or (each.cpr and not each.new)]
    if not changed:
        return
    yield _CURRENT, [{"person": each.uuid, "hash": keyring.hash(each.cpr)} for each in changed if each.cpr]
    yield (
        _FORMER,
        [{"person": each.uuid, "number": _sealed(former, keyring)} for each in changed for former in each.formers],
    )


def _sealed(former: Former, keyring: Keyring) -> Row:
    cipher, key = keyring.encrypt(former.cpr)
    return {
        "hash": keyring.hash(former.cpr),
        "cipher": cipher,
        "key": key,
        "from": former.period.start,
        "to": former.period.end,
    }
