"""Claims at a login, as ADFS's attribute store fetches them. Numbers: docs/formats/saml.md §6."""

import base64
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import neo4j
import pytest
import uvicorn
from lxml import etree

from api.access.tokens import create
from api.computed.contract import Operated
from api.http import connections
from api.http.app import create_app
from api.http.service import Service
from api.login.claims import ClaimsService
from graph.change_log import Origin
from graph.connection import connect, connect_async
from graph.cpr.keyring import Keyring
from graph.statements.precedence import MANUAL
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from idp.claims import farm_keys, subjects
from idp.claims.oio_bpp_reader import read_xml
from idp.claims.person_claims import Attributes, Receiving, _places, claims_of
from idp.local_account import LocalAccount
from idp.released import Releasing
from idp.saml.names import ASSURANCE_LEVEL, PRIVILEGES
from idp.settings import ServiceProviderSettings
from reconnect.embedded import Addresses
from tests.forked import started
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN
from tests.idp.staff import in_days
from tests.planned import assert_found_by_index

CVR = "29189846"


@dataclass
class Farm:
    """An ADFS farm that asks."""

    url: str
    driver: neo4j.Driver
    key: str

    def get(self, path: str, key: str | None = None, header: str = "ApiKey") -> httpx.Response:
        given = self.key if key is None else key
        return httpx.get(f"{self.url}{path}", headers={header: given} if given else {}, timeout=60, trust_env=False)


def account(
    driver: neo4j.Driver, login: str, owner: str, system: str = "ad", employment: str | None = None, **values: Value
) -> None:
    """State an account that a directory was seen to have; for one employment, or all."""

    def link(kind: str, key: str, by: str = "natural") -> tuple[DatedLink, ...]:
        return (DatedLink(Period(), Ref(kind, key, by)),)  # type: ignore[arg-type]

    links = {"owner": link("Person", f"facts:{owner}", "other"), "system": link("ItSystem", system)}
    if employment is not None:
        links["employment"] = link("Employment", f"facts:{employment}", "other")
    given = {"login": login, "enabled": True, **values}
    GraphWriter(driver, RING).state(
        "active_directory",
        [
            Statement("ItSystem", system, values={"key": (DatedValue(Period(), system),)}),
            Statement(
                "Account",
                f"{system}:{login}",
                exists=(Period(),),
                values={name: (DatedValue(Period(), each),) for name, each in given.items()},
                links=links,
            ),
        ],
        Origin("active_directory"),
    )


@pytest.fixture
def farm(clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> Iterator[Farm]:
    assert imported(clean_graph, TOWN, tmp_path).problems == []
    account(clean_graph, "AnBe", "anna", principal_name="anna.berg@kommune.dk")
    account(clean_graph, "bolu", "bo")
    account(clean_graph, "doub", "anna")
    account(clean_graph, "doub", "bo", "school")
    account(clean_graph, "dokj", "dora")
    account(clean_graph, "carl", "carl", enabled=False)
    account(clean_graph, "reused", "bo")
    account(clean_graph, "Reused", "carl", enabled=False)
    account(clean_graph, "twice", "bo")
    account(clean_graph, "Twice", "anna", "school")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    reading = connect_async(addresses.bolt_uri, addresses.user, addresses.password)
    attributes = Attributes(
        {
            "upn": "account.principal_name",
            "titles": "employments.map(e, e.title)",
            "cpr": "person.cpr",
            "person": "person.uuid",
        }
    )
    receivers = {
        "sapa": Receiving("system_bpp12"),
        "KOMBIT-TEST": Receiving("kombit", "http://digst.dk/oiosaml/basic_privilege_profile", ("sapa",)),
    }
    claims = ClaimsService(clean_graph, CVR, {"KOMMUNE": "ad", "SKOLE": "school"}, attributes, receivers)
    operated = Operated(cvr=CVR, receivers=receivers)
    app = create_app(Service(clean_graph, reading, RING, claims=claims, operated=operated))
    server = uvicorn.Server(connections.config(app, "127.0.0.1", port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 120
    while not server.started:
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.02)
    yield Farm(f"http://127.0.0.1:{port}", clean_graph, farm_keys.create(clean_graph, "adfs", [], datetime.now(UTC)))
    server.should_exit = True
    thread.join(30)


def test_pitfall_52_claims_are_the_same_each_time(farm: Farm) -> None:
    first = farm.get("/api/adfs/v1/users/AnBe/claims?system=KOMBIT").json()
    second = farm.get("/api/adfs/v1/users/AnBe/claims?system=KOMBIT").json()
    assert first.pop("generatedAt") and second.pop("generatedAt")
    assert first == second
    assert first["nameID"].startswith(f"C=DK,O={CVR},CN=Anna Berg,Serial=") and first["userId"] == "AnBe"
    assert first["roles"] == [
        "http://solbjerg.example/roles/jobrole/all/1",
        "http://solbjerg.example/roles/jobrole/sapa/1",
    ]
    assert first["dataRoles"] == ["http://sapa.example/roles/read/1"]
    assert first["functionRoles"] == ["http://mail.example/roles/box/1"]
    assert [(each["name"], each["primary"]) for each in first["orgUnits"]] == [("Jobcenter", True)]
    # An attribute without a value is left out: no CPR number without consent.
    assert set(first["attributes"]) <= {"upn", "titles", "person"}
    assert first["attributes"]["upn"] == ["anna.berg@kommune.dk"] and len(first["attributes"]["person"]) == 1
    assert farm.get("/api/adfs/v1/users/AnBe/claims?format=full").json()["etag"] == second["etag"]
    assert farm.get("/api/adfs/v1/users/AnBe/claims?format=short").status_code == 400
    document = etree.fromstring(base64.b64decode(first["oioBPP"]))
    assert [each.text for each in document.iter("Privilege")] == first["roles"]
    assert {each.get("Scope") for each in document.iter("PrivilegeGroup")} == {
        f"urn:dk:gov:saml:cvrNumberIdentifier:{CVR}"
    }
    limits = document.find(".//Constraint[@Name='http://solbjerg.example/sapa-kle/1/parametric']")
    assert limits is not None and limits.text


def sent(farm: Farm, user: str) -> list[str]:
    """The job-function roles of a person's document for KOMBIT."""
    document = farm.get(f"/api/user/{user}/nemloginRoles").json()["oioBPP"]
    return [] if document is None else [each.text or "" for each in _privileges(document)]


def _privileges(document: str) -> list[etree._Element]:
    return list(etree.fromstring(base64.b64decode(document)).iter("Privilege"))


def at_kombit(addresses: Addresses, keyring: Keyring, *roles: str) -> None:
    """FK-adm is read, and has these of the town's two roles; in a process of its own."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        GraphWriter(driver, keyring).state(
            "fk_adm",
            [
                Statement(
                    "JobFunctionRole",
                    key,
                    exists=None,
                    values={"at_kombit": (DatedValue(Period(), True),)} if key in roles else {},
                    about=Ref("JobFunctionRole", key, "natural"),
                )
                for key in ("everyone", "sapa_case_worker")
            ],
            Origin("fk_adm"),
        )


def test_what_another_process_reads_of_kombit_counts_at_the_next_login(farm: Farm, addresses: Addresses) -> None:
    """The roles at KOMBIT are kept between logins."""
    everyone, sapa = ("http://solbjerg.example/roles/jobrole/all/1", "http://solbjerg.example/roles/jobrole/sapa/1")
    for _ in range(3):
        assert sent(farm, "AnBe") == [everyone, sapa], "before FK-adm is read, nothing is left out"
    for roles, expected in ((("everyone", "sapa_case_worker"), [everyone, sapa]), (("sapa_case_worker",), [sapa])):
        process = started(at_kombit, addresses, RING, *roles)
        process.join(120)
        assert process.exitcode == 0
        for _ in range(3):
            assert sent(farm, "AnBe") == expected


def test_an_account_for_one_employment_has_its_rights_only(farm: Farm, tmp_path: Path) -> None:
    more = {"id": "e_more", "person": "anna", "title": "Vagt", "units": [{"unit": "citizen"}], "type": "monthly_full"}
    imported(farm.driver, {**TOWN, "employments": [*TOWN["employments"], more]}, tmp_path)
    account(farm.driver, "vagt", "anna", employment="e_more")
    found = farm.get("/api/adfs/v1/users/vagt/claims").json()
    assert found["roles"] == ["http://solbjerg.example/roles/jobrole/all/1"]
    assert {each["name"]: each["primary"] for each in found["orgUnits"]} == {"Jobcenter": False, "Borgerservice": True}
    assert found["kle"]["write"] == ["27"], "of its unit"


def test_accounts_of_one_name_for_different_employments_need_the_domain(farm: Farm, tmp_path: Path) -> None:
    more = {"id": "e_more", "person": "anna", "title": "Vagt", "units": [{"unit": "citizen"}], "type": "monthly_full"}
    imported(farm.driver, {**TOWN, "employments": [*TOWN["employments"], more]}, tmp_path)
    account(farm.driver, "both", "anna", "ad", employment="e_anna")
    account(farm.driver, "both", "anna", "school", employment="e_more")
    assert farm.get("/api/adfs/v1/users/both/claims").status_code == 409
    found = farm.get("/api/adfs/v1/users/both/claims?domain=SKOLE").json()
    assert found["kle"]["write"] == ["27"], "of that employment's unit alone"


def _planned(farm: Farm, key: str, life: Period, per: str = "person", employment: str = "e_anna") -> str:
    """A planned account of Anna's; its uuid."""

    def link(kind: str, key: str, by: str = "natural") -> tuple[DatedLink, ...]:
        return (DatedLink(life, Ref(kind, key, by)),)  # type: ignore[arg-type]

    GraphWriter(farm.driver, RING).state(
        "rule:accounts",
        [
            Statement(
                "AccountRule", per, values={"key": (DatedValue(Period(), per),), "per": (DatedValue(Period(), per),)}
            ),
            Statement(
                "PlannedAccount",
                key,
                exists=(life,),
                values={"key": (DatedValue(life, key),), "login": (DatedValue(life, key),)},
                links={
                    "owner": link("Person", "facts:anna", "other"),
                    "employment": link("Employment", f"facts:{employment}", "other"),
                    "rule": link("AccountRule", per),
                },
            ),
        ],
        Origin("rule:accounts"),
    )
    rows, _, _ = farm.driver.execute_query("MATCH (a:PlannedAccount {key: $key}) RETURN a.uuid AS uuid", key=key)
    return str(rows[0]["uuid"])


def test_an_account_that_is_over_has_no_claims_by_its_uuid_either(farm: Farm) -> None:
    account(farm.driver, "old", "anna", expires=in_days(0))
    rows, _, _ = farm.driver.execute_query("MATCH (a:Account {login: 'old'}) RETURN a.uuid AS uuid")
    over = [rows[0]["uuid"], _planned(farm, "over", Period(in_days(-9), in_days(0)))]
    over.append(_planned(farm, "coming", Period(in_days(9))))
    for uuid in over:
        for path in ("/api/user/{}/roles?system=KOMBIT", "/api/adfs/v1/users/{}/claims?keytype=uuid"):
            answer = farm.get(path.format(uuid))
            assert answer.status_code == 403 and "nameID" not in answer.json(), answer.text
    assert farm.get(f"/api/user/{_planned(farm, 'now', Period(in_days(-9)))}/nameid").status_code == 200


def test_a_planned_account_for_one_employment_has_its_rights_only(farm: Farm, tmp_path: Path) -> None:
    more = {"id": "e_more", "person": "anna", "title": "Vagt", "units": [{"unit": "citizen"}], "type": "monthly_full"}
    imported(farm.driver, {**TOWN, "employments": [*TOWN["employments"], more]}, tmp_path)
    for per, only in (("employment", True), ("person", False)):
        uuid = _planned(farm, per, Period(in_days(-9)), per, "e_more")
        kle = farm.get(f"/api/adfs/v1/users/{uuid}/claims?keytype=uuid").json()["kle"]["write"]
        assert (kle == ["27"]) is only, kle


def test_an_assertion_has_the_same_rights_as_an_answer_to_adfs(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """For people without AD, whose login ADFS gets from us (kombit_access.md §5)."""
    assert imported(clean_graph, TOWN, tmp_path).problems == []
    uuid = _planned(Farm("", clean_graph, ""), "ekstern", Period(in_days(-9)))
    settings = ServiceProviderSettings(
        metadata_file=Path("sp.xml"), rights="KOMBIT", attributes={"login": "account.login"}, name_id="x509_subject"
    )
    releasing = Releasing(RING, CVR)
    with clean_graph.session() as session:
        answered = claims_of(session, subjects.subject_of(session, uuid, today(), key_type="uuid"), None, CVR, today())
        owner = LocalAccount(uuid, answered.person, "ekstern", "open")
        found = releasing.to(settings, session, owner, today(), two_factors=True)
        assert answered.oio_bpp and found.attributes == {
            ASSURANCE_LEVEL: ["3"],
            "login": ["ekstern"],
            PRIVILEGES: [answered.oio_bpp],
        }
        assert (found.name_id, settings.offered) == (answered.name_id, (ASSURANCE_LEVEL, "login", PRIVILEGES))
        with pytest.raises(subjects.NoClaims, match="not known"):
            releasing.to(settings.model_copy(update={"rights": "nonsense"}), session, owner, today(), two_factors=True)
    clean_graph.execute_query("MATCH (:Person {name: 'Anna Berg'})-[s:STATE]->(v) SET v.stopped = true")
    with clean_graph.session() as session, pytest.raises(subjects.NoClaims, match="not active"):
        releasing.to(settings, session, owner, today(), two_factors=True)


def test_the_dead_have_no_claims(farm: Farm) -> None:
    farm.driver.execute_query("MATCH (:Person {name: 'Anna Berg'})-[s:STATE]->(v) WHERE s.to IS NULL SET v.dead = true")
    answer = farm.get("/api/user/AnBe/roles?system=KOMBIT")
    assert answer.status_code == 403 and "nameID" not in answer.json()


def test_without_systems_no_name_is_looked_up(farm: Farm) -> None:
    for key, kind in (("AnBe", "sam"), ("anna.berg@kommune.dk", "upn")):
        with farm.driver.session() as session, pytest.raises(subjects.NoClaims) as none:
            subjects.subject_of(session, key, today(), key_type=kind)  # type: ignore[arg-type]
        assert none.value.code == "no_systems"


def test_one_system(farm: Farm) -> None:
    found = farm.get("/api/adfs/v1/users/AnBe/claims?system=mail").json()
    assert found["systemRoles"] == ["http://mail.example/roles/box/1"]
    assert farm.get("/api/adfs/v1/users/AnBe/claims?system=nonsense").status_code == 400


@pytest.mark.parametrize(
    "key",
    ["", "wrong", "rcf_wrong"],
)
def test_pitfall_53_without_a_valid_key(farm: Farm, key: str) -> None:
    answers = [farm.get(f"/api/user/{user}/roles?system=KOMBIT", key=key) for user in ("AnBe", "unknown")]
    assert [each.status_code for each in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()  # no hint


def test_pitfall_53_two_keys_and_revoking(farm: Farm) -> None:
    now = datetime.now(UTC)
    second = farm_keys.create(farm.driver, "adfs", ["10.0.0.0/8"], now)
    with pytest.raises(farm_keys.FarmKeyRejected):
        farm_keys.create(farm.driver, "adfs", [], now)
    assert farm.get("/api/user/AnBe/nameid", key=second).status_code == 401  # another network
    assert farm.get("/api/user/AnBe/nameid", key=f"Bearer {farm.key}", header="Authorization").status_code == 200
    for each in farm_keys.keys(farm.driver):
        assert farm_keys.revoke(farm.driver, each.id)
    assert farm.get("/api/user/AnBe/nameid").status_code == 401
    kept, _, _ = farm.driver.execute_query("MATCH (k:FarmKey) RETURN k {.*} AS key")
    assert farm.key not in str(kept)


@pytest.mark.parametrize(
    ("user", "status"),
    [
        ("KOMMUNE\\AnBe", 200),
        ("kommune\\ANBE", 200),
        ("anbe", 200),
        ("anna.berg@KOMMUNE.dk", 200),
        ("OTHER\\AnBe", 404),
        ("åse", 404),
        ("..", 404),
        ("../AnBe", 404),
        ("a/b", 404),
        ("AnBe\x00", 404),
        ("a" * 300, 404),
        ("doub", 409),
        ("SKOLE\\doub", 200),
        ("A\u030anBe", 404),
        ("CARL", 403),
        ("reused", 200),  # it was another person's before
        ("twice", 409),  # of two people, in two cases of letters
        ("TWICE", 409),
        ("carl", 403),
        ("dokj", 403),  # without an employment
    ],
)
def test_pitfall_54_and_55_names(farm: Farm, user: str, status: int) -> None:
    for path in ("/api/user/{}/roles?system=KOMBIT", "/api/adfs/v1/users/{}/claims"):
        answer = farm.get(path.format(quote(user, safe="")))
        assert answer.status_code == status, answer.text
        assert ("nameID" in answer.json()) is (status == 200)


def test_pitfall_55_a_stopped_person(farm: Farm) -> None:
    rows, _, _ = farm.driver.execute_query("MATCH (p:Person {name: 'Anna Berg'}) RETURN p.uuid AS uuid")
    edit = stopped(Period(in_days(0)), "Bortvist")
    GraphWriter(farm.driver, RING).amend("Person", rows[0]["uuid"], edit, Origin(MANUAL, user="ida", reason="Bortvist"))
    answer = farm.get("/api/user/AnBe/roles?system=KOMBIT")
    assert answer.status_code == 403 and "nameID" not in answer.json()


def test_the_addresses_of_os2rollekatalog(farm: Farm) -> None:
    roles = farm.get("/api/user/AnBe/roles?system=KOMBIT").json()
    assert set(roles) == {"oioBPP", "nameID", "roleMap"}
    assert roles["roleMap"]["http://solbjerg.example/roles/jobrole/sapa/1"] == "Sagsbehandler i SAPA (SAPA)"
    listed = farm.get("/api/user/AnBe/rolesAsList?system=mail").json()
    assert listed["userRoles"] == ["http://solbjerg.example/roles/jobrole/all/1"] and listed["disabled"] is False
    assert farm.get("/api/user/AnBe/nameid").json() == {"nameID": roles["nameID"]}
    role = quote("http://sapa.example/roles/read/1", safe="")
    assert farm.get(f"/api/user/AnBe/hasSystemRole?roleIdentifier={role}&system=sapa").status_code == 200
    assert farm.get(f"/api/user/AnBe/hasSystemRole?roleIdentifier={role}&system=mail").status_code == 404
    assert farm.get("/api/user/bolu/hasUserRole/1?system=sapa").status_code == 404
    assert farm.get("/api/user/AnBe/nemloginRoles").json() == {"oioBPP": roles["oioBPP"]}


def test_each_key_type(farm: Farm) -> None:
    guid = "0f8fad5b-d9cb-469f-a165-70867728950e"
    farm.driver.execute_query(
        "MATCH (r:SourceRecord)-[:TELLS]->(:Account {login: 'AnBe'}) SET r.key = $guid", guid=guid
    )
    rows, _, _ = farm.driver.execute_query("MATCH (p:Person {name: 'Anna Berg'}) RETURN p.uuid AS uuid")
    octets = base64.urlsafe_b64encode(UUID(guid).bytes_le).decode()
    for kind, key in (
        ("sam", "anbe"), ("upn", "Anna.Berg@kommune.dk"), ("uuid", rows[0]["uuid"].upper()),
        ("objectguid", guid.upper()), ("objectguid", f"{{{guid}}}"), ("objectguid", octets),
    ):  # fmt: skip
        answer = farm.get(f"/api/adfs/v1/users/{quote(key, safe='')}/claims?keytype={kind}")
        assert answer.status_code == 200, (kind, key, answer.text)
        assert answer.json()["userId"] in ("AnBe", None)
    assert farm.get("/api/adfs/v1/users/AnBe/claims?keytype=objectguid").status_code == 404
    assert farm.get("/api/adfs/v1/users/AnBe/claims?keytype=other").status_code == 400


def test_kle_numbers(farm: Farm) -> None:
    """What the job centre performs, and the centre above passes down; nothing of a person elsewhere."""
    kle = farm.get("/api/adfs/v1/users/AnBe/claims").json()["kle"]
    assert kle == {"read": ["15.20", "32.24.04"], "write": ["15.20", "32.24.04"]}
    assert farm.get("/api/adfs/v1/users/bolu/claims").json()["kle"]["write"] == ["27"]


def test_a_role_without_a_number_has_no_number(farm: Farm) -> None:
    farm.driver.execute_query("MATCH (n:JobFunctionRole|JobFunctionRoleState) REMOVE n.number")
    for wanted in ("None", "null", "0", ""):
        assert farm.get(f"/api/user/AnBe/hasUserRole/{wanted}?system=sapa").status_code == 404


def test_names_are_found_by_indexes(farm: Farm) -> None:
    """A scan of all accounts would be a stranger's to start."""
    for query in (
        subjects._BY_LOGIN, subjects._BY_LOGIN_WITHOUT_LETTERS, subjects._BY_PRINCIPAL_NAME, subjects._BY_OBJECT_GUID
    ):  # fmt: skip
        given = {"sort_key": "x", "name": "x", "folded": "x", "guids": ["x"], "systems": [], "today": in_days(0)}
        assert_found_by_index(farm.driver, query, given)


def test_strangers_do_not_fill_the_log(farm: Farm) -> None:
    for _ in range(30):
        assert farm.get("/api/user/AnBe/nameid", key="wrong").status_code == 401
    assert farm.get("/api/user/AnBe/nameid").status_code == 200  # a farm is never kept out
    rows, _, _ = farm.driver.execute_query("MATCH (e:LoginEvent {event: 'claims_refused'}) RETURN count(e) AS noted")
    assert rows[0]["noted"] == 20


def test_every_look_up_is_noted(farm: Farm) -> None:
    def noted(user: str, status: int, **given: str) -> list[tuple[str, str | None, str | None]]:
        before, _, _ = farm.driver.execute_query("MATCH (e:LoginEvent) RETURN collect(elementId(e)) AS ids")
        answer = farm.get(f"/api/user/{user}/roles?system=KOMBIT", **given)
        assert answer.status_code == status, answer.text
        rows, _, _ = farm.driver.execute_query(
            """
            MATCH (e:LoginEvent)
            WHERE NOT elementId(e) IN $ids
            RETURN e.event AS event, e.why AS why, e.provider AS farm
            """,
            ids=before[0]["ids"],
        )
        return [(row["event"], row["why"], row["farm"]) for row in rows]

    assert noted("AnBe", 200) == [("claims", None, "adfs")]
    assert noted("unknown", 404) == [("claims_refused", "unknown_user", "adfs")]
    assert noted("AnBe", 401, key="wrong") == [("claims_refused", "unauthenticated", None)]


def test_a_look_up_asks_neo4j_as_seldom_as_it_can(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a login a person waits for each round trip. Only the key and the settings' attributes are read in transactions
    of several messages."""
    for _ in range(3):  # the framework of rights is made, and kept
        assert farm.get("/api/user/bolu/nameid").status_code == 200
    asked: list[type] = []
    for kind in (neo4j.Session, neo4j.ManagedTransaction, neo4j.Transaction):
        run = kind.run

        def counted(self: object, *statement: object, run: Any = run, kind: type = kind, **values: object) -> object:
            asked.append(kind)
            return run(self, *statement, **values)

        monkeypatch.setattr(kind, "run", counted)
    assert farm.get("/api/user/bolu/nameid").status_code == 200
    assert (asked.count(neo4j.Session), len(asked)) == (5, 6)


def test_the_primary_unit_is_that_of_the_accounts_own_employment_or_the_largest() -> None:
    def tie(uuid: str, unit: str, kind: str = "Employment", fraction: float | None = None) -> dict[str, object]:
        own = {"tie": uuid, "kind": kind, "fraction": fraction, "hours": None, "first": None}
        return {**own, "uuid": unit, "name": unit}

    ties = [tie("a", "x", fraction=0.2), tie("b", "y", fraction=0.8), tie("c", "y"), tie("d", "z", "Affiliation")]
    for through, primary in ((None, "y"), ("a", "x"), ("d", "z")):
        found = _places(ties, through)
        assert [each.uuid for each in found] == ["x", "y", "z"], "each once"
        assert [each.uuid for each in found if each.primary] == [primary]
    assert _places([], None) == ()


def test_each_receiver_gets_rights_in_its_form(farm: Farm) -> None:
    def document(system: str) -> str:
        found = farm.get(f"/api/adfs/v1/users/AnBe/claims?system={system}").json()["oioBPP"]
        return base64.b64decode(found).decode()

    assert "usersystemrole" not in document("KOMBIT") and document("KOMBIT").count("<PrivilegeGroup") == 2
    assert 'xmlns:bpp="http://digst.dk/' in document("sapa") and "/roles/read/1" in document("sapa")
    tested = document("KOMBIT-TEST")
    assert 'xmlns:bpp="http://digst.dk/' in tested and "jobrole/sapa/1" in tested and "jobrole/all/1" not in tested

    query = """query($receiver: ID) { rightsSent(person: "anna", receiver: $receiver) {
        person { name } groups { scope privilege constraints { name values } } bytes warnings refused
    } }"""
    token = {"Authorization": f"Bearer {create(farm.driver, 'rights', ['rights'])}"}
    for receiver in ("KOMBIT", "sapa", "KOMBIT-TEST"):
        asked = {"query": query, "variables": {"receiver": receiver}}
        answer = httpx.post(f"{farm.url}/graphql", json=asked, headers=token, timeout=60, trust_env=False).json()
        told = answer["data"]["rightsSent"]
        assert told["groups"] == [
            {
                "scope": each.scope,
                "privilege": each.privilege,
                "constraints": [{"name": one.name, "values": list(one.values)} for one in each.constraints],
            }
            for each in read_xml(document(receiver).encode())
        ]
        assert (told["person"]["name"], told["refused"]) == ("Anna Berg", None)
        assert told["bytes"] == len(document(receiver).encode())
