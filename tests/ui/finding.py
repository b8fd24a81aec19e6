"""Things of the sample by what people call them."""

from typing import Any

from playwright.sync_api import Page, Request, expect

from tests.ui.conftest import Town, Visits


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


def questions_of(visit: Visits, who: str, path: str, *, language: str = "da") -> tuple[Page, list[str]]:
    """The page at an address, and the names of all that it asks: they are added as they are asked."""
    page = visit(who, "/nowhere", language=language)
    expect(page.get_by_role("link", name="Start", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Organisation")).to_be_visible()  # the frame has its answer
    asked: list[str] = []
    page.on("request", lambda each: asked.extend(operation(each)))
    page.goto(visit.town.url + path)
    return page, asked
