"""Things of the sample by what people call them."""

from typing import Any

from playwright.sync_api import Page, Request

from tests.ui.conftest import Town


def unit(town: Town, name: str) -> str:
    """UUID of a unit that there is today."""
    rows, _, _ = town.driver.execute_query(
        "MATCH (u:Unit {active: true})-[state:STATE]->({name: $name}) WHERE state.to IS NULL RETURN u.uuid AS uuid",
        name=name,
    )
    return str(rows[0]["uuid"])


def person(town: Town, name: str) -> str:
    """UUID of a person whose name is the only such."""
    rows, _, _ = town.driver.execute_query(
        "MATCH (p:Person)-[:STATE]->({name: $name}) RETURN DISTINCT p.uuid AS uuid", name=name
    )
    return str(rows[0]["uuid"])


def operation(request: Request) -> list[str]:
    """The name of the question that a request asks."""
    return [request.post_data_json["operationName"]] if request.url.endswith("/graphql") else []


def ask(page: Page, question: str, variables: dict[str, Any]) -> Any:
    """What the API answers to whoever is logged in on the page."""
    answer = page.evaluate(
        """([query, variables]) => fetch('/graphql', {
            method: 'POST',
            headers: {'content-type': 'application/json', accept: 'application/graphql-response+json'},
            body: JSON.stringify({query, variables})
        }).then(each => each.json())""",
        [question, variables],
    )
    assert "errors" not in answer, answer["errors"]
    return answer["data"]
