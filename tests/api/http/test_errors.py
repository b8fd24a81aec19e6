"""Errors over HTTP: which field caused one, and what is answered all the same."""

from typing import Any

import httpx
import pytest

from api.access.tokens import create
from tests.api.serving import CLIENT, Served

OWN = "application/graphql-response+json"


def asked(service: Served, text: str, token: str, **variables: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Accept": OWN}
    return CLIENT.post(f"{service.url}/graphql", json={"query": text, "variables": variables}, headers=headers)


def pointed_at(text: str, error: dict[str, Any]) -> str:
    (place,) = error["locations"]
    return text.splitlines()[place["line"] - 1][place["column"] - 1 :]


@pytest.mark.parametrize("is_person", [False, True])
def test_a_field_that_may_not_be_read_leaves_the_others(small_service: Served, is_person: bool) -> None:
    """Also where a person asks, whose reads are noted: the document that is then asked is another one."""
    alma = small_service.data('{ person(key: "p1") { uuid } }')["person"]["uuid"]
    token = create(small_service.driver, f"a reader, {is_person}", ["reader"], person=alma if is_person else None)
    text = """query Page($unit: ID = "none") {
      persons(first: 1) { nodes { uuid name } }
      runs(first: 1) { nodes { id } }
      near: units(filter: {below: $unit}) { totalCount }
      ... on Query { people: persons(first: 1) { nodes { changes { number } } } }
    }"""
    answer = asked(small_service, text, token)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith(OWN)
    body = answer.json()
    codes = {tuple(each["path"]): each["extensions"]["code"] for each in body["errors"]}
    assert codes == {("runs",): "forbidden", ("near",): "unknown_unit", ("people",): "forbidden"}
    assert [pointed_at(text, each).split("(")[0].split(" ")[0] for each in body["errors"]] == [
        "runs", "near:", "changes",
    ]  # fmt: skip
    assert list(body["data"]) == ["persons", "runs", "near", "people"]
    assert body["data"]["persons"]["nodes"][0]["name"]
    assert {key for key, value in body["data"].items() if value is None} == {"runs", "near", "people"}


def test_a_whole_request_that_is_refused_has_no_data(small_service: Served) -> None:
    token = small_service.token("reader")
    for text in ("{ nothing }", "{ units { nodes {", "query($first: Int) { units(first: $first) { totalCount } }"):
        answer = asked(small_service, text, token, first="many")
        assert answer.status_code == 400 and "data" not in answer.json()
        assert all(each["locations"] for each in answer.json()["errors"])


def test_a_refused_mutation_leaves_the_others(small_service: Served) -> None:
    text = """mutation {
      first: createPerson(name: "Karl Prøve", reason: "x") { uuid }
      second: createPerson(name: " ", reason: "x") { uuid }
      third: createPerson(name: "Lis Prøve", reason: "x") { uuid }
    }"""
    answer = asked(small_service, text, small_service.token("hr")).json()
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["second"], "wrong_value")
    assert pointed_at(text, error).startswith("second")
    assert answer["data"]["second"] is None
    assert answer["data"]["first"]["uuid"] and answer["data"]["third"]["uuid"]


def test_a_subscription_says_which_field_it_is(small_service: Served) -> None:
    headers = {"Authorization": f"Bearer {small_service.token('auditor')}", "Accept": "text/event-stream"}
    text = "subscription { log: changes(after: 999999) { number } }"
    answer = CLIENT.post(f"{small_service.url}/graphql", json={"query": text}, headers=headers).text
    assert '"path":["log"]' in answer and '"locations":[{"line":1,"column":16}]' in answer and "bad_cursor" in answer
