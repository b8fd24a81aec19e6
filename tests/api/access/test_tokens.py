"""Nothing is anonymous but health and metrics; a token has a name, roles and an end."""

from datetime import timedelta

import httpx
import neo4j
import pytest

from api.access.tokens import TokenError, create, revoke, tokens
from tests.api.serving import Served

ASK = "{ units { nodes { name } } }"


def test_a_question_needs_a_token_that_is_known_in_force_and_not_revoked(small_service: Served) -> None:
    driver = small_service.driver
    assert small_service.post(ASK, None).status_code == 401
    assert small_service.post(ASK, "rc_wrong").status_code == 401
    secret = create(driver, "intranet", ["reader"])
    assert len(small_service.post(ASK, secret).json()["data"]["units"]["nodes"]) == 3
    past = create(driver, "past", ["reader"], timedelta(seconds=1))
    driver.execute_query("MATCH (t:Token {name: 'past'}) SET t.expires = datetime() - duration('PT1S')")
    assert small_service.post(ASK, past).status_code == 401
    gone = create(driver, "gone", ["reader"])
    assert revoke(driver, "gone")
    assert small_service.post(ASK, gone).status_code == 401
    assert not revoke(driver, "never was")


def test_the_secret_is_nowhere_in_the_graph(small_service: Served) -> None:
    secret = create(small_service.driver, "intranet", ["reader"])
    rows, _, _ = small_service.driver.execute_query("MATCH (t:Token) RETURN properties(t) AS values")
    assert rows and secret not in str([row["values"] for row in rows])
    assert [(each.name, each.roles, each.revoked) for each in tokens(small_service.driver)] == [
        ("intranet", ("reader",), False)
    ]


def test_the_list_tells_to_which_field_groups_a_token_is_limited(small_service: Served) -> None:
    create(small_service.driver, "phone book", ["reader"], fields=["contact"])
    create(small_service.driver, "intranet", ["reader"])
    listed = small_service.data("{ tokens { name fields } }", "auditor")["tokens"]
    limits = {each["name"]: each["fields"] for each in listed}
    assert (limits["phone book"], limits["intranet"]) == (["contact"], [])


def test_a_token_that_makes_no_sense_is_refused(clean_graph: neo4j.Driver) -> None:
    with pytest.raises(TokenError, match="unknown system role wizard"):
        create(clean_graph, "a", ["wizard"])
    with pytest.raises(TokenError, match="none given"):
        create(clean_graph, "a", [])
    with pytest.raises(TokenError, match="366 days"):
        create(clean_graph, "a", ["reader"], timedelta(days=400))
    create(clean_graph, "a", ["reader"])
    with pytest.raises(TokenError, match="already"):
        create(clean_graph, "a", ["reader"])
    revoke(clean_graph, "a")
    create(clean_graph, "a", ["reader"])


def test_health_and_metrics_are_open_and_contain_no_data_of_people(small_service: Served) -> None:
    small_service.ask(ASK)
    live = httpx.get(f"{small_service.url}/health/live")
    ready = httpx.get(f"{small_service.url}/health/ready")
    metrics = httpx.get(f"{small_service.url}/metrics")
    assert (live.status_code, ready.status_code, metrics.status_code) == (200, 200, 200)
    assert ready.json() == {"ready": True}
    assert 'reconnect_api_answers_total{kind="read"}' in metrics.text
    assert "Alma" not in metrics.text


def test_a_broken_body_gets_an_error_that_says_what_is_wrong(small_service: Served) -> None:
    headers = {"Authorization": f"Bearer {small_service.token()}", "Content-Type": "application/json"}
    url = f"{small_service.url}/graphql"
    assert "not valid JSON" in httpx.post(url, content=b"{", headers=headers).json()["errors"][0]["message"]
    assert "request of its own" in httpx.post(url, json=[1], headers=headers).json()["errors"][0]["message"]
    assert httpx.post(url, content=b" " * 2_000_000, headers=headers).status_code == 413
    introspected = small_service.data("{ __schema { queryType { name } } }")
    assert introspected["__schema"]["queryType"]["name"] == "Query"


def test_a_token_of_no_unit_is_refused(driver: neo4j.Driver) -> None:
    """It would hold nowhere, and its owner would see an empty organisation."""
    with pytest.raises(TokenError, match="within: name at least one unit"):
        create(driver, "nowhere", ["reader"], within=[])
    with pytest.raises(TokenError, match="within: no unit has the uuid 'x'"):
        create(driver, "nowhere", ["reader"], within=["x"])
    assert "nowhere" not in {each.name for each in tokens(driver)}
