"""Whatever a server says of itself, of its lists and of its resources: read, or refused with words; never a crash."""

from collections.abc import Mapping
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as some

from exporters.errors import ExportError
from exporters.objects.values import fields_of
from exporters.scim.discovery import discovered
from exporters.scim.paging import paged
from exporters.scim.paths import AnyCase, at, leaves, resource
from exporters.scim.refusals import refusal
from exporters.scim.sameness import same
from protocols.http.client import Answer

WORDS = (
    "name schema schemaExtensions attributes subAttributes mutability id Resources patch supported pagination endpoint "
    "multiValued User value totalResults nextCursor active"
)
NAMES = some.sampled_from(WORDS.split(" "))
LEAVES = some.none() | some.booleans() | some.integers(-5, 5) | some.text(max_size=5) | NAMES
JSON = some.recursive(
    LEAVES, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(NAMES, inner, max_size=4), max_leaves=25
)
PATHS = some.sampled_from(["userName", "name.givenName", "title", "urn:x:y:User:department", "urn:x:y:User:a.b"])


@given(JSON, JSON, JSON)
def test_what_a_server_says_of_itself(config: Any, types: Any, schemas: Any) -> None:
    told = {"/ServiceProviderConfig": config, "/ResourceTypes": types, "/Schemas": schemas}
    server = discovered(lambda path: Answer(200, {}, orjson.dumps(told[path])))
    for kind in ("user", "group"):
        assert server.offers(kind, None) in ("always", "never")
        assert server.offers(kind, "userName") in ("always", "creation", "never")
        assert "meta" in server.read_only(kind)


@example([{"Resources": [{"id": "a"}, {"id": "a"}]}], False)
@given(some.lists(some.dictionaries(NAMES, JSON, max_size=4), max_size=4), some.booleans())
def test_lists(pages: list[Mapping[str, Any]], cursor: bool) -> None:
    left = [*pages]
    try:
        came = list(paged(lambda _: left.pop(0) if left else {}, 2, cursor=cursor))
    except ExportError as refused:
        assert "does not advance" in str(refused)
    else:
        ids = [str(each.get("id")) for each in came]
        assert len(ids) == len(set(ids))


@given(JSON, some.integers(300, 599))
def test_refusals(told: Any, status: int) -> None:
    error = refusal(Answer(status, {}, orjson.dumps(told)), "making user x")
    assert isinstance(error, ExportError) and "making user x" in str(error) and len(str(error)) < 400


@given(some.dictionaries(PATHS, JSON, max_size=4))
def test_values_that_were_put_are_found_again(values: dict[str, Any]) -> None:
    made = resource("user", values)
    assert isinstance(made["schemas"], list)
    for path, value in values.items():
        if path != "urn:x:y:User:a.b" and "name" not in values:
            assert at(made, path) == value
    AnyCase(leaves(made))


@given(JSON, JSON)
def test_sameness(sent: Any, found: Any) -> None:
    kept = fields_of({"x": sent}).get("x")
    if kept is not None:
        assert same("x", kept, kept)
    assert same("x", sent, found) in (True, False)
