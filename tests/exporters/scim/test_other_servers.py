"""scim2-server as other servers are: without PATCH, extensions and groups; and with an attribute that is fixed."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import neo4j
import orjson
import pytest

from exporters.scim.discovery import discovered
from protocols.http.client import Answer
from tests.exporters.scim.peer import ENTERPRISE, TOKEN, Peer, scim2_server
from tests.exporters.scim.town import Town, export, settings


def own(peer: Peer, name: str) -> Any:
    told = httpx.get(f"{peer.server}/{name}", headers={"Authorization": f"Bearer {TOKEN}"}, verify=False).json()
    return told.get("Resources", told)


@pytest.fixture(scope="module")
def meagre(running_peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """No PATCH, Bulk, ETag, groups and extensions; five a page; ``title`` is fixed at creation."""
    config = own(running_peer, "ServiceProviderConfig")
    for name in ("patch", "bulk", "etag"):
        config[name] = {**config[name], "supported": False}
    config["filter"]["maxResults"] = 5
    types = [each for each in own(running_peer, "ResourceTypes") if each["name"] == "User"]
    types[0].pop("schemaExtensions", None)
    schemas = copy.deepcopy([each for each in own(running_peer, "Schemas") if each["id"].endswith(":2.0:User")])
    schemas = [each for each in schemas if "extension" not in each["id"]]
    for each in schemas[0]["attributes"]:
        if each["name"] == "title":
            each["mutability"] = "immutable"
    folder = tmp_path_factory.mktemp("meagre")
    for each in (config, *types, *schemas):
        each.pop("meta", None)
    with scim2_server(folder, service_provider_config=config, resource_type=types, schema=schemas) as peer:
        yield peer


@pytest.fixture
def poor(meagre: Peer) -> Peer:
    meagre.empty()
    return meagre


def test_11_without_patch_what_others_filled_in_stays(clean_graph: neo4j.Driver, poor: Peer) -> None:
    town = Town().person("a").person("b")
    assert export(clean_graph, town, settings(poor.url)).error == ""
    user = poor.user("a@klit.example")
    body = {**{name: value for name, value in user.items() if name != "meta"}, "nickName": "Alle kalder mig A"}
    put = httpx.put(
        f"{poor.server}/Users/{user['id']}", json=body, headers={"Authorization": f"Bearer {TOKEN}"}, verify=False
    )
    assert put.status_code == 200
    poor.forget()
    report = export(clean_graph, town.set("a", name="Alma Nygift").leave("b"), settings(poor.url))
    assert report.parked == [] and {each.method for each in poor.writes} == {"PUT"}
    changed = poor.user("a@klit.example")
    assert (changed["nickName"], changed["displayName"]) == ("Alle kalder mig A", "Alma Nygift")
    assert changed["externalId"] == "a" and poor.user("b@klit.example")["active"] is False


def test_a_server_that_announces_patch_and_has_none_gets_put(clean_graph: neo4j.Driver, poor: Peer) -> None:
    town = Town().person("a").person("b")
    export(clean_graph, town, settings(poor.url))
    poor.forget()
    town.set("a", name="Alma Et").set("b", name="Birk To")
    report = export(clean_graph, town, settings(poor.url, patch="on"))
    assert report.parked == [] and [each.method for each in poor.writes] == ["PATCH", "PUT", "PUT"]
    assert sorted(each["displayName"] for each in poor.all()) == ["Alma Et", "Birk To"]


def test_18_what_the_server_does_not_have_is_not_sent(clean_graph: neo4j.Driver, poor: Peer) -> None:
    town = Town().unit("north", "Nord").person("a", unit="north", manager="b").person("b")
    report = export(clean_graph, town, settings(poor.url, image={"groups": ["unit"]}))
    assert report.error == "" and report.parked == []
    for each in poor.writes:
        assert ENTERPRISE not in each.body.decode() and each.path == "/Users"
    assert {each.json["schemas"][0] for each in poor.writes} == {"urn:ietf:params:scim:schemas:core:2.0:User"}
    left_out = {each.field or each.object for each in report.notices if each.rule == "not_offered"}
    assert {"group", f"{ENTERPRISE}:department"} <= left_out
    assert export(clean_graph, town, settings(poor.url, image={"groups": ["unit"]})).run is None


def test_19_what_is_fixed_is_sent_at_creation_only(clean_graph: neo4j.Driver, poor: Peer) -> None:
    town = Town().person("a", title="Chef")
    export(clean_graph, town, settings(poor.url))
    assert poor.all()[0]["title"] == "Chef"
    poor.forget()
    report = export(clean_graph, town.set("a", title="Direktør", name="Alma Nygift"), settings(poor.url))
    assert report.error == "" and "only_at_creation" in [each.rule for each in report.notices]
    assert (poor.all()[0]["title"], poor.all()[0]["displayName"]) == ("Chef", "Alma Nygift")
    poor.forget()
    assert export(clean_graph, town, settings(poor.url)).run is None and poor.writes == []


def test_9_five_a_page(clean_graph: neo4j.Driver, poor: Peer) -> None:
    town = Town()
    for number in range(12):
        town.person(f"p{number}")
    export(clean_graph, town, settings(poor.url))
    poor.forget()
    report = export(clean_graph, town, settings(poor.url), full=True)
    assert report.error == "" and sum(each.drift for each in report.objects) == 0
    assert len([each for each in poor.requests if "/Users?" in each.path]) == 3


@pytest.mark.parametrize("status", [401, 404, 501])
def test_a_server_that_tells_nothing_of_itself_has_what_the_standard_has(status: int) -> None:
    server = discovered(lambda path: Answer(status, {}, b"<html>"))
    assert server.patch and not server.etag and server.offers("user", f"{ENTERPRISE}:department") == "always"
    assert "manager" in str(server.read_only("user")) and server.offers("group", None) == "always"


def test_schemas_that_are_missing_leave_the_extensions_that_types_name() -> None:
    types = [{"name": "user", "endpoint": "Users", "schema": "urn:ietf:params:scim:schemas:core:2.0:User"}]
    told = {"/ResourceTypes": json.dumps({"resources": types}).encode()}
    server = discovered(lambda path: Answer(200 if path in told else 404, {}, told.get(path, b"")))
    assert server.offers("user", f"{ENTERPRISE}:department") == "never"
    assert (server.offers("user", "title"), server.offers("group", None)) == ("always", "never")


def test_names_of_attributes_count_in_any_case(tmp_path: Path) -> None:
    from exporters.scim.paths import AnyCase, at, leaves

    told = {"USERNAME": "a", "urn:IETF:params:scim:schemas:extension:enterprise:2.0:user": {"Department": "Nord"}}
    assert at(told, "userName") == "a" and at(told, f"{ENTERPRISE}:department") == "Nord"
    assert AnyCase(leaves(told))[f"{ENTERPRISE}:department"] == "Nord"


def test_an_extension_that_is_named_and_not_described_is_sent() -> None:
    """What is missing of a description is as the standard has it."""
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    core = "urn:ietf:params:scim:schemas:core:2.0:User"
    told = {
        "/ResourceTypes": [{"name": "User", "schema": core, "schemaExtensions": [{"schema": enterprise}]}],
        "/Schemas": [{"id": core, "attributes": [{"name": "title"}]}],
    }
    server = discovered(lambda path: Answer(200 if path in told else 404, {}, orjson.dumps(told.get(path))))
    asked = (f"{enterprise}:department", "title", "nickName", "urn:example:other:2.0:User:room")
    assert [server.offers("user", each) for each in asked] == ["always", "always", "never", "never"]
