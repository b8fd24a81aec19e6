"""What a client meets first: who it is, which version answers, the schema as a file, and the page's own questions."""

import json
import re
from pathlib import Path

import pytest
from graphql import parse

from api.access.roles import ROLES
from api.schema import schema
from tests.api.serving import CLIENT, Served

PAGE = Path(__file__).parents[3] / "api" / "http" / "graphiql" / "page.js"


@pytest.mark.parametrize("role", ROLES)
def test_every_token_may_read_me(small_service: Served, role: str) -> None:
    me = small_service.data(
        "{ me { name roles mayRead mayChange mayReadPrivate mayReadCpr everywhere expires } version { number } }", role
    )
    assert me["me"]["name"].startswith(f"test {role}")
    assert me["me"]["roles"] == [role.upper()]
    assert ("Unit" in me["me"]["mayRead"]) == (role != "cpr")
    assert ("createUnit" in me["me"]["mayChange"]) == (role == "organisation")
    assert me["me"]["mayReadPrivate"] == (role in ("hr", "auditor"))
    assert me["me"]["mayReadCpr"] == (role == "cpr")
    assert me["me"]["expires"] > "2020"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", me["version"]["number"])


def test_the_schema_is_served_to_those_with_a_token(small_service: Served) -> None:
    address = f"{small_service.url}/schema.graphql"
    answer = CLIENT.get(address, headers={"Authorization": f"Bearer {small_service.token('reader')}"})
    assert answer.text == schema.as_str() + "\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert CLIENT.get(address).status_code == 401


def test_a_wrong_token_is_explained(small_service: Served) -> None:
    (missing,) = small_service.post("{ me { name } }", None).json()["errors"]
    assert "Authorization: Bearer" in missing["message"]
    (wrong,) = small_service.post("{ me { name } }", "rc_mistyped").json()["errors"]
    assert "mistyped, revoked or expired" in wrong["message"]
    assert missing["extensions"] == wrong["extensions"] == {"code": "unauthenticated", "retry": "never"}


def test_the_page_s_own_questions_are_answered(small_service: Served) -> None:
    source = PAGE.read_text(encoding="utf-8")
    text = re.search(r"const question = `(.*?)`", source, re.DOTALL)
    given = re.search(r"variables: '(.*?)'", source)
    assert text is not None and given is not None
    names = [each.name.value for each in parse(text[1]).definitions]  # type: ignore[attr-defined]
    assert len(names) == 2
    for name in names:
        body = {"query": text[1], "operationName": name, "variables": json.loads(given[1])}
        answer = small_service.send(body, {"Authorization": f"Bearer {small_service.token('reader')}"}).json()
        assert "errors" not in answer, answer
        assert answer["data"]
