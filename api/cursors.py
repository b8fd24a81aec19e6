"""Where a page goes on: the ``endCursor`` of the one before, taken apart and checked.

Another text would be compared like one, and give a page that begins anywhere.
"""

from uuid import UUID

from graphql import GraphQLError


def number_in(cursor: str) -> int:
    """Of a list in the order of change numbers. Raises GraphQLError (bad_cursor), as the others do."""
    if not cursor.isdecimal():
        raise _bad("here the number of a change")
    return int(cursor)


def uuid_in(cursor: str) -> str:
    """Of a list in the order of uuids."""
    try:
        return str(UUID(cursor))
    except ValueError:
        raise _bad("here a uuid") from None


def name_in(cursor: str) -> str:
    """Of a list in the order of names: ``name|key``, where the name may be empty or hold a bar itself."""
    name, bar, _ = cursor.rpartition("|")
    if not bar:
        raise _bad("here a name and a key; a cursor is of the same order as its page")
    return name


def key_in(cursor: str) -> str:
    """The key beside the name."""
    return cursor.rpartition("|")[2]


def _bad(form: str) -> GraphQLError:
    return GraphQLError(f"after: give an endCursor, {form}", extensions={"code": "bad_cursor"})
