"""People with local accounts in the graph, stated as the account rules state them."""

from datetime import date, timedelta

import neo4j

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.precedence import MANUAL
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import ALWAYS, Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped

RING = Keyring.generate()
SYSTEM = "idp"
RULES = "rule:accounts"


def state_account(
    driver: neo4j.Driver,
    login: str,
    *,
    start: date = ALWAYS,
    end: date | None = None,
    again: date | None = None,
    person: str | None = None,
    email: str | None = None,
) -> str:
    """State a person (``person``: its key, by default the login) with an account, open from ``start`` to ``end`` and
    from the day ``again``; the account's uuid."""
    who = person or login
    lives = (Period(start, end), *(() if again is None else (Period(again),)))
    life = Period(start, end if again is None else None)

    def values(period: Period, **given: Value) -> dict[str, tuple[DatedValue, ...]]:
        return {name: (DatedValue(period, each),) for name, each in given.items() if each is not None}

    def link(kind: str, key: str) -> tuple[DatedLink, ...]:
        return (DatedLink(life, Ref(kind, key, "natural" if kind == "ItSystem" else "source")),)

    GraphWriter(driver, RING).state(
        RULES,
        [
            Statement("ItSystem", SYSTEM, values=values(Period(), key=SYSTEM, title="Login")),
            Statement("Person", who, values=values(Period(), given_name=who.title(), surname="Jensen")),
            Statement(
                "PlannedAccount",
                f"{SYSTEM}:{who}",
                exists=lives,
                values=values(life, key=f"{SYSTEM}:{who}", login=login, email=email),
                links={"owner": link("Person", who), "system": link("ItSystem", SYSTEM)},
            ),
        ],
        Origin(RULES),
    )
    rows, _, _ = driver.execute_query(
        "MATCH (a:PlannedAccount {key: $key}) RETURN a.uuid AS uuid", key=f"{SYSTEM}:{who}"
    )
    return str(rows[0]["uuid"])


def stop(driver: neo4j.Driver, account: str, start: date | None = None) -> None:
    """STOP the owner of an account by hand."""
    rows, _, _ = driver.execute_query(
        "MATCH (:PlannedAccount {uuid: $uuid})-[:OF_PERSON]->(p) RETURN p.uuid AS uuid", uuid=account
    )
    edit = stopped(Period(start or today()), "Bortvist")
    GraphWriter(driver, RING).amend("Person", rows[0]["uuid"], edit, Origin(MANUAL, user="ida", reason="Bortvist"))


def in_days(number: int) -> date:
    return today() + timedelta(days=number)
