"""Which account realises a planned one: what a target made or adopted is the account that a directory is seen to have.

A target knows its account by the directory's id (objectGUID), from its ledger; a source that reads the directory
(``importers.active_directory``) has the same id in the key of its ``Account``. Whichever came first, both are compared
after each export and each import. Where no source reads the directory there is no ``Account``, since a target does not
state what is there; then the ledger is what is known.
"""

from collections.abc import Iterator
from uuid import UUID

import neo4j

from graph.as_of import in_force
from graph.change_log import Origin
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from reconnect.context import Context

KIND, LINK = "PlannedAccount", "realised_by"
_AT_ONCE = 500

_DELIVERED = f"""
MATCH (e:LedgerEntry {{target: $target, object: 'user'}})
WHERE e.remote IS NOT NULL AND e.state <> 'deleted'
MATCH (p:PlannedAccount {{uuid: e.key}})-[at:AT]->(s:ItSystem)
WHERE {in_force("at")}
RETURN p.uuid AS planned, e.remote AS remote, s.uuid AS system,
    [(p)-[r:REALISED_BY]->(a:Account) WHERE {in_force("r")} | a.uuid] AS linked
"""
_OBSERVED = f"""
MATCH (s:ItSystem)<-[at:AT]-(a:Account)<-[:TELLS]-(r:SourceRecord)
WHERE s.uuid IN $systems AND {in_force("at")}
RETURN s.uuid AS system, r.key AS key, a.uuid AS account
"""


def link(context: Context, target: str) -> int:
    """Link the planned accounts that the target has realised to the accounts that were seen; how many were new."""
    driver = context.driver()
    found = list(_found(driver, target))
    writer = GraphWriter(driver, context.keyring, context.order)
    source = f"export:{target}"
    for start in range(0, len(found), _AT_ONCE):
        stated = [
            Statement(
                KIND,
                planned,
                exists=None,
                links={LINK: (DatedLink(Period(today()), Ref("Account", account, "uuid")),)},
                about=Ref(KIND, planned, "uuid"),
            )
            for planned, account in found[start : start + _AT_ONCE]
        ]
        writer.state(source, stated, Origin(source))
    return len(found)


def _found(driver: neo4j.Driver, target: str) -> Iterator[tuple[str, str]]:
    """(planned account, account), not linked yet."""
    day = today()
    rows, _, _ = driver.execute_query(_DELIVERED, target=target, at=day, routing_=neo4j.RoutingControl.READ)
    if not rows:
        return
    systems = sorted({row["system"] for row in rows})
    seen, _, _ = driver.execute_query(_OBSERVED, systems=systems, at=day, routing_=neo4j.RoutingControl.READ)
    by_id = {(row["system"], _id(row["key"])): row["account"] for row in seen}
    for row in rows:
        account = by_id.get((row["system"], _id(row["remote"])))
        if account is not None and account not in row["linked"]:
            yield row["planned"], account


def _id(key: str) -> str:
    """The directory's id at the end of a key; the key itself where it is none."""
    last = key.rpartition(":")[2]
    try:
        return str(UUID(last))
    except ValueError:
        return key
