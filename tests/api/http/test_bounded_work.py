"""What an outsider sends is bounded before work is done on it: counted, never timed."""

import asyncio
from difflib import SequenceMatcher
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from graphql import GraphQLError
from uvicorn.server import ServerState

from api.computed import next_account_names
from api.computed.contract import Caller, Request
from api.http import connections
from api.http.connections import LARGEST_ADDRESS, LARGEST_HEAD, LARGEST_HEADER, MOST_HEADERS, PatientProtocol
from api.model.refused import Rejected
from api.reads import question
from api.reads.compiler import Compiler
from api.reads.lengths import Lengths
from api.reads.question import MOST_IN_LISTS, SCHEMA, coerced, question_of
from api.reads.selection import Document, select
from api.requests import request_body
from api.requests.failures import formed
from api.requests.request_body import BadRequest, asked_of
from graph.errors import Unknown
from graph.questions.rights.asking import known_rights
from graph.time import today
from rules.accounts.facts import NamePolicy

# -- the body ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of each name that is compared letter by letter."""
    found: list[int] = []

    def noting(junk: None, name: str, *rest: Any, **more: Any) -> SequenceMatcher[str]:
        found.append(len(name))
        return SequenceMatcher(junk, name, *rest, **more)

    monkeypatch.setattr(request_body, "SequenceMatcher", noting)
    request_body._is_alike.cache_clear()
    return found


@pytest.mark.parametrize("letter", ["n", "z", "İ"])
@pytest.mark.parametrize("inside", [False, True])
def test_a_long_name_in_the_body_is_compared_in_its_first_letters(
    compared: list[int], letter: str, inside: bool
) -> None:
    more = {letter * 400_000: 1}
    asked_of({"query": "{me{name}}", **({"extensions": more} if inside else more)})
    assert compared
    assert max(compared) <= 80


def test_a_long_name_that_begins_with_what_is_meant_is_refused() -> None:
    with pytest.raises(BadRequest, match="Nothing was carried out"):
        asked_of({"query": "{me{name}}", "preview" * 100_000: 1})


@pytest.mark.parametrize("inside", [False, True])
def test_many_names_in_the_body_are_refused_before_any_is_compared(compared: list[int], inside: bool) -> None:
    more = {f"a name of some length {number}": 1 for number in range(20_000)}
    with pytest.raises(BadRequest, match="names") as refused:
        asked_of({"query": "{me{name}}", **({"extensions": more} if inside else more)})
    assert compared == []
    assert refused.value.errors[0].extensions == {"code": "over_limit"}


# -- variables --------------------------------------------------------------------------------------------------------

KINDS = 'query($k:[Kind!]){search(text:"ab", kinds:$k){__typename}}'
RIGHTS = "query($k:[ID!]!){rightMembers(rights:$k){__typename}}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (KINDS, [f"NOPE{number}" for number in range(MOST_IN_LISTS)]),
        (KINDS, ["NOPE"] * MOST_IN_LISTS),
        (RIGHTS, [{}] * MOST_IN_LISTS),
        (RIGHTS, ["x", *([None] * (MOST_IN_LISTS - 1))]),
        (KINDS, {str(number): 1 for number in range(30_000)}),
    ],
)
def test_only_some_wrong_values_are_told(text: str, value: Any) -> None:
    with pytest.raises(Rejected) as refused:
        coerced(question_of(text, None), {"k": value})
    assert 1 <= len(refused.value.errors) <= 21
    assert len(orjson.dumps([formed(each) for each in refused.value.errors])) < 20_000


def test_long_lists_are_refused_before_an_entry_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def unexpected(*_: object) -> None:
        pytest.fail("the values were looked at")

    asked = question_of(RIGHTS, None)
    monkeypatch.setattr(question, "get_variable_values", unexpected)
    for value in (["x"] * (MOST_IN_LISTS + 1), [["x"] * 1_000] * 21, [{"a": ["x"] * MOST_IN_LISTS}]):
        with pytest.raises(Rejected) as refused:
            coerced(asked, {"k": value})
        assert refused.value.errors[0].extensions == {"code": "over_limit"}


def test_as_many_entries_as_are_allowed_are_read() -> None:
    given = ["x"] * MOST_IN_LISTS
    assert coerced(question_of(RIGHTS, None), {"k": given}).coerced == {"k": given}


# -- errors -----------------------------------------------------------------------------------------------------------


def test_an_error_repeats_a_long_name_in_part() -> None:
    name = "x" * 1_000_000
    form = formed(GraphQLError(f"no Unit is known as {name!r}", extensions={"code": "unknown_unit", "value": name}))
    assert len(orjson.dumps(form)) < 7_000
    short = formed(GraphQLError("no Unit is known as '1003'", extensions={"code": "unknown_unit", "value": "1003"}))
    assert (short["message"], short["extensions"]["value"]) == ("no Unit is known as '1003'", "1003")


# -- the head of a request --------------------------------------------------------------------------------------------


class Line(asyncio.Transport):
    """A connection that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.protocol: asyncio.BaseProtocol | None = None

    def get_protocol(self) -> Any:
        return self.protocol

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def sent(*pieces: bytes) -> tuple[bytes, int, int]:
    """(what is answered, how many requests reached the application, how many pieces were taken)."""
    asked: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def talk() -> tuple[bytes, int, int]:
        loop, taken = asyncio.get_running_loop(), 0
        protocol = PatientProtocol(connections.config(application, "127.0.0.1", 0), ServerState(), {}, loop)
        line = Line()
        line.protocol = protocol
        protocol.connection_made(line)
        for piece in pieces:
            if line.closed:
                break
            protocol.data_received(piece)
            taken += 1
            for _ in range(20):
                await asyncio.sleep(0)
        protocol.connection_lost(None)
        return line.written, len(asked), taken

    return asyncio.run(talk())


BEGUN = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
LARGE = [
    BEGUN + b'Cookie: a="' + b"\\1" * LARGEST_HEADER + b'"\r\n\r\n',
    BEGUN + b"Accept: " + b"," * LARGEST_HEADER + b"\r\n\r\n",
    BEGUN + b"".join(b"X-%d: y\r\n" % number for number in range(MOST_HEADERS)) + b"\r\n",
    b"GET /" + b"x" * LARGEST_ADDRESS + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nCookie: "
    + b"x" * LARGEST_HEADER
    + b"\r\n\r\n",
]


@pytest.mark.parametrize("head", LARGE)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_large_head_is_refused_before_the_application_reads_it(head: bytes, is_first: bool) -> None:
    before = [] if is_first else [BEGUN + b"\r\n"]
    written, asked, _ = sent(*before, head)
    assert asked == len(before)
    assert written.count(b"HTTP/1.1 431 ") == 1
    assert written.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("begun", [b"", BEGUN + b"\r\n" + b"\r\n" * 10, BEGUN + b"Cookie: a="])
def test_a_head_without_an_end_is_not_kept(begun: bytes) -> None:
    piece = b"x" * 10_000 if begun.endswith(b"=") else b"X: y\r\n" * 1_000
    first = begun if begun.endswith(b"=") else begun + BEGUN
    written, _, taken = sent(first, *[piece] * 100)
    assert b"HTTP/1.1 431 " in written
    assert taken * len(piece) < 2 * LARGEST_HEAD


def test_what_follows_a_body_is_not_kept_either() -> None:
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    for begun in (b"1\r\nx\r\n0\r\nX: ", b"1;"):
        written, _, taken = sent(head, begun, *[b"x" * 10_000] * 100)
        assert b"HTTP/1.1 431 " in written
        assert taken * 10_000 < 2 * LARGEST_HEAD


def test_an_address_with_a_long_saml_message_is_read() -> None:
    head = b"GET /saml/sso?SAMLRequest=" + b"x" * 65_000 + b" HTTP/1.1\r\nHost: x\r\n"
    cookie = b"Cookie: " + b"x" * (LARGEST_HEADER - 8) + b"\r\n"
    written, asked, _ = sent(*[head + cookie + b"\r\n"] * 3)
    assert asked == 3
    assert written.count(b"HTTP/1.1 204 ") == 3


def test_a_body_is_not_counted_as_a_head() -> None:
    length = 4 * LARGEST_HEAD
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length
    _, asked, taken = sent(head, *[b"x" * 10_000] * (length // 10_000))
    assert asked == 1
    assert taken == 1 + length // 10_000


# -- names in lists ---------------------------------------------------------------------------------------------------


class Asked:
    """A session, or a driver, that counts the statements; each thing is known by the names that begin with its own."""

    def __init__(self, *known: str) -> None:
        self.known = known
        self.statements = 0

    def __enter__(self) -> "Asked":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def session(self, **_: object) -> "Asked":
        return self

    def run(self, _: str, **parameters: Any) -> list[dict[str, Any]]:
        self.statements += 1
        return [
            {"name": named["name"], "uuid": uuid, "source": None}
            for named in parameters["names"]
            for uuid in self.known
            if named["name"].startswith(uuid)
        ]


MANY = [f"{thing} {number}" for number in range(5_000) for thing in ("one", "two")]


def test_many_names_of_rights_are_looked_up_by_two_statements() -> None:
    graph = Asked("one", "two")
    assert known_rights(graph, [*MANY, "three", "two 0"]) == {"one": "one 0", "two": "two 0"}  # type: ignore[arg-type]
    assert graph.statements == 2


def test_many_names_of_units_are_looked_up_by_one_statement() -> None:
    graph = Asked("one", "two")
    request = Request({}, today(), Caller("x", frozenset(), frozenset()), SimpleNamespace(driver=graph))  # type: ignore[arg-type]
    assert request.find_each("Unit", MANY) == ["one", "two"]
    assert graph.statements == 1
    with pytest.raises(Unknown, match="'three'"):
        request.find_each("Unit", ["one", "three"])


@pytest.mark.parametrize(
    ("text", "is_literal"),
    [
        ("query($k:[ID!]!){rightMembers(rights:$k){asked}}", False),
        ("{rightMembers(rights:%s){asked}}", True),
        ("query($k:[ID!]){peopleChanges(units:$k){day}}", False),
        ("query($k:[ID!]){peopleChangesConnection(units:$k){nodes{day}}}", False),
        ("query($k:[String!]){nearestManager(types:$k){steps}}", False),
    ],
)
def test_each_name_in_a_list_is_paid_for(text: str, is_literal: bool) -> None:
    def cost(names: list[str]) -> int:
        asked = question_of(text % orjson.dumps(names).decode() if is_literal else text, None)
        given = coerced(asked, {} if is_literal else {"k": names})
        roots = select(asked.operation, Document(SCHEMA, asked.fragments, given))
        return Compiler(frozenset(), today(), True).plan(roots).cost(given.coerced, Lengths())

    assert cost(["x"] * 8) - cost(["x"]) == 7 * 100


# -- names of accounts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "value", "text"),
    [
        ("givenName", "a " * 500_000, "givenName: the text is longer"),
        ("surname", "漢" * 1_001, "surname: the text is longer"),
        ("loginPatterns", ["{given}"] * 21, "loginPatterns: 21 patterns are too many"),
        ("loginPatterns", ["{middle}" * 100_000], "loginPatterns: .* has 800000 characters"),
        ("mailPattern", "{middle}" * 100 + "@a.dk", "mailPattern: .* has 805 characters"),
    ],
)
def test_names_and_patterns_of_accounts_are_bounded(argument: str, value: Any, text: str) -> None:
    caller = Caller("x", frozenset(), frozenset())
    given = {"givenName": "Anna", "surname": "Berg", argument: value}
    request = Request(given, today(), caller, SimpleNamespace(driver=None))  # type: ignore[arg-type]
    with pytest.raises(GraphQLError, match=text) as refused:
        if argument in ("givenName", "surname"):
            next_account_names._answer(request)
        next_account_names._changed(request, NamePolicy("x"))
    assert refused.value.extensions == {"code": "wrong_value", "field": argument}
