"""Parses and checks cursors, and uuids in arguments. Clients get cursors sealed (``api.model.cursor_seal``).

Any other text would be compared as if it were one, and give a page that begins anywhere.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError

from api.model.cursor_seal import bad_cursor
from api.model.orders import TAGS
from graph.identity.lookup import canonical

LARGEST_NUMBER = 2**63 - 1  # the largest integer of Neo4j


def uuid_of(asked: str) -> str:
    """An argument that is a uuid. Raises GraphQLError (bad_uuid)."""
    return _uuid("uuid", asked)


def uuids_of(asked: list[str]) -> list[str]:
    """As ``uuid_of``, of several."""
    return [_uuid("uuids", each) for each in asked]


def _uuid(name: str, asked: str) -> str:
    found = canonical(asked)
    if found is None:
        raise GraphQLError(
            f"{name}: give a UUID (8-4-4-4-12 hexadecimal digits); a source's name of a thing is its key",
            extensions={"code": "bad_uuid"},
        )
    return found


# -- cursors ----------------------------------------------------------------------------------------------------


def number_in(cursor: str) -> int:
    """The cursor of a list in the order of change numbers. Raises GraphQLError (bad_cursor), as the others do."""
    if not (cursor.isascii() and cursor.isdecimal()) or int(cursor[:20]) > LARGEST_NUMBER or len(cursor) > 19:
        raise bad_cursor()
    return int(cursor)


def uuid_in(cursor: str) -> str:
    """The cursor of a list in the order of uuids."""
    found = canonical(cursor)
    if found is None:
        raise bad_cursor()
    return found


def id_in(list_: str) -> Callable[[str], str]:
    """The cursor of a list of records in the order of their ids. Ids may be any text, so the cursor names the list."""

    def taken_apart(cursor: str) -> str:
        named, bar, key = cursor.partition("|")
        if not bar or named != list_:
            raise bad_cursor()
        return key

    return taken_apart


_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)(\[[A-Za-z0-9/_+-]+\])?")


def moment_in(list_: str) -> Callable[[str], str]:
    """The moment in the cursor of a list of records, the newest first: ``list|moment|id``. ``id_beside`` has the id."""
    return lambda cursor: _moment_and_id(list_, cursor)[0]


def id_beside(list_: str) -> Callable[[str], str]:
    """The id beside the moment."""
    return lambda cursor: _moment_and_id(list_, cursor)[1]


def _moment_and_id(list_: str, cursor: str) -> tuple[str, str]:
    moment, bar, id_ = id_in(list_)(cursor).partition("|")
    if not bar or not _MOMENT.fullmatch(moment):
        raise bad_cursor()
    return moment, id_


def cursor_of(list_: str, node: str, key: str, newest: str = "") -> str:
    """The cursor of a node in a list in the order of ``key``, or by the moment ``newest`` before it, as Cypher."""
    if newest:
        return f"'{list_}|' + toString({node}.{newest}) + '|' + {node}.{key}"
    return f"'{list_}|' + {node}.id" if key == "id" else f"toString({node}.{key})"


CURSORS: Mapping[str, Callable[[str], Any]] = {"number": number_in, "uuid": uuid_in}
"""By the key that sorts a list."""


def name_in(cursor: str) -> str:
    """The cursor of a list in the order of names: ``name|uuid``; the name may be empty, or contain a bar itself."""
    return _name_and_key(cursor)[0]


def text_in(order: str) -> Callable[[str], str]:
    """The text in the cursor of a list in this order: the name, or the text of ``api.model.orders``."""
    tag = TAGS.get(order, "")

    def taken_apart(cursor: str) -> str:
        text = name_in(cursor)
        if not text.startswith(tag):
            raise bad_cursor()
        return text

    return taken_apart


def level_in(cursor: str) -> int:
    """The cursor of a list in the order of levels up or down the tree: ``level|uuid``."""
    level = _name_and_key(cursor)[0]
    if not (level.isascii() and level.isdecimal()) or len(level) > 9:
        raise bad_cursor()
    return int(level)


def key_in(cursor: str) -> str:
    """The key beside the name."""
    return _name_and_key(cursor)[1]


def _name_and_key(cursor: str) -> tuple[str, str]:
    name, bar, key = cursor.rpartition("|")
    uuid = canonical(key)
    if not bar or uuid is None:
        raise bad_cursor()
    return name, uuid
