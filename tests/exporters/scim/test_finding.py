"""Objects that are there already: ours, others', several; and what the server refuses (scim.md §4)."""

from typing import Any

import neo4j
import pytest

from exporters.objects.errors import Unanswered
from exporters.scim.channel import ScimChannel
from exporters.scim.connection import as_text
from exporters.scim.discovery import Server
from protocols.http.client import Answer
from tests.answering import Reply
from tests.exporters.scim.peer import Peer
from tests.exporters.scim.town import Town, export, settings


def test_5_a_user_made_by_hand_is_parked_and_the_others_are_delivered(clean_graph: neo4j.Driver, peer: Peer) -> None:
    by_hand = peer.make(userName="B@klit.example", nickName="Bibs")
    town = Town()
    for uuid in "abcdefgh":
        town.person(uuid)
    report = export(clean_graph, town, settings(peer.url))
    assert [(each.key, each.problem) for each in report.parked] == [("b", "made_by_others")]
    assert by_hand["id"] in report.parked[0].reason
    assert len(peer.all()) == 8 and "externalId" not in peer.user("b@klit.example")
    # It is not tried again while nothing has changed, and still shown.
    peer.forget()
    again = export(clean_graph, town, settings(peer.url))
    assert [each.key for each in again.parked] == ["b"] and again.run is None
    assert not [each for each in peer.requests if "filter" in each.path]
    # The setting lets it be adopted.
    report = export(clean_graph, town, settings(peer.url, adopt=True), full=True)
    adopted = peer.user("b@klit.example")
    assert (adopted["id"], adopted["externalId"], adopted["nickName"]) == (by_hand["id"], "b", "Bibs")
    assert adopted["displayName"] == "B Testrup" and report.parked == []


def test_6_nothing_is_changed_where_two_have_our_key(clean_graph: neo4j.Driver, peer: Peer) -> None:
    for name in ("one", "two"):
        peer.make(userName=name, externalId="a")
    before = peer.all()
    report = export(clean_graph, Town().person("a").person("b"), settings(peer.url))
    assert [(each.key, each.problem) for each in report.parked] == [("a", "ambiguous")]
    assert [each for each in peer.all() if each.get("externalId") == "a"] == before


def test_a_user_of_another_key_is_never_taken(clean_graph: neo4j.Driver, peer: Peer) -> None:
    peer.make(userName="a@klit.example", externalId="of-another-system")
    report = export(clean_graph, Town().person("a"), settings(peer.url, adopt=True))
    assert [each.problem for each in report.parked] == ["taken"]
    assert peer.all()[0]["externalId"] == "of-another-system"


def test_21_a_key_with_a_quotation_mark_is_found(clean_graph: neo4j.Driver, peer: Peer) -> None:
    key = 'old"key\\1'
    made = peer.make(userName="a@klit.example", externalId=key)
    report = export(clean_graph, Town().person(key, email="a@klit.example"), settings(peer.url))
    assert report.parked == [] and [each["id"] for each in peer.all()] == [made["id"]]
    assert peer.all()[0]["title" if "title" in peer.all()[0] else "userName"]
    assert as_text(key) == '"old\\"key\\\\1"'


def test_two_persons_with_one_user_name_are_both_shown(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a", email="same@klit.example").person("b", email="SAME@klit.example").person("c")
    report = export(clean_graph, town, settings(peer.url))
    assert sorted((each.key, each.problem) for each in report.parked) == [
        ("a", "same_user_name"),
        ("b", "same_user_name"),
    ]
    assert [each["externalId"] for each in peer.all()] == ["c"]


def test_who_loses_the_user_name_is_parked_and_keeps_the_user(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a").person("b")
    export(clean_graph, town, settings(peer.url))
    report = export(clean_graph, town.set("b", email=None), settings(peer.url))
    assert [(each.key, each.problem) for each in report.parked] == [("b", "no_user_name")]
    assert peer.user("b@klit.example")["active"] is True
    rows, _, _ = clean_graph.execute_query(
        "MATCH (e:LedgerEntry {key: 'b'}) RETURN e.state AS state, e.reason AS reason"
    )
    assert rows[0]["state"] == "parked" and "user_name" in rows[0]["reason"]
    peer.forget()
    again = export(clean_graph, town.set("b", email="b@klit.example"), settings(peer.url))
    assert again.parked == [] and peer.writes == []


def test_what_a_server_refuses_is_parked_with_its_own_words_and_tried_again_when_it_changes(
    clean_graph: neo4j.Driver, peer: Peer
) -> None:
    words = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "Title too long", "status": "400"}

    def refuses(request: object, on: object) -> Reply | None:
        body = getattr(request, "body", b"")
        return Reply.json({**words, "scimType": "invalidValue"}, 400) if b"Vicekontorchef" in body else None

    peer.disturb = refuses
    town = Town().person("a", title="Vicekontorchef").person("b")
    report = export(clean_graph, town, settings(peer.url))
    assert [(each.key, each.problem) for each in report.parked] == [("a", "invalidValue")]
    assert "Title too long" in report.parked[0].reason
    rows, _, _ = clean_graph.execute_query(
        "MATCH (e:LedgerEntry {state: 'parked'}) RETURN e.reason AS reason, e.tries AS n"
    )
    assert "Title too long" in rows[0]["reason"] and rows[0]["n"] == 1
    peer.forget()
    assert export(clean_graph, town, settings(peer.url)).run is None and peer.writes == []
    assert export(clean_graph, town.set("a", title="Chef"), settings(peer.url)).parked == []
    assert peer.user("a@klit.example")["title"] == "Chef"


@pytest.mark.parametrize("ignores", [True, False])
def test_a_server_that_cannot_search_is_read_whole(clean_graph: neo4j.Driver, peer: Peer, ignores: bool) -> None:
    """One refuses filters, the other ignores them and gives everybody."""
    by_hand = peer.make(userName="b@klit.example")

    def unfiltered(request: object, on: object) -> Reply | None:
        path = getattr(request, "path", "")
        if "filter=" not in path:
            return None
        if not ignores:
            return Reply.json({"scimType": "invalidFilter", "detail": "no filters here", "status": "400"}, 400)
        everybody = peer.all(path.split("?")[0].strip("/"))
        return Reply.json({"Resources": everybody, "totalResults": len(everybody)})

    peer.disturb = unfiltered
    report = export(clean_graph, Town().person("a").person("b").person("c"), settings(peer.url))
    assert [(each.key, each.problem) for each in report.parked] == [("b", "made_by_others")]
    assert len(peer.all()) == 3 and by_hand["id"] in report.parked[0].reason


def test_who_has_no_unit_today_is_told(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a").person("b", unit=None).person("c", unit="outside")
    report = export(clean_graph, town, settings(peer.url))
    assert [(each.key, each.rule) for each in report.notices] == [("b", "no_unit")]
    assert [each["userName"] for each in peer.all()] == ["a@klit.example"]


class _Asked:
    """A connection that notes what is asked and answers that there is nothing."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def get(self, path: str, query: Any = None) -> Answer:
        self.paths.append(path)
        return Answer(200 if query else 404, {}, b'{"totalResults": 0}')

    def write(self, method: str, path: str, body: Any, version: str = "") -> Answer:
        self.paths.append(path)
        return Answer(204, {}, b"")


@pytest.mark.parametrize(
    ("id", "path"),
    [("anna#2", "/Users/anna%232"), ("7?x=1", "/Users/7%3Fx=1"), ("../Groups/4", "/Users/..%2FGroups%2F4")],
)
def test_an_id_is_the_servers_own_text_and_never_another_users_address(id: str, path: str) -> None:
    asked = _Asked()
    channel = ScimChannel(asked, Server(), settings("https://server.example/scim"))  # type: ignore[arg-type]
    assert channel.read("user", id) is None
    channel.delete("user", id)
    assert {each for each in asked.paths if each.startswith("/Users/")} == {path}
    with pytest.raises(Unanswered, match="without an id"):
        channel.delete("user", "")
