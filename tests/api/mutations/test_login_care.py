"""Who may invite people to log in, and reset and unlock their login: by role, and by being the nearest."""

import asyncio
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import neo4j
import pytest
from graphql import graphql

from api.access.own_system import state_own_system
from api.access.rights import Access
from api.context import Context
from api.reads.question import SCHEMA
from graph.statements.precedence import SourceOrder
from graph.time import today
from idp.local_accounts.authenticating import LocalLogins
from idp.local_accounts.caring import carers
from idp.local_accounts.handing_over import HandingOver, NotSent
from idp.sealing import Seal
from tests.api.access.test_held import granted
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
SEAL = Seal("0123456789abcdef0123456789abcdef")
NOBODY: frozenset[str] = frozenset()


class Post:
    """Takes messages, as long as the server does."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.is_away = False

    def mail(self, address: str, subject: str, text: str) -> None:
        self._take(address, text)

    def sms(self, number: str, text: str) -> None:
        self._take(number, text)

    def _take(self, to: str, text: str) -> None:
        if self.is_away:
            raise NotSent("The mail server did not take the mail.")
        self.sent.append((to, text))


class Town:
    """Anna works in the job centre, whose nearest manager is Bo (of the centre above); Carl administers the login."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self.driver = driver
        self.post = Post()
        logins = LocalLogins(driver, "mail", SEAL)
        self.handing = HandingOver(driver, logins, self.post, "Solbjerg", "https://login.solbjerg.example")
        rows, _, _ = driver.execute_query("MATCH (r:SourceRecord)-[:TELLS]->(n) RETURN r.key AS key, n.uuid AS uuid")
        self.uuids = {row["key"]: row["uuid"] for row in rows}
        self.account = self.ask(
            f'''createExtraAccount(person: "anna", system: "mail", login: "anna", from: "{today()}",
            to: "{today() + timedelta(days=90)}", reason: "x") {{ uuid }}''',
            Access("setup", frozenset({"rights"})),
        )["uuid"]

    def ask(self, mutation: str, access: Access, preview: bool = False) -> dict[str, Any]:
        """The answer of one mutation; {"refused": code} where it is refused."""
        context = Context(access, self.driver, cast(neo4j.AsyncDriver, None), RING, SourceOrder(), handing=self.handing)
        result = asyncio.run(graphql(SCHEMA, f"mutation {{ done: {mutation} }}", context_value=context))
        if result.errors:
            return {"refused": (result.errors[0].extensions or {})["code"], "text": result.errors[0].message}
        assert result.data is not None
        return dict(result.data["done"])

    def as_person(self, key: str, *roles: str) -> Access:
        return Access(key, frozenset(roles), person=self.uuids[key])

    def care(self, mutation: str, access: Access, by: str = "PAPER") -> dict[str, Any]:
        way = "" if mutation == "unlockLogin" else f"by: {by}, "
        fields = "{ account }" if mutation == "unlockLogin" else "{ account login last code sheet }"
        return self.ask(f'{mutation}(account: "{self.account}", {way}reason: "x") {fields}', access)

    def contact(self, **values: str) -> None:
        """What a source knows of Anna."""
        self.driver.execute_query(
            "MATCH (:Person {uuid: $uuid})-[:STATE]->(v) SET v += $values", uuid=self.uuids["anna"], values=values
        )


def _content() -> dict[str, Any]:
    content = deepcopy(TOWN)
    content["roles"]["administrator"] = {"title": "Administrator", "covers_all": False}
    content["assignments"] += [
        {"id": "a_manager", "holder": {"employment": "e_bo"}, "role": "manager", "for": [{"unit": "center"}]},
        {"id": "a_administrator", "holder": {"employment": "e_carl"}, "role": "administrator",
         "for": [{"unit": "town"}], "about": ["system:mail"]},
    ]  # fmt: skip
    return content


@pytest.fixture
def town(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    empty(driver)
    assert imported(driver, _content(), tmp_path_factory.mktemp("town")).problems == []
    yield Town(driver)


def test_who_may(town: Town) -> None:
    """The nearest manager invites and unlocks, the nearest administrator does all of it, and a role of its own does."""
    may = {
        "inviteToLogin": {"bo", "carl"},
        "unlockLogin": {"bo", "carl"},
        "resetLogin": {"carl"},
    }
    for mutation, expected in may.items():
        for person in ("anna", "bo", "carl", "dora"):
            found = town.care(mutation, town.as_person(person))
            assert ("refused" not in found) is (person in expected), (mutation, person, found)
            if "refused" in found:
                assert found["refused"] == "forbidden" and "nearest" in found["text"]
        for role in ("hr", "rights", "operations", "reader", "organisation"):
            token = Access("token", frozenset({role}))
            allowed = role in ("rights", "operations") or (role == "hr" and mutation != "resetLogin")
            assert ("refused" not in town.care(mutation, token)) is allowed, (mutation, role)
    # A role that is limited to some units is not one that holds everywhere.
    limited = Access("token", frozenset({"rights"}), within={"rights": NOBODY})
    assert town.care("resetLogin", limited)["refused"] == "forbidden"


def test_the_nearest_administrator_is_found_by_placing(town: Town, tmp_path: Path) -> None:
    """The nearer one does it, and the one above no longer; of the administrator's own login, the next above. No manager
    need be known, and who begins later is invited from where that will be."""
    content = _content()
    content["assignments"] = [each for each in content["assignments"] if each["role"] != "manager"]
    content["assignments"].append(
        {"id": "a_near", "holder": {"employment": "e_bo"}, "role": "administrator", "for": [{"unit": "center"}],
         "about": ["system:mail"]}
    )  # fmt: skip
    assert imported(town.driver, content, tmp_path).problems == []
    for person in ("anna", "bo", "carl"):
        assert ("refused" not in town.care("resetLogin", town.as_person(person))) is (person == "bo"), person
    of_bo = carers(town.driver, "reset", town.uuids["bo"], "mail", today())
    assert of_bo == {town.uuids["carl"]}, "nobody resets their own"
    town.driver.execute_query(
        "MATCH (:Person {uuid: $uuid})-[has:HAS]->() SET has.from = $day",
        uuid=town.uuids["anna"],
        day=today() + timedelta(days=20),
    )
    assert carers(town.driver, "invite", town.uuids["anna"], "mail", today()) == {town.uuids["bo"]}


def test_a_code_on_paper_and_what_is_kept_of_it(town: Town) -> None:
    found = town.care("inviteToLogin", town.as_person("bo"))
    assert found["login"] == "anna" and found["code"] in found["sheet"] and "login.solbjerg.example" in found["sheet"]
    rows, _, _ = town.driver.execute_query("MATCH (n:LoginEvent|LocalCredential) RETURN n {.*} AS kept")
    assert found["code"] not in str(rows) and {"invited", "bo"} <= {
        each for row in rows for each in (row["kept"].get("event"), row["kept"].get("by"))
    }


def test_a_code_goes_only_where_a_source_says(town: Town) -> None:
    bo = town.as_person("bo")
    for way in ("MAIL", "SMS"):
        assert town.care("inviteToLogin", bo, way)["refused"] == "no_contact"
    town.contact(work_email="anna@solbjerg.example", work_phone="12345678", private_phone="112")
    for way in ("MAIL", "SMS"):
        assert town.care("inviteToLogin", bo, way)["refused"] == "no_contact"
    town.contact(private_email="anna@hjemme.example", private_phone="+45 20 30 40 50")
    for way, to in (("MAIL", "anna@hjemme.example"), ("SMS", "+4520304050")):
        found = town.care("inviteToLogin", bo, way)
        assert found["code"] is None and found["sheet"] is None and town.post.sent[-1][0] == to
    assert "inviteToLogin" in str(SCHEMA.mutation_type.fields)  # type: ignore[union-attr]
    assert set(SCHEMA.mutation_type.fields["inviteToLogin"].args) == {"account", "by", "reason"}  # type: ignore[union-attr]


def test_a_code_on_paper_takes_no_account_over(town: Town) -> None:
    """Who invites would choose the password of an owner who has one; a reset is another right."""
    bo = town.as_person("bo")
    town.contact(private_email="anna@hjemme.example")
    town.driver.execute_query(
        "MERGE (c:LocalCredential {account: $account}) SET c.password = 'hash'", account=town.account
    )
    for access in (bo, Access("token", frozenset({"hr"}))):
        assert town.care("inviteToLogin", access)["refused"] == "has_login"
        assert town.care("inviteToLogin", access, "MAIL")["code"] is None
    town.driver.execute_query("MATCH (c:LocalCredential) REMOVE c.password")
    town.driver.execute_query("CREATE (:Passkey {id: 'k', account: $account})", account=town.account)
    assert town.care("inviteToLogin", bo)["refused"] == "has_login"


def test_a_code_on_paper_opens_no_rights_that_who_hands_it_over_lacks(town: Town, tmp_path: Path) -> None:
    """Carl, who administers the login, could log in as Anna, who is HR. Nor does a reset go unnoticed."""
    state_own_system(town.driver, RING)
    content = _content()
    grants, limits = granted("g_hr", "hr", "employment:e_anna", derived="unit")
    content["grants"] += grants
    content["constraint_settings"] += limits
    assert imported(town.driver, content, tmp_path).problems == []
    town.contact(private_email="anna@hjemme.example")
    job, center = frozenset({town.uuids["job"]}), frozenset({town.uuids["center"]})
    carl = town.as_person("carl")
    elsewhere = replace(carl, roles=frozenset({"hr"}), within={"hr": center})
    for access in (carl, elsewhere, Access("token", frozenset({"operations"}))):
        for mutation in ("inviteToLogin", "resetLogin"):
            found = town.care(mutation, access)
            assert found["refused"] == "forbidden" and "rights in REConnect" in found["text"], (mutation, access)
    assert "refused" not in town.care("resetLogin", carl, "MAIL")
    town.post.sent.clear()
    both = replace(carl, roles=frozenset({"hr"}), within={"hr": job | center})
    for enough in (both, Access("token", frozenset({"hr", "rights"}))):
        assert town.care("resetLogin", enough)["code"]
        ((to, text),) = town.post.sent
        assert to == "anna@hjemme.example" and "nulstillet" in text
        town.post.sent.clear()
    town.post.is_away = True
    assert town.care("resetLogin", Access("token", frozenset({"hr", "rights"})))["code"]


def test_nothing_is_taken_away_that_can_not_be_given_anew(town: Town) -> None:
    """A reset that can't reach the owner leaves the login as it is; where only the server is away, it is done again."""
    town.driver.execute_query(
        "MERGE (c:LocalCredential {account: $account}) SET c.password = 'hash'", account=town.account
    )
    carl = town.as_person("carl")
    assert town.care("resetLogin", carl, "MAIL")["refused"] == "no_contact"
    rows, _, _ = town.driver.execute_query("MATCH (c:LocalCredential) RETURN c.password AS password")
    assert rows[0]["password"] == "hash"
    town.contact(private_email="anna@hjemme.example")
    town.post.is_away = True
    assert town.care("resetLogin", carl, "MAIL")["refused"] == "not_sent"
    town.post.is_away = False
    assert "refused" not in town.care("resetLogin", carl, "MAIL")
    rows, _, _ = town.driver.execute_query("MATCH (c:LocalCredential) RETURN c.password AS password")
    assert rows[0]["password"] is None


def test_an_account_that_is_over_or_unknown(town: Town) -> None:
    town.driver.execute_query(
        "MATCH (p:Person {uuid: $uuid})-[:STATE]->(v) SET v.stopped = true", uuid=town.uuids["anna"]
    )
    assert town.care("inviteToLogin", Access("token", frozenset({"hr"})))["refused"] == "not_open"
    town.account = "00000000-0000-0000-0000-000000000000"
    assert town.care("inviteToLogin", Access("token", frozenset({"hr"})))["refused"] == "unknown_account"
    # Who may not do it learns nothing of which accounts there are.
    assert town.care("inviteToLogin", town.as_person("dora"))["refused"] == "forbidden"
