"""Cases started by other systems, over /webhooks/PROCESS: each once, refused with the field that is wrong."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import neo4j
import pytest

from api.access import clients
from api.access.tokens import TokenError, create
from api.mutations.services import wanted
from processes.cases import definitions
from reconnect.embedded import Addresses
from tests.api.serving import CLIENT, Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, flow, process, user

pytestmark = pytest.mark.slow
FORM = {
    "type": "object",
    "required": ["unit"],
    "additionalProperties": False,
    "properties": {
        "unit": {"format": "unit"}, "person": {"format": "person"}, "day": {"type": "string", "format": "date"},
        "more": {"type": "array"},
    },
}  # fmt: skip
PLACE = '<reconnect:place role="case_worker" unit="unit"/>'
STOP = """<serviceTask id="stop"><extensionElements><reconnect:service name="stopPerson"/>
    <reconnect:argument name="person" value="person"/></extensionElements></serviceTask>"""


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    starter = '<reconnect:starter role="case_worker" unit="unit"/>'
    start = START.replace("<extensionElements>", f"<extensionElements>{starter}")
    for id, parts in {"wish": (start, user("see", "request", PLACE)), "gone": (START, STOP)}.items():
        ids = ("start", "see" if id == "wish" else "stop", "end")
        content = process(*parts, END, flow(*ids), id=id)
        definitions.deploy(driver, id, {f"{id}.bpmn": content}, {"request": FORM}, "test", datetime.now(UTC), wanted())
    with serving(addresses, driver, RING) as served:
        yield served


@pytest.fixture(scope="module")
def secret(service: Served) -> str:
    """An access token of an OAuth client, as a system gets it."""
    secret = clients.create(service.driver, "forms", ["organisation"])
    form = {"grant_type": "client_credentials", "client_id": "forms", "client_secret": secret}
    answer = CLIENT.post(f"{service.url}/oauth/token", data=form)
    found: str = answer.json()["access_token"]
    return found


def call(service: Served, token: str | None, body: object, key: str | None, process: str = "wish") -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    headers |= {} if key is None else {"Idempotency-Key": key}
    return CLIENT.post(f"{service.url}/webhooks/{process}", json=body, headers=headers)


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"], error["extensions"].get("field")


def cases(service: Served) -> int:
    return int(service.driver.execute_query("MATCH (c:Case) RETURN count(c) AS n").records[0]["n"])


def test_a_system_starts_a_case_once_with_its_key(service: Served, secret: str) -> None:
    body = {"unit": "job", "person": "dora", "day": "2027-03-01"}
    first = call(service, secret, body, "a-1")
    again = call(service, secret, dict(reversed(body.items())), "a-1")
    assert (first.status_code, again.status_code) == (201, 200) and again.json() == first.json()
    assert call(service, secret, body, "a-2").json() != first.json()
    assert refusal(call(service, secret, {**body, "day": "2027-03-02"}, "a-1")) == (422, "key_used", None)
    other = call(service, service.token("hr"), body, "a-1")
    assert other.status_code == 201 and other.json() != first.json(), "the same key of another caller"
    row = service.driver.execute_query(
        """
        MATCH (e:CaseEntry {action: 'started'})-[:OF_CASE]->(c:Case {id: $case})
        MATCH (p:Person {uuid: c.person})
        RETURN p.name AS person, e.by AS by, e.reason AS reason
        """,
        case=first.json()["case"],
    ).records[0]
    assert (row["person"], row["by"], row["reason"]) == ("Dora Kjær", None, "client:forms")


def test_calls_at_once_start_one_case(service: Served, secret: str) -> None:
    before = cases(service)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: call(service, secret, {"unit": "job"}, "at-once"), range(6)))
    assert sorted(each.status_code for each in answers) == [200] * 5 + [201]
    assert len({each.json()["case"] for each in answers}) == 1 and cases(service) == before + 1


WRONG: list[tuple[Any, str]] = [
    ({}, "unit"),
    ({"unit": "nowhere"}, "unit"),
    ({"unit": "job", "person": "nobody"}, "person"),
    ({"unit": "job", "day": "1 March"}, "day"),
    ({"unit": "job", "dya": "2027-03-01"}, "dya"),
    ({"unit": 7}, "unit"),
    ({"unit": ["job", 7]}, "unit"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_a_value_that_the_form_does_not_take_is_refused_with_its_field(
    service: Served, secret: str, body: Any, field: str
) -> None:
    before = cases(service)
    status, _, named = refusal(call(service, secret, body, "wrong"))
    assert (status, named) == (422, field) and cases(service) == before
    assert call(service, secret, {"unit": "job"}, f"after-{field}-{len(str(body))}").status_code == 201


def test_what_is_no_call_is_refused(service: Served, secret: str) -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    before, body = cases(service), {"unit": "job"}
    assert refusal(call(service, None, body, "k"))[:2] == (401, "unauthenticated")
    assert refusal(call(service, "rct_other", body, "k"))[:2] == (401, "unauthenticated")
    assert refusal(call(service, secret, body, None))[:2] == (400, "idempotency_key")
    assert refusal(call(service, secret, body, "k" * 256))[:2] == (400, "idempotency_key")
    assert refusal(call(service, secret, [body], "k"))[:2] == (400, "bad_request")
    assert refusal(call(service, secret, {**body, "more": deep}, "k"))[:2] == (422, "wrong_value")
    assert refusal(call(service, secret, body, "k", "nothing"))[:2] == (404, "unknown_process")
    for lacking in ("reader", "operations", "auditor", "cpr"):
        assert refusal(call(service, service.token(lacking), body, "k"))[:2] == (403, "forbidden")
    part = create(service.driver, "in a part", ["organisation"], within=[uuid(service, "Unit", "job")])
    assert refusal(call(service, part, body, "k"))[:2] == (403, "forbidden")
    assert CLIENT.get(f"{service.url}/webhooks/wish").status_code == 405
    plain = CLIENT.post(f"{service.url}/webhooks/wish", content="{}", headers={"Authorization": f"Bearer {secret}"})
    assert refusal(plain)[:2] == (400, "idempotency_key") and cases(service) == before


def test_what_nobody_decides_needs_the_rights_of(service: Served, secret: str) -> None:
    assert refusal(call(service, secret, {"unit": "job", "person": "dora"}, "g", "gone"))[:2] == (403, "forbidden")
    hr = call(service, service.token("hr"), {"unit": "job", "person": "dora"}, "g", "gone")
    assert hr.status_code == 201


def test_a_person_starts_what_they_may_start(service: Served) -> None:
    tokens = {each: create(service.driver, f"of {each}", ["reader"], person=uuid(service, "Person", each))
              for each in ("anna", "carl")}  # fmt: skip
    assert refusal(call(service, tokens["carl"], {"unit": "job"}, "p"))[:2] == (403, "not_starter")
    case = call(service, tokens["anna"], {"unit": "job"}, "p").json()["case"]
    started = "MATCH (c:Case {id: $case}) RETURN c.started_by AS by"
    assert service.driver.execute_query(started, case=case).records[0]["by"] == uuid(service, "Person", "anna")


BROKEN = [
    ({"documents": '{"old.bpmn": "cut"}'}, "old.bpmn"),
    ({"forms": '{"request": {"type": "text"}}'}, "request.json"),
]
OF_BROKEN = (
    '{ processDefinition(process: "old") { id } }',
    '{ lastStarts(process: "old") { starts } }',
    'mutation { startCase(process: "old", values: "{}", by: "anna", reason: "x") { id } }',
    'mutation { switchAutomaticStarts(process: "old", isOn: true, reason: "x") { isOn } }',
    'mutation { moveCases(process: "old", reason: "x") { version } }',
)


@pytest.mark.parametrize(("broken", "file"), BROKEN)
def test_a_process_that_can_be_read_no_more_is_a_refusal(
    service: Served, secret: str, broken: dict[str, str], file: str
) -> None:
    content = process(START, user("see", "request", PLACE), END, flow("start", "see", "end"), id="old")
    definitions.deploy(service.driver, "old", {"old.bpmn": content}, {"request": FORM}, "test", datetime.now(UTC))
    spoil = "MATCH (v:ProcessVersion)-[:VERSION_OF]->(:Process {id: 'old'}) SET v += $broken, v.digest = $digest"
    service.driver.execute_query(spoil, broken=broken, digest=f"of {file}, as an earlier release took it")
    before = cases(service)
    answers = [call(service, secret, {"unit": "job"}, "old", "old")]
    assert refusal(answers[0])[:2] == (422, "definition_rejected") and cases(service) == before
    answers += [service.post(each, service.token()) for each in OF_BROKEN]
    for each in answers:
        (error,) = each.json()["errors"]
        told = error["extensions"]
        assert (told["code"], told["retry"]) == ("definition_rejected", "never"), error
        assert file in {fault["document"] for fault in told["faults"]}


def uuid(service: Served, kind: str, key: str) -> str:
    found: str = service.data(f'{{ {kind.lower()}(key: "{key}") {{ uuid }} }}')[kind.lower()]["uuid"]
    return found


SCHEMA = "{ __schema { queryType { name } } }"


def test_a_client_that_is_limited_to_a_process_calls_its_webhooks_and_does_nothing_else(service: Served) -> None:
    secret = clients.create(service.driver, "intranet", ["organisation"], processes=["wish"])
    form = {"grant_type": "client_credentials", "client_id": "intranet", "client_secret": secret}
    access = CLIENT.post(f"{service.url}/oauth/token", data=form).json()["access_token"]
    by_hand = create(service.driver, "form", ["organisation"], processes=["wish"])
    write = 'mutation { startCase(process: "wish", values: "{}", by: "bo", reason: "x") { id } }'
    for token, key in ((access, "c-1"), (by_hand, "c-2")):
        assert call(service, token, {"unit": "job"}, key).status_code == 201
        assert refusal(call(service, token, {}, f"{key}-x", "gone"))[:2] == (403, "forbidden")
        questions = ["{ units { totalCount } }", "{ plans { name } }", '{ person(key: "bo") { name } }', write]
        answers = [service.post(each, token) for each in (*questions, "{ me { name } }", "{ __typename }", SCHEMA)]
        headers = {"Authorization": f"Bearer {token}"}
        for each in (*answers, CLIENT.get(f"{service.url}/schema.graphql", headers=headers)):
            (refused,) = each.json()["errors"]
            assert refused["message"].endswith(" may call the webhooks of wish only")
            assert (refused["extensions"], each.json().get("data")) == ({"code": "forbidden", "retry": "never"}, None)


@pytest.mark.parametrize(
    "limits", [{"within": ["x"]}, {"fields": ["contact"]}, {"person": "x"}, {"processes": ["nothing"]}]
)
def test_a_limit_to_processes_stands_alone(service: Served, limits: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        create(service.driver, "never", ["organisation"], **{"processes": ["wish"], **limits})


def test_a_system_delivers_a_message_once_with_its_key(service: Served, secret: str) -> None:
    message = """<message id="m" name="hired"><extensionElements><reconnect:data name="day"/></extensionElements>
        </message>"""
    drawn = process(
        START, '<receiveTask id="wait" messageRef="m"/>', END, flow("start", "wait", "end"), id="waits", outside=message
    )
    definitions.deploy(service.driver, "waits", {"w.bpmn": drawn}, {"request": FORM}, "test", datetime.now(UTC))
    case = call(service, secret, {"unit": "job"}, "m-1", "waits").json()["case"]

    def deliver(body: object, key: str, path: str = f"waits/{case}/hired") -> httpx.Response:
        return call(service, secret, body, key, path)

    assert refusal(deliver({"day": "soon"}, "m-2")) == (422, "wrong_value", "day")
    assert refusal(deliver({}, "m-3", f"wish/{case}/hired"))[:2] == (404, "unknown_case")
    assert refusal(deliver({}, "m-4", f"waits/{case}/other"))[:2] == (409, "not_waiting")
    assert [deliver({"day": "2027-03-01"}, "m-5").status_code for _ in range(2)] == [200, 200]
    assert refusal(deliver({"day": "2027-03-02"}, "m-5"))[:2] == (422, "key_used")
    assert refusal(deliver({}, "m-6"))[:2] == (409, "wrong_state")
