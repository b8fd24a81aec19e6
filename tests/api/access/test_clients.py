"""OAuth 2 client credentials: RFC 6749 as machines use it, over HTTP."""

import base64
from typing import Any

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session

from api.access.clients import LIFE, clients, create, revoke
from api.access.failed_logins import ALLOWED
from api.access.tokens import TokenError
from api.callers import gate
from tests.api.serving import Served

ME = {"query": "{ me { name roles } }"}


def post(service: Served, data: dict[str, Any] | str, **headers: str) -> httpx.Response:
    content = {"content-type": "application/x-www-form-urlencoded"} if isinstance(data, str) else {}
    sent = {"content": data} if isinstance(data, str) else {"data": data}
    return httpx.post(f"{service.url}/oauth/token", headers={**content, **headers}, trust_env=False, timeout=60, **sent)  # type: ignore[arg-type]


def basic(id: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{id}:{secret}'.encode()).decode()}"


def me(service: Served, token: str) -> httpx.Response:
    return service.send(ME, {"authorization": f"Bearer {token}"})


def _unit(service: Served) -> str:
    rows, _, _ = service.driver.execute_query("MATCH (u:Unit) RETURN min(u.uuid) AS uuid")
    return str(rows[0]["uuid"])


def test_a_machine_gets_short_lived_tokens(small_service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "REMEMBERED", 0.0)
    secret = create(small_service.driver, "intranet", ["reader", "auditor"])
    told = httpx.get(f"{small_service.url}/.well-known/oauth-authorization-server", trust_env=False).json()
    assert told["issuer"] == small_service.url
    for method in told["token_endpoint_auth_methods_supported"]:
        with OAuth2Session("intranet", secret, token_endpoint_auth_method=method) as client:
            client.trust_env = False
            made = client.fetch_token(told["token_endpoint"], grant_type="client_credentials")
        assert (made["token_type"], made["expires_in"]) == ("Bearer", int(LIFE.total_seconds()))
        assert me(small_service, made["access_token"]).json()["data"]["me"] == {
            "name": "client:intranet", "roles": ["AUDITOR", "READER"],
        }  # fmt: skip
    narrow = post(
        small_service, {"grant_type": "client_credentials", "scope": "reader"}, authorization=basic("intranet", secret)
    )
    assert narrow.json()["scope"] == "reader" and narrow.headers["cache-control"] == "no-store"
    assert me(small_service, narrow.json()["access_token"]).json()["data"]["me"]["roles"] == ["READER"]
    rows, _, _ = small_service.driver.execute_query("MATCH (n:OAuthClient|ClientToken) RETURN collect(n.hash) AS kept")
    assert secret not in rows[0]["kept"] and narrow.json()["access_token"] not in rows[0]["kept"]
    assert [each.id for each in clients(small_service.driver)] == ["intranet"] and secret not in repr(
        clients(small_service.driver)
    )
    limited = create(small_service.driver, "phones", ["reader", "auditor"], [_unit(small_service)], ["contact"])
    answer = post(
        small_service, {"grant_type": "client_credentials", "scope": "reader"}, authorization=basic("phones", limited)
    )
    places = small_service.send(
        {"query": "{ me { places { role everywhere units { uuid } fields } } }"},
        {"authorization": f"Bearer {answer.json()['access_token']}"},
    )
    assert places.json()["data"]["me"]["places"] == [
        {"role": "READER", "everywhere": False, "units": [{"uuid": _unit(small_service)}],
         "fields": ["contact", "identity"]},
    ]  # fmt: skip
    assert [(each.within, each.fields) for each in clients(small_service.driver)] == [
        ((), ()), ((_unit(small_service),), ("contact",)),
    ]  # fmt: skip
    for wrong in ({"within": []}, {"within": ["x"]}, {"fields": []}, {"fields": ["other"]}):
        with pytest.raises(TokenError, match=next(iter(wrong))):
            create(small_service.driver, "wrong", ["reader"], **wrong)  # type: ignore[arg-type]
    assert revoke(small_service.driver, "intranet")
    assert me(small_service, narrow.json()["access_token"]).status_code == 401


def test_errors_are_those_of_the_standard(small_service: Served) -> None:
    secret = create(small_service.driver, "intranet", ["reader"])
    create(small_service.driver, "gone", ["reader"])
    revoke(small_service.driver, "gone")
    right = basic("intranet", secret)
    grant = {"grant_type": "client_credentials"}
    for data, headers, status, code in (
        ({"x": "1"}, {"authorization": right}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, {"authorization": right}, 400, "unsupported_grant_type"),
        ({"grant_type": 'æ"'}, {"authorization": right}, 400, None),
        ({**grant, "scope": "hr"}, {"authorization": right}, 400, "invalid_scope"),
        ({**grant, "scope": "anything"}, {"authorization": right}, 400, "invalid_scope"),
        ("grant_type=client_credentials&grant_type=x", {"authorization": right}, 400, "invalid_request"),
        (grant, {}, 401, "invalid_client"),
        (grant, {"authorization": basic("intranet", "wrong")}, 401, "invalid_client"),
        (grant, {"authorization": basic("unknown", secret)}, 401, "invalid_client"),
        (grant, {"authorization": basic("gone", secret)}, 401, "invalid_client"),
        (grant, {"authorization": "Basic !"}, 401, "invalid_client"),
        ({**grant, "client_id": "intranet", "client_secret": "wrong"}, {}, 401, "invalid_client"),
    ):
        answer = post(small_service, data, **headers)
        assert answer.status_code == status, (data, answer.text)
        assert code in (None, answer.json()["error"])
        assert status != 401 or answer.headers["www-authenticate"].startswith("Basic")
    refused = {post(small_service, grant, authorization=basic(each, "wrong")).text for each in ("intranet", "unknown")}
    assert len(refused) == 1, "no answer says whether a client exists"


def test_guessing_is_slowed_down_and_the_right_secret_is_not(small_service: Served) -> None:
    secret = create(small_service.driver, "intranet", ["reader"])
    there, grant = {"X-Forwarded-For": "198.51.100.20"}, {"grant_type": "client_credentials"}
    answers = [
        post(small_service, grant, authorization=basic("intranet", f"x{n}"), **there) for n in range(ALLOWED + 2)
    ]
    assert [each.status_code for each in answers[-2:]] == [429, 429] and int(answers[-1].headers["retry-after"]) >= 1
    assert post(small_service, grant, authorization=basic("intranet", secret), **there).status_code == 200


@pytest.mark.parametrize("id", ["", "Intranet", "a b", "client:x", "x" * 65, "æ"])
def test_ids_that_are_none(small_service: Served, id: str) -> None:
    with pytest.raises(TokenError):
        create(small_service.driver, id, ["reader"])
