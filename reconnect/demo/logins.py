"""The demo's end: people who can log in to REConnect itself, with passwords that are new at each demo."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from api.access.own_system import key_of, state_own_system
from graph.identity.lookup import find
from graph.time import today
from graph.writing.graph_writer import GraphWriter
from idp.local_account import LocalAccount, account_by_login
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from reconnect.context import Context
from reconnect.demo.run import Demo, unit_key
from reconnect.embedded.home import write_whole
from reconnect.identity_provider import local_logins
from reconnect.progress import Report
from reconnect.work import jobs
from reconnect.work.due_accounts import limits
from rules.accounts.run import apply
from sample import logins
from sample.logins import CAST, SYSTEM, Shown

SOURCE = "login_people"


@dataclass(frozen=True, slots=True)
class Entrance:
    """Someone who can log in."""

    shown: Shown
    login: str
    password: str


def entrances(context: Context, demo: Demo, report: Report) -> Iterator[Entrance]:
    """State the people, their accounts and rights, and give each a new password. None if the home's settings have
    another ``idp.system`` than the demo's, or no login."""
    if context.settings.idp.system != SYSTEM:
        return
    driver = context.driver()
    state_own_system(driver, context.keyring)
    file = demo.own_facts / "logins.json"
    told = logins.facts(demo.municipality(), unit_key, key_of)
    write_whole(file, orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    jobs.import_from(context, jobs.Caller(report), Facts(FactsSettings(path=file, name=SOURCE)))
    writer = GraphWriter(driver, context.keyring, context.order)
    apply(driver, writer, user="demo", limits=limits(context))
    local, now = local_logins(context), datetime.now(UTC)
    for shown in CAST:
        account = _account(context, shown)
        code = local.reset(account, now, by="demo")  # sessions of an earlier demo end
        password = secrets.token_urlsafe(12)
        assert local.accept_invitation(account.login, code, password, now) is not None
        yield Entrance(shown, account.login, password)


def _account(context: Context, shown: Shown) -> LocalAccount:
    with context.driver().session() as session:
        person = find(session, "Person", shown.key).uuid
        row = session.run(
            """
            MATCH (:Person {uuid: $person})<-[:OF_PERSON]-(a:PlannedAccount {active: true})
            WHERE (a)-[:AT]->(:ItSystem {key: $system})
            RETURN a.login AS login
            """,
            person=person,
            system=SYSTEM,
        ).single(strict=True)
        found = session.execute_read(account_by_login, SYSTEM, row["login"], today())
    assert found is not None
    return found
