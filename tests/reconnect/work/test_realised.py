"""A planned account is linked to the account that was seen of it, whichever of the two came first."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import neo4j
import pytest

from exporters.objects.ledger import Entry, ObjectLedger
from graph.change_log import Origin, last_number
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from reconnect.context import Context
from reconnect.work.due_accounts import follow
from reconnect.work.realised import link
from tests.graph.questions.rights.imported import RING, imported
from tests.reconnect.work.test_due_accounts import context as context
from tests.rules.accounts.account_town import town

pytestmark = pytest.mark.slow

TARGET = "active_directory-kommune"


@pytest.fixture
def planned(context: Context, clean_graph: neo4j.Driver, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Two planned accounts: login → uuid."""
    assert imported(clean_graph, town(), tmp_path).problems == []
    assert follow(context, "worker") is not None
    rows, _, _ = clean_graph.execute_query("MATCH (p:PlannedAccount) RETURN p.login AS login, p.uuid AS uuid")
    yield {row["login"]: row["uuid"] for row in rows}


def supplied(driver: neo4j.Driver, **ids: str) -> None:
    """The target has made these: uuid of the planned account → objectGUID."""
    ledger = ObjectLedger(driver, TARGET)
    ledger.claim("a run")
    ledger.write(Entry("user", uuid, "delivered", remote=id_, enabled=True) for uuid, id_ in ids.items())


def seen(driver: neo4j.Driver, *ids: str, system: str = "ad") -> None:
    """A source reads these accounts."""
    stated = [
        Statement(
            "Account",
            id_,
            exists=(Period(today()),),
            values={"login": (DatedValue(Period(), f"login{n}"),)},
            links={"system": (DatedLink(Period(), Ref("ItSystem", system, "natural")),)},
        )
        for n, id_ in enumerate(ids)
    ]
    GraphWriter(driver, RING).state("active_directory", stated, Origin("active_directory"))


def linked(driver: neo4j.Driver) -> dict[str, str]:
    rows, _, _ = driver.execute_query(
        """
        MATCH (p:PlannedAccount)-[:REALISED_BY]->(:Account)<-[:TELLS]-(r:SourceRecord)
        RETURN p.login AS login, r.key AS id
        """
    )
    return {row["login"]: row["id"] for row in rows}


def test_it_is_linked_whichever_came_first(
    context: Context, clean_graph: neo4j.Driver, planned: dict[str, str]
) -> None:
    first, second = str(uuid4()), str(uuid4())
    supplied(clean_graph, **{planned["anbe"]: first.upper()})
    assert link(context, TARGET) == 0, "no source reads the directory: there is no account to lead to"
    seen(clean_graph, first, second)
    seen(clean_graph, str(uuid4()), system="school")
    assert link(context, TARGET) == 1 and linked(clean_graph) == {"anbe": first}
    supplied(clean_graph, **{planned["aaba"]: second})
    assert link(context, TARGET) == 1 and linked(clean_graph) == {"anbe": first, "aaba": second}
    number = last_number(clean_graph)
    assert link(context, TARGET) == 0 and last_number(clean_graph) == number
    assert follow(context, "worker") is None, "which plans nothing anew"


def test_an_account_that_was_made_anew_is_another_one(
    context: Context, clean_graph: neo4j.Driver, planned: dict[str, str]
) -> None:
    first, second = str(uuid4()), str(uuid4())
    seen(clean_graph, first, second)
    supplied(clean_graph, **{planned["anbe"]: first})
    assert link(context, TARGET) == 1
    supplied(clean_graph, **{planned["anbe"]: second})
    assert link(context, TARGET) == 1 and linked(clean_graph) == {"anbe": second}
