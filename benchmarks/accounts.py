"""Account rules: planning everybody's accounts after one rule changed, against the bare Cypher that finds these people.

The rule is for everyone who is not paid by the hour. The bare statement reads what the rule looks at, and no more: who
has such an employment, in which days and where. Both are run in turn, and the fastest of each counts.

The goal is missed (4.6 at the last quiet run; then a quarter of Python's work went). The bare statement finds the
people, and leaves out what the job is: the days on which each account is open, by which rule, beside the account that
is there, and what is to be stated, compared with what was. Of Python's seconds, each of these takes a fifth; no step
stands out, and each depends on the person.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import neo4j

from benchmarks.measured import Measured
from benchmarks.preview import import_facts
from graph.cpr.keyring import Keyring
from graph.time import today
from graph.writing.graph_writer import GraphWriter
from rules.accounts.run import Evaluated, Limits, apply, evaluate

ROUNDS, GOAL = 5, 2.0
_BARE = """
MATCH (p:Person)-[has:HAS]->(t:Employment|Affiliation)
WHERE t.from IS NOT NULL AND (t.to IS NULL OR t.to > $today) AND (has.to IS NULL OR has.to > $today)
RETURN p.uuid AS person, p.given_name AS given, p.surname AS surname, t.uuid AS tie, COLLECT {
    MATCH (t)-[l:STATE]->(v)
    WHERE (l.to IS NULL OR l.to > $today) AND coalesce(v.type, '') <> 'hourly'
    RETURN [l.from, l.to]
} AS days, COLLECT {
    MATCH (t)-[l:IN]->(u:Unit)
    WHERE l.to IS NULL OR l.to > $today
    RETURN [l.from, l.to, u.uuid]
} AS units
"""


def measure(driver: neo4j.Driver, keyring: Keyring, size: str, folder: Path) -> Measured:
    """Nothing is written while it is measured."""
    import_facts(driver, keyring, folder, "accounts", _content("E3"))
    apply(driver, GraphWriter(driver, keyring), limits=Limits(at_least=2**31))
    import_facts(driver, keyring, folder, "accounts", _content("F1"))
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, found = _taken(lambda: evaluate(driver))
        ours.append(seconds)
        seconds, rows = _taken(lambda: _bare(driver))
        theirs.append(seconds)
    _require_the_same(found, rows)
    notes: dict[str, float | int | str] = {"accounts": len(found.plan.wanted), "changed": len(found.changed)}
    ratio = min(ours) / min(theirs)
    return Measured(
        "accounts of all, a rule changed", "bare Cypher", size, "s", min(ours), min(theirs), ratio, GOAL, True, notes
    )


def _taken(do: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = do()
    return time.perf_counter() - started, found


def _bare(driver: neo4j.Driver) -> list[neo4j.Record]:
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return list(session.run(_BARE, today=today()))


def _require_the_same(found: Evaluated, rows: list[neo4j.Record]) -> None:
    planned = {each.person.uuid for each in found.plan.wanted.values() if each.opens}
    bare = {row["person"] for row in rows if row["days"]}
    if planned != bare:
        raise AssertionError(f"{len(planned ^ bare)} people have an account in only one of both")


def _content(licence: str) -> dict[str, object]:
    return {
        "format": 1,
        "systems": {"bench_ad": {"title": "AD"}},
        "name_policies": {
            "bench": {"title": "Alle", "login_patterns": ["{given:2}{last:2}", "{given:3}{last:3}", "{letters:6}"]}
        },
        "account_rules": {
            "bench_all": {
                "title": "Månedslønnede", "condition": "employment.type != 'hourly'", "system": "bench_ad",
                "names": "bench", "licence": licence,
            }
        },
    }  # fmt: skip
